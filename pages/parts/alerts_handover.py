"""The hand-over to the next shift, on the page and as a file."""

import streamlit as st

from pages.parts.alerts_read import handover_of
from pages.parts.view import View
from slo_core.alerts.desk import Notes
from slo_core.alerts.handover import markdown
from slo_core.moments import parse_range

_SHIFTS = ("8h", "12h", "24h")
_USUAL = "12h"


def show_handover(view: View, kept: Notes) -> None:
    """The hand-over of the shift that ends at the view's moment, once somebody asks for it."""
    shown = st.expander("Sum up the shift", key="handover", bind="query-params")
    if not shown.open:
        return
    with shown:
        shift = st.selectbox(
            "Length of the shift",
            _SHIFTS,
            index=_SHIFTS.index(_USUAL),
            key="shift",
            bind="query-params",
            accept_new_options=True,
            width=180,
        )
        found = handover_of(view, kept, parse_range(shift or _USUAL, name="?shift="))
        text = markdown(found, view.catalog)
        st.download_button(
            "Markdown",
            text,
            f"handover-{found.at:%Y%m%dT%H%M}Z.md",
            "text/markdown",
            key="handover_file",
            icon=":material/download:",
            type="tertiary",
            on_click="ignore",
        )
        # The page has its own headings above these.
        st.markdown(text.replace("\n## ", "\n#### ").replace("# Hand-over", "### Hand-over", 1))
