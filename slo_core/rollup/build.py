"""Bring a folder's rollups up to date: only dates whose files, catalogue or SQL changed are redone.

A date whose raw logs are gone is kept history and is never touched. Figures are
written to a new folder that counts once the manifest names it, so that a rollup can be
killed at any moment.
"""

import contextlib
import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from slo_core.catalog import Catalog
from slo_core.errors import SloError
from slo_core.logs.raw import RawDay, damaged, read_day, rejected
from slo_core.logs.store import Listing, Problem, RawFile, Store
from slo_core.rollup.manifest import Entry, Manifest, output_files, read_manifest, write_manifest
from slo_core.rollup.plan import Plan, make_plan
from slo_core.rollup.read import Rollup
from slo_core.rollup.units import UNITS, Unit

Progress = Callable[[int, int, str], None]
"""Called with dates done, dates to do, and what is being done."""

BATCH_ROWS = 1_500_000
"""Rows taken together: several quiet dates, or some hours of a busy one. Bounds the memory."""

MEMORY_LIMIT = "400MB"
_LOCK_SECONDS = 900
_READERS_GRACE_SECONDS = 300
_MOST_PROBLEMS = 20


@dataclass(frozen=True)
class _Task:
    unit: Unit
    day: date
    fingerprint: str


def refresh(store: Store, catalog: Catalog, progress: Progress | None = None) -> Rollup:
    """Roll up what has changed and return the rollups as they now stand.

    Raises SloError where the rollup cannot be written or another process keeps it locked.
    """
    plan = make_plan(catalog)
    listings = {unit.name: store.listing(unit.name) for unit in UNITS}
    manifests = _read_manifests(store)
    if _stale(listings, manifests, plan):
        with _locked(store):
            manifests = _read_manifests(store)
            tasks = _stale(listings, manifests, plan)
            _remove_leftovers(store, manifests)
            _roll_up(store, plan, listings, manifests, tasks, progress)
    problems = tuple(problem for listing in listings.values() for problem in listing.problems)
    return Rollup(store, catalog, manifests, problems)


def plan_name(plan: Plan) -> str:
    """A short name for a plan, the same for equal plans."""
    return hashlib.sha256(repr(plan).encode()).hexdigest()[:12]


def _read_manifests(store: Store) -> dict[str, Manifest]:
    return {unit.name: read_manifest(store.rollup / unit.name) for unit in UNITS}


def _stale(
    listings: Mapping[str, Listing], manifests: Mapping[str, Manifest], plan: Plan
) -> list[_Task]:
    """The dates to redo, oldest first, requests before the steps that look at their sessions."""
    tasks = []
    for unit in UNITS:
        files = listings[unit.name].files
        entries = manifests[unit.name].entries
        seed = [plan_name(plan), unit.text]
        for day in sorted(files):
            depends = _identities(files, day, (0, *unit.neighbours))
            if unit.neighbours:
                depends += _identities(listings["requests"].files, day, (0, 1))
            fingerprint = hashlib.sha256(json.dumps([seed, depends]).encode()).hexdigest()
            if day not in entries or entries[day].fingerprint != fingerprint:
                tasks.append(_Task(unit, day, fingerprint))
    return tasks


def _identities(
    files: Mapping[date, tuple[RawFile, ...]], day: date, offsets: Iterable[int]
) -> list[object]:
    return [
        [file.identity for file in files.get(day + timedelta(days=offset), ())]
        for offset in offsets
    ]


def _roll_up(
    store: Store,
    plan: Plan,
    listings: Mapping[str, Listing],
    manifests: dict[str, Manifest],
    tasks: list[_Task],
    progress: Progress | None,
) -> None:
    cuts = _cuts_of(plan)
    done = 0
    with _connection(store, plan) as connection:
        for unit in UNITS:
            reader = _Reader(connection, store, unit, listings[unit.name].files)
            own = [task for task in tasks if task.unit is unit]
            for batch in _batches(reader, own):
                if progress:
                    progress(done, len(tasks), f"{unit.name} of {batch[0].day}")
                entries = _roll_up_batch(reader, manifests, batch)
                manifest = manifests[unit.name]
                manifest.plans[plan_name(plan)] = cuts
                manifest.entries |= {
                    day: replace(entry, plan=plan_name(plan)) for day, entry in entries.items()
                }
                write_manifest(store.rollup / unit.name, manifest)
                done += len(batch)
    if progress:
        progress(done, len(tasks), "done")


