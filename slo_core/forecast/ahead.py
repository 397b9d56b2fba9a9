"""What is left of a budget in the hours to come: the middle future and the range around it."""

from datetime import datetime

import numpy as np
import pandas as pd

from slo_core.forecast.futures import Futures
from slo_core.forecast.projection import EARLY, LATE, MIDDLE, Budget
from slo_core.sli.steps import HOUR

COLUMNS = ["at", "low", "middle", "high"]

_EVERY = 6
"""Hours between the points: enough for a line over a month."""


def ahead(budget: Budget, futures: Futures | None, at: datetime) -> pd.DataFrame:
    """The share that is left at moments from ``at`` to the horizon, as low, middle and high.

    ``low`` and ``high`` leave out as many futures as the P10 and P90 dates do; each moment is
    looked at by itself, so no single future need follow a line. Of a budget of fixed size ``low``
    meets zero on the P10 date, ``middle`` on the P50 and ``high`` on the P90; a rolling budget may
    run out and recover, so there a line can stay above zero. Empty without futures; no rows where
    nothing is allowed.
    """
    if futures is None:
        return pd.DataFrame(columns=COLUMNS).astype({"at": "datetime64[us]"})
    left, allowed = budget.left_in(futures.bad, futures.valid)
    hours = left.shape[1]
    places = np.unique(np.append(np.arange(_EVERY - 1, hours, _EVERY), [0, hours - 1]))
    places = places[allowed[places] > 0]
    shares = left[:, places] / allowed[places]
    order = np.argsort(shares, axis=0, kind="stable")
    reached = np.cumsum(futures.weights[order], axis=0)
    found = {"at": at + (places + 1) * HOUR}
    # What leaves the least runs out first: the early date's share of futures is the lowest.
    for name, level in zip(COLUMNS[1:], (EARLY, MIDDLE, LATE), strict=True):
        place = np.argmax(reached >= level * reached[-1] - 1e-12, axis=0)
        found[name] = np.take_along_axis(shares, order, axis=0)[place, np.arange(len(places))]
    return pd.DataFrame(found, columns=COLUMNS).astype({"at": "datetime64[us]"})
