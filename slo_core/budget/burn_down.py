"""What was left of a budget, hour by hour: over a rolling window, or over a calendar month.

The two differ in kind. A rolling budget follows traffic and forgets: what it allows changes, and it
climbs when old failures leave the window. A month's budget is the document's allocation: it starts
whole on the first, and never climbs.

Both frames have ``at`` (a moment), ``valid`` (events so far in the window or month), ``allowed``,
``consumed``, ``remaining``, ``remaining_ratio`` and ``gap``; nulls where nothing was counted.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from slo_core.budget.course import trailing
from slo_core.sli.steps import HOUR

COLUMNS = ["at", "valid", "allowed", "consumed", "remaining", "remaining_ratio", "gap"]


def rolling(course: pd.DataFrame, window: timedelta, error_rate: float) -> pd.DataFrame:
    """The budget of the window before each whole hour, once the course reaches back so far.

    ``window`` counts in whole hours.
    """
    whole = course[course["until"] == course["at"] + HOUR]
    hours = max(1, round(window / HOUR))
    good, valid = trailing(whole["good"], hours), trailing(whole["valid"], hours)
    frame = pd.DataFrame({"at": whole["until"], "valid": valid, "gap": whole["gap"]})
    frame["allowed"] = error_rate * valid
    frame["consumed"] = valid - good
    return _told(frame.iloc[hours - 1 :])


def calendar(course: pd.DataFrame, allowed: float | Sequence[float]) -> pd.DataFrame:
    """The budget of a month of which ``course`` is the part so far.

    ``allowed`` is the month's allocation, or that of each hour where a new one is in force from
    within the month. The budget begins whole, where the first hour with data begins; the last row
    is the moment of the look.
    """
    frame = pd.DataFrame(
        {
            "at": course["until"],
            "valid": course["valid"].cumsum(),
            "consumed": (course["valid"] - course["good"]).cumsum(),
            "gap": course["gap"],
            "allowed": allowed,
        }
    )
    seen = course[course["valid"] > 0]
    if len(seen):
        # At the start itself nothing is counted yet, and nothing is spent.
        begin = {"at": seen["at"].iloc[0], "valid": np.nan, "consumed": 0.0, "gap": False}
        begin["allowed"] = frame.loc[seen.index[0], "allowed"]
        before = frame[frame["at"] < begin["at"]]
        frame = pd.concat([before, pd.DataFrame([begin]), frame[frame["at"] > begin["at"]]])
    return _told(frame)


def _told(frame: pd.DataFrame) -> pd.DataFrame:
    frame = frame.copy()
    frame["consumed"] = frame["consumed"].where(frame["valid"] != 0)
    frame["remaining"] = frame["allowed"] - frame["consumed"]
    frame["remaining_ratio"] = (frame["remaining"] / frame["allowed"]).where(frame["allowed"] > 0)
    return frame[COLUMNS].reset_index(drop=True)


def spent_since(burn_down: pd.DataFrame) -> tuple[datetime, bool] | None:
    """Since when nothing is left of a budget that is spent at the end of a frame.

    The moment, and whether it is exact: a frame that begins spent only tells that it was so before.
    None where something is left, or nothing is known.
    """
    known = burn_down[burn_down["remaining_ratio"].notna()]
    if known.empty or known["remaining_ratio"].iloc[-1] > 0:
        return None
    left = np.flatnonzero((known["remaining_ratio"] > 0).to_numpy())
    first = int(left[-1]) + 1 if len(left) else 0
    moment: datetime = known["at"].iloc[first].to_pydatetime()
    return moment, bool(len(left))
