"""How budgets were spent over time: by hour, day and month, rolling and calendar.

Everything starts from one frame of hours with good and valid events, so that every chart of a
budget adds up to the same consumption (the document's "Historical budget consumption").
"""

from datetime import datetime, timedelta

import pandas as pd

from slo_core.catalog import Availability, Budget, Journey, Objective
from slo_core.register import read_maintenance
from slo_core.rollup import Rollup
from slo_core.sli.availability import timeline
from slo_core.sli.counts import series
from slo_core.sli.windows import Window, month_seconds

_HOUR = timedelta(hours=1)


def hourly_events(
    rollup: Rollup, journey: Journey, objective: Objective, start: datetime, at: datetime
) -> pd.DataFrame:
    """Every hour that begins in ``[start, at)``: ``at``, ``bad``, ``valid``; null without data.

    ``start`` is a whole hour; the last hour may be cut by ``at``. Events are requests, values, or
    seconds of an availability objective.
    """
    if isinstance(objective.indicator, Availability):
        scope = rollup.catalog.scope(objective.indicator.scope)
        maintenance = read_maintenance(rollup.store.root)
        rows = timeline(rollup, scope, start, at, maintenance).series(_HOUR)
    else:
        every = series(rollup, start, at, _HOUR, only={(journey.id, objective.id)})
        rows = every[(every["journey"] == journey.id) & (every["objective"] == objective.id)]
    sums = rows.groupby(pd.to_datetime(rows["at"]))[["good", "valid"]].sum()
    hours = pd.date_range(start, at - timedelta(microseconds=1), freq="h", name="at")
    frame = sums.reindex(hours).astype(float).reset_index()
    frame["valid"] = frame["valid"].where(frame["valid"] > 0)
    frame["bad"] = frame["valid"] - frame["good"]
    return frame[["at", "bad", "valid"]]


def rolling_remaining(hours: pd.DataFrame, window: timedelta, error_rate: float) -> pd.DataFrame:
    """The share of a rolling budget that is left at the end of each hour: ``at``, ``left``.

    ``at`` is the hour's end. Null until the first event; before a whole window of data there is
    less to divide by, which charts say in words. Hours without data change nothing.
    """
    width = max(1, round(window / _HOUR))
    valid = hours["valid"].fillna(0.0).rolling(width, min_periods=1).sum()
    bad = hours["bad"].fillna(0.0).rolling(width, min_periods=1).sum()
    allowed = valid * error_rate
    left = ((allowed - bad) / allowed).where(allowed > 0)
    return pd.DataFrame({"at": hours["at"] + _HOUR, "left": left})


def calendar_remaining(
    hours: pd.DataFrame, month: Window, allowed: float, at: datetime
) -> pd.DataFrame:
    """The share of a month's fixed allocation left at the end of each hour: ``at``, ``left``.

    It never climbs: the allocation does not grow with traffic. Null in hours without data.
    """
    own = hours[(hours["at"] >= month.start) & (hours["at"] < at)]
    left = 1 - own["bad"].fillna(0.0).cumsum() / allowed
    ends = (own["at"] + _HOUR).clip(upper=pd.Timestamp(at))
    frame = pd.DataFrame({"at": ends, "left": left.where(own["valid"].notna())})
    start = pd.DataFrame({"at": [pd.Timestamp(month.start)], "left": [1.0]})
    return pd.concat([start, frame], ignore_index=True)


def daily_spent(hours: pd.DataFrame, allowed: float) -> pd.DataFrame:
    """What each day spent: ``date``, ``bad``, ``valid``, ``share``; null without data."""
    days = hours.assign(date=hours["at"].dt.normalize()).groupby("date")
    frame = days[["bad", "valid"]].sum(min_count=1).reset_index()
    frame["share"] = frame["bad"] / allowed
    return frame


def months(hours: pd.DataFrame, budget: Budget) -> pd.DataFrame:
    """Each calendar month against its own allocation: ``month``, ``bad``, ``allowed``, ``share``.

    Null where a month has no data.
    """
    starts = hours["at"].dt.to_period("M").dt.to_timestamp()
    sums = hours.groupby(starts)[["bad"]].sum(min_count=1)
    rows = []
    for start, bad in sums["bad"].items():
        first = pd.Timestamp(start).to_pydatetime()
        window = Window("", first, first)
        allowed = budget.allocation_on(first.date()).allowed_in(month_seconds(window))
        rows.append((f"{first:%Y-%m}", bad, allowed, bad / allowed))
    return pd.DataFrame(rows, columns=["month", "bad", "allowed", "share"])


def burns(hours: pd.DataFrame, error_rate: float, width: int) -> pd.DataFrame:
    """The burn rate over the trailing ``width`` hours at the end of each: ``at``, ``burn``."""
    valid = hours["valid"].fillna(0.0).rolling(width, min_periods=1).sum()
    bad = hours["bad"].fillna(0.0).rolling(width, min_periods=1).sum()
    burn = (bad / valid.where(valid > 0)) / error_rate
    return pd.DataFrame({"at": hours["at"] + _HOUR, "burn": burn})
