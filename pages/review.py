"""Monthly review: what was promised and kept, where budgets went, what to do (the document's)."""

import streamlit as st

from pages.parts.panels import panel
from pages.parts.review import (
    choose_month,
    compare_button,
    meeting_of,
    month_of,
    show_blocks,
    show_downloads,
    show_notices,
)
from pages.parts.review_present import is_presenting, present_button, show_presentation
from pages.parts.review_write import show_unreadable, show_writing
from pages.parts.view import current_view
from slo_core.errors import SloError
from slo_core.review.month import parse_month

NOTES = "notes"

HEIGHT = 480  # pixels of the place that the review takes while its figures are read

view = current_view()
month = month_of(view)
if is_presenting():
    with st.skeleton(height=HEIGHT):
        meeting = meeting_of(view, month)
        document = meeting.held.document
    show_presentation(view, meeting, document)
    st.stop()

with st.container(horizontal=True, vertical_alignment="bottom"):
    choose_month(view, month)
    present_button()
    downloads = st.container(horizontal=True, width="content", gap="xsmall")

with st.skeleton(height=HEIGHT):
    try:
        meeting = meeting_of(view, month)
        document = meeting.held.document
    except SloError as problem:
        show_unreadable(view, parse_month(month, view.at), problem)
        st.stop()
held = meeting.held
with downloads:
    show_downloads(held)

show_notices(document.notices)
compare_button(held)
for section in document.sections:
    if section.id == NOTES:
        continue
    with panel(section.title, section.question, anchor=section.id):
        show_blocks(view, meeting, section)

with panel(
    "Notes, decisions and action items",
    "What was decided, and who does what until when?",
    anchor=NOTES,
):
    show_writing(view, held)
