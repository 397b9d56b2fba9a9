"""One episode: its condition in words, its course, what changed before, and what is to be done."""

from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from pages.parts import addresses
from pages.parts.alerts import journey_name, runbook_link, titled
from pages.parts.alerts_read import courses_of, sets_of
from pages.parts.alerts_sets import known_of, set_name
from pages.parts.choice import choose
from pages.parts.downloads import csv_button
from pages.parts.drawn import drawing
from pages.parts.marked import marks_between
from pages.parts.panels import chart, plain
from pages.parts.view import View
from slo_core.alerts.conditions import comparisons
from slo_core.alerts.corrected import both_words, budget_words
from slo_core.alerts.desk import Notes, parted, reference_of, to_do
from slo_core.alerts.evaluate import Rule
from slo_core.alerts.meaning import condition_words
from slo_core.alerts.sets import AlertSet, Known
from slo_core.alerts.words import amount, peak
from slo_core.budget.corrected import which_decides
from slo_core.catalog import ActionKind
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


def show_episode(
    view: View, every: pd.DataFrame, chosen: tuple[AlertSet, ...], kept: Notes
) -> None:
    """The episode of the address, else the one of the chosen sets that wants attention most.

    ``every`` is the desk with all sets: an address means its episode whatever else is chosen.
    """
    wanted = st.query_params.get("episode", "")
    place = _place(view, every, wanted)
    own = [] if place is None else [place]
    inside = every["set"].isin(chosen)
    inside.iloc[own] = True
    desk = every[inside].reset_index(drop=True)
    if desk.empty:
        st.info("No alert has fired that could be looked at.", icon=":material/inbox:")
        return
    references = _references(desk)
    place = int(inside.iloc[:place].sum()) if place is not None else None
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


def _references(desk: pd.DataFrame) -> list[str]:
    return [reference_of(it.alert, it.journey, it.start) for it in desk.itertuples()]


def _place(view: View, desk: pd.DataFrame, wanted: str) -> int | None:
    """Which episode an address means: late data may have moved its start a little."""
    references = _references(desk)
    if wanted in references:
        return references.index(wanted)
    alert, journey, start = parted(wanted)
    near = view.catalog.rules.episode_merge.value
    for place, row in enumerate(desk.itertuples()):
        is_own = (row.alert, row.journey or "") == (alert, journey)
        if is_own and row.start - near <= start <= row.until:
            return place
    return None


def _name(view: View, row: Any) -> str:
    state = "fires since" if row["firing"] else ""
    began = f"{row['start']:%m-%d %H:%M}"
    title = titled(row["severity"], row["name"])
    return f"{title}, {journey_name(view, row['journey'])}, {state} {began}"


def _show(view: View, row: Any, kept: Notes) -> None:
    journey = row["journey"]
    every, known = sets_of(view), known_of(view, row["alert"], journey)
    rule = every.rule(row["alert"], journey)
    start, until = row["start"].to_pydatetime(), row["until"].to_pydatetime()
    lasted = duration((until - start).total_seconds() + 60)
    limit = amount(row["threshold"], row["unit"], row["threshold"])
    ended = "still firing" if row["firing"] else f"over at {clock(until)}"
    of = " of the month's budget failed in it"
    spent = both_words(row, which_decides(view.catalog), of=of)
    told = (
        f"{titled(row['severity'], row['name'])} of {journey_name(view, journey)}: fired "
        f"{clock(start)}, {ended}, {lasted}; {row['condition']}, peak {_peak(row)} against {limit}"
    )
    if isinstance(row["host"], str):
        told += f" on {row['host']}"
    if spent:
        told += f"; {spent}"
    st.markdown(f":gray-badge[{set_name(row['set'])}] {plain(told)}.")
    if isinstance(row["correction"], str):
        st.info(
            f"{plain(_sentence(row['correction']))}. Alerts look at what was measured. "
            f"[What is left out]({addresses.incidents()})",
            icon=":material/content_cut:",
        )
    if beside := budget_words(view.status, every.rollup.catalog, rule, journey):
        st.caption(f"◐ {beside}")
    words = condition_words(every.rollup.catalog, rule)
    st.markdown("It fires when:\n" + "\n".join(f"- {plain(line)}" for line in words))
    _course(view, rule, journey, start, until, told)
    _before(view, start)
    _actions(view, known, row, kept)


def _sentence(words: str) -> str:
    return f"This episode lies {words}"


def _peak(row: Any) -> str:
    return (
        "not read"
        if row["peak"] != row["peak"] and row["peak_above"] != row["peak_above"]
        else peak(row)
    )


def _course(
    view: View, rule: Rule, journey: str | None, start: datetime, until: datetime, told: str
) -> None:
    windows = [it.window for it in comparisons(rule.parsed) if it.window]
    room = max([_LEAST, *windows, (until - start) / 4])
    end = min(until + room, view.at)
    found = courses_of(view, rule, journey, start - room, end)
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


def _before(view: View, start: datetime) -> None:
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


def _actions(view: View, known: Known, row: Any, kept: Notes) -> None:
    """The alert's actions, who does each, and its owner, runbook and incident."""
    own = pd.DataFrame([row])
    waiting = set(to_do(own, view.catalog, kept.tasks, view.at)["action"])
    lines = []
    for action in known.actions:
        kind = view.catalog.action_kinds.get(action)
        if kind is None:
            state = "a person does, waits" if action in waiting else "a person did"
        else:
            state = _PROGRAM[kind]
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
    links = [incident, taken, f"Owner: {plain(known.owner)}", runbook_link(known.runbook)]
    st.markdown(" · ".join([*links, *_further(row)]))


def _further(row: Any) -> list[str]:
    """The page that says more of what an alert of the other sets is about."""
    if row["set"] == "burn":
        return [f"[Its budget]({addresses.error_budget()})"]
    if row["set"] == "triggers":
        return [f"[Capacity]({addresses.capacity()})"]
    if row["set"] == "headroom" and isinstance(row["objective"], str):
        return [f"[Why missed?]({addresses.why(row['journey'], row['objective'])})"]
    return []
