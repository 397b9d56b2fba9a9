"""Raw Parquet files of any tool as one clean view, with what could not be counted set apart.

Files differ: a nullable column may be missing, columns may be extra, a timestamp may carry a zone
or nanoseconds, a whole number may come as a float. Each file is looked at by itself, files of the
same shape are read together, and every column is brought to the one type of DESIGN 2.1.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from slo_core.logs.store import Problem, RawFile, Store
from slo_core.logs.tables import Column, Table

_EXPECTED = {
    "timestamp": "a timestamp",
    "text": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}
_FOLDER_DATE = "date=([0-9-]{10})/[^/]*$"
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

    ``shapes`` are its readable files, those of one shape together; ``rows`` counts all of theirs.
    """

    table: Table
    day: date
    shapes: tuple[tuple["_Shape", tuple[Path, ...]], ...]
    rows: int
    problems: tuple[Problem, ...]


def read_day(
    connection: duckdb.DuckDBPyConnection,
    store: Store,
    table: Table,
    day: date,
    files: Sequence[RawFile],
) -> RawDay:
    """Look at one date's files; those that cannot be read become problems."""
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
    found = tuple((shape, tuple(paths)) for shape, paths in shapes.items())
    return RawDay(table, day, found, rows, tuple(problems))


def all_rows(days: Sequence[RawDay]) -> str:
    """A SELECT of every readable row of some dates of a table, each column in its one type.

    Beside the table's columns there are ``date``, that of the row's folder, and ``slo_file`` and
    ``slo_row`` (counted from 0; null where it cannot be told). Some date must have a file.
    """
    shapes: dict[_Shape, list[Path]] = defaultdict(list)
    for day in days:
        for shape, paths in day.shapes:
            shapes[shape].extend(paths)
    # A statement that names a hundred dates one by one takes longer to plan than to run.
    constant = f"DATE '{days[0].day}'" if len(days) == 1 else None
    selects = []
    for shape, found in shapes.items():
        folder = f"CAST(regexp_extract({shape.file_as}, '{_FOLDER_DATE}', 1) AS DATE)"
        columns = (f"{constant or folder} AS date", *shape.columns, *shape.place)
        selects.append(f"SELECT {', '.join(columns)} FROM {_read_parquet(found, shape.file_as)}")
    return " UNION ALL ".join(selects)


def counted_rows(days: Sequence[RawDay]) -> str:
    """A SELECT of the rows of `all_rows` that may count: of their date, with possible values."""
    table = days[0].table
    columns = ", ".join(column.name for column in table.columns)
    return f"SELECT date, {columns} FROM ({all_rows(days)}) WHERE ({fault(table)}) IS NULL"


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
    reason = f"coalesce({fault(raw.table)}, {known})"
    found = connection.execute(
        f"SELECT slo_file, {reason} AS reason, count(*), min(slo_row) "
        f"FROM ({all_rows([raw])}) WHERE {reason} IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2"
    ).fetchall()
    return [
        Problem(
            store.name(Path(filename)),
            count,
            reason if first is None else f"{reason} (first in row {first + 1})",
        )
        for filename, reason, count, first in found
    ]


def fault(table: Table) -> str:
    """The SQL expression for why a row may not count, or null: the row rules of DESIGN 2.1."""
    cases = []
    for column in table.columns:
        if not column.nullable:
            cases.append(f"WHEN {column.name} IS NULL THEN '{column.name} is null'")
        if column.kind in ("integer", "number"):
            cases.append(
                f"WHEN NOT ({_possible(column)}) THEN '{column.name} is not {_range(column)}'"
            )
    cases.append(
        "WHEN NOT (ts >= date AND ts < date + INTERVAL 1 DAY) "
        "THEN 'ts is of another day than the folder date=' || CAST(date AS VARCHAR)"
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


_SEEN: dict[str, list[tuple[str, str]]] = {}
_MOST_SEEN = 1_000


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
        footer = pq.read_metadata(path)
        # The first line of the text says where in memory the schema is.
        schema = str(footer.schema).partition("\n")[2]
        described = _described(connection, path, schema)
    except (OSError, pa.ArrowException, duckdb.Error):
        raise _UnreadableError(
            "is not a Parquet file that can be read; write it again, or remove it"
        ) from None
    filled = _filled(footer)
    types = {name.lower(): (name, sql_type.strip('"')) for name, sql_type in described}
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
    return _Shape(tuple(expressions), file_as, place), footer.num_rows


def _described(
    connection: duckdb.DuckDBPyConnection, path: Path, schema: str
) -> list[tuple[str, str]]:
    """A file's columns with their types, which are the same for every file of a schema."""
    if schema not in _SEEN:
        if len(_SEEN) >= _MOST_SEEN:
            _SEEN.clear()
        rows = connection.execute(f"DESCRIBE SELECT * FROM {_read_parquet([path])}").fetchall()
        _SEEN[schema] = [(name, sql_type) for name, sql_type, *_ in rows]
    return _SEEN[schema]


def _filled(footer: pq.FileMetaData) -> set[str]:
    """The columns without an empty string, which would be the smallest of the statistics."""
    filled = set()
    for place in range(footer.num_columns):
        chunks = [footer.row_group(n).column(place) for n in range(footer.num_row_groups)]
        if chunks and all(_is_filled(chunk) for chunk in chunks):
            filled.add(chunks[0].path_in_schema)
    return filled


def _is_filled(chunk: pq.ColumnChunkMetaData) -> bool:
    found = chunk.statistics
    if chunk.physical_type != "BYTE_ARRAY" or found is None:
        return False
    if found.has_null_count and found.null_count == chunk.num_values:
        return True
    return bool(found.has_min_max and found.min_raw != b"")


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
