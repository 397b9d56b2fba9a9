"""What the page of any review has around its figures, of a month or of a quarter."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import streamlit as st

from pages.parts.panels import panel
from pages.parts.review import Stamped, show_downloads
from pages.parts.review_present import is_presenting, present_button, show_presentation
from pages.parts.review_write import show_unreadable, show_writing
from pages.parts.view import View
from slo_core.errors import SloError
from slo_core.review.held import Held
from slo_core.review.locks import Period

NOTES = "notes"
"""The section of a document in whose place the page has forms."""

HEIGHT = 480  # pixels of the place that a review takes while its figures are read


class Meets(Stamped, Protocol):
    """A review as a page shows it."""

    @property
    def held(self) -> Held[Any]: ...


M = TypeVar("M", bound=Meets)


def show_meeting(
    view: View,
    period: Period,
    choose: Callable[[], None],
    meet: Callable[[], M],
    draw: Callable[[M], None],
) -> None:
    """The review of a period: controls that every review has, then what ``draw`` makes of it.

    ``choose`` draws the choice of another period. Where the address asks for a presentation, that
    is shown instead; where the period's lock cannot be read, that is said.
    """
    # Nothing here stops the script: a run that was stopped keeps the fragments of the one before,
    # and they draw where this page has no place for them.
    if is_presenting():
        with st.skeleton(height=HEIGHT):
            meeting = meet()
            document = meeting.held.document
        show_presentation(view, meeting, document)
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        choose()
        present_button()
        downloads = st.container(horizontal=True, width="content", gap="xsmall")
    try:
        meeting = meet()
    except SloError as problem:
        show_unreadable(view, period, problem)
        return
    with downloads:
        show_downloads(meeting.held)
    draw(meeting)


def show_end(view: View, meeting: Meets, *, is_asked: bool = False) -> None:
    """The panel that a meeting writes in; ``is_asked`` where the page asked for the name before."""
    with panel(
        "Notes, decisions and action items",
        "What was decided, and who does what until when?",
        anchor=NOTES,
    ):
        show_writing(view, meeting.held, is_asked=is_asked)
