"""The journal: batches on disk before anybody is told that they were taken.

A batch is one line, ``checksum {"batch": ..., "rows": ...}``. Lines that wait together are written
and synced together, so that a slow disk makes bigger groups rather than a longer queue. A process
writes its own files, ``PROCESS.NUMBER.journal``, and holds ``PROCESS.lock`` for as long as it
lives: whoever can take that lock knows that the process is gone and that its files are complete.
"""

import errno
import json
import logging
import os
import shutil
import threading
import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from slo_core.errors import SloError
from slo_core.logs.collector.fields import Row
from slo_core.logs.collector.limits import Limits

ENDING = ".journal"

_EPOCH = datetime(1970, 1, 1)
_MICROSECOND = timedelta(microseconds=1)
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

_log = logging.getLogger(__name__)


class NoRoomError(SloError):
    """The disk is full: nothing of the batch was kept."""


class BusyError(SloError):
    """Too much waits to be written: nothing of the batch was kept, and it may come again."""


@dataclass(frozen=True)
class Entry:
    """A batch as the journal has it; ``batch`` is the key of its id, None where it has none."""

    batch: str | None
    rows: Sequence[Row]

    def line(self) -> bytes:
        """The entry as a line of a file."""
        rows = [
            [table, row | {"ts": (row["ts"] - _EPOCH) // _MICROSECOND}] for table, row in self.rows
        ]
        words = json.dumps({"batch": self.batch, "rows": rows}, separators=(",", ":")).encode()
        return b"%08x %b\n" % (zlib.crc32(words), words)


def read_segment(path: Path) -> Iterator[Entry]:
    """The whole entries of a journal file; a line that was cut off was never acknowledged."""
    with path.open("rb") as file:
        for line in file:
            checksum, _, words = line.rstrip(b"\n").partition(b" ")
            if not line.endswith(b"\n") or checksum != b"%08x" % zlib.crc32(words):
                continue
            found = json.loads(words)
            yield Entry(found["batch"], [(table, _row(row)) for table, row in found["rows"]])


def _row(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"ts": _EPOCH + row["ts"] * _MICROSECOND}


class Journal:
    """Writes the entries of one process in a thread of its own.

    ``folder`` exists; ``process`` is a name that nobody else has or had.
    """

    def __init__(self, folder: Path, process: str, limits: Limits) -> None:
        self._folder, self._process, self._limits = folder, process, limits
        self._wakened = threading.Condition()
        self._waiting: deque[tuple[bytes, Future[None]]] = deque()
        self._queued = 0
        self._ends = False
        self._file: int | None = None
        self._length = 0
        self._number = 0
        self._writing = threading.Lock()
        self._thread = threading.Thread(target=self._write_all, name="journal", daemon=True)
        self._thread.start()

    def append(self, entry: Entry) -> Future[None]:
        """Write an entry; the answer is there once it is on disk.

        The answer is NoRoomError where the disk is full. Raises BusyError where too much waits.
        """
        line = entry.line()
        done: Future[None] = Future()
        # Nobody takes back what may be on disk already.
        done.set_running_or_notify_cancel()
        with self._wakened:
            if self._ends or self._queued + len(line) > self._limits.queued:
                raise BusyError("too much waits to be written: send this again a little later")
            self._queued += len(line)
            self._waiting.append((line, done))
            self._wakened.notify()
        return done

    def close_segment(self) -> None:
        """End the file that is being written, so that all that was acknowledged can be read."""
        with self._writing:
            self._close_file()

    def open_segment(self) -> Path | None:
        """The file that may still grow."""
        # A file is there a moment before we know of it.
        with self._writing:
            return self._path() if self._file is not None else None

    def stop(self) -> None:
        """Write what waits, and end."""
        with self._wakened:
            self._ends = True
            self._wakened.notify()
        self._thread.join()
        self.close_segment()

    def _path(self) -> Path:
        return self._folder / f"{self._process}.{self._number:08d}{ENDING}"

    def _write_all(self) -> None:
        while True:
            with self._wakened:
                while not self._waiting and not self._ends:
                    self._wakened.wait()
                group = list(self._waiting)
                self._waiting.clear()
                self._queued = 0
                if not group:
                    return
            try:
                with self._writing:
                    self._write(b"".join(line for line, _ in group))
            except OSError as error:
                refusal = _refusal(error)
                for _, done in group:
                    done.set_exception(refusal)
            else:
                for _, done in group:
                    done.set_result(None)

    def _write(self, lines: bytes) -> None:
        """Put lines on disk, or nothing of them."""
        if shutil.disk_usage(self._folder).free < self._limits.spare + len(lines):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if self._file is None:
            self._number += 1
            self._file = os.open(self._path(), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
            self._length = 0
            sync_folder(self._folder)
        try:
            rest = memoryview(lines)
            while rest:
                rest = rest[os.write(self._file, rest) :]
            os.fsync(self._file)
        except OSError:
            self._undo()
            raise
        self._length += len(lines)
        if self._length > self._limits.segment:
            self._close_file()

    def _undo(self) -> None:
        """Take back what was written of a group that its senders are told was refused."""
        assert self._file is not None
        try:
            os.ftruncate(self._file, self._length)
            os.lseek(self._file, self._length, os.SEEK_SET)
            os.fsync(self._file)
        except OSError:
            _log.exception("A journal could not be cut back; it ends here.")
            self._close_file()

    def _close_file(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def sync_folder(folder: Path) -> None:
    """Put a folder's own entries on disk: a file that is new in it, or gone from it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refusal(error: OSError) -> SloError:
    if error.errno in _NO_ROOM:
        return NoRoomError("the disk is full and nothing was kept: send this again later")
    _log.error("The journal cannot be written: %s", error.strerror)
    return NoRoomError(f"the journal cannot be written ({error.strerror}): send this again later")
