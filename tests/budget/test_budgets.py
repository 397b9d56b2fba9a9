"""The month's traffic beside its estimate, worked out by hand."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from slo_core.budget.budgets import expected_requests, is_off
from slo_core.catalog import Allocation
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
