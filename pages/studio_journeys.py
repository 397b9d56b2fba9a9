"""User journeys: how far people get, and how well it goes (the document's second dashboard)."""

from functools import partial

import streamlit as st

from pages.parts.journey_panels import heading, question, show_journey, show_summary
from pages.parts.journeys import choose_ranges
from pages.parts.panels import panel, panel_when_near
from pages.parts.view import current_view
from slo_core.sli.journeys import panel_journeys

view = current_view()
ranges = choose_ranges(view)
named, others = panel_journeys(view.catalog)

show_summary(view, named)

for place, journey in enumerate(named):
    show = partial(show_journey, view, ranges, journey)
    if place == 0:
        with panel(heading(journey), question(journey), anchor=journey.id):
            show()
    else:
        panel_when_near(
            heading(journey),
            question(journey),
            show,
            name=f"journey_{journey.id}",
            height=900,
            anchor=journey.id,
        )

for journey in others:
    # The document's dashboard has no panel for these: they are read only where somebody looks.
    more = st.expander(journey.name, key=f"open_{journey.id}", bind="query-params")
    if more.open:
        with more, panel(heading(journey), question(journey), anchor=journey.id):
            show_journey(view, ranges, journey)
