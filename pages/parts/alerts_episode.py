"""One episode: its condition in words, its course, what changed before, and what is to be done."""

from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from pages.parts import addresses
from pages.parts.alerts import journey_name
from pages.parts.alerts_read import courses_of, marks_between
from pages.parts.choice import choose
from pages.parts.downloads import csv_button
from pages.parts.drawn import drawing
from pages.parts.panels import chart, plain
from pages.parts.view import View
from slo_core.alerts.conditions import comparisons
from slo_core.alerts.corrected import both_words, budget_words
from slo_core.alerts.desk import Notes, human_actions, parted, reference_of, to_do
from slo_core.alerts.meaning import alert_of, condition_words
from slo_core.alerts.words import amount, peak
from slo_core.budget.corrected import which_decides
from slo_core.catalog import ActionKind, Alert
from slo_core.figures import html
from slo_core.figures.alerts import course_figure
from slo_core.sli.marks import nearest_changes
from slo_core.text import clock, duration

_CHOICES = 200
_BEFORE, _CHANGES = timedelta(days=1), 3
_LEAST = timedelta(minutes=30)

_PROGRAM: dict[ActionKind, str] = {
    "page": "a program pages",
    "post": "a program posts it",
    "mail": "a program mails it",
    "ticket": "a program opens a ticket",
    "incident": "a program opens an incident",
    "log": "a program logs it",
}


def show_episode(view: View, desk: pd.DataFrame, kept: Notes) -> None:
    """The episode of the address, else the one that wants attention most."""
    if desk.empty:
        st.info("No alert has fired that could be looked at.", icon=":material/inbox:")
        return
    references = [reference_of(it.alert, it.journey, it.start) for it in desk.itertuples()]
    wanted = st.query_params.get("episode", "")
    place = _place(desk, references, wanted)
    if place is None and wanted:
        st.warning(
            f"The address asks for the episode {plain(wanted)}, which is none of those up to "
            f"{clock(view.at)}; this is the one that wants attention most.",
            icon=":material/help:",
        )
    place = place or 0
    shown = sorted({*range(min(_CHOICES, len(desk))), place})
    names = {references[it]: _name(view, desk.iloc[it]) for it in shown}
    choose("Episode", names, references[place], name="episode", width=560)
    _show(view, desk.iloc[place], kept)


def _place(desk: pd.DataFrame, references: list[str], wanted: str) -> int | None:
    """Which episode an address means: late data may have moved its start a little."""
    if wanted in references:
        return references.index(wanted)
    alert, journey, start = parted(wanted)
    for place, row in enumerate(desk.itertuples()):
        if (row.alert, row.journey or "") == (alert, journey) and row.start <= start <= row.until:
            return place
    return None


def _name(view: View, row: Any) -> str:
    state = "fires since" if row["firing"] else ""
    began = f"{row['start']:%m-%d %H:%M}"
    return f"{row['severity']} {row['name']}, {journey_name(view, row['journey'])}, {state} {began}"


def _show(view: View, row: Any, kept: Notes) -> None:
    alert = alert_of(view.catalog, row["alert"])
    start, until = row["start"].to_pydatetime(), row["until"].to_pydatetime()
    lasted = duration((until - start).total_seconds() + 60)
    limit = amount(row["threshold"], row["unit"], row["threshold"])
    ended = "still firing" if row["firing"] else f"over at {clock(until)}"
    of = " of the month's budget failed in it"
    spent = both_words(row, which_decides(view.catalog), of=of)
    told = (
        f"{row['severity']} {row['name']} of {journey_name(view, row['journey'])}: fired "
        f"{clock(start)}, {ended}, {lasted}; {row['condition']}, peak {_peak(row)} against {limit}"
    )
    if spent:
        told += f"; {spent}"
    st.markdown(f"{plain(told)}.")
    if isinstance(row["correction"], str):
        st.info(
            f"{plain(_sentence(row['correction']))}. Alerts look at what was measured. "
            f"[What is left out]({addresses.incidents()})",
            icon=":material/content_cut:",
        )
    if beside := budget_words(view.status, view.catalog, alert, row["journey"]):
        st.caption(f"◐ {beside}")
    words = condition_words(view.catalog, alert)
    st.markdown("It fires when:\n" + "\n".join(f"- {plain(line)}" for line in words))
    _course(view, alert, row, start, until, told)
    _before(view, row, start)
    _actions(view, alert, row, kept)


