"""One file from its first byte to its last: rows that count, lines set apart, and the report."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TypeVar

import duckdb

from slo_core.catalog import Catalog
from slo_core.logs.ingest.apart import Quarantine, excerpt_of, told
from slo_core.logs.ingest.blocks import Block, Progress, blocks, end_of_values
from slo_core.logs.ingest.compose import NO_TIME
from slo_core.logs.ingest.detect import Detected, is_object
from slo_core.logs.ingest.held import FLUSH_ROWS, Held
from slo_core.logs.ingest.parquet import pieces
from slo_core.logs.ingest.readers import CsvReader, JsonReader, Parts, PatternReader
from slo_core.logs.ingest.report import Report
from slo_core.logs.ingest.samples import SampleReader, end_of_samples
from slo_core.logs.ingest.source import Source

TOO_LONG = "is longer than 1 MB"

_REST = {"csv": "rest of a value with line feeds", "xml": "other lines of the XML"}

Found = TypeVar("Found")


@dataclass
class FileRun:
    """Takes one file apart; ``folder`` is where rows go, None for a look that writes nothing.

    ``kept_days`` are days that are kept as figures only. With ``only`` no other lines count.
    """

    source: Source
    detected: Detected
    catalog: Catalog
    folder: Path | None
    kept_days: Iterable[date] = ()
    only: frozenset[int] | None = None
    report: Report = field(default_factory=Report)
    progress: Progress = field(default_factory=Progress)

    def __post_init__(self) -> None:
        self._mapping = self.detected.mapping
        self._apart = Quarantine(self.folder)

    def read(
        self, known_prefix: int = 0, known_lines: int = 0, *, known_goes_on: bool = False
    ) -> None:
        """Read the file, but for a beginning that is known: so many bytes and line feeds.

        With ``known_goes_on`` a known line goes on after them, of which nothing more is taken.
        Raises SloError where a mapping does not fit the file.
        """
        self._goes_on = known_goes_on
        with duckdb.connect() as connection:
            held = Held(
                connection, self._mapping, self.catalog, self.folder, self.kept_days, self.report
            )
            if self._mapping.reader == "parquet":
                self._read_parquet(connection, held)
            else:
                self._read_lines(held, known_prefix, known_lines)
            held.flush()
            self._apart.close()

    # --- Lines ---------------------------------------------------------------------------------

    def _read_lines(self, held: Held, known_prefix: int, known_lines: int) -> None:
        detected = self.detected
        reader: PatternReader | JsonReader | CsvReader | SampleReader
        cut: Callable[[bytes], int] | None = None
        if self._mapping.reader == "csv":
            reader = CsvReader(self._mapping, detected.names, detected.delimiter)
            cut = end_of_values
        elif self._mapping.reader == "xml":
            reader, cut = SampleReader(self._mapping), end_of_samples
        elif self._mapping.reader == "json":
            reader = JsonReader(self._mapping, detected.keys)
        else:
            reader = PatternReader(self._mapping)
        with self.source.open() as file:
            self.progress.pass_over(file, known_prefix, known_lines)
            found = (
                (block, reader.take_apart(block) if len(block) else None)
                for block in map(self._without_known, blocks(file, self.progress, cut=cut))
            )
            for block, parts in _ahead(found):
                self._take(held, reader, block, parts)

    def _take(
        self,
        held: Held,
        reader: PatternReader | JsonReader | CsvReader | SampleReader,
        block: Block,
        parts: Parts | None,
    ) -> None:
        for long in block.overlong:
            if self.only is None or long.line in self.only:
                self._set_apart(long.line, long.offset, long.hash, TOO_LONG, None)
        if parts is None:
            return
        lines, refused = parts
        held.show(lines)
        reader.read(held)
        refused |= dict.fromkeys(block.too_long(), TOO_LONG)
        if self.only is not None:
            held.keep_only(self.only, block.first)
            refused = {line: why for line, why in refused.items() if line in self.only}
        for line, reason in sorted({**held.refused(block.first), **refused}.items()):
            raw = block.raw(line)
            if not raw.strip():
                continue
            if reason == "":
                self.report.skipped[_REST[self._mapping.reader or ""]] += 1
                continue
            if reason == NO_TIME and self._mapping.reader == "json" and not is_object(raw):
                reason = "is no JSON object"
            at, excerpt = block.place(line), excerpt_of(raw)
            self._set_apart(line, at, hashlib.sha256(raw).hexdigest(), reason, excerpt)
        held.accept(block.first)

    def _without_known(self, block: Block) -> Block:
        """A block without the rest of a known line, the names of a CSV file, and what is before."""
        if self._goes_on:
            self._goes_on = False
            if not len(block):
                return replace(block, overlong=())
            block = replace(block, first=block.first + 1, starts=block.starts[1:])
        header = self.detected.header
        if header is None or block.first > header or not len(block):
            return block
        past = min(header - block.first + 1, len(block))
        if block.first + past > header:
            self.report.skipped["column names"] += 1
        first, starts = block.first + past, block.starts[past:]
        return Block(first, block.offset, block.data, starts, block.overlong)

    # --- Parquet -------------------------------------------------------------------------------

    def _read_parquet(self, connection: duckdb.DuckDBPyConnection, held: Held) -> None:
        with self.source.path.open("rb") as file:
            self.progress.pass_over(file, self.source.path.stat().st_size, 0)
        for start, piece, mapping in pieces(self.source, self._mapping, FLUSH_ROWS):
            held.parse(piece, mapping)
            if self.only is not None:
                held.keep_only(self.only, start + 1)
            for row, reason in sorted(held.refused(start + 1).items()):
                self._set_apart(row, None, "", reason, None)
            held.accept(start + 1)

    # --- Quarantine ----------------------------------------------------------------------------

    def _set_apart(
        self, line: int, offset: int | None, hashed: str, reason: str, excerpt: str | None
    ) -> None:
        reason = told(reason)
        self.report.quarantined += 1
        self.report.reasons[reason] += 1
        self._apart.add(line, offset, hashed, reason, excerpt)


def _ahead(found: Iterator[Found]) -> Iterator[Found]:
    """The same, with the next one read while this one is worked on."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, found, None)
        while (each := coming.result()) is not None:
            coming = pool.submit(next, found, None)
            yield each