class _Reader:
    """The raw days of one unit, each looked at once, without files that turned out damaged."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        store: Store,
        unit: Unit,
        files: Mapping[date, tuple[RawFile, ...]],
    ) -> None:
        self.connection = connection
        self.store = store
        self.unit = unit
        self._files = files
        self._days: dict[date, RawDay] = {}
        self._broken: dict[RawFile, Problem] = {}

    def day(self, day: date) -> RawDay:
        """The readable rows of a date; none where there are no files."""
        if day not in self._days:
            sound = [file for file in self._files.get(day, ()) if file not in self._broken]
            self._days[day] = read_day(self.connection, self.store, self.unit.table, day, sound)
        return self._days[day]

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


def _batches(reader: _Reader, tasks: list[_Task]) -> Iterator[list[_Task]]:
    """Runs of dates of at most `BATCH_ROWS` rows together, or one date with more."""
    batch: list[_Task] = []
    rows = 0
    for task in tasks:
        more = reader.day(task.day).rows
        if batch and rows + more > BATCH_ROWS:
            yield batch
            batch, rows = [], 0
        batch.append(task)
        rows += more
    if batch:
        yield batch


def _roll_up_batch(
    reader: _Reader, manifests: Mapping[str, Manifest], batch: list[_Task]
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
    reader: _Reader, manifests: Mapping[str, Manifest], batch: list[_Task], near: list[date]
) -> dict[date, Entry]:
    connection, unit = reader.connection, reader.unit
    _clear(connection)
    folder = None
    summary: dict[date, tuple[int, datetime, datetime]] = {}
    counted = [day.counted for task in batch if (day := reader.day(task.day)).select]
    if counted:
        _view(connection, unit.name, " UNION ALL ".join(counted))
        connection.execute("CREATE TEMP TABLE dates (date DATE)")
        connection.executemany("INSERT INTO dates VALUES (?)", [[task.day] for task in batch])
        if unit.parts:
            _judge(connection, unit, batch, reader)
        summary_sql = unit.sql("summary")
        rows = connection.execute(summary_sql).fetchall()
        summary = {day: (accepted, first, last) for day, accepted, first, last in rows}
        if unit.neighbours:
            _look_around(reader, manifests["requests"], near)
        for step in unit.steps:
            connection.execute(f"CREATE TEMP TABLE {step} AS {unit.sql(step)}")
        if summary:
            folder = _write(connection, reader.store.rollup / unit.name, unit, batch[0].day)
    entries = {}
    for task in batch:
        raw = reader.day(task.day)
        accepted, first_at, last_at = summary.get(task.day, (0, None, None))
        problems = reader.problems(task.day)
        if raw.select and accepted != raw.rows:
            problems += _summarised(rejected(connection, reader.store, raw, unit.known))
        entries[task.day] = Entry(
            task.fingerprint, folder if accepted else None, "", first_at, last_at, tuple(problems)
        )
    return entries


def _judge(
    connection: duckdb.DuckDBPyConnection, unit: Unit, batch: list[_Task], reader: _Reader
) -> None:
    """Group the raw rows into the unit's parts, hours at a time where a date has too many."""
    pieces = [""] if len(batch) > 1 else _chunks(reader.day(batch[0].day))
    for number, piece in enumerate(pieces):
        create = "INSERT INTO {} BY NAME" if number else "CREATE TEMP TABLE {} AS"
        judged = unit.sql("judged")
        if piece:
            _view(connection, unit.name, reader.day(batch[0].day).counted + piece)
        connection.execute(f"CREATE OR REPLACE TEMP TABLE judged AS {judged}")
        for part in unit.parts:
            connection.execute(f"{create.format(part)} {unit.sql(part)}")
    connection.execute("DROP TABLE judged")
    if len(pieces) > 1:
        _view(connection, unit.name, reader.day(batch[0].day).counted)


