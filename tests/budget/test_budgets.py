"""The arithmetic of budgets, and the month's traffic beside its estimate, worked out by hand."""

import math
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo_core.budget.budgets import (
    burn_rate,
    calculate,
    calendar_budget,
    expected_requests,
    is_off,
    rolling_budget,
)
from slo_core.catalog import Allocation
from slo_core.errors import SloError
from slo_core.status import status
from tests.small import STUDIO, small_rollup

DAY = 86_400.0


def allocation_of(service: str) -> Allocation:
    budget = STUDIO.budget(service)
    assert budget is not None
    return budget.allocations[0]


def test_a_fifth_of_the_month_expects_a_fifth_of_its_requests() -> None:
    song = allocation_of("song_generation")  # 500,000 a month
    assert expected_requests(song, 6 * DAY, 30 * DAY) == pytest.approx(100_000)
    assert expected_requests(song, DAY - 1, 30 * DAY) is None
    assert expected_requests(allocation_of("api"), 6 * DAY, 30 * DAY) is None


@pytest.mark.parametrize(
    ("requests", "off"), [(120_000, False), (120_001, True), (80_000, False), (79_999, True)]
)
def test_traffic_is_off_beyond_its_tolerance(requests: int, off: bool) -> None:
    assert is_off(requests, 100_000, 0.2) is off
    assert not is_off(requests, None, 0.2)


def test_status_gives_both_budgets_and_says_that_traffic_is_off(tmp_path: Path) -> None:
    at = datetime(2025, 3, 7)
    rows = [
        {"ts": at - timedelta(days=2, seconds=n), "journey": "song_generation", "status": code}
        for n, code in enumerate([200] * 990 + [500] * 10)
    ]
    budgets = status(small_rollup(tmp_path, {"requests": rows}), at)["budgets"]
    song = next(budget for budget in budgets if budget["service"] == "song_generation")
    traffic, rolling = song["traffic"], song["rolling"]
    assert (traffic["requests"], traffic["off_estimate"]) == (1000, True)
    assert traffic["expected"] == pytest.approx(500_000 * 6 / 31)
    # 0.5 % of 1,000 requests is 5 failures; 10 have failed.
    assert traffic["allowed"] == rolling["allowed"] == pytest.approx(5)
    assert (traffic["consumed"], rolling["consumed"]) == (10, 10)
    assert rolling["remaining_ratio"] == pytest.approx(-1)
    assert rolling["window"] == "30d"
    assert (song["allowed"], song["remaining"]) == (2500, 2490)
    loading = next(budget for budget in budgets if budget["service"] == "project_loading")
    assert loading["rolling"]["consumed"] is None
    assert loading["traffic"]["remaining_ratio"] is None
    assert next(budget for budget in budgets if budget["service"] == "api")["traffic"] is None


# --- The arithmetic ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("good", "total", "target", "sli", "met", "left"),
    [
        (499_000, 500_000, 99.5, 0.998, True, 1500),  # the document's example
        (999, 1000, 99.9, 0.999, True, 0),  # exactly at a target that binary cannot write
        (998, 1000, 99.9, 0.998, False, -1),
        (9_995, 10_000, 99.95, 0.9995, True, 0),
        (0, 4, 50, 0.0, False, -2),
        (4, 4, 99, 1.0, True, 0.04),
    ],
)
def test_the_calculator(
    good: float, total: float, target: float, sli: float, met: bool, left: float
) -> None:
    answer = calculate(good, total, target)
    assert answer.sli == pytest.approx(sli, rel=1e-12)
    assert answer.met is met
    assert answer.budget.remaining == pytest.approx(left, abs=1e-9)


@given(st.integers(1, 999_999), st.integers(0, 1000), st.integers(1, 50))
def test_at_its_target_the_calculator_says_met(parts: int, more: int, times: int) -> None:
    # A target of so many millionths, and exactly so many millionths good: met, one fewer is not.
    total = 1_000_000 * times
    good = parts * times
    assert calculate(good, total, parts / 10_000).met is True
    assert calculate(good - 1, total, parts / 10_000).met is False
    assert calculate(min(good + more, total), total, parts / 10_000).met is True


def test_without_requests_the_calculator_has_no_answer() -> None:
    answer = calculate(0, 0, 99.5)
    assert (answer.sli, answer.met, answer.budget.remaining_ratio) == (None, None, None)


@pytest.mark.parametrize(
    ("good", "total", "target", "sentence"),
    [
        (5, 4, 99, "--good 5 is more than --total 4"),
        (-1, 4, 99, "expected 0 or more"),
        (math.nan, 4, 99, "expected 0 or more"),
        (1, math.inf, 99, "expected 0 or more"),
        (1, 4, 0, "above 0 and below 100"),
        (1, 4, 100, "above 0 and below 100"),
        (1, 4, math.nan, "above 0 and below 100"),
    ],
)
def test_the_calculator_refuses_what_cannot_be(
    good: float, total: float, target: float, sentence: str
) -> None:
    with pytest.raises(SloError, match=sentence):
        calculate(good, total, target)


def test_a_budget_may_be_overspent() -> None:
    budget = rolling_budget(good=990, valid=1000, error_rate=0.005)
    assert (budget.allowed, budget.consumed, budget.remaining) == (5, 10, -5)
    assert budget.remaining_ratio == -1
    assert rolling_budget(0, 0, 0.005).remaining_ratio is None


def test_a_burn_of_one_is_exactly_on_budget() -> None:
    assert burn_rate(995, 1000, 0.005) == pytest.approx(1)
    assert burn_rate(1000, 1000, 0.005) == 0
    assert burn_rate(0, 1000, 0.05) == pytest.approx(20)
    assert burn_rate(0, 0, 0.05) is None


def test_a_month_of_seconds_allows_a_share_of_them() -> None:
    api = allocation_of("api")
    assert calendar_budget(api, 31 * DAY, 0).allowed == pytest.approx(2678.4)
    assert calendar_budget(api, 28 * DAY, 0).allowed == pytest.approx(2419.2)
    song = calendar_budget(allocation_of("song_generation"), 28 * DAY, 3000)
    assert (song.allowed, song.remaining) == (2500, -500)
