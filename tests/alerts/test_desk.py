"""What people make of alerts: taken on, silenced, linked to incidents, ticked; and until when."""

from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from slo_core.alerts.begun import begun
from slo_core.alerts.desk import Notes, at_desk, human_actions, notes, reference_of, ticked, to_do
from slo_core.alerts.episodes import episodes
from slo_core.alerts.evaluate import evaluate
from slo_core.alerts.look import look, states
from slo_core.alerts.meaning import alert_of
from slo_core.alerts.responses import acknowledge, lift, reopen, silence, take_back, tick
from slo_core.errors import SloError
from slo_core.register import Actor, read_history, write
from slo_core.rollup import Rollup
from tests.alerts.test_episodes import AT, MINUTE, requests
from tests.small import SHOP, STUDIO, small_rollup

ADA, BOB = Actor("Ada"), Actor("Bob")
SPIKE, BURN = "StudioSongGenerationFailureSpike", "StudioErrorBudgetBurnRateHigh"
WARNING = "StudioErrorBudgetWarning"
SONGS = "song_generation"
START = AT - 9 * MINUTE
"""A fifth of a hundred songs fails in each minute from ten to six before AT: the first ends then.

Fifty failures in ten minutes are exceeded until AT, as are the burn rate of 5 and what the budget
allows: the spike (tier 1), the burn rate (2) and the warning (3) fire from START and at AT.
"""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(scope="module")
def rollup(tmp_path_factory: pytest.TempPathFactory) -> Rollup:
    rows = requests(SONGS, 50, 0, 3 * 1440)
    # Twelve of a hundred exports fail once, two days ago: the alert of tier 2 has long ended.
    rows += requests("audio_export", 100, 12, 2 * 1440)
    rows += [row for back in range(6, 11) for row in requests(SONGS, 100, 20, back)]
    return small_rollup(tmp_path_factory.mktemp("desk"), {"requests": rows})


@pytest.fixture(scope="module")
def fired(rollup: Rollup) -> pd.DataFrame:
    return look(rollup, AT, timedelta(days=7)).episodes


def row_of(frame: pd.DataFrame, alert: str) -> pd.Series:
    [place] = frame.index[frame["alert"] == alert]
    return frame.loc[place]


def test_what_fires_comes_first_the_severest_before_the_longest(
    fired: pd.DataFrame, tmp_path: Path
) -> None:
    desk = at_desk(fired, STUDIO, notes(tmp_path), AT)
    assert list(desk["alert"]) == [SPIKE, BURN, WARNING, "StudioExportFailures"]
    assert list(desk["firing"]) == [True, True, True, False]
    assert set(desk.loc[desk["firing"], "start"]) == {START}
    nobody = ["acknowledged_by", "acknowledged_at", "silenced_until", "incident"]
    assert desk[nobody].isna().all(axis=None)
    assert row_of(desk, SPIKE)["name"] == "Song Generation Failure Spike"


def test_an_episode_is_taken_on_by_one_and_given_back(fired: pd.DataFrame, tmp_path: Path) -> None:
    acknowledge(tmp_path, ADA, SPIKE, SONGS, START, at=AT - 5 * MINUTE, note=" looking ")

    def taken(back: int = 0) -> pd.Series:
        moment = AT - back * MINUTE
        return row_of(at_desk(fired, STUDIO, notes(tmp_path), moment), SPIKE)

    row = taken()
    assert (row["acknowledged_by"], row["note"]) == ("Ada", "looking")
    assert row["acknowledged_at"] == AT - 5 * MINUTE
    assert pd.isna(taken(6)["acknowledged_by"])  # a minute before she did
    with pytest.raises(SloError, match=r"Ada took .* on at 2025-03-11T23:55:00Z"):
        acknowledge(tmp_path, BOB, SPIKE, SONGS, START, at=AT)
    take_back(tmp_path, BOB, int(row["acknowledgement"]))
    assert pd.isna(taken()["acknowledged_by"])
    acknowledge(tmp_path, BOB, SPIKE, SONGS, START, at=AT)
    assert taken()["acknowledged_by"] == "Bob"
    actions = read_history(tmp_path, "acknowledgements")["action"]
    assert list(actions) == ["create", "take back", "acknowledge"]


@pytest.mark.parametrize(("moved", "known"), [(5, True), (6, False)])
def test_late_data_that_move_a_start_leave_an_episode_taken_on(
    fired: pd.DataFrame, tmp_path: Path, moved: int, known: bool
) -> None:
    # Episodes are merged over silences of under five minutes, so a start moves by no more.
    acknowledge(tmp_path, ADA, SPIKE, SONGS, START - moved * MINUTE, at=AT)
    row = row_of(at_desk(fired, STUDIO, notes(tmp_path), AT), SPIKE)
    assert bool(row["acknowledged_by"] == "Ada") is known


