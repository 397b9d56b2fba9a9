"""Sending what is due: a stamp before, the result after, and another try where it was not taken.

Whoever finds a stamp without a result cannot know whether the message arrived. Where the receiver
drops what it has had, it goes out again at once; where not, it is told anew only if it lasts.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from slo_core.catalog import Catalog, Retries
from slo_core.text import clock
from slo_core.watch import ledger
from slo_core.watch.keys import Message, message_of
from slo_core.watch.matters import Matter
from slo_core.watch.plan import identity_of
from slo_core.watch.routes import way
from slo_core.watch.targets import Undeliverable
from slo_core.watch.words import together

Row = Mapping[str, Any]
Say = Callable[[str], None]


class Sender(Protocol):
    """What can send to a target."""

    @property
    def alone(self) -> bool:
        """Whether each notice is a message of its own."""

    @property
    def drops_repeats(self) -> bool:
        """Whether the same message twice is as good as once."""

    def send(self, message: Message) -> None:
        """Send one message; raises Undeliverable with a sentence where it was not taken."""


@dataclass(frozen=True)
class Delivery:
    """What sending needs beside the register."""

    data_dir: Path
    catalog: Catalog
    senders: Mapping[str, Sender]
    """By target, the log too, ready to send; those that are off are not there."""
    silenced: Callable[[Matter], str | None]
    say: Say
    clock: Callable[[], datetime]
    stopping: threading.Event


def resume(data_dir: Path, senders: Mapping[str, Sender], retries: Retries, now: datetime) -> int:
    """Let what a kill left unconfirmed be sent again where that does no harm; answers how much.

    No message is in hand when this is called: one process alone sends from a folder.
    """
    frame = ledger.read_ledger(data_dir)
    frame = frame[frame["state"] == "unconfirmed"]
    frame = frame[now - frame["created_at"] < retries.give_up_after]
    ids = [
        row["id"]
        for row in frame.to_dict("records")
        if row["target"] in senders and senders[row["target"]].drops_repeats
    ]
    if ids:
        ledger.failed(data_dir, ids, "it may have arrived; the receiver drops it then.", now)
    return len(ids)


def deliver(about: Delivery) -> int:
    """Send every message that is due; answers how many were taken.

    Notices of one tier to one target are one message. A stop is obeyed between two messages.
    """
    taken = 0
    for rows in _messages(about):
        if about.stopping.is_set():
            break
        taken += _send(about, rows)
    return taken


def _messages(about: Delivery) -> list[list[Row]]:
    frame = ledger.read_ledger(about.data_dir)
    frame = frame[frame["next_attempt_at"] <= about.clock()]
    groups: dict[tuple[object, ...], list[Row]] = {}
    for row in frame.to_dict("records"):
        if reason := about.silenced(Matter(*identity_of(row))):
            ledger.hold(about.data_dir, [row["id"]], reason)
            continue
        groups.setdefault(_group(about, row), []).append(row)
    # The most urgent tier first.
    return [rows for _, rows in sorted(groups.items(), key=lambda it: (it[0][0], it[1][0]["id"]))]


def _group(about: Delivery, row: Row) -> tuple[object, ...]:
    own = way(about.catalog, Matter(*identity_of(row)))
    sender = about.senders.get(row["target"])
    alone = row["id"] if sender and sender.alone else None
    return own.tier if own else 0, row["target"], alone


def _send(about: Delivery, rows: Sequence[Row]) -> int:
    ids = [row["id"] for row in rows]
    target, tier = rows[0]["target"], _group(about, rows[0])[0]
    name = next((it.name for it in about.catalog.tiers if it.tier == tier), "Notices")
    title, body = together(rows, name)
    sender = about.senders.get(target)
    if sender is None:
        ledger.hold(about.data_dir, ids, f"{target} is off.")
        return 0
    # All is ready: between this stamp and the first byte that leaves is as little as can be.
    ledger.begin(about.data_dir, ids)
    try:
        sender.send(message_of(rows, title, body))
    except Undeliverable as error:
        _not_taken(about, rows, str(error))
        return 0
    ledger.delivered(about.data_dir, ids, about.clock())
    about.say(f"sent to {target}: {title}")
    return 1


def _not_taken(about: Delivery, rows: Sequence[Row], error: str) -> None:
    now, retries = about.clock(), about.catalog.notifications.retries.value
    for late, some in _by_age(rows, now, retries):
        ids = [row["id"] for row in some]
        if late:
            ledger.given_up(about.data_dir, ids, error, now)
            about.say(f"given up for {rows[0]['target']}: {error}")
            continue
        tried = 1 + max(int(row["attempts"]) for row in some)
        again = now + wait(retries, tried)
        ledger.failed(about.data_dir, ids, error, again)
        about.say(f"not taken by {rows[0]['target']}, again {clock(again)}: {error}")


def _by_age(
    rows: Sequence[Row], now: datetime, retries: Retries
) -> Iterator[tuple[bool, list[Row]]]:
    """The rows that are too old for another try, and the others."""
    for late in (True, False):
        some = [row for row in rows if (now - row["created_at"] >= retries.give_up_after) == late]
        if some:
            yield late, some


def wait(retries: Retries, attempts: int) -> timedelta:
    """How long after so many attempts the next is made: twice as long each time."""
    times: int = 2 ** min(attempts - 1, 32)
    return min(retries.first * times, retries.longest)


def deliveries(data_dir: str | Path, limit: int | None = None) -> pd.DataFrame:
    """What was told to whom, the latest first, for pages and `watch --status`.

    Columns as in the register, and ``state``: ``sent``, ``waiting`` (``error`` says what went wrong
    so far, ``next_attempt_at`` when it is tried again), ``held`` (``error`` says why), ``given up``
    or ``unconfirmed`` (`watch` was killed while sending: it may have arrived, and is sent again
    only where the receiver drops what it has had).
    """
    frame = ledger.read_ledger(data_dir).sort_values("id", ascending=False, ignore_index=True)
    return frame if limit is None else frame.head(limit)
