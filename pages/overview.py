"""The overview: how the studio is, worst first, and where to look."""

from functools import partial

import pandas as pd
import streamlit as st

from pages.parts.board import download_rows, show_rows, show_tally, state_words
from pages.parts.chain import show_chain
from pages.parts.freshness import show_freshness
from pages.parts.health import incidents_of, standings_of
from pages.parts.panels import panel, panel_when_near, plain
from pages.parts.view import current_view
from slo_core.text import clock, duration, factor, percent

_FEW = 5

view = current_view()
found = standings_of(view)
incidents, _ = incidents_of(view)
worst = found.iloc[0]
wanting = found[found["verdict"].isin(["missed", "at_risk"])]
without = found[found["verdict"] == "no_data"]

show_tally(view)

name = plain(f"{worst['journey_name']}: {worst['name']}")
if worst["verdict"] in ("missed", "at_risk"):
    burning = (
        ""
        if pd.isna(worst["burn_risk"])
        else f", burning at {factor(worst['burn_risk'])} its budget's pace"
    )
    st.markdown(
        f"**Worst: {name}**, {state_words(worst['verdict'])}. Its SLI is "
        f"{percent(worst['sli'], against=worst['target'])} over {worst['window']}, the target "
        f"{percent(worst['target'], digits=4)}{burning}."
    )
elif len(without) == len(found):
    st.markdown("**There are no data in any objective's window**, so nothing is met or missed.")
else:
    st.markdown(f"**Nothing is missed or at risk.** The nearest to it is {name}.")

with panel("Where to look", "What wants attention now, and on which page is more of it?"):
    policy = view.status["studio_policy"]
    lines = []
    if policy:
        services = [
            view.catalog.journey(budget["service"]).name
            for budget in view.status["budgets"]
            if budget["policy"] == policy
        ]
        lines.append(
            f"Error budget policy: {state_words(policy)}, because of {', '.join(services)}."
            if policy != "healthy"
            else f"Error budget policy: {state_words(policy)} for every service that has one."
        )
    else:
        lines.append("Error budget policy: no state yet, for want of data.")
    for row in incidents.itertuples():
        lines.append(
            f"Open incident: **{plain(row.severity)} {plain(row.title)}**, for "
            f"{duration((view.at - row.since).total_seconds())}."
        )
    if not len(incidents):
        lines.append("No incident is open.")
    st.markdown("\n".join(f"- {line}" for line in lines))
    with st.container(horizontal=True):
        st.page_link(
            "studio_health.py",
            label="Budgets, incidents, traffic and latency in detail",
            icon=":material/monitor_heart:",
        )
        if policy not in (None, "healthy"):
            st.page_link(
                "studio_error_budget.py",
                label="Where the budgets went",
                icon=":material/account_balance_wallet:",
            )
        if len(incidents):
            st.page_link(
                "incidents.py", label="Open incidents, step by step", icon=":material/emergency:"
            )

with panel("Worst first", "Which objectives are missed or at risk, and which are next?"):
    rows = found.head(max(len(wanting), _FEW))
    show_rows(view, rows)
    rest = len(found) - len(rows)
    st.caption(
        f"{len(rows)} of {len(found)} objectives, each over its own window up to "
        f"{clock(view.at)}; the other {rest} are on Studio health."
    )
    download_rows(found)

if view.catalog.chain:
    panel_when_near(
        "All the way",
        "Of 100 people who try every step, how many get all the way?",
        partial(show_chain, view),
        name="chain",
        height=430,
    )

panel_when_near(
    "Freshness",
    "Which journeys are heard of, and when were they last?",
    partial(show_freshness, view),
    name="freshness",
    height=430,
)
