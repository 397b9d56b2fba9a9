"""A choice that lives in the address under its id, so that links made elsewhere can name it.

Streamlit's own binding writes the label into the address, and leaves the default out of it; the
default here may be the worst objective of the moment, which a shared address must pin.
"""

from collections.abc import Iterable, Mapping

import streamlit as st

ALL = "all"
"""The id of a filter that keeps everything."""

_REMEMBERED = "_shared_filters"
_WRITTEN = "_written_filters"


def read_anew() -> None:
    """Say that the whole page runs, and reads every filter; ``main.py`` does, before any page."""
    st.session_state.pop(_WRITTEN, None)


def shared(name: str) -> str | None:
    """The value of a filter that pages share; None while nothing is chosen, or everything.

    Another page's address begins without it: the choice comes along, and goes into the address.
    """
    remembered = st.session_state.setdefault(_REMEMBERED, {})
    if name in st.query_params:
        remembered[name] = st.query_params[name]
    elif name in remembered:
        st.query_params[name] = remembered[name]
    value: str | None = remembered.get(name)
    return None if value == ALL else value


def choose(
    label: str,
    names: Mapping[str, str],
    chosen: str,
    *,
    name: str,
    forget: Iterable[str] = (),
    width: int = 260,
) -> None:
    """Draw a select box that writes the id of what is chosen into the address.

    ``names`` are labels by id; ``chosen`` is the id that the address gives now; ``name`` is the
    parameter. A new choice removes the parameters ``forget``. The page runs again and reads it.
    """
    key = f"choose_{name}"
    st.session_state[key] = chosen
    st.selectbox(
        label,
        list(names),
        format_func=lambda it: names.get(it, it),
        key=key,
        on_change=_write,
        args=(name, key, tuple(forget)),
        width=width,
    )
    # A panel that was drawn alone runs alone, but others may keep to the same filter.
    if st.session_state.pop(_WRITTEN, False):
        st.rerun()


def _write(name: str, key: str, forget: tuple[str, ...]) -> None:
    for other in forget:
        st.query_params.pop(other, None)
        st.session_state.get(_REMEMBERED, {}).pop(other, None)
    st.query_params[name] = st.session_state[key]
    st.session_state[_WRITTEN] = True
