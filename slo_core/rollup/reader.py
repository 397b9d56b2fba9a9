"""What a rollup reads: raw days, each looked at once, over a connection for each thread."""

import os
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from slo_core.logs.raw import RawDay, damaged, read_day
from slo_core.logs.store import Problem, RawFile, Store
from slo_core.rollup.plan import Plan
from slo_core.rollup.units import Unit

BATCH_ROWS = 500_000
"""Quiet dates are taken together up to so many rows."""

MEMORY_MB = 480
"""What all connections together may hold before they spill to disk."""

WORKERS = max(1, min(4, os.cpu_count() or 1))
"""How many batches are rolled up side by side."""


@dataclass(frozen=True)
class Task:
    """A date of a unit that is to be rolled up, and what its figures will be of."""

    unit: Unit
    day: date
    fingerprint: str
    files: str
    """What its own raw files are, as `Entry` keeps it."""


class Connections:
    """A single-threaded connection for each thread, which work on different dates side by side.

    That is quicker than one connection with many threads: grouping, sorting and writing a date are
    many short steps, and threads that share each of them mostly wait for one another. They are
    connections to one database: to open one takes longer than to roll up a small date.
    """

    def __init__(self, store: Store, plan: Plan) -> None:
        self._spill = tempfile.TemporaryDirectory(prefix=".spill.", dir=store.rollup)
        self._local = threading.local()
        self._database = duckdb.connect()
        self._database.execute("SET threads = 1")
        self._database.execute(f"SET memory_limit = '{MEMORY_MB}MB'")
        self._database.execute(f"SET temp_directory = '{quoted(Path(self._spill.name))}'")
        self._database.execute("SET preserve_insertion_order = false")
        self._database.execute("SET GLOBAL TimeZone = 'UTC'")
        plan.create_tables(self._database)
        self._opened = [self._database]

    def __enter__(self) -> "Connections":
        return self

    def __exit__(self, *_: object) -> None:
        for connection in self._opened:  # the database is open as long as one of them is
            connection.close()
        self._spill.cleanup()

    def mine(self) -> duckdb.DuckDBPyConnection:
        """The connection of this thread, opened when it first asks."""
        found: duckdb.DuckDBPyConnection | None = getattr(self._local, "connection", None)
        if found is None:
            found = self._local.connection = self._database.cursor()
            self._opened.append(found)
            found.execute("SET enable_progress_bar = false")
        return found


class Reader:
    """The raw days of one unit, each looked at once, without files that turned out damaged."""

    def __init__(
        self,
        connections: Connections,
        store: Store,
        unit: Unit,
        files: Mapping[date, tuple[RawFile, ...]],
        cuts: int,
    ) -> None:
        self._connections = connections
        self.store = store
        self.unit = unit
        self._files = files
        self._cuts = cuts
        self._days: dict[date, RawDay] = {}
        self._broken: dict[RawFile, Problem] = {}

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The connection of the thread that asks."""
        return self._connections.mine()

    def sql(self, name: str) -> str:
        """The text of one of the unit's SQL files, for the cuts that the catalogue has."""
        return self.unit.sql(name, self._cuts)

    def day(self, day: date) -> RawDay:
        """The readable rows of a date; none where there are no files."""
        if day not in self._days:
            sound = [file for file in self._files.get(day, ()) if file not in self._broken]
            self._days[day] = read_day(self.connection, self.store, self.unit.table, day, sound)
        return self._days[day]

    def has_files(self, day: date) -> bool:
        """Whether a date has raw files at all, readable or not."""
        return day in self._files

    def problems(self, day: date) -> list[Problem]:
        """What is wrong with a date's files."""
        broken = [self._broken[file] for file in self._files.get(day, ()) if file in self._broken]
        return [*self.day(day).problems, *broken]

    def forget_damaged(self, days: Iterable[date]) -> bool:
        """Set the damaged files of some dates apart; False where there are none."""
        found: dict[RawFile, Problem] = {}
        for day in days:
            sound = [file for file in self._files.get(day, ()) if file not in self._broken]
            found |= damaged(self.connection, self.store, self.unit.table, sound)
            self._days.pop(day, None)
        self._broken |= found
        return bool(found)


def batches(reader: Reader, tasks: list[Task]) -> Iterator[list[Task]]:
    """Runs of dates of at most `BATCH_ROWS` rows together, or one date with more."""
    batch: list[Task] = []
    rows = 0
    for task in tasks:
        # The funnel's windows and joins hold several times what it reads.
        more = reader.day(task.day).rows * (2 if reader.unit.neighbours else 1)
        if batch and rows + more > BATCH_ROWS:
            yield batch
            batch, rows = [], 0
        batch.append(task)
        rows += more
    if batch:
        yield batch


def quoted(path: Path) -> str:
    """A path as a text of SQL holds it."""
    return str(path).replace("'", "''")
