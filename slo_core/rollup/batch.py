"""Rolling up some dates of a unit: its SQL over their raw rows, into a folder of their own."""

import tempfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import duckdb

from slo_core.logs.raw import RawDay, all_rows, counted_rows, rejected
from slo_core.logs.store import Problem
from slo_core.rollup.manifest import Entry, Manifest, output_files, part_of
from slo_core.rollup.reader import Reader, Task, quoted
from slo_core.rollup.units import Unit

CHUNK_ROWS = 1_500_000
"""A date with more rows is taken hours at a time, so that memory does not grow with traffic."""

_MOST_PROBLEMS = 20

_SESSIONS = {
    "date": "DATE",
    "journey": "VARCHAR",
    "session_id": "VARCHAR",
    "platform": "VARCHAR",
    "failed_at": "TIMESTAMP[]",
    "slow_at": "TIMESTAMP[]",
}
_LAST_STEPS = {
    "journey": "VARCHAR",
    "attempt_id": "VARCHAR",
    "began_at": "TIMESTAMP",
    "last_at": "TIMESTAMP",
}


def roll_up_batch(
    reader: Reader, manifests: Mapping[str, Manifest], batch: list[Task]
) -> dict[date, Entry]:
    """Roll up some dates together, without the files that turn out to be damaged."""
    near = {
        task.day + timedelta(days=offset)
        for task in batch
        for offset in (0, *reader.unit.neighbours)
    }
    while True:
        try:
            return _write_batch(reader, manifests, batch, sorted(near))
        except duckdb.Error:
            if not reader.forget_damaged(near):
                raise


def _write_batch(
    reader: Reader, manifests: Mapping[str, Manifest], batch: list[Task], near: list[date]
) -> dict[date, Entry]:
    connection, unit = reader.connection, reader.unit
    _clear(connection)
    folder = None
    summary: dict[date, tuple[int, datetime, datetime]] = {}
    days = [day for task in batch if (day := reader.day(task.day)).shapes]
    if days:
        view_rows(connection, unit, days)
        if unit.coded:
            spell(connection, unit, days)
        connection.execute("CREATE TEMP TABLE dates (date DATE)")
        connection.executemany("INSERT INTO dates VALUES (?)", [[task.day] for task in batch])
        if unit.parts:
            _judge(connection, unit, batch, reader)
        if unit.neighbours:
            _look_around(reader, manifests, near)
        for step in unit.steps:
            connection.execute(f"CREATE TEMP TABLE {step} AS {reader.sql(step)}")
        rows = connection.execute(reader.sql("summary")).fetchall()
        summary = {day: (accepted, first, last) for day, accepted, first, last in rows}
        if summary:
            dates = [task.day for task in batch]
            folder = _write(connection, reader.store.rollup / unit.name, unit, dates)
    entries = {}
    for task in batch:
        raw = reader.day(task.day)
        accepted, first_at, last_at = summary.get(task.day, (0, None, None))
        problems = reader.problems(task.day)
        if raw.shapes and accepted != raw.rows:
            problems += _summarised(rejected(connection, reader.store, raw, unit.known))
        entries[task.day] = Entry(
            task.fingerprint,
            task.files,
            folder if accepted else None,
            "",
            first_at,
            last_at,
            tuple(problems),
            _outputs(reader.store.rollup / unit.name, folder, unit, task.day),
        )
    return entries


def _outputs(home: Path, folder: str | None, unit: Unit, day: date) -> tuple[str, ...]:
    """The outputs that have rows of a date, among those just written."""
    return tuple(
        output.name
        for output in unit.outputs
        if folder and Path(part_of(f"{home}/{folder}", output.name, day)).is_file()
    )


def _judge(
    connection: duckdb.DuckDBPyConnection, unit: Unit, batch: list[Task], reader: Reader
) -> None:
    """Group the raw rows into the unit's parts, hours at a time where a date has too many."""
    pieces = [""] if len(batch) > 1 else _chunks(reader.day(batch[0].day))
    for number, piece in enumerate(pieces):
        create = "INSERT INTO {} BY NAME" if number else "CREATE TEMP TABLE {} AS"
        judged = reader.sql("judged")
        if piece:
            view_rows(connection, unit, [reader.day(batch[0].day)], piece)
        connection.execute(f"CREATE OR REPLACE TEMP TABLE judged AS {judged}")
        for part in unit.parts:
            connection.execute(f"{create.format(part)} {reader.sql(part)}")
    connection.execute("DROP TABLE judged")
    if len(pieces) > 1:
        view_rows(connection, unit, [reader.day(batch[0].day)])


