"""The panel of open incidents: how long, against what was promised, and at what price."""

from typing import Any

import pandas as pd
import streamlit as st

from pages.parts.addresses import incident
from pages.parts.downloads import csv_button
from pages.parts.health import incidents_of
from pages.parts.incident_list import clock_cell
from pages.parts.view import View
from slo_core.budget.corrected import which_decides
from slo_core.figures import html
from slo_core.incidents.spent import share_words
from slo_core.text import clock, count, duration

_CLOCKS = ("Response", "Resolution", "Next update")


def show_incidents(view: View) -> None:
    """The incidents of the register that are open at the view's moment."""
    incidents, spent = incidents_of(view)
    if incidents.empty:
        st.markdown(f"No incident is open in the register at {clock(view.at)}.")
        return
    rows = [_row(view, row, spent[spent["id"] == row.id]) for row in incidents.itertuples()]
    st.html(
        html.table(
            ("Severity", "Incident", "Since", *_CLOCKS, "Budget spent"),
            rows,
            view.colours,
            caption="Open incidents, the severest first",
        )
    )
    st.caption(
        "Clocks run from the detection, that of updates from the last one. Budget spent is "
        "everything that failed in the incident's minutes, what is usual included, as a share of "
        "the month's allocation."
    )
    csv_button(_table(incidents, spent), "incidents")


def _row(view: View, row: Any, spent: pd.DataFrame) -> list[html.Cell]:
    names = ", ".join(_name(view, journey) for journey in row.journeys)
    commander = f", led by {row.commander}" if row.commander else ""
    ended = "" if pd.isna(row.ended) else f"impact ended {clock(row.ended)}"
    return [
        html.tinted(f"◆ {row.severity}", "bad", view.colours),
        html.link(row.title, incident(row.id), name=f"Incident {row.id}: {row.title}")
        + html.text("", small=f"{names}; {row.state}{commander}"),
        html.number(
            clock(row.since),
            small=ended or f"for {duration((view.at - row.since).total_seconds())}",
        ),
        clock_cell(row.response, view),
        clock_cell(row.resolution, view),
        clock_cell(row.update, view),
        _spent(spent, view),
    ]


def _spent(spent: pd.DataFrame, view: View) -> html.Cell:
    if spent.empty:
        return html.text("none", small="its journeys have no error budget")
    cells = []
    for row in spent.itertuples():
        amount = duration(row.spent) if row.unit == "seconds" else f"{count(row.spent)} {row.unit}"
        told = share_words(row, which_decides(view.catalog))
        share = f"{told} of {_name(view, row.service)}'s month"
        cells.append(html.text(amount, small="" if pd.isna(row.spent) else share))
    return "".join(cells)


def _name(view: View, journey: str) -> str:
    names = {found.id: found.name for found in view.catalog.journeys}
    return names.get(journey, journey)


def _table(incidents: pd.DataFrame, spent: pd.DataFrame) -> pd.DataFrame:
    flat = incidents.drop(columns=["response", "resolution", "update", "journeys"])
    for name in ("response", "resolution", "update"):
        flat[f"{name}_minutes"] = [it.passed.total_seconds() / 60 for it in incidents[name]]
        flat[f"{name}_kept"] = [it.kept for it in incidents[name]]
    return flat.merge(spent, how="left", on="id")
