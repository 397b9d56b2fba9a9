"""Quarterly review: whether each promise, alert and machine is still right (the document's)."""

import streamlit as st

from pages.parts.panels import panel, plain
from pages.parts.quarterly import (
    choose_quarter,
    meeting_of,
    quarter_of,
    review_of,
    with_capacity,
)
from pages.parts.quarterly_proposal import show_proposal
from pages.parts.review import compare_button, show_blocks, show_downloads, show_notices
from pages.parts.review_present import is_presenting, present_button, show_presentation
from pages.parts.review_write import show_unreadable, show_writing
from pages.parts.view import current_view
from slo_core.errors import SloError
from slo_core.review.quarterly_document import (
    alerts_section,
    capacity_section,
    facts,
    gate_section,
    notices,
    promises_section,
    suggestions_section,
)
from slo_core.review.sections_written import changed_section

NOTES = "notes"

HEIGHT = 480  # pixels of the place that a screen takes while its figures are read

view = current_view()
quarter = quarter_of(view)
if is_presenting():
    with st.skeleton(height=HEIGHT):
        meeting = meeting_of(view, quarter)
        document = meeting.held.document
    show_presentation(view, meeting, document)
    st.stop()

with st.container(horizontal=True, vertical_alignment="bottom"):
    choose_quarter(view, quarter)
    present_button()
    downloads = st.container(horizontal=True, width="content", gap="xsmall")
try:
    meeting = meeting_of(view, quarter)
except SloError as problem:
    show_unreadable(view, quarter, problem)
    st.stop()

held = meeting.held
lock = held.lock
review = lock.review if lock else review_of(view, meeting)
with downloads:
    show_downloads(held)
st.markdown(plain("; ".join(f"{name}: {words}" for name, words in list(facts(review).items())[:2])))
show_notices(notices(review))
compare_button(held)
changed = st.container()
# Who comes by a link to a change looks at that first; it stays in its place while one writes.
leads = st.session_state.setdefault("_change_leads", "change" in st.query_params)
proposal = st.container() if leads else None
section = suggestions_section(review)
with panel(section.title, section.question, anchor=section.id):
    show_blocks(view, meeting, section)

is_asked = False
with (
    proposal or st.container(),
    panel("A proposed change", "What would another target mean, and how is it written?"),
):
    is_asked = show_proposal(view, meeting)

for section in (promises_section(review), gate_section(review)):
    with panel(section.title, section.question, anchor=section.id):
        show_blocks(view, meeting, section)

section = capacity_section(review if lock else with_capacity(review, meeting))
with panel(section.title, section.question, anchor=section.id):
    show_blocks(view, meeting, section)

section = alerts_section(review)
with panel(section.title, section.question, anchor=section.id):
    show_blocks(view, meeting, section)

if held.changed is not None:
    section = changed_section(held.made_at, held.changed)
    with changed, panel(section.title, section.question, anchor=section.id):
        show_blocks(view, meeting, section)

with panel(
    "Notes, decisions and action items",
    "What was decided, and who does what until when?",
    anchor=NOTES,
):
    show_writing(view, held, is_asked=is_asked)
