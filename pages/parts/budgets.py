"""The panel of monthly budgets: what is left of each, and what that allows today."""

from typing import Any

import pandas as pd
import streamlit as st

from pages.parts.board import state_words
from pages.parts.corrections import budget_both
from pages.parts.data import status_at
from pages.parts.downloads import csv_button
from pages.parts.exits import exit_lines
from pages.parts.view import View
from slo_core.budget.corrected import deciding
from slo_core.figures.html import gauge
from slo_core.figures.theme import STATES
from slo_core.figures.words import policy_words
from slo_core.text import NO_DATA, amount, budget_left, clock, count, duration, percent

_BASES = {"rolling": "Rolling window", "calendar": "Calendar month"}


def show_budgets(view: View) -> None:
    """Every budgeted service, over the window that the reader chooses, and the policy's words."""
    budgets = view.status["budgets"]
    if not budgets:
        st.info("The catalogue gives no service an error budget.", icon=":material/inbox:")
        return
    basis = st.radio(
        "Budget over",
        list(_BASES),
        horizontal=True,
        format_func=lambda name: _BASES[name],
        key="budget",
        bind="query-params",
        help="The rolling window follows traffic and forgets old failures. The calendar month has "
        "the document's fixed allocation and starts afresh on the first.",
    )
    with st.grid(4, min_column_width=230, gap="small"):
        for budget in budgets:
            with st.container(border=True, height="stretch"):
                _card(view, budget, basis)
    month = budgets[0]["month"]
    windows = ", ".join(dict.fromkeys(budget["rolling"]["window"] for budget in budgets))
    st.caption(
        f"Counted up to {clock(view.at)}. Lines in the bars are the policy's thresholds.",
        help="Valid requests of the source that counts, or seconds observed. Rolling: the "
        f"{windows} before. Calendar: {month} to date, of the month's fixed allocation.",
    )
    _policy(view, budgets)
    csv_button(_table(budgets), "budgets")


def _card(view: View, budget: dict[str, Any], basis: str) -> None:
    journey = view.catalog.journey(budget["service"])
    policy, both = view.catalog.policy, budget_both(budget, rolling=basis == "rolling")
    budget = deciding(budget)
    amounts = budget["rolling"] if basis == "rolling" else budget
    ratio, unit = amounts["remaining_ratio"], budget["unit"]
    over = f"rolling {amounts['window']}" if basis == "rolling" else f"of {budget['month']}"
    state = budget["policy"] or "no_data"
    words = policy_words(budget["policy"], budget["exit_confirmed"])
    st.markdown(f"**{journey.name}**  \n{state_words(state, words)}")
    change, ago = _change(view, budget, basis)
    st.metric(
        f"Left, {over}",
        percent(ratio, digits=1),
        None if change is None else f"{change:+.1f} points" if change else "same",
        delta_color="normal" if change else "off",
        delta_arrow="auto" if change else "off",
        delta_description=ago,
    )
    st.html(
        gauge(
            ratio,
            (policy.exhausted_below, policy.healthy_from),
            view.colours,
            STATES[state].role,
            name=f"{percent(ratio, digits=1)} of the budget of {journey.name} left; lines at "
            f"{percent(policy.exhausted_below)} and {percent(policy.healthy_from)}",
        )
    )
    left = budget_left(amounts["remaining"], amounts["allowed"], unit)
    hourly = budget["hourly"]
    level = hourly["level"]
    last = f"{amount(hourly['count'], unit)}, {state_words(level)}" if level else NO_DATA
    st.markdown(f"{left}  \n:small[Last hour: {last}]")
    if both:
        st.caption(both)
    _traffic(budget, basis)


def _change(view: View, budget: dict[str, Any], basis: str) -> tuple[float | None, str | None]:
    """By how many points the share left differs from a range ago, and since when; None unknown.

    Nothing is said of a month against the one before: each starts with an allocation of its own.
    """
    earlier = status_at(view.rollup, view.at - view.length, values=False)["budgets"]
    before = deciding(next(it for it in earlier if it["service"] == budget["service"]))
    if basis == "calendar" and before["month"] != budget["month"]:
        return None, None
    now, then = (
        (it["rolling"] if basis == "rolling" else it)["remaining_ratio"] for it in (budget, before)
    )
    if now is None or then is None:
        return None, None
    return round((now - then) * 100, 1), f"vs {duration(view.length.total_seconds())} ago"


def _traffic(budget: dict[str, Any], basis: str) -> None:
    """Both budgets where the month's traffic is far off its estimate, and which one decides."""
    traffic = budget["traffic"]
    if not traffic or not traffic["off_estimate"]:
        return
    other = (
        f"the month's allocation: {budget_left(budget['remaining'], budget['allowed'], 'failures')}"
        if basis == "rolling"
        else "its own traffic's budget: "
        + budget_left(traffic["remaining"], traffic["allowed"], "failures")
    )
    change = traffic["requests"] / traffic["expected"] - 1
    side = "above" if change > 0 else "below"
    st.caption(
        f"▲ Traffic {percent(abs(change), digits=0)} {side} its estimate. Beside this, {other}.",
        help=f"{budget['month']} has {count(traffic['requests'])} requests so far. The policy's "
        f"verdict uses: {budget['policy_basis']}.",
    )


def _policy(view: View, budgets: list[dict[str, Any]]) -> None:
    """What each state that is there allows or forbids today, in the document's words."""
    policy = view.catalog.policy
    budgets = [deciding(budget) for budget in budgets]
    own = {
        band: [budget for budget in budgets if budget["policy"] == band.id]
        for band in reversed(policy.bands)
    }
    present = {band: found for band, found in own.items() if found}
    if not present:
        st.caption("No budget has a policy state yet: there are no data to judge from.")
        return
    with st.grid(len(present), min_column_width=260, gap="medium"):
        for band, found in present.items():
            names = ", ".join(view.catalog.journey(it["service"]).name for it in found)
            lines = [f"{state_words(band.id)}: {names}"]
            for title, actions in (
                ("Allowed today", band.allowed),
                ("Restricted today", band.restrictions),
            ):
                if actions:
                    lines.append(f":gray[{title}]")
                    lines.append("\n".join(f"- {action}" for action in actions))
            for budget in found:
                lines += _exit(view, budget)
            # One block, not ten: a browser works for each.
            st.markdown("\n\n".join(lines))
    bases = ", ".join(dict.fromkeys(budget["policy_basis"] for budget in budgets))
    st.caption(
        f"The state is that of the last whole hour, from the budget over: {bases}.",
        help=policy.basis.assumption,
    )


def _exit(view: View, budget: dict[str, Any]) -> list[str]:
    """What is still to be done to leave an exhaustion, where there is one to be left: Markdown."""
    if budget["policy"] != "exhausted" and budget["exit_confirmed"] is not False:
        return []
    name = view.catalog.journey(budget["service"]).name
    title = f":gray[Exit criteria of {name}, checked off on the error budget page]"
    # Each line begins with its own mark.
    return [title, "  \n".join(exit_lines(view, budget))]


def _table(budgets: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.json_normalize(budgets, sep="_")
