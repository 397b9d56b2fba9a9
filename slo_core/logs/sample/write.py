"""Writing a sample: each date's tables by SQL straight to Parquet, on every core."""

import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import duckdb
import pandas as pd

from slo_core.catalog import Catalog
from slo_core.errors import SloError
from slo_core.logs.sample.parameters import rows, variables, words
from slo_core.logs.sample.plan import Plan, SamplePhase, plan_sample
from slo_core.logs.sample.story import AUTHOR, FILE_NAME, write_register, write_truth
from slo_core.logs.store import VERSION, Store
from slo_core.logs.tables import TABLES
from slo_core.register import FILE_NAME as REGISTER
from slo_core.register import read_history

Dates = tuple[date, ...]
Progress = Callable[[float, str], None]
"""Told the share that is done, 0 to 1, and what has just been written."""

_PARQUET = "sample.parquet"
# Made at once where dates are small, because a statement has its own price.
_ROWS_TOGETHER = 400_000
# Funnel steps are told by the requests, so they come after those.
_LAST = "steps"


def write_sample(
    data_dir: str | Path,
    *,
    catalog: Catalog,
    days: int | None = None,
    end: datetime | None = None,
    scale: float = 1.0,
    seed: int = 1,
    progress: Progress | None = None,
    roll_up: Callable[[SamplePhase], None] | None = None,
) -> dict[str, Any]:
    """Fill a data folder with sample logs, a register and the truth about them (scenario.json).

    The sample spans `days` until `end` (UTC, floored to the minute, default now); by default 13
    months: a closed beta, and 62 days at the document's volumes times `scale`. The same arguments
    give the same rows. With `roll_up`, which is called after each phase has been written, the raw
    logs of the beta are removed once it has returned; without it they stay.

    Answers the truth. A sample that is there already is replaced. Raises SloError with one
    sentence, and changes nothing, for a bad argument or a folder that holds anything but a sample.
    """
    plan = plan_sample(catalog, days=days, end=end, scale=scale, seed=seed)
    folder = Path(data_dir)
    _clear(folder)
    write_truth(folder, plan, complete=False)
    (folder / "version").write_text(f"{VERSION}\n", encoding="utf-8")
    write_register(folder, plan)
    done, total = 0, sum(2 * len(phase.dates) for phase in plan.phases)
    for phase in plan.phases:
        for dates, what in _write_phase(folder, plan, phase):
            done += dates
            if progress:
                progress(done / total, what)
        if roll_up:
            roll_up(phase)
            if not phase.keep_raw:
                _remove_raw(folder, phase)
    return write_truth(folder, plan, complete=True)


def _write_phase(folder: Path, plan: Plan, phase: SamplePhase) -> Iterator[tuple[int, str]]:
    """Write a phase on every core; tells how many dates are done, and of what, as it goes."""
    first = [table for table in TABLES if table != _LAST]
    spans = _spans(plan, phase)
    workers = min(os.cpu_count() or 1, len(spans))
    idle: SimpleQueue[duckdb.DuckDBPyConnection] = SimpleQueue()
    for _ in range(workers):
        idle.put(_connect(plan, phase))

    def write_span(dates: Dates, tables: list[str]) -> tuple[int, str]:
        connection = idle.get()
        try:
            _set_span(connection, phase, dates)
            if tables == first:
                connection.execute(_sql("sessions"))
            for table in tables:
                _write_table(connection, folder, phase, dates, table)
        finally:
            idle.put(connection)
        return len(dates), f"{phase.name} {dates[-1]}, {'requests' if tables == first else _LAST}"

    pool = ThreadPoolExecutor(workers)
    try:
        yield from pool.map(lambda dates: write_span(dates, first), spans)
        yield from pool.map(lambda dates: write_span(dates, [_LAST]), spans)
    finally:
        pool.shutdown(cancel_futures=True)
        for _ in range(workers):
            idle.get().close()


def _spans(plan: Plan, phase: SamplePhase) -> list[Dates]:
    """The dates of a phase, as many together as make the effort of a statement worth it."""
    daily = sum(map(plan.monthly, plan.world.requests)) / 30 * phase.volume * plan.scale
    together = min(31, max(1, int(_ROWS_TOGETHER / daily)))
    dates = phase.dates
    return [dates[n : n + together] for n in range(0, len(dates), together)]