def _chunks(raw: RawDay) -> list[str]:
    """Conditions that split a date into runs of hours of about `CHUNK_ROWS` rows."""
    count = min(24, -(-raw.rows // CHUNK_ROWS))
    if count <= 1:
        return [""]
    midnight = datetime.combine(raw.day, datetime.min.time())
    edges = [midnight + timedelta(hours=24 * n // count) for n in range(count + 1)]
    return [
        f" AND ts >= TIMESTAMP '{start}' AND ts < TIMESTAMP '{end}'"
        for start, end in pairwise(edges)
    ]


def view_rows(
    connection: duckdb.DuckDBPyConnection, unit: Unit, days: list[RawDay], and_where: str = ""
) -> None:
    """The raw rows that count, under the table's name, with their date."""
    _view(connection, unit.name, f"{_coded(unit.coded)} FROM ({counted_rows(days)}{and_where})")


def _coded(columns: Sequence[str]) -> str:
    """The beginning of a SELECT of everything, with numbers for some text columns."""
    coded = ", ".join(f"hash({column}) AS {column}" for column in columns)
    return f"SELECT * REPLACE ({coded})" if coded else "SELECT *"


def spell(connection: duckdb.DuckDBPyConnection, unit: Unit, days: list[RawDay]) -> None:
    """The table ``word``: the text behind each number that stands for one."""
    words = " UNION ".join(
        f"SELECT DISTINCT {column} AS word FROM ({all_rows(days)})" for column in unit.coded
    )
    connection.execute(
        "CREATE TEMP TABLE word AS "
        f"SELECT hash(word) AS code, word FROM ({words}) WHERE word IS NOT NULL"
    )


def _look_around(reader: Reader, manifests: Mapping[str, Manifest], near: list[date]) -> None:
    """What the funnel's SQL names besides its dates: steps around them, and sessions.

    Of dates whose raw logs are gone, ``kept_steps`` has the last step of each attempt.
    """
    there = [day for day in near if reader.has_files(day)]
    readable = [day for n in there if (day := reader.day(n)).shapes]
    view_rows(reader.connection, reader.unit, readable)
    for view, unit, output, days, columns in (
        ("sessions", "requests", "sessions", near, _SESSIONS),
        ("kept_steps", "steps", "last_steps", sorted({*near} - {*there}), _LAST_STEPS),
    ):
        entries = manifests[unit].entries
        paths = [
            str(path)
            for day in days
            if (entry := entries.get(day)) and entry.folder
            for path in output_files(reader.store, unit, entry, output, day)
        ]
        read = (
            f" UNION ALL BY NAME FROM read_parquet({paths}, union_by_name = true, "
            "hive_types = {'date': 'DATE'})"
        )
        # The empty rows lend their columns where there is no file, and where all are older.
        nothing = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in columns.items())
        rows = f"(SELECT {nothing} LIMIT 0)" + (read if paths else "")
        coded = [column for column in reader.unit.coded if column in columns]
        _view(reader.connection, view, f"{_coded(coded)} FROM ({rows})")


def _write(connection: duckdb.DuckDBPyConnection, home: Path, unit: Unit, days: list[date]) -> str:
    """Write the outputs of some dates to a new folder, a file a date; returns its name."""
    home.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{days[0]}.", dir=home))
    folder.chmod(0o755)
    for output in unit.outputs:
        described = connection.execute(f"DESCRIBE {output.name}").fetchall()
        types = {name: kind for name, kind, *_ in described}
        columns = {name: f"o.{name}" for name in sorted(types.keys() - {"date", "journey_id"})}
        source = f"{output.name} AS o"
        if "journey_id" in types:
            columns["journey"] = "j.journey"
            source += " JOIN journey AS j USING (journey_id)"
        for name, kind in types.items():
            if kind == "HUGEINT":
                # A sum of counts, which Parquet would have as a number with a point.
                columns[name] = f"CAST(o.{name} AS BIGINT)"
        for name in unit.coded:
            if types.get(name) == "UBIGINT":
                columns[name] = f"{name}_word.word"
                source += f" LEFT JOIN word AS {name}_word ON o.{name} = {name}_word.code"
        select = ", ".join(f"{text} AS {name}" for name, text in columns.items())
        target = folder / output.name
        # Delta encoding makes up for the lighter compression, which is quicker both ways.
        options = "FORMAT parquet, COMPRESSION snappy, PARQUET_VERSION v2"
        if output.in_order_of_time:
            options += ", ROW_GROUP_SIZE 8192"
        if len(days) == 1:
            # A folder by hand is a third quicker than partitioning what is one partition.
            target = target / f"date={days[0]}" / "data_0.parquet"
            target.parent.mkdir(parents=True)
        else:
            select += f", {output.date} AS date"
            options += ", PARTITION_BY (date)"
        connection.execute(
            f"COPY (SELECT {select} FROM {source} ORDER BY {output.order}) "
            f"TO '{quoted(target)}' ({options})"
        )
    return folder.name


def _clear(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop what earlier dates left behind."""
    for (name,) in connection.execute(
        "SELECT view_name FROM duckdb_views() WHERE temporary AND NOT internal"
    ).fetchall():
        connection.execute(f"DROP VIEW {name}")
    for (name,) in connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE temporary"
    ).fetchall():
        connection.execute(f"DROP TABLE {name}")


def _view(connection: duckdb.DuckDBPyConnection, name: str, select: str) -> None:
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {select}")


def _summarised(problems: list[Problem]) -> list[Problem]:
    """At most a few reasons a file, so that a garbage column cannot fill the page."""
    kept: list[Problem] = []
    for file in dict.fromkeys(problem.file for problem in problems):
        own = sorted((p for p in problems if p.file == file), key=lambda p: -(p.rows or 0))
        kept += own[:_MOST_PROBLEMS]
        if rest := own[_MOST_PROBLEMS:]:
            rows = sum(problem.rows or 0 for problem in rest)
            kept.append(Problem(file, rows, f"not counted for {len(rest)} more reasons like these"))
    return kept