def test_a_silence_covers_its_alerts_until_it_ends_or_is_lifted(
    fired: pd.DataFrame, tmp_path: Path
) -> None:
    begin = AT - 5 * MINUTE

    def silenced(at_minute: int) -> dict[str, str]:
        found = at_desk(fired, STUDIO, notes(tmp_path), begin + at_minute * MINUTE)
        found = found[found["silenced_until"].notna()]
        return dict(zip(found["alert"], found["silence"], strict=True))

    own = silence(
        *(tmp_path, ADA, STUDIO, SPIKE, SONGS),
        at=begin,
        until=begin + 4 * MINUTE,
        reason="we know",
    )
    assert silenced(-1) == {}
    assert silenced(0) == silenced(3) == {SPIKE: "we know"}
    assert silenced(4) == {}
    every = silence(
        tmp_path, BOB, STUDIO, None, None, at=begin, until=begin + HOUR, reason="a load test"
    )
    # Of two the one that lasts longer is told.
    assert set(silenced(0).values()) == {"a load test"}
    assert len(silenced(0)) == len(fired)
    lift(tmp_path, BOB, every, at=begin + 2 * MINUTE)
    assert silenced(2) == {SPIKE: "we know"}
    lift(tmp_path, BOB, own, at=begin)
    assert silenced(0) == silenced(1) == dict.fromkeys(fired["alert"], "a load test")
    with pytest.raises(SloError, match="is over already"):
        lift(tmp_path, ADA, every, at=begin + 2 * MINUTE)


@pytest.mark.parametrize(
    ("alert", "journey", "minutes", "reason", "said"),
    [
        ("Spike", SONGS, 5, "why", "no alert is called 'Spike'"),
        (SPIKE, "songs", 5, "why", "no journey is called 'songs'"),
        (SPIKE, SONGS, 0, "why", "is over already at 2025-03-12T00:00:00Z"),
        (SPIKE, SONGS, 5, "  ", "needs a reason"),
    ],
)
def test_a_silence_that_cannot_be_is_told_in_one_sentence(
    tmp_path: Path, alert: str, journey: str, minutes: int, reason: str, said: str
) -> None:
    until = AT + minutes * MINUTE
    with pytest.raises(SloError, match=said):
        silence(tmp_path, ADA, STUDIO, alert, journey, at=AT, until=until, reason=reason)
    assert notes(tmp_path).silences.empty


def test_an_episode_is_linked_to_its_incident_that_of_its_own_alert_first(
    fired: pd.DataFrame, tmp_path: Path
) -> None:
    def incident(title: str, alert: str | None, ago: timedelta, **more: object) -> int:
        values: dict[str, object] = {"title": title, "severity": "P1", "journey": SONGS}
        values |= {"alert": alert, "started_at": AT - ago, **more}
        return write(tmp_path, ADA, "incidents", values)

    over = {"status": "closed", "ended_at": AT - HOUR, "resolved_at": AT - HOUR}
    incident("long over", SPIKE, DAY, **over)
    first = incident("songs fail", SPIKE, HOUR)
    later = incident("songs fail too", None, 5 * MINUTE)
    desk = at_desk(fired, STUDIO, notes(tmp_path), AT)
    assert row_of(desk, SPIKE)["incident"] == first
    assert row_of(desk, BURN)["incident"] == later  # none is of that alert: the latest
    assert pd.isna(row_of(desk, "StudioExportFailures")["incident"])


def test_what_no_program_does_waits_for_people_until_it_is_ticked(
    fired: pd.DataFrame, tmp_path: Path
) -> None:
    def waiting(minute: int = 0) -> dict[tuple[str, str], int]:
        kept = notes(tmp_path)
        found = to_do(at_desk(fired, STUDIO, kept, AT), STUDIO, kept.tasks, AT + minute * MINUTE)
        return {(it.alert, it.action): it.episodes for it in found.itertuples()}

    # Of the spike a program does all: it pages, posts and opens an incident.
    assert waiting() == {
        (BURN, "Flag in daily standup"): 1,
        (BURN, "Consider deploy freeze"): 1,
        (WARNING, "Flag in weekly planning"): 1,
        (WARNING, "Consider reliability sprint"): 1,
        ("StudioExportFailures", "Check storage systems"): 1,
        ("StudioExportFailures", "Verify export queue health"): 1,
    }
    one = (tmp_path, ADA, BURN, SONGS, "Flag in daily standup", START, "SRE")
    tick(*one, at=AT)
    assert (BURN, "Flag in daily standup") not in waiting()
    assert (BURN, "Consider deploy freeze") in waiting()
    with pytest.raises(SloError, match="Ada has ticked 'Flag in daily standup'"):
        tick(tmp_path, BOB, *one[2:], at=AT)
    [done] = ticked(notes(tmp_path).tasks, AT - HOUR, AT).itertuples()
    assert (done.updated_by, done.settled_at, done.owner) == ("Ada", AT, "SRE")
    assert ticked(notes(tmp_path).tasks, AT, AT + HOUR).empty
    reopen(tmp_path, BOB, done.id)
    assert (BURN, "Flag in daily standup") in waiting()


