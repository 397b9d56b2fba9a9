"""Policy states against the naive computation of `tests.oracle`, over random weeks of failures."""

from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from slo_core.budget.exits import check_off
from slo_core.catalog import Catalog
from slo_core.register import Actor
from slo_core.status import status
from tests.oracle import Row, compute_status
from tests.small import SHOP, STUDIO, small_rollup

AT = datetime(2025, 4, 12, 5, 30)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
KEYS = ("policy", "policy_since", "exit_confirmed", "exhausted_at", "policy_remaining_ratio")


def weeks(random: Random, catalog: Catalog) -> list[Row]:
    """Requests of every budgeted journey, now and then a burst in which some fail."""
    rows: list[Row] = []
    for budget in catalog.budgets:
        objective = catalog.objective(budget.service, budget.objective)
        # About as many failures a burst as a few bursts' requests allow.
        share, each = objective.error_rate, 1
        if catalog.policy.basis.value == "calendar":
            each = int((budget.allocations[0].allowed or 40) / 6)
        ts = AT - random.choice((5, 20, 75, 75)) * DAY
        while ts < AT:
            ts += random.choice((HOUR / 4, HOUR, DAY, 3 * DAY, 9 * DAY))
            good = random.choice((0, 1, int(1 / share)))
            bad = random.choice((0, 0, 0, 1, 2)) * each
            step = getattr(objective.indicator, "step", None)
            ok = {"ts": ts, "journey": budget.service, "status": 200, "step": step}
            rows += [ok] * good + [{**ok, "status": 500}] * bad
            if random.random() < 0.02:
                ts += 35 * DAY
    return [row for row in rows if row["ts"] < AT]


def written(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment.isoformat()}Z"


@pytest.mark.parametrize("catalog", [STUDIO, SHOP], ids=lambda catalog: catalog.name)
@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 12))]
)
def test_states_agree_over_random_weeks(tmp_path: Path, catalog: Catalog, seed: int) -> None:
    random = Random(seed)
    tables = {"requests": weeks(random, catalog)}
    rollup = small_rollup(tmp_path, tables, catalog)
    confirmed: dict[str, dict[datetime, datetime]] = {}
    moments = [AT - random.randint(0, 60 * 24 * 60) * timedelta(minutes=1) for _ in range(3)]
    for at in (AT, *moments, AT):
        expected = compute_status(tables, catalog, at, confirmed=confirmed)
        found = status(rollup, at)
        assert found["studio_policy"] == expected["studio_policy"]
        for entry, got in zip(expected["budgets"], found["budgets"], strict=True):
            assert _told(got) == pytest.approx(_told(entry)), (at, entry["service"])
            # Whoever was exhausted is checked off some time later, or not.
            entered = entry["exhausted_at"]
            if entered and entered not in confirmed.setdefault(entry["service"], {}):
                when = entered + random.randint(0, 40 * 24 * 60) * timedelta(minutes=1)
                confirmed[entry["service"]][entered] = when
                for criterion in catalog.policy.human_criteria:
                    args = (tmp_path, Actor("Ada"), catalog, entry["service"], entered)
                    check_off(*args, criterion.id, at=when)


def _told(entry: dict[str, Any]) -> dict[str, Any]:
    found = {key: entry[key] for key in KEYS}
    return {key: written(it) if isinstance(it, datetime) else it for key, it in found.items()}