def _connect(plan: Plan, phase: SamplePhase) -> duckdb.DuckDBPyConnection:
    """A database of one thread, so that rows are written in their order, with the plan in it."""
    connection = duckdb.connect(config={"threads": 1})
    connection.execute("SET TimeZone = 'UTC'")
    # The joins are carried out as they are written: the rows, in their order, against small tables.
    connection.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
    filled = rows(plan, phase)
    connection.execute(
        f"CREATE TYPE word AS ENUM ({', '.join(map(_literal, words(plan, filled)))})"
    )
    connection.execute(_sql("tables"))
    for table, found in filled.items():
        if found:
            frame = pd.DataFrame(found, dtype="object")  # noqa: F841, read by the next line
            connection.execute(f"INSERT INTO {table} BY NAME FROM frame")
    for name, value in variables(plan, phase).items():
        _set(connection, name, value)
    connection.execute(_sql("macros"))
    connection.execute(_sql("calibrate"))
    return connection


def _set_span(connection: duckdb.DuckDBPyConnection, phase: SamplePhase, dates: Dates) -> None:
    """Tell the SQL of which successive dates it is to make rows."""
    start = datetime.combine(dates[0], time())
    _set(connection, "day_start", max(start, phase.starts_at))
    _set(connection, "day_end", min(start + len(dates) * timedelta(days=1), phase.ends_at))


def _write_table(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    phase: SamplePhase,
    dates: Dates,
    table: str,
) -> None:
    """Write one table's rows of successive dates, each date's to its own file."""
    day = timedelta(days=1)
    if table == _LAST:
        near = [dates[0] - day, *dates, dates[-1] + day]
        paths = [_path(folder, "requests", each) for each in near if each in phase.dates]
        connection.execute(
            "CREATE OR REPLACE TEMP VIEW requests AS FROM read_parquet("
            f"[{', '.join(map(_pattern, paths))}], hive_partitioning = false)"
        )
    found = f"({_sql(table)})"
    if len(dates) > 1:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE span AS {found}")
        found = "span"
    for each in dates:
        path = _path(folder, table, each)
        path.parent.mkdir(parents=True)
        part = path.with_suffix(".part")
        connection.execute(
            f"COPY (FROM {found} WHERE ts >= DATE '{each}' AND ts < DATE '{each + day}') "
            f"TO {_literal(part)} (FORMAT parquet, COMPRESSION snappy)"
        )
        part.replace(path)


def _set(connection: duckdb.DuckDBPyConnection, name: str, value: object) -> None:
    connection.execute(f"SET VARIABLE {name} = $value", {"value": value})


def _literal(path: Path | str) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _pattern(path: Path) -> str:
    """A path for reading, as an SQL string in which no character stands for others."""
    return _literal("".join(f"[{char}]" if char in "*?[" else char for char in str(path)))


def _path(folder: Path, table: str, day: date) -> Path:
    return folder / table / f"date={day}" / _PARQUET


@cache
def _sql(name: str) -> str:
    return files(__package__).joinpath(f"sql/{name}.sql").read_text(encoding="utf-8")


def _remove_raw(folder: Path, phase: SamplePhase) -> None:
    """Remove a phase's raw logs, as a deployment's retention would."""
    for table in TABLES:
        for day in phase.dates:
            shutil.rmtree(_path(folder, table, day).parent, ignore_errors=True)


def _clear(folder: Path) -> None:
    """Make room for a sample: an old sample goes, anything else is refused and stays."""
    if folder.exists() and not folder.is_dir():
        raise SloError(f"{folder} is a file: expected a folder, name another with --data.")
    if not Store(folder).is_sample:
        ours = (*TABLES, "rollup", REGISTER, "version", FILE_NAME)
        held = [name for name in ours if (folder / name).exists()]
        if held:
            raise SloError(
                f"{folder} holds data that is no sample ({held[0]}): "
                "name another folder with --data; nothing was changed."
            )
        folder.mkdir(parents=True, exist_ok=True)
        return
    for table in TABLES:
        for file in sorted((folder / table).rglob("*")):
            if file.is_file() and not file.name.startswith("sample"):
                raise SloError(
                    f"{file} is not of the sample in {folder}: "
                    "move it away or name another folder with --data; nothing was changed."
                )
    people = set(read_history(folder)["actor"]) - {AUTHOR.name}
    if people:
        raise SloError(
            f"{folder / REGISTER} holds what {min(people)} wrote: move it away or name another "
            "folder with --data; nothing was changed."
        )
    for name in (*TABLES, "rollup"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for file in folder.glob(f"{REGISTER}*"):
        file.unlink()
