"""The board of objectives on overview and health page: how many of each verdict, and the rows."""

import pandas as pd
import streamlit as st

from pages.parts.addresses import why
from pages.parts.downloads import csv_button
from pages.parts.health import standings_before, standings_of, trends_of
from pages.parts.view import View
from slo_core.budget.standing import risk_window, short_window, tally
from slo_core.figures.board import board, board_download
from slo_core.figures.theme import STATES
from slo_core.forecast import HORIZON
from slo_core.text import duration

_COLOURS = {"bad": "red", "warn": "orange", "good": "green", "none": "gray", "stale": "violet"}
_HELP = {
    "missed": "The SLI over the objective's window is below its target.",
    "at_risk": "Met, but either it burns faster than on budget now and will likely have run out "
    f"within {duration(HORIZON.total_seconds())}, or it is one of the budgeted objectives with "
    "little left.",
    "met": "The SLI over the objective's window is at or above its target.",
    "no_data": "No valid event in the objective's window: neither met nor missed.",
}


def state_words(name: str, words: str = "") -> str:
    """A state as coloured Markdown: shape and word."""
    state = STATES[name]
    return f":{_COLOURS[state.role]}[{state.symbol} {words or state.word}]"


def show_tally(view: View) -> None:
    """How many objectives are missed, at risk, met and without data, against a range before."""
    found = standings_of(view)
    counts = tally(found)
    earlier = standings_before(view)
    compared = tally(earlier) if (earlier["verdict"] != "no_data").any() else None
    ago = f"vs {duration(view.length.total_seconds())} ago"
    with st.grid(4, min_column_width=150, gap="small", key="tiles_tally"):
        for verdict, number in counts.items():
            change = None if compared is None else number - compared[verdict]
            heard = (found["verdict"] == verdict) & ~found["stale"]
            st.metric(
                # What was met when it was last heard of is not known to be met.
                state_words("stale", "Met, last heard")
                if verdict == "met" and number and not heard.any()
                else state_words(verdict),
                f"{number} of {len(found)}",
                f"{change:+d}" if change else change,
                delta_color="normal" if verdict == "met" else "inverse",
                delta_description=None if change is None else ago,
                help=_HELP[verdict],
                border=True,
                height="stretch",
            )


def show_rows(view: View, rows: pd.DataFrame) -> None:
    """Rows of the standings, each with its trend and a link to its causes."""
    rules = view.catalog.rules
    st.html(
        board(
            rows,
            trends_of(view),
            view.catalog,
            view.colours,
            why,
            short=short_window(rules),
            risk=risk_window(rules),
            horizon=HORIZON,
        )
    )


def download_rows(rows: pd.DataFrame) -> None:
    """The rows as a file."""
    csv_button(board_download(rows), "objectives")
