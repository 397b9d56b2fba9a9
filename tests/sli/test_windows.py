"""Windows: their edges, the month they mean, and that their pieces cover them exactly once."""

from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo_core.sli.windows import Window, calendar_month, cover, month_seconds, trailing

MINUTE = timedelta(minutes=1)
LENGTHS = {"day": timedelta(days=1), "hour": timedelta(hours=1), "minute": MINUTE}
GRAINS = [("minute",), ("hour", "minute"), ("day", "hour", "minute"), ("day", "minute")]
SOME_DAY = datetime(2024, 2, 28)


def moments() -> st.SearchStrategy[datetime]:
    """Whole minutes of four days over a leap day, often on an hour or at midnight."""
    minutes = st.integers(0, 4 * 1440) | st.integers(0, 96).map(lambda hour: hour * 60)
    return minutes.map(lambda number: SOME_DAY + number * MINUTE)


@given(moments(), moments(), st.sampled_from(GRAINS))
def test_every_minute_is_covered_once_by_whole_grains(
    one: datetime, other: datetime, grains: tuple[str, ...]
) -> None:
    window = Window("w", min(one, other), max(one, other))
    pieces = cover(window, grains)
    covered = Counter(
        piece.start + number * MINUTE
        for piece in pieces
        for number in range((piece.end - piece.start) // MINUTE)
    )
    length = (window.end - window.start) // MINUTE
    assert covered == Counter(window.start + number * MINUTE for number in range(length))
    for piece in pieces:
        assert piece.window == "w"
        assert piece.grain in grains
        assert piece.start < piece.end
        for edge in (piece.start, piece.end):
            assert (edge - datetime(1970, 1, 1)) % LENGTHS[piece.grain] == timedelta(0)
    assert all(before.end == after.start for before, after in pairwise(pieces))


@given(moments(), moments())
def test_less_than_two_hours_are_left_to_minutes(one: datetime, other: datetime) -> None:
    # One broken hour at each edge at most: minutes are many, and reading them costs.
    pieces = cover(Window("w", min(one, other), max(one, other)), ("day", "hour", "minute"))
    minutes = [piece for piece in pieces if piece.grain == "minute"]
    assert sum((piece.end - piece.start for piece in minutes), timedelta()) < timedelta(hours=2)
    hours = [piece for piece in pieces if piece.grain == "hour"]
    assert sum((piece.end - piece.start for piece in hours), timedelta()) < timedelta(days=2)


def test_a_trailing_window_ends_before_at() -> None:
    at = datetime(2025, 3, 31, 12, 7)
    window = trailing("7d", at, timedelta(days=7))
    assert (window.start, window.end) == (datetime(2025, 3, 24, 12, 7), at)
    assert [(piece.grain, piece.start, piece.end) for piece in cover(window, GRAINS[2])] == [
        ("minute", datetime(2025, 3, 24, 12, 7), datetime(2025, 3, 24, 13)),
        ("hour", datetime(2025, 3, 24, 13), datetime(2025, 3, 25)),
        ("day", datetime(2025, 3, 25), datetime(2025, 3, 31)),
        ("hour", datetime(2025, 3, 31), datetime(2025, 3, 31, 12)),
        ("minute", datetime(2025, 3, 31, 12), at),
    ]


@pytest.mark.parametrize(
    ("at", "name", "days"),
    [
        (datetime(2025, 4, 1), "2025-03", 31),  # midnight still belongs to March
        (datetime(2025, 4, 1, 0, 1), "2025-04", 30),
        (datetime(2024, 3, 1), "2024-02", 29),
        (datetime(2025, 1, 1), "2024-12", 31),
        (datetime(2025, 1, 31, 23, 59), "2025-01", 31),
    ],
)
def test_the_month_is_that_of_the_last_minute_before_at(at: datetime, name: str, days: int) -> None:
    month = calendar_month(at)
    assert (month.name, month.end) == (name, at)
    assert month.start == datetime.strptime(name, "%Y-%m")
    assert month_seconds(month) == days * 86_400
