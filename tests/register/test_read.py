"""Reading the register: nothing there yet, somebody else's file, and files that are none."""

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from slo_core.errors import SloError
from slo_core.register import (
    VERSION,
    Actor,
    read_history,
    read_incidents,
    read_maintenance,
    read_table,
    write,
)

COLUMNS = "id, scope, starts_at, ends_at, announced_at, cancelled_at, reason"


def somebody_elses(folder: Path, *rows: tuple, columns: str = COLUMNS, version: int = 0) -> None:
    with closing(sqlite3.connect(folder / "studio.sqlite")) as connection, connection:
        connection.execute(f"CREATE TABLE maintenance ({columns})")
        marks = ", ".join("?" * len(columns.split(",")))
        connection.executemany(f"INSERT INTO maintenance VALUES ({marks})", rows)
        connection.execute(f"PRAGMA user_version = {version}")


def test_what_is_done_with_nothing_stays_with_who_did_it(tmp_path: Path) -> None:
    plain = list(read_table(tmp_path, "incidents").columns)
    # It has a column of its own, which the table has not.
    assert "journeys" in read_incidents(tmp_path).columns
    assert list(read_table(tmp_path, "incidents").columns) == plain
    assert "journeys" not in plain


def test_without_a_register_everything_is_empty_and_nothing_is_made(tmp_path: Path) -> None:
    for frame in (read_maintenance(tmp_path), read_incidents(tmp_path)):
        assert frame.empty
        moments = [name for name in frame if name.endswith("_at")]
        assert moments
        assert set(frame[moments].dtypes) == {pd.Series([], dtype="datetime64[us]").dtype}
    assert read_history(tmp_path).empty
    assert list(tmp_path.iterdir()) == []


def test_the_kinds_of_columns_do_not_depend_on_the_rows(tmp_path: Path) -> None:
    empty = read_incidents(tmp_path).dtypes
    values = {"title": "t", "severity": "P1", "journey": "api", "started_at": datetime(2025, 1, 1)}
    write(tmp_path, Actor("Ada"), "incidents", values)
    full = read_incidents(tmp_path).dtypes
    moments = [name for name in empty.index if name.endswith("_at")]
    assert full[moments].equals(empty[moments])
    assert list(full.index) == list(empty.index)


def test_somebody_elses_file_is_read_as_it_is(tmp_path: Path) -> None:
    somebody_elses(
        tmp_path,
        ("b", "api", "2025-03-02T01:00:00+01:00", "2025-03-02 02:00:00", "2025-02-01", "", None),
        ("a", "api", "2025-03-01T00:00:00Z", "2025-03-01T00:00:00.5Z", "2025-02-01", None, "x"),
    )
    frame = read_maintenance(tmp_path)
    assert list(frame["id"]) == ["a", "b"]
    assert list(frame["starts_at"]) == [datetime(2025, 3, 1), datetime(2025, 3, 2)]
    assert frame["ends_at"][0] == datetime(2025, 3, 1, 0, 0, 0, 500_000)
    assert frame["cancelled_at"].isna().all()
    assert list(frame["version"]) == [0, 0]
    assert read_incidents(tmp_path).empty


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ((7, "api", "soon", "2025-03-02", "2025-02-01", None, ""), "starts_at 'soon'; expected"),
        ((7, "api", None, "2025-03-02", "2025-02-01", None, ""), "maintenance 7 has no starts_at"),
        ((7, "api", "2025-03-02", "2025-03-01", "2025-02-01", None, ""), "ends before it starts"),
        ((7, "api", "2025-03-02", "2025-03-03", "", None, ""), "maintenance 7 has no announced_at"),
    ],
)
def test_a_row_that_makes_no_sense_is_named(tmp_path: Path, row: tuple, sentence: str) -> None:
    somebody_elses(tmp_path, row)
    with pytest.raises(SloError, match=sentence):
        read_maintenance(tmp_path)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    somebody_elses(tmp_path, columns="id, scope, starts_at, ends_at")
    with pytest.raises(SloError, match="maintenance has no column announced_at"):
        read_maintenance(tmp_path)


def test_an_unknown_version_is_refused(tmp_path: Path) -> None:
    somebody_elses(tmp_path, version=7)
    sentence = f"expected a register of version {VERSION} or older, found version 7"
    with pytest.raises(SloError, match=sentence):
        read_maintenance(tmp_path)
    with pytest.raises(SloError, match=sentence):
        write(tmp_path, Actor("Ada"), "maintenance", {"scope": "api"})


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "studio.sqlite").write_text("not a database, but long enough to look at" * 9)
    with pytest.raises(SloError, match="expected the register, a SQLite database"):
        read_maintenance(tmp_path)
    with pytest.raises(SloError, match="expected the register, a SQLite database"):
        write(tmp_path, Actor("Ada"), "maintenance", {"scope": "api"})


def test_an_odd_folder_name_is_no_hindrance(tmp_path: Path) -> None:
    folder = tmp_path / "what? 50% #1"
    folder.mkdir()
    values = {"title": "t", "severity": "P1", "journey": "api", "started_at": datetime(2025, 1, 1)}
    write(folder, Actor("Ada"), "incidents", values)
    assert len(read_incidents(folder)) == 1
    assert (folder / "studio.sqlite").exists()
