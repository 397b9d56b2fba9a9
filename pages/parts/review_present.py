"""The review as a presentation: one question a screen, led by the keyboard."""

import streamlit as st

from pages.parts.panels import plain, told_in_words
from pages.parts.review import Stamped, show_blocks, show_notices
from pages.parts.view import View
from slo_core.review.parts import Document

PRESENT, SLIDE = "present", "slide"


def is_presenting() -> bool:
    """Whether the address asks for a presentation: ``?present=1``."""
    return st.query_params.get(PRESENT) == "1"


def present_button() -> None:
    """A button that begins the presentation."""
    st.button(
        "Present",
        key="present",
        icon=":material/slideshow:",
        type="primary",
        help="One question a screen; the arrow keys lead on and back, Esc ends it",
        on_click=_go,
        args=(1,),
    )


def show_presentation(view: View, meeting: Stamped, document: Document) -> None:
    """The screen that the address names, ``&slide=3``; the first where it names none of them."""
    count = len(document.sections)
    number = screen(st.query_params.get(SLIDE, "1"), count)
    section = document.sections[number - 1]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f"{plain(document.title)}: {plain(section.title)}, {number} of {count}", width="stretch"
        )
        for label, key, icon, to, off in (
            ("Back", "Left", "chevron_left", number - 1, number == 1),
            ("On", "Right", "chevron_right", number + 1, number == count),
        ):
            st.button(
                label,
                key=f"slide_{label.lower()}",
                icon=f":material/{icon}:",
                shortcut=key,
                disabled=off,
                on_click=_go,
                args=(to,),
            )
        st.button(
            "End",
            key="slide_end",
            icon=":material/close:",
            shortcut="Esc",
            on_click=_end,
        )
    st.title(section.question)
    if number == 1:
        show_notices(document.notices)
    with told_in_words():
        show_blocks(view, meeting, section, with_files=False)


def screen(text: str, count: int) -> int:
    """The number of the screen that an address names, from 1 to so many; else the nearest."""
    return min(max(int(text), 1), count) if text.isascii() and text.isdigit() else 1


def _go(number: int) -> None:
    st.query_params[PRESENT] = "1"
    st.query_params[SLIDE] = str(number)


def _end() -> None:
    for name in (PRESENT, SLIDE):
        st.query_params.pop(name, None)
