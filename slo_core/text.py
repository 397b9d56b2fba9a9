"""Numbers as people read them: short, with their unit, and never contradicting a verdict.

Every function takes None or NaN and answers "no data", because absent data is never zero
(DESIGN 2.2). Ratios come in as 0 to 1; times in seconds or milliseconds, as the name says.
"""

import math
import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TypeGuard

NO_DATA = "no data"

# What sums of floats leave behind where the true answer is nought: a budget of -4.69e-14 is 0.
_NOISE = 1e-9

_LADDER = (("d", 86_400, "h", 3_600), ("h", 3_600, "min", 60), ("min", 60, "s", 1))


def percent(ratio: float | None, *, digits: int = 2, against: float | None = None) -> str:
    """Write a ratio as a percentage: ``99.95 %``.

    At most ``digits`` decimals, but more where fewer would round it onto or across 0, 100 or the
    target that it is measured ``against``: 0.99996 is never "100 %", and an SLI that misses its
    target by a hair never reads as the target.
    """
    if not _is_there(ratio):
        return NO_DATA
    marks = (0.0, 100.0) if against is None else (0.0, 100.0, against * 100)
    return f"{_rounded(ratio * 100, digits, marks, noise=_NOISE * 100)} %"


def count(number: float | None) -> str:
    """Write a number of events: ``1,240``; a part of one only where it matters (``2.5``)."""
    if not _is_there(number):
        return NO_DATA
    if abs(number) >= 100 or abs(number - round(number)) < _NOISE:
        return f"{round(number):,}"
    return _rounded(number, 1, (0.0,))


def counted(number: float | None, one: str, many: str | None = None) -> str:
    """Write a number of things with their word: ``1 line``, ``1,240 lines``, ``2 entries``."""
    noun = one if number == 1 else many or f"{one}s"
    return f"{count(number)} {noun}" if _is_there(number) else NO_DATA


def listed(words: Sequence[str], last: str = "and") -> str:
    """Write several as one: ``a``, ``a and b``, ``a, b and c``; nothing for none."""
    return f" {last} ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def amount(number: float | None, unit: str) -> str:
    """Write an amount of a budget: ``1 slow request``, ``2 failures``; seconds read as time."""
    if unit == "seconds":
        return duration(number)
    return counted(number, re.sub(r"s\b", "", unit, count=1), unit)


