"""Raw logs of a span, a date at a time, judged by the rollup's own SQL (DESIGN 2.2).

For what rollups do not keep: single rows, and whose they were. Nothing here knows the outcome
table.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta

import duckdb
import pandas as pd

from slo_core.logs.raw import counted_rows, damaged, read_day
from slo_core.logs.store import RawFile
from slo_core.logs.tables import REQUESTS, Table
from slo_core.rollup import Rollup
from slo_core.rollup.plan import make_plan
from slo_core.rollup.units import UNITS

Select = Callable[[duckdb.DuckDBPyConnection, str], pd.DataFrame]
"""Takes what is wanted from a SELECT of a date's rows that may count."""

_MEMORY = "512MB"

_JUDGED = next(unit for unit in UNITS if unit.table is REQUESTS).sql("judged")


def dates_of(
    rollup: Rollup, table: Table, start: datetime, end: datetime
) -> tuple[list[date], list[date]]:
    """The dates of ``[start, end)`` with raw logs, and those whose raw logs are gone.

    Both the latest first; of the latter the figures are kept.
    """
    files = rollup.store.listing(table.name).files
    kept = {day for day, _ in rollup.entries(table.name, start, end)}
    touched = sorted((day for day in {*files, *kept} if _touches(day, start, end)), reverse=True)
    return [day for day in touched if day in files], [day for day in touched if day not in files]


def each_date(
    rollup: Rollup,
    table: Table,
    days: Sequence[date],
    start: datetime,
    end: datetime,
    select: Select,
) -> Iterator[tuple[date, pd.DataFrame | None]]:
    """What ``select`` takes from the rows of each date in ``[start, end)``.

    ``days`` have raw logs. None where none of a date's files can be read: the page names them under
    what was not counted.
    """
    files = rollup.store.listing(table.name).files
    with duckdb.connect() as connection:
        connection.execute(f"SET memory_limit = '{_MEMORY}'")
        connection.execute("SET TimeZone = 'UTC'")
        make_plan(rollup.catalog).create_tables(connection)
        for day in days:
            yield day, _selected(connection, rollup, table, day, files[day], start, end, select)


def judged(
    connection: duckdb.DuckDBPyConnection, rows: str, where: str, parameters: Sequence[object]
) -> str:
    """Judge requests: the FROM clause of ``j``, outcome and band, and ``r``, the row itself.

    ``rows`` is a SELECT of requests, ``where`` keeps to some of them.
    """
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE logged AS "
        f"SELECT *, row_number() OVER () AS number FROM ({rows}) WHERE {where}",
        list(parameters),
    )
    # The judging SQL drops most columns; a row's number comes through it in the place of its
    # step, which it hands on as it is, and brings the row back.
    connection.execute(
        "CREATE OR REPLACE TEMP VIEW requests AS SELECT * REPLACE (number AS step) FROM logged"
    )
    return f"({_JUDGED}) AS j JOIN logged AS r ON j.step = r.number"


def _selected(
    connection: duckdb.DuckDBPyConnection,
    rollup: Rollup,
    table: Table,
    day: date,
    files: Sequence[RawFile],
    start: datetime,
    end: datetime,
    select: Select,
) -> pd.DataFrame | None:
    raw = read_day(connection, rollup.store, table, day, files)
    if not raw.shapes:
        return None
    inside = f"ts >= TIMESTAMP '{start}' AND ts < TIMESTAMP '{end}'"
    try:
        return select(connection, f"SELECT * FROM ({counted_rows([raw])}) WHERE {inside}")
    except duckdb.Error:
        if damaged(connection, rollup.store, table, files):
            return None
        raise


def _touches(day: date, start: datetime, end: datetime) -> bool:
    midnight = datetime.combine(day, datetime.min.time())
    return midnight < end and midnight + timedelta(days=1) > start
