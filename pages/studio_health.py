"""Studio health: the first look at three in the morning (the document's first dashboard)."""

from functools import partial

import streamlit as st

from pages.parts.board import download_rows, show_rows, show_tally
from pages.parts.budgets import show_budgets
from pages.parts.coverage import show_unobserved
from pages.parts.flow import show_heatmap, show_traffic
from pages.parts.health import standings_of
from pages.parts.incidents import show_incidents
from pages.parts.maintenance import left_out_words
from pages.parts.panels import panel, panel_when_near
from pages.parts.view import current_view
from slo_core.text import clock, counted

_AT_LEAST = 8

view = current_view()
found = standings_of(view)

with panel("SLO compliance, all journeys", "Which objectives are missed or at risk now?"):
    show_tally(view)
    wanting = int(found["verdict"].isin(["missed", "at_risk"]).sum())
    first = max(wanting, _AT_LEAST)
    show_rows(view, found.head(first))
    rest = found.iloc[first:]
    if len(rest):
        words = f"The other {counted(len(rest), 'objective')}, by their burn"
        more = st.expander(words, key="others", bind="query-params")
        if more.open:
            with more:
                show_rows(view, rest)
    show_unobserved(view, found)
    for words in left_out_words(view):
        st.caption(words)
    st.caption(
        f"Each objective over its own window up to {clock(view.at)}, the worst first.",
        help="Missed, at risk, then by burn rate, where 1× spends exactly the whole budget in its "
        "window.",
    )
    download_rows(found)

panel_when_near(
    "Error budget remaining",
    "How much of each month's budget is left, and what now?",
    partial(show_budgets, view),
    name="budgets",
    height=820,
)
panel_when_near(
    "Active incidents",
    "What is open, since when, and are its promises kept?",
    partial(show_incidents, view),
    name="active_incidents",
    height=200,
)
panel_when_near(
    "Request rate and error rate",
    "Is traffic as usual, what fails, and since when?",
    partial(show_traffic, view),
    name="traffic",
    height=1050,
)
panel_when_near(
    "Latency heatmap",
    "How long do things take, and when was that too long?",
    partial(show_heatmap, view),
    name="latency",
    height=620,
)
