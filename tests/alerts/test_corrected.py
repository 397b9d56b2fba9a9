"""Episodes and hand-overs where a correction touches them: both figures, and which decides."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from slo_core.alerts.desk import notes
from slo_core.alerts.episodes import episodes
from slo_core.alerts.evaluate import evaluate
from slo_core.alerts.handover import handover, markdown
from slo_core.alerts.look import look
from slo_core.rollup import Rollup
from slo_core.sli.corrections import read_corrections
from slo_core.status import status
from tests.budget.test_corrected import correct
from tests.commands.test_commands import run
from tests.small import STUDIO, small_rollup

AT = datetime(2025, 3, 12)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SPIKE = "StudioSongGenerationFailureSpike"


@pytest.fixture
def rollup(tmp_path: Path) -> Rollup:
    """1,900 songs a day ago are good; of 40 in each of five minutes an hour ago 20 fail."""
    row = {"journey": "song_generation", "duration_ms": 900.0}
    songs: list[dict[str, Any]] = [row | {"ts": AT - DAY, "status": 200}] * 1900
    for back in range(56, 61):
        songs += [row | {"ts": AT - back * MINUTE, "status": 200}] * 20
        songs += [row | {"ts": AT - back * MINUTE, "status": 500}] * 20
    return small_rollup(tmp_path, {"requests": songs})


def spike(rollup: Rollup) -> dict[str, Any]:
    corrections = read_corrections(rollup.store.root)
    found = episodes(evaluate(rollup, AT, 2 * HOUR, corrections=corrections))
    [row] = found[found["alert"] == SPIKE].to_dict("records")
    return dict(row)


def test_an_episode_inside_a_correction_says_so_and_what_it_spent_without(rollup: Rollup) -> None:
    # 100 of the 2,500 failures that a month allows.
    before = spike(rollup)
    assert (before["correction"], before["budget_spent"]) == (None, 0.04)
    assert before["budget_spent_corrected"] != before["budget_spent_corrected"]
    correct(rollup.store.root, "api", AT - HOUR, AT)
    assert spike(rollup)["correction"] is None
    # Two of the five minutes: 60 failures are left.
    correct(rollup.store.root, "song_generation", AT - 60 * MINUTE, AT - 58 * MINUTE)
    part = spike(rollup)
    assert part["correction"] == "partly inside a correction: load test"
    assert (part["budget_spent"], part["budget_spent_corrected"]) == (0.04, 0.024)
    correct(
        rollup.store.root, "song_generation", AT - 58 * MINUTE, AT - 30 * MINUTE, reason="proxy"
    )
    whole = spike(rollup)
    assert whole["correction"] == "inside a correction: load test; proxy"
    assert (whole["budget_spent"], whole["budget_spent_corrected"]) == (0.04, 0.0)
    # Alerts look at what was measured: it fired all the same.
    for name in ("start", "until", "condition", "peak", "minutes"):
        assert whole[name] == before[name]


def test_the_command_says_both_and_which_decides(rollup: Rollup) -> None:
    root = str(rollup.store.root)
    asked = ("alerts", "--data", root, "--at", "2025-03-12T00:00:00Z", "--range", "2h")
    assert "correction" not in run(*asked).stdout
    correct(rollup.store.root, "song_generation", AT - HOUR, AT - 30 * MINUTE)
    stated = json.loads(run(*asked, "--format", "json").stdout)["episodes"]
    [own] = [it for it in stated if it["alert"] == SPIKE]
    assert (own["budget_spent"], own["budget_spent_corrected"]) == (0.04, 0)
    assert (own["decides"], own["correction"]) == ("corrected", "inside a correction: load test")
    told = run(*asked).stdout
    assert "inside a correction: load test (0 % spent without it)" in told
    assert "what it spent as corrected decides" in told


def test_a_hand_over_says_both(rollup: Rollup) -> None:
    def budget_lines() -> list[str]:
        found = handover(
            STUDIO,
            look(rollup, AT, 2 * HOUR, corrections=read_corrections(rollup.store.root)),
            notes(rollup.store.root),
            status(rollup, AT),
            status(rollup, AT - 2 * HOUR),
        )
        return markdown(found, STUDIO).splitlines()

    # 100 of 2,100 songs failed where 10.5 may; none of the 1,900 without the load test.
    measured = (
        "-852.4 % left of the rolling 30 d, 100 % before; spent 4 % of what the month allows; "
        "policy no state"
    )
    assert f"- Song Generation: {measured}" in budget_lines()
    correct(rollup.store.root, "song_generation", AT - HOUR, AT - 30 * MINUTE)
    assert (
        "- Song Generation, as corrected, which decides: 100 % left of the rolling 30 d, 100 % "
        "before; spent 0 % of what the month allows; policy no state. As measured: "
        f"{measured}"
    ) in budget_lines()
    [fired] = [it for it in budget_lines() if "Failure Spike" in it and "once" in it]
    assert fired.endswith("; inside a correction: load test")
