"""Figures that renew themselves, and say how old they are."""

import time

import streamlit as st

from slo_core.text import duration

_MINUTE = 60.0
_ARRIVES = 5.0
"""Seconds that the logs of a minute are given to arrive once it is over; then it is drawn."""

_LOOK = 10
_DRAWN = "_drawn"


def show_refresh(pinned: bool) -> None:
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
            help="Renew the figures every minute. A chosen moment does not move.",
        )
        st.fragment(_age, run_every=_LOOK)(on and not pinned)


def _age(renews: bool) -> None:
    appearance = st.context.theme.type
    drawn, drawn_in = st.session_state.get(_DRAWN, (time.time(), appearance))
    age = time.time() - drawn
    if (renews and _minute(drawn + age) > _minute(drawn)) or appearance != drawn_in:
        st.rerun()
    words = "just now" if age < 1 else f"{duration(age)} ago"
    st.caption(f"Drawn {words}", width="content")


def _minute(moment: float) -> float:
    """Number the last minute whose logs have arrived: moments are whole minutes."""
    return (moment - _ARRIVES) // _MINUTE
