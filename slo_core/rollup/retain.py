"""Raw logs that are old are removed once their figures are kept (DESIGN 2.1, kept history)."""

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from slo_core.catalog import Catalog
from slo_core.errors import SloError
from slo_core.logs.store import RawFile, Store
from slo_core.rollup.build import files_digest, locked, refresh
from slo_core.rollup.manifest import read_manifest, write_manifest
from slo_core.rollup.units import UNITS

_REMOVED = ".removed-"


@dataclass(frozen=True)
class Old:
    """A date of a table whose raw logs are old: its files, and why they stay, if they do."""

    table: str
    day: date
    files: tuple[RawFile, ...]
    stays: str | None = None

    @property
    def bytes(self) -> int:
        """What the files take of the disk."""
        return sum(file.size for file in self.files)


def kept_days(store: Store, table: str) -> list[date]:
    """The dates whose raw logs are gone while their figures are kept: nothing may be added to them.

    The rollup would count a late row alone, in the place of all that it had counted.
    """
    entries = read_manifest(store.rollup / table).entries
    there = store.listing(table).files
    return [
        day for day, entry in entries.items() if entry.kept or (entry.folder and day not in there)
    ]


def old_days(store: Store, days: int, at: datetime) -> list[Old]:
    """The dates that ended at least so many days before a moment, the oldest first.

    Files stay whose figures are not those of today's files, and those of which something could not
    be read. Raises SloError for less than one day.
    """
    if days < 1:
        raise SloError(f"--days is {days}: expected at least 1, the days whose raw logs stay.")
    last = (at - timedelta(days=days)).date()
    found = []
    for unit in UNITS:
        entries = read_manifest(store.rollup / unit.name).entries
        for day, files in store.listing(unit.name).files.items():
            if day >= last:
                continue
            entry, stays = entries.get(day), None
            if entry is None or entry.files != files_digest(files):
                stays = "it is not rolled up"
            elif any(problem.rows is None for problem in entry.problems):
                stays = "one of its files could not be read"
            found.append(Old(unit.name, day, files, stays))
    return sorted(found, key=lambda old: (old.day, old.table))


def retain(
    store: Store,
    catalog: Catalog,
    days: int,
    at: datetime,
    *,
    dry_run: bool = False,
    alone: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> list[Old]:
    """Remove the raw logs of `old_days` once they are rolled up; their figures are kept for good.

    Returns the dates with the files that were, or with ``dry_run`` would be, removed, and those
    that stay. ``alone`` keeps out whoever else writes raw logs. What is removed takes no more late
    rows. Killed at any moment it leaves each date whole or gone.
    """
    refresh(store, catalog)
    if dry_run:
        return old_days(store, days, at)
    with alone(), locked(store):
        _clear(store)
        found = old_days(store, days, at)
        for unit in UNITS:
            gone = {old.day for old in found if old.table == unit.name and not old.stays}
            for day in sorted(gone):
                folder = store.root / unit.name / f"date={day}"
                folder.rename(folder.with_name(f"{_REMOVED}{folder.name}"))
            if gone:
                home = store.rollup / unit.name
                manifest = read_manifest(home)
                for day in gone:
                    manifest.entries[day] = replace(manifest.entries[day], kept=True)
                write_manifest(home, manifest)
        _clear(store)
    return found


def _clear(store: Store) -> None:
    """Delete what was taken out of the tables, by us or by one that was killed."""
    for unit in UNITS:
        for folder in (store.root / unit.name).glob(f"{_REMOVED}*"):
            _delete(folder)


def _delete(folder: Path) -> None:
    for path in folder.iterdir():
        if path.suffix == ".parquet" and path.is_file():
            path.unlink()
    # What is not ours stays where it was.
    if any(folder.iterdir()):
        folder.rename(folder.with_name(folder.name.removeprefix(_REMOVED)))
    else:
        shutil.rmtree(folder)
