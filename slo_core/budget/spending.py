"""What each day and month took of a budget (the document's "Historical budget consumption")."""

from datetime import datetime, timedelta

import pandas as pd

from slo_core.budget.budgets import month_allocation
from slo_core.catalog import Budget
from slo_core.sli.windows import Window, month_seconds

_DAY_SECONDS = 86_400.0
_AMOUNTS = ["good", "valid"]


def months_back(at: datetime, count: int) -> datetime:
    """The start of the month so many months before that of the last minute before ``at``."""
    last = at - timedelta(minutes=1)
    number = last.year * 12 + last.month - 1 - count
    return datetime(number // 12, number % 12 + 1, 1)


def month_end(moment: datetime) -> datetime:
    """The end of the month that a moment lies in."""
    return (moment.replace(day=1) + timedelta(days=32)).replace(
        day=1, hour=0, minute=0, second=0, microsecond=0
    )


def month_allowed(budget: Budget, moment: datetime) -> float:
    """What the allocation in force at the start of a moment's month allows in that month."""
    start = moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    month = Window("", start, start)
    return month_allocation(budget, month).allowed_in(month_seconds(month))


def days(course: pd.DataFrame, error_rate: float, budget: Budget | None) -> pd.DataFrame:
    """What each day spent: ``day``, ``valid``, ``consumed``, ``share``, ``pace``.

    ``share`` is of its month's allocation; null where there is none. ``pace`` is how many times an
    even day's part that is: of the allocation, or without one of what the day's own traffic allows.
    Without valid events a day is no data: nulls, which are not nought.
    """
    frame = course.groupby(course["at"].dt.normalize())[_AMOUNTS].sum().rename_axis("day")
    frame = frame.reset_index()
    frame["consumed"] = (frame["valid"] - frame["good"]).where(frame["valid"] > 0)
    if budget is None:
        frame["share"] = float("nan")
        frame["pace"] = frame["consumed"] / (error_rate * frame["valid"]).where(frame["valid"] > 0)
    else:
        moments = [day.to_pydatetime() for day in frame["day"]]
        allowed = pd.Series([month_allowed(budget, moment) for moment in moments], dtype=float)
        length = pd.Series([_month_days(moment) for moment in moments], dtype=float)
        frame["share"] = frame["consumed"] / allowed
        frame["pace"] = frame["share"] * length
    return frame[["day", "valid", "consumed", "share", "pace"]]


def months(course: pd.DataFrame, budget: Budget) -> pd.DataFrame:
    """What each calendar month spent of its allocation, the latest first.

    Columns: ``month`` (``2025-03``), ``start``, ``end`` (of the month), ``allowed``, ``valid``,
    ``consumed``, ``remaining``, ``remaining_ratio`` (nulls without valid events), ``first`` and
    ``last`` (when the hours with data begin and end).
    """
    start = course["at"].dt.to_period("M").dt.to_timestamp()
    rows = []
    for moment, hours in course.groupby(start):
        month = moment.to_pydatetime()
        seen = hours[hours["valid"] > 0]
        valid = hours["valid"].sum()
        allowed = month_allowed(budget, month)
        consumed = valid - hours["good"].sum() if valid else None
        remaining = None if consumed is None else allowed - consumed
        rows.append(
            {
                "month": f"{month:%Y-%m}",
                "start": month,
                "end": month_end(month),
                "allowed": allowed,
                "valid": valid,
                "consumed": consumed,
                "remaining": remaining,
                "remaining_ratio": None if remaining is None else remaining / allowed,
                "first": seen["at"].min(),
                "last": seen["until"].max(),
            }
        )
    frame = pd.DataFrame(rows).astype(
        dict.fromkeys(("allowed", "valid", "consumed", "remaining", "remaining_ratio"), float)
    )
    return frame.iloc[::-1].reset_index(drop=True)


def _month_days(moment: datetime) -> float:
    start = moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return month_seconds(Window("", start, start)) / _DAY_SECONDS
