"""Windows, and how whole days, whole hours and single minutes cover them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

Grain = str
"""``day``, ``hour`` or ``minute``: how long the time is that one rollup row speaks for."""

_LENGTHS = {
    "day": timedelta(days=1),
    "hour": timedelta(hours=1),
    "minute": timedelta(minutes=1),
}


@dataclass(frozen=True)
class Window:
    """A half-open span of time ``[start, end)`` in UTC, on whole minutes, under a name."""

    name: str
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Piece:
    """A part of a window that rows of one grain cover exactly."""

    window: str
    grain: Grain
    start: datetime
    end: datetime


def trailing(name: str, at: datetime, length: timedelta) -> Window:
    """The window ``[at - length, at)`` (DESIGN 2.2)."""
    return Window(name, at - length, at)


def calendar_month(at: datetime) -> Window:
    """The calendar month to date: that of the last minute before ``at``, up to ``at``."""
    last_minute = at - timedelta(minutes=1)
    start = last_minute.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return Window(start.strftime("%Y-%m"), start, at)


def month_seconds(month: Window) -> float:
    """The seconds of the whole calendar month in which a window starts."""
    following = (month.start + timedelta(days=32)).replace(day=1)
    return (following - month.start).total_seconds()


def cover(window: Window, grains: Sequence[Grain]) -> list[Piece]:
    """Split a window into pieces, as coarse as its edges allow.

    ``grains`` go from coarse to fine; the finest must divide the window's edges.
    """
    return [
        Piece(window.name, grain, start, end)
        for grain, start, end in _cover(window.start, window.end, list(grains))
    ]


def _cover(
    start: datetime, end: datetime, grains: list[Grain]
) -> list[tuple[Grain, datetime, datetime]]:
    if start >= end:
        return []
    coarse, *finer = grains
    if not finer:
        return [(coarse, start, end)]
    inner_start, inner_end = _ceil(start, coarse), _floor(end, coarse)
    if inner_start >= inner_end:
        return _cover(start, end, finer)
    return [
        *_cover(start, inner_start, finer),
        (coarse, inner_start, inner_end),
        *_cover(inner_end, end, finer),
    ]


def _floor(moment: datetime, grain: Grain) -> datetime:
    return moment - (moment - datetime.min) % _LENGTHS[grain]


def _ceil(moment: datetime, grain: Grain) -> datetime:
    floored = _floor(moment, grain)
    return floored if floored == moment else floored + _LENGTHS[grain]
