"""What is set apart of a file: where a line is, why it is no row, and what may be shown of it."""

import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from slo_core.logs.ingest.ledger import QUARANTINE

_COLUMNS = pa.schema(
    [
        ("line", pa.int64()),
        ("byte_offset", pa.int64()),
        ("hash", pa.string()),
        ("reason", pa.string()),
        ("excerpt", pa.string()),
    ]
)
# What of a line may be shown: times, methods with paths, statuses, and keys of JSON. Everything
# else could be somebody's address, query or browser.
_SHOWN = re.compile(
    r"\d{1,2}/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d"
    r"|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d"
    r'|"(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) /[A-Za-z/_.~%-]*'
    r"|(?<=\" )[1-5]\d\d(?= |$)"
    r'|"[A-Za-z_]{1,30}":'
)
# A name that the catalogue does not know is told where it is a name, and could be nothing else.
_UNKNOWN = re.compile(r"^(journey|scope|step) (?![\w -]{1,80} is not )(.*)( is not in the )", re.S)
_TOGETHER = 50_000


class Quarantine:
    """The lines of one file that are set apart, in their order; written where it has a folder.

    Rows of Parquet have no place and no hash.
    """

    def __init__(self, folder: Path | None) -> None:
        self._path = folder and folder / QUARANTINE
        self._rows: list[tuple[int, int | None, str, str, str | None]] = []
        self._writer: pq.ParquetWriter | None = None

    def add(
        self, line: int, offset: int | None, hashed: str, reason: str, excerpt: str | None
    ) -> None:
        """Set a line apart."""
        if self._path:
            self._rows.append((line, offset, hashed, reason, excerpt))
            if len(self._rows) >= _TOGETHER:
                self._write(self._path)

    def close(self) -> None:
        """Write what there is; no file where there is nothing."""
        if self._path and self._rows:
            self._write(self._path)
        if self._writer:
            self._writer.close()

    def _write(self, path: Path) -> None:
        if self._writer is None:
            self._writer = pq.ParquetWriter(path, _COLUMNS)
        rows = [dict(zip(_COLUMNS.names, row, strict=True)) for row in self._rows]
        self._writer.write_table(pa.Table.from_pylist(rows, _COLUMNS))
        self._rows.clear()


def told(reason: str) -> str:
    """A reason without what a line has in the place of a name: it may be an address or a query."""
    return _UNKNOWN.sub(r"\1 that is no name\3", reason)


def excerpt_of(raw: bytes) -> str:
    """What may be shown of a line: no address, no query, no browser."""
    shown = _SHOWN.findall(raw[:2000].decode("utf-8", "replace"))
    return " … ".join(["", *shown[:12], ""]).strip() if shown else "…"
