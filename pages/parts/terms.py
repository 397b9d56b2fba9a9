"""What the words on the pages mean, within reach of each of them."""

import streamlit as st

from pages.parts.panels import plain
from slo_core.terms import TERMS


@st.fragment
def show_terms() -> None:
    """Every word with its meaning, once somebody opens it."""
    words = st.expander(
        "What the words mean", icon=":material/menu_book:", key="terms", bind="query-params"
    )
    if words.open:
        with words:
            lines = (f"**{plain(word)}**: {plain(means)}." for word, means in TERMS.items())
            st.markdown("\n\n".join(lines))
