"""Who writes into the register: a name that is asked once, whatever is written then.

Every link leads into a session of its own, so that the browser keeps the name, in a cookie.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import unquote

import streamlit as st

from slo_core.errors import SloError
from slo_core.register import Actor
from slo_core.text import plain

_NAME = "your_name"
_COOKIE = "slo_your_name"
_LONGEST = 80
_SAID = "write_said"

_STANDS = 20.0
"""Seconds for which is said what became of something written: a page renews itself meanwhile."""

_JS = """
export default function ({ data }) {
  const kept = `${data.cookie}=${encodeURIComponent(data.name)}`;
  document.cookie = `${kept}; path=/; max-age=31536000; SameSite=Lax`;
}
"""


def ask_name(why: str) -> None:
    """Draw the field for the reader's name, once a page; ``why`` says what it is kept with."""
    known = st.session_state.get(_NAME, _kept())
    with st.container(gap=None):
        typed = st.text_input(
            "Your name",
            value=known,
            key=f"{_NAME}_typed",
            width=260,
            max_chars=_LONGEST,
            placeholder="asked once",
            help=why,
        )
        name = st.session_state[_NAME] = (typed or "").strip()
        if st.context.headers and name != _kept():
            _keeper()(key="keep_name", data={"cookie": _COOKIE, "name": name}, height=1)


def _kept() -> str:
    """The name that this browser kept when the session began; empty where it kept none."""
    if not st.context.headers:  # a script or a test, which has no browser
        return ""
    return unquote(st.context.cookies.get(_COOKIE, ""))[:_LONGEST]


@cache
def _keeper() -> Any:
    """What has the browser keep a name."""
    return st.components.v2.component("keeper_of_a_name", html="<i></i>", js=_JS)


def is_named() -> bool:
    """Whether the reader has said a name: before that there is nothing to write under."""
    return bool(st.session_state.get(_NAME))


def writer() -> Actor:
    """Who writes: the reader under that name."""
    return Actor(st.session_state.get(_NAME, ""))


def name_first() -> str | None:
    """What a control that waits for a name says on hovering; None once there is one."""
    return None if is_named() else "Say your name first."


@dataclass
class _Said:
    """What became of the last thing written."""

    sentence: str
    went_well: bool
    until: float
    told: bool = False
    """Whether it was said over the page, which is done once."""


def attempt(write: Callable[[], object]) -> None:
    """Write, as a control's callback.

    `show_fault` says what goes wrong, `show_outcome` also a sentence that ``write`` answers.
    """
    st.session_state.pop(_SAID, None)
    try:
        answer = write()
    except SloError as problem:
        fail(str(problem))
    else:
        if isinstance(answer, str):
            _keep(answer, went_well=True)


def fail(sentence: str) -> None:
    """Keep for `show_fault` what keeps a control from writing."""
    _keep(sentence, went_well=False)


def _keep(sentence: str, *, went_well: bool) -> None:
    st.session_state[_SAID] = _Said(sentence, went_well, time.time() + _STANDS)


def show_fault() -> None:
    """What went wrong with the last thing written, for a while."""
    said: _Said | None = st.session_state.get(_SAID)
    if said and not said.went_well:
        _show(said)


def show_outcome() -> None:
    """The same, and what went well."""
    said: _Said | None = st.session_state.get(_SAID)
    if said:
        _show(said)


def _show(said: _Said) -> None:
    """In its place, and once over the page: whoever wrote far below does not see the place."""
    if time.time() > said.until:
        del st.session_state[_SAID]
        return
    icon = ":material/check:" if said.went_well else ":material/error:"
    (st.success if said.went_well else st.error)(plain(said.sentence), icon=icon)
    if not said.told:
        st.toast(plain(said.sentence), icon=icon, duration="short" if said.went_well else "long")
        said.told = True
