"""Raw Parquet files of any tool as one clean view, with what could not be counted set apart.

Files differ: a nullable column may be missing, columns may be extra, a timestamp may carry a zone
or nanoseconds, a whole number may come as a float. Each file is looked at by itself, files of the
same shape are read together, and every column is brought to the one type of DESIGN 2.1.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from slo_core.logs.store import Problem, RawFile, Store
from slo_core.logs.tables import Column, Table

_EXPECTED = {
    "timestamp": "a timestamp",
    "text": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}
_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER")
_WIDE_NUMBERS = ("UBIGINT", "HUGEINT", "FLOAT", "DOUBLE")
_SQL_TYPES = {
    "timestamp": "TIMESTAMP",
    "text": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
}


@dataclass(frozen=True)
class RawDay:
    """What one date's files of one table amount to.

    ``select`` reads the rows with every column in its one type, plus ``slo_file`` and ``slo_row``
    (counted from 0; null where it cannot be told); it is None where no file can be read. ``rows``
    counts them all.
    """

    table: Table
    day: date
    select: str | None
    rows: int
    problems: tuple[Problem, ...]

    @property
    def counted(self) -> str:
        """The SELECT of the rows that may count: of this date, with possible values."""
        columns = ", ".join(column.name for column in self.table.columns)
        return (
            f"SELECT {columns} FROM ({self.select}) WHERE ({fault(self.table, self.day)}) IS NULL"
        )


def read_day(
    connection: duckdb.DuckDBPyConnection,
    store: Store,
    table: Table,
    day: date,
    files: Sequence[RawFile],
) -> RawDay:
    """Look at one date's files; those that cannot be read become problems, the others one view."""
    shapes: dict[_Shape, list[Path]] = defaultdict(list)
    problems: list[Problem] = []
    rows = 0
    for file in files:
        try:
            shape, file_rows = _look_at(connection, table, file.path)
        except _UnreadableError as unreadable:
            problems.append(Problem(store.name(file.path), None, str(unreadable)))
        else:
            shapes[shape].append(file.path)
            rows += file_rows
    selects = [
        f"SELECT {', '.join((*shape.columns, *shape.place))} "
        f"FROM {_read_parquet(paths, shape.file_as)}"
        for shape, paths in shapes.items()
    ]
    return RawDay(table, day, " UNION ALL ".join(selects) or None, rows, tuple(problems))


def damaged(
    connection: duckdb.DuckDBPyConnection, store: Store, table: Table, files: Iterable[RawFile]
) -> dict[RawFile, Problem]:
    """The files whose footer is fine but whose rows cannot be read, found by reading each."""
    found = {}
    for file in files:
        try:
            shape, _ = _look_at(connection, table, file.path)
            connection.execute(
                f"SELECT max(hash(t)) FROM (SELECT {', '.join(shape.columns)} "
                f"FROM {_read_parquet([file.path])}) AS t"
            ).fetchone()
        except _UnreadableError:
            continue
        except duckdb.Error as error:
            found[file] = Problem(
                store.name(file.path),
                None,
                f"is damaged and was not read ({_first_line(error)}); write it again",
            )
    return found


def rejected(
    connection: duckdb.DuckDBPyConnection, store: Store, raw: RawDay, known: str
) -> list[Problem]:
    """The rows that are not counted, by file and reason.

    ``known`` is an SQL expression over the columns that gives the reason why a row means nothing
    to the catalogue (an unknown journey), or null.
    """
    reason = f"coalesce({fault(raw.table, raw.day)}, {known})"
    found = connection.execute(
        f"SELECT slo_file, {reason} AS reason, count(*), min(slo_row) "
        f"FROM ({raw.select}) WHERE {reason} IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2"
    ).fetchall()
    return [
        Problem(
            store.name(Path(filename)),
            count,
            reason if first is None else f"{reason} (first in row {first + 1})",
        )
        for filename, reason, count, first in found
    ]


def fault(table: Table, day: date) -> str:
    """The SQL expression for why a row may not count, or null: the row rules of DESIGN 2.1."""
    starts_at = f"TIMESTAMP '{day}'"
    ends_at = f"TIMESTAMP '{day + timedelta(days=1)}'"
    cases = []
    for column in table.columns:
        if not column.nullable:
            cases.append(f"WHEN {column.name} IS NULL THEN '{column.name} is null'")
        if column.kind in ("integer", "number"):
            cases.append(
                f"WHEN NOT ({_possible(column)}) THEN '{column.name} is not {_range(column)}'"
            )
    cases.append(
        f"WHEN NOT (ts >= {starts_at} AND ts < {ends_at}) "
        f"THEN 'ts is of another day than the folder date={day}'"
    )
    return f"CASE {' '.join(cases)} END"


def _possible(column: Column) -> str:
    # Writers leave NaN out of a Parquet file's statistics, from which the optimiser concludes that
    # every value is below infinity; only isfinite looks at the values themselves.
    finite = f"isfinite({column.name}) AND " if column.kind == "number" else ""
    upper = "" if column.maximum == float("inf") else f" AND {column.name} <= {column.maximum:g}"
    return f"{finite}{column.name} >= {column.minimum:g}{upper}"


