"""One incident: its clocks, the steps of its life, and what it did, from data."""

from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from pages.parts import addresses
from pages.parts.board import state_words
from pages.parts.downloads import csv_button
from pages.parts.drawn import drawing
from pages.parts.incident_list import OWN, journey_names
from pages.parts.incident_read import around, impact_of, users_of
from pages.parts.panels import chart, plain
from pages.parts.people import attempt, is_named, name_first, writer
from pages.parts.view import View
from slo_core.budget.corrected import which_decides
from slo_core.catalog import LifecycleStep
from slo_core.figures import html
from slo_core.figures.traffic import traffic_figure
from slo_core.incidents.clocks import (
    Clock,
    clocks_of,
    detected,
    is_active,
    state_at,
    until,
    update_clock,
)
from slo_core.incidents.impact import Impact
from slo_core.incidents.life import advance, stamp_of, steps_left
from slo_core.incidents.spent import share_words
from slo_core.moments import iso, parse_moment
from slo_core.text import NO_DATA, clock, count, duration, percent

_READ_AT_ONCE = timedelta(days=2)
"""How long an incident may be for its raw logs to be read unasked."""

_CLOCKS = ("Response", "Resolution", "Next update")


def show_standing(view: View, row: Any) -> None:
    """What it is, and how its clocks stand against what its severity promises."""
    known = next((it for it in view.catalog.severities if it.id == row.severity), None)
    impact = f" ({plain(known.impact)})" if known else ""
    state, is_known = state_at(row, view.at), detected(row) <= view.at
    led = plain(row.commander) if isinstance(row.commander, str) else "nobody yet"
    end = until(row.ended_at, view.at)
    ended = f"to {clock(end)}" if pd.notna(end) else "and its impact still lasts"
    st.markdown(
        f"**{plain(row.severity)}**{impact}, **{state}**, led by {led}. "
        f"{plain(journey_names(view, row.journeys))}, from {clock(row.started_at)}"
        f"{f' {ended}' if is_known else ''}."
    )
    if isinstance(row.summary, str) and row.summary:
        st.markdown(plain(row.summary))
    if row.status == "merged":
        into = addresses.incident(int(row.merged_into))
        st.info(
            f"It is part of [incident #{row.merged_into}]({into}), whose clocks and impact count.",
            icon=":material/merge:",
        )
        return
    if not is_known:
        st.info(
            f"It was detected at {clock(detected(row))}, later than the moment that is shown.",
            icon=":material/inbox:",
        )
        return
    found = (*clocks_of(row, view.catalog, view.at), update_clock(row, view.catalog, view.at))
    with st.grid(3, min_column_width=180, gap="small"):
        for name, it in zip(_CLOCKS, found, strict=True):
            value, state_name, words = _clock(it)
            st.metric(
                f"{name}: {state_words(state_name, words)}",
                value,
                help=_promise(it),
                border=True,
                height="stretch",
            )
    if known:
        st.caption(
            f"Promised: response in under {duration(known.response.total_seconds())}, resolution "
            f"in under {duration(known.resolution.total_seconds())}, {plain(known.communication)}."
            " Clocks run from the detection, that of updates from the last one."
        )


def _clock(found: Clock) -> tuple[str, str, str]:
    """A clock's figure, the state that colours it, and its word."""
    passed = duration(found.passed.total_seconds())
    if found.limit is None or found.left is None:
        return ("none due", "no_data", "resolved") if found.stopped else (passed, "no_data", "runs")
    if not found.kept:
        over = -found.left.total_seconds()
        return passed, "missed", f"over by {duration(over)}" if over else "over"
    if found.stopped:
        return passed, "met", "kept"
    return f"{duration(found.left.total_seconds())} left", "at_risk", "runs"


def _promise(found: Clock) -> str | None:
    if found.limit is None:
        return None
    passed = duration(found.passed.total_seconds())
    return f"{passed} of under {duration(found.limit.total_seconds())}"


