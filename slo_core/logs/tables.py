"""The seven log tables that any tool may write, as data (DESIGN 2.1).

A table is a folder of Parquet files, ``DIR/<table>/date=YYYY-MM-DD/*.parquet``. This module only
says which columns there are, of which kind, and which may be null; reading is `slo_core.rollup`'s.
"""

import math
from dataclasses import dataclass
from typing import Literal, cast

Kind = Literal["timestamp", "text", "integer", "number", "boolean"]


@dataclass(frozen=True)
class Column:
    """One column: its name, the kind of its values, and whether null means something."""

    name: str
    kind: Kind
    nullable: bool = False
    minimum: float = 0
    """The smallest possible value of a number; nothing that we measure is negative."""
    maximum: float = math.inf
    """The largest possible value of a number; infinity and NaN themselves are never possible."""


@dataclass(frozen=True)
class Table:
    """One log table and its columns, in the order in which they are documented."""

    name: str
    columns: tuple[Column, ...]


def _table(name: str, *columns: str) -> Table:
    """Build a table from ``"name kind [minimum maximum]"``; ``?`` on the name marks nullable."""
    parsed = []
    for column in columns:
        column_name, kind, *bounds = column.split()
        parsed.append(
            Column(
                column_name.rstrip("?"),
                cast(Kind, kind),
                column_name.endswith("?"),
                *(float(bound) for bound in bounds),
            )
        )
    return Table(name, tuple(parsed))


REQUESTS = _table(
    "requests",
    "ts timestamp",
    "journey text",
    "step? text",
    "session_id? text",
    "user_id? text",
    "platform? text",
    "endpoint? text",
    "method? text",
    "status? integer 100 599",
    "duration_ms? number",
    "error? text",
    "response_bytes? integer",
    "excluded? text",
    "source? text",
)
MEASUREMENTS = _table(
    "measurements",
    "ts timestamp",
    "journey text",
    "metric text",
    "value number",
    "session_id? text",
    "platform? text",
)
STEPS = _table(
    "steps",
    "ts timestamp",
    "journey text",
    "attempt_id text",
    "step text",
    "session_id? text",
)
PROBES = _table(
    "probes",
    "ts timestamp",
    "scope text",
    "target text",
    "ok boolean",
    "latency_ms? number",
)
RESOURCES = _table(
    "resources",
    "ts timestamp",
    "host text",
    "metric text",
    "value number",
)
FEEDBACK = _table(
    "feedback",
    "ts timestamp",
    "journey text",
    "rating number 1 5",
    "comment? text",
)
CHANGES = _table(
    "changes",
    "ts timestamp",
    "kind text",
    "service? text",
    "version? text",
    "actor? text",
    "note? text",
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (REQUESTS, MEASUREMENTS, STEPS, PROBES, RESOURCES, FEEDBACK, CHANGES)
}
