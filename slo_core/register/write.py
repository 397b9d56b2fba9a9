"""The one way to write into the register: who, whether they may, what was before, what is now."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from slo_core.errors import SloError
from slo_core.moments import iso, utc_second
from slo_core.register.database import FILE_NAME, writing

Role = Literal["viewer", "responder", "manager"]

_RESPONDERS = frozenset({"incidents", "acknowledgements", "silences", "tasks", "review_notes"})

ROLES: dict[str, frozenset[str]] = {
    "viewer": frozenset(),
    "responder": _RESPONDERS,
    "manager": _RESPONDERS
    | {"maintenance", "exit_checks", "corrections", "reviews", "catalogue_changes"},
}
"""Which tables each role may write. Reading is everybody's."""


_ROW_OF = {
    "incidents": "incident",
    "acknowledgements": "acknowledgement",
    "silences": "silence",
    "tasks": "task",
    "review_notes": "review note",
    "maintenance": "maintenance window",
    "exit_checks": "exit criterion",
    "corrections": "correction",
    "reviews": "review",
    "catalogue_changes": "change of the catalogue",
}
"""What people call a row of a table."""


@dataclass(frozen=True)
class Actor:
    """Who writes. On one's own machine, without sign-in, a person may do everything."""

    name: str
    role: Role = "manager"


@dataclass(frozen=True)
class Change:
    """One row to be written: a new one, or with ``row_id`` and ``version`` an edit of one."""

    table: str
    values: Mapping[str, object]
    row_id: int | None = None
    version: int | None = None
    action: str | None = None


def write(
    data_dir: str | Path,
    actor: Actor,
    table: str,
    values: Mapping[str, object],
    *,
    row_id: int | None = None,
    version: int | None = None,
    action: str | None = None,
    at: datetime | None = None,
) -> int:
    """Add a row to `table`, or change the columns `values` of row `row_id`; answers the row's id.

    `version` is that of the row as the actor saw it, required for a change; if the row has been
    written since, nothing is changed. `action` is the history's word (`create` or `edit`), `at` the
    moment of writing (default: now). Moments are naive UTC datetimes, lists become JSON.

    Raises SloError with one sentence where the actor may not, a column or a value is wrong, the row
    is missing, or somebody else changed it meanwhile.
    """
    return write_all(data_dir, actor, [Change(table, values, row_id, version, action)], at=at)[0]


def write_all(
    data_dir: str | Path, actor: Actor, changes: Sequence[Change], *, at: datetime | None = None
) -> list[int]:
    """Write several rows, all of them or none; answers their ids. Raises as `write` does."""
    return _written(data_dir, actor, changes, at)


def write_once(
    data_dir: str | Path,
    actor: Actor,
    table: str,
    values: Mapping[str, object],
    *,
    unless: Mapping[str, object],
    at: datetime | None = None,
) -> int | None:
    """Add a row unless there is one with those values already; None where there is.

    Of several writers at the same moment, programs or people, one writes. Raises as `write` does.
    """
    found = _written(data_dir, actor, [Change(table, values)], at, unless)
    return found[0] if found else None


def _written(
    data_dir: str | Path,
    actor: Actor,
    changes: Sequence[Change],
    at: datetime | None,
    unless: Mapping[str, object] | None = None,
) -> list[int]:
    for change in changes:
        _allowed(actor, change.table)
    now = iso(at or utc_second())
    path = Path(data_dir) / FILE_NAME
    with writing(Path(data_dir)) as connection:
        if unless and _is_there(connection, changes[0].table, unless):
            return []
        return [_change(connection, path, actor, change, now) for change in changes]


def _change(
    connection: sqlite3.Connection, path: Path, actor: Actor, change: Change, now: str
) -> int:
    table, row_id = change.table, change.row_id
    stored = {column: _stored(column, value) for column, value in change.values.items()}
    columns = [row["name"] for row in connection.execute(f"PRAGMA table_info({table})")]
    _known(table, stored, columns)
    before = None if row_id is None else _current(connection, table, row_id, change.version)
    stamps = {"updated_at": now, "updated_by": actor.name}
    if before is None:
        stamps |= {"created_at": now, "created_by": actor.name}
    stored |= {column: text for column, text in stamps.items() if column in columns}
    try:
        row_id = _put(connection, table, stored, row_id)
    except sqlite3.IntegrityError as error:
        raise SloError(f"{path}: {table} cannot be written so: {error}.") from None
    after = connection.execute(f"SELECT * FROM {table} WHERE id = ?", [row_id]).fetchone()
    _in_order(table, after)
    connection.execute(
        "INSERT INTO history (at, actor, table_name, row_id, action, before_json, after_json)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            now,
            actor.name,
            table,
            row_id,
            change.action or ("create" if before is None else "edit"),
            None if before is None else json.dumps(dict(before)),
            json.dumps(dict(after)),
        ],
    )
    return row_id