def show_life(view: View, row: Any) -> None:
    """The steps of the catalogue's lifecycle, those that were taken stamped, and the next one."""
    cells = [_step(view, row, step) for step in view.catalog.lifecycle]
    if not cells:
        st.info("The catalogue has no lifecycle.", icon=":material/inbox:")
        return
    headers = ("Step", "Taken", "What it is")
    st.html(html.table(headers, cells, view.colours, caption="The steps of its life"))
    if row.status == "merged":
        return
    steps = {it.id: it.name for it in _to_take(view, row)}
    if not steps:
        st.markdown("✓ Every step is taken.")
        return
    form = st.form(f"step_{row.id}", border=False)
    with form, st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Step",
            list(steps),
            format_func=lambda it: steps[it],
            key=f"step_of_{row.id}_{row.version}",
            width=220,
        )
        st.text_input(
            "At (UTC)",
            key=f"step_at_{row.id}_{row.version}",
            placeholder=iso(view.at),
            width=240,
            help="Empty: the moment that the page shows.",
        )
        st.form_submit_button(
            "Stamp it",
            type="primary",
            icon=":material/task_alt:",
            disabled=not is_named(),
            help=name_first(),
            on_click=_advance,
            args=(view, int(row.id), int(row.version)),
        )


def _to_take(view: View, row: Any) -> list[LifecycleStep]:
    """The steps that are not stamped, the next one first; telling people may be done again."""
    found = steps_left(view.catalog, row)
    told = [it for it in view.catalog.lifecycle if it.stamp == "communicated" and it not in found]
    return [*found, *told] if is_active(row, view.at) else found


def _step(view: View, row: Any, step: LifecycleStep) -> list[html.Cell]:
    column = stamp_of(step)
    stamp = getattr(row, column) if column else None
    if column is None:
        taken = html.text("not stamped")
    elif pd.isna(stamp):
        taken = html.text("○ not yet")
    else:
        after = (stamp - row.started_at).total_seconds()
        small = f"{duration(after)} after it began" if after >= 0 else ""
        taken = html.text(f"✓ {clock(stamp)}", small=small)
    if step.stamp == "communicated" and pd.notna(row.last_update_at):
        taken += html.text("", small=f"last update {clock(row.last_update_at)}")
    return [html.text(step.name), taken, html.text(step.text)]


def _advance(view: View, incident: int, version: int) -> None:
    step = st.session_state[f"step_of_{incident}_{version}"]
    typed = st.session_state[f"step_at_{incident}_{version}"].strip()

    def write() -> str:
        moment: datetime = parse_moment(typed, name="At") if typed else view.at
        root = view.rollup.store.root
        advance(root, writer(), view.catalog, incident, step, moment, version=version)
        st.session_state[OWN] = incident
        return f"{step.replace('_', ' ').capitalize()} is stamped {clock(moment)}."

    attempt(write)


def show_impact(view: View, row: Any) -> None:
    """Failures beyond the usual, share of budgets, who and what was hit; and their course."""
    found = impact_of(view, row)
    if found is None:
        st.info(f"It had not begun at {clock(view.at)}.", icon=":material/inbox:")
        return
    own = found.journeys[found.journeys["named"]]
    if not own["valid"].sum():
        st.info(
            f"No request of {plain(journey_names(view, row.journeys))} was logged from "
            f"{clock(found.start)} to {clock(found.end)}: what failed is not known.",
            icon=":material/inbox:",
            title="No data",
        )
        return
    _figures(view, row, found)
    before = ", ".join(map(str, found.weeks[:-1]))
    before += f"{' and ' if before else ''}{found.weeks[-1]}"
    st.caption(
        f"{clock(found.start)} to {clock(found.end)}. Usual: the median of the same minutes of the "
        f"same weekday {before} weeks before, of those with data. Beyond it a journey is hit by "
        "more failures than chance brings."
    )
    _course(view, row, found)
    with st.grid(2, min_column_width=380, gap="small"):
        with st.container():
            names = {it.id: it.name for it in view.catalog.journeys}
            _hit(view, found.journeys, "journey", names)
        with st.container():
            _hit(view, found.platforms, "platform", {})


