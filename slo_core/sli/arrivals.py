"""What has arrived: rows a day, who was heard when, what came late or twice, what it takes of disk.

For the people who bring the logs. Raw files are counted by their footers, which say how many rows
there are; nothing here decides what counts.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pandas as pd

from slo_core.logs.late import FOLDER, rows_of, too_late
from slo_core.logs.raw import all_rows, damaged, read_day
from slo_core.logs.store import Store
from slo_core.logs.tables import TABLES
from slo_core.rollup import Rollup

LATE = timedelta(days=1)
"""How long after the end of its day a file may come without being late."""

RAW, KEPT, MISSING = "raw", "kept", "missing"

_DAY = timedelta(days=1)
_MEMORY = "512MB"


def volume(rollup: Rollup, start: datetime, end: datetime) -> pd.DataFrame:
    """Every day that ``[start, end)`` touches, for each table that ever had a row.

    Columns ``date, table, rows, state``: ``raw`` with the rows of its files, ``kept`` where only
    figures are left (rows None), ``missing`` where there is nothing between the table's first and
    last day (rows None).
    """
    days = _days(start, end)
    found = []
    for table in TABLES:
        entries = rollup.manifests[table].entries
        files = {
            day: files
            for day, files in rollup.store.listing(table).files.items()
            if not (day in entries and entries[day].kept)
        }
        kept = {day for day, entry in entries.items() if entry.folder}
        known = {*files, *kept}
        if not known:
            continue
        for day in days:
            if day in files:
                rows, state = rows_of(files[day]), RAW
            elif day in kept:
                rows, state = None, KEPT
            elif min(known) < day < max(known):
                rows, state = None, MISSING
            else:
                continue
            found.append({"date": day, "table": table, "rows": rows, "state": state})
    return pd.DataFrame(found, columns=["date", "table", "rows", "state"])


def heard(rollup: Rollup) -> pd.DataFrame:
    """Every table, and every source that is only shown beside a journey: its first and last event.

    Columns ``table, source, first, last, days``; ``source`` is None for all rows that count, else
    ``journey: source``. Without an event ``first`` and ``last`` are None.
    """
    found: list[tuple[str, str | None, datetime | None, datetime | None, int]] = []
    for table in TABLES:
        entries = rollup.manifests[table].entries.values()
        firsts = [entry.first_at for entry in entries if entry.first_at]
        lasts = [entry.last_at for entry in entries if entry.last_at]
        found.append((table, None, min(firsts, default=None), max(lasts, default=None), len(lasts)))
    beside = rollup.source("requests", "sources", [(datetime.min, datetime.max)])
    if beside:
        found += [
            ("requests", f"{journey}: {source}", first, last, days)
            for journey, source, first, last, days in rollup.cursor()
            .execute(
                "SELECT journey, source, min(first_at), max(last_at), "
                f"count(DISTINCT CAST(hour AS DATE)) FROM ({beside}) GROUP BY 1, 2 ORDER BY 1, 2"
            )
            .fetchall()
        ]
    return pd.DataFrame(found, columns=["table", "source", "first", "last", "days"])


def late(store: Store, start: datetime, end: datetime) -> pd.DataFrame:
    """Raw files of ``[start, end)`` written more than `LATE` after their day had ended.

    By the day on which they came: ``came, table, days, files, rows``, the latest first.
    """
    wanted = set(_days(start, end))
    found: dict[tuple[date, str], tuple[set[date], int, int]] = {}
    for table in TABLES:
        for day, files in store.listing(table).files.items():
            for file in files if day in wanted else ():
                written = datetime.fromtimestamp(file.modified_ns / 1e9, UTC).replace(tzinfo=None)
                if written > datetime.combine(day, datetime.min.time()) + _DAY + LATE:
                    days, count, rows = found.get((written.date(), table), (set(), 0, 0))
                    found[written.date(), table] = (
                        {*days, day},
                        count + 1,
                        rows + rows_of([file]),
                    )
    groups = [
        (came, table, len(days), files, rows)
        for (came, table), (days, files, rows) in sorted(found.items(), reverse=True)
    ]
    return pd.DataFrame(groups, columns=["came", "table", "days", "files", "rows"])


def uncounted(rollup: Rollup) -> pd.DataFrame:
    """Rows of days whose raw logs are gone: they came too late, and are in no figure.

    By day and table, ``day, table, rows, where``: what the collector has set apart, and what
    another program has put beside the figures that are kept.
    """
    store = rollup.store
    found = [
        (late.day, late.table, late.rows, f"{FOLDER / late.table}/date={late.day}")
        for late in too_late(store)
    ]
    for table in TABLES:
        entries = rollup.manifests[table].entries
        found += [
            (day, table, rows_of(files), f"{table}/date={day}")
            for day, files in store.listing(table).files.items()
            if day in entries and entries[day].kept
        ]
    return pd.DataFrame(sorted(found), columns=["day", "table", "rows", "where"])


def twice(store: Store, day: date) -> pd.DataFrame:
    """Rows of a day that are there more than once, the same in every column, by table.

    Columns ``table, rows, extra``: all rows, and how many of them a table without doubles would
    not have. Tables without raw logs of the day, and with files that are damaged, are left out.
    """
    found = []
    with duckdb.connect() as connection:
        connection.execute(f"SET memory_limit = '{_MEMORY}'")
        connection.execute("SET TimeZone = 'UTC'")
        for name, table in TABLES.items():
            files = store.listing(name).files.get(day, ())
            raw = read_day(connection, store, table, day, files)
            if not raw.shapes:
                continue
            columns = ", ".join(column.name for column in table.columns)
            try:
                ((rows, different),) = connection.execute(
                    f"SELECT sum(times), count(*) FROM (SELECT count(*) AS times "
                    f"FROM ({all_rows([raw])}) GROUP BY {columns})"
                ).fetchall()
            except duckdb.Error:
                if damaged(connection, store, table, files):
                    continue
                raise
            found.append((name, int(rows or 0), int(rows or 0) - different))
    return pd.DataFrame(found, columns=["table", "rows", "extra"])


@dataclass(frozen=True)
class Use:
    """What a part of the data folder takes: its name for people, bytes and files."""

    name: str
    bytes: int
    files: int


def disk(store: Store) -> list[Use]:
    """What takes room in a data folder, in the order of its parts: each table, then the rest."""
    parts = {f"{table} (raw logs)": store.root / table for table in TABLES} | {
        "Figures (rollup)": store.rollup,
        "Reports and quarantine (ingest)": store.root / "ingest",
        "Collector (journals, late rows)": store.root / "collector",
    }
    uses = [Use(name, *_taken(folder)) for name, folder in parts.items() if folder.is_dir()]
    if store.register.is_file():
        uses.append(Use("Register", store.register.stat().st_size, 1))
    return uses


def _taken(folder: Path) -> tuple[int, int]:
    sizes = []
    for path in folder.rglob("*"):
        try:
            if path.is_file():
                sizes.append(path.stat().st_size)
        except OSError:
            continue  # it has just been removed
    return sum(sizes), len(sizes)


def _days(start: datetime, end: datetime) -> list[date]:
    last = (end - timedelta(microseconds=1)).date()
    return [start.date() + n * _DAY for n in range((last - start.date()).days + 1)]
