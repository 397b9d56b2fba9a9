"""What a review wrote down: notes, decisions, action items with owners, and its lock.

All of it is in the register, with name and time. An open item is carried into every later month
until it is done or dropped; a locked review keeps its figures whatever data come later.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from slo_core.errors import SloError
from slo_core.register import FILE_NAME, Actor, read_table, write
from slo_core.review.month import Month
from slo_core.review.monthly import Review
from slo_core.review.record import as_record, from_record

KINDS = ("note", "decision")
_REVIEW = "review"


@dataclass(frozen=True)
class Notes:
    """What people wrote of a month.

    ``notes`` (also decisions): ``id``, ``kind``, ``topic`` (null: of the whole), ``body``,
    ``created_at``, ``created_by``, ``version``; withdrawn ones are left out. ``items``: ``id``,
    ``action``, ``owner``, ``due_at``, ``done_at``, ``dropped_at``, ``month`` (that it was set in),
    ``carried`` (it was set in an earlier month), ``created_by``, ``version``; open ones first, by
    when they are due.
    """

    notes: pd.DataFrame
    items: pd.DataFrame

    @property
    def open(self) -> pd.DataFrame:
        """The items that are neither done nor dropped."""
        return self.items[self.items["done_at"].isna() & self.items["dropped_at"].isna()]


@dataclass(frozen=True)
class Lock:
    """A lock on a review: its figures as they were. ``version`` is what opening it must name."""

    review: Review
    version: int


def read_notes(data_dir: str | Path, month: Month) -> Notes:
    """What people wrote of a month, with the items of earlier months that were open in it.

    An item that was closed before the month began is none of its business. Empty where nobody
    wrote anything; SloError for a register that cannot be read.
    """
    notes = read_table(data_dir, "review_notes")
    own = notes[(notes["period"] == month.name) & notes["withdrawn_at"].isna()]
    kept = ["id", "kind", "topic", "body", "created_at", "created_by", "version"]
    tasks = read_table(data_dir, "tasks")
    tasks = tasks[(tasks["origin"] == _REVIEW) & (tasks["reference"] <= month.name)]
    closed = tasks["done_at"].fillna(tasks["dropped_at"])
    tasks = tasks.rename(columns={"reference": "month"}).assign(
        carried=tasks["reference"] < month.name, closed=closed.notna()
    )
    tasks = tasks[~tasks["carried"] | closed.isna() | (closed >= month.start)]
    tasks = tasks.sort_values(["closed", "due_at", "id"], kind="stable", na_position="last")
    names = ["id", "action", "owner", "due_at", "done_at", "dropped_at", "note", "month", "carried"]
    return Notes(
        own[kept].reset_index(drop=True),
        tasks[[*names, "created_by", "version"]].reset_index(drop=True),
    )


def add_note(
    data_dir: str | Path,
    actor: Actor,
    month: Month,
    body: str,
    *,
    kind: str = "note",
    topic: str | None = None,
) -> int:
    """Write a note or a decision down; answers its id. Refused with a sentence when locked."""
    if kind not in KINDS:
        raise SloError(f"{kind!r} is no kind of note; expected one of: {', '.join(KINDS)}.")
    words = _said(body, f"a {kind}")
    _must_be_open(data_dir, month)
    values = {"period": month.name, "kind": kind, "topic": topic, "body": words}
    return write(data_dir, actor, "review_notes", values)


def withdraw_note(
    data_dir: str | Path, actor: Actor, month: Month, note: int, version: int
) -> None:
    """Take a note or a decision back; history keeps it. Refused with a sentence when locked."""
    _must_be_open(data_dir, month)
    write(
        data_dir,
        actor,
        "review_notes",
        {"withdrawn_at": _now()},
        row_id=note,
        version=version,
        action="withdraw",
    )


def add_item(
    data_dir: str | Path,
    actor: Actor,
    month: Month,
    action: str,
    *,
    owner: str | None = None,
    due: datetime | None = None,
) -> int:
    """Set an action item; answers its id. Raises SloError for one that the month has already."""
    words = _said(action, "an action item")
    _must_be_open(data_dir, month)
    tasks = read_table(data_dir, "tasks")
    same = tasks["reference"].eq(month.name) & tasks["action"].eq(words)
    if (same & tasks["origin"].eq(_REVIEW)).any():
        raise SloError(f'The review of {month.title} has the action item "{words}" already.')
    values = {"origin": _REVIEW, "reference": month.name, "action": words}
    named = (owner or "").strip() or None
    return write(data_dir, actor, "tasks", values | {"owner": named, "due_at": due})


def close_item(
    data_dir: str | Path, actor: Actor, item: int, version: int, *, dropped: bool = False
) -> None:
    """Mark an action item as done, or as dropped; also of a locked review, since work goes on."""
    column = "dropped_at" if dropped else "done_at"
    action = "drop" if dropped else "done"
    at = {column: _now()}
    write(data_dir, actor, "tasks", at, row_id=item, version=version, action=action)


def reopen_item(data_dir: str | Path, actor: Actor, item: int, version: int) -> None:
    """Make an item open again."""
    values = {"done_at": None, "dropped_at": None}
    write(data_dir, actor, "tasks", values, row_id=item, version=version, action="reopen")


def lock(data_dir: str | Path, actor: Actor, review: Review) -> None:
    """Keep a review's figures as they are. Raises SloError where it is locked, or not over.

    A part of a month would be kept as the whole of it.
    """
    month = review.month
    if month.is_partial:
        raise SloError(
            f"{month.title} is not over at {review.at:%Y-%m-%d %H:%M} UTC: lock its review when "
            "it is."
        )
    _must_be_open(data_dir, month)
    found = _row(data_dir, month.name)
    values: dict[str, object] = {"locked_at": _now(), "figures": as_record(review)}
    if found is None:
        write(data_dir, actor, "reviews", {"period": month.name, **values}, action="lock")
        return
    place = {"row_id": int(found["id"]), "version": int(found["version"])}
    write(data_dir, actor, "reviews", values, **place, action="lock")  # type: ignore[arg-type]


def unlock(data_dir: str | Path, actor: Actor, month: Month, version: int) -> None:
    """Open a locked review again: it follows the data from then on. History keeps its figures."""
    found = _row(data_dir, month.name)
    if found is None or pd.isna(found["locked_at"]):
        raise SloError(f"The review of {month.title} is not locked.")
    write(
        data_dir,
        actor,
        "reviews",
        {"locked_at": None},
        row_id=int(found["id"]),
        version=version,
        action="open",
    )


def read_lock(data_dir: str | Path, month: Month) -> Lock | None:
    """The locked figures of a month; None where its review is not locked."""
    found = _row(data_dir, month.name)
    if found is None or pd.isna(found["locked_at"]):
        return None
    review = from_record(
        str(found["figures"]),
        what=f"{Path(data_dir) / FILE_NAME}: the locked review of {month.name}",
        locked_at=found["locked_at"].to_pydatetime(),
        locked_by=str(found["updated_by"]),
    )
    return Lock(review, int(found["version"]))


def locked_version(data_dir: str | Path, month: Month) -> int | None:
    """The version of a month's lock, also of one that cannot be read; None without a lock."""
    found = _row(data_dir, month.name)
    return None if found is None or pd.isna(found["locked_at"]) else int(found["version"])


def _row(data_dir: str | Path, month: str) -> pd.Series | None:
    reviews = read_table(data_dir, "reviews")
    own = reviews[reviews["period"] == month]
    return None if own.empty else own.iloc[0]


def _must_be_open(data_dir: str | Path, month: Month) -> None:
    found = _row(data_dir, month.name)
    if found is not None and pd.notna(found["locked_at"]):
        raise SloError(
            f"The review of {month.title} is locked since {found['locked_at']:%Y-%m-%d %H:%M} UTC "
            f"by {found['updated_by']}: open it again to write in it."
        )


def _said(text: str, what: str) -> str:
    words = text.strip()
    if not words:
        raise SloError(f"{what} needs words: write what was said.")
    return words


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)