def _sentence(words: str) -> str:
    return f"This episode lies {words}"


def _peak(row: Any) -> str:
    return (
        "not read"
        if row["peak"] != row["peak"] and row["peak_above"] != row["peak_above"]
        else peak(row)
    )


def _course(
    view: View, alert: Alert, row: Any, start: datetime, until: datetime, told: str
) -> None:
    windows = [it.window for it in comparisons(alert.parsed) if it.window]
    room = max([_LEAST, *windows, (until - start) / 4])
    end = min(until + room, view.at)
    journey = row["journey"] if isinstance(row["journey"], str) else None
    found = courses_of(view, alert, journey, start - room, end)
    if not found:
        st.info("No data of that time are left to draw.", icon=":material/inbox:")
        return
    marks = marks_between(view, start - room, end, journey)
    chart(
        drawing(course_figure, found, marks, view.colours, start=start, until=until),
        view.colours,
        alt=told,
        name="course",
    )
    step = found[0].step
    words = "Each minute's window ends with it; the shaded time is the episode."
    if step > timedelta(minutes=1):
        words += f" Each point is the worst of {duration(step.total_seconds())}."
    st.caption(words)
    table = pd.concat([it.frame.assign(part=it.text, unit=it.unit) for it in found])
    csv_button(table, "course")


def _before(view: View, row: Any, start: datetime) -> None:
    """What changed in the day before it began."""
    marks = marks_between(view, start - _BEFORE, start + timedelta(minutes=1))
    near = nearest_changes(marks, start)
    near = near[near["gap"] >= pd.Timedelta(0)].head(_CHANGES)
    if near.empty:
        st.markdown(
            "**What changed just before?** No deploy or other change is logged in the day before."
        )
        return
    st.markdown("**What changed just before?**")
    cells = [
        [
            html.text(it.title),
            html.number(clock(it.at)),
            html.number(f"{duration(it.gap.total_seconds())} before"),
        ]
        for it in near.itertuples()
    ]
    headers = ("Change, the latest first", "At", "Before the alert")
    st.html(html.table(headers, cells, view.colours, caption="Changes before the alert"))


def _actions(view: View, alert: Alert, row: Any, kept: Notes) -> None:
    """The alert's actions, who does each, and its owner, runbook and incident."""
    own = pd.DataFrame([row])
    waiting = set(to_do(own, view.catalog, kept.tasks, view.at)["action"])
    human = human_actions(view.catalog, alert)
    lines = []
    for action in alert.actions:
        if action in human:
            state = "a person does, waits" if action in waiting else "a person did"
        else:
            state = _PROGRAM[view.catalog.action_kinds[action]]
        lines.append(f"- {plain(action)}: {state}")
    if lines:
        st.markdown("**What is done?**\n" + "\n".join(lines))
    incident = (
        f"[Incident {row['incident']}: {plain(row['incident_title'])}]"
        f"({addresses.incident(int(row['incident']))})"
        if pd.notna(row["incident"])
        else f"[No incident yet: open one]({addresses.incidents()})"
    )
    taken = (
        "nobody has taken it on"
        if pd.isna(row["acknowledged_at"])
        else f"taken on by {plain(row['acknowledged_by'])} at {clock(row['acknowledged_at'])}"
    )
    st.markdown(
        f"{incident} · {taken} · Owner: {plain(alert.owner.value)} · "
        f"[Runbook]({alert.runbook.value})"
    )
