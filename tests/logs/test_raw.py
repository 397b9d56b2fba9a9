"""Files of other programs: what is read of them, and what is said of the rest (DESIGN 2.1)."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from slo_core.logs.raw import read_day
from slo_core.logs.store import RawFile, Store, open_store
from slo_core.logs.tables import REQUESTS
from slo_core.rollup import Rollup, refresh
from slo_core.sli.counts import window_counts
from slo_core.sli.windows import Window
from tests.small import STUDIO

NOON = datetime(2025, 3, 31, 12)
DAY = Window("day", datetime(2025, 3, 31), datetime(2025, 4, 1))


def write(folder: Path, columns: dict[str, Any], name: str = "a", table: str = "requests") -> Path:
    path = folder / table / "date=2025-03-31" / f"{name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)
    return path


def rolled(folder: Path) -> Rollup:
    return refresh(open_store(folder), STUDIO)


def songs(rollup: Rollup) -> tuple[float, float]:
    """Good and valid songs of the day."""
    counts = window_counts(rollup, [DAY])
    rows = counts[
        (counts["journey"] == "song_generation") & (counts["objective"] == "success_rate")
    ]
    return rows["good"].sum(), rows["valid"].sum()


def a_song(count: int = 1, **columns: Any) -> dict[str, Any]:
    return {"ts": [NOON] * count, "journey": ["song_generation"] * count, **columns}


def test_a_missing_nullable_column_reads_as_null(tmp_path: Path) -> None:
    write(tmp_path, a_song())
    assert songs(rolled(tmp_path)) == (1, 1)


@pytest.mark.parametrize("name", ["date", "filename", "file_row_number", "slo_file", "SLO_FILE_"])
def test_an_extra_column_is_ignored_whatever_its_name(tmp_path: Path, name: str) -> None:
    write(tmp_path, a_song(2, **{name: [1, 2]}))
    rollup = rolled(tmp_path)
    assert songs(rollup) == (2, 2)
    assert rollup.problems == []


def test_a_row_is_named_also_beside_columns_called_like_our_own(tmp_path: Path) -> None:
    bad = a_song(3) | {"journey": ["song_generation", "nobody", "nobody"]}
    write(tmp_path, bad | {"slo_file": ["x"] * 3, "slo_row": ["y"] * 3}, "a")
    write(tmp_path, bad | {"slo_file_": ["x"] * 3}, "b")
    # Where the file has a column of that name, the reader does not number its rows.
    write(tmp_path, bad | {"file_row_number": ["z"] * 3}, "c")
    rollup = rolled(tmp_path)
    assert songs(rollup) == (3, 3)
    said = "journey nobody is not in the catalogue"
    assert [(Path(it.file).stem, it.rows, it.reason) for it in rollup.problems] == [
        ("a", 2, f"{said} (first in row 2)"),
        ("b", 2, f"{said} (first in row 2)"),
        ("c", 2, said),
    ]


def test_an_empty_text_reads_as_null(tmp_path: Path) -> None:
    # An empty `excluded` would exclude, an empty `error` would fail as "other".
    write(tmp_path, a_song(excluded=[""], error=[""], source=[""], platform=[""]))
    assert songs(rolled(tmp_path)) == (1, 1)


def test_a_zoned_timestamp_is_converted(tmp_path: Path) -> None:
    # 01:30 in Berlin on 1 April is 23:30 UTC on 31 March.
    moment = datetime(2025, 3, 31, 23, 30, tzinfo=UTC)
    column = pa.array([moment], pa.timestamp("us", tz="Europe/Berlin"))
    write(tmp_path, {"ts": column, "journey": ["song_generation"]})
    rollup = rolled(tmp_path)
    assert songs(rollup) == (1, 1)
    assert rollup.span == (datetime(2025, 3, 31, 23, 30),) * 2


@pytest.mark.parametrize("zone", [None, "UTC"])
def test_the_last_nanosecond_of_a_day_stays_in_it(tmp_path: Path, zone: str | None) -> None:
    last = int(datetime(2025, 4, 1, tzinfo=UTC).timestamp()) * 10**9 - 1
    write(
        tmp_path,
        {"ts": pa.array([last], pa.timestamp("ns", tz=zone)), "journey": ["song_generation"]},
    )
    rollup = rolled(tmp_path)
    assert songs(rollup) == (1, 1)
    assert rollup.problems == []


def test_whole_numbers_may_come_as_floats_with_gaps(tmp_path: Path) -> None:
    write(tmp_path, a_song(3, status=pa.array([200.0, None, 500.0], pa.float64())))
    assert songs(rolled(tmp_path)) == (2, 3)


def test_text_may_come_as_a_dictionary_or_large_text(tmp_path: Path) -> None:
    journey = pa.array(["song_generation"]).dictionary_encode()
    write(tmp_path, {"ts": [NOON], "journey": journey, "error": pa.array(["x"], pa.large_string())})
    assert songs(rolled(tmp_path)) == (0, 1)


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"status": [99]}, "status is not a whole number from 100 to 599"),
        ({"status": [600]}, "status is not a whole number from 100 to 599"),
        ({"status": [200.5]}, "status is not a whole number from 100 to 599"),
        ({"status": [float("nan")]}, "status is not a whole number from 100 to 599"),
        ({"status": [float("inf")]}, "status is not a whole number from 100 to 599"),
        ({"duration_ms": [-1.0]}, "duration_ms is not a number of 0 or more"),
        ({"duration_ms": [float("nan")]}, "duration_ms is not a number of 0 or more"),
        ({"duration_ms": [float("inf")]}, "duration_ms is not a number of 0 or more"),
        ({"response_bytes": [-5]}, "response_bytes is not a whole number of 0 or more"),
        ({"journey": ["opera"]}, "journey opera is not in the catalogue"),
        ({"journey": [None]}, "journey is null"),
        ({"ts": [None]}, "ts is null"),
        ({"ts": [datetime(2025, 4, 1)]}, "ts is of another day than the folder date=2025-03-31"),
        ({"ts": [datetime(2025, 3, 30, 23, 59)]}, "ts is of another day"),
    ],
)
def test_an_impossible_row_is_reported_and_the_others_count(
    tmp_path: Path, columns: dict[str, list[Any]], reason: str
) -> None:
    good = a_song(status=[200], duration_ms=[1.0], response_bytes=[1])
    rows = {name: [*values, *columns.get(name, values)] for name, values in good.items()}
    types = {"ts": pa.timestamp("us"), "journey": pa.string()}
    write(tmp_path, {name: pa.array(values, types.get(name)) for name, values in rows.items()})
    rollup = rolled(tmp_path)
    assert songs(rollup) == (1, 1)
    [problem] = rollup.problems
    assert (problem.file, problem.rows) == ("requests/date=2025-03-31/a.parquet", 1)
    assert reason in problem.reason
    assert "first in row 2" in problem.reason


def test_nan_among_numbers_is_refused_though_statistics_hide_it(tmp_path: Path) -> None:
    # Parquet statistics leave NaN out, so that an engine may conclude that there is none.
    values = [1.0, float("nan"), 3.0]
    columns = {
        "ts": [NOON] * 3,
        "journey": ["audio_playback"] * 3,
        "metric": ["seek_ms"] * 3,
        "value": values,
    }
    write(tmp_path, columns, table="measurements")
    rollup = rolled(tmp_path)
    assert [(problem.rows, problem.file) for problem in rollup.problems] == [
        (1, "measurements/date=2025-03-31/a.parquet")
    ]
    counts = window_counts(rollup, [DAY])
    assert counts[counts["objective"] == "seek_latency"]["valid"].sum() == 2


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"status": [True]}, "holds BOOLEAN in column status: expected a whole number"),
        ({"error": [1.5]}, "holds DOUBLE in column error: expected text"),
        ({"ts": ["2025-03-31T12:00:00Z"]}, "holds VARCHAR in column ts: expected a timestamp"),
        ({"ts": [NOON.date()]}, "holds DATE in column ts: expected a timestamp"),
        ({"status": ["200"]}, "holds VARCHAR in column status: expected a whole number"),
        ({"duration_ms": ["fast"]}, "holds VARCHAR in column duration_ms: expected a number"),
        ({"ts": [1_743_422_400]}, "holds BIGINT in column ts: expected a timestamp"),
        ({"journey": [5]}, "holds BIGINT in column journey: expected text"),
    ],
)
def test_a_file_with_a_wrong_type_is_named_and_the_other_counts(
    tmp_path: Path, columns: dict[str, Any], reason: str
) -> None:
    write(tmp_path, a_song(2), name="good")
    write(tmp_path, a_song() | columns, name="wrong")
    rollup = rolled(tmp_path)
    assert songs(rollup) == (2, 2)
    [problem] = rollup.problems
    assert (problem.file, problem.rows) == ("requests/date=2025-03-31/wrong.parquet", None)
    assert reason in problem.reason


def test_a_file_without_a_column_that_must_be_there_is_named(tmp_path: Path) -> None:
    write(tmp_path, {"ts": [NOON], "status": [200]})
    rollup = rolled(tmp_path)
    assert songs(rollup) == (0, 0)
    assert "has no column journey" in rollup.problems[0].reason


def damage(path: Path, how: str) -> None:
    whole = path.read_bytes()
    if how == "garbage":
        path.write_bytes(b"not Parquet at all" * 20)
    elif how == "truncated":
        path.write_bytes(whole[: len(whole) // 2])
    elif how == "empty":
        path.write_bytes(b"")
    else:
        # The footer stays good; the pages before it do not.
        path.write_bytes(b"PAR1" + b"\xff" * 400 + whole[404:])


@pytest.mark.parametrize("how", ["garbage", "truncated", "empty", "pages"])
def test_a_damaged_file_is_named_and_the_other_counts(tmp_path: Path, how: str) -> None:
    write(tmp_path, a_song(2), name="good")
    many = a_song(5000, session_id=[f"session {number}" for number in range(5000)])
    damage(write(tmp_path, many, name="bad"), how)
    rollup = rolled(tmp_path)
    assert songs(rollup) == (2, 2)
    [problem] = rollup.problems
    assert (problem.file, problem.rows) == ("requests/date=2025-03-31/bad.parquet", None)


OTHERS: dict[str, dict[str, Any]] = {
    "measurements": {"journey": "web", "metric": "cls", "value": 0.1},
    "steps": {"journey": "song_generation", "attempt_id": "a", "step": "prompt"},
    "probes": {"scope": "api", "target": "eu", "ok": True},
    "resources": {"host": "h", "metric": "cpu_percent", "value": 1.0},
    "feedback": {"journey": "web", "rating": 5},
    "changes": {"kind": "deploy"},
}


@pytest.mark.parametrize("table", OTHERS)
@pytest.mark.parametrize("how", ["garbage", "pages"])
def test_a_damaged_file_of_any_table_is_named_and_songs_still_count(
    tmp_path: Path, table: str, how: str
) -> None:
    write(tmp_path, a_song(2))
    row = OTHERS[table]
    write(tmp_path, {"ts": [NOON], **{name: [value] for name, value in row.items()}}, table=table)
    many = {name: [value] * 5000 for name, value in row.items()}
    # Moments that differ fill the pages which are then damaged.
    many["ts"] = [NOON + timedelta(microseconds=number) for number in range(5000)]
    columns = {"ts": many.pop("ts"), **many}
    damage(write(tmp_path, columns, name="bad", table=table), how)
    rollup = rolled(tmp_path)
    assert songs(rollup) == (2, 2)
    [problem] = rollup.problems
    assert (problem.file, problem.rows) == (f"{table}/date=2025-03-31/bad.parquet", None)
    [entry] = rollup.manifests[table].entries.values()
    assert (entry.first_at, entry.last_at) == (NOON, NOON)


@pytest.mark.parametrize(
    ("table", "columns", "reason"),
    [
        ("measurements", {"value": [-1.0]}, "value is not a number of 0 or more"),
        ("measurements", {"metric": [""]}, "metric is null"),
        ("steps", {"attempt_id": [""]}, "attempt_id is null"),
        ("probes", {"ok": pa.array([None], pa.bool_())}, "ok is null"),
        ("probes", {"scope": ["moon"]}, "scope moon is not in the catalogue"),
        ("probes", {"latency_ms": [float("nan")]}, "latency_ms is not a number of 0 or more"),
        ("resources", {"host": [""]}, "host is null"),
        ("feedback", {"rating": [0]}, "rating is not a number from 1 to 5"),
        ("feedback", {"rating": [6]}, "rating is not a number from 1 to 5"),
        ("changes", {"kind": [""]}, "kind is null"),
        ("changes", {"ts": [datetime(2025, 4, 1)]}, "ts is of another day"),
    ],
)
def test_an_impossible_row_of_any_table_is_reported(
    tmp_path: Path, table: str, columns: dict[str, Any], reason: str
) -> None:
    row = {"ts": [NOON], **{name: [value] for name, value in OTHERS[table].items()}}
    write(tmp_path, row, name="good", table=table)
    write(tmp_path, row | columns, name="bad", table=table)
    rollup = rolled(tmp_path)
    [problem] = rollup.problems
    assert (problem.file, problem.rows) == (f"{table}/date=2025-03-31/bad.parquet", 1)
    assert reason in problem.reason
    assert rollup.span == (NOON, NOON)


def test_of_many_reasons_a_few_are_told_and_every_row_is_accounted_for(tmp_path: Path) -> None:
    write(tmp_path, {"ts": [NOON] * 100, "journey": [f"j{number}" for number in range(100)]})
    problems = rolled(tmp_path).problems
    assert len(problems) == 21
    assert sum(problem.rows or 0 for problem in problems) == 100
    assert "not counted for 80 more reasons" in problems[-1].reason


class Counted:
    """A connection that counts the files that it is asked to describe."""

    def __init__(self) -> None:
        self.connection, self.described = duckdb.connect(), 0

    def execute(self, query: str, *rest: Any) -> duckdb.DuckDBPyConnection:
        self.described += query.startswith("DESCRIBE")
        return self.connection.execute(query, *rest)


def test_files_that_are_alike_are_described_once(tmp_path: Path) -> None:
    named = {"named_by_this_test": pa.array(["x"])}
    paths = [write(tmp_path, a_song(**named), name) for name in "abc"]
    other = write(tmp_path, a_song(**named, one_more=pa.array([1])), "d")
    files = [RawFile(path, path.stat().st_size, 0) for path in (*paths, other)]
    counted = Counted()
    connection = cast(duckdb.DuckDBPyConnection, counted)
    looked = read_day(connection, Store(tmp_path), REQUESTS, NOON.date(), files)
    assert (looked.rows, counted.described) == (4, 2)


def test_an_empty_file_is_no_data_and_no_problem(tmp_path: Path) -> None:
    write(tmp_path, a_song(2), name="good")
    empty = {"ts": pa.array([], pa.timestamp("us")), "journey": pa.array([], pa.string())}
    write(tmp_path, empty, name="empty")
    rollup = rolled(tmp_path)
    assert songs(rollup) == (2, 2)
    assert rollup.problems == []


def test_a_file_outside_a_date_folder_is_named_and_the_others_count(tmp_path: Path) -> None:
    path = write(tmp_path, a_song(2))
    shutil.copy(path, path.parents[1] / "stray.parquet")
    rollup = rolled(tmp_path)
    assert songs(rollup) == (2, 2)
    assert [problem.file for problem in rollup.problems] == ["requests/stray.parquet"]


@pytest.mark.parametrize("name", ["my logs", "it's", "[a]*?", "zone=eu", "naïve"])
def test_a_data_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    write(tmp_path / name, a_song(2))
    assert songs(rolled(tmp_path / name)) == (2, 2)
