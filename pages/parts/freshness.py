"""What a reader must know about the data before any figure: who is silent, what was not counted."""

import pandas as pd
import streamlit as st

from pages.parts.downloads import csv_button
from pages.parts.panels import plain
from pages.parts.view import View
from slo_core.figures import html
from slo_core.figures.theme import STATES
from slo_core.moments import parse_moment
from slo_core.text import clock, counted, duration

_HEARD = "Heard"


def show_health_of_data(view: View) -> None:
    """Say which journeys are stale, first of all, and what was not counted, if there is anything.

    One journey's silence is not covered by another's traffic (DESIGN 2.2).
    """
    silent: dict[str, list[str]] = {}
    for journey, found in view.status["freshness"].items():
        if found["stale"]:
            since = clock(parse_moment(found["last_event"]))
            silent.setdefault(since, []).append(f"**{view.catalog.journey(journey).name}**")
    if silent:
        lines = [f"no data of {', '.join(names)} since {since}" for since, names in silent.items()]
        st.warning("  \n".join(lines), title=STATES["stale"].label)
    problems = pd.DataFrame(view.status["problems"], columns=["file", "rows", "reason"])
    if len(problems):
        first, others = plain(problems["file"].iloc[0]), len(problems) - 1
        label = f"Not counted: {first}" + (f", and {others} more" if others else "")
        with st.expander(label, icon=":material/warning:"):
            st.caption(
                "Files that could not be read, and rows that may not count, with the reason."
            )
            st.dataframe(
                problems.rename(columns=str.capitalize),
                hide_index=True,
                alt=f"Not counted, with reasons: {counted(len(problems), 'entry', 'entries')}",
            )


def show_freshness(view: View) -> None:
    """Every journey with its last event, and the same as a file."""
    found = freshness_table(view)
    known = {state.label: state for state in (STATES["stale"], STATES["no_data"])}
    rows = [
        [
            html.text(row.Journey),
            html.state(known[row.State], view.colours)
            if row.State in known
            else html.text(row.State),
            html.number(row.Last),
            html.number(row.Ago),
        ]
        for row in found.rename(columns={"Last event": "Last"}).itertuples()
    ]
    heard = (found["State"] == _HEARD).sum()
    caption = f"{heard} of {len(found)} journeys are heard of"
    st.html(html.table(found.columns, rows, view.colours, caption=caption))
    csv_button(found, "freshness")


def freshness_table(view: View) -> pd.DataFrame:
    """Every journey: whether it is heard of, its last event, and how long before the look."""
    rows = []
    for journey, found in view.status["freshness"].items():
        last = parse_moment(found["last_event"]) if found["last_event"] else None
        state = {True: STATES["stale"].label, False: _HEARD, None: STATES["no_data"].label}
        rows.append(
            {
                "Journey": view.catalog.journey(journey).name,
                "State": state[found["stale"]],
                "Last event": clock(last) if last else "never",
                "Ago": duration((view.at - last).total_seconds()) if last else "never",
            }
        )
    return pd.DataFrame(rows)
