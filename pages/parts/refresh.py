"""Figures that renew themselves, and say how old they are."""

import time

import streamlit as st

from slo_core.figures.text import duration

_EVERY = 60.0
"""Seconds after which figures are renewed: moments are whole minutes."""

_LOOK = 10
_DRAWN = "_drawn"


def show_refresh(pinned: bool) -> None:
    """A switch for renewing the page by itself, with the age of what is shown.

    A moment that the reader has chosen does not move, so there is nothing to renew.
    """
    st.session_state[_DRAWN] = time.time()
    with st.container(horizontal=True, vertical_alignment="center", width="content", gap="small"):
        on = st.toggle(
            "Refresh",
            True,
            key="refresh",
            bind="query-params",
            disabled=pinned,
            help="Renew the figures every minute. A chosen moment does not move.",
        )
        st.fragment(_age, run_every=_LOOK if on and not pinned else None)(on and not pinned)


def _age(renews: bool) -> None:
    age = time.time() - st.session_state.get(_DRAWN, time.time())
    if renews and age >= _EVERY:
        st.rerun()
    words = "just now" if age < 1 else f"{duration(age)} ago"
    st.caption(f"Drawn {words}", width="content")