def duration(seconds: float | None) -> str:
    """Write a length of time in its two largest units: ``1 min 24 s``, ``3 d 4 h``."""
    if not _is_there(seconds):
        return NO_DATA
    length, sign = abs(seconds), "-" if seconds < -_NOISE else ""
    for big, size, small, step in _LADDER:
        steps = round(length / step)
        if steps * step >= size:
            rest = steps % (size // step)
            return f"{sign}{steps * step // size} {big}" + (f" {rest} {small}" if rest else "")
    if _NOISE < length < 0.9995:
        return f"{sign}{_rounded(length * 1000, 0, (0.0,))} ms"
    return f"{sign}{_rounded(length, 1 if length < 10 else 0, ())} s"


def latency(milliseconds: float | None, *, against: float | None = None) -> str:
    """Write a response time: ``350 ms``, ``1.24 s``, ``12.4 s``, ``2 min 5 s``.

    Like `percent`, it never rounds onto or across the threshold that it is held ``against``.
    """
    if not _is_there(milliseconds):
        return NO_DATA
    if milliseconds < 999.5:
        marks = () if against is None else (against,)
        return f"{_rounded(milliseconds, 1 if milliseconds < 10 else 0, marks)} ms"
    seconds = milliseconds / 1000
    limit = None if against is None else against / 1000
    if seconds < 120:
        marks = () if limit is None else (limit,)
        return f"{_rounded(seconds, 2 if seconds < 10 else 1, marks)} s"
    if limit is None or _side(round(seconds), limit) == _side(seconds, limit):
        return duration(seconds)
    return f"{_rounded(seconds, 1, (limit,))} s"


def size(number: float | None) -> str:
    """Write a number of bytes: ``512 B``, ``1.2 MB`` (decimal units, as disks are sold)."""
    if not _is_there(number):
        return NO_DATA
    unit = "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if abs(number) < 999.5:
            break
        number, unit = number / 1000, larger
    return f"{_rounded(number, 0 if unit == 'B' or abs(number) >= 99.95 else 1, ())} {unit}"


def factor(times: float | None, *, against: float = 1.0) -> str:
    """Write a burn rate: ``0.4×``, ``14.4×``; never onto or across ``against`` (1 is on budget)."""
    if not _is_there(times):
        return NO_DATA
    digits = 2 if abs(times) < 10 else 1
    return f"{_rounded(times, digits, (0.0, against), noise=_NOISE)}×"


def figure(value: float | None, unit: str, *, against: float | None = None) -> str:
    """Write an objective's value in the document's own terms, by its unit (DESIGN 3).

    ``unit`` is ``ratio``, ``ms``, ``seconds``, ``Mbps`` or ``1`` (a number without a unit).
    """
    if not _is_there(value):
        return NO_DATA
    if unit == "ratio":
        return percent(value, against=against)
    if unit == "ms":
        return latency(value, against=against)
    if unit == "seconds":
        return duration(value)
    bare = _rounded(value, 2 if abs(value) < 10 else 1, () if against is None else (against,))
    return bare if unit == "1" else f"{bare} {unit}"


def budget_left(remaining: float | None, allowed: float | None, unit: str) -> str:
    """Say what is left of a budget in its own unit: ``1,240 of 2,500 failures left``.

    ``unit`` is ``failures`` or any word for events, or ``seconds``, which reads as time:
    ``31 min of 43 min 12 s left``. An overspent budget says by how much.
    """
    if not _is_there(remaining) or not _is_there(allowed):
        return NO_DATA
    show, noun = (duration, "") if unit == "seconds" else (count, f" {unit}")
    if remaining < -_NOISE:
        return f"{show(-remaining)}{noun} over the {show(allowed)} allowed"
    return f"{show(remaining)} of {show(allowed)}{noun} left"


def clock(moment: datetime | None) -> str:
    """Write a moment: ``2025-03-31 00:00 UTC``, with seconds where it has any."""
    if moment is None or moment != moment:  # NaT is unequal to itself
        return NO_DATA
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC".replace(":00 UTC", " UTC")


def span(at: datetime, length: timedelta) -> str:
    """Write the window that ends at a moment: ``2025-03-24 00:00 to 2025-03-31 00:00 UTC``."""
    return f"{clock(at - length).removesuffix(' UTC')} to {clock(at)}"


def dates(start: datetime, end: datetime) -> str:
    """Write calendar days, the last included: ``1 to 31 March 2025``, ``1 March to 2 April 2025``.

    An ``end`` within a day is told with its time: ``1 to 20 March 2025, 14:30``.
    """
    last = end - timedelta(microseconds=1)
    parts = [f"{start.day}"]
    if (start.year, start.month) != (last.year, last.month):
        parts.append(f"{start:%B}")
    if start.year != last.year:
        parts.append(f"{start.year}")
    is_whole = end == datetime(end.year, end.month, end.day)
    ended = f"{last.day} {last:%B %Y}" + ("" if is_whole else f", {end:%H:%M}")
    return f"{' '.join(parts)} to {ended}"


def longest(spans: Iterable[tuple[datetime, datetime]], most: int = 5) -> str:
    """List the longest of some spans in order of time, and say how many shorter ones there are."""
    known = sorted(spans, key=lambda it: it[1] - it[0], reverse=True)
    listed = "; ".join(
        f"{clock(start).removesuffix(' UTC')} to {clock(end)} "
        f"({duration((end - start).total_seconds())})"
        for start, end in sorted(known[:most])
    )
    more = counted(len(known) - most, "shorter one") if len(known) > most else ""
    return f"{listed} and {more}" if more else listed


def plain(text: str) -> str:
    """Write text so that Markdown shows it as it is: a sentence quotes what people typed."""
    return re.sub(r"([\\`*\[\]$<>])", r"\\\1", text)


def _is_there(number: float | None) -> TypeGuard[float]:
    return number is not None and not math.isnan(number)


def _side(number: float, mark: float) -> int:
    return int(number > mark) - int(number < mark)  # numpy has no minus for its booleans


def _rounded(number: float, digits: int, marks: tuple[float, ...], *, noise: float = _NOISE) -> str:
    """Round to ``digits`` decimals, or as many more as keep the number on its side of each mark.

    Trailing noughts go; so does the sign of a zero.
    """
    if abs(number) < noise:
        number = 0.0
    for decimals in range(digits, digits + 9):
        shown = round(number, decimals)
        if all(_side(shown, round(mark, 9)) == _side(number, mark) for mark in marks):
            break
    text = f"{shown:,.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
