"""The panel of what incidents took of a budget."""

from typing import Any

import pandas as pd
import streamlit as st

from pages.parts.downloads import csv_button
from pages.parts.drawn import drawing
from pages.parts.history import BASES
from pages.parts.panels import chart, plain
from pages.parts.spending import Subject, impact_of
from pages.parts.view import View
from slo_core.figures import html
from slo_core.figures.spending import step_label, waterfall_figure
from slo_core.figures.words import amount_words
from slo_core.sli.windows import Window, calendar_month, trailing
from slo_core.text import clock, duration, percent


def show_impact(view: View, subject: Subject, basis: str) -> None:
    """From the whole budget to what is left of it, a step for each incident."""
    window, allowed = _budget(view, subject, basis)
    impact = impact_of(view, subject, window)
    if not impact["seen"].any() or not allowed:
        st.info(
            f"Nothing of {plain(subject.name)} was counted from {clock(window.start)} to "
            f"{clock(window.end)}, so nothing was taken that anybody knows of.",
            icon=":material/inbox:",
            title="No data",
        )
        return
    incidents = impact[impact["start"].notna()]
    taken, rest = incidents["total"].sum(), float(impact["total"].iloc[-1])
    costliest = incidents.loc[incidents["total"].idxmax()] if len(incidents) else None
    takeaway = (
        f"Incidents took {percent(taken / allowed, digits=1)} of the {subject.noun} of "
        f"{subject.name}, everything else {percent(rest / allowed, digits=1)}"
    )
    if costliest is not None and costliest["total"]:
        share = percent(costliest["total"] / allowed, digits=1)
        takeaway += f"; most of all #{costliest['id']}, {costliest['title']} ({share})"
    chart(
        drawing(waterfall_figure, impact, allowed, subject.objective, view.colours),
        view.colours,
        alt=takeaway,
        name="incident_impact",
    )
    st.caption(
        f"{takeaway}. {BASES[basis]}: {clock(window.start)} to {clock(window.end)}.",
        help="A minute of several incidents is parted equally among them; incidents and everything "
        "else together are what was consumed, exactly. Usual is the median of the same hour of day "
        "on the other days of this time.",
    )
    if subject.other:
        st.caption(
            f"◐ The figures as {subject.figures} decide. {_beside(view, subject.other, basis)}"
        )
    if incidents.empty:
        st.markdown("No incident of the register touches it in this time.")
    beside = {}
    if subject.other:
        other = impact_of(view, subject.other, window)
        beside = {row.id: row for row in other.itertuples() if pd.notna(row.start)}
    rows = [_row(row, subject, allowed, beside.get(row.id)) for row in impact.itertuples()]
    headers = ("Step", "Incident", "When", "Took", "Of the budget", "Over the usual")
    st.html(html.table(headers, rows, view.colours, caption="What each incident took"))
    csv_button(impact.assign(share=impact["total"] / allowed), "incident_impact")


def _beside(view: View, other: Subject, basis: str) -> str:
    """What incidents and everything else took by the figures that do not decide."""
    window, allowed = _budget(view, other, basis)
    impact = impact_of(view, other, window)
    if not impact["seen"].any() or not allowed:
        return f"As {other.figures} nothing was counted."
    taken = impact.loc[impact["start"].notna(), "total"].sum() / allowed
    rest = float(impact["total"].iloc[-1]) / allowed
    return (
        f"As {other.figures} incidents took {percent(taken, digits=1)}, everything else "
        f"{percent(rest, digits=1)}."
    )


def _budget(view: View, subject: Subject, basis: str) -> tuple[Window, float]:
    """The time of the budget, and what the whole of it is."""
    if basis == "calendar" and subject.month:
        return calendar_month(view.at), subject.month["allowed"]
    return trailing(subject.window, view.at, subject.length), subject.rolling["allowed"]


def _row(row: Any, subject: Subject, allowed: float, other: Any | None) -> list[html.Cell]:
    share = html.number(percent(row.total / allowed, digits=1))
    words = amount_words(subject.objective, row.total) if row.seen else "no data"
    told = ""
    if subject.other and other is not None and (row.seen, row.total) != (other.seen, other.total):
        took = amount_words(subject.objective, other.total) if other.seen else "no data"
        told = f"◐ as {subject.other.figures} {took}"
        words = words if row.seen else "left out"
    took = html.number(words, small=told)
    if pd.isna(row.start):
        when = html.text("", small=f"{duration(row.minutes * 60)} without an incident")
        return [html.text(step_label(row)), html.text(row.title), when, took, share, html.text("–")]
    small = "shared with another incident" if row.shared else ""
    over = (
        html.text("not known", small="no other day has data")
        if pd.isna(row.excess)
        else html.text(
            amount_words(subject.objective, row.excess)
            if row.excess >= 0
            else f"{amount_words(subject.objective, -row.excess)} fewer",
            small=f"usual: {amount_words(subject.objective, row.usual)}",
        )
    )
    return [
        html.text(step_label(row)),
        html.text(f"{row.severity} {row.title}", small=small),
        html.text(clock(row.start), small=f"for {duration(row.minutes * 60)}"),
        took,
        share,
        over if row.seen else html.text("no data"),
    ]
