"""What each day and month took of a budget (the document's "Historical budget consumption")."""

from datetime import datetime, timedelta

import pandas as pd

from slo_core.budget.budgets import allocation_at
from slo_core.catalog import Budget
from slo_core.sli.steps import DAY
from slo_core.sli.windows import calendar_month, month_seconds

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


def month_allowed(budget: Budget, at: datetime) -> float:
    """What the allocation that counts at a moment allows in the moment's whole month."""
    return allocation_at(budget, at).allowed_in(month_seconds(calendar_month(at)))


def days(course: pd.DataFrame, error_rate: float, budget: Budget | None) -> pd.DataFrame:
    """What each day spent: ``day``, ``valid``, ``consumed``, ``share``, ``pace``.

    ``share`` is of the month's allocation that counts on it; null where there is none. ``pace`` is
    how many times an even day's part that is: of the allocation, or without one of what the day's
    own traffic allows. Without valid events a day is no data: nulls, which are not nought.
    """
    frame = course.groupby(course["at"].dt.normalize())[_AMOUNTS].sum().rename_axis("day")
    frame = frame.reset_index()
    frame["consumed"] = (frame["valid"] - frame["good"]).where(frame["valid"] > 0)
    if budget is None:
        frame["share"] = float("nan")
        frame["pace"] = frame["consumed"] / (error_rate * frame["valid"]).where(frame["valid"] > 0)
    else:
        ends = [day.to_pydatetime() + DAY for day in frame["day"]]
        allowed = pd.Series([month_allowed(budget, end) for end in ends], dtype=float)
        length = pd.Series([_month_days(end) for end in ends], dtype=float)
        frame["share"] = frame["consumed"] / allowed
        frame["pace"] = frame["share"] * length
    return frame[["day", "valid", "consumed", "share", "pace"]]


def months(course: pd.DataFrame, budget: Budget) -> pd.DataFrame:
    """What each calendar month spent of the allocation that counted last in it, the latest first.

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
        allowed = month_allowed(budget, hours["until"].max().to_pydatetime())
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


def _month_days(at: datetime) -> float:
    return timedelta(seconds=month_seconds(calendar_month(at))) / DAY
