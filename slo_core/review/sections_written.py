"""What people wrote in a review, and what has changed since they locked it: as sections."""

from datetime import datetime
from typing import Any

import pandas as pd

from slo_core.review.notes import Notes
from slo_core.review.parts import Block, Cell, Point, Points, Section, Table, Words, cells
from slo_core.text import clock, counted


def locked_notice(locked_by: str, locked_at: datetime) -> str:
    """That figures are those of then, for who reads them first."""
    return (
        f"Locked by {locked_by} at {clock(locked_at)}: these are the figures of then, whatever "
        "data came later."
    )


def changed_section(locked_at: datetime, changed: pd.DataFrame) -> Section:
    """The figures of a locked review that would be others today (`record.CHANGES`)."""
    question = "Which of these figures would be others today?"
    if changed.empty:
        words = "Nothing: today's data and entries give the same figures."
        return Section("changed", "Changed since the lock", question, (Words(words),))
    rows = tuple(
        cells(row.part, row.of, row.figure, row.then, row.now) for row in changed.itertuples()
    )
    headers = ("Part", "Of", "Figure", "When locked", "Today")
    number = counted(len(changed), "figure has", "figures have")
    words = f"{number} changed since {clock(locked_at)}. The rest of this document is as it was."
    table = Table("changed", "Figures that have changed since the lock", headers, rows)
    return Section("changed", "Changed since the lock", question, (Words(words), table))


def notes_section(notes: Notes, at: datetime) -> Section:
    """Notes, decisions and action items; what was due before ``at`` and is open is overdue."""
    written = tuple(
        Point(
            f"{'Decided: ' if it.kind == 'decision' else ''}{it.body}",
            f"{it.created_by}, {clock(it.created_at)}",
        )
        for it in notes.notes.sort_values("kind", kind="stable").itertuples()
    )
    blocks: list[Block] = [Points(written)] if written else [Words("Nothing was written down.")]
    if len(notes.items):
        rows = tuple(_item(row, at) for row in notes.items.itertuples())
        headers = ("Action item", "Owner", "Due", "State")
        blocks.append(Table("action_items", "Action items", headers, rows))
    else:
        blocks.append(Words("No action item is open."))
    question = "What was decided, and who does what until when?"
    return Section("notes", "Notes, decisions and action items", question, tuple(blocks))


def _item(row: Any, at: datetime) -> tuple[Cell, ...]:
    carried = f"carried from {row.month}" if row.carried else ""
    owner = row.owner if isinstance(row.owner, str) else "nobody yet"
    if pd.notna(row.done_at):
        state = Cell("✓ Done", f"{row.done_at:%Y-%m-%d}", "good")
    elif pd.notna(row.dropped_at):
        state = Cell("○ Dropped", f"{row.dropped_at:%Y-%m-%d}", "none")
    elif pd.notna(row.due_at) and row.due_at < at:
        state = Cell("▲ Open, overdue", "", "warn")
    else:
        state = Cell("○ Open", "", "none")
    when = f"{row.due_at:%Y-%m-%d}" if pd.notna(row.due_at) else "no date"
    return cells(Cell(row.action, carried), owner, when, state)
