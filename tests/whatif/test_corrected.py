"""What-if where a correction touches a world: both worlds twice, worked out by hand."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from slo_core.register import Actor, write
from slo_core.rollup import Rollup
from slo_core.status import status
from slo_core.whatif import Comparison, Scenario, answers, what_if
from tests.budget.test_corrected import correct
from tests.commands.test_commands import run
from tests.small import STUDIO, small_rollup

AT = datetime(2025, 3, 31)
HOUR = timedelta(hours=1)
SONGS = ("song_generation", "success_rate")
LOADS = ("project_loading", "success_rate")


@pytest.fixture
def rollup(tmp_path: Path) -> Rollup:
    """Ten songs an hour for ten days; six failed an hour ago, in incident 1, and three before.

    2,400 songs allow 12 failures. Without the hour of the incident 2,390 allow 11.95.
    """
    failed = {2: 6, 30: 3}
    songs = [
        {
            "ts": AT - hour * HOUR + timedelta(minutes=6 * n),
            "journey": "song_generation",
            "status": 500 if n < failed.get(hour, 0) else 200,
            "duration_ms": 28_000.0 if n == 9 else 20_000.0,
        }
        for hour in range(1, 241)
        for n in range(10)
    ]
    made = small_rollup(tmp_path, {"requests": songs})
    values = {"title": "Songs fail", "severity": "P1", "journey": "song_generation"}
    span = {"started_at": AT - 2 * HOUR, "ended_at": AT - HOUR}
    write(tmp_path, Actor("Ada"), "incidents", {**values, **span})
    return made


def compared(rollup: Rollup, text: str) -> Comparison:
    return what_if(rollup, AT, Scenario.parse(text, STUDIO))


def leave_out(rollup: Rollup) -> None:
    correct(rollup.store.root, "song_generation", AT - 2 * HOUR, AT - HOUR)


def test_both_worlds_are_there_twice(rollup: Rollup) -> None:
    text = "failure-rate:song_generation=x0.5@2025-03-01"
    before = compared(rollup, text)
    assert (before.corrected, before.touched) == (None, frozenset())
    leave_out(rollup)
    found = compared(rollup, text)
    assert (found.real, found.changed) == (before.real, before.changed)
    assert found.corrected is not None
    real, changed = found.pair(SONGS)
    assert (real.rolling.consumed, changed.rolling.consumed) == (9, 4.5)
    real, changed = found.corrected.pair(SONGS)
    assert (real.rolling.consumed, changed.rolling.consumed) == (3, 1.5)
    assert real.rolling.allowed == changed.rolling.allowed == pytest.approx(11.95)
    stated = next(
        it for it in status(rollup, AT)["objectives"] if (it["journey"], it["objective"]) == SONGS
    )["corrected"]
    assert (real.good, real.valid, real.met) == tuple(stated[it] for it in ("good", "valid", "met"))
    assert found.touched == {SONGS}
    assert found.corrected.pair(LOADS)[0] == found.pair(LOADS)[0]
    assert list(found.sides) == ["corrected", "measured"]
    assert list(found.worlds_of(SONGS)) == [", as corrected", ", as measured"]
    assert list(found.worlds_of(LOADS)) == [""]


def test_an_incident_that_is_left_out_already_has_nothing_to_give_back(rollup: Rollup) -> None:
    leave_out(rollup)
    found = compared(rollup, "without-incident:1")
    # As measured 3 of the 2,390 other songs failed: so much is usual of each that failed in it.
    assert found.pair(SONGS)[1].rolling.consumed == pytest.approx(3 + 6 * 3 / 2390)
    assert found.corrected is not None
    assert found.corrected.pair(SONGS)[1].rolling.consumed == 3
    # 9 of 12 failed where a half may remain: 3 too many of the 6 that the incident took.
    [of_songs] = [it for it in answers(rollup, compared(rollup, "")) if it.journey == SONGS[0]]
    assert of_songs.faster == pytest.approx(3 / 6)
    [of_songs] = [it for it in answers(rollup, found.corrected) if it.journey == SONGS[0]]
    assert of_songs.faster == 0


def test_another_threshold_counts_what_is_left(rollup: Rollup) -> None:
    leave_out(rollup)
    same = compared(rollup, "threshold:song_generation.latency_p95=30s")
    assert same.corrected is not None
    key = ("song_generation", "latency_p95")
    assert same.corrected.pair(key)[0] == same.corrected.pair(key)[1]
    # The tenth song of every hour takes 28 s: 168 of the objective's seven days, or one less.
    tighter = compared(rollup, "threshold:song_generation.latency_p95=25s")
    assert tighter.corrected is not None
    bad = [side.pair(key)[1].rolling.consumed for side in (tighter, tighter.corrected)]
    assert bad == [168, 167]


def test_the_command_says_both_and_which_decides(rollup: Rollup) -> None:
    data = ("--data", str(rollup.store.root), "--at", "2025-03-31T00:00:00Z")
    asked = ("whatif", *data, "--failure-rate", "song_generation=x0.5@2025-03-01", "--ask")
    assert "corrected" not in run(*asked).stdout
    leave_out(rollup)
    done = run(*asked)
    assert (done.returncode, done.stderr) == (0, "")
    told = done.stdout
    assert "As corrected, which decides:" in told
    assert "As measured:" in told
    assert "real, as corrected" in told
    assert "changed, as measured" in told
    stated = json.loads(run(*asked, "--format", "json").stdout)
    assert stated["decides"] == "corrected"
    songs = [
        next(it for it in own["real"]["objectives"] if it["journey"] == SONGS[0])
        for own in (stated, stated["corrected"])
    ]
    assert [it["rolling"]["consumed"] for it in songs] == [9, 3]
    assert len(stated["answers"]) == len(stated["corrected"]["answers"])