def test_an_action_waits_again_with_the_next_episode_and_once_for_several(tmp_path: Path) -> None:
    times = [AT - 3 * HOUR, AT - 2 * HOUR, AT - HOUR]
    rows = [{"alert": BURN, "journey": SONGS, "start": it, "firing": False} for it in times]
    frame = pd.DataFrame(rows)
    action = "Consider deploy freeze"

    def waiting(at_hour: float) -> list[tuple[object, object, int]]:
        found = to_do(frame, STUDIO, notes(tmp_path).tasks, AT + at_hour * HOUR)
        found = found[found["action"] == action]
        return [(it.since, it.latest, it.episodes) for it in found.itertuples()]

    assert waiting(0) == [(times[0], times[2], 3)]
    assert waiting(-2) == [(times[0], times[1], 2)]  # the third is not known yet
    tick(tmp_path, ADA, BURN, SONGS, action, times[1], "SRE", at=AT - 1.5 * HOUR)
    assert waiting(-1.5) == []
    assert waiting(0) == [(times[2], times[2], 1)]


def test_what_the_register_holds_open_waits_whatever_the_range(tmp_path: Path) -> None:
    old = AT - 90 * DAY
    action = "Check storage systems"
    reference = reference_of("StudioExportFailures", "audio_export", old)
    write(tmp_path, ADA, "tasks", {"origin": "alert", "reference": reference, "action": action})
    nothing = pd.DataFrame(columns=["alert", "journey", "start", "firing"])
    [row] = to_do(nothing, STUDIO, notes(tmp_path).tasks, AT).itertuples()
    assert (row.alert, row.journey, row.latest) == ("StudioExportFailures", "audio_export", old)
    assert (row.reference, row.task, row.version) == (reference, 1, 1)
    # One tick settles all of the same that the register has open.
    newer = reference_of("StudioExportFailures", "audio_export", old + DAY)
    write(tmp_path, ADA, "tasks", {"origin": "alert", "reference": newer, "action": action})
    tick(
        *(tmp_path, BOB, "StudioExportFailures", "audio_export", action, old + DAY, "SRE"),
        at=AT,
    )
    assert notes(tmp_path).tasks["done_at"].notna().all()
    assert to_do(nothing, STUDIO, notes(tmp_path).tasks, AT).empty


def test_whose_an_action_is_the_catalogue_says() -> None:
    assert human_actions(STUDIO, alert_of(STUDIO, SPIKE)) == ()
    assert human_actions(SHOP, alert_of(SHOP, "OrdersLost")) == ("Count the till",)


def test_an_episode_of_before_the_range_has_its_true_start(
    rollup: Rollup, fired: pd.DataFrame
) -> None:
    evaluated = evaluate(rollup, AT, 3 * MINUTE)
    cut = episodes(evaluated)
    assert set(cut["start"]) == {AT - 2 * MINUTE}
    whole = begun(evaluated, cut)
    assert set(whole["start"]) == {START}
    known = fired[fired["end"].isna()].set_index("alert")
    for row in whole.itertuples():
        assert row.minutes == known.loc[row.alert, "minutes"]
        assert row.budget_spent == known.loc[row.alert, "budget_spent"]


def test_a_condition_without_data_is_neither_quiet_nor_firing(rollup: Rollup) -> None:
    found = states(evaluate(rollup, AT, HOUR)).set_index(["alert", "journey"])["state"]
    assert found[SPIKE, SONGS] == "firing"
    assert found["StudioExportFailures", "audio_export"] == "no data"
    # What is left of the playback budget is not known either: nobody ever played.
    assert found[WARNING, "audio_playback"] == "no data"
    earlier = states(evaluate(rollup, AT - 2 * DAY + 10 * MINUTE, HOUR))
    assert earlier.set_index(["alert", "journey"])["state"][WARNING, SONGS] == "quiet"


def test_the_look_says_what_the_range_cost(rollup: Rollup) -> None:
    # 100 failures of the 2,500 that the month allows; nobody called the API.
    assert look(rollup, AT, HOUR).spent[SONGS] == 100 / 2500
    assert look(rollup, AT, HOUR).spent["api"] is None
    recent = look(rollup, AT, HOUR).recent
    assert "StudioExportFailures" not in set(recent["alert"])


def test_a_register_without_a_file_holds_nothing(tmp_path: Path) -> None:
    kept = notes(tmp_path)
    assert isinstance(kept, Notes)
    assert all(
        frame.empty for frame in (kept.acknowledgements, kept.silences, kept.tasks, kept.incidents)
    )
    assert not (tmp_path / "studio.sqlite").exists()
