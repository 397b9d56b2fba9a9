"""Durations as people write them ("90 s", "15 min", "48 h", "30d"), read in one place."""

import re
from datetime import timedelta
from decimal import Decimal

from slo_core.errors import SloError

SLICE_SECONDS = 10
"""Availability is measured in slices of ten seconds (DESIGN 2.2)."""

_MICROSECONDS = {
    "ms": 1_000,
    "s": 1_000_000,
    "min": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
    "w": 604_800_000_000,
}
_WORDS = {
    "ms": "ms millisecond milliseconds",
    "s": "s sec second seconds",
    "min": "m min minute minutes",
    "h": "h hour hours",
    "d": "d day days",
    "w": "w week weeks",
}
_SPELLINGS = {word: unit for unit, words in _WORDS.items() for word in words.split()}
_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+)\s*", re.ASCII)


def time_unit(word: str) -> str | None:
    """The short name of a unit of time (``ms``, ``s``, ``min``, ``h``, ``d``, ``w``), or None."""
    return _SPELLINGS.get(word.lower())


def in_milliseconds(amount: Decimal, unit: str) -> Decimal:
    """`amount` of a unit of time as milliseconds, exactly.

    `unit` is any spelling that `time_unit` knows.
    """
    return amount * _MICROSECONDS[_SPELLINGS[unit.lower()]] / 1_000


def parse_duration(text: str) -> timedelta:
    """Read a duration above zero: a number and a unit of time, to the microsecond.

    Raises `SloError` for anything else, saying what was expected and what was found.
    """
    match = _DURATION.fullmatch(text)
    unit = time_unit(match[2]) if match else None
    if match is None or unit is None:
        raise SloError(f"expected a duration such as 90 s, 15 min, 48 h or 30d, found {text!r}")
    microseconds = int(Decimal(match[1]) * _MICROSECONDS[unit])
    if microseconds <= 0:
        raise SloError(f"expected a duration above zero, found {text!r}")
    try:
        return timedelta(microseconds=microseconds)
    except OverflowError:
        raise SloError(f"expected a duration of at most 999999999 days, found {text!r}") from None
