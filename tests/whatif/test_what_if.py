"""Changed worlds against the real one: worked out by hand, the same where nothing changes."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slo_core.forecast import forecasts
from slo_core.register import Actor, write
from slo_core.rollup import Rollup
from slo_core.status import status
from slo_core.whatif import Comparison, Scenario, Standing, what_if, what_ifs
from tests.effort import one_in
from tests.small import SHOP, STUDIO, small_rollup

AT = datetime(2025, 3, 25, 12, 30)
HOUR = timedelta(hours=1)
SONGS = ("song_generation", "success_rate")
LOADS = ("project_loading", "success_rate")
API = ("api", "availability")
SLOW = ("song_generation", "latency_p95")
BEGAN = datetime(2025, 3, 20, 10)


@pytest.fixture(scope="module")
def rollup(tmp_path_factory: pytest.TempPathFactory) -> Rollup:
    """Ten songs an hour for 40 days up to half past twelve, of which the first of a day fails.

    From 10:00 to 12:00 on 20 March all twenty fail: incident 1. Songs take 20 s, every tenth 28 s.
    The API answers a probe a minute, but for five minutes on 24 March.
    """
    songs: list[dict[str, Any]] = []
    start = datetime(2025, 2, 13)
    for number in range((AT - start) // timedelta(minutes=6)):
        moment = start + number * timedelta(minutes=6)
        bad = BEGAN <= moment < BEGAN + 2 * HOUR or (moment.hour, moment.minute) == (0, 0)
        songs.append(
            {
                "ts": moment,
                "journey": "song_generation",
                "status": 500 if bad else 200,
                "duration_ms": 28_000.0 if moment.minute == 6 else 20_000.0,
            }
        )
    down = datetime(2025, 3, 24, 9)
    probes = [
        {
            "ts": moment,
            "scope": "api",
            "target": "a",
            "ok": not down <= moment < down + timedelta(minutes=5),
        }
        for moment in (start + number * timedelta(minutes=1) for number in range(40 * 24 * 60))
        if moment < AT
    ]
    folder = tmp_path_factory.mktemp("data")
    made = small_rollup(folder, {"requests": songs, "probes": probes})
    write(
        folder,
        Actor("Ada"),
        "incidents",
        {
            "title": "Songs fail",
            "severity": "P1",
            "status": "resolved",
            "journey": "song_generation",
            "started_at": BEGAN,
            "ended_at": BEGAN + 2 * HOUR,
            "detected_at": BEGAN,
        },
    )
    return made


@pytest.fixture(scope="module")
def stated(rollup: Rollup) -> dict[str, Any]:
    return status(rollup, AT)


def compare(rollup: Rollup, text: str, stated: dict[str, Any]) -> Comparison:
    return what_if(rollup, AT, Scenario.parse(text, STUDIO), status=stated)


def changed(rollup: Rollup, text: str, stated: dict[str, Any], key: Any = SONGS) -> Standing:
    return compare(rollup, text, stated).pair(key)[1]


UNCHANGED = [
    "",
    "traffic:1@2025-03-01",
    "failure-rate:song_generation=+0%@2025-03-01",
    "failure-rate:song_generation=x1",
    "release:song_generation=50%/0%",
    "target:song_generation.success_rate=99.5%",
    "threshold:song_generation.latency_p95=30s",
    "maintenance:collaboration=2025-03-20T00:00Z/2025-03-20T01:00Z",
]


@pytest.mark.parametrize("text", UNCHANGED)
def test_an_unchanged_world_is_exactly_the_real_one(
    rollup: Rollup, stated: dict[str, Any], text: str
) -> None:
    found = compare(rollup, text, stated)
    assert found.real == found.changed
    assert found.difference == ("Nothing changes.",)


def test_the_real_world_is_that_of_status_and_forecast(
    rollup: Rollup, stated: dict[str, Any]
) -> None:
    projected = forecasts(rollup, AT, status=stated, only_budgeted=True)
    found = compare(rollup, "traffic:1", stated)
    for budget in stated["budgets"]:
        own = found.pair((budget["service"], budget["objective"]))[1]
        objective = next(
            it
            for it in stated["objectives"]
            if (it["journey"], it["objective"]) == (budget["service"], budget["objective"])
        )
        assert (own.good, own.valid, own.sli) == tuple(
            objective[name] for name in ("good", "valid", "sli")
        )
        assert own.met == objective["met"]
        for name, amounts in (("rolling", own.rolling), ("month", own.calendar)):
            told = budget["rolling"] if name == "rolling" else budget
            assert amounts is not None
            assert (amounts.consumed, amounts.remaining_ratio) == (
                told["consumed"],
                told["remaining_ratio"],
            )
        assert own.policy == budget["policy"]
        rows = projected[projected["service"] == budget["service"]]
        row = rows[
            (rows["basis"] == "rolling") & (rows["window"] == budget["rolling"]["window"])
        ].iloc[0]
        outlook = own.rolling_outlook
        assert outlook.probability == row["probability"] or outlook.probability is None
        assert (outlook.p50 or None) == (None if row["p50"] != row["p50"] else row["p50"])


def test_an_incident_that_did_not_happen_leaves_what_was_usual(
    rollup: Rollup, stated: dict[str, Any]
) -> None:
    # 30 days end at half past twelve: 7200 songs, 36 may fail. 30 failed at midnight, twenty in the
    # incident. Usual in the weeks around it: one of 240 a day, so 20/240 of the twenty stay.
    real, without = compare(rollup, "without-incident:1", stated).pair(SONGS)
    assert (real.valid, real.valid - real.good) == (7200, 50)
    usual = without.valid - without.good - 30
    assert usual == pytest.approx(20 / 240, rel=0.02)
    assert real.met is False
    assert without.met
    assert real.budget.remaining == pytest.approx(-14)
    assert without.budget.remaining == pytest.approx(36 - 30 - usual)
    # Half an hour less is five of the twenty songs.
    shorter = changed(rollup, "shorter-incident:1=30min", stated)
    assert shorter.valid - shorter.good == pytest.approx(45 + usual / 4, rel=1e-6)


def test_a_repeated_incident_fails_again_what_it_failed(
    rollup: Rollup, stated: dict[str, Any]
) -> None:
    # The next Tuesday after noon of Tuesday 25 March, at ten: 1 April, which is no more in March.
    again = compare(rollup, "repeat-incident:1@tuesday", stated)
    assert "2025-04-01 10:00 UTC" in " ".join(again.notes)
    real, later = again.pair(SONGS)
    assert later.budget == real.budget
    assert real.calendar_outlook is not None
    assert later.calendar_outlook is not None
    assert later.calendar_outlook.expected == real.calendar_outlook.expected
    # Tomorrow it is in March: twenty more, but for the usual.
    soon = changed(rollup, "repeat-incident:1@2025-03-26T10:00Z", stated)
    assert soon.calendar_outlook is not None
    more = (soon.calendar_outlook.expected or 0) - (real.calendar_outlook.expected or 0)
    assert more == pytest.approx(20, rel=0.15)
    # In the past it is there already: twenty an hour ago, ten of them in the half hour at the end.
    past = changed(rollup, "repeat-incident:1@2025-03-25T11:30Z", stated)
    assert past.valid - past.good == pytest.approx(60, abs=0.2)


def test_rates_and_traffic_change_the_past_from_their_date_on(
    rollup: Rollup, stated: dict[str, Any]
) -> None:
    # Since noon of the 24th: 24.5 hours of ten songs, one of them failed at midnight.
    more = changed(rollup, "failure-rate:song_generation=+10%@2025-03-24T12:00Z", stated)
    assert more.valid - more.good == pytest.approx(50 + 24.5)
    fewer = changed(rollup, "failure-rate:song_generation=x0.5@2025-03-24T12:00Z", stated)
    assert fewer.valid - fewer.good == pytest.approx(49.5)
    twice = changed(rollup, "traffic:2@2025-03-24T12:00Z", stated)
    assert (twice.valid, twice.valid - twice.good) == (7200 + 245, 51)
    # Half of the traffic fails 10 % of itself instead: 12.25, and the other half half a song.
    release = changed(rollup, "release:song_generation=10%/50%@2025-03-24T12:00Z", stated)
    assert release.valid - release.good == pytest.approx(49 + 0.5 + 12.25)
    # At ten o'clock on the hour's half a change counts for a half of the hour.
    half = changed(rollup, "failure-rate:song_generation=+10%@2025-03-25T11:30Z", stated)
    assert half.valid - half.good == pytest.approx(50 + 1)


def test_what_comes_enters_the_forecast(rollup: Rollup, stated: dict[str, Any]) -> None:
    real, more = compare(rollup, "failure-rate:song_generation=+10%", stated).pair(SONGS)
    assert more.budget == real.budget
    # Until April 155.5 hours are left, counted as 156: ten songs each, a tenth of which fail.
    assert real.calendar_outlook is not None
    assert more.calendar_outlook is not None
    apart = (more.calendar_outlook.expected or 0) - (real.calendar_outlook.expected or 0)
    assert apart == pytest.approx(156, rel=0.01)
    release = changed(rollup, "release:project_loading=1%/50%@2025-04-01", stated, LOADS)
    assert release.sli is None


def test_a_target_changes_budget_and_allocation(rollup: Rollup, stated: dict[str, Any]) -> None:
    own = changed(rollup, "target:song_generation.success_rate=99%", stated)
    assert own.budget.allowed == pytest.approx(72)
    assert own.budget.remaining == pytest.approx(22)
    assert own.calendar is not None
    assert own.calendar.allowed == pytest.approx(5000)
    assert own.met


def test_a_threshold_is_answered_from_the_histogram(rollup: Rollup, stated: dict[str, Any]) -> None:
    # Every tenth song takes 28 s, the others 20 s; failed ones have no latency.
    real, own = compare(rollup, "threshold:song_generation.latency_p95=25s", stated).pair(SLOW)
    assert real.sli == 1
    assert own.sli == pytest.approx(0.9, abs=0.002)
    assert own.met is False
    near = compare(rollup, "threshold:song_generation.latency_p95=28.1s", stated)
    assert near.pair(SLOW)[1].approximate
    assert any("approximate" in note for note in near.notes)


def test_maintenance_leaves_its_slices_out(rollup: Rollup, stated: dict[str, Any]) -> None:
    real, own = compare(rollup, "maintenance:api=2025-03-24T08:00Z/2025-03-24T10:00Z", stated).pair(
        API
    )
    assert real.valid - real.good > 0
    assert own.valid - own.good == 0
    assert real.valid - own.valid == pytest.approx(7200, abs=10)
    ahead = compare(rollup, "maintenance:api=2025-03-26T00:00Z/2025-03-27T00:00Z", stated)
    assert ahead.pair(API)[1].budget == ahead.pair(API)[0].budget


def test_a_month_replayed_is_one_future(rollup: Rollup, stated: dict[str, Any]) -> None:
    own = changed(rollup, "replay-month:2025-02", stated)
    # 156 hours of February's songs hold seven midnights, each with one failure.
    assert own.calendar_outlook is not None
    assert own.calendar_outlook.expected == pytest.approx(6.5, abs=0.6)
    assert own.calendar_outlook.probability in (0, 1)


def test_several_scenarios_share_the_real_world(rollup: Rollup, stated: dict[str, Any]) -> None:
    texts = ["target:song_generation.success_rate=99%", "traffic:3@2025-03-20"]
    scenarios = [Scenario.parse(text, STUDIO) for text in texts]
    found = what_ifs(rollup, AT, scenarios, status=stated)
    assert found[0].real is found[1].real
    for own, text in zip(found, texts, strict=True):
        assert own.changed == compare(rollup, text, stated).changed


@settings(max_examples=one_in(5))
@given(
    low=st.integers(0, 60), more=st.integers(0, 40), day=st.integers(1, 28), factor=st.booleans()
)
def test_more_failures_never_leave_more(
    rollup: Rollup,
    stated: dict[str, Any],
    low: int,
    more: int,
    day: int,
    factor: bool,
) -> None:
    def left(amount: int) -> Standing:
        value = f"x{1 + amount / 10}" if factor else f"+{amount}%"
        text = f"failure-rate:song_generation={value}@2025-03-{day:02}"
        return changed(rollup, text, stated)

    one, other = left(low), left(low + more)
    for name in ("budget", "rolling", "calendar"):
        assert getattr(other, name).remaining <= getattr(one, name).remaining + 1e-9
    assert (other.rolling_outlook.probability or 0) >= (one.rolling_outlook.probability or 0)


@settings(max_examples=one_in(5))
@given(target=st.integers(9000, 9998), more=st.integers(0, 100), minutes=st.integers(1, 130))
def test_higher_targets_and_longer_incidents_never_leave_more(
    rollup: Rollup, stated: dict[str, Any], target: int, more: int, minutes: int
) -> None:
    higher = min(target + more, 9999)
    texts = [f"target:song_generation.success_rate={it / 100}%" for it in (target, higher)]
    one, other = (changed(rollup, text, stated) for text in texts)
    assert (other.budget.remaining or 0) <= (one.budget.remaining or 0)
    assert (other.rolling_outlook.probability or 0) >= (one.rolling_outlook.probability or 0)
    real = changed(rollup, "", stated)
    shorter = changed(rollup, f"shorter-incident:1={minutes}", stated)
    gone = changed(rollup, "without-incident:1", stated)
    left = [it.budget.remaining or 0 for it in (real, shorter, gone)]
    assert left == sorted(left)


def test_nothing_counted_is_no_data_in_every_world(tmp_path: Path) -> None:
    row = {"ts": AT - HOUR, "journey": "nothing_of_the_shop", "status": 200}
    rollup = small_rollup(tmp_path, {"requests": [row]}, SHOP)
    found = what_if(rollup, AT, Scenario.parse("traffic:3@2025-01-01", SHOP))
    for own in found.changed:
        assert own.sli is None
        assert own.budget.remaining is None
        assert own.rolling_outlook.probability is None
    [note] = json.loads(json.dumps(found.as_dict(), allow_nan=False))["notes"]
    assert "leaves Browsing as it is" in note  # it counts seconds, of which traffic makes no more
