"""Who writes into the register: a name that is asked once, whatever is written then."""

from collections.abc import Callable

import streamlit as st

from slo_core.errors import SloError
from slo_core.register import Actor
from slo_core.text import plain

_NAME = "your_name"
_FAULT, _DONE = "write_fault", "write_done"


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
    """Write, as a control's callback.

    What goes wrong waits for `show_fault`, a sentence that ``write`` answers for `show_outcome`.
    """
    try:
        answer = write()
    except SloError as problem:
        fail(str(problem))
    else:
        if isinstance(answer, str):
            st.session_state[_DONE] = answer


def fail(sentence: str) -> None:
    """Keep for `show_fault` what keeps a control from writing."""
    st.session_state[_FAULT] = sentence


def show_fault() -> None:
    """What went wrong with the last thing written, said once.

    Beside the place in the page also over it: whoever wrote far below does not see the place.
    """
    fault = st.session_state.pop(_FAULT, None)
    if fault:
        st.error(plain(fault), icon=":material/error:")
        st.toast(plain(fault), icon=":material/error:", duration="long")


def show_outcome() -> None:
    """The same, and what went well."""
    show_fault()
    done = st.session_state.pop(_DONE, None)
    if done:
        st.success(plain(done), icon=":material/check:")
        st.toast(plain(done), icon=":material/check:")
