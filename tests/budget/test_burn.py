"""Burn rates against alerts, with the alerts of two catalogues."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from slo_core.budget.burn import burn_alerts, burn_table, cost, largest_burn
from slo_core.status import status
from tests.small import SHOP, STUDIO, small_rollup

AT = datetime(2025, 3, 31)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_alerts_come_from_the_catalogue() -> None:
    (song,) = burn_alerts(
        STUDIO, "song_generation", STUDIO.objective("song_generation", "success_rate")
    )
    assert (song.name, song.severity, song.burn, song.window) == (
        *("Error Budget Burn Rate", "P2", 5),
        HOUR,
    )
    # Headroom has no alert, and neither has the budget of another journey.
    assert not burn_alerts(
        STUDIO, "song_generation", STUDIO.objective("song_generation", "latency_p95")
    )
    (orders,) = burn_alerts(SHOP, "checkout", SHOP.objective("checkout", "orders"))
    assert (orders.burn, orders.window) == (6, 2 * HOUR)
    assert not burn_alerts(SHOP, "browse", SHOP.objective("browse", "uptime"))


def test_what_a_burn_costs() -> None:
    # 14.4 for an hour is 2 % of 30 days; a burn of 1 for the whole window is all of it.
    assert cost(14.4, HOUR, 30 * DAY) == pytest.approx(0.02)
    assert cost(1, 7 * DAY, 7 * DAY) == 1


def test_nothing_burns_faster_than_when_everything_is_bad() -> None:
    p50 = STUDIO.objective("song_generation", "latency_p50")
    assert largest_burn(p50) == pytest.approx(2)


@pytest.mark.parametrize(
    ("failed_now", "failed_before", "state"),
    [
        (26, 0, "above_alert"),  # 2.6 % of the hour: 5.2 times half a percent
        (25, 0, "above_budget"),  # exactly 5 is not above 5; over 6 h it is 2.5
        (0, 11, "above_budget"),  # 11 of 2,000 in 6 h: 1.1
        (0, 10, "within"),  # exactly on budget
        (0, 0, "within"),
    ],
)
def test_states(tmp_path: Path, failed_now: int, failed_before: int, state: str) -> None:
    rows = [
        {"ts": AT - ago, "journey": "song_generation", "status": 500 if n < failed else 200}
        for ago, failed in ((HOUR / 2, failed_now), (3 * HOUR, failed_before))
        for n in range(1000)
    ]
    frame = burn_table(status(small_rollup(tmp_path, {"requests": rows}), AT), STUDIO, {})
    assert frame["budgeted"].tolist() == [True] * 4 + [False] * 28
    table = frame.set_index(["journey", "objective"])
    own = table.loc[("song_generation", "success_rate")]
    assert own["state"] == state
    assert own["alert_burn"] == pytest.approx(failed_now / 1000 / 0.005)
    assert own["6h"] == pytest.approx((failed_now + failed_before) / 2000 / 0.005)
    assert table.loc[("api", "availability"), "state"] == "no_data"
    assert table.loc[("web", "lcp_p75"), "alert"] is None
