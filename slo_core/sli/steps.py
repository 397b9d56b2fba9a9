"""Steps of time: how finely a span is drawn, on the clock's own minutes, hours and days."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import pandas as pd

from slo_core.sli.windows import Piece, Window, cover

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1)


def microseconds(moment: datetime) -> int:
    """The microseconds from the epoch to a moment, as the engine counts them."""
    return (moment - _EPOCH) // MICROSECOND


def step_for(length: timedelta, ladder: Sequence[timedelta], most: int) -> timedelta:
    """The finest step of a ladder that splits a length into at most so many; else its coarsest."""
    return next((step for step in ladder if length <= step * most), ladder[-1])


def floor(moment: datetime, step: timedelta) -> datetime:
    """The start of the step that a moment lies in; steps are counted from the epoch."""
    return moment - (moment - _EPOCH) % step


def starts(start: datetime, end: datetime, step: timedelta) -> pd.DatetimeIndex:
    """The starts of all steps that overlap ``[start, end)``: what a series is laid out on."""
    return pd.date_range(floor(start, step), end, freq=step, inclusive="left", unit="us")


def pieces(start: datetime, end: datetime, step: timedelta) -> list[Piece]:
    """``[start, end)`` in whole hours and, at its edges, minutes; in minutes alone if steps are."""
    return cover(Window("", start, end), ("minute",) if step < HOUR else ("hour", "minute"))


def bucket(column: str, step: timedelta) -> str:
    """SQL for the start of the step that a moment lies in."""
    seconds = int(step.total_seconds())
    return f"time_bucket(INTERVAL {seconds} SECOND, {column}, TIMESTAMP '{_EPOCH}')"


def runs(places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Places in order as runs of neighbours: the first and the last of each."""
    first = 0
    for number, place in enumerate(places):
        if number + 1 == len(places) or places[number + 1] != place + 1:
            yield places[first], place
            first = number + 1
