"""Keeps rollups up to date behind logs that keep coming, so that nobody who looks has to wait."""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from slo_core.catalog import Catalog
from slo_core.errors import SloError
from slo_core.logs.store import open_store
from slo_core.rollup.build import refresh

_PAUSE = 2.0
_SHARE = 3.0
_STOP_SECONDS = 30

_log = logging.getLogger(__name__)


class Follower:
    """Rolls up in a thread of its own, when told of new logs, and rests between two times.

    A rest is as long as three rollups have taken, so that large logs do not keep a core busy.
    ``catalog`` is asked each time, since its file may change.
    """

    def __init__(self, folder: Path, catalog: Callable[[], Catalog]) -> None:
        self._folder, self._catalog = folder, catalog
        self._news = threading.Event()
        self._ends = threading.Event()
        self._thread: threading.Thread | None = None

    def tell(self) -> None:
        """Say that there are new logs; returns at once."""
        self._news.set()
        if self._thread is None:
            self._thread = threading.Thread(target=self._follow, name="rollup", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Follow no longer; what is being rolled up is finished first."""
        self._ends.set()
        self._news.set()
        if self._thread:
            self._thread.join(_STOP_SECONDS)

    def _follow(self) -> None:
        while True:
            self._news.wait()
            if self._ends.is_set():
                return
            self._news.clear()
            began = time.monotonic()
            try:
                refresh(open_store(self._folder), self._catalog())
            except SloError as error:
                _log.warning("The rollups could not follow: %s", error)
            except Exception:  # a page that asks for the same will show it
                _log.exception("The rollups could not follow.")
            self._ends.wait(max(_PAUSE, _SHARE * (time.monotonic() - began)))
