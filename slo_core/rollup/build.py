"""Bring a folder's rollups up to date: only dates whose files, catalogue or SQL changed are redone.

A date whose raw logs are gone is kept history and is never touched. Figures are
written to a new folder that counts once the manifest names it, so that a rollup can be
killed at any moment.
"""

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from slo_core.catalog import Catalog
from slo_core.errors import SloError
from slo_core.logs.raw import RawDay, all_rows, counted_rows, damaged, read_day, rejected
from slo_core.logs.store import Listing, Problem, RawFile, Store
from slo_core.rollup.manifest import (
    Entry,
    Manifest,
    deleted,
    output_files,
    part_of,
    read_manifest,
    write_manifest,
)
from slo_core.rollup.plan import JOURNEY_FACTS, Plan, make_plan
from slo_core.rollup.read import Rollup
from slo_core.rollup.units import UNITS, Unit

Progress = Callable[[int, int, str], None]
"""Called with dates done, dates to do, and what is being done."""

BATCH_ROWS = 500_000
"""Quiet dates are taken together up to so many rows."""

CHUNK_ROWS = 1_500_000
"""A date with more rows is taken hours at a time, so that memory does not grow with traffic."""

MEMORY_MB = 480
"""What all connections together may hold before they spill to disk."""

_WORKERS = max(1, min(4, os.cpu_count() or 1))
_LOCK_SECONDS = 900
_SAVED_EVERY_SECONDS = 1.0
_READERS_GRACE_SECONDS = 300
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


@dataclass(frozen=True)
class _Task:
    unit: Unit
    day: date
    fingerprint: str
    files: str
    """What its own raw files are, as `Entry` keeps it."""


def refresh(store: Store, catalog: Catalog, progress: Progress | None = None) -> Rollup:
    """Roll up what has changed and return the rollups as they now stand.

    Raises SloError where the rollup cannot be written or another process keeps it locked.
    """
    plan = make_plan(catalog)
    manifests = _read_manifests(store)
    listings = _listings(store, manifests)
    if _stale(store, listings, manifests, plan):
        with locked(store):
            # Files may have been put together while we waited; none is taken away from now on.
            manifests = _read_manifests(store)
            listings = _listings(store, manifests)
            tasks = _stale(store, listings, manifests, plan)
            _remove_leftovers(store, manifests)
            _roll_up(store, plan, listings, manifests, tasks, progress)
    problems = [problem for listing in listings.values() for problem in listing.problems]
    for unit in UNITS:
        problems += _lost_history(store, unit, listings[unit.name], manifests[unit.name])
    logged = {unit.name: frozenset(listings[unit.name].files) for unit in UNITS}
    return Rollup(store, catalog, manifests, tuple(problems), logged)


def plan_name(plan: Plan) -> str:
    """A short name for a plan, the same for equal plans."""
    return hashlib.sha256(repr(plan).encode()).hexdigest()[:12]


def _read_manifests(store: Store) -> dict[str, Manifest]:
    return {unit.name: read_manifest(store.rollup / unit.name) for unit in UNITS}


def _listings(store: Store, manifests: Mapping[str, Manifest]) -> dict[str, Listing]:
    """The raw files of every table, but for those that came after their date's were removed.

    To count them would put a few late rows in the place of all that the date's figures are of.
    """
    found = {}
    for unit in UNITS:
        listing, entries = store.listing(unit.name), manifests[unit.name].entries
        late = {day for day in listing.files if day in entries and entries[day].kept}
        problems = (
            Problem(
                store.name(file.path),
                None,
                f"is not counted: the raw logs of {day} were removed and its figures are kept",
            )
            for day in sorted(late)
            for file in listing.files[day]
        )
        files = {day: files for day, files in listing.files.items() if day not in late}
        found[unit.name] = Listing(files, (*listing.problems, *problems))
    return found


def _stale(
    store: Store, listings: Mapping[str, Listing], manifests: Mapping[str, Manifest], plan: Plan
) -> list[_Task]:
    """The dates to redo, oldest first, requests before the steps that look at their sessions."""
    files = {unit.name: _files(listings[unit.name], manifests[unit.name]) for unit in UNITS}
    tasks = []
    for unit in UNITS:
        own, requests = files[unit.name], files["requests"]
        entries = manifests[unit.name].entries
        seed = [plan_name(plan), unit.text]
        for day in sorted(listings[unit.name].files):
            depends = [own.get(day + timedelta(days=offset)) for offset in (0, *unit.neighbours)]
            if unit.neighbours:
                ahead = [offset for offset in (0, *unit.neighbours) if offset >= 0]
                depends += [requests.get(day + timedelta(days=offset)) for offset in ahead]
            fingerprint = _digest([seed, depends])
            entry = entries.get(day)
            if (
                entry is None
                or entry.fingerprint != fingerprint
                or deleted(store.rollup / unit.name, day, entry)
            ):
                tasks.append(_Task(unit, day, fingerprint, own[day]))
    return tasks


def _files(listing: Listing, manifest: Manifest) -> dict[date, str]:
    """What the raw files of each date are, or, of kept history, were.

    So a date is not redone, and without what lies before its midnight, when its neighbour's raw
    logs are removed.
    """
    kept = {day: entry.files for day, entry in manifest.entries.items()}
    there = {day: files_digest(files) for day, files in listing.files.items()}
    return kept | there


def files_digest(files: Iterable[RawFile]) -> str:
    """What a date's raw files are, as `Entry` keeps it."""
    return _digest([file.identity for file in files])


