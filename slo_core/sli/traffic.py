"""Requests and failures over time, by reason (the document's "Request rate & error rate")."""

from datetime import datetime, timedelta

import pandas as pd

from slo_core.rollup import Rollup
from slo_core.sli.steps import DAY, HOUR, MINUTE, pieces, starts
from slo_core.sli.sums import REASONS, Asked, span_sums, valid_requests

_MOST_HOURS = 62 * DAY
_STRETCHES = 36


def traffic_step(length: timedelta) -> timedelta:
    """The step in which a range is drawn: a minute up to a day, an hour up to 62 days, a day."""
    return MINUTE if length <= DAY else HOUR if length <= _MOST_HOURS else DAY


def traffic(
    rollup: Rollup, start: datetime, end: datetime, journey: str | None = None
) -> pd.DataFrame:
    """Requests of a journey, or of all, over ``[start, end)`` in steps of `traffic_step`.

    Columns: ``at`` (the start of a step), ``seconds`` (how much of it lies in the range),
    ``requests`` (all of the source that counts), ``valid``, ``failed``, a column for each of
    `REASONS`, ``rate`` (requests a minute), ``error_rate`` (failed over valid). Steps that nothing
    was logged in are there with nulls: a gap, since nobody knows whether there was nothing. A step
    without valid requests has no error rate.
    """
    step = traffic_step(end - start)
    index = starts(start, end, step)
    counted = _counted(rollup, start, end, step, journey)
    frame = counted.set_index("at").reindex(index).rename_axis("at").reset_index()
    first = frame["at"].clip(lower=pd.Timestamp(start))
    last = (frame["at"] + step).clip(upper=pd.Timestamp(end))
    frame["seconds"] = (last - first).dt.total_seconds()
    frame["failed"] = frame["valid"] - frame["good"]
    frame["rate"] = frame["requests"] / (frame["seconds"] / 60)
    frame["error_rate"] = (frame["failed"] / frame["valid"]).where(frame["valid"] > 0)
    columns = ("at", "seconds", "requests", "valid", "failed", *REASONS, "rate", "error_rate")
    return frame[list(columns)]


def worst_time(frame: pd.DataFrame, least: int) -> datetime | None:
    """When most requests failed: the worst step of the worst of a few dozen stretches of a range.

    ``frame`` is of `traffic`. None where no stretch has at least so many failures: then nothing
    got worse.
    """
    stretch = frame.index // max(1, round(len(frame) / _STRETCHES))
    failed = frame["failed"].groupby(stretch).sum()
    if failed.empty or failed.max() < least:
        return None
    worst = frame[stretch == failed.idxmax()]
    moment: datetime = worst.loc[worst["failed"].idxmax(), "at"].to_pydatetime()
    return moment


def _counted(
    rollup: Rollup, start: datetime, end: datetime, step: timedelta, journey: str | None
) -> pd.DataFrame:
    asked = [Asked(0, step, piece) for piece in pieces(start, end, step)]
    sums = span_sums(rollup, "requests", asked, None if journey is None else {journey})
    columns = ["requests", "valid", "good", *REASONS]
    if sums is None:
        empty = {"at": pd.Series([], dtype="datetime64[us]")}
        return pd.DataFrame(empty | {name: pd.Series([], dtype=float) for name in columns})
    sums["valid"] = valid_requests(sums)
    return sums.groupby("at", as_index=False)[columns].sum()
