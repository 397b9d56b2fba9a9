"""A scale for figures that are small nearly always and huge in an incident.

Even up to about its unit, then logarithmic, with a true zero: what a log scale lacks, and what an
even one flattens, both stay readable.
"""

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_STEPS = (1, 2, 5)


def squeezed(values: pd.Series | float, unit: float) -> NDArray[np.float64]:
    """Where values lie on the scale, of which ``unit`` is where it begins to be logarithmic."""
    return np.arcsinh(np.asarray(values, dtype=float) / unit)


def ticks(top: float, unit: float) -> list[float]:
    """Round values from nought to at least ``top``, to be written on the scale."""
    found = [0.0]
    power = math.floor(math.log10(unit))
    while found[-1] < top:
        for step in _STEPS:
            value = step * 10.0**power
            if value >= unit * 0.5 and found[-1] < top:
                found.append(value)
        power += 1
    # Names need room: in a wide span every other one will do.
    return found if len(found) <= 8 else [0.0, *found[:0:-2][::-1]]