def _range(column: Column) -> str:
    noun = _EXPECTED[column.kind]
    if column.maximum == float("inf"):
        return f"{noun} of {column.minimum:g} or more"
    return f"{noun} from {column.minimum:g} to {column.maximum:g}"


_FILLED = """
SELECT path_in_schema FROM parquet_metadata(?) GROUP BY path_in_schema
HAVING bool_and(coalesce(stats_min_value <> '', stats_null_count = num_values, false))
"""
"""The columns without an empty string, which would be the smallest of the file's statistics."""


class _UnreadableError(Exception):
    """Why a whole file cannot be read."""


@dataclass(frozen=True)
class _Shape:
    """The SELECT expressions that bring a file's columns to ours; files of one are read together.

    ``place`` says where a row lies: its file, which the reader is to call ``file_as``, and its
    number in it. The file's own columns may have any name, also those of the reader's helpers.
    """

    columns: tuple[str, ...]
    file_as: str
    place: tuple[str, str]


def _look_at(connection: duckdb.DuckDBPyConnection, table: Table, path: Path) -> tuple[_Shape, int]:
    """A file's shape, and its number of rows."""
    try:
        described = connection.execute(f"DESCRIBE SELECT * FROM {_read_parquet([path])}").fetchall()
        rows = connection.execute(
            f"SELECT num_rows FROM parquet_file_metadata({_literal(path)})"
        ).fetchone()
        filled = {name for (name,) in connection.execute(_FILLED, [_pattern(path)]).fetchall()}
    except duckdb.Error:
        raise _UnreadableError(
            "is not a Parquet file that can be read; write it again, or remove it"
        ) from None
    types = {name.lower(): (name, sql_type.strip('"')) for name, sql_type, *_ in described}
    expressions = []
    for column in table.columns:
        name, sql_type = types.get(column.name, (column.name, None))
        if sql_type is None and not column.nullable:
            raise _UnreadableError(
                f"has no column {column.name}: expected {_EXPECTED[column.kind]} in it"
            )
        expression = _expression(column, f'"{name}"', sql_type, name in filled)
        if expression is None:
            raise _UnreadableError(
                f"holds {sql_type} in column {column.name}: "
                f"expected {_EXPECTED[column.kind]}; write the column with that type"
            )
        expressions.append(f"{expression} AS {column.name}")
    file_as = "slo_file"
    while file_as in types:
        file_as += "_"
    row = "NULL" if "file_row_number" in types else "file_row_number"
    place = (f"{file_as} AS slo_file", f"CAST({row} AS BIGINT) AS slo_row")
    return _Shape(tuple(expressions), file_as, place), int(rows[0]) if rows else 0


def _expression(column: Column, name: str, sql_type: str | None, filled: bool) -> str | None:
    """A file's column in our type, or None where its type means something else.

    ``filled`` text is known to have no empty string, and is left as it is: that keeps the file's
    dictionaries, on which the engine works a word at a time rather than a row.
    """
    if sql_type in (None, "NULL"):
        return f"CAST(NULL AS {_SQL_TYPES[column.kind]})"
    assert sql_type is not None
    match column.kind:
        case "timestamp" if sql_type.endswith("_NS"):
            # A cast would round the last nanosecond of a day into the next one.
            return f"make_timestamp(epoch_ns({name}) // 1000)"
        case "timestamp" if sql_type.startswith("TIMESTAMP"):
            return f"CAST({name} AS TIMESTAMP)"
        case "text" if sql_type == "VARCHAR" or sql_type.startswith("ENUM"):
            text = f"CAST({name} AS VARCHAR)"
            return text if filled else f"nullif({text}, '')"
        case "integer" if sql_type in _NUMBERS:
            return f"CAST({name} AS BIGINT)"
        case "integer" if sql_type in _WIDE_NUMBERS or sql_type.startswith("DECIMAL"):
            # pandas writes whole numbers with gaps as floats; a half is not a whole number.
            value = f"CAST({name} AS DOUBLE)"
            return (
                f"CASE WHEN isfinite({value}) AND {value} = floor({value}) "
                f"AND abs({value}) < 1e15 "
                f"THEN CAST({name} AS BIGINT) WHEN {name} IS NOT NULL THEN -1 END"
            )
        case "number" if sql_type in (*_NUMBERS, *_WIDE_NUMBERS) or sql_type.startswith("DECIMAL"):
            return name if sql_type == "DOUBLE" else f"CAST({name} AS DOUBLE)"
        case "boolean" if sql_type == "BOOLEAN":
            return name
    return None


def _read_parquet(paths: Sequence[Path], file_as: str | None = None) -> str:
    listed = ", ".join(_literal(path) for path in paths)
    named = f", filename = '{file_as}'" if file_as else ""
    # The date comes from ts, never from a folder's name or a stray column called date.
    return f"read_parquet([{listed}], hive_partitioning = false{named})"


def _literal(path: Path) -> str:
    """A path as an SQL string in which no character is taken for a pattern."""
    return "'" + _pattern(path).replace("'", "''") + "'"


def _pattern(path: Path) -> str:
    """The pattern that only this path matches."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in str(path))


def _first_line(error: Exception) -> str:
    line = str(error).splitlines()[0].rstrip(".")
    return "".join(character for character in line if character.isprintable())
