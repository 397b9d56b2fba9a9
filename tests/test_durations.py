"""Durations as the catalogue and its conditions write them."""

from datetime import timedelta
from decimal import Decimal

import pytest

from slo_core.durations import in_milliseconds, parse_duration, time_unit
from slo_core.errors import SloError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90 s", 90),
        ("1500 ms", 1.5),
        ("15 min", 900),
        ("15m", 900),
        ("1 hour", 3600),
        ("48 h", 172_800),
        ("30d", 2_592_000),
        ("2 weeks", 1_209_600),
        ("0.1 s", 0.1),
        (" 5 Minutes ", 300),
    ],
)
def test_a_number_and_a_unit(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", "90", "s", "soon", "1 month", "-1 s", "1h30m", "1e3 s", "٣ s"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(SloError, match=r"^expected a duration such as 90 s, 15 min, 48 h or 30d"):
        parse_duration(text)


def test_nought_and_more_than_can_be_counted_are_refused() -> None:
    with pytest.raises(SloError, match=r"^expected a duration above zero, found '0 s'$"):
        parse_duration("0 s")
    with pytest.raises(SloError, match=r"^expected a duration of at most 999999999 days, found "):
        parse_duration("1000000000 d")


def test_units_have_one_short_name() -> None:
    found = [time_unit(word) for word in ("seconds", "M", "min", "hours", "Mbps")]
    assert found == ["s", "min", "min", "h", None]


def test_milliseconds_are_exact() -> None:
    assert in_milliseconds(Decimal("1.1"), "s") == Decimal("1100")
