"""Costs as ratios, both sides in one run and by turns: ``make bench``.

    python -m benchmarks [--rows 5e6,25e6] [--folder DIR] [--repeat 3]

Makes 30 days of requests at each size once, then measures (a) the full rollup against a bare scan
of the columns that it reads, (b) status, which is the pages' query, against a query written by hand
over raw Parquet, (c) both sizes side by side, and what each dimension of the rollup costs. Writes
``docs/benchmarks.md``.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
from tabulate import tabulate

from benchmarks import pages
from slo_core.catalog import load_catalog
from slo_core.logs.raw import read_day
from slo_core.logs.store import open_store
from slo_core.logs.tables import REQUESTS
from slo_core.rollup import refresh
from slo_core.rollup.batch import spell, view_rows
from slo_core.rollup.plan import make_plan
from slo_core.rollup.units import UNITS
from slo_core.status import status

ROOT = Path(__file__).parents[1]
CATALOG = load_catalog(ROOT / "data" / "studio.yaml")
DAYS = 30
START = date(2025, 3, 1)
AT = datetime(2025, 3, 30, 13, 37)
"""No whole hour, so that the broken hours are paid for."""

REPORT = ROOT / "docs" / "benchmarks.md"


def main() -> None:
    """Measure every size and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", default="5e6,25e6")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "benchmarks")
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    sizes = [int(float(size)) for size in options.rows.split(",")]
    folders = {size: _make_data(options.folder / f"{size}", size) for size in sizes}

    scans: dict[int, list[float]] = {size: [] for size in sizes}
    rollups: dict[int, list[float]] = {size: [] for size in sizes}
    statuses: dict[int, list[float]] = {size: [] for size in sizes}
    whole: dict[int, list[float]] = {size: [] for size in sizes}
    by_hand: dict[int, list[float]] = {size: [] for size in sizes}
    peaks: dict[int, float] = {}
    for _ in range(options.repeat):
        for size, folder in folders.items():
            scans[size].append(_timed(_scan, folder))
            shutil.rmtree(folder / "rollup", ignore_errors=True)
            seconds, peak = _rollup_in_own_process(folder)
            rollups[size].append(seconds)
            peaks[size] = max(peaks.get(size, 0), peak)
            rolled = refresh(open_store(folder), CATALOG)
            status(rolled, AT)
            pages.forget()
            cost = pages.Cost()
            with pages.timing(cost):
                whole[size].append(_timed(status, rolled, AT))
            statuses[size].append(cost.seconds)
            by_hand[size].append(_timed(_hand_written, folder))
            print(
                f"{size:,} rows: scan {scans[size][-1]:.2f} s, rollup {seconds:.2f} s", flush=True
            )

    rows = []
    for size in sizes:
        scan, rollup = statistics.median(scans[size]), statistics.median(rollups[size])
        shown, hand = statistics.median(statuses[size]), statistics.median(by_hand[size])
        rows.append(
            [
                f"{size:,}",
                f"{scan:.2f} s",
                f"{rollup:.2f} s",
                f"{rollup / scan:.1f}",
                f"{peaks[size]:.0f} MB",
                f"{shown * 1000:.0f} ms",
                f"{statistics.median(whole[size]) * 1000:.0f} ms",
                f"{hand * 1000:.0f} ms",
                f"{hand / scan:.1f}",
            ]
        )
    table = tabulate(
        rows,
        headers=[
            *("requests", "bare scan", "full rollup", "rollup / scan", "peak memory"),
            *("status: queries", "in all", "by hand, a time", "by hand / scan"),
        ],
        tablefmt="github",
        disable_numparse=True,
    )
    growth = statistics.median(statuses[sizes[-1]]) / statistics.median(statuses[sizes[0]])
    dimensions = _dimensions(folders[sizes[-1]])
    text = _report(table, growth, sizes, dimensions)
    text += "\n" + pages.report(options.folder / "pages", [0.1, 1.0], options.repeat)
    REPORT.write_text(text, encoding="utf-8")
    print(f"\n{table}\n\nwritten to {REPORT}")


