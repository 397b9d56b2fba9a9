"""Moments and durations as people write them: ``2025-03-31T00:00:00Z``, ``7d``.

One place for the command line's ``--at``, the address's ``?at=`` and ``?range=``, and the
catalogue's windows. A moment is a ``datetime`` in UTC without a zone, as the log tables keep it
(DESIGN 2.1); it becomes text with a ``Z`` on its way out.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from slo_core.errors import SloError

# Months and years are left out on purpose: a calendar month has no fixed length.
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_DURATION = re.compile(r"([1-9]\d{0,6})\s*([smhdw])")

# Shorter looks than any objective's window: the windows over which burn rates are taken
# (DESIGN 2.2), because "what burns now?" is asked over these.
_BURN_WINDOWS = ("1h", "6h", "24h", "72h")


def parse_moment(text: str, *, name: str = "moment") -> datetime:
    """Read an ISO 8601 timestamp as a moment: UTC, floored to the minute, no zone.

    Without an offset the text is taken as UTC; ``name`` is what the sentence calls it (``--at``).
    Raises SloError with one sentence on anything else.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is not None:
            moment = moment.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise SloError(
            f'{name} is "{text}", which is not a time: write it as ISO 8601 in UTC, '
            "for example 2025-03-31T00:00:00Z."
        ) from None
    return moment.replace(second=0, microsecond=0)


def iso(moment: datetime) -> str:
    """Write a moment as ISO 8601 with a Z: ``2025-03-31T00:00:00Z``; parts of a second stay."""
    return moment.isoformat() + "Z"


def parse_duration(text: str, *, name: str = "duration") -> timedelta:
    """Read ``30d``, ``24h``, ``5m``, ``10s`` or ``2w`` as a length of time.

    Raises SloError with one sentence on anything else, and on nought.
    """
    match = _DURATION.fullmatch(text.strip().lower())
    if match is None:
        raise SloError(
            f'{name} is "{text}", which is not a length of time: write a whole number and one of '
            "s, m, h, d or w, for example 36h or 7d."
        )
    return timedelta(seconds=int(match[1]) * _UNITS[match[2]])


def range_presets(windows: Iterable[str]) -> list[str]:
    """List the ranges that a page offers: every objective's own window, and shorter looks.

    ``windows`` are the catalogue's (``["30d", "7d"]``); the answer is sorted by length, without
    doubles. A short look is offered only where it is shorter than the longest window.
    """
    own = {parse_duration(window): window for window in windows}
    longest = max(own, default=parse_duration(_BURN_WINDOWS[-1]))
    short = {parse_duration(window): window for window in _BURN_WINDOWS}
    offered = {length: word for length, word in short.items() if length <= longest} | own
    return [offered[length] for length in sorted(offered)]
