"""The register's tables as pandas frames, moments as UTC without a zone."""

import json
import sqlite3
from functools import cache
from pathlib import Path

import pandas as pd

from slo_core.errors import SloError
from slo_core.register.database import FILE_NAME, columns, reading

_MOMENT = "datetime64[us]"

# Ids stay as they are: somebody else's table may have words.
_NUMBERS = {
    "id": "object",
    "row_id": "object",
    "merged_into": "Int64",
    "attempts": "int64",
    "version": "int64",
    "allowed": "bool",
    "catalogue_version": "int64",
    "remaining_ratio": "float64",
    "remaining": "float64",
    "allowed_bad": "float64",
}


def read_maintenance(data_dir: str | Path) -> pd.DataFrame:
    """Every maintenance window, by start: also those that do not count or were cancelled.

    Columns as in the register, moments tz-naive UTC `datetime64[us]`, and `version`. Empty where
    the register does not exist. Raises SloError with one sentence for a register that cannot be
    read, or for a row without a sound start, end or announcement. (The document's "Excludes:
    planned maintenance (with 48h notice)".)
    """
    frame = _read(Path(data_dir), "maintenance")
    for column in ("starts_at", "ends_at", "announced_at"):
        missing = frame.loc[frame[column].isna(), "id"]
        if not missing.empty:
            raise SloError(
                f"{Path(data_dir) / FILE_NAME}: maintenance {missing.iloc[0]} has no {column}; "
                "expected an ISO 8601 time in UTC."
            )
    backwards = frame.loc[frame["ends_at"] <= frame["starts_at"], "id"]
    if not backwards.empty:
        raise SloError(
            f"{Path(data_dir) / FILE_NAME}: maintenance {backwards.iloc[0]} ends before it starts; "
            "mend its starts_at or ends_at."
        )
    return frame.sort_values(["starts_at", "id"], ignore_index=True)


def read_incidents(data_dir: str | Path) -> pd.DataFrame:
    """Every incident, the latest first, merged ones too.

    Columns as in the register, moments tz-naive UTC `datetime64[us]`; `also_journeys` and
    `five_whys` as tuples; `journeys` is the main journey and the others; `version` is what an edit
    must name. Empty where the register does not exist; SloError for one that cannot be read. (The
    document's "Incident Response".)
    """
    frame = _read(Path(data_dir), "incidents")
    for column in ("also_journeys", "five_whys"):
        frame[column] = [tuple(json.loads(text or "[]")) for text in frame[column]]
    pairs = zip(frame["journey"], frame["also_journeys"], strict=True)
    frame["journeys"] = pd.Series([(first, *others) for first, others in pairs], dtype="object")
    return frame.sort_values(["started_at", "id"], ascending=False, ignore_index=True)


def read_exit_checks(data_dir: str | Path) -> pd.DataFrame:
    """Every exit criterion that was ever checked off, by exhaustion; also those taken back.

    Columns as in the register, moments tz-naive UTC `datetime64[us]` (`checked_at` null where it
    was taken back), and `version`, which an edit must name. Empty where the register does not exist
    or is of before there were any; SloError for one that cannot be read. (The document's "Exit
    Criteria".)
    """
    frame = _read(Path(data_dir), "exit_checks")
    return frame.sort_values(["exhausted_at", "id"], ignore_index=True)


def read_table(data_dir: str | Path, table: str) -> pd.DataFrame:
    """Every row of a table of the register's schema as it is written there, by id.

    Columns as in the register, moments tz-naive UTC `datetime64[us]`, and `version`, which an edit
    must name. Empty where the register does not exist or is of before there was such a table;
    SloError with one sentence for one that cannot be read.
    """
    return _read(Path(data_dir), table).sort_values("id", ignore_index=True)


def is_empty(data_dir: str | Path, table: str) -> bool:
    """Whether a table of the register has no row, or is not there: far cheaper than reading it.

    SloError with one sentence for a register that cannot be read.
    """
    with reading(Path(data_dir)) as connection:
        if connection is None:
            return True
        there = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
        if connection.execute(there, [table]).fetchone() is None:
            return True
        return connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is None


def read_history(
    data_dir: str | Path, table: str | None = None, row_id: int | None = None
) -> pd.DataFrame:
    """Every change ever written, the oldest first; of one table or one row where these are given.

    Columns `id`, `at` (tz-naive UTC), `actor`, `table_name`, `row_id`, `action`, `before_json`
    (null for a new row) and `after_json`. Empty where the register does not exist.
    """
    frame = _read(Path(data_dir), "history").drop(columns="version")
    if table is not None:
        frame = frame[frame["table_name"] == table]
    if row_id is not None:
        frame = frame[frame["row_id"] == row_id]
    return frame.sort_values("id", ignore_index=True)


def _read(data_dir: Path, table: str) -> pd.DataFrame:
    with reading(data_dir) as connection:
        rows = [] if connection is None else _rows(connection, data_dir, table)
    if not rows:  # as most tables are, and pandas takes as long over none as over some
        return _empty(table).copy()
    return _frame(rows, data_dir / FILE_NAME, table)


@cache
def _empty(table: str) -> pd.DataFrame:
    return _frame([], Path(FILE_NAME), table)


def _frame(rows: list[tuple[object, ...]], path: Path, table: str) -> pd.DataFrame:
    names = columns(table)
    frame = pd.DataFrame(rows, columns=[*names, "version"])
    for column in names:
        if column == "at" or column.endswith("_at"):
            frame[column] = _moments(frame[column], path, table)
        elif column not in _NUMBERS:
            frame[column] = frame[column].astype("str")
    return frame.astype({column: _NUMBERS[column] for column in _NUMBERS if column in frame})


def _rows(connection: sqlite3.Connection, data_dir: Path, table: str) -> list[tuple[object, ...]]:
    found = {row["name"] for row in connection.execute(f"PRAGMA table_info({table})")}
    if not found:
        return []  # somebody else's file, without this table
    names = columns(table)
    missing = [column for column in names if column not in found]
    if missing:
        raise SloError(
            f"{data_dir / FILE_NAME}: the table {table} has no column {missing[0]}; "
            f"expected {', '.join(names)}."
        )
    versions = _versions(connection, table)
    listed = connection.execute(f"SELECT {', '.join(names)} FROM {table}")
    return [(*row, versions.get(row["id"], 0)) for row in listed]


def _versions(connection: sqlite3.Connection, table: str) -> dict[object, int]:
    """How often each row of a table was written; none for rows that somebody else put there."""
    if not connection.execute("PRAGMA table_info(history)").fetchall():
        return {}
    counted = connection.execute(
        "SELECT row_id, count(*) FROM history WHERE table_name = ? GROUP BY row_id", [table]
    )
    return {row[0]: row[1] for row in counted}


def _moments(texts: pd.Series, path: Path, table: str) -> pd.Series:
    blank = texts.isna() | (texts == "")
    try:
        moments = pd.to_datetime(texts.mask(blank), utc=True, format="ISO8601")
    except (ValueError, TypeError):
        moments = pd.to_datetime(texts.mask(blank), utc=True, format="ISO8601", errors="coerce")
        wrong = texts[moments.isna() & ~blank].iloc[0]
        raise SloError(
            f"{path}: the table {table} has {texts.name} {wrong!r}; "
            "expected an ISO 8601 time in UTC, for example 2025-03-31T00:00:00Z."
        ) from None
    return moments.dt.tz_localize(None).astype(_MOMENT)
