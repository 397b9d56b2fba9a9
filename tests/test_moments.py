"""Moments and the ranges that a page offers."""

from datetime import datetime, timedelta

import pytest

from slo_core.errors import SloError
from slo_core.moments import iso, parse_end, parse_moment, parse_range, range_presets


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-03-31T00:00:00Z", datetime(2025, 3, 31)),
        ("2025-03-31T00:00:59.999Z", datetime(2025, 3, 31)),  # floored to the minute
        ("2025-03-31T02:30:00+02:00", datetime(2025, 3, 31, 0, 30)),
        ("2025-03-31T00:00", datetime(2025, 3, 31)),  # no offset: UTC
        (" 2025-03-31 ", datetime(2025, 3, 31)),
        ("20250331T001500Z", datetime(2025, 3, 31, 0, 15)),
    ],
)
def test_a_moment_is_read_as_utc_and_floored_to_the_minute(text: str, moment: datetime) -> None:
    assert parse_moment(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "rubbish",
        "",
        "2025-13-01",
        "31/03/2025",
        "1743379200",
        "0001-01-01T00:00+01:00",
        "1980-12-31",
        "2200-01-01",
        "9999-12-31T23:59:59Z",
    ],
)
def test_a_text_that_is_no_time_is_one_sentence(text: str) -> None:
    with pytest.raises(SloError) as problem:
        parse_moment(text, name="?at=")
    sentence = str(problem.value)
    assert sentence.startswith(f'?at= is "{text}", which is not a time from 1981 to 2199')
    assert sentence.endswith("for example 2025-03-31T00:00:00Z.")
    assert "\n" not in sentence


def test_a_moment_is_written_with_its_zone() -> None:
    assert iso(datetime(2025, 3, 31)) == "2025-03-31T00:00:00Z"
    assert iso(datetime(2025, 3, 30, 23, 59, 58)) == "2025-03-30T23:59:58Z"


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("36h", timedelta(hours=36)),
        ("1 min", timedelta(minutes=1)),
        ("3660 d", timedelta(days=3660)),
    ],
)
def test_a_range_is_a_duration_that_can_be_shown(text: str, length: timedelta) -> None:
    assert parse_range(text) == length


@pytest.mark.parametrize("text", ["", "rubbish", "0d", "-7d", "59s", "3661d", "99999999999d"])
def test_a_text_that_is_no_range_is_one_sentence(text: str) -> None:
    with pytest.raises(SloError, match=r"^\?range= is .* 36h or 7d\.$") as problem:
        parse_range(text, name="?range=")
    assert "\n" not in str(problem.value)


LOOKS = ["1h", "6h", "24h", "72h"]


def test_presets_hold_every_objective_window_and_shorter_looks() -> None:
    assert range_presets(["30d", "7d", "7d"], LOOKS) == ["1h", "6h", "24h", "72h", "7d", "30d"]


def test_presets_follow_another_catalogue() -> None:
    assert range_presets(["28d"], ["30m", "12h"]) == ["30m", "12h", "28d"]
    assert range_presets(["12h"], LOOKS) == ["1h", "6h", "12h"]
    # An objective's own word wins where it means the same length; the first of two words does.
    assert range_presets(["1d", "24h", "3d"], LOOKS) == ["1h", "6h", "1d", "3d"]


def test_presets_without_any_objective_are_the_looks() -> None:
    assert range_presets([], LOOKS) == LOOKS


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("90 min", datetime(2025, 3, 31, 1, 30)),
        (" 2025-03-31T06:00Z", datetime(2025, 3, 31, 6)),
        ("2025-04-01", datetime(2025, 4, 1)),
    ],
)
def test_an_end_is_a_time_or_a_length_from_the_start(text: str, end: datetime) -> None:
    assert parse_end(text, datetime(2025, 3, 31)) == end


@pytest.mark.parametrize("text", ["2025-13-01", "soon", "0 min", ""])
def test_an_end_that_is_neither_is_told_in_one_sentence(text: str) -> None:
    with pytest.raises(SloError, match=r"^--for is .*2025-03-31T00:00:00Z\.$"):
        parse_end(text, datetime(2025, 3, 31), name="--for")
