"""Studio health: the first look at three in the morning."""

import streamlit as st

from pages.parts.view import current_view

view = current_view()
st.caption(f"{view.catalog.name}: {len(view.catalog.objectives)} objectives")
