"""How quick ingest is, beside a bare read of the same file by the same engine.

``python -m benchmarks.ingest`` writes docs/ingest-speed.md. Each file is read by turns; the bare
read makes typed columns of it in memory and does nothing with them.
"""

import argparse
import os
import shutil
import statistics
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from tabulate import tabulate

from slo_core.catalog import load_catalog
from slo_core.logs.ingest import ingest

ROOT = Path(__file__).parents[1]
REPORT = ROOT / "docs" / "ingest-speed.md"

_ROWS = """
SELECT
  strftime(TIMESTAMP '2025-03-30' + INTERVAL 1 MILLISECOND * (i * 80), '%Y-%m-%dT%H:%M:%S.%gZ')
    AS ts,
  'api' AS journey,
  '/v1/songs/' || (i % 50) AS endpoint,
  'GET' AS method,
  CASE WHEN i % 100 = 0 THEN 500 ELSE 200 END AS status,
  (hash(i) % 100000) / 100.0 AS duration_ms,
  512 + i % 1000 AS response_bytes,
  'server' AS source,
  'web' AS platform
FROM range({rows}) AS t(i)
"""
_LINE = """
SELECT '203.0.113.' || (i % 250) || ' - - ['
  || strftime(CAST(ts AS TIMESTAMP), '%d/%b/%Y:%H:%M:%S') || ' +0000] "GET '
  || endpoint || '?page=' || i || ' HTTP/1.1" ' || status || ' ' || response_bytes
  || ' "-" "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)" 0.125' AS line
FROM (SELECT *, row_number() OVER () AS i FROM ({made}))
"""
_TYPES = (
    "{'ts': 'TIMESTAMP', 'journey': 'VARCHAR', 'endpoint': 'VARCHAR', 'method': 'VARCHAR', "
    "'status': 'BIGINT', 'duration_ms': 'DOUBLE', 'response_bytes': 'BIGINT', "
    "'source': 'VARCHAR', 'platform': 'VARCHAR'}"
)
_BARE = {
    "events.jsonl": "read_json('{path}', columns = " + _TYPES + ")",
    "events.csv": "read_csv('{path}', columns = " + _TYPES + ")",
    "access.log": "read_csv('{path}', columns = {{'line': 'VARCHAR'}}, delim = '\\x01', "
    "quote = '', escape = '', header = false, auto_detect = false)",
}


def main() -> None:
    """Measure, print and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("build/benchmarks/ingest"))
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    _make(options.folder, options.rows)
    catalog = load_catalog(ROOT / "data" / "studio.yaml")
    times: dict[str, list[tuple[float, float, float, float]]] = {name: [] for name in _BARE}
    for _ in range(options.repeat):
        for name, bare in _BARE.items():
            path, data = options.folder / name, options.folder / "data"
            shutil.rmtree(data, ignore_errors=True)
            start, start_busy = time.perf_counter(), time.process_time()
            taken = ingest([str(path)], data, catalog)
            took, busy = time.perf_counter() - start, time.process_time() - start_busy
            assert taken.total.accepted == options.rows, taken.total
            start, start_busy = time.perf_counter(), time.process_time()
            with duckdb.connect() as connection:
                source = bare.replace("{{", "{").replace("}}", "}").replace("{path}", str(path))
                connection.execute(f"CREATE TABLE bare AS FROM {source}")
            bare_took, bare_busy = time.perf_counter() - start, time.process_time() - start_busy
            times[name].append((took, busy, bare_took, bare_busy))
    rows = []
    for name, found in times.items():
        took, busy, bare_took, bare_busy = map(statistics.median, zip(*found, strict=True))
        rows.append(
            [
                name,
                f"{(options.folder / name).stat().st_size / 1e6:.0f} MB",
                f"{took:.2f} s",
                f"{options.rows / took:,.0f}",
                f"{busy / options.rows * 1e6:.2f} s",
                f"{(os.cpu_count() or 1) * options.rows / busy:,.0f}",
                f"{bare_took:.2f} s",
                f"{bare_busy / options.rows * 1e6:.2f} s",
                f"{busy / bare_busy:.1f}",
            ]
        )
    table = tabulate(
        rows,
        headers=[
            "file",
            "size",
            "ingest",
            "lines a second",
            "busy a million",
            "at best a second",
            "bare read",
            "busy a million, bare",
            "busy / bare",
        ],
        tablefmt="github",
        disable_numparse=True,
    )
    load = os.getloadavg()[1]
    REPORT.write_text(_report(table, options.rows, options.repeat, load), "utf-8")
    print(f"{table}\n\nwritten to {REPORT}")


def _make(folder: Path, rows: int) -> None:
    made = _ROWS.replace("{rows}", str(rows))
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({made}) TO '{folder / 'events.jsonl'}' (FORMAT json)")
        connection.execute(f"COPY ({made}) TO '{folder / 'events.csv'}' (FORMAT csv, HEADER)")
        connection.execute(
            f"COPY ({_LINE.replace('{made}', made)}) TO '{folder / 'access.log'}' "
            "(FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01')"
        )


def _report(table: str, rows: int, rounds: int, load: float) -> str:
    return f"""# How quick ingest is

Written by `make bench-ingest` on {datetime.now(UTC):%Y-%m-%d} ({os.cpu_count()} cores, DuckDB
{duckdb.__version__}): medians of {rounds} runs by turns over {rows:,} made-up requests. The bare
read is DuckDB's own reader of the same file into a table in memory, with typed columns of JSON and
CSV, and of the access log with each line as one text, which takes nothing apart.

{table}

*Busy a million* is the time of the processor, all cores together, for a million lines; *at best a
second* is what that makes where the cores have nothing else to do and never wait for one another.
During these runs {load:.1f} processes wanted to run on average; where that is more than the cores,
the seconds are of a machine that others use too, and so is, less so, the time of the processor.

Ingest does more than read: it hashes the content, numbers and checks every line, keeps paths
without queries, judges outcomes by the rollup's rule, counts routes, and writes Parquet by day.
"""


if __name__ == "__main__":
    main()
