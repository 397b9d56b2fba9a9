"""What the words on the pages mean, within reach of each of them."""

import streamlit as st

from pages.parts.panels import plain
from slo_core.terms import TERMS


def show_terms() -> None:
    """Every word with its meaning, folded."""
    with st.expander("What the words mean", icon=":material/menu_book:"):
        st.markdown("\n\n".join(f"**{plain(word)}**: {plain(it)}." for word, it in TERMS.items()))
