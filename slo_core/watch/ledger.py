"""The register's table `notifications`: what is told, to whom, and how far that has come.

A row's state follows from its columns, so that a kill between any two writes leaves one of these:

    waiting      next_attempt_at is set: it is due then, for the first time or again
    held         no attempt and none to come: `error` says why (silenced, target off, ...)
    sent         sent_at
    given up     failed_at
    unconfirmed  an attempt was begun and nothing is known of its end

An attempt is stamped before the message leaves, so whoever finds it unfinished after a kill cannot
know whether it arrived. It is sent a second time only where the receiver drops what it has had.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd

from slo_core.moments import iso
from slo_core.register import read_table
from slo_core.register.database import writing

COLUMNS = (
    *("key", "kind", "alert", "journey", "started_at", "target", "title", "body"),
    *("attempts", "next_attempt_at", "sent_at", "failed_at", "error", "created_at"),
)


@dataclass(frozen=True)
class Notice:
    """One thing to be told to one target, once: a row of the register to be."""

    kind: str
    """``fired``, ``still``, ``resolved`` or ``silent`` (no data)."""
    alert: str
    journey: str
    started_at: datetime
    target: str
    number: int = 0
    """Which time of telling it is, of those that repeat."""
    due: datetime | None = None
    """When it is to be sent; None: it is held, and `error` says why."""
    error: str | None = None
    title: str = ""
    body: str = ""
    doubtful: bool = False
    """Whether the one before it may not have arrived, which its body says."""

    @property
    def key(self) -> str:
        """What is told, to whom, which time: unique in the register."""
        about = (self.alert, self.journey, iso(self.started_at))
        return "|".join((*about, self.kind, self.target, str(self.number)))


def read_ledger(data_dir: str | Path) -> pd.DataFrame:
    """Every notification, the oldest first, with its ``state`` in a word.

    Columns as in the register (moments tz-naive UTC), and ``state``.
    """
    frame = read_table(data_dir, "notifications").drop(columns="version")
    for column in ("alert", "journey"):
        frame[column] = frame[column].fillna("")
    frame["state"] = [_state(row) for row in frame.to_dict("records")]
    return frame


def _state(row: dict[str, object]) -> str:
    if pd.notna(row["sent_at"]):
        return "sent"
    if pd.notna(row["failed_at"]):
        return "given up"
    if pd.notna(row["next_attempt_at"]):
        return "waiting"
    return "unconfirmed" if row["attempts"] else "held"


def add(data_dir: Path, notices: Sequence[Notice], now: datetime) -> int:
    """Write what is to be told, all of it or nothing; what is there already stays as it is."""
    if not notices:
        return 0
    with writing(data_dir) as connection:
        before = connection.total_changes
        connection.executemany(
            f"INSERT OR IGNORE INTO notifications ({', '.join(COLUMNS)}) "
            f"VALUES ({', '.join('?' * len(COLUMNS))})",
            [_row(notice, now) for notice in notices],
        )
        return connection.total_changes - before


def _row(notice: Notice, now: datetime) -> tuple[object, ...]:
    due = iso(notice.due) if notice.due else None
    about = (notice.key, notice.kind, notice.alert or None, notice.journey or None)
    told = (iso(notice.started_at), notice.target, notice.title, notice.body)
    return (*about, *told, 0, due, None, None, notice.error, iso(now))


def begin(data_dir: Path, ids: Sequence[int]) -> None:
    """Stamp that an attempt begins; from here on a kill leaves these unconfirmed."""
    _update(data_dir, ids, "attempts = attempts + 1, next_attempt_at = NULL")


def delivered(data_dir: Path, ids: Sequence[int], now: datetime) -> None:
    """Record that a message was taken."""
    _update(data_dir, ids, "sent_at = ?, error = NULL", iso(now))


def failed(data_dir: Path, ids: Sequence[int], error: str, again: datetime) -> None:
    """Record that a message was not taken, and when it is tried again."""
    _update(data_dir, ids, "error = ?, next_attempt_at = ?", error, iso(again))


def given_up(data_dir: Path, ids: Sequence[int], error: str, now: datetime) -> None:
    """Record that a message was not taken and is not tried again."""
    _update(data_dir, ids, "error = ?, failed_at = ?, next_attempt_at = NULL", error, iso(now))


def hold(data_dir: Path, ids: Sequence[int], reason: str) -> None:
    """Record that a message which waits is not to be sent after all."""
    _update(data_dir, ids, "error = ?, next_attempt_at = NULL", reason)


def _update(data_dir: Path, ids: Sequence[int], change: str, *values: object) -> None:
    marks = ", ".join("?" * len(ids))
    with writing(data_dir) as connection:
        connection.execute(
            f"UPDATE notifications SET {change} WHERE id IN ({marks})", [*values, *ids]
        )