def _make_data(folder: Path, rows: int) -> Path:
    template = (Path(__file__).parent / "requests.sql").read_text("utf-8")
    for number in range(DAYS):
        day = START + timedelta(days=number)
        path = folder / "requests" / f"date={day}" / "part.parquet"
        if path.exists():
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        filled = (
            template.replace("$day", str(day))
            .replace("$rows", str(rows // DAYS))
            .replace("$seed", str(number * 1_000_003))
            .replace("$path", str(path))
        )
        duckdb.connect().execute(filled)
    return folder


def _timed(work: Callable[..., object], *arguments: object) -> float:
    start = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - start


def _scan(folder: Path) -> None:
    """Decode every column that the rollup reads, and do nothing with the values."""
    text = [column.name for column in REQUESTS.columns if column.kind == "text"]
    sums = [f"sum(strlen({name}))" for name in text]
    sums += ["sum(epoch_us(ts))", "sum(status)", "sum(duration_ms)", "sum(response_bytes)"]
    duckdb.connect().execute(
        f"SELECT {', '.join(sums)} FROM read_parquet('{folder}/requests/*/*.parquet', "
        "hive_partitioning = false)"
    ).fetchall()


def _rollup_in_own_process(folder: Path) -> tuple[float, float]:
    """Seconds of the rollup inside a fresh process, and the process's peak memory in MB."""
    code = (
        "import sys, time\n"
        "from slo_core.catalog import load_catalog\n"
        "from slo_core.logs.store import open_store\n"
        "from slo_core.rollup import refresh\n"
        f"catalog = load_catalog({str(ROOT / 'data' / 'studio.yaml')!r})\n"
        "start = time.perf_counter()\n"
        f"refresh(open_store({str(folder)!r}), catalog)\n"
        "print(time.perf_counter() - start)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=ROOT, text=True
    )
    assert process.stdout is not None
    seconds = float(process.stdout.read())
    _, _, usage = os.wait4(process.pid, 0)
    return seconds, usage.ru_maxrss / 1024


def _hand_written(folder: Path) -> None:
    query = (Path(__file__).parent / "hand_written.sql").read_text("utf-8")
    duckdb.connect().execute(
        query.replace("$end", str(AT)).replace("$folder", str(folder))
    ).fetchall()


def _dimensions(folder: Path) -> str:
    """Processor seconds of each statement over all dates, against the scan's."""
    store, unit = open_store(folder), UNITS[0]
    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    plan = make_plan(CATALOG)
    plan.create_tables(connection)
    start = time.process_time()
    _scan(folder)
    scan = time.process_time() - start
    costs: dict[str, float] = {}
    for day, files in store.listing("requests").files.items():
        raw = read_day(connection, store, unit.table, day, files)
        connection.execute("DROP TABLE IF EXISTS word")
        view_rows(connection, unit, [raw])
        spell(connection, unit, [raw])
        for name in ("judged", *unit.parts, *unit.steps):
            start = time.process_time()
            sql = unit.sql(name, plan.cuts)
            connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {sql}")
            costs[name] = costs.get(name, 0) + time.process_time() - start
    return tabulate(
        [[f"`{name}`", f"{cost:.2f} s", f"{cost / scan:.2f}"] for name, cost in costs.items()],
        headers=["what", "processor time", "× scan"],
        tablefmt="github",
        disable_numparse=True,
    )


def _report(table: str, growth: float, sizes: list[int], dimensions: str) -> str:
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    machine = f"{os.cpu_count()} cores, DuckDB {duckdb.__version__}"
    return f"""# Benchmarks

Written by `make bench` on {today} ({machine}): medians of runs by turns, 30 days of
made-up requests at each size. A bare scan decodes every column that the rollup reads; the full
rollup includes writing, and every dimension below. "By hand" is `benchmarks/hand_written.sql`,
which answers two of the 32 objectives' questions with a simplified outcome rule over raw Parquet,
each time that it is asked; status answers all of them, with budgets, four burn rates, availability
and percentiles, at a moment that is no whole hour and with nothing cached: the time of its queries
in the engine, and in all, with the policies' states and what Python makes of the answers.

{table}

Status at {sizes[-1]:,} requests takes {growth:.2f} × as long as at {sizes[0]:,}.

## What each dimension of the rollup costs

Processor time on one thread over all dates at {sizes[-1]:,} requests, without writing.

{dimensions}
"""


if __name__ == "__main__":
    main()
