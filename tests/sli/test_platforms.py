"""Success by platform and day, and how sure rates are: worked out by hand."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from slo_core.sli.chance import wilson, within_chance
from slo_core.sli.platforms import platforms
from slo_core.status import status
from tests.small import SHOP, STUDIO, small_rollup

AT = datetime(2025, 3, 31, 12)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PUBLISHING = STUDIO.journey("publishing")
SYNC = STUDIO.objective("publishing", "platform_sync")


def sync(platform: str | None, good: int, bad: int, ago: timedelta = HOUR) -> list[dict[str, Any]]:
    row = {"ts": AT - ago, "journey": "publishing", "step": "platform_sync", "platform": platform}
    return [row | {"status": 200}] * good + [row | {"status": 500}] * bad


def test_the_interval_is_wilsons() -> None:
    # Worked out by hand for 8 of 10: (0.8 + z²/20 ± z·sqrt(0.016 + z²/400)) / (1 + z²/10).
    z = 1.959963984540054
    middle, spread = 0.8 + z * z / 20, z * (0.016 + z * z / 400) ** 0.5
    low, high = wilson(8, 10)
    assert low == pytest.approx((middle - spread) / (1 + z * z / 10))
    assert high == pytest.approx((middle + spread) / (1 + z * z / 10))


def test_the_interval_stays_within_nought_and_one() -> None:
    assert wilson(0, 5)[0] == 0
    assert wilson(5, 5)[1] == 1
    assert wilson(5, 5)[0] < 0.6


@pytest.mark.parametrize(
    ("now", "before", "events", "chance"),
    [
        (0.5, 0.55, 100, True),
        (0.5, 0.55, 10_000, False),
        (0.5, 0.5, 10_000, True),
        (0.5, 0.9, 0, True),  # nothing to compare
        (1.0, 1.0, 10, True),
    ],
)
def test_what_chance_does_alone(now: float, before: float, events: int, chance: bool) -> None:
    assert within_chance(now, events, before, 10_000) is chance


def test_rates_and_days_over_the_objectives_own_window(tmp_path: Path) -> None:
    rows = [
        *sync("alpha", 95, 5),
        *sync("beta", 99, 1),
        *sync("beta", 100, 0, DAY),
        *sync("gamma", 1, 1),  # too few
        *sync(None, 100, 0, 2 * DAY),
        *sync("alpha", 0, 50, 31 * DAY),  # before the window
    ]
    rollup = small_rollup(tmp_path, {"requests": rows})
    found = platforms(rollup, PUBLISHING, SYNC, AT)
    assert found.rates["platform"].tolist() == ["alpha", "beta", "unknown", "gamma"]
    assert found.rates["sli"].tolist() == [0.95, 0.995, 1.0, 0.5]
    assert found.rates["decides"].tolist() == [True, True, True, False]
    assert found.worst == "alpha"
    assert tuple(found.rates.loc[0, ["low", "high"]]) == wilson(95, 100)
    days = found.days.set_index(["platform", "at"])
    assert len(found.days) == 4 * 31  # thirty days touch thirty-one
    today, yesterday = datetime(2025, 3, 31), datetime(2025, 3, 30)
    assert days.loc[("beta", today), "valid"] == 100
    assert days.loc[("beta", yesterday), "sli"] == 1
    assert days.loc[("alpha", yesterday)].isna().all()  # no data, neither good nor bad
    # The same figures as on the command line.
    (stated,) = (it for it in status(rollup, AT)["objectives"] if it["objective"] == SYNC.id)
    assert stated["sli"] == found.rates["sli"].iloc[0]
    assert {name: it["sli"] for name, it in stated["platforms"].items()} == dict(
        zip(found.rates["platform"], found.rates["sli"], strict=True)
    )


def test_without_a_platform_that_decides_none_is_worst(tmp_path: Path) -> None:
    found = platforms(
        small_rollup(tmp_path, {"requests": sync("alpha", 1, 1)}), PUBLISHING, SYNC, AT
    )
    assert found.worst is None
    nothing = platforms(
        small_rollup(tmp_path / "b", {"probes": []} | {"requests": sync("a", 1, 0, 99 * DAY)}),
        PUBLISHING,
        SYNC,
        AT,
    )
    assert nothing.rates.empty
    assert nothing.days.empty


def test_another_catalogue(tmp_path: Path) -> None:
    row = {"ts": AT - HOUR, "journey": "checkout", "step": "card", "source": "client"}
    rows = [row | {"platform": "visa", "status": 200}] * 19 + [
        row | {"platform": "visa", "status": 500}
    ]
    rollup = small_rollup(tmp_path, {"requests": rows}, SHOP)
    objective = SHOP.objective("checkout", "every_card")
    found = platforms(rollup, SHOP.journey("checkout"), objective, AT)
    assert found.rates["sli"].tolist() == [0.95]
    assert found.rates["decides"].tolist() == [True]  # the shop asks for twenty
