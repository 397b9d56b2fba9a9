"""The catalogue, as people can read it: what is promised, how it is counted, and why so.

It needs no logs; where there are some, it is the catalogue of the moment that is looked at.
"""

import streamlit as st

from pages.parts.choice import choose
from pages.parts.data import catalogue, has_logs
from pages.parts.downloads import csv_button
from pages.parts.panels import panel, plain
from pages.parts.promises import (
    matching,
    show_assumptions,
    show_budgets,
    show_definitions,
    show_journey,
    show_policy,
    show_readings,
)
from pages.parts.settings import catalog_file, data_folder
from pages.parts.view import current_view
from slo_core.figures.rules import rules
from slo_core.figures.theme import palette

_ALL = ""
_PROMISED = "What is promised, and how is it counted?"

catalog = current_view().catalog if has_logs(data_folder()) else catalogue(catalog_file())
colours = palette(st.context.theme.type)
journeys = {_ALL: "All journeys", **{journey.id: journey.name for journey in catalog.journeys}}
chosen = st.query_params.get("journey", _ALL)
if chosen:
    catalog.journey(chosen)

st.markdown(
    f"**{plain(catalog.name)}**, version {catalog.version}, in force from "
    f"{catalog.effective_from}. {plain(catalog.purpose)}"
)
st.caption(
    plain(
        f"Owner: {catalog.owner}. Reviewed: {catalog.review_cadence}. Document last updated: "
        f"{catalog.last_updated}. ◇ marks what the document leaves open: an assumption, with its "
        "reason."
    )
)
with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
    choose("Journey", journeys, chosen, name="journey")
    wanted = st.text_input(
        "Search",
        key="find",
        bind="query-params",
        type="search",
        width=260,
        placeholder="timeout, P95, assumption",
        help="Keeps to objectives, readings and assumptions that have these words.",
    )

table = rules(catalog)
found = matching(table[table["journey"] == chosen] if chosen else table, wanted)
with st.container(horizontal=True, vertical_alignment="center"):
    st.markdown(f"{len(found)} of {len(table)} objectives", width="content")
    csv_button(found, "objectives")
if found.empty:
    st.info(
        f"No objective has the words “{plain(wanted)}”: search for others, or choose all journeys.",
        icon=":material/search_off:",
    )
for journey in catalog.journeys:
    own = found[found["journey"] == journey.id]
    if len(own):
        with panel(journey.name, journey.user_expectation or _PROMISED):
            show_journey(catalog, colours, journey, own)

if catalog.budgets:
    with panel("Error budgets", "How much may go wrong in a month, and from when is it alarming?"):
        show_budgets(catalog, colours, chosen)
with panel(
    "Error budget policy", "What does each state of a budget allow, and what does it forbid?"
):
    show_policy(catalog)
if catalog.definitions:
    with panel("Definitions", "How does the document itself define its indicators?"):
        show_definitions(catalog)
with panel("Readings", "Where the document can be read in two ways, how is it read, and why?"):
    show_readings(catalog, colours, wanted)
with panel("Assumptions", "Which values are not in the document, and why these?"):
    show_assumptions(catalog, colours, wanted)
