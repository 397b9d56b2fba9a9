"""Quarterly review: whether each promise, alert and machine is still right (the document's)."""

import streamlit as st

from pages.parts.meeting import show_end, show_meeting
from pages.parts.panels import panel, plain
from pages.parts.quarterly import (
    Meeting,
    choose_quarter,
    meeting_of,
    quarter_of,
    review_of,
    with_capacity,
)
from pages.parts.quarterly_proposal import show_proposal
from pages.parts.review import compare_button, show_blocks, show_notices
from pages.parts.view import current_view
from slo_core.review.parts import Section
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

view = current_view()
quarter = quarter_of(view)


def draw(meeting: Meeting) -> None:
    """The quarter, panel by panel."""

    def show(section: Section) -> None:
        with panel(section.title, section.question, anchor=section.id):
            show_blocks(view, meeting, section)

    held = meeting.held
    lock = held.lock
    review = lock.review if lock else review_of(view, meeting)
    basis = list(facts(review).items())[:2]
    st.markdown(plain("; ".join(f"{name}: {words}" for name, words in basis)))
    show_notices(notices(review))
    compare_button(held)
    changed = st.container()
    # Who comes by a link to a change looks at that first; it stays in its place while one writes.
    leads = st.session_state.setdefault("_change_leads", "change" in st.query_params)
    proposal = st.container() if leads else None
    show(suggestions_section(review))

    is_asked = False
    with (
        proposal or st.container(),
        panel("A proposed change", "What would another target mean, and how is it written?"),
    ):
        is_asked = show_proposal(view, meeting)

    show(promises_section(review))
    show(gate_section(review))
    show(capacity_section(review if lock else with_capacity(review, meeting)))
    show(alerts_section(review))
    if held.changed is not None:
        with changed:
            show(changed_section(held.made_at, held.changed))
    show_end(view, meeting, is_asked=is_asked)


show_meeting(
    view, quarter, lambda: choose_quarter(view, quarter), lambda: meeting_of(view, quarter), draw
)
