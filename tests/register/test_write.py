"""Writing into the register: who may, what history keeps, what a second editor is told."""

import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from slo_core.errors import SloError
from slo_core.register import Actor, read_history, read_incidents, read_maintenance, write

ADA = Actor("Ada")
INCIDENT = {
    "title": "Songs fail",
    "severity": "P1",
    "journey": "song_generation",
    "started_at": datetime(2025, 3, 3, 9, 0),
}
WINDOW = {
    "scope": "api",
    "starts_at": "2025-03-10T02:00:00Z",
    "ends_at": "2025-03-10T04:00:00Z",
    "announced_at": "2025-03-05T12:00:00+02:00",
    "reason": "database upgrade",
}


def test_a_written_incident_is_read_back_with_its_stamps(tmp_path: Path) -> None:
    moment = datetime(2025, 3, 3, 9, 5)
    values = INCIDENT | {"also_journeys": ["api"], "five_whys": ["no memory", "a leak"]}
    row = write(tmp_path, ADA, "incidents", values, at=moment)

    incident = read_incidents(tmp_path).iloc[0]
    assert incident["id"] == row
    assert incident["journeys"] == ("song_generation", "api")
    assert incident["five_whys"] == ("no memory", "a leak")
    assert incident["status"] == "open"
    assert incident["started_at"] == datetime(2025, 3, 3, 9, 0)
    assert (incident["created_at"], incident["created_by"]) == (moment, "Ada")
    assert (incident["updated_at"], incident["updated_by"]) == (moment, "Ada")
    assert incident["version"] == 1


def test_a_zoned_time_is_stored_in_utc(tmp_path: Path) -> None:
    write(tmp_path, ADA, "maintenance", WINDOW)
    zoned = datetime(2025, 3, 6, tzinfo=UTC)
    write(tmp_path, ADA, "maintenance", WINDOW | {"announced_at": zoned})
    announced = list(read_maintenance(tmp_path)["announced_at"])
    assert announced == [datetime(2025, 3, 5, 10), datetime(2025, 3, 6)]


def test_history_keeps_what_was_before_and_what_is_after(tmp_path: Path) -> None:
    row = write(tmp_path, ADA, "maintenance", WINDOW, at=datetime(2025, 3, 5))
    bob = Actor("Bob")
    change = {"cancelled_at": datetime(2025, 3, 6)}
    write(tmp_path, bob, "maintenance", change, row_id=row, version=1, action="cancel")

    history = read_history(tmp_path, "maintenance", row)
    assert list(history["actor"]) == ["Ada", "Bob"]
    assert list(history["action"]) == ["create", "cancel"]
    assert history["at"][0] == datetime(2025, 3, 5)
    before, after = (json.loads(history[side][1]) for side in ("before_json", "after_json"))
    assert before["cancelled_at"] is None
    assert after == before | {"cancelled_at": "2025-03-06T00:00:00Z"}
    assert read_maintenance(tmp_path)["version"][0] == 2


def test_the_second_of_two_editors_is_told_and_loses_nothing_of_the_first(tmp_path: Path) -> None:
    row = write(tmp_path, ADA, "incidents", INCIDENT)
    write(tmp_path, ADA, "incidents", {"commander": "Ada"}, row_id=row, version=1)
    with pytest.raises(SloError, match=r"Ada changed incident 1 at .*version 1, now 2"):
        write(tmp_path, Actor("Bob"), "incidents", {"commander": "Bob"}, row_id=row, version=1)
    assert read_incidents(tmp_path)["commander"][0] == "Ada"
    assert len(read_history(tmp_path)) == 2


def test_of_many_editors_at_once_one_wins_and_the_others_are_told(tmp_path: Path) -> None:
    row = write(tmp_path, ADA, "incidents", INCIDENT)

    def edit(number: int) -> bool:
        try:
            change = {"commander": f"editor {number}"}
            write(tmp_path, Actor(f"editor {number}"), "incidents", change, row_id=row, version=1)
        except SloError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(edit, range(8))) == 1
    assert read_incidents(tmp_path)["version"][0] == 2


def test_many_first_writers_at_once_all_get_in(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        rows = list(pool.map(lambda _: write(tmp_path, ADA, "incidents", INCIDENT), range(16)))
    assert sorted(rows) == list(range(1, 17))


@pytest.mark.parametrize(
    ("actor", "table", "values", "sentence"),
    [
        (Actor("Vi", "viewer"), "incidents", INCIDENT, "Vi is a viewer and may not write"),
        (Actor("Rob", "responder"), "maintenance", WINDOW, "ask a manager"),
        (Actor(" "), "incidents", INCIDENT, "say your name first"),
        (ADA, "history", {"at": "now"}, "no table 'history' that people write"),
        (ADA, "incidents", {}, "name at least one column"),
        (ADA, "incidents", INCIDENT | {"id": 7}, "no column 'id' to write"),
        (ADA, "incidents", INCIDENT | {"colour": "red"}, "no column 'colour' to write"),
        (ADA, "incidents", INCIDENT | {"status": "fine"}, "cannot be written so: CHECK"),
        (ADA, "incidents", {"title": "Half"}, "cannot be written so: NOT NULL"),
        (ADA, "maintenance", WINDOW | {"ends_at": "tomorrow"}, "ends_at is 'tomorrow'; expected"),
        (ADA, "maintenance", WINDOW | {"ends_at": WINDOW["starts_at"]}, "must come after"),
    ],
)
def test_what_may_not_be_written_is_refused_with_a_sentence(
    tmp_path: Path, actor: Actor, table: str, values: dict, sentence: str
) -> None:
    with pytest.raises(SloError, match=sentence):
        write(tmp_path, actor, table, values)
    assert read_incidents(tmp_path).empty
    assert read_maintenance(tmp_path).empty
    assert read_history(tmp_path).empty


def test_a_change_must_say_what_it_changes(tmp_path: Path) -> None:
    row = write(tmp_path, ADA, "incidents", INCIDENT)
    with pytest.raises(SloError, match="say which version of incident 1 you changed; it is at 1"):
        write(tmp_path, ADA, "incidents", {"commander": "Ada"}, row_id=row)
    with pytest.raises(SloError, match="there is no incident 9"):
        write(tmp_path, ADA, "incidents", {"commander": "Ada"}, row_id=9, version=1)


def test_a_missing_folder_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(SloError, match="expected the data folder here"):
        write(tmp_path / "none", ADA, "incidents", INCIDENT)


def test_a_maintenance_table_that_somebody_else_made_can_be_written(tmp_path: Path) -> None:
    columns = "id INTEGER PRIMARY KEY, scope, starts_at, ends_at, announced_at, cancelled_at"
    with closing(sqlite3.connect(tmp_path / "studio.sqlite")) as connection, connection:
        connection.execute(f"CREATE TABLE maintenance ({columns}, reason)")
        connection.execute(
            "INSERT INTO maintenance VALUES (1, 'api', '2025-03-01', '2025-03-02', '2025-02-01',"
            " NULL, 'moved')"
        )
    change = {"cancelled_at": datetime(2025, 2, 3)}
    write(tmp_path, ADA, "maintenance", change, row_id=1, version=0, action="cancel")
    write(tmp_path, ADA, "incidents", INCIDENT)
    window = read_maintenance(tmp_path).iloc[0]
    assert window["cancelled_at"] == datetime(2025, 2, 3)
    assert window["version"] == 1
