"""Which batches have become Parquet files already, so that one that is sent again is left out.

One file an hour, `2026-11-24T16.batches`, with a line ``segment batch`` for each. The journal that
a batch came in may be read again after a crash, and counts it again: hence its name beside it.
"""

import os
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from slo_core.logs.collector.journal import sync_folder

REMEMBERED = timedelta(hours=24)
"""How long a batch that is sent again is known to have been taken; at most an hour longer."""

_NAME = "%Y-%m-%dT%H"
_ENDING = ".batches"
_LINE = re.compile(rb"(\S+) ([0-9a-f]{32})")


class Batches:
    """The batches of a folder, read as far as other processes have written them too.

    Only who holds the folder's lock for draining may call `catch_up` and `add`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, int] = {}
        self._known: dict[str, dict[str, str]] = {}

    def segment_of(self, batch: str) -> str | None:
        """The journal file that a batch was taken from, None for one that is new."""
        return next((file[batch] for file in self._known.values() if batch in file), None)

    def known(self) -> list[str]:
        """All batches that are remembered."""
        return [batch for file in self._known.values() for batch in file]

    def catch_up(self, now: datetime) -> None:
        """Read what has been added, and forget what is too old."""
        oldest = (now - REMEMBERED - timedelta(hours=1)).strftime(_NAME)
        there = sorted(self._folder.glob(f"*{_ENDING}"))
        for path in there:
            if path.stem < oldest:
                path.unlink()
                self._known.pop(path.name, None)
                self._read.pop(path.name, None)
                continue
            with path.open("rb") as file:
                file.seek(self._read.get(path.name, 0))
                added = file.read()
            # A line that a crash cut off belongs to a journal that will be read again.
            whole = added[: added.rfind(b"\n") + 1]
            self._read[path.name] = self._read.get(path.name, 0) + len(whole)
            found = self._known.setdefault(path.name, {})
            for line in whole.splitlines():
                if match := _LINE.fullmatch(line):
                    found.setdefault(match[2].decode(), match[1].decode())

    def add(self, segment: str, batches: Iterable[str], now: datetime) -> None:
        """Remember on disk that these batches were taken from a journal file."""
        lines = b"".join(f"{segment} {batch}\n".encode() for batch in batches)
        if not lines:
            return
        path = self._folder / f"{now.strftime(_NAME)}{_ENDING}"
        new = not path.exists()
        with path.open("ab") as file:
            # The first line break ends whatever a crash has cut off.
            file.write(b"\n" + lines)
            file.flush()
            os.fsync(file.fileno())
        if new:
            sync_folder(self._folder)
        self.catch_up(now)
