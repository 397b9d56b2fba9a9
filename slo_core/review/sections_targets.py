"""The sections on promises (the document's first point of the agenda)."""

from typing import Any

import pandas as pd

from slo_core.figures.change import change
from slo_core.figures.review import months_figure
from slo_core.figures.theme import STATES
from slo_core.review.finding import amount, amount_of, name_of, other_row, there
from slo_core.review.monthly import Review
from slo_core.review.parts import Block, Cell, Chart, Section, Table, Words, cells, state_cell
from slo_core.review.sections_corrections import beside_words
from slo_core.sli.breakdown import NOT_LOGGED
from slo_core.text import figure, percent

_STATE = {True: "met", False: "missed"}
_SHOWN = 5

DIMENSIONS = {
    "reason": "Reason",
    "reached": "Slower than",
    "endpoint": "Endpoint",
    "status": "Status",
    "platform": "Platform",
    "step": "Step",
}


def targets_section(review: Review) -> Section:
    """Every objective's month against its target, with the month before and the twelve months."""
    frame = review["objectives"]
    now, before = _tally(frame["met"]), _tally(frame["met_before"])
    unproved = int((~frame["provable"]).sum())
    words = f"{_told(now, len(frame))}{f', {unproved} not provable' if unproved else ''}. "
    words += f"The month before: {_told(before, len(frame))}."
    headers = (
        *("Objective", "Promise", "Actual", "State"),
        *("Budget used", "Against the month before", "12 months"),
    )
    rows = tuple(_target_row(review, row) for row in _worst_first(frame).itertuples())
    months = review["months"].merge(
        frame[["journey", "objective", "journey_name", "name"]], on=["journey", "objective"]
    )
    return Section(
        "targets",
        "Actual against target",
        "Was each promise kept over the month?",
        (
            Words(words),
            Table("objectives", "Every objective against its target", headers, rows),
            Words(
                "The window is the calendar month: good events of it over its valid ones. Budget "
                "used is what was bad of what the month's own traffic allows. In the strip the "
                "earliest month comes first: ✓ met, ✕ missed, ○ no data. A change that chance does "
                "alone is said to be one.",
                "small",
            ),
            Chart(
                "months",
                "In which months was each objective met?",
                f"{_told(now, len(frame))} in {review.month.title}",
                lambda colours: months_figure(months, colours),
            ),
        ),
    )


def _worst_first(frame: pd.DataFrame) -> pd.DataFrame:
    """Missed objectives, then met ones, each by the budget they used; last those without data."""
    order = frame.assign(
        place=[0 if there(met) and not met else 1 if there(met) else 2 for met in frame["met"]],
        less=-frame["used"],
    )
    return frame.loc[order.sort_values(["place", "less"], kind="stable").index]


def _tally(met: pd.Series) -> dict[str, int]:
    return {
        "met": int(met.eq(True).fillna(False).sum()),
        "missed": int(met.eq(False).fillna(False).sum()),
        "no_data": int(met.isna().sum()),
    }


def _told(tally: dict[str, int], total: int) -> str:
    parts = [
        f"{tally['met']} of {total} objectives were met",
        f"{tally['missed']} missed",
        f"{tally['no_data']} without data",
    ]
    return ", ".join(part for part, number in zip(parts, tally.values(), strict=True)
                     if number or part is parts[0])  # fmt: skip


def _target_row(review: Review, row: Any) -> tuple[Cell, ...]:
    state = _STATE.get(row.met, "no_data") if there(row.met) else "no_data"
    notes = [
        *(["assumption"] if row.assumption else []),
        *(["approximate"] if row.approximate else []),
        *([f"worst: {row.platform}"] if there(row.platform) else []),
        *([] if row.provable else ["not provable"]),
    ]
    events = (row.valid, row.valid_before)
    found, beside = change(row.sli, row.sli_before, events), beside_words(review, row)
    used = percent(row.used, digits=0, against=1.0)
    return cells(
        Cell(name_of(row), ", ".join(notes)),
        Cell(row.promise, f"at least {percent(row.target)}"),
        Cell(
            _value(row),
            "; ".join(
                [
                    *([f"{percent(row.sli, against=row.target)} good"] if there(row.sli) else []),
                    *([beside] if beside else []),
                ]
            ),
        ),
        state_cell(state),
        Cell(
            used,
            amount_of(review, row, row.consumed, row.allowed) if there(row.used) else "",
        ),
        Cell(found.words, found.small, found.role),
        strip(review, row),
    )


def _value(row: Any) -> str:
    if there(row.value_above):
        return f"above {figure(row.value_above, row.unit)}"
    return figure(row.value, row.unit, against=row.threshold if there(row.threshold) else None)


def strip(review: Review, row: Any) -> str:
    """Twelve months as shapes, the earliest first."""
    months = review["months"]
    own = months[(months["journey"] == row.journey) & (months["objective"] == row.objective)]
    return "".join(
        STATES[_STATE[bool(met)] if there(met) else "no_data"].symbol for met in own["met"]
    )


def parts_table(review: Review, row: Any, *, folded: bool = False) -> Table | None:
    """What the bad events of an objective have in common."""
    parts = review["parts"]
    own = parts[(parts["journey"] == row.journey) & (parts["objective"] == row.objective)]
    rows = [
        cells(
            DIMENSIONS.get(part.dimension, part.dimension),
            _part_value(part),
            amount(review, row, part.bad),
            percent(part.share, digits=0),
        )
        for _, found in own.groupby("dimension", sort=False)
        for part in found.head(_SHOWN).itertuples()
    ]
    if not rows:
        return None
    headers = ("By", "Value", "Bad", "Part of all")
    measured = ", as measured" if other_row(review, row) is not None else ""
    where = f" on {row.platform}" if there(row.platform) else ""
    caption = f"What was bad in {name_of(row)}{where}, by what it has in common{measured}"
    return Table(f"parts_{row.journey}_{row.objective}", caption, headers, tuple(rows), folded)


def _part_value(part: Any) -> str:
    if part.value == NOT_LOGGED:
        return "not logged"
    if part.dimension == "reached":
        return f"{float(part.value) / 1000:g} s"
    return str(part.value).replace("_", " ") if part.dimension == "reason" else str(part.value)


def causes_section(review: Review) -> list[Section]:
    """What was bad in the missed objectives that have no budget of their own."""
    frame = review["objectives"]
    missed = frame[frame["met"].eq(False).fillna(False).astype(bool) & ~frame["budgeted"]]
    tables = [
        table for row in missed.itertuples() if (table := parts_table(review, row)) is not None
    ]
    if not tables:
        return []
    blocks: list[Block] = []
    for table in tables:
        blocks += [Words(f"{table.caption}:"), table]
    question = "What have the failures of the other missed objectives in common?"
    return [Section("causes", "Other missed objectives", question, tuple(blocks))]
