"""The rollups as they stand, ready to be read: which files hold what, and from when to when."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from slo_core.catalog import Catalog
from slo_core.logs.store import Problem, Store
from slo_core.moments import utc_now
from slo_core.rollup.manifest import Entry, Manifest, output_files, span

# A column's name in SQL, and what looks like one: texts, new names, functions, constants.
_COLUMN = re.compile(r"\b[a-z_][a-z0-9_]*\b")
_NO_COLUMN = re.compile(r"'[^']*'|\bAS\s+\w+|\b\w+\s*\(|\b(?:true|false)\b")


@dataclass(frozen=True, eq=False)
class Rollup:
    """A folder's rollups with the catalogue that reads them.

    Frames are read with a cursor per query, so that one `Rollup` serves many threads.
    """

    store: Store
    catalog: Catalog
    manifests: Mapping[str, Manifest]
    outside: tuple[Problem, ...] = ()
    """Files that belong to no date, and kept history that is missing."""
    logged: Mapping[str, frozenset[date]] = field(default_factory=dict)
    """The dates of each unit whose raw logs are there; the others' figures may be of older code."""
    _connection: duckdb.DuckDBPyConnection = field(default_factory=lambda: _connect(), repr=False)

    @property
    def problems(self) -> list[Problem]:
        """Rows not counted and files not read, over all tables and dates."""
        entries = [
            entry for manifest in self.manifests.values() for entry in manifest.entries.values()
        ]
        return [*self.outside, *(problem for entry in entries for problem in entry.problems)]

    @cached_property
    def span(self) -> tuple[datetime, datetime] | None:
        """The first and the last event of any table; None where nothing was counted."""
        return span(
            entry for manifest in self.manifests.values() for entry in manifest.entries.values()
        )

    @cached_property
    def version(self) -> str:
        """A word that changes whenever any figure may have: the key under which pages cache."""
        stamps = [
            (name, day.isoformat(), entry.fingerprint, entry.folder, entry.outputs)
            for name, manifest in self.manifests.items()
            for day, entry in manifest.entries.items()
        ]
        return f"{hash(tuple(stamps)):x}"

    @cached_property
    def promises(self) -> str:
        """A word that changes whenever the catalogue says anything else."""
        return hashlib.blake2b(self.catalog.model_dump_json().encode()).hexdigest()

    def default_at(self, now: datetime | None = None) -> datetime:
        """The moment of a look that names none (DESIGN 2.2): now, or the end of older data.

        ``now`` is UTC without a zone. Rounded up to the minute, so that what has just come in is
        seen; the minute that is running is in it as far as it has been heard of.
        """
        now = now or utc_now()
        last = self.span[1] if self.span else now
        return _ceil_minute(now if now - last < timedelta(days=1) else last)

    def entries(self, unit: str, start: datetime, end: datetime) -> Iterator[tuple[date, Entry]]:
        """A unit's dates that have figures and overlap ``[start, end)``."""
        entries = self.manifests[unit].entries
        first, last = start.date(), end.date()
        count = (last - first).days + 1
        # A page asks for a few of a year's dates, and many times over.
        days = (
            (first + timedelta(days=n) for n in range(count)) if count < len(entries) else entries
        )
        for day in days:
            entry = entries.get(day)
            if entry and entry.folder and first <= day and _midnight(day) < end:
                yield day, entry

    def files(
        self, unit: str, output: str, ranges: Iterable[tuple[datetime, datetime]]
    ) -> dict[str, list[Path]]:
        """The files of an output that overlap any of the ranges, by the plan that made them."""
        found: dict[str, dict[Path, None]] = {}
        for start, end in ranges:
            for day, entry in self.entries(unit, start, end):
                for path in output_files(self.store, unit, entry, output, day):
                    found.setdefault(entry.plan, {})[path] = None
        return {plan: list(paths) for plan, paths in found.items()}

    def source(
        self,
        unit: str,
        output: str,
        ranges: Iterable[tuple[datetime, datetime]],
        *,
        columns: str = "*",
        where: str = "true",
    ) -> str | None:
        """A SELECT over an output's files in some ranges, with the ``plan`` of each row.

        None where there is no file: no data, which no query should make a zero of.
        """
        selects = []
        for plan, paths in self.files(unit, output, ranges).items():
            # By name, since kept history may be older than a column: it reads as null there. Others
            # are alike, and need not be looked at one by one.
            logged = self._logged(unit, paths)
            by_name = "" if all(logged) else "union_by_name = true, "
            read = (
                f"read_parquet({[str(path) for path in paths]}, {by_name}"
                "hive_types = {'date': 'DATE'})"
            )
            # Those with raw logs are of one plan and of today's code: alike.
            unlike = paths[:1] if all(logged) else paths
            if nulls := self._lacking(unlike, f"{columns}, {where}"):
                read = f"(SELECT *, {nulls} FROM {read})"
            selects.append(f"SELECT {columns}, '{plan}' AS plan FROM {read} WHERE {where}")
        return " UNION ALL ".join(selects) or None

    def _logged(self, unit: str, paths: Sequence[Path]) -> list[bool]:
        """Of which files the raw logs are there, so that they are of today's code."""
        logged = self.logged.get(unit, frozenset())
        return [
            date.fromisoformat(path.parent.name.removeprefix("date=")) in logged for path in paths
        ]

    def _lacking(self, paths: Sequence[Path], asked: str) -> str:
        """Nulls for the columns that SQL asks for and that all of the files are older than."""
        # Files of one folder were written at once and are alike.
        alike = {path.parents[1]: path for path in paths}
        known = frozenset().union(*map(_columns, alike.values()))
        names = dict.fromkeys(_COLUMN.findall(_NO_COLUMN.sub(" ", asked)))
        return ", ".join(f'NULL AS "{name}"' for name in names if name not in known)

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor of the rollups' own connection, for one query."""
        cursor = self._connection.cursor()
        # The engine's own bar goes to standard output, where a program expects JSON.
        cursor.execute("SET enable_progress_bar = false")
        return cursor


def _connect() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    # Files never change once a manifest names them, so their footers need be read once only.
    connection.execute("SET GLOBAL parquet_metadata_cache = true")
    return connection


@lru_cache(maxsize=5_000)
def _columns(path: Path) -> frozenset[str]:
    """The columns of a file, that of its folder's name included."""
    return frozenset({"date", *pq.read_schema(path).names})


def _midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time())


def _ceil_minute(moment: datetime) -> datetime:
    floored = moment.replace(second=0, microsecond=0)
    return floored if floored == moment else floored + timedelta(minutes=1)
