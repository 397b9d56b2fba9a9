"""When a budget ends if it goes on burning as now: a straight line, no forecast (DESIGN 2.2).

Failures that age out of a rolling window are left aside, and so is everything that may change; a
distribution of dates is the forecast's.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class End:
    """What the straight line says of a budget.

    ``kind``: ``spent`` (nothing is left already), ``ends`` (at ``at``), ``lasts`` (at ``at``, but
    that is after the month of a calendar budget), ``never`` (nothing burns now, or so little that
    the date is beyond all calendars), ``no_data``.
    """

    kind: Literal["spent", "ends", "lasts", "never", "no_data"]
    at: datetime | None = None


def straight_line_end(remaining: float | None, per_hour: float | None) -> timedelta | None:
    """How long ``remaining`` lasts at ``per_hour``, both in one unit; nothing where it is spent.

    None where nothing burns, where it lasts longer than any calendar, or without data.
    """
    if remaining is None or per_hour is None:
        return None
    if remaining <= 0:
        return timedelta(0)
    if per_hour <= 0 or remaining / per_hour > timedelta.max / HOUR:
        return None
    return timedelta(hours=remaining / per_hour)


def straight_line(
    remaining_ratio: float | None, burn: float | None, window: timedelta
) -> timedelta | None:
    """How long a budget lasts if it goes on burning as now; nothing where it is spent already.

    A burn of 1 spends a whole budget in its window. None where nothing burns, or without data.
    """
    return straight_line_end(remaining_ratio, None if burn is None else burn / (window / HOUR))


def projected_end(
    remaining: float | None,
    per_hour: float | None,
    at: datetime,
    month_end: datetime | None = None,
) -> End:
    """The straight line from a moment on; ``month_end`` is when a calendar budget starts afresh."""
    if remaining is None or remaining != remaining:
        return End("no_data")
    if remaining <= 0:
        return End("spent")
    if per_hour is None or per_hour != per_hour:
        return End("no_data")
    left = straight_line_end(remaining, per_hour)
    if left is None or left > datetime.max - at:
        return End("never")
    end = at + left
    return End("lasts" if month_end is not None and end >= month_end else "ends", end)
