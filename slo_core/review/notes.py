"""What a review wrote down: notes, decisions, and action items with owners.

All of it is in the register, with name and time. An open item is carried into every later month,
or quarter, until it is done or dropped.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd

from slo_core.errors import SloError
from slo_core.moments import utc_second
from slo_core.register import Actor, read_table, write
from slo_core.review.locks import Period, must_be_open

KINDS = ("note", "decision")
_REVIEW = "review"
_QUARTER = "-Q"  # as in 2025-Q1


@dataclass(frozen=True)
class Notes:
    """What people wrote of a month, or of a quarter.

    ``notes`` (also decisions): ``id``, ``kind``, ``topic`` (null: of the whole), ``body``,
    ``created_at``, ``created_by``, ``version``; withdrawn ones are left out. ``items``: ``id``,
    ``action``, ``owner``, ``due_at``, ``done_at``, ``dropped_at``, ``month`` (or
    quarter, that it was set in), ``carried`` (it was set in an earlier one), ``created_by``,
    ``version``; open ones first, by when they are due.
    """

    notes: pd.DataFrame
    items: pd.DataFrame

    @property
    def open(self) -> pd.DataFrame:
        """The items that are neither done nor dropped."""
        return self.items[self.items["done_at"].isna() & self.items["dropped_at"].isna()]


def read_notes(data_dir: str | Path, period: Period) -> Notes:
    """What people wrote of a month, with the items of earlier months that were open in it.

    So of a quarter, with those of earlier quarters. An item that was closed before the period began
    is none of its business. Empty where nobody wrote anything; SloError for a register that cannot
    be read.
    """
    notes = read_table(data_dir, "review_notes")
    own = notes[(notes["period"] == period.name) & notes["withdrawn_at"].isna()]
    columns = ["id", "kind", "topic", "body", "created_at", "created_by", "version"]
    tasks = read_table(data_dir, "tasks")
    tasks = tasks[(tasks["origin"] == _REVIEW) & (tasks["reference"] <= period.name)]
    # Quarters carry on what quarters set, months what months did.
    tasks = tasks[tasks["reference"].str.contains(_QUARTER) == (_QUARTER in period.name)]
    closed = tasks["done_at"].fillna(tasks["dropped_at"])
    tasks = tasks.rename(columns={"reference": "month"}).assign(
        carried=tasks["reference"] < period.name, closed=closed.notna()
    )
    tasks = tasks[~tasks["carried"] | closed.isna() | (closed >= period.start)]
    tasks = tasks.sort_values(["closed", "due_at", "id"], kind="stable", na_position="last")
    names = ["id", "action", "owner", "due_at", "done_at", "dropped_at", "note", "month", "carried"]
    return Notes(
        own[columns].reset_index(drop=True),
        tasks[[*names, "created_by", "version"]].reset_index(drop=True),
    )


def add_note(
    data_dir: str | Path,
    actor: Actor,
    period: Period,
    body: str,
    *,
    kind: str = "note",
    topic: str | None = None,
) -> int:
    """Write a note or a decision down; answers its id. Refused with a sentence when locked."""
    if kind not in KINDS:
        raise SloError(f"{kind!r} is no kind of note; expected one of: {', '.join(KINDS)}.")
    words = _said(body, f"a {kind}")
    must_be_open(data_dir, period)
    values = {"period": period.name, "kind": kind, "topic": topic, "body": words}
    return write(data_dir, actor, "review_notes", values)


def withdraw_note(
    data_dir: str | Path, actor: Actor, period: Period, note: int, version: int
) -> None:
    """Take a note or a decision back; history keeps it. Refused with a sentence when locked."""
    must_be_open(data_dir, period)
    write(
        data_dir,
        actor,
        "review_notes",
        {"withdrawn_at": utc_second()},
        row_id=note,
        version=version,
        action="withdraw",
    )


def add_item(
    data_dir: str | Path,
    actor: Actor,
    period: Period,
    action: str,
    *,
    owner: str | None = None,
    due: datetime | None = None,
) -> int:
    """Set an action item; answers its id. Raises SloError for one that the month has already."""
    words = _said(action, "an action item")
    must_be_open(data_dir, period)
    tasks = read_table(data_dir, "tasks")
    same = tasks["reference"].eq(period.name) & tasks["action"].eq(words)
    if (same & tasks["origin"].eq(_REVIEW)).any():
        raise SloError(f'The review of {period.title} has the action item "{words}" already.')
    values = {"origin": _REVIEW, "reference": period.name, "action": words}
    named = (owner or "").strip() or None
    return write(data_dir, actor, "tasks", values | {"owner": named, "due_at": due})


def close_item(
    data_dir: str | Path, actor: Actor, item: int, version: int, *, dropped: bool = False
) -> None:
    """Mark an action item as done, or as dropped; also of a locked review, since work goes on."""
    column = "dropped_at" if dropped else "done_at"
    action = "drop" if dropped else "done"
    at = {column: utc_second()}
    write(data_dir, actor, "tasks", at, row_id=item, version=version, action=action)


def reopen_item(data_dir: str | Path, actor: Actor, item: int, version: int) -> None:
    """Make an item open again."""
    values = {"done_at": None, "dropped_at": None}
    write(data_dir, actor, "tasks", values, row_id=item, version=version, action="reopen")


def _said(text: str, what: str) -> str:
    words = text.strip()
    if not words:
        raise SloError(f"{what} needs words: write what was said.")
    return words
