"""Checking off exit criteria: what is kept, who may, what a second person is told."""

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from slo_core.budget.exits import check_off, confirmations
from slo_core.errors import SloError
from slo_core.register import Actor, read_exit_checks, read_history, write
from slo_core.register.database import VERSION, schema
from tests.small import STUDIO

ADA, BOB = Actor("Ada"), Actor("Bob")
ENTERED = datetime(2025, 3, 3, 9)
NOON = datetime(2025, 3, 20, 12)
HOUR = timedelta(hours=1)
HUMAN = ("root_causes", "monitoring_gaps", "runbooks")


def check(
    folder: Path,
    criterion: str,
    at: datetime | None = NOON,
    *,
    actor: Actor = ADA,
    service: str = "api",
    entered: datetime = ENTERED,
    version: int = 0,
) -> None:
    check_off(folder, actor, STUDIO, service, entered, criterion, at=at, version=version)


def confirmed(folder: Path, service: str = "api") -> dict[datetime, datetime]:
    return dict(confirmations(read_exit_checks(folder), service, STUDIO.policy))


def test_an_exit_is_confirmed_with_its_last_criterion(tmp_path: Path) -> None:
    assert confirmed(tmp_path) == {}
    for number, criterion in enumerate(HUMAN):
        assert confirmed(tmp_path) == {}
        check(tmp_path, criterion, NOON - number * HOUR)
    # Of noon, eleven and ten the last is noon, whatever the order of writing.
    assert confirmed(tmp_path) == {ENTERED: NOON}
    assert confirmed(tmp_path, "song_generation") == {}
    # Another exhaustion of the same service needs its own.
    check(tmp_path, HUMAN[0], entered=NOON)
    assert confirmed(tmp_path) == {ENTERED: NOON}


def test_a_check_can_be_taken_back_and_history_keeps_both(tmp_path: Path) -> None:
    for criterion in HUMAN:
        check(tmp_path, criterion)
    check(tmp_path, HUMAN[1], None, actor=BOB, version=1)
    assert confirmed(tmp_path) == {}
    taken = read_exit_checks(tmp_path).set_index("criterion").loc[HUMAN[1]]
    assert (taken["updated_by"], taken["created_by"], taken["version"]) == ("Bob", "Ada", 2)
    check(tmp_path, HUMAN[1], NOON + HOUR, actor=BOB, version=2)
    assert confirmed(tmp_path) == {ENTERED: NOON + HOUR}
    history = read_history(tmp_path, "exit_checks", int(taken["id"]))
    assert list(history["action"]) == ["check off", "take back", "check off"]
    assert list(history["actor"]) == ["Ada", "Bob", "Bob"]


def test_of_two_people_the_second_is_told_of_the_first(tmp_path: Path) -> None:
    check(tmp_path, HUMAN[0])
    with pytest.raises(SloError, match=r"Ada wrote of the same criterion at .*, after you had"):
        check(tmp_path, HUMAN[0], actor=BOB)
    check(tmp_path, HUMAN[0], None, actor=BOB, version=1)
    with pytest.raises(SloError, match="Bob changed exit criterion 1 at"):
        check(tmp_path, HUMAN[0], version=1)
    assert len(read_exit_checks(tmp_path)) == 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"actor": Actor(" ")}, "say your name first"),
        ({"actor": Actor("Eve", "responder")}, "Eve is a responder and may not write exit_checks"),
        ({"service": "publishing"}, "'publishing' has no error budget; expected one of: song_gen"),
        ({"criterion": "budget_restored"}, "'budget_restored' is no exit criterion that people"),
        ({"version": 3}, "not in the register any more"),
    ],
)
def test_what_cannot_be_is_told_in_one_sentence(
    tmp_path: Path, change: dict, sentence: str
) -> None:
    with pytest.raises(SloError, match=sentence):
        check(tmp_path, **{"criterion": HUMAN[0]} | change)
    assert read_exit_checks(tmp_path).empty


def test_a_register_of_before_is_read_and_gains_the_table_with_the_first_check(
    tmp_path: Path,
) -> None:
    tables = schema().split("-- Since version 2")
    old = tables[0] + "CREATE TABLE IF NOT EXISTS history" + schema().split("EXISTS history", 1)[1]
    with closing(sqlite3.connect(tmp_path / "studio.sqlite")) as connection, connection:
        connection.executescript(old)
        connection.execute("PRAGMA user_version = 1")
        found = connection.execute("SELECT name FROM sqlite_master").fetchall()
        assert ("exit_checks",) not in found
    values = {"title": "t", "severity": "P1", "journey": "api", "started_at": NOON}
    assert read_exit_checks(tmp_path).empty
    check(tmp_path, HUMAN[0])
    write(tmp_path, ADA, "incidents", values)
    assert list(read_exit_checks(tmp_path)["exhausted_at"]) == [ENTERED]
    with closing(sqlite3.connect(tmp_path / "studio.sqlite")) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)