def _chunks(raw: RawDay) -> list[str]:
    """Conditions that split a date into runs of hours of about `BATCH_ROWS` rows."""
    count = min(24, -(-raw.rows // BATCH_ROWS))
    if count <= 1:
        return [""]
    midnight = datetime.combine(raw.day, datetime.min.time())
    edges = [midnight + timedelta(hours=24 * n // count) for n in range(count + 1)]
    return [
        f" AND ts >= TIMESTAMP '{start}' AND ts < TIMESTAMP '{end}'"
        for start, end in pairwise(edges)
    ]


def _look_around(reader: _Reader, requests: Manifest, near: list[date]) -> None:
    """What the funnel's SQL names besides its dates: steps around them, and sessions."""
    counted = [day.counted for n in near if (day := reader.day(n)).select]
    _view(reader.connection, reader.unit.name, " UNION ALL ".join(counted))
    paths = [
        path
        for day in near
        if (entry := requests.entries.get(day)) and entry.folder
        for path in output_files(reader.store, "requests", entry, "sessions", day)
    ]
    read = f"read_parquet({[str(path) for path in paths]}, hive_types = {{'date': 'DATE'}})"
    _view(
        reader.connection,
        "sessions",
        f"SELECT * FROM {read}"
        if paths
        else "SELECT CAST(NULL AS DATE) AS date, '' AS journey, '' AS session_id, "
        "'' AS platform, 0 AS failed, 0 AS slowest LIMIT 0",
    )


def _write(connection: duckdb.DuckDBPyConnection, home: Path, unit: Unit, first: date) -> str:
    """Write the outputs of some dates to a new folder, a file a date; returns its name."""
    home.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{first}.", dir=home))
    folder.chmod(0o755)
    for output in unit.outputs:
        columns = {
            name for name, *_ in connection.execute(f"DESCRIBE {output.name}").fetchall()
        } - {"date"}
        named = "journey_id" in columns
        select = ", ".join(sorted(f"o.{name}" for name in columns - {"journey_id"}))
        connection.execute(
            f"COPY (SELECT {'j.journey, ' if named else ''}{select}, {output.date} AS date "
            f"FROM {output.name} AS o "
            f"{'JOIN journey AS j ON o.journey_id = j.journey_id' if named else ''} "
            f"ORDER BY {output.order}) TO '{_quoted(folder / output.name)}' "
            "(FORMAT parquet, PARTITION_BY (date), COMPRESSION zstd, ROW_GROUP_SIZE 8192)"
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


def _cuts_of(plan: Plan) -> dict[str, list[list[object]]]:
    """The plan's cuts as they are kept with the figures, so that old figures can be read."""
    first_cut = 6
    return {
        "journeys": [[row[0], *_finite(row[first_cut:])] for row in plan.journeys],
        "metrics": [[row[0], row[1], *_finite(row[2:])] for row in plan.metrics],
    }


def _finite(cuts: tuple[object, ...]) -> list[object]:
    return [cut for cut in cuts if cut != float("inf")]


@contextlib.contextmanager
def _connection(store: Store, plan: Plan) -> Iterator[duckdb.DuckDBPyConnection]:
    with tempfile.TemporaryDirectory(prefix=".spill.", dir=store.rollup) as spill:
        connection = duckdb.connect()
        try:
            connection.execute(f"SET memory_limit = '{MEMORY_LIMIT}'")
            connection.execute(f"SET temp_directory = '{_quoted(Path(spill))}'")
            connection.execute("SET preserve_insertion_order = false")
            connection.execute("SET TimeZone = 'UTC'")
            plan.create_tables(connection)
            yield connection
        finally:
            connection.close()


@contextlib.contextmanager
def _locked(store: Store) -> Iterator[None]:
    """Hold the rollup's lock, so that two processes never write at once."""
    try:
        store.rollup.mkdir(parents=True, exist_ok=True)
        lock = FileLock(store.rollup / ".lock", timeout=_LOCK_SECONDS)
        lock.acquire()
    except Timeout:
        raise SloError(
            f"{store.rollup} has been locked by another rollup for {_LOCK_SECONDS // 60} minutes; "
            "wait for it to end, or stop it."
        ) from None
    except OSError as error:
        raise SloError(
            f"{store.rollup} cannot be written ({error.strerror}): rollups are kept beside the raw "
            "logs; allow writing there, or copy the logs to a folder of yours."
        ) from None
    try:
        yield
    finally:
        lock.release()


def _remove_leftovers(store: Store, manifests: Mapping[str, Manifest]) -> None:
    """Remove folders that no manifest names, once nobody can still be reading them."""
    for spill in store.rollup.glob(".spill.*"):
        shutil.rmtree(spill, ignore_errors=True)
    for name, manifest in manifests.items():
        named = {entry.folder for entry in manifest.entries.values()}
        for path in (store.rollup / name).glob("*.*"):
            old = path.is_dir() and time.time() - path.stat().st_mtime > _READERS_GRACE_SECONDS
            if old and path.name not in named:
                shutil.rmtree(path, ignore_errors=True)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
