"""The list of incidents, what alerts suggest, and the form of a new one."""

from datetime import datetime
from typing import Any

import pandas as pd
import streamlit as st

from pages.parts import addresses
from pages.parts.downloads import csv_button
from pages.parts.incident_read import suggested
from pages.parts.panels import plain
from pages.parts.people import ask_name, attempt, is_named, name_first, show_outcome, writer
from pages.parts.view import View
from slo_core.alerts.sets import SETS
from slo_core.errors import SloError
from slo_core.figures import html
from slo_core.incidents.clocks import clocks_of, is_active, state_at, update_clock
from slo_core.incidents.life import open_incident
from slo_core.incidents.metrics import ALL, metrics
from slo_core.incidents.suggest import accept
from slo_core.moments import iso, parse_moment
from slo_core.text import clock, count, duration

OWN = "incident_own_change"
"""The incident that this reader has just changed otherwise than by the form."""

_LISTED, _SUGGESTED = 12, 4


def ask_who() -> None:
    """The reader's name, and what came of the last thing that they wrote."""
    ask_name("The register keeps who wrote what, and when.")
    # A place of its own: what comes and goes must not move the forms below, nor empty them.
    with st.container():
        show_outcome()


def journey_names(view: View, journeys: tuple[str, ...]) -> str:
    """Journeys by their names, those too that the catalogue does not know."""
    names = {it.id: it.name for it in view.catalog.journeys}
    return ", ".join(names.get(it, it) for it in journeys)


def show_list(view: View, register: pd.DataFrame) -> None:
    """Incidents up to the view's moment: those that are open, then the latest others."""
    known = register[register["detected_at"].fillna(register["started_at"]) <= view.at]
    active = [row for row in known.itertuples() if is_active(row, view.at)]
    places = {it.id: place for place, it in enumerate(view.catalog.severities)}
    active.sort(key=lambda row: (places.get(row.severity, len(places)), row.started_at))
    others = [row for row in known.itertuples() if not is_active(row, view.at)]
    if known.empty:
        st.info(
            f"The register has no incident up to {clock(view.at)}. One is written below, by a "
            "person, or accepted from what alerts suggest.",
            icon=":material/inbox:",
            title="No incident",
        )
        return
    if active:
        _table(view, active, "Open incidents, the severest first", is_open=True)
    else:
        st.markdown(f"✓ No incident is open at {clock(view.at)}.")
    if others:
        st.subheader("Resolved, closed and merged")
        _table(view, others[:_LISTED], "Other incidents, the latest first", is_open=False)
        rest = others[_LISTED:]
        if rest:
            more = st.expander(f"{len(rest)} older ones", key="older", bind="query-params")
            if more.open:
                with more:
                    _table(view, rest, "Older incidents", is_open=False)
    csv_button(known.drop(columns="journeys"), "incidents")


def show_metrics(view: View, register: pd.DataFrame) -> None:
    """How incidents of the view's range were answered, by severity."""
    start = view.at - view.length
    found = metrics(register, view.catalog, start, view.at, view.at)
    found = found.rename(columns={"count": "incidents"})
    if not found.loc[found["severity"] == ALL, "incidents"].iloc[0]:
        st.markdown(f"No incident began in the {duration(view.length.total_seconds())} before.")
        return
    rows = [
        [
            html.text("All" if row.severity == ALL else row.severity),
            html.number(
                count(row.incidents), small=f"{row.unresolved} open" if row.unresolved else ""
            ),
            *(
                html.number(duration(getattr(row, it)), small=_longest(row, it))
                for it in ("detect", "mitigate", "resolve")
            ),
            *(
                html.number(_of(getattr(row, f"{it}_kept"), getattr(row, f"{it}_judged")))
                for it in ("response", "resolution")
            ),
        ]
        for row in found.itertuples()
    ]
    headers = (
        *("Severity", "Incidents", "To detect", "To mitigate", "To resolve"),
        *("Responses in time", "Resolutions in time"),
    )
    st.html(html.table(headers, rows, view.colours, caption="How incidents were answered"))
    st.caption(
        "Means, of incidents that began in the range. Detection counts from the start of the "
        "impact, mitigation and resolution from the detection, as the severities' targets do."
    )
    csv_button(found, "incident_metrics")


def _longest(row: Any, name: str) -> str:
    known = getattr(row, f"{name}_known")
    if not known:
        return ""
    longest = duration(getattr(row, f"{name}_longest"))
    return f"longest {longest}, of {known}" if known > 1 else "of one"


def _of(kept: int, judged: int) -> str:
    return f"{kept} of {judged}" if judged else "no data"


def _table(view: View, rows: list[Any], caption: str, *, is_open: bool) -> None:
    ends = ("Response", "Resolution", "Next update") if is_open else ("Response", "Resolution")
    headers = ("Severity", "Incident", "Since", *ends)
    st.html(
        html.table(
            headers,
            [_row(view, row, is_open=is_open) for row in rows],
            view.colours,
            caption=caption,
        )
    )


def _row(view: View, row: Any, *, is_open: bool) -> list[html.Cell]:
    led = f", led by {row.commander}" if isinstance(row.commander, str) else ""
    link = html.link(row.title, addresses.incident(row.id), name=f"Incident {row.id}: {row.title}")
    small = f"#{row.id}, {journey_names(view, row.journeys)}; {state_at(row, view.at)}{led}"
    clocks = clocks_of(row, view.catalog, view.at)
    # Those of a merged one count with the incident that it is part of.
    is_merged = row.status == "merged"
    cells = [
        html.text("–") if is_merged else clock_cell(it, view, ended=not is_open) for it in clocks
    ]
    if is_open:
        cells.append(clock_cell(update_clock(row, view.catalog, view.at), view))
    return [
        severity_cell(view, row.severity, is_open=is_open),
        link + html.text("", small=small),
        html.number(clock(row.started_at), small=_lasted(row, view.at)),
        *cells,
    ]


