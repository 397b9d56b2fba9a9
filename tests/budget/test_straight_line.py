"""When a budget ends on the straight line, worked out by hand."""

from datetime import datetime, timedelta

import pytest

from slo_core.budget.straight_line import (
    End,
    projected_end,
    straight_line,
    straight_line_end,
)

AT = datetime(2025, 3, 10)
MONTH_END = datetime(2025, 4, 1)
DAYS = timedelta(days=1)


def test_what_is_left_lasts_as_long_as_it_is_not_burnt() -> None:
    # 1,500 failures left at 10 an hour: 150 hours.
    assert straight_line_end(1500, 10) == timedelta(hours=150)
    assert straight_line_end(1500, 0) is None
    assert straight_line_end(1500, -1) is None
    assert straight_line_end(0, 10) == timedelta(0)
    assert straight_line_end(-5, 0) == timedelta(0)
    assert straight_line_end(None, 10) is None
    assert straight_line_end(1500, None) is None
    assert straight_line_end(1500, 1e-300) is None


def test_a_budget_ends_on_the_straight_line() -> None:
    # A burn of 2 spends a whole 30-day budget in 15 days, 40 % of it in 6.
    assert straight_line(0.4, 2.0, 30 * DAYS) == 6 * DAYS
    assert straight_line(-0.1, 0.0, 30 * DAYS) == timedelta(0)
    assert straight_line(0.4, 0.0, 30 * DAYS) is None
    assert straight_line(0.4, 1e-300, 30 * DAYS) is None
    assert straight_line(None, 2.0, 30 * DAYS) is None
    assert straight_line(0.4, None, 30 * DAYS) is None


@pytest.mark.parametrize(
    ("remaining", "per_hour", "end"),
    [
        (240.0, 1.0, End("ends", AT + 10 * DAYS)),
        (527.0, 1.0, End("ends", MONTH_END - timedelta(hours=1))),
        (528.0, 1.0, End("lasts", MONTH_END)),  # on the stroke of the new month, a new budget
        (240.0, 0.0, End("never")),
        (240.0, 1e-9, End("never")),  # 27 million years
        (0.0, 1.0, End("spent")),
        (-3.0, 0.0, End("spent")),
        (-3.0, None, End("spent")),  # what is spent is spent, whoever is silent now
        (None, 1.0, End("no_data")),
        (240.0, None, End("no_data")),
        (float("nan"), 1.0, End("no_data")),
        (240.0, float("nan"), End("no_data")),
    ],
)
def test_the_end_of_a_month_s_budget(
    remaining: float | None, per_hour: float | None, end: End
) -> None:
    assert projected_end(remaining, per_hour, AT, MONTH_END) == end


def test_a_rolling_budget_has_no_month() -> None:
    assert projected_end(528.0, 1.0, AT) == End("ends", MONTH_END)
