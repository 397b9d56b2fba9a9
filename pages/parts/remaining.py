"""The panel of what is left of every budget, by journey."""

from typing import Any

import pandas as pd
import streamlit as st

from pages.parts.downloads import csv_button
from pages.parts.health import standings_of
from pages.parts.view import View
from slo_core.budget.corrected import beside_name, deciding, others
from slo_core.figures import html
from slo_core.figures.theme import STATES
from slo_core.figures.words import budget_words
from slo_core.text import budget_left, clock, percent


def show_remaining(view: View) -> None:
    """Every objective's budget over its own window, by journey, and the months' allocations."""
    found = standings_of(view).set_index(["journey", "objective"])
    rows = found.loc[[(journey.id, own.id) for journey, own in view.catalog.objectives]]
    months = {(it["service"], it["objective"]): it for it in view.status["budgets"]}
    stated = {(it["journey"], it["objective"]): it for it in view.status["objectives"]}
    known = rows["remaining_ratio"].dropna()
    lowest = float(known.min()) if len(known) else 0.0
    st.markdown(_overspent(rows))
    headers = ("Journey", "Objective", "State", "Left", "In events or time")

    def show(own: pd.DataFrame, caption: str) -> None:
        before = ""
        cells = []
        for row in own.itertuples():
            is_first = row.journey_name != before
            month = months.get(row.Index)
            cells.append(_row(view, row, month, stated[row.Index], lowest, is_first))
            before = row.journey_name
        st.html(html.table(headers, cells, view.colours, caption=caption))

    first = rows["budgeted"] | ~(rows["remaining_ratio"] >= 0)
    show(rows[first], "Budget left, by journey: what has a budget, or is overspent or unknown")
    if not first.all():
        with st.expander(f"The other {int((~first).sum())} objectives: headroom, none overspent"):
            show(rows[~first], "Headroom left, by journey")
    st.caption(
        f"Each over its own window up to {clock(view.at)}, on one scale from "
        f"{percent(min(lowest, 0), digits=1)}; the thick line is zero.",
        help="Bars left of it are overspent. Dashed lines are the policy's thresholds. Objectives "
        "to which the document gives no budget have headroom. Rolling windows follow traffic; a "
        "month's allocation is fixed.",
    )
    keep = ["window", "target", "budgeted", "verdict", "allowed", "consumed", "remaining"]
    csv_button(rows[[*keep, "remaining_ratio"]].reset_index(), "budget_left")


def _overspent(rows: pd.DataFrame) -> str:
    """Which objectives have spent more than their budget, of those that have data: a sentence."""
    known = rows["remaining_ratio"].notna().sum()
    without = len(rows) - known
    if not known:
        return "**No objective has data in its window**, so nothing is left or overspent."
    spent = rows[rows["remaining_ratio"] < 0].sort_values("remaining_ratio")
    names = "; ".join(
        f"{row.journey_name}, {row.name} ({percent(row.remaining_ratio, digits=1)})"
        for row in spent.itertuples()
    )
    return (
        f"**{len(spent)} of {known} are overspent**"
        + (f": {names}" if names else "")
        + (f". {without} have no data" if without else "")
        + "."
    )


def _row(
    view: View,
    row: Any,
    month: dict[str, Any] | None,
    stated: dict[str, Any],
    lowest: float,
    is_first: bool,
) -> list[html.Cell]:
    journey, name = row.Index
    objective = view.catalog.objective(journey, name)
    policy = view.catalog.policy
    marks = (policy.exhausted_below, policy.healthy_from) if month else ()
    state = STATES["stale" if row.stale else row.verdict]
    share = percent(row.remaining_ratio, digits=1)
    left = budget_words(objective, _number(row.remaining), _number(row.allowed))
    if pd.isna(row.remaining_ratio):
        left = "no data"
    if row.few_events:
        left += "; few events: under one failure is allowed"
    own = f"over {row.window}{_months_words(deciding(month), row.window) if month else ''}"
    other, other_month = others(stated), others(month) if month else None
    if other is not None:
        amounts = other["budget"]
        beside = budget_words(objective, amounts["remaining"], amounts["allowed"])
        own += f"; ◐ {beside_name(stated)}: {beside}"
    elif month and other_month is not None:
        own += f"; ◐ {beside_name(month)}"
    if other_month is not None:
        own += _months_words(other_month, row.window)
    return [
        html.text(row.journey_name) if is_first else html.text("", small=row.journey_name),
        html.text(row.name),
        html.state(state, view.colours),
        html.number(share)
        + html.gauge(
            _number(row.remaining_ratio),
            marks,
            view.colours,
            state.role,
            name=f"{row.journey_name}, {row.name}: {share} left",
            lowest=lowest,
        ),
        html.text(left, small=own),
    ]


def _months_words(month: dict[str, Any], window: str) -> str:
    """A service's budget over the policy's window, where that is another, and of the month."""
    words, rolling = "", month["rolling"]
    if rolling["window"] != window:
        words += f"; over {rolling['window']}: "
        words += budget_left(rolling["remaining"], rolling["allowed"], month["unit"])
    words += f"; {month['month']}: "
    return words + budget_left(month["remaining"], month["allowed"], month["unit"])


def _number(value: float) -> float | None:
    return None if pd.isna(value) else float(value)