def severity_cell(view: View, severity: str, *, is_open: bool) -> html.Cell:
    """A severity in shape and word; quiet where the incident is over."""
    return html.tinted(f"◆ {severity}", "bad", view.colours) if is_open else html.text(severity)


def _lasted(row: Any, at: datetime) -> str:
    if row.status == "merged":
        return ""
    if pd.isna(row.ended_at) or row.ended_at > at:
        return f"impact for {duration((at - row.started_at).total_seconds())}"
    return f"impact of {duration((row.ended_at - row.started_at).total_seconds())}"


def clock_cell(found: Any, view: View, *, ended: bool = False) -> html.Cell:
    """A clock against its target: kept, over, or what is left."""
    passed = duration(found.passed.total_seconds())
    if found.limit is None or found.left is None:
        return html.text("–" if ended else passed, small="no target" if not ended else "")
    target = f"{passed} of under {duration(found.limit.total_seconds())}"
    if found.stopped and found.kept:
        return html.tinted("✓ Kept", "good", view.colours, small=target)
    if found.kept:
        left = f"▶ {duration(found.left.total_seconds())} left"
        return html.text(left, small=target)
    over = duration(-found.left.total_seconds()) if found.left else "just now"
    return html.tinted(f"✕ Over by {over}", "bad", view.colours, small=target)


def show_suggestions(view: View, register: pd.DataFrame) -> None:
    """What alerts of the range ask for, each to be accepted with one click."""
    found = suggested(view, register)
    if found.empty:
        length = duration(view.length.total_seconds())
        st.markdown(
            f"Nothing: each alert that fired in the {length} before has its incident, or none did."
        )
        return
    for row in found.head(_SUGGESTED).itertuples():
        _suggestion(view, row)
    rest = found.iloc[_SUGGESTED:]
    if len(rest):
        more = st.expander(f"{len(rest)} more", key="suggested", bind="query-params")
        if more.open:
            with more:
                for row in rest.itertuples():
                    _suggestion(view, row)
    st.caption(
        "Alerts of one journey within "
        f"{duration(view.catalog.rules.one_incident.value.total_seconds())} of one another are one "
        "incident. Those whose actions open an incident are opened by the watch, where it runs."
    )


def _suggestion(view: View, row: Any) -> None:
    lasts = "fires now" if pd.isna(row.ended_at) else f"until {clock(row.ended_at)}"
    times = "" if row.episodes == 1 else f", {row.episodes} episodes"
    own = " Its actions say to open one." if row.creates else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        labels = " ".join(f":gray-badge[{SETS[name]}]" for name in row.sets)
        st.markdown(
            f"{labels} **{plain(row.severity)} {plain(row.title)}**, since "
            f"{clock(row.detected_at)}, {lasts}{times}: {plain(row.summary)}.{own}"
        )
        st.button(
            "Open an incident",
            key=f"accept_{row.alert}_{row.journey}_{row.detected_at:%Y%m%d%H%M}",
            icon=":material/add_alert:",
            disabled=not is_named(),
            help=name_first(),
            on_click=_accept,
            args=(view, row._asdict()),
        )


def _accept(view: View, suggestion: dict[str, Any]) -> None:
    def write() -> str:
        found = accept(view.rollup.store.root, writer(), view.catalog, suggestion)
        if found is None:
            raise SloError("Somebody has just opened this incident: it is in the list.")
        return f"Incident {found} is open."

    attempt(write)


def show_new(view: View) -> None:
    """The form of an incident that a person reports."""
    catalog = view.catalog
    if not catalog.severities:
        st.info("The catalogue has no severities, so nothing can be graded.")
        return
    names = {it.id: it.name for it in catalog.journeys}
    grades = {it.id: f"{it.id}: {it.impact}" for it in catalog.severities}
    with st.form("new_incident", border=False):
        st.text_input("Title", key="new_title", max_chars=120)
        with st.grid(3, min_column_width=220, gap="small"):
            st.selectbox(
                "Severity", list(grades), format_func=lambda it: grades[it], key="new_severity"
            )
            st.multiselect(
                "Journeys, the worst hit first",
                list(names),
                format_func=lambda it: names[it],
                key="new_journeys",
            )
            st.text_input(
                "Impact began (UTC)",
                key="new_started",
                placeholder=iso(view.at),
                help="ISO 8601, such as 2025-03-31T00:00:00Z. Empty: the moment that is shown.",
            )
        st.text_area("What is known", key="new_summary", height="content")
        st.form_submit_button(
            "Open the incident",
            type="primary",
            icon=":material/add_alert:",
            disabled=not is_named(),
            help=name_first(),
            on_click=_open,
            args=(view,),
        )


def _open(view: View) -> None:
    state = st.session_state

    def write() -> str:
        journeys = state["new_journeys"]
        typed = state["new_started"].strip()
        values = {
            "title": state["new_title"].strip(),
            "severity": state["new_severity"],
            "journey": journeys[0] if journeys else "",
            "also_journeys": tuple(journeys[1:]),
            "started_at": parse_moment(typed, name="Impact began") if typed else view.at,
            "detected_at": view.at,
            "summary": state["new_summary"].strip() or None,
        }
        found = open_incident(view.rollup.store.root, writer(), view.catalog, values)
        for name in ("new_title", "new_summary", "new_started"):
            state[name] = ""
        state["new_journeys"] = []
        return f"Incident {found} is open."

    attempt(write)
