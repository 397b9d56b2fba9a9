"""Bring a folder's rollups up to date: only dates whose files, catalogue or SQL changed are redone.

A date whose raw logs are gone is kept history and is never touched. Figures are
written to a new folder that counts once the manifest names it, so that a rollup can be
killed at any moment.
"""

import contextlib
import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import replace
from datetime import date, timedelta

from filelock import FileLock, Timeout

from slo_core.catalog import Catalog
from slo_core.errors import SloError
from slo_core.logs.late import late_problems
from slo_core.logs.store import Listing, Problem, RawFile, Store
from slo_core.rollup.batch import roll_up_batch
from slo_core.rollup.manifest import (
    Entry,
    Manifest,
    deleted,
    forget_listed,
    read_manifest,
    write_manifest,
)
from slo_core.rollup.plan import JOURNEY_FACTS, Plan, make_plan
from slo_core.rollup.read import Rollup
from slo_core.rollup.reader import WORKERS, Connections, Reader, Task, batches
from slo_core.rollup.units import UNITS, Unit

Progress = Callable[[int, int, str], None]
"""Called with dates done, dates to do, and what is being done."""

_LOCK_SECONDS = 900
_SAVED_EVERY_SECONDS = 1.0
_READERS_GRACE_SECONDS = 300


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
        lost = _lost_history(store, unit, listings[unit.name], manifests[unit.name])
        problems += _told(store, unit, manifests[unit.name], lost)
        _forget_lost(manifests[unit.name], lost)
    problems += late_problems(store)
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
) -> list[Task]:
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
                tasks.append(Task(unit, day, fingerprint, own[day]))
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
) -> dict[date, tuple[str, ...]]:
    """What somebody deleted of kept history, which cannot be made again, by date."""
    found = {
        day: deleted(store.rollup / unit.name, day, manifest.entries[day])
        for day in sorted(manifest.entries.keys() - listing.files.keys())
    }
    return {day: gone for day, gone in found.items() if gone}


def _forget_lost(manifest: Manifest, lost: Mapping[date, tuple[str, ...]]) -> None:
    """Have a manifest that is only read say no more than there is, as a new process would find it.

    A server that has seen the figures notices by that, too, that some are other figures now.
    """
    if lost:
        forget_listed()
    for day, gone in lost.items():
        entry = manifest.entries[day]
        rest = tuple(name for name in entry.outputs if name not in gone)
        folder = entry.folder if rest and rest != entry.outputs else None
        manifest.entries[day] = replace(entry, folder=folder, outputs=rest)


def _told(
    store: Store, unit: Unit, manifest: Manifest, lost: Mapping[date, tuple[str, ...]]
) -> Iterator[Problem]:
    """What was lost of kept history, the dates together of which the same is gone."""
    alike: dict[tuple[str, tuple[str, ...]], list[date]] = {}
    for day, gone in lost.items():
        alike.setdefault((manifest.entries[day].folder or "", gone), []).append(day)
    for (folder, gone), days in alike.items():
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
    tasks: list[Task],
    progress: Progress | None,
) -> None:
    cuts, name = _cuts_of(plan), plan_name(plan)
    # The funnel looks at what has become of the requests; nobody else waits for anybody.
    first = [unit for unit in UNITS if not unit.neighbours]
    last = [unit for unit in UNITS if unit.neighbours]
    done = 0
    with Connections(store, plan) as connections, ThreadPoolExecutor(WORKERS) as pool:
        for units in (first, last):
            running: dict[Future[dict[date, Entry]], Unit] = {}
            for unit in units:
                reader = Reader(connections, store, unit, listings[unit.name].files, plan.cuts)
                for batch in batches(reader, [task for task in tasks if task.unit is unit]):
                    running[pool.submit(roll_up_batch, reader, manifests, batch)] = unit
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
