"""The collector in the dashboards' own process: events come in where the figures go out.

``SLO_COLLECT_TOKENS`` names a file of who may send; without it only this machine may.
``SLO_COLLECT=off`` takes no events at all.
"""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from threading import Lock

from starlette.concurrency import run_in_threadpool
from starlette.routing import Route

from pages.parts.settings import catalog_file, data_folder
from slo_core.catalog import Catalog, load_catalog
from slo_core.errors import SloError
from slo_core.logs.collector import Collector, collector_routes, read_tokens
from slo_core.rollup.follow import Follower


def routes() -> list[Route]:
    """Give the collector's addresses, none where it is off.

    Tokens that cannot be read end the server, with a sentence: it would open to the wrong people.
    """
    if not _is_on():
        return []
    tokens = os.environ.get("SLO_COLLECT_TOKENS", "").strip()
    try:
        return collector_routes(_here.collector, read_tokens(tokens) if tokens else ())
    except SloError as error:
        sys.exit(f"SLO_COLLECT_TOKENS: {error}")


@asynccontextmanager
async def lifespan(app: object) -> AsyncIterator[None]:
    """Take up what an earlier process has left, and leave nothing behind."""
    if _is_on() and (data_folder() / "collector").is_dir():
        # Where it cannot, pages and whoever sends are told why.
        with suppress(SloError, OSError):
            await run_in_threadpool(_here.collector)
    yield
    await run_in_threadpool(_here.stop)


def _is_on() -> bool:
    return os.environ.get("SLO_COLLECT", "").strip().lower() != "off"


class _Here:
    """The collector of this process, from the first event on, by the catalogue as it stands."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._collector: Collector | None = None
        self._follower = Follower(data_folder(), self._catalog)
        self._read: tuple[tuple[Path, int], Catalog] | None = None

    def collector(self) -> Collector:
        """Raises SloError where the catalogue cannot be read."""
        with self._lock:
            before = self._read
            catalog = self._catalog()
            if self._collector is None:
                self._follower = Follower(data_folder(), self._catalog)
                self._collector = Collector(data_folder(), catalog, changed=self._follower.tell)
            elif self._read != before:
                self._collector.read_by(catalog)
            return self._collector

    def stop(self) -> None:
        with self._lock:
            if self._collector:
                self._collector.stop()
                self._collector = None
                self._follower.stop()

    def _catalog(self) -> Catalog:
        path = catalog_file()
        stamp = (path, path.stat().st_mtime_ns if path.exists() else 0)
        if self._read is None or self._read[0] != stamp:
            self._read = stamp, load_catalog(path)
        return self._read[1]


_here = _Here()