def _figures(view: View, row: Any, found: Impact) -> None:
    budgets = found.budgets
    with st.grid(4, min_column_width=170, gap="small"):
        st.metric("Failed requests", count(found.failed), border=True, height="stretch")
        beyond = NO_DATA if found.excess is None else count(found.excess)
        st.metric(
            "Beyond the usual",
            beyond,
            help=None if found.excess is not None else "No week before has data.",
            border=True,
            height="stretch",
        )
        if budgets.empty:
            st.metric(
                "Of a month's budget",
                "none",
                help="Its journeys have no error budget.",
                border=True,
                height="stretch",
            )
        for it in budgets.itertuples():
            name, both = view.catalog.journey(it.service).name, pd.notna(it.share_corrected)
            decides = which_decides(view.catalog)
            is_corrected = both and decides == "corrected"
            beside = f" ◐ {share_words(it, decides)}." if both else ""
            st.metric(
                f"Budget: {name}{', corrected ◐' if is_corrected else ''}",
                percent(it.share_corrected if is_corrected else it.share, digits=1),
                help=f"What it took of the month's budget of {name}; beyond the usual "
                f"{percent(it.excess_share, digits=1)}{' as measured' if both else ''}.{beside}",
                border=True,
                height="stretch",
            )
        _users(view, row, found)


def _users(view: View, row: Any, found: Impact) -> None:
    key = f"users_{row.id}"
    if found.end - found.start > _READ_AT_ONCE and not st.session_state.get(key):
        with st.container(border=True, height="stretch"):
            st.caption("Users affected")
            st.button(
                "Count them",
                key=f"count_{row.id}",
                icon=":material/group:",
                on_click=_remember,
                args=(key,),
                help="Reads the raw logs of its days, which takes a while.",
            )
        return
    users = users_of(view, row, found)
    unknown = f"; {count(users.nameless)} failed requests name no user" if users.nameless else ""
    gone = f"; the raw logs of {users.gone} dates are gone" if users.gone else ""
    st.metric(
        "Users affected",
        count(users.count),
        help=f"Distinct users with a failed request, from raw logs{unknown}{gone}.",
        border=True,
        height="stretch",
    )


def _remember(key: str) -> None:
    st.session_state[key] = True


def _course(view: View, row: Any, found: Impact) -> None:
    """Requests and failures around it, the week before drawn faintly."""
    frame, before, beside, end = around(view, row, found)
    name = view.catalog.journey(row.journey).name
    failed, valid = frame["failed"].sum(), frame["valid"].sum()
    takeaway = (
        f"{name} around the incident: {count(failed)} of {count(valid)} valid requests failed, a "
        f"week before {count(before['failed'].sum())} of {count(before['valid'].sum())}"
    )
    chart(
        drawing(traffic_figure, frame, before, beside, view.colours, allowed=None, at=end),
        view.colours,
        alt=takeaway,
        name="around_incident",
    )
    st.caption(f"{takeaway}.")
    csv_button(frame, "around_incident")


def _verdict(view: View, hit: Any) -> html.Cell:
    if pd.isna(hit):
        return html.text("not known")
    return html.tinted("✕ Hit", "bad", view.colours) if hit else html.text("no")


def _hit(view: View, rows: pd.DataFrame, name: str, names: dict[str, str]) -> None:
    """Each journey or platform with what failed, those hit first."""
    title = f"{name.capitalize()}s hit"
    st.subheader(title, anchor=False)
    cells = [
        [
            html.text(names.get(getattr(row, name), getattr(row, name))),
            _verdict(view, row.hit),
            html.number(count(row.failed), small=f"of {count(row.valid)}"),
            html.number("not known" if pd.isna(row.excess) else count(row.excess)),
        ]
        for row in rows.itertuples()
        if row.failed or getattr(row, "named", False)
    ]
    if not cells:
        st.markdown("Nothing failed.")
        return
    headers = (name.capitalize(), "Hit", "Failed", "Beyond the usual")
    st.html(html.table(headers, cells, view.colours, caption=title))
