"""What a reader must know about the data before any figure: who is silent, what was not counted."""

import pandas as pd
import streamlit as st

from pages.parts.view import View
from slo_core.figures.text import clock
from slo_core.figures.theme import STATES
from slo_core.moments import parse_moment


def show_health_of_data(view: View) -> None:
    """Say which journeys are stale, first of all, and what was not counted, if there is anything.

    One journey's silence is not covered by another's traffic (DESIGN 2.2).
    """
    silent = [
        f"no data of **{view.catalog.journey(journey).name}** since "
        + clock(parse_moment(found["last_event"]))
        for journey, found in view.status["freshness"].items()
        if found["stale"]
    ]
    if silent:
        st.warning("  \n".join(silent), title=STATES["stale"].label)
    problems = pd.DataFrame(view.status["problems"], columns=["file", "rows", "reason"])
    if len(problems):
        with st.expander(f"Not counted: {len(problems)}", icon=":material/warning:"):
            st.caption(
                "Files that could not be read, and rows that may not count, with the reason."
            )
            st.dataframe(
                problems.rename(columns=str.capitalize),
                hide_index=True,
                alt=f"{len(problems)} files or groups of rows that were not counted, with reasons",
            )
