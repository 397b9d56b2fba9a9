"""Rows that came too late to count: for days whose raw logs are gone and whose figures are kept.

Nothing can be added to kept figures, and to roll such rows up would put them in the place of all
that the figures are of (DESIGN 2.1, kept history). So the collector, which has acknowledged them,
sets them apart: ``DIR/collector/late/<table>/date=YYYY-MM-DD/*.parquet``, of the tables' own shape.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from slo_core.logs.store import Problem, RawFile, Store
from slo_core.logs.tables import TABLES

FOLDER = Path("collector", "late")
"""Below the data folder."""


@dataclass(frozen=True)
class TooLate:
    """So many rows of a table that came when the raw logs of their day were gone."""

    table: str
    day: date
    rows: int


def too_late(store: Store) -> list[TooLate]:
    """All that the collector has set apart, by table and day."""
    apart = Store(store.root / FOLDER)
    return [
        TooLate(table, day, rows_of(files))
        for table in TABLES
        for day, files in sorted(apart.listing(table).files.items())
    ]


def late_problems(store: Store) -> list[Problem]:
    """The same as what was not counted (DESIGN 2.1)."""
    return [
        Problem(
            str(FOLDER / found.table / f"date={found.day}"),
            found.rows,
            f"came when the raw logs of {found.day} were gone: its figures are kept without them",
        )
        for found in too_late(store)
    ]


def rows_of(files: Iterable[RawFile]) -> int:
    """The rows of some files by their footers; those that cannot be read have none."""
    return sum(_rows(file) or 0 for file in files)


@lru_cache(maxsize=50_000)
def _rows(file: RawFile) -> int | None:
    """The rows of a file as it stands, None where it cannot be read."""
    try:
        rows: int = pq.read_metadata(file.path).num_rows
    except (OSError, pa.ArrowException):
        return None
    return rows
