"""Journals become Parquet files, each row once, whenever and however often a process is killed.

A journal file becomes one Parquet file a table and date, named after it. It is deleted only once
those are in place, and made again, under the same names and with the same rows, where it is still
there. One process drains at a time; what a dead process left behind, any other takes over. Rows of
days whose raw logs are gone are set apart (`slo_core.logs.late`).
"""

import os
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from slo_core.errors import SloError
from slo_core.logs import late
from slo_core.logs.collector.batches import Batches
from slo_core.logs.collector.compact import compact
from slo_core.logs.collector.fields import Row
from slo_core.logs.collector.journal import ENDING, read_segment, sync_folder
from slo_core.logs.store import VERSION, Store
from slo_core.logs.tables import TABLES, Table
from slo_core.rollup.retain import kept_days

FOLDER = "collector"
"""Below the data folder: ``journal/`` and ``batches/``, nobody else's business."""

PREFIX = "collector-"
"""How the Parquet files begin that a collector has written."""

_TYPES = {
    "timestamp": pa.timestamp("us"),
    "text": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
}


class Drain:
    """One process's part in draining a data folder, which is made where it does not exist.

    ``process`` is the name under which the process writes its journals.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.journal = root / FOLDER / "journal"
        self._batches = Batches(root / FOLDER / "batches")
        self.process = uuid.uuid4().hex[:12]
        self._make_folders()
        self._lock = FileLock(root / FOLDER / "drain.lock")
        # Let go of by whichever thread ends it.
        self._alive = FileLock(self.journal / f"{self.process}.lock", thread_local=False)
        with self._lock:
            self._alive.acquire()

    def close(self) -> None:
        """Leave what is left of this process's journals to others."""
        with self._lock:
            self._alive.release()
            self._forget(self.process)

    def known_batches(self, now: datetime) -> list[str]:
        """The batches that need not be taken again."""
        with self._lock:
            self._batches.catch_up(now)
            return self._batches.known()

    def backlog(self) -> int:
        """The bytes of journals that are still to be drained, of all processes."""
        total = 0
        for path in self.journal.glob(f"*{ENDING}"):
            with suppress(FileNotFoundError):
                total += path.stat().st_size
        return total

    def run(self, now: datetime, still_open: Callable[[], Path | None]) -> int:
        """Turn complete journals into Parquet files; returns how many there were.

        ``now`` is UTC without a zone; ``still_open`` is the file that this process may still write.
        Raises OSError where the disk does not let it; the journals stay.
        """
        try:
            self._lock.acquire(timeout=10)
        except Timeout:
            return 0
        try:
            self._batches.catch_up(now)
            segments = self._complete(still_open)
            for segment in segments:
                self._publish(segment, now)
            self._forget_dead()
            compact(self.root, now, [segment.stem for segment in segments])
        finally:
            self._lock.release()
        return len(segments)

    def _make_folders(self) -> None:
        if not self.root.is_dir():
            self.root.mkdir(parents=True)
            (self.root / "version").write_text(f"{VERSION}\n", encoding="utf-8")
        self.journal.mkdir(parents=True, exist_ok=True)
        (self.root / FOLDER / "batches").mkdir(exist_ok=True)

    def _complete(self, still_open: Callable[[], Path | None]) -> list[Path]:
        """The journal files that nobody writes any more, oldest first."""
        found = []
        dead = {path.stem for path in self._dead()}
        # Looked at before asking which is open: one that is opened in between is not in the list.
        there = sorted(self.journal.glob(f"*{ENDING}"), key=lambda path: path.stat().st_mtime_ns)
        mine = still_open()
        for path in there:
            process = path.name.partition(".")[0]
            if process == self.process:
                if path != mine:
                    found.append(path)
            elif process in dead or not (self.journal / f"{process}.lock").exists():
                found.append(path)
        return found

    def _dead(self) -> list[Path]:
        """The locks of processes that are gone."""
        found = []
        for path in self.journal.glob("*.lock"):
            if path.stem == self.process:
                continue
            with suppress(Timeout), FileLock(path, timeout=0):
                found.append(path)
        return found

    def _forget_dead(self) -> None:
        """Remove the locks of processes that are gone and have left nothing."""
        for path in self._dead():
            self._forget(path.stem)

    def _forget(self, process: str) -> None:
        if not any(self.journal.glob(f"{process}.*{ENDING}")):
            (self.journal / f"{process}.lock").unlink(missing_ok=True)

    def _publish(self, segment: Path, now: datetime) -> None:
        """Make a journal file's Parquet files, then delete it.

        Killed anywhere in between it is done again, and comes to the same: its own batches do not
        count as known, and its files replace those that are there.
        """
        name = segment.stem
        rows: dict[tuple[str, date], list[Row]] = defaultdict(list)
        batches: dict[str, None] = {}
        for entry in read_segment(segment):
            if entry.batch is not None:
                if entry.batch in batches:
                    continue
                if self._batches.segment_of(entry.batch) not in (None, name):
                    continue
                batches[entry.batch] = None
            for row in entry.rows:
                rows[row[0], row[1]["ts"].date()].append(row)
        kept = self._kept(rows, now)
        written = [
            self._write(self.root / late.FOLDER if own in kept else self.root, own, name, found)
            for own, found in sorted(rows.items())
        ]
        self._batches.add(name, batches, now)
        for part, path in written:
            part.replace(path)
        for folder in {path.parent for _, path in written}:
            sync_folder(folder)
        segment.unlink()
        sync_folder(self.journal)

    def _kept(self, found: Iterable[tuple[str, date]], now: datetime) -> set[tuple[str, date]]:
        """The tables and dates among these whose raw logs are gone while their figures are kept."""
        old: dict[str, set[date]] = defaultdict(set)
        for table, day in found:
            if day < now.date() or not (self.root / table / f"date={day}").is_dir():
                old[table].add(day)
        kept: set[tuple[str, date]] = set()
        for table, days in old.items():
            # A manifest that cannot be read keeps no figures; who rolls up says so.
            with suppress(SloError):
                kept |= {(table, day) for day in days & {*kept_days(Store(self.root), table)}}
        return kept

    def _write(
        self, root: Path, own: tuple[str, date], name: str, rows: list[Row]
    ) -> tuple[Path, Path]:
        """A Parquet file under a hidden name, on disk, and the name that it is going to have."""
        table, day = own
        folder = root / table / f"date={day}"
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / f".{PREFIX}{name}.part"
        columns = schema(TABLES[table])
        found = pa.Table.from_pylist([row for _, row in rows], schema=columns)
        with part.open("wb") as file:
            pq.write_table(found.sort_by("ts"), file, compression="zstd")
            file.flush()
            os.fsync(file.fileno())
        return part, folder / f"{PREFIX}{name}.parquet"


def schema(table: Table) -> pa.Schema:
    """A log table's columns as a collector writes them."""
    return pa.schema([(column.name, _TYPES[column.kind]) for column in table.columns])
