"""Who writes into the register: a name that is asked once, whatever is written then."""

import streamlit as st

from slo_core.register import Actor

_NAME = "your_name"


def ask_name(why: str) -> None:
    """Draw the field for the reader's name, once a page; ``why`` says what it is kept with."""
    known = st.session_state.get(_NAME, "")
    typed = st.text_input(
        "Your name",
        value=known,
        key=f"{_NAME}_typed",
        width=260,
        max_chars=80,
        placeholder="asked once",
        help=why,
    )
    st.session_state[_NAME] = (typed or "").strip()


def is_named() -> bool:
    """Whether the reader has said a name: before that there is nothing to write under."""
    return bool(st.session_state.get(_NAME))


def writer() -> Actor:
    """Who writes: the reader under that name."""
    return Actor(st.session_state.get(_NAME, ""))
