"""One file from its first byte to its last: rows that count, lines set apart, and the report."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

import duckdb
import pyarrow as pa

from slo_core.catalog import Catalog
from slo_core.errors import SloError
from slo_core.logs.ingest import compose
from slo_core.logs.ingest.apart import Quarantine, excerpt_of
from slo_core.logs.ingest.blocks import Block, Progress, blocks, end_of_values
from slo_core.logs.ingest.compose import NO_TIME, literal, parsed
from slo_core.logs.ingest.detect import Detected, is_object
from slo_core.logs.ingest.mapping import Mapping
from slo_core.logs.ingest.parquet import pieces
from slo_core.logs.ingest.readers import (
    CsvReader,
    JsonReader,
    Parts,
    PatternReader,
    show_lines,
)
from slo_core.logs.ingest.report import MOST_ROUTES, Report
from slo_core.logs.ingest.samples import SampleReader, end_of_samples
from slo_core.logs.ingest.source import Source
from slo_core.logs.tables import TABLES
from slo_core.rollup.plan import make_plan
from slo_core.rollup.units import UNITS

FLUSH_ROWS = 1_000_000
"""Rows that are held before they are written."""

TOO_LONG = "is longer than 1 MB"

_MEMORY = "1GB"
_FEW_DAYS = 4
_REST = {"csv": "rest of a value with line feeds", "xml": "other lines of the XML"}
_COUNTS = "reason IS NULL AND NOT other"
_SOON = timedelta(minutes=5)

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
        self._table = TABLES[self._mapping.table]
        self._columns = [column.name for column in self._table.columns]
        self._salt = _salt(self._mapping)
        self._selects: dict[int, str] = {}
        self._has_table = False
        self._held = 0
        self._flushes = 0
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
            self._prepare(connection)
            if self._mapping.reader == "parquet":
                self._read_parquet(connection)
            else:
                self._read_lines(connection, known_prefix, known_lines)
            self._flush(connection)
            self._apart.close()

    def _prepare(self, connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute(f"SET memory_limit = '{_MEMORY}'")
        connection.execute("SET enable_progress_bar = false")
        connection.execute("SET preserve_insertion_order = false")
        connection.execute(f"SET TimeZone = {literal(self._mapping.time_zone)}")
        if self.folder:
            connection.execute(f"SET temp_directory = {literal(str(self.folder / '.spill'))}")
        make_plan(self.catalog).create_tables(connection)
        connection.execute("CREATE TABLE kept_days (date DATE)")
        days = [[day] for day in self.kept_days]
        if days:
            connection.executemany("INSERT INTO kept_days VALUES (?)", days)
        # What the rollup's word on steps asks for: no attempt is known to have lasted too long.
        connection.execute(
            "CREATE TABLE overlong (journey VARCHAR, attempt_id UBIGINT, ts TIMESTAMP)"
        )
        connection.execute("CREATE TABLE unmapped (method VARCHAR, path VARCHAR, requests BIGINT)")
        connection.execute("CREATE TABLE counters (counter VARCHAR, total BIGINT, failed BIGINT)")

    # --- Lines ---------------------------------------------------------------------------------

    def _read_lines(
        self, connection: duckdb.DuckDBPyConnection, known_prefix: int, known_lines: int
    ) -> None:
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
                self._take(connection, reader, block, parts)

    def _take(
        self,
        connection: duckdb.DuckDBPyConnection,
        reader: PatternReader | JsonReader | CsvReader | SampleReader,
        block: Block,
        parts: Parts | None,
    ) -> None:
        for line in block.overlong:
            if self.only is None or line.line in self.only:
                self._set_apart(line.line, line.offset, line.hash, TOO_LONG, None)
        if parts is None:
            return
        lines, refused = parts
        show_lines(connection, lines)
        reader.read(connection, block.first, partial(self._parse, connection))
        refused |= dict.fromkeys(block.too_long(), TOO_LONG)
        self._leave_others(connection, block.first)
        if self.only is not None:
            refused = {line: why for line, why in refused.items() if line in self.only}
        found = connection.execute(
            f"SELECT n, reason FROM held WHERE n >= {block.first} AND reason IS NOT NULL"
        )
        for line, reason in sorted({**dict(found.fetchall()), **refused}.items()):
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
        self._accept(connection, block.first)

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

    def _read_parquet(self, connection: duckdb.DuckDBPyConnection) -> None:
        with self.source.path.open("rb") as file:
            self.progress.pass_over(file, self.source.path.stat().st_size, 0)
        for start, mapping in pieces(connection, self.source, self._mapping, FLUSH_ROWS):
            self._parse(connection, mapping)
            self._leave_others(connection, start + 1)
            found = connection.execute(
                f"SELECT n, reason FROM held WHERE n > {start} AND reason IS NOT NULL ORDER BY n"
            )
            for row, reason in found.fetchall():
                self._set_apart(row, None, "", reason, None)
            self._accept(connection, start + 1)

    # --- Both ----------------------------------------------------------------------------------

    def _parse(self, connection: duckdb.DuckDBPyConnection, mapping: Mapping) -> None:
        """Add the view ``block`` to the table ``held``."""
        key = id(mapping)
        if key not in self._selects:
            lacking = mapping is not self._mapping and mapping.reader == "json"
            self._selects[key] = parsed(mapping, self._salt, lacking=lacking)
        if not self._has_table:
            connection.execute(f"CREATE TEMP TABLE held AS {self._selects[key]} LIMIT 0")
            self._has_table = True
        connection.execute(f"INSERT INTO held {self._selects[key]}")

    def _leave_others(self, connection: duckdb.DuckDBPyConnection, first: int) -> None:
        """Of the lines from a number on, keep those that are asked for."""
        if self.only is not None:
            wanted = pa.table({"n": pa.array(sorted(self.only), pa.int64())})
            connection.register("wanted", wanted)
            connection.execute(
                f"DELETE FROM held WHERE n >= {first} AND n NOT IN (SELECT n FROM wanted)"
            )

    def _accept(self, connection: duckdb.DuckDBPyConnection, first: int) -> None:
        """Count the lines from a number on, and write all that is held when it is much."""
        ((accepted, others),) = connection.execute(
            f"SELECT count(*) FILTER (WHERE {_COUNTS}), count(*) FILTER (WHERE other) "
            f"FROM held WHERE n >= {first}"
        ).fetchall()
        self.report.accepted += accepted
        if others:
            self.report.skipped[self._mapping.others] += others
        if self.folder is None:
            ((behind,),) = connection.execute(
                _sql("out_of_order").replace("$first", str(first))
            ).fetchall()
            self.report.out_of_order += behind
        self._held += accepted
        if self._held >= FLUSH_ROWS:
            self._flush(connection)

    def _rows(self, connection: duckdb.DuckDBPyConnection) -> str:
        """A SELECT of the rows that the lines held stand for."""
        columns = ", ".join(f"h.{name}" for name in self._columns)
        if not self._mapping.counters:
            return f"SELECT {columns}, date, mapped FROM held AS h WHERE {_COUNTS}"
        connection.execute(_sql("counted"))
        connection.execute(_sql("counters"))
        failed = "CASE WHEN i.i < c.failed THEN 'reported' ELSE h.error END AS error"
        return (
            f"SELECT {columns.replace('h.error', failed)}, date, mapped FROM held AS h "
            "JOIN counted AS c USING (n), LATERAL (SELECT unnest(range(c.requests)) AS i) AS i"
        )

    def _flush(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Count what is held, write it by date, and hold nothing."""
        if not self._held:
            return
        kind = "TABLE" if self._mapping.counters else "VIEW"
        connection.execute(f"CREATE TEMP {kind} accepted AS {self._rows(connection)}")
        report = self.report
        limit = datetime.now(UTC).replace(tzinfo=None) + _SOON
        by_day = connection.execute(
            "SELECT date, count(*), min(ts), max(ts), count(*) FILTER (WHERE ts > ?) "
            "FROM accepted GROUP BY date",
            [limit],
        ).fetchall()
        for day, rows, first, last, future in by_day:
            report.rows += rows
            report.days[day] += rows
            report.first = min(report.first or first, first)
            report.last = max(report.last or last, last)
            report.future += future
        if "journey" in self._columns:
            journeys = connection.execute("SELECT journey, count(*) FROM accepted GROUP BY journey")
            report.journeys.update(dict(journeys.fetchall()))
        if self._table.name == "requests":
            self._judge(connection)
        if self.folder:
            self._write(connection, self.folder, [day for day, *_ in by_day])
        elif not report.durations and "duration_ms" in self._columns:
            ((middle,),) = connection.execute(
                "SELECT quantile_cont(duration_ms, [0.5, 0.95]) FROM accepted"
            ).fetchall()
            if middle:
                report.durations = {"p50": middle[0], "p95": middle[1]}
        connection.execute(f"DROP {kind} accepted")
        connection.execute("TRUNCATE held")
        self._held = 0

    def _judge(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Count outcomes by the rollup's own rule, and routes that no journey was given."""
        judged = next(unit for unit in UNITS if unit.table is self._table).sql("judged")
        connection.execute("CREATE OR REPLACE TEMP VIEW requests AS SELECT * FROM accepted")
        found = connection.execute(
            "SELECT CASE WHEN outcome = 0 THEN 'good' WHEN outcome <= 3 THEN 'excluded' "
            "ELSE 'failed' END, CASE WHEN other_source IS NOT NULL THEN journey END, rows FROM "
            "(SELECT journey_id, outcome, other_source, count(*) AS rows "
            f"FROM ({judged}) GROUP BY ALL) JOIN journey USING (journey_id)"
        ).fetchall()
        for outcome, beside, rows in found:
            self.report.outcomes[outcome] += rows
            if beside is not None:
                self.report.other_source[beside] += rows
        connection.execute(
            "INSERT INTO unmapped SELECT coalesce(method, ''), "
            f"coalesce({compose.shortened('endpoint')}, ''), sum(rows) FROM "
            "(SELECT method, endpoint, count(*) AS rows FROM accepted WHERE NOT mapped "
            "GROUP BY ALL) GROUP BY 1, 2"
        )
        most = connection.execute(
            "SELECT method, path, CAST(sum(requests) AS BIGINT) AS requests FROM unmapped "
            f"GROUP BY ALL ORDER BY requests DESC, path, method LIMIT {MOST_ROUTES}"
        ).fetchall()
        self.report.unmapped.clear()
        self.report.unmapped.update({(method, path): count for method, path, count in most})

    def _write(
        self, connection: duckdb.DuckDBPyConnection, folder: Path, days: Sequence[date]
    ) -> None:
        columns = ", ".join(self._columns)
        _copy(
            connection,
            f"SELECT {columns}, date FROM accepted",
            folder / self._table.name,
            self._flushes,
            days,
        )
        for number, check in enumerate(self._mapping.health_checks):
            if check.scope:
                probes = (
                    f"SELECT ts, {literal(check.scope)} AS scope, "
                    f"{literal(check.target)} AS target, "
                    "coalesce(status BETWEEN 200 AND 299, error IS NULL) AS ok, "
                    "duration_ms AS latency_ms, date FROM accepted WHERE excluded = 'health_check' "
                    f"AND regexp_matches(endpoint, {literal(check.path)})"
                )
                name = f"{self._flushes}-{number}"
                _copy(connection, probes, folder / "probes", name, days)
        self._flushes += 1

    # --- Quarantine ----------------------------------------------------------------------------

    def _set_apart(
        self, line: int, offset: int | None, hashed: str, reason: str, excerpt: str | None
    ) -> None:
        self.report.quarantined += 1
        self.report.reasons[reason] += 1
        self._apart.add(line, offset, hashed, reason, excerpt)


def _salt(mapping: Mapping) -> str | None:
    """The salt for ids, from the environment. Raises SloError where it is asked for and missing."""
    if mapping.ids.salt is None:
        return None
    salt = os.environ.get(mapping.ids.salt, "")
    if not salt:
        raise SloError(
            f"the mapping hashes ids with the salt in ${mapping.ids.salt}, which is not set: set "
            "it to a long random text, and keep it."
        )
    return salt


def _ahead(found: Iterator[Found]) -> Iterator[Found]:
    """The same, with the next one read while this one is worked on."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, found, None)
        while (each := coming.result()) is not None:
            coming = pool.submit(next, found, None)
            yield each


def _copy(
    connection: duckdb.DuckDBPyConnection,
    rows: str,
    folder: Path,
    name: int | str,
    days: Sequence[date],
) -> None:
    """Write rows, which have a ``date``, to a file a day."""
    folder.mkdir(parents=True, exist_ok=True)
    if len(days) > _FEW_DAYS:
        connection.execute(
            f"COPY ({rows}) TO {literal(str(folder))} (FORMAT parquet, PARTITION_BY (date), "
            f"FILENAME_PATTERN '{name}-{{i}}', OVERWRITE_OR_IGNORE)"
        )
        return
    for day in days:
        # To sort rows by day takes longer than to read them once for each of a few.
        path = folder / f"date={day}" / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        connection.execute(
            f"COPY (SELECT * EXCLUDE (date) FROM ({rows}) WHERE date = DATE '{day}') "
            f"TO {literal(str(path))} (FORMAT parquet)"
        )


def _sql(name: str) -> str:
    return files(__package__).joinpath(f"sql/{name}.sql").read_text("utf-8")
