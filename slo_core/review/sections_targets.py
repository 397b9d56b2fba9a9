"""The sections on promises and budgets (the document's first two points of the agenda)."""

from typing import Any

import pandas as pd

from slo_core.figures.change import change
from slo_core.figures.review import daily_figure, months_figure
from slo_core.figures.spending import step_label, waterfall_figure
from slo_core.figures.theme import STATES
from slo_core.figures.words import unit_of
from slo_core.review.finding import (
    amount,
    amount_of,
    name_of,
    objective_of,
    other_row,
    scored,
    there,
)
from slo_core.review.monthly import Review
from slo_core.review.parts import (
    Block,
    Cell,
    Chart,
    Section,
    Table,
    Words,
    cells,
    several,
    state_cell,
)
from slo_core.review.sections_corrections import (
    beside_budget_words,
    beside_words,
    other_impact,
    other_impact_words,
)
from slo_core.sli.breakdown import NOT_LOGGED
from slo_core.text import NO_DATA, clock, count, counted, duration, figure, percent

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


def budget_sections(review: Review) -> list[Section]:
    """All budgets side by side, then each one by itself."""
    if review["budgets"].empty:
        return []
    rows = tuple(_budget_row(review, row) for row in review["budgets"].itertuples())
    headers = ("Service", "Allocation", "Spent", "Left", "By its own traffic")
    blocks: list[Block] = [
        Table("budgets", "The month's budgets", headers, rows),
        Words(
            "The allocation is the document's for the whole month; beside it is what the month's "
            "own traffic allows, which is what an objective's verdict and its SLI rest on. The "
            f"policy looks at the {review.catalog.policy.basis.value} budget.",
            "small",
        ),
    ]
    first = Section(
        "budgets", "Error budgets", "How much of each budget did the month take?", tuple(blocks)
    )
    return [first, *(_budget(review, row) for row in review["budgets"].itertuples())]


def _budget_row(review: Review, row: Any) -> tuple[Cell, ...]:
    own = scored(review, row.service, row.objective)
    if not there(row.consumed):
        allowed = amount(review, own, row.allowed)
        return cells(row.name, allowed, NO_DATA, NO_DATA, NO_DATA)
    left = percent(row.remaining_ratio, digits=0)
    over = row.remaining < 0
    words = f"✕ {left}" if over else left
    other = beside_budget_words(review, row)
    beside = f"; {other}" if other else ""
    traffic = NO_DATA if there(row.by_traffic) else "the same"
    small = ""
    if there(row.by_traffic_ratio):
        traffic = f"{percent(row.by_traffic_ratio, digits=0)} left of {count(row.by_traffic)}"
        if row.off_estimate:
            small = f"{count(row.requests)} requests, {count(row.expected)} estimated"
    return cells(
        row.name,
        amount(review, own, row.allowed),
        Cell(
            amount(review, own, row.consumed),
            f"{percent(row.consumed / row.allowed, digits=0)} of it",
        ),
        Cell(words, f"{amount(review, own, abs(row.remaining))}{' over' if over else ''}{beside}",
             "bad" if over else None),
        Cell(traffic, small),
    )  # fmt: skip


