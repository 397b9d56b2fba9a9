"""Figures that renew themselves, and say how old they are."""

import time
from collections.abc import Callable

import streamlit as st

from slo_core.text import duration

_MINUTE = 60.0

_LOOK = 4
"""Seconds between two looks at whether there is something to draw."""

_AT_LEAST = 7.0
"""Seconds for which a drawing stands; events come in all the time, and to draw takes a while."""

_DRAWN = "_drawn"


def show_refresh(pinned: bool, has_news: Callable[[], bool]) -> None:
    """A switch for renewing the page by itself, with the age of what is shown.

    A moment that the reader has chosen does not move, so there is nothing to renew. But a reader
    who turns from light to dark has charts in the old colours until the script runs again, which
    Streamlit leaves to us: so the clock ticks in any case.
    """
    st.session_state[_DRAWN] = (time.time(), st.context.theme.type)
    with st.container(horizontal=True, vertical_alignment="center", width="content", gap="small"):
        on = st.toggle(
            "Refresh",
            True,
            key="refresh",
            bind="query-params",
            disabled=pinned,
            help="Renew the figures as events come in, and every minute. A chosen moment does not "
            "move.",
        )
        st.fragment(_age, run_every=_LOOK)(on and not pinned, has_news)


def _age(renews: bool, has_news: Callable[[], bool]) -> None:
    appearance = st.context.theme.type
    drawn, drawn_in = st.session_state.get(_DRAWN, (time.time(), appearance))
    age = time.time() - drawn
    if appearance != drawn_in or (renews and age >= _AT_LEAST and _is_old(drawn, age, has_news)):
        st.rerun()
    words = "just now" if age < 1 else f"{duration(age)} ago"
    st.caption(f"Drawn {words}", width="content")


def _is_old(drawn: float, age: float, has_news: Callable[[], bool]) -> bool:
    """Whether another minute has begun, or events have come in."""
    if (drawn + age) // _MINUTE > drawn // _MINUTE:
        return True
    try:
        return has_news()
    except Exception:  # the page, drawn anew, says what is wrong
        return True
