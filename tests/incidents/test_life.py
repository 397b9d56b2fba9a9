"""The life of an incident: steps, edits, merging, reopening, and what is refused."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from slo_core.errors import SloError
from slo_core.incidents.actions import add_action, read_actions, tick
from slo_core.incidents.changes import changes
from slo_core.incidents.clocks import update_clock
from slo_core.incidents.life import advance, edit, merge, next_step, open_incident, reopen
from slo_core.register import Actor, read_history, read_incidents
from tests.small import SHOP, STUDIO

AT = datetime(2025, 3, 10, 12)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ADA, BO = Actor("Ada", "responder"), Actor("Bo", "responder")
SONGS = {"title": "Songs fail", "severity": "P1", "journey": "song_generation"}


def opened(folder: Path, started: datetime = AT, **more: Any) -> int:
    values = {**SONGS, "started_at": started, **more}
    number = open_incident(folder, ADA, STUDIO, values, at=started + 5 * MINUTE)
    assert number is not None
    return number


def found(folder: Path, number: int) -> Any:
    rows = read_incidents(folder)
    return next(row for row in rows.itertuples() if row.id == number)


def step(folder: Path, number: int, name: str, moment: datetime) -> Any:
    version = found(folder, number).version
    advance(folder, ADA, STUDIO, number, name, moment, version=version)
    return found(folder, number)


def test_every_step_is_stamped_and_the_status_follows(tmp_path: Path) -> None:
    own = opened(tmp_path)
    row = found(tmp_path, own)
    assert (row.status, row.detected_at) == ("open", AT + 5 * MINUTE)
    due = next_step(STUDIO, row)
    assert due is not None
    assert due.id == "triage"
    assert step(tmp_path, own, "triage", AT + 10 * MINUTE).status == "open"
    row = step(tmp_path, own, "mitigation", AT + HOUR)
    assert row.status == "mitigated"
    assert pd.isna(row.ended_at)  # until it is resolved it may come back
    told = step(tmp_path, own, "communication", AT + HOUR)
    assert (told.communicated_at, told.last_update_at) == (AT + HOUR, AT + HOUR)
    # Told again: the first time stays, the next update counts from the last.
    told = step(tmp_path, own, "communication", AT + 2 * HOUR)
    assert (told.communicated_at, told.last_update_at) == (AT + HOUR, AT + 2 * HOUR)
    row = step(tmp_path, own, "resolution", AT + 3 * HOUR)
    # Nobody said when the impact ended: with the mitigation, which restores the service.
    assert (row.status, row.ended_at) == ("resolved", AT + HOUR)
    row = step(tmp_path, own, "postmortem", AT + 30 * HOUR)
    assert (row.status, next_step(STUDIO, row)) == ("closed", None)


def test_an_end_of_the_impact_that_somebody_wrote_stays(tmp_path: Path) -> None:
    own = opened(tmp_path)
    values = {"ended_at": AT + 20 * MINUTE}
    edit(tmp_path, ADA, STUDIO, own, values, version=found(tmp_path, own).version)
    assert step(tmp_path, own, "resolution", AT + HOUR).ended_at == AT + 20 * MINUTE


def test_the_next_update_is_due_by_the_severity(tmp_path: Path) -> None:
    own = opened(tmp_path)  # P1: hourly, from the detection at 12:05 on
    clock = update_clock(found(tmp_path, own), STUDIO, AT + HOUR)
    assert (clock.passed, clock.left, clock.kept) == (55 * MINUTE, 5 * MINUTE, True)
    row = step(tmp_path, own, "communication", AT + 30 * MINUTE)
    assert update_clock(row, STUDIO, AT + HOUR).left == 30 * MINUTE
    # At a look before it was told, it was not told yet.
    assert update_clock(row, STUDIO, AT + 20 * MINUTE).passed == 15 * MINUTE
    row = step(tmp_path, own, "resolution", AT + HOUR)
    assert update_clock(row, STUDIO, AT + 5 * HOUR).left is None


@pytest.mark.parametrize(
    ("name", "moment", "sentence"),
    [
        ("detection", AT + HOUR, "detection was at 2025-03-10T12:05:00Z; edit that time"),
        ("triage", AT, "'Triaged', 2025-03-10 12:00 UTC, must not come before 'Detected', "),
        ("triag", AT + HOUR, "no step of an incident's life is called 'triag'"),
    ],
)
def test_a_step_that_cannot_be_is_refused(
    tmp_path: Path, name: str, moment: datetime, sentence: str
) -> None:
    own = opened(tmp_path)
    with pytest.raises(SloError, match=sentence):
        step(tmp_path, own, name, moment)
    assert found(tmp_path, own).version == 1


def test_steps_are_the_catalogues(tmp_path: Path) -> None:
    values = {"title": "Shut", "severity": "S1", "journey": "checkout", "started_at": AT}
    own = open_incident(tmp_path, ADA, SHOP, values, at=AT)
    assert own is not None
    with pytest.raises(SloError, match="the step tea stamps nothing"):
        advance(tmp_path, ADA, SHOP, own, "tea", AT, version=1)
    advance(tmp_path, ADA, SHOP, own, "mended", AT + HOUR, version=1)
    row = found(tmp_path, own)
    assert (row.status, row.ended_at) == ("resolved", AT + HOUR)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"severity": "P9"}, "no severity is called 'P9'; there is: P1, P2, P3"),
        ({"also_journeys": ("nowhere",)}, "no journey is called 'nowhere'"),
        ({"title": ""}, "needs a title"),
        ({"status": "closed"}, "status of an incident is not to be edited"),
        ({"resolved_at": AT}, "'Resolved', .* must not come before 'Detected', "),
        ({"ended_at": AT}, "the incident's end .* must come after its start"),
    ],
)
def test_an_edit_that_is_not_sound_is_refused(
    tmp_path: Path, values: dict[str, Any], sentence: str
) -> None:
    own = opened(tmp_path)
    with pytest.raises(SloError, match=sentence):
        edit(tmp_path, ADA, STUDIO, own, values, version=1)


def test_the_second_of_two_editors_is_told_and_overwrites_nothing(tmp_path: Path) -> None:
    own = opened(tmp_path)
    edit(tmp_path, ADA, STUDIO, own, {"summary": "of Ada"}, version=1)
    with pytest.raises(SloError, match=r"Ada changed incident 1 at .* nothing was written"):
        edit(tmp_path, BO, STUDIO, own, {"summary": "of Bo"}, version=1)
    assert found(tmp_path, own).summary == "of Ada"
    edit(tmp_path, BO, STUDIO, own, {"five_whys": ("a", "b"), "resolved_at": AT + HOUR}, version=2)
    row = found(tmp_path, own)
    assert (row.summary, row.five_whys, row.status) == ("of Ada", ("a", "b"), "resolved")
    # The history tells it field by field, the latest first.
    told = changes(read_history(tmp_path, "incidents", own))
    assert told.loc[told["field"] == "five_whys", ["actor", "before", "after"]].values.tolist() == [
        ["Bo", "", "a; b"]
    ]
    assert told["actor"].iloc[0] == "Bo"
    assert told["action"].iloc[-1] == "open"


def test_a_merged_incident_lives_on_in_the_other(tmp_path: Path) -> None:
    first = opened(tmp_path, AT, ended_at=AT + HOUR)
    second = opened(tmp_path, AT - HOUR, journey="api", ended_at=AT + MINUTE)
    merge(tmp_path, ADA, STUDIO, second, first, version=1, into_version=1)
    row, gone = found(tmp_path, first), found(tmp_path, second)
    assert (row.started_at, row.ended_at) == (AT - HOUR, AT + HOUR)
    assert row.journeys == ("song_generation", "api")
    assert (gone.status, gone.merged_into) == ("merged", first)
    with pytest.raises(SloError, match=f"incident {second} is merged into {first}"):
        step(tmp_path, second, "triage", AT + HOUR)
    with pytest.raises(SloError, match="into itself"):
        merge(tmp_path, ADA, STUDIO, first, first, version=2, into_version=2)
    reopen(tmp_path, ADA, second, version=2)
    assert found(tmp_path, second).status == "open"


def test_of_two_merged_the_first_detection_and_answer_count(tmp_path: Path) -> None:
    late, early = opened(tmp_path, AT + HOUR), opened(tmp_path)
    step(tmp_path, late, "triage", AT + 2 * HOUR)
    step(tmp_path, early, "triage", AT + 10 * MINUTE)
    merge(tmp_path, ADA, STUDIO, early, late, version=2, into_version=2)
    row = found(tmp_path, late)
    assert (row.started_at, row.detected_at) == (AT, AT + 5 * MINUTE)
    assert row.triaged_at == AT + 10 * MINUTE
    assert pd.isna(row.communicated_at)


@pytest.mark.parametrize(("own", "into"), [("P1", "P3"), ("P3", "P1"), ("P1", "P1")])
def test_of_two_merged_the_severer_and_the_later_word_count(
    tmp_path: Path, own: str, into: str
) -> None:
    one, other = opened(tmp_path, severity=own), opened(tmp_path, severity=into)
    told = {one: AT + 2 * HOUR, other: AT + HOUR}
    for incident, moment in told.items():
        edit(tmp_path, ADA, STUDIO, incident, {"last_update_at": moment}, version=1)
    merge(tmp_path, ADA, STUDIO, one, other, version=2, into_version=2)
    row = found(tmp_path, other)
    assert (row.severity, row.last_update_at) == ("P1", AT + 2 * HOUR)
    assert found(tmp_path, one).severity == own


def test_an_open_incident_is_not_hidden_in_one_that_is_resolved(tmp_path: Path) -> None:
    over, own = opened(tmp_path), opened(tmp_path, AT + HOUR)
    step(tmp_path, over, "resolution", AT + HOUR)
    with pytest.raises(SloError, match="incident 1 is resolved and 2 is not: open 1 again first"):
        merge(tmp_path, ADA, STUDIO, own, over, version=1, into_version=2)
    assert found(tmp_path, own).status == "open"
    step(tmp_path, own, "resolution", AT + 2 * HOUR)
    merge(tmp_path, ADA, STUDIO, own, over, version=2, into_version=2)
    assert found(tmp_path, over).ended_at == AT + 2 * HOUR


def test_of_a_merge_all_is_written_or_nothing(tmp_path: Path) -> None:
    first, second = opened(tmp_path), opened(tmp_path, AT - HOUR)
    edit(tmp_path, BO, STUDIO, second, {"commander": "Bo"}, version=1)
    with pytest.raises(SloError, match="Bo changed"):
        merge(tmp_path, ADA, STUDIO, second, first, version=1, into_version=1)
    assert found(tmp_path, first).started_at == AT
    assert found(tmp_path, first).version == 1


def test_what_came_back_is_open_again(tmp_path: Path) -> None:
    own = opened(tmp_path)
    with pytest.raises(SloError, match="incident 1 is open"):
        reopen(tmp_path, ADA, own, version=1)
    step(tmp_path, own, "resolution", AT + HOUR)
    reopen(tmp_path, ADA, own, version=2)
    row = found(tmp_path, own)
    assert row.status == "open"
    assert pd.isna(row.resolved_at)
    assert pd.isna(row.ended_at)


def test_action_items_are_ticked_and_taken_back(tmp_path: Path) -> None:
    own = opened(tmp_path)
    item = add_action(tmp_path, ADA, own, " Mend it ", owner="Bo", due_at=AT + 48 * HOUR)
    with pytest.raises(SloError, match="says nothing"):
        add_action(tmp_path, ADA, own, " ")
    tick(tmp_path, BO, item, done=True, version=1, at=AT)
    (done,) = read_actions(tmp_path, own).itertuples()
    assert (done.action, done.owner, done.state, done.done_at) == ("Mend it", "Bo", "done", AT)
    tick(tmp_path, BO, item, done=False, version=2)
    assert read_actions(tmp_path)["state"].tolist() == ["open"]
    assert read_actions(tmp_path, own + 1).empty
