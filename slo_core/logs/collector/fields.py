"""One value of an event in the type of its column, or what is wrong with it as a ValueError.

The ValueError's text is ``field: expected ..., found ...``.
"""

import math
from datetime import UTC, datetime
from typing import Any

from slo_core.logs.tables import Column

Row = tuple[str, dict[str, Any]]
"""A log table's name and one row of it, without its null columns; ``ts`` has no zone."""

LONGEST_TEXT = 2_000
"""Characters of one text; what is longer is no name, path or comment."""

_INTEGER_END = 2**63
_EXPECTED = {
    "timestamp": "a time",
    "text": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}


def column_value(column: Column, value: Any, word: str) -> Any:
    """A value as its column holds it, None for null; ``word`` is what the sender calls it."""
    if column.kind == "text":
        found: Any = text(word, value)
    elif value is None:
        found = None
    elif column.kind == "boolean":
        found = boolean(word, value)
    else:
        found = number(word, value)
        if column.kind == "integer":
            if found != math.floor(found) or abs(found) >= _INTEGER_END:
                raise _wrong(word, "a whole number", value)
            found = int(value)
        if not column.minimum <= found <= column.maximum:
            raise _wrong(word, _range(column), value)
    if found is None and not column.nullable:
        raise ValueError(f"{word}: expected {_EXPECTED[column.kind]}, found nothing")
    return found


def text(word: str, value: Any) -> str | None:
    """Text that can be stored, None for null and for empty text."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise _wrong(word, "text", value)
    if len(value) > LONGEST_TEXT:
        raise ValueError(f"{word}: expected at most {LONGEST_TEXT} characters, found {len(value)}")
    if "\0" in value or not is_whole(value):
        raise _wrong(word, "text of whole characters", value)
    return value


def is_whole(value: str) -> bool:
    """Whether a text can be encoded: JSON can write half of a character that needs two."""
    return not any("\ud800" <= character <= "\udfff" for character in value)


def number(word: str, value: Any) -> float:
    """A finite number; true is none, and neither is text that looks like one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(word, "a number", value)
    try:
        found = float(value)
    except OverflowError:
        found = math.inf
    if not math.isfinite(found):
        raise _wrong(word, "a finite number", value)
    return found


def boolean(word: str, value: Any) -> bool:
    """True or false, and nothing that only stands for one."""
    if not isinstance(value, bool):
        raise _wrong(word, "true or false", value)
    return value


def moment(word: str, value: Any) -> datetime:
    """A time, UTC without a zone: ISO 8601 text, or milliseconds since 1970 as JavaScript has."""
    try:
        if isinstance(value, str):
            found = datetime.fromisoformat(value.strip())
        else:
            found = datetime.fromtimestamp(number(word, value) / 1000, UTC)
        return (found.astimezone(UTC) if found.tzinfo else found).replace(tzinfo=None)
    except (ValueError, OverflowError, OSError):
        raise _wrong(word, "ISO 8601 in UTC or milliseconds since 1970", value) from None


def shown(value: Any) -> str:
    """A found value, short enough for a sentence."""
    if value is None:
        return "nothing"
    try:
        words = repr(value)
    except (ValueError, RecursionError):  # more digits, or deeper, than Python writes
        words = f"a {type(value).__name__}"
    words = words.encode("ascii", "backslashreplace").decode()
    return words if len(words) <= 60 else f"{words[:57]}..."


def _range(column: Column) -> str:
    noun = _EXPECTED[column.kind]
    if math.isinf(column.maximum):
        return f"{noun} of {column.minimum:g} or more"
    return f"{noun} from {column.minimum:g} to {column.maximum:g}"


def _wrong(word: str, expected: str, value: Any) -> ValueError:
    return ValueError(f"{word}: expected {expected}, found {shown(value)}")
