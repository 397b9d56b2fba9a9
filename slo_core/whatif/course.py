"""What was left of a budget in a world, hour by hour, and what will be, for a chart."""

from datetime import datetime

import numpy as np
import pandas as pd

from slo_core.budget.burn_down import rolling
from slo_core.budget.course import closed
from slo_core.durations import parse_duration
from slo_core.sli.steps import HOUR
from slo_core.whatif.compare import Comparison
from slo_core.whatif.standing import Standing


def hours_of(compared: Comparison, own: Standing) -> pd.DataFrame:
    """The past hours of a world: ``at``, ``until``, ``good``, ``valid``; the last may be a part."""
    hours, step = own.hours, np.timedelta64(HOUR)
    begins = np.datetime64(compared.start, "us") + np.arange(len(hours.valid)) * step
    course = pd.DataFrame({"at": begins, "good": hours.valid - hours.bad, "valid": hours.valid})
    ends = (course["at"] + HOUR).clip(upper=pd.Timestamp(compared.at))
    return course.assign(until=ends.astype("datetime64[us]"))


def left_before(compared: Comparison, own: Standing, since: datetime) -> pd.DataFrame:
    """The rolling budget at each whole hour since a moment, and at the look.

    Columns as in `slo_core.budget.burn_down`; nulls where nothing was counted.
    """
    course = hours_of(compared, own)
    course["gap"] = course["valid"] <= 0
    window = parse_duration(own.rolling.window)
    frame = rolling(course, window, own.objective.error_rate)
    frame = closed(
        frame,
        compared.at,
        {name: getattr(own.rolling, name) for name in ("remaining", "remaining_ratio", "allowed")},
    )
    return frame[frame["at"] >= since].reset_index(drop=True)


def left_ahead(compared: Comparison, own: Standing) -> pd.DataFrame:
    """The same for the coming hours: ``at``, ``low``, ``middle``, ``high``, as shares."""
    return own.rolling_outlook.course(compared.at)
