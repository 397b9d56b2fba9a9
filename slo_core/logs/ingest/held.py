"""Rows of one file between their lines and the data folder: held, counted, and written by date."""

import os
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path

import duckdb
import pyarrow as pa

from slo_core.catalog import Catalog
from slo_core.errors import SloError
from slo_core.logs.ingest import compose
from slo_core.logs.ingest.compose import literal, parsed
from slo_core.logs.ingest.mapping import Mapping
from slo_core.logs.ingest.report import MOST_ROUTES, Report
from slo_core.logs.tables import TABLES
from slo_core.moments import utc_now
from slo_core.rollup.plan import make_plan
from slo_core.rollup.units import UNITS

FLUSH_ROWS = 1_000_000
"""Rows that are held before they are written."""

_MEMORY = "1GB"
_FEW_DAYS = 4
_CHUNK = 16_384
_LOOKED_AT = 1_000
_COUNTS = "reason IS NULL AND NOT other"
_SOON = timedelta(minutes=5)


class Held:
    """The rows of a file that are not written yet, as the engine's table ``held``.

    ``folder`` is where rows go, None for a look that writes nothing; ``kept_days`` are days that
    are kept as figures only. What is counted is added to ``report``.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        mapping: Mapping,
        catalog: Catalog,
        folder: Path | None,
        kept_days: Iterable[date],
        report: Report,
    ) -> None:
        self._connection = connection
        self._mapping = mapping
        self._folder = folder
        self._report = report
        self._table = TABLES[mapping.table]
        self._columns = [column.name for column in self._table.columns]
        self._salt = _salt(mapping)
        self._lines = _Lines()
        self._statements: dict[tuple[str, int], str] = {}
        self._rows = 0
        self._flushes = 0
        connection.execute(f"SET memory_limit = '{_MEMORY}'")
        connection.execute("SET enable_progress_bar = false")
        connection.execute("SET preserve_insertion_order = false")
        connection.execute(f"SET TimeZone = {literal(mapping.time_zone)}")
        if folder:
            connection.execute(f"SET temp_directory = {literal(str(folder / '.spill'))}")
        make_plan(catalog).create_tables(connection)
        connection.execute("CREATE TABLE kept_days (date DATE)")
        days = [[day] for day in kept_days]
        if days:
            connection.executemany("INSERT INTO kept_days VALUES (?)", days)
        # What the rollup's word on steps asks for: no attempt is known to have lasted too long.
        connection.execute(
            "CREATE TABLE overlong (journey VARCHAR, attempt_id UBIGINT, ts TIMESTAMP)"
        )
        connection.execute("CREATE TABLE unmapped (method VARCHAR, path VARCHAR, requests BIGINT)")
        connection.execute("CREATE TABLE counters (counter VARCHAR, total BIGINT, failed BIGINT)")

    def show(self, lines: pa.Table) -> None:
        """Show what a reader made of a block as the table ``lines``; each has the same columns."""
        if self._lines.table is None:
            self._lines.table = lines
            self._connection.register("lines", self._lines)
        # The engine's threads share a table by its parts.
        self._lines.table = pa.Table.from_batches(lines.to_batches(_CHUNK), lines.schema)

    def parse(self, block: str, mapping: Mapping, *, lacking: bool = False) -> None:
        """Hold the rows that a SELECT of lines and fields stands for, as `compose.parsed` asks.

        Raises duckdb.Error where a line cannot be taken apart; none of them is held then.
        """
        key = (block, id(mapping))
        if key not in self._statements:
            # To plan a statement takes as long as to run it on ten thousand lines.
            select = parsed(mapping, block, self._salt, lacking=lacking)
            name = f"parse_{len(self._statements)}"
            if not self._statements:
                self._connection.execute(f"CREATE TEMP TABLE held AS {select} LIMIT 0")
            self._connection.execute(f"PREPARE {name} AS INSERT INTO held {select}")
            self._statements[key] = name
        self._connection.execute(f"EXECUTE {self._statements[key]}")

    def lacking(self) -> bool:
        """Whether any line must be looked at for more fields."""
        found = self._connection.execute(
            f"SELECT 1 FROM held WHERE reason = '{compose.LACKING}' LIMIT 1"
        )
        return bool(found.fetchall())

    def filled(self, block: str, fields: Sequence[str]) -> set[str]:
        """Which fields have a value in any of the first lines of a block's SELECT."""
        there = ", ".join(f"count(f{number}) > 0" for number in range(len(fields)))
        (found,) = self._connection.execute(
            f"SELECT {there} FROM (FROM ({block}) LIMIT {_LOOKED_AT})"
        ).fetchall()
        return {name for name, is_there in zip(fields, found, strict=True) if is_there}

    def forget_lacking(self) -> None:
        """Hold no more what lines were that had to be looked at for more fields."""
        self._connection.execute(f"DELETE FROM held WHERE reason = '{compose.LACKING}'")

    def keep_only(self, wanted: Iterable[int], first: int) -> None:
        """Of the lines from a number on, keep those that are asked for."""
        numbers = pa.table({"n": pa.array(sorted(wanted), pa.int64())})
        self._connection.register("wanted", numbers)
        self._connection.execute(
            f"DELETE FROM held WHERE n >= {first} AND n NOT IN (SELECT n FROM wanted)"
        )

    def refused(self, first: int) -> dict[int, str]:
        """The lines from a number on that may not count, each with the reason."""
        found = self._connection.execute(
            f"SELECT n, reason FROM held WHERE n >= {first} AND reason IS NOT NULL"
        )
        return dict(found.fetchall())

    def accept(self, first: int) -> None:
        """Count the lines from a number on, and write all that is held when it is much."""
        ((accepted, others),) = self._connection.execute(
            f"SELECT count(*) FILTER (WHERE {_COUNTS}), count(*) FILTER (WHERE other) "
            f"FROM held WHERE n >= {first}"
        ).fetchall()
        self._report.accepted += accepted
        if others:
            self._report.skipped[self._mapping.others] += others
        if self._folder is None:
            ((behind,),) = self._connection.execute(
                _sql("out_of_order").replace("$first", str(first))
            ).fetchall()
            self._report.out_of_order += behind
        self._rows += accepted
        if self._rows >= FLUSH_ROWS:
            self.flush()

    def flush(self) -> None:
        """Count what is held, write it by date, and hold nothing."""
        if not self._rows:
            return
        connection, report = self._connection, self._report
        kind = "TABLE" if self._mapping.counters else "VIEW"
        connection.execute(f"CREATE TEMP {kind} accepted AS {self._accepted()}")
        limit = utc_now() + _SOON
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
            self._judge()
        if self._folder:
            self._write(self._folder, [day for day, *_ in by_day])
        elif not report.durations and "duration_ms" in self._columns:
            ((middle,),) = connection.execute(
                "SELECT quantile_cont(duration_ms, [0.5, 0.95]) FROM accepted"
            ).fetchall()
            if middle:
                report.durations = {"p50": middle[0], "p95": middle[1]}
        connection.execute(f"DROP {kind} accepted")
        connection.execute("TRUNCATE held")
        self._rows = 0

    def _accepted(self) -> str:
        """A SELECT of the rows that the lines held stand for."""
        columns = ", ".join(f"h.{name}" for name in self._columns)
        if not self._mapping.counters:
            return f"SELECT {columns}, date, mapped FROM held AS h WHERE {_COUNTS}"
        self._connection.execute(_sql("counted"))
        self._connection.execute(_sql("counters"))
        failed = "CASE WHEN i.i < c.failed THEN 'reported' ELSE h.error END AS error"
        return (
            f"SELECT {columns.replace('h.error', failed)}, date, mapped FROM held AS h "
            "JOIN counted AS c USING (n), LATERAL (SELECT unnest(range(c.requests)) AS i) AS i"
        )

    def _judge(self) -> None:
        """Count outcomes by the rollup's own rule, and routes that no journey was given."""
        connection, report = self._connection, self._report
        judged = next(unit for unit in UNITS if unit.table is self._table).sql("judged")
        connection.execute("CREATE OR REPLACE TEMP VIEW requests AS SELECT * FROM accepted")
        found = connection.execute(
            "SELECT CASE WHEN outcome = 0 THEN 'good' WHEN outcome <= 3 THEN 'excluded' "
            "ELSE 'failed' END, CASE WHEN other_source IS NOT NULL THEN journey END, rows FROM "
            "(SELECT journey_id, outcome, other_source, count(*) AS rows "
            f"FROM ({judged}) GROUP BY ALL) JOIN journey USING (journey_id)"
        ).fetchall()
        for outcome, beside, rows in found:
            report.outcomes[outcome] += rows
            if beside is not None:
                report.other_source[beside] += rows
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
        report.unmapped.clear()
        report.unmapped.update({(method, path): count for method, path, count in most})

    def _write(self, folder: Path, days: Sequence[date]) -> None:
        columns = ", ".join(self._columns)
        self._copy(
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
                self._copy(probes, folder / "probes", f"{self._flushes}-{number}", days)
        self._flushes += 1

    def _copy(self, rows: str, folder: Path, name: int | str, days: Sequence[date]) -> None:
        """Write rows, which have a ``date``, to a file a day."""
        folder.mkdir(parents=True, exist_ok=True)
        if len(days) > _FEW_DAYS:
            self._connection.execute(
                f"COPY ({rows}) TO {literal(str(folder))} (FORMAT parquet, PARTITION_BY (date), "
                f"FILENAME_PATTERN '{name}-{{i}}', OVERWRITE_OR_IGNORE)"
            )
            return
        for day in days:
            # To sort rows by day takes longer than to read them once for each of a few.
            path = folder / f"date={day}" / f"{name}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection.execute(
                f"COPY (SELECT * EXCLUDE (date) FROM ({rows}) WHERE date = DATE '{day}') "
                f"TO {literal(str(path))} (FORMAT parquet)"
            )


class _Lines:
    """The block of now as a stream, which the engine opens anew each time a statement runs.

    So a statement over it is planned once, and not for every block.
    """

    table: pa.Table | None = None

    def __arrow_c_schema__(self) -> object:
        assert self.table is not None
        return self.table.schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        assert self.table is not None
        return self.table.__arrow_c_stream__(requested_schema)


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


def _sql(name: str) -> str:
    return files(__package__).joinpath(f"sql/{name}.sql").read_text("utf-8")
