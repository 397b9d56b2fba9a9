"""The sections on where the month's budgets went (the document's second point of the agenda)."""

from typing import Any

import pandas as pd

from slo_core.figures.review import daily_figure
from slo_core.figures.spending import step_label, waterfall_figure
from slo_core.figures.words import unit_of
from slo_core.review.finding import amount, amount_of, objective_of, other_row, scored, there
from slo_core.review.monthly import Review
from slo_core.review.parts import Block, Cell, Chart, Section, Table, Words, cells, several
from slo_core.review.sections_corrections import (
    beside_budget_words,
    other_impact,
    other_impact_words,
)
from slo_core.review.sections_targets import parts_table
from slo_core.text import NO_DATA, clock, count, counted, duration, percent


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
                parts_table(review, own, folded=True),
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
