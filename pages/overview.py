"""The overview: whose objectives these are, and where to look."""

import streamlit as st

from pages.parts.panels import panel
from pages.parts.view import current_view
from slo_core.figures.tables import promises

catalog = current_view().catalog
table = promises(catalog)

with panel(catalog.name, "What is promised to users, and over which time?"):
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        column_config={
            "Target": st.column_config.NumberColumn(
                format="percent", help="The share that must be good."
            ),
            "Window": st.column_config.TextColumn(help="The time over which the target is held."),
        },
        alt=f"{len(table)} objectives in {len(catalog.journeys)} journeys, "
        "each with its promise, target and window",
    )
