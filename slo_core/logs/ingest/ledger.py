"""What was taken in: a folder of small files, ``DIR/ingest``, and the one way in.

A file's rows, its quarantine and its report are written beside the data and moved there one by one
once all are complete; a move that was cut short is finished by whoever comes next. So a file is in
as a whole or not at all, and its report, moved last, says that it is.
"""

import contextlib
import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from slo_core.errors import SloError
from slo_core.logs.ingest.source import digest
from slo_core.logs.store import VERSION, check_version
from slo_core.logs.tables import TABLES

FOLDER = "ingest"
QUARANTINE = "quarantine.parquet"
REPORT = "report.json"

HEAD = 4096
"""Bytes of a file by which it is asked whether it could begin with one that is known."""

_READY = ".ready-"
_STAGED = ".staged-"
_OLDER = "older"
_LOCK_SECONDS = 600


@dataclass(frozen=True)
class Known:
    """A content that is in: its hash, size, line feeds, and the hash of its first bytes."""

    sha256: str
    size: int
    line_feeds: int
    head: str

    @property
    def id(self) -> str:
        """The short name under which it is kept."""
        return self.sha256[:16]

    def may_begin(self, head: bytes) -> bool:
        """Whether a file with these first bytes may begin with this content."""
        return digest(head[: min(self.size, HEAD)]) == self.head


class Ledger:
    """The folder ``DIR/ingest`` of a data folder; it need not be there yet."""

    def __init__(self, data: Path | str) -> None:
        self.data = Path(data)
        self.root = self.data / FOLDER

    def check(self) -> None:
        """Raise SloError where the data folder is not one that may be written to."""
        if self.data.exists() and not self.data.is_dir():
            raise SloError(f"{self.data} is a file: name a folder with --data.")
        check_version(self.data)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the ledger alone, with everything finished that was cut short before."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            if not (self.data / "version").exists():
                (self.data / "version").write_text(f"{VERSION}\n", encoding="utf-8")
            lock = FileLock(self.root / ".lock", timeout=_LOCK_SECONDS)
            lock.acquire()
        except Timeout:
            raise SloError(
                f"{self.root} has been locked by another ingest for {_LOCK_SECONDS // 60} minutes; "
                "wait for it to end, or stop it."
            ) from None
        except OSError as error:
            raise SloError(
                f"{self.root} cannot be written ({error.strerror}): name another folder with "
                "--data, or allow writing there."
            ) from None
        try:
            self._recover()
            yield
        finally:
            lock.release()

    @contextlib.contextmanager
    def staging(self) -> Iterator[Path]:
        """A folder beside the data for what is not complete; gone afterwards unless committed."""
        folder = Path(tempfile.mkdtemp(prefix=_STAGED, dir=self.root))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def commit(self, folder: Path, known: Known, report: dict[str, Any]) -> None:
        """Bring a complete staging folder in: from here on it is in, whatever happens."""
        (folder / REPORT).write_text(
            json.dumps({**report, **_identity(known)}, indent=1), encoding="utf-8"
        )
        for path in folder.rglob("*"):
            if path.is_file():
                with path.open("rb") as file:
                    os.fsync(file.fileno())
        ready = self.root / f"{_READY}{known.id}"
        folder.rename(ready)
        self._publish(ready)

    def reports(self) -> list[dict[str, Any]]:
        """The reports of everything that is in, the latest first."""
        found = []
        for path in sorted(self.root.glob("*.json")):
            with contextlib.suppress(OSError, ValueError):
                report = json.loads(path.read_text("utf-8"))
                if isinstance(report, dict) and "sha256" in report:
                    found.append(report)
        return sorted(found, key=lambda report: str(report.get("at")), reverse=True)

    def known(self) -> list[Known]:
        """Every content that is in."""
        return [
            Known(report["sha256"], report["size"], report["line_feeds"], report["head"])
            for report in self.reports()
        ]

    def quarantine(self, known_id: str) -> Path:
        """Where the quarantine of a content is, if it has any."""
        return self.root / f"{known_id}.{QUARANTINE}"

    def last_apart(self, known: Known) -> int | None:
        """Where a content's last line, which no line feed ends, begins, if it was set apart."""
        path = self.quarantine(known.id)
        if not path.exists():
            return None
        apart = pq.read_table(path, columns=["line", "byte_offset"])
        found = apart.filter(pc.field("line") == known.line_feeds + 1)["byte_offset"].to_pylist()
        return found[0] if found else None

    def stage_without_last(self, folder: Path, known: Known) -> None:
        """Put a content's report and quarantine without its last line into a staging folder.

        They come in with what is staged there, which has that line as it is now.
        """
        (report,) = (found for found in self.reports() if found["id"] == known.id)
        apart = pq.read_table(self.quarantine(known.id))
        is_last = pc.equal(apart["line"], known.line_feeds + 1)
        (reason,) = apart.filter(is_last)["reason"].to_pylist()
        left = Counter(report["reasons"]) - Counter([reason])
        report |= {"quarantined": report["quarantined"] - 1, "reasons": dict(left)}
        (folder / _OLDER).mkdir()
        if report["quarantined"]:
            rest = apart.filter(pc.invert(is_last))
            pq.write_table(rest, folder / _OLDER / f"{known.id}.{QUARANTINE}")
        text = json.dumps(report, indent=1)
        (folder / _OLDER / f"{known.id}.json").write_text(text, encoding="utf-8")

    def _recover(self) -> None:
        """Finish what was committed, forget what was not."""
        for ready in sorted(self.root.glob(f"{_READY}*")):
            self._publish(ready)
        for staged in self.root.glob(f"{_STAGED}*"):
            shutil.rmtree(staged, ignore_errors=True)

    def _publish(self, ready: Path) -> None:
        """Move what is ready to its places, the report last; again, where it was cut short."""
        name = ready.name.removeprefix(_READY)
        report = json.loads((ready / REPORT).read_text("utf-8"))
        word = f"ingest-{name}-{report['round']}"
        for table in TABLES:
            for folder in sorted((ready / table).glob("date=*")):
                target = self.data / table / folder.name
                target.mkdir(parents=True, exist_ok=True)
                for path in sorted(folder.glob("*.parquet")):
                    path.replace(target / f"{word}-{path.name}")
        for older in (ready / _OLDER).glob("*.json"):
            apart = json.loads(older.read_text("utf-8"))["quarantined"]
            own = older.with_suffix(f".{QUARANTINE}")
            self._publish_quarantine(own, older.stem, apart)
            older.replace(self.root / older.name)
        self._publish_quarantine(ready / QUARANTINE, name, report["quarantined"])
        (ready / REPORT).replace(self.root / f"{name}.json")
        shutil.rmtree(ready, ignore_errors=True)

    def _publish_quarantine(self, path: Path, known_id: str, lines: int) -> None:
        if path.exists():
            path.replace(self.quarantine(known_id))
        elif not lines:
            self.quarantine(known_id).unlink(missing_ok=True)


def _identity(known: Known) -> dict[str, Any]:
    return {
        "id": known.id,
        "sha256": known.sha256,
        "size": known.size,
        "line_feeds": known.line_feeds,
        "head": known.head,
    }
