"""The watch itself: look after look until it is stopped, one process a folder."""

import json
import os
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from slo_core.catalog import Catalog
from slo_core.errors import SloError
from slo_core.logs.store import Store
from slo_core.moments import iso, utc_second
from slo_core.register import FILE_NAME
from slo_core.rollup import refresh
from slo_core.watch.deliver import Delivery, Say, Sender, deliver, resume
from slo_core.watch.keys import Message
from slo_core.watch.look import Look, look, silences
from slo_core.watch.routes import LOG, why_off
from slo_core.watch.targets import Outlet

HEARTBEAT = "watch.json"
"""What the last look was, beside the register: for people, and for who watches the watch."""


@dataclass(frozen=True)
class Watch:
    """What is watched, and how."""

    store: Store
    catalog: Catalog
    every: timedelta
    base_url: str
    say: Say
    environment: Mapping[str, str]
    at: datetime | None = None
    """The moment to look at, where it is not now."""
    clock: Callable[[], datetime] = utc_second
    """What time it is: for when messages are due, not for what is looked at."""
    stopping: threading.Event = field(default_factory=threading.Event)


def run_once(watch: Watch) -> None:
    """Look once and send what is due. Raises SloError where another watch has the folder."""
    with _alone(watch.store):
        senders, off = outlets(watch)
        _cycle(watch, watch.store.root, senders, off)


def run(watch: Watch) -> None:
    """Look again and again until `stopping` is set.

    A look that fails is told and the next one tries again. Raises SloError where another watch has
    the folder.
    """
    with _alone(watch.store):
        senders, off = outlets(watch)
        while not watch.stopping.is_set():
            began = time.monotonic()
            try:
                _cycle(watch, watch.store.root, senders, off)
            except (SloError, OSError, sqlite3.Error) as error:
                watch.say(f"this look failed, the next tries again: {error}")
                _beat(watch, str(error))
            watch.stopping.wait(max(0.0, watch.every.total_seconds() - time.monotonic() + began))


def dry_run(watch: Watch) -> None:
    """Look once and say what would be sent; nothing is sent, and the register stays as it is."""
    with tempfile.TemporaryDirectory() as folder:
        copied = Path(folder)
        _copy_register(watch.store.root, copied)
        senders, off = outlets(watch)
        for problem in off.values():
            watch.say(problem)
        targets = watch.catalog.notifications.targets
        names = [*(target.id for target in targets), LOG]
        alone = {name for name, sender in senders.items() if sender.alone}
        alone |= {target.id for target in targets if target.template}
        shown = {
            name: _Printed(f"would be sent to {name}:\n", watch.say, alone=name in alone)
            for name in names
        }
        _cycle(watch, copied, shown, {}, dry=True)


def outlets(watch: Watch) -> tuple[dict[str, Sender], dict[str, str]]:
    """The targets that are on, ready to send; and why the others are off, a sentence each."""
    senders: dict[str, Sender] = {LOG: _Printed("", watch.say, alone=True)}
    off: dict[str, str] = {}
    for target in watch.catalog.notifications.targets:
        problem = why_off(target, watch.environment)
        if problem is None:
            outlet = Outlet(target, watch.environment)
            problem = outlet.prepare()
            if problem is None:
                senders[target.id] = outlet
        if problem:
            off[target.id] = problem
    return senders, off


@dataclass(frozen=True)
class Heartbeat:
    """The last look of a folder's watch; every part None where there never was one."""

    since: datetime | None = None
    """When it was first watched."""
    looked_at: datetime | None = None
    every: timedelta | None = None
    error: str | None = None
    """Why the last look failed, if it did."""

    def is_late(self, now: datetime) -> bool:
        """Whether the next look is overdue: it was stopped, or hangs."""
        if self.looked_at is None or self.every is None:
            return True
        return now - self.looked_at > 3 * self.every + timedelta(minutes=1)


def heartbeat(data_dir: str | Path) -> Heartbeat:
    """When the folder's watch looked last."""
    try:
        told = json.loads((Path(data_dir) / HEARTBEAT).read_text("utf-8"))
        return Heartbeat(
            datetime.fromisoformat(told["since"]).replace(tzinfo=None),
            datetime.fromisoformat(told["looked_at"]).replace(tzinfo=None),
            timedelta(seconds=float(told["every_seconds"])),
            told.get("error"),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return Heartbeat()


def _cycle(
    watch: Watch,
    data_dir: Path,
    senders: Mapping[str, Sender],
    off: Mapping[str, str],
    *,
    dry: bool = False,
) -> None:
    moment = watch.clock()
    since = heartbeat(watch.store.root).since or moment
    resume(data_dir, senders, watch.catalog.notifications.retries.value, moment)
    rollup = refresh(watch.store, watch.catalog)
    seen = look(rollup, Look(data_dir, watch.at, moment, since, off, watch.base_url))
    for incident in seen.incidents:
        watch.say(f"{'would open' if dry else 'opened'} incident {incident}")
    for task in seen.tasks:
        watch.say(f"{'would ask' if dry else 'asked'} people to: {task}")
    if not dry:
        _beat(watch)
    deliver(
        Delivery(
            data_dir,
            watch.catalog,
            senders,
            silences(data_dir, moment),
            (lambda _: None) if dry else watch.say,
            _later if dry else watch.clock,
            watch.stopping,
        )
    )


def _beat(watch: Watch, error: str | None = None) -> None:
    """Say that the folder was looked at, all at once: a kill leaves the old word or the new."""
    moment = watch.clock()
    told: dict[str, Any] = {
        "since": iso(heartbeat(watch.store.root).since or moment),
        "looked_at": iso(moment),
        "every_seconds": watch.every.total_seconds(),
        "error": error,
    }
    path = watch.store.root / HEARTBEAT
    draft = path.with_name(f".{HEARTBEAT}.{os.getpid()}")
    draft.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    draft.replace(path)


@contextmanager
def _alone(store: Store) -> Iterator[None]:
    """Hold the folder's watch; the system lets go of it when the process ends, however it does."""
    lock = FileLock(store.root / ".watch.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise SloError(
            f"{store.root} is watched by another process: one is enough; stop that one first."
        ) from None
    except OSError as error:
        raise SloError(
            f"{store.root} cannot be written ({error.strerror}): what was told is kept there."
        ) from None
    try:
        yield
    finally:
        lock.release()


def _copy_register(source: Path, target: Path) -> None:
    if not (source / FILE_NAME).exists():
        return
    with (
        suppress(sqlite3.DatabaseError),  # Reading it says what is wrong with it.
        closing(sqlite3.connect(f"file:{source / FILE_NAME}?mode=ro", uri=True)) as old,
        closing(sqlite3.connect(target / FILE_NAME)) as new,
    ):
        old.backup(new)


@dataclass(frozen=True)
class _Printed:
    """Where messages are only shown: the log, and every target of a dry run."""

    head: str
    say: Say
    alone: bool = False
    drops_repeats: bool = False

    def send(self, message: Message) -> None:
        """Show the message."""
        self.say(f"{self.head}{message.title}\n{message.body}\n")


def _later() -> datetime:
    """Late enough for what is gathered to be due: a dry run does not wait."""
    return utc_second() + timedelta(days=1)
