"""Quarterly review: whether each promise, alert and machine is still right (the document's)."""

import streamlit as st

from pages.parts.panels import panel, plain
from pages.parts.quarterly import (
    choose_quarter,
    meeting_of,
    review_of,
    show_downloads,
    show_proposal,
    with_capacity,
    with_thresholds,
)
from pages.parts.review import show_blocks, show_notices
from pages.parts.view import current_view
from slo_core.review.quarterly_document import (
    alerts_section,
    capacity_section,
    document,
    promises_section,
    suggestions_section,
)

view = current_view()
meeting = meeting_of(view)
with st.container(horizontal=True, vertical_alignment="bottom"):
    choose_quarter(view, meeting.quarter)
    downloads = st.container(width="content")

review = review_of(view, meeting)
with downloads:
    show_downloads(review, meeting)
found = document(review)
st.markdown(plain("; ".join(f"{name}: {words}" for name, words in list(found.facts.items())[:2])))
show_notices(found)
for section in (suggestions_section(review), promises_section(review)):
    with panel(section.title, section.question, anchor=section.id):
        show_blocks(view, meeting, section)

with panel("A proposed change", "What would another target mean, and how is it written?"):
    show_proposal(view, meeting)

section = capacity_section(with_capacity(review, meeting))
with panel(section.title, section.question, anchor=section.id):
    show_blocks(view, meeting, section)

# Last, because other numbers than the catalogue's are read from histograms, minute by minute.
section = alerts_section(with_thresholds(review, meeting))
with panel(section.title, section.question, anchor=section.id):
    show_blocks(view, meeting, section)