def _digest(parts: list[object]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _lost_history(
    store: Store, unit: Unit, listing: Listing, manifest: Manifest
) -> Iterator[Problem]:
    """What somebody deleted of kept history, which cannot be made again, by what was lost alike."""
    lost: dict[tuple[str, tuple[str, ...]], list[date]] = {}
    for day in sorted(manifest.entries.keys() - listing.files.keys()):
        entry = manifest.entries[day]
        if gone := deleted(store.rollup / unit.name, day, entry):
            lost.setdefault((entry.folder or "", gone), []).append(day)
    for (folder, gone), days in lost.items():
        span = f"{days[0]}" if len(days) == 1 else f"{len(days)} days, {days[0]} to {days[-1]},"
        yield Problem(
            store.name(store.rollup / unit.name / folder),
            None,
            f"kept history of {span} is missing: {', '.join(gone)}; the raw logs are gone too, so "
            "put it back from a copy, or read its absence as no data",
        )


def _roll_up(
    store: Store,
    plan: Plan,
    listings: Mapping[str, Listing],
    manifests: dict[str, Manifest],
    tasks: list[_Task],
    progress: Progress | None,
) -> None:
    cuts, name = _cuts_of(plan), plan_name(plan)
    # The funnel looks at what has become of the requests; nobody else waits for anybody.
    first = [unit for unit in UNITS if not unit.neighbours]
    last = [unit for unit in UNITS if unit.neighbours]
    done = 0
    with _Connections(store, plan) as connections, ThreadPoolExecutor(_WORKERS) as pool:
        for units in (first, last):
            running: dict[Future[dict[date, Entry]], Unit] = {}
            for unit in units:
                reader = _Reader(connections, store, unit, listings[unit.name].files, plan.cuts)
                for batch in _batches(reader, [task for task in tasks if task.unit is unit]):
                    running[pool.submit(_roll_up_batch, reader, manifests, batch)] = unit
            unsaved: set[str] = set()
            saved_at = time.monotonic()
            for finished in as_completed(running):
                if finished.exception():
                    pool.shutdown(cancel_futures=True)
                unit, entries = running[finished], finished.result()
                manifest = manifests[unit.name]
                manifest.plans[name] = cuts
                manifest.entries |= {
                    day: replace(entry, plan=name) for day, entry in entries.items()
                }
                unsaved.add(unit.name)
                done += len(entries)
                if time.monotonic() - saved_at > _SAVED_EVERY_SECONDS:
                    _save(store, manifests, unsaved)
                    saved_at = time.monotonic()
                if progress:
                    progress(done, len(tasks), f"{unit.name} of {max(entries)}")
            _save(store, manifests, unsaved)


def _save(store: Store, manifests: Mapping[str, Manifest], unsaved: set[str]) -> None:
    """Write the manifests of some units, and empty the set."""
    for name in sorted(unsaved):
        write_manifest(store.rollup / name, manifests[name])
    unsaved.clear()


class _Connections:
    """A single-threaded connection for each thread, which work on different dates side by side.

    That is quicker than one connection with many threads: grouping, sorting and writing a date are
    many short steps, and threads that share each of them mostly wait for one another.
    """

    def __init__(self, store: Store, plan: Plan) -> None:
        self._plan = plan
        self._spill = tempfile.TemporaryDirectory(prefix=".spill.", dir=store.rollup)
        self._local = threading.local()
        self._opened: list[duckdb.DuckDBPyConnection] = []

    def __enter__(self) -> "_Connections":
        return self

    def __exit__(self, *_: object) -> None:
        for connection in self._opened:
            connection.close()
        self._spill.cleanup()

    def mine(self) -> duckdb.DuckDBPyConnection:
        """The connection of this thread, opened when it first asks."""
        found: duckdb.DuckDBPyConnection | None = getattr(self._local, "connection", None)
        if found is None:
            found = self._local.connection = duckdb.connect()
            self._opened.append(found)
            found.execute("SET threads = 1")
            found.execute("SET enable_progress_bar = false")
            found.execute(f"SET memory_limit = '{MEMORY_MB // _WORKERS}MB'")
            found.execute(f"SET temp_directory = '{_quoted(Path(self._spill.name))}'")
            found.execute("SET preserve_insertion_order = false")
            found.execute("SET TimeZone = 'UTC'")
            self._plan.create_tables(found)
        return found


class _Reader:
    """The raw days of one unit, each looked at once, without files that turned out damaged."""

    def __init__(
        self,
        connections: _Connections,
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


def _batches(reader: _Reader, tasks: list[_Task]) -> Iterator[list[_Task]]:
    """Runs of dates of at most `BATCH_ROWS` rows together, or one date with more."""
    batch: list[_Task] = []
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
    connection: duckdb.DuckDBPyConnection, unit: Unit, batch: list[_Task], reader: _Reader
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


def _look_around(reader: _Reader, manifests: Mapping[str, Manifest], near: list[date]) -> None:
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
            f"TO '{_quoted(target)}' ({options})"
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
    return {
        "journeys": [[row[0], *_finite(row[JOURNEY_FACTS:])] for row in plan.journeys],
        "metrics": [[row[0], row[1], *_finite(row[2:])] for row in plan.metrics],
    }


def _finite(cuts: tuple[object, ...]) -> list[object]:
    return [cut for cut in cuts if cut != float("inf")]


@contextlib.contextmanager
def locked(store: Store) -> Iterator[None]:
    """Hold the rollup's lock, so that two processes never write at once.

    Raises SloError where it cannot be had.
    """
    try:
        store.rollup.mkdir(parents=True, exist_ok=True)
        lock = FileLock(store.rollup_lock, timeout=_LOCK_SECONDS)
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
