"""What the sample's people do next: its rows from now on, as events for a collector."""

import tempfile
from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from slo_core.catalog import Catalog
from slo_core.logs.sample import write_sample
from slo_core.logs.tables import TABLES

Event = dict[str, Any]
"""One row under its table's name, as the collector takes it; ``ts`` is ISO 8601 in UTC."""

_AHEAD = timedelta(days=1)
_AT_ONCE = timedelta(minutes=15)


class Story:
    """The sample's rows, made a day ahead of time in a folder that goes when this does.

    Moments are UTC without a zone.
    """

    def __init__(self, catalog: Catalog, start: datetime, *, scale: float, seed: int) -> None:
        self._catalog, self._scale, self._seed = catalog, scale, seed
        self._folder = tempfile.TemporaryDirectory(prefix="studio-live-")
        self._read = self._made = start
        self._waiting: deque[tuple[datetime, Event]] = deque()
        self._make()

    def __enter__(self) -> "Story":
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    def until(self, end: datetime) -> list[Event]:
        """The events since the last call, or the start, up to a moment, in order of time."""
        while self._read < end:
            self._read_on()
        found = []
        while self._waiting and self._waiting[0][0] < end:
            found.append(self._waiting.popleft()[1])
        return found

    def _read_on(self) -> None:
        """Read some minutes, which is cheaper than their seconds one by one."""
        if self._read == self._made:
            self._make()
        end = min(self._read + _AT_ONCE, self._made)
        rows = [row for table in TABLES for row in self._rows(table, self._read, end)]
        self._waiting.extend(sorted(rows, key=lambda row: row[0]))
        self._read = end

    def _make(self) -> None:
        end = (self._made + _AHEAD).replace(second=0, microsecond=0)
        write_sample(
            self._folder.name,
            catalog=self._catalog,
            days=1,
            end=end,
            scale=self._scale,
            seed=self._seed,
        )
        self._made = end

    def _rows(self, table: str, start: datetime, end: datetime) -> Iterator[tuple[datetime, Event]]:
        pattern = f"{table}/date=*/*.parquet"
        if not any(Path(self._folder.name).glob(pattern)):
            return
        with duckdb.connect() as connection:
            cursor = connection.execute(
                f"FROM read_parquet('{self._folder.name}/{pattern}', hive_partitioning = false) "
                "WHERE ts >= ? AND ts < ?",
                [start, end],
            )
            names = [column[0] for column in cursor.description or ()]
            for row in cursor.fetchall():
                found = dict(zip(names, row, strict=True))
                ts = found["ts"]
                event = {"event": table, **found, "ts": ts.isoformat()}
                yield ts, {name: value for name, value in event.items() if value is not None}
