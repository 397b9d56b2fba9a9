"""Who writes into the register: a name that is asked once, whatever is written then."""

from collections.abc import Callable

import streamlit as st

from slo_core.errors import SloError
from slo_core.register import Actor
from slo_core.text import plain

_NAME = "your_name"
_FAULT = "write_fault"


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


def name_first() -> str | None:
    """What a control that waits for a name says on hovering; None once there is one."""
    return None if is_named() else "Say your name first."


def attempt(write: Callable[[], object]) -> None:
    """Write, as a control's callback; what goes wrong waits for `show_fault`."""
    try:
        write()
    except SloError as problem:
        st.session_state[_FAULT] = str(problem)


def show_fault() -> None:
    """What went wrong with the last thing written, said once."""
    fault = st.session_state.pop(_FAULT, None)
    if fault:
        st.error(plain(fault), icon=":material/error:")
