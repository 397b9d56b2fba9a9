"""The collector of one process and one data folder: takes rows, and sees that they become files."""

import asyncio
import hashlib
import logging
import shutil
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

from slo_core.catalog import Catalog
from slo_core.logs.collector.body import Held
from slo_core.logs.collector.drain import Drain
from slo_core.logs.collector.events import Reader
from slo_core.logs.collector.fields import Row
from slo_core.logs.collector.journal import BusyError, Entry, Journal, NoRoomError
from slo_core.logs.collector.limits import Limits
from slo_core.logs.pseudonyms import hider
from slo_core.moments import utc_now

_MOST_BATCHES = 500_000
_STOP_SECONDS = 30

_log = logging.getLogger(__name__)


class Collector:
    """Keeps what is sent, in the journal first and then in the tables.

    ``changed`` is called, in the collector's own thread, each time that files have been written.
    Use it as a context: leaving it writes and drains what there is.
    """

    def __init__(
        self,
        root: Path,
        catalog: Catalog,
        limits: Limits | None = None,
        changed: Callable[[], None] | None = None,
    ) -> None:
        self.root = root
        self.limits = limits or Limits()
        self.held = Held(self.limits.bodies)
        self._changed = changed
        self._drain = Drain(root)
        self.read_by(catalog)
        self._journal = Journal(self._drain.journal, self._drain.process, self.limits)
        self._backlog = self._drain.backlog()
        self._batches: OrderedDict[str, Future[None] | None] = OrderedDict()
        self._batches.update((batch, None) for batch in self._drain.known_batches(utc_now()))
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep_draining, name="drain", daemon=True)
        self._thread.start()

    def __enter__(self) -> "Collector":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End; what has been taken is in the tables then, unless the disk is full."""
        self._journal.stop()
        self._stopping.set()
        self._thread.join(_STOP_SECONDS)
        self._drain.close()

    def read_by(self, catalog: Catalog) -> None:
        """Read events by this catalogue from now on."""
        self.reader = Reader(catalog, hider(self.root) if catalog.collecting.hash_ids else None)

    async def keep(self, rows: list[Row], batch: str | None) -> bool:
        """Keep rows; returns once they are on disk, with False if the batch was there already.

        Raises NoRoomError where the disk is full, BusyError where too much waits.
        """
        if self._backlog > self.limits.journal:
            raise BusyError("journals wait to become files: send this again later")
        if batch is not None and batch in self._batches:
            earlier = self._batches[batch]
            if earlier is not None:
                await asyncio.shield(asyncio.wrap_future(earlier))
            return False
        done = self._journal.append(Entry(batch, rows))
        if batch is not None:
            self._remember(batch, done)
        await asyncio.shield(asyncio.wrap_future(done))
        return True

    def state(self) -> dict[str, object]:
        """What a check of its health is told: bytes waiting, and room on the disk."""
        free = shutil.disk_usage(self.root).free
        return {
            "journal_bytes": self._backlog,
            "free_bytes": free,
            "taking": free > self.limits.spare and self._backlog <= self.limits.journal,
        }

    def _remember(self, batch: str, done: Future[None]) -> None:
        self._batches[batch] = done
        if len(self._batches) > _MOST_BATCHES:
            self._batches.popitem(last=False)

        def written(future: Future[None]) -> None:
            if future.exception():
                self._batches.pop(batch, None)
            elif batch in self._batches:
                self._batches[batch] = None

        done.add_done_callback(written)

    def _keep_draining(self) -> None:
        while True:
            ends = self._stopping.wait(self.limits.drain_every)
            try:
                self._journal.close_segment()
                if self._drain.run(utc_now(), self._journal.open_segment) and self._changed:
                    self._changed()
            except Exception:  # whatever it is, the journals stay, and the next try may succeed
                _log.exception("Journals could not become files of %s yet.", self.root)
            self._backlog = self._drain.backlog()
            if ends:
                return


def batch_key(sender: str, batch: str) -> str:
    """The name under which a batch is remembered: a sender's own, and of one length."""
    return hashlib.sha256(f"{sender}\0{batch}".encode()).hexdigest()[:32]


__all__ = ["BusyError", "Collector", "NoRoomError", "batch_key"]