def _budget(review: Review, budget: Any) -> Section:
    """Where one service's budget went."""
    own = scored(review, budget.service, budget.objective)
    title, question = f"Budget of {budget.name}", f"Where did the budget of {budget.name} go?"
    anchor = f"budget-{budget.service.replace('_', '-')}"
    if not there(budget.consumed):
        words = f"No data of {budget.name} in {review.month.title}: nothing is known to be spent."
        return Section(anchor, title, question, (Words(words),))
    objective = objective_of(review, own)
    impact, days = (
        review[name][review[name]["service"] == budget.service] for name in ("impact", "days")
    )
    incidents = impact[impact["start"].notna()]
    rest = float(impact.loc[impact["start"].isna(), "total"].sum())
    taken = float(incidents["total"].sum())
    were = "was" if budget.consumed == unit_of(objective)[1] else "were"
    takeaway = (
        f"{amount_of(review, own, budget.consumed, budget.allowed)} {were} spent: incidents took "
        f"{percent(taken / budget.allowed, digits=1)} of the allocation, everything else "
        f"{percent(rest / budget.allowed, digits=1)}"
    )
    if unseen := int((~incidents["seen"]).sum()):
        takeaway += (
            f"; in the minutes of {unseen} of {counted(len(incidents), 'incident')} nothing was "
            "counted"
        )
    known = days[days["consumed"].notna()]
    worst = known.loc[known["consumed"].idxmax()] if len(known) else None
    by_day = ""
    if worst is not None and worst["consumed"]:
        by_day = (
            f"The costliest day was {worst['day'].day} {worst['day']:%B}: "
            f"{amount(review, own, worst['consumed'])}, "
            f"{percent(worst['share'], digits=1)} of the allocation"
        )
    return Section(
        anchor,
        title,
        question,
        several(
            [
                Words(f"{takeaway}.{f' {by_day}.' if by_day else ''}"),
                Chart(
                    f"waterfall_{budget.service}",
                    "Incident by incident, from the whole allocation to what was left",
                    takeaway,
                    lambda colours: waterfall_figure(impact, budget.allowed, objective, colours),
                ),
                _impact_table(review, budget, own, impact) if len(incidents) else None,
                Chart(
                    f"days_{budget.service}",
                    "Day by day, beside an even day's part",
                    by_day or "Nothing was spent on any day",
                    lambda colours: daily_figure(days, budget.allowed, objective, impact, colours),
                ),
                _parts_words(review, own),
                _parts_table(review, own),
            ]
        ),
    )


def _impact_table(review: Review, budget: Any, own: Any, impact: pd.DataFrame) -> Table:
    rows, others = [], other_impact(review, budget.service)
    for row in impact.itertuples():
        is_rest = pd.isna(row.start)
        when = "" if is_rest else f"{clock(row.start)}, for {duration(row.minutes * 60)}"
        other = others.get("" if is_rest else row.id)
        beside = other_impact_words(review, own, row, other)
        took = Cell("left out" if other is not None and other.seen else NO_DATA, beside)
        if row.seen:
            part = f"{percent(row.total / budget.allowed, digits=1)} of it"
            took = Cell(amount(review, own, row.total), "; ".join(filter(None, (part, beside))))
        shared = "shared with another incident" if row.shared else ""
        title = row.title if is_rest else f"{row.severity} {row.title}"
        over = "–" if is_rest else _over_the_usual(review, own, row)
        rows.append(cells(step_label(row), Cell(title, shared), when, took, over))
    headers = ("Step", "Incident", "When", "Took", "Over the usual")
    caption = f"What each incident took of {budget.name}"
    return Table(f"impact_{budget.service}", caption, headers, tuple(rows))


def _over_the_usual(review: Review, own: Any, row: Any) -> str:
    if not row.seen:
        return NO_DATA
    if not there(row.excess):
        return "not known"
    if row.excess < 0:
        return f"{amount(review, own, -row.excess)} fewer"
    return amount(review, own, row.excess)


def _parts_words(review: Review, row: Any) -> Words | None:
    """That causes are as measured, where a correction touches the objective."""
    if other_row(review, row) is None:
        return None
    words = "◐ What failures have in common is of what was measured, with what is left out."
    return Words(words, "small")


def _parts_table(review: Review, row: Any) -> Table | None:
    """What the bad events of an objective have in common."""
    parts = review["parts"]
    own = parts[(parts["journey"] == row.journey) & (parts["objective"] == row.objective)]
    rows = [
        cells(
            DIMENSIONS.get(part.dimension, part.dimension) if number == 0 else "",
            _part_value(part),
            amount(review, row, part.bad),
            percent(part.share, digits=0),
        )
        for _, found in own.groupby("dimension", sort=False)
        for number, part in enumerate(found.head(_SHOWN).itertuples())
    ]
    if not rows:
        return None
    headers = ("By", "Value", "Bad", "Part of all")
    measured = ", as measured" if other_row(review, row) is not None else ""
    caption = f"What was bad in {name_of(row)}, by what it has in common{measured}"
    return Table(f"parts_{row.journey}_{row.objective}", caption, headers, tuple(rows))


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
        table for row in missed.itertuples() if (table := _parts_table(review, row)) is not None
    ]
    if not tables:
        return []
    blocks: list[Block] = []
    for table in tables:
        blocks += [Words(f"{table.caption}:"), table]
    question = "What have the failures of the other missed objectives in common?"
    return [Section("causes", "Other missed objectives", question, tuple(blocks))]
