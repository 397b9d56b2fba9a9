"""The collector in the dashboards' own process: events come in where the figures go out.

``SLO_COLLECT_TOKENS`` names a file of who may send; without it only this machine may.
``SLO_COLLECT=off`` takes no events at all.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Lock

from starlette.concurrency import run_in_threadpool
from starlette.routing import Route

from pages.parts.settings import catalog_file, data_folder
from slo_core.catalog import Catalog, load_catalog
from slo_core.logs.collector import Collector, collector_routes, read_tokens
from slo_core.rollup.follow import Follower


def routes() -> list[Route]:
    """Give the collector's addresses, none where it is off. Raises SloError on bad tokens."""
    if os.environ.get("SLO_COLLECT", "").strip().lower() == "off":
        return []
    tokens = os.environ.get("SLO_COLLECT_TOKENS", "").strip()
    return collector_routes(_here.collector, read_tokens(tokens) if tokens else ())


@asynccontextmanager
async def lifespan(app: object) -> AsyncIterator[None]:
    """Take up what an earlier process has left, and leave nothing behind."""
    if routes() and (data_folder() / "collector").is_dir():
        await run_in_threadpool(_here.collector)
    yield
    await run_in_threadpool(_here.stop)


class _Here:
    """The collector of this process, from the first event on, by the catalogue as it stands."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._collector: Collector | None = None
        self._read: tuple[tuple[Path, int], Catalog] | None = None

    def collector(self) -> Collector:
        """Raises SloError where the catalogue cannot be read."""
        with self._lock:
            before = self._read
            catalog = self._catalog()
            if self._collector is None:
                follower = Follower(data_folder(), self._catalog)
                self._collector = Collector(data_folder(), catalog, changed=follower.tell)
            elif self._read != before:
                self._collector.read_by(catalog)
            return self._collector

    def stop(self) -> None:
        with self._lock:
            if self._collector:
                self._collector.stop()
                self._collector = None

    def _catalog(self) -> Catalog:
        path = catalog_file()
        stamp = (path, path.stat().st_mtime_ns if path.exists() else 0)
        if self._read is None or self._read[0] != stamp:
            self._read = stamp, load_catalog(path)
        return self._read[1]


_here = _Here()
