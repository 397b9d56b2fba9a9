"""The small files that a collector writes become larger ones, and a day that is over becomes one.

Sixteen files become one of the next level, so that a row is copied a few times and no more. The
file that takes the place of others is there before they go; until they have gone, a note beside
them (`slo_core.logs.store.SUPERSEDED`) tells readers of ours to leave them out.
"""

import json
import os
import re
import time
import uuid
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import product
from pathlib import Path

import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from slo_core.logs import late
from slo_core.logs.collector.journal import ENDING, sync_folder
from slo_core.logs.store import SUPERSEDED, Store, superseded
from slo_core.logs.tables import TABLES

TOGETHER = 16
"""So many files of one level become one of the next."""

_NAME = re.compile(r"collector-(?:level(?P<level>\d+)|(?P<day>day))?.*\.parquet")
_ROWS = 65_536
_SETTLED_SECONDS = 600
_WAIT_SECONDS = 5
_LOOK_BACK = timedelta(days=8)


def compact(root: Path, now: datetime, fresh: Iterable[str]) -> None:
    """Compact where there is something to compact.

    ``fresh`` are the journals that have just become files, whose dates are looked at. Only who
    holds the folder's lock for draining may call it.
    """
    names = list(fresh)
    for home, table in product((root, root / late.FOLDER), TABLES):
        for day in _days(home / table, now):
            folder = home / table / f"date={day}"
            files = sorted(folder.glob("collector-*.parquet"), key=_modified)
            if any(folder.glob(SUPERSEDED)):
                _finish(folder)
            elif day < now.date() and len(files) > 1 and _settled(files):
                _merge(root, folder, files, "day")
            elif names:
                for level, found in _levels(files).items():
                    if len(found) >= TOGETHER:
                        _merge(root, folder, found, f"level{level + 1}")


def _days(table: Path, now: datetime) -> list[date]:
    """The dates that a collector may have written to of late, and has."""
    days = [(now - n * timedelta(days=1)).date() for n in range(-1, _LOOK_BACK.days + 1)]
    return [day for day in days if (table / f"date={day}").is_dir()]


def _modified(path: Path) -> int:
    return path.stat().st_mtime_ns


def _settled(files: list[Path]) -> bool:
    return time.time() - files[-1].stat().st_mtime > _SETTLED_SECONDS


def _levels(files: list[Path]) -> dict[int, list[Path]]:
    found: dict[int, list[Path]] = {}
    for path in files:
        match = _NAME.fullmatch(path.name)
        if match and not match["day"]:
            found.setdefault(int(match["level"] or 0), []).append(path)
    return found


def _merge(root: Path, folder: Path, files: list[Path], kind: str) -> None:
    """Put one file in the place of some; none of them may have a journal that could come again."""
    journals = root / "collector" / "journal"
    gone = [path for path in files if not (journals / f"{_segment(path)}{ENDING}").exists()]
    if len(gone) < 2:
        return
    name = f"collector-{kind}-{uuid.uuid4().hex[:12]}.parquet"
    part = folder / f".{name}.part"
    with part.open("wb") as file:
        with pq.ParquetWriter(file, pq.read_schema(gone[0]), compression="zstd") as writer:
            for path in gone:
                with pq.ParquetFile(path) as source:
                    for rows in source.iter_batches(_ROWS):
                        writer.write_batch(rows)
        file.flush()
        os.fsync(file.fileno())
    rollup_lock = Store(root).rollup_lock
    rollup_lock.parent.mkdir(exist_ok=True)
    try:
        # A rollup that has begun reads the files that it has found.
        with FileLock(rollup_lock, timeout=_WAIT_SECONDS):
            _replace(folder, part, name, [path.name for path in gone])
    except Timeout:
        part.unlink()


def _replace(folder: Path, part: Path, name: str, files: list[str]) -> None:
    """Put a file in place of others. It can end anywhere: `_finish` does the rest later."""
    with (folder / SUPERSEDED.replace("*", name)).open("w", encoding="utf-8") as note:
        json.dump({"by": name, "files": files}, note)
        note.flush()
        os.fsync(note.fileno())
    sync_folder(folder)
    part.replace(folder / name)
    sync_folder(folder)
    _finish(folder)


def _segment(path: Path) -> str:
    return path.stem.removeprefix("collector-")


def _finish(folder: Path) -> None:
    """Remove files whose place another has taken; a note whose file never came says nothing."""
    for name in superseded(folder, [path.name for path in folder.iterdir()]):
        (folder / name).unlink(missing_ok=True)
    sync_folder(folder)
    for path in (*folder.glob(SUPERSEDED), *folder.glob(".collector-*.part")):
        path.unlink()
