"""The section on corrections: every figure that they touch, as measured and as corrected."""

from typing import Any

import pandas as pd

from slo_core.figures.words import policy_words
from slo_core.review.finding import amount, amount_of, name_of, other_row, scored, there
from slo_core.review.month import Month
from slo_core.review.monthly import Review
from slo_core.review.parts import Block, Cell, Section, Table, Words, cells
from slo_core.text import NO_DATA, percent

_VERDICTS = {True: "✓ met", False: "✕ missed"}


def corrections_section(review: Review) -> list[Section]:
    """Both figures of what corrections touch, and which of them decide; none without any."""
    own = review.deciding
    if not own.beside:
        return []
    other = _named(own, beside=True)
    words = (
        f"Somebody approved to leave spans of time out. Figures as {own.figures} decide, and are "
        f"those of this document; here they stand beside those as {other}. Alerts, what failures "
        "have in common, and the days beside ratings are of what was measured."
    )
    tables = (_objectives(own), _months(own), _budgets(own), _policy(own))
    blocks: list[Block] = [Words(words), *(it for it in tables if it is not None)]
    question = "What is left out, and which figures would be others without that?"
    return [Section("corrections", "Corrections", question, tuple(blocks))]


def beside_words(review: Review, row: Any) -> str:
    """The other figure of an objective, where a correction touches its month; else empty."""
    other = other_row(review, row)
    if other is None or (other.good, other.valid) == (row.good, row.valid):
        return ""
    return f"◐ as {_named(review, beside=True)} {percent(other.sli, against=row.target)}"


def beside_budget_words(review: Review, row: Any) -> str:
    """The other figure of a service's budget, where a correction touches the month; else empty."""
    for own, other in _pairs(review, "budgets", ["service"]):
        if own.service == row.service and own.consumed != other.consumed:
            left = percent(other.remaining_ratio, digits=0)
            return f"◐ as {_named(review, beside=True)} {left}"
    return ""


def other_impact(review: Review, service: str) -> dict[Any, Any]:
    """What incidents took of a service's budget by the figures that do not decide, by their id.

    Everything else is under an empty one; nothing where no correction touches the month.
    """
    frame = review.beside.get("impact")
    if frame is None:
        return {}
    own = frame[frame["service"] == service]
    return {"" if pd.isna(row.start) else row.id: row for row in own.itertuples()}


def other_impact_words(review: Review, own: Any, row: Any, other: Any | None) -> str:
    """What an incident took by those figures, where that is something else; else empty.

    ``own`` is the objective's row, ``row`` and ``other`` are of the frame ``impact``.
    """
    if other is None or (row.seen, row.total) == (other.seen, other.total):
        return ""
    took = amount(review, own, other.total) if other.seen else NO_DATA
    return f"◐ as {_named(review, beside=True)} {took}"


def _named(review: Review, *, beside: bool) -> str:
    """Which figures a review has in its frames, or beside them."""
    names = ["measured", "corrected"]
    names.remove(review.figures)
    return names[0] if beside else review.figures


def _sides(review: Review, own: Any, other: Any) -> dict[str, Any]:
    """Two rows by which figures they are of, the measured first."""
    sides = {review.figures: own, _named(review, beside=True): other}
    return {name: sides[name] for name in ("measured", "corrected")}


def _headers(review: Review, first: str) -> tuple[str, ...]:
    return (first, *(
        f"As {name}{', which decides' if name == review.figures else ''}"
        for name in ("measured", "corrected")
    ))  # fmt: skip


def _pairs(review: Review, name: str, keys: list[str]) -> list[tuple[Any, Any]]:
    """The rows of a frame that corrections touch, each with the other."""
    shown, beside = review[name], review.beside.get(name, pd.DataFrame())
    if beside.empty:
        return []
    others = {tuple(getattr(row, key) for key in keys): row for row in beside.itertuples()}
    return [
        (row, others[key])
        for row in shown.itertuples()
        if (key := tuple(getattr(row, it) for it in keys)) in others
    ]


def _ratio(row: Any) -> str:
    verdict = _VERDICTS[bool(row.met)] if there(row.met) else f"○ {NO_DATA}"
    return f"{percent(row.sli, against=row.target)}, {verdict}" if there(row.sli) else verdict


def _objectives(review: Review) -> Table | None:
    rows = []
    for own, other in _pairs(review, "objectives", ["journey", "objective"]):
        if (own.good, own.valid) == (other.good, other.valid):
            continue  # only the month before is touched: the months have it
        sides = [
            Cell(_ratio(it), amount_of(review, it, it.consumed, it.allowed))
            if there(it.consumed)
            else Cell(_ratio(it))
            for it in _sides(review, own, other).values()
        ]
        rows.append(cells(Cell(name_of(own), f"at least {percent(own.target)}"), *sides))
    if not rows:
        return None
    caption = f"Objectives of {review.month.title} that a correction touches"
    return Table("corrected_objectives", caption, _headers(review, "Objective"), tuple(rows))


def _months(review: Review) -> Table | None:
    names = {(it.journey, it.objective): name_of(it) for it in review["objectives"].itertuples()}
    rows = [
        cells(
            Cell(names[own.journey, own.objective], _title(own.month)),
            *(_ratio(it) for it in _sides(review, own, other).values()),
        )
        for own, other in _pairs(review, "months", ["journey", "objective", "month"])
        if own.month != review.month.name and (own.good, own.valid) != (other.good, other.valid)
    ]
    if not rows:
        return None
    headers = _headers(review, "Objective, month")
    return Table("corrected_months", "Months before that it touches", headers, tuple(rows))


def _title(month: str) -> str:
    start = pd.Timestamp(f"{month}-01").to_pydatetime()
    return Month(start, start).title


def _budgets(review: Review) -> Table | None:
    rows = []
    for own, other in _pairs(review, "budgets", ["service"]):
        score = scored(review, own.service, own.objective)
        sides = [
            Cell(
                f"{percent(it.remaining_ratio, digits=1)} left",
                amount_of(review, score, it.consumed, it.allowed) + " spent",
            )
            if there(it.consumed)
            else Cell(NO_DATA)
            for it in _sides(review, own, other).values()
        ]
        rows.append(cells(Cell(own.name, "the month's allocation"), *sides))
    if not rows:
        return None
    headers = _headers(review, "Budget")
    return Table("corrected_budgets", "Budgets that it touches", headers, tuple(rows))


def _policy(review: Review) -> Table | None:
    """The states that a service passed through, in a line."""
    frame, beside = review["policy"], review.beside.get("policy", pd.DataFrame())
    if beside.empty:
        return None
    rows = []
    for service in beside["service"].unique():
        own, other = (it[it["service"] == service] for it in (frame, beside))
        told = {name: _states(it) for name, it in _sides(review, own, other).items()}
        if len(set(told.values())) > 1:
            rows.append(cells(review.catalog.journey(service).name, *told.values()))
    if not rows:
        return None
    headers = _headers(review, "Policy of")
    return Table("corrected_policy", "Policy states that it changes", headers, tuple(rows))


def _states(rows: pd.DataFrame) -> str:
    return ", then ".join(
        f"{policy_words(it.state, None)} from {it.start:%Y-%m-%d %H:%M}" for it in rows.itertuples()
    )