def _is_there(connection: sqlite3.Connection, table: str, values: Mapping[str, object]) -> bool:
    same = " AND ".join(f"{column} IS ?" for column in values)
    found = connection.execute(
        f"SELECT 1 FROM {table} WHERE {same} LIMIT 1",
        [_stored(column, value) for column, value in values.items()],
    )
    return found.fetchone() is not None


def _allowed(actor: Actor, table: str) -> None:
    if not actor.name.strip():
        raise SloError("the register keeps who wrote what: say your name first.")
    if table not in frozenset().union(*ROLES.values()):
        raise SloError(f"the register has no table {table!r} that people write.")
    if table not in ROLES[actor.role]:
        able = " or ".join(role for role, tables in ROLES.items() if table in tables)
        raise SloError(f"{actor.name} is a {actor.role} and may not write {table}: ask a {able}.")


def _known(table: str, values: Mapping[str, object], columns: list[str]) -> None:
    if not values:
        raise SloError(f"nothing to write into {table}: name at least one column.")
    for column in values:
        if column == "id" or column not in columns:
            raise SloError(
                f"{table} has no column {column!r} to write; expected one of "
                f"{', '.join(name for name in columns if name != 'id')}."
            )


def _stored(column: str, value: object) -> object:
    """A value as SQLite keeps it."""
    if isinstance(value, datetime):
        return iso(_naive(value))
    if column.endswith("_at") and isinstance(value, str):
        try:
            return iso(_naive(datetime.fromisoformat(value)))
        except ValueError:
            raise SloError(
                f"{column} is {value!r}; expected an ISO 8601 time in UTC, "
                "for example 2025-03-31T00:00:00Z."
            ) from None
    return json.dumps(list(value)) if isinstance(value, list | tuple) else value


def _current(
    connection: sqlite3.Connection, table: str, row_id: int, version: int | None
) -> sqlite3.Row:
    """The row as it is now, if that is still what the writer saw."""
    row: sqlite3.Row | None = connection.execute(
        f"SELECT * FROM {table} WHERE id = ?", [row_id]
    ).fetchone()
    name = f"{_ROW_OF.get(table, table)} {row_id}"
    if row is None:
        raise SloError(f"there is no {name}: somebody may have removed it.")
    written = connection.execute(
        "SELECT actor, at FROM history WHERE table_name = ? AND row_id = ? ORDER BY id",
        [table, row_id],
    ).fetchall()
    if version is None:
        raise SloError(f"say which version of {name} you changed; it is at {len(written)}.")
    if version != len(written):
        last = written[-1]
        raise SloError(
            f"{last['actor']} changed {name} at {last['at']}, after you had opened it "
            f"(version {version}, now {len(written)}): nothing was written, look at theirs first."
        )
    return row


def _put(
    connection: sqlite3.Connection, table: str, stored: Mapping[str, object], row_id: int | None
) -> int:
    if row_id is None:
        names, marks = ", ".join(stored), ", ".join("?" * len(stored))
        cursor = connection.execute(
            f"INSERT INTO {table} ({names}) VALUES ({marks})", list(stored.values())
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid
    changes = ", ".join(f"{column} = ?" for column in stored)
    connection.execute(f"UPDATE {table} SET {changes} WHERE id = ?", [*stored.values(), row_id])
    return row_id


def _in_order(table: str, row: sqlite3.Row) -> None:
    """A span must not end before it starts."""
    planned = dict.fromkeys(("maintenance", "corrections", "silences"), ("starts_at", "ends_at"))
    spans = planned | {"incidents": ("started_at", "ended_at")}
    if table not in spans:
        return
    start, end = spans[table]
    if row[end] and _moment(row[end]) <= _moment(row[start]):
        raise SloError(
            f"the {_ROW_OF[table]}'s end {row[end]} must come after its start {row[start]}."
        )


def _moment(text: str) -> datetime:
    return _naive(datetime.fromisoformat(text))


def _naive(moment: datetime) -> datetime:
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)
