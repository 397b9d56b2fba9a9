"""The panel of open incidents: how long, against what was promised, and at what price."""

from typing import Any

import pandas as pd
import streamlit as st

from pages.parts.downloads import csv_button
from pages.parts.health import incidents_of
from pages.parts.view import View
from slo_core.figures import html
from slo_core.incidents.clocks import Clock
from slo_core.text import clock, count, duration, percent

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
        html.text(row.title, small=f"{names}; {row.state}{commander}"),
        html.text(
            clock(row.since),
            small=ended or f"for {duration((view.at - row.since).total_seconds())}",
        ),
        _clock(row.response, view),
        _clock(row.resolution, view),
        _clock(row.update, view),
        _spent(spent, view),
    ]


def _clock(found: Clock, view: View) -> html.Cell:
    passed = duration(found.passed.total_seconds())
    if found.limit is None or found.left is None:
        return html.text(passed, small="no target is known for this severity")
    target = f"{passed} of under {duration(found.limit.total_seconds())}"
    if found.kept:
        if found.stopped:
            return html.tinted("✓ Kept", "good", view.colours, small=target)
        left = f"▶ {duration(found.left.total_seconds())} left"
        return html.text(left, small=target)
    over = duration(-found.left.total_seconds()) if found.left else "just now"
    return html.tinted(f"✕ Over by {over}", "bad", view.colours, small=target)


def _spent(spent: pd.DataFrame, view: View) -> html.Cell:
    if spent.empty:
        return html.text("none", small="its journeys have no error budget")
    cells = []
    for row in spent.itertuples():
        amount = duration(row.spent) if row.unit == "seconds" else f"{count(row.spent)} {row.unit}"
        share = f"{percent(row.share, digits=1)} of {_name(view, row.service)}'s month"
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
