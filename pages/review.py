"""Monthly review: what was promised and kept, where budgets went, what to do (the document's)."""

import streamlit as st

from pages.parts.meeting import HEIGHT, NOTES, show_end, show_meeting
from pages.parts.panels import panel
from pages.parts.review import (
    Meeting,
    choose_month,
    compare_button,
    meeting_of,
    month_of,
    show_blocks,
    show_contents,
    show_notices,
)
from pages.parts.view import current_view

view = current_view()
month = month_of(view)


def draw(meeting: Meeting) -> None:
    """The month, panel by panel."""
    with st.skeleton(height=HEIGHT):
        document = meeting.held.document
    show_notices(document.notices)
    compare_button(meeting.held)
    show_contents(document.sections)
    for section in document.sections:
        if section.id == NOTES:
            continue
        with panel(section.title, section.question, anchor=section.id):
            show_blocks(view, meeting, section)
    show_end(view, meeting)


show_meeting(
    view, month, lambda: choose_month(view, month), lambda: meeting_of(view, month.name), draw
)
