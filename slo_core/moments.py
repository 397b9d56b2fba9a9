"""Moments and ranges as people write them: ``2025-03-31T00:00:00Z``, ``7d``.

One place for the command line's ``--at`` and the address's ``?at=`` and ``?range=``. A moment is
a ``datetime`` in UTC without a zone, as the log tables keep it (DESIGN 2.1); it becomes text with
a ``Z`` on its way out.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from slo_core.durations import parse_duration
from slo_core.errors import SloError

# A figure needs a whole minute; and the earliest moment less the longest range is still after the
# epoch, to which slices of time are aligned.
_SHORTEST, _LONGEST = timedelta(minutes=1), timedelta(days=3660)
EARLIEST = datetime(1981, 1, 1)
# After the latest, months to come and forecasts still have room in every kind of timestamp.
LATEST = datetime(2199, 12, 31, 23, 59, 59, 999_999)


def utc_now() -> datetime:
    """This moment, to the microsecond."""
    return datetime.now(UTC).replace(tzinfo=None)


def utc_second() -> datetime:
    """This second, as people's registers keep moments."""
    return utc_now().replace(microsecond=0)


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
        moment = datetime.min
    if not EARLIEST <= moment <= LATEST:
        raise SloError(
            f'{name} is "{text}", which is not a time from {EARLIEST.year} to {LATEST.year}: '
            "write it as ISO 8601 in UTC, for example 2025-03-31T00:00:00Z."
        )
    return moment.replace(second=0, microsecond=0)


def iso(moment: datetime) -> str:
    """Write a moment as ISO 8601 with a Z: ``2025-03-31T00:00:00Z``; parts of a second stay."""
    return moment.isoformat() + "Z"


def parse_range(text: str, *, name: str = "range") -> timedelta:
    """Read the length of what a page shows, ``36h`` or ``7d``: from one minute to ten years.

    ``name`` is what the sentence calls it. Raises SloError with one sentence on anything else.
    """
    try:
        length = parse_duration(text)
    except SloError:
        length = timedelta(0)
    if not _SHORTEST <= length <= _LONGEST:
        raise SloError(
            f'{name} is "{text}", which is not a length of time that can be shown: write one from '
            "1 min to 3660 d, for example 36h or 7d."
        )
    return length


def parse_end(text: str, at: datetime, *, name: str = "end") -> datetime:
    """Read when something ends that begins at a moment: a timestamp, or how long it lasts.

    Raises SloError with one sentence on anything else.
    """
    if re.match(r"\s*\d{4}-", text):
        return parse_moment(text, name=name)
    try:
        return at + parse_range(text, name=name)
    except SloError:
        raise SloError(
            f'{name} is "{text}", which is neither a length of time from 1 min to 3660 d nor a '
            "time: write one such as 36h or 7d, or one in UTC such as 2025-03-31T00:00:00Z."
        ) from None


def range_presets(windows: Iterable[str], looks: Iterable[str]) -> list[str]:
    """List the ranges that a page offers: every objective's own window, and shorter looks.

    ``windows`` are the objectives' (``["30d", "7d"]``), ``looks`` the catalogue's burn windows,
    because "what burns now?" is asked over these; one is offered where no window is as long and
    some window is longer. The answer is sorted by length, without doubles.
    """
    own = {parse_duration(window): window for window in reversed(list(windows))}
    longest = max(own, default=timedelta.max)
    short = {parse_duration(look): look for look in looks}
    offered = {length: word for length, word in short.items() if length <= longest} | own
    return [offered[length] for length in sorted(offered)]
