"""A choice that lives in the address under its id, so that links made elsewhere can name it.

Streamlit's own binding writes the label into the address, and leaves the default out of it; the
default here may be the worst objective of the moment, which a shared address must pin.
"""

from collections.abc import Iterable, Mapping

import streamlit as st


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


def _write(name: str, key: str, forget: tuple[str, ...]) -> None:
    for other in forget:
        st.query_params.pop(other, None)
    st.query_params[name] = st.session_state[key]
