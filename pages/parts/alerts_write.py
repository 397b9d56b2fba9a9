"""Where people answer alerts: acknowledge, silence, tick; all of it under the reader's name."""

from typing import Any

import pandas as pd
import streamlit as st

from pages.parts.panels import plain
from pages.parts.people import (
    ask_name,
    attempt,
    is_named,
    name_first,
    show_fault,
    writer,
)
from pages.parts.view import View
from slo_core.alerts.desk import Notes, alert_names, covering, ticked
from slo_core.alerts.responses import acknowledge, lift, reopen, silence, take_back, tick
from slo_core.moments import parse_end
from slo_core.text import clock

_LENGTHS = ("1 h", "4 h", "12 h", "1 d", "3 d", "7 d")
_EVERY = "every"
_LISTED = 8


def ask_who() -> None:
    """The reader's name, asked once, and what went wrong with the last thing written."""
    ask_name("The register keeps who acknowledged, silenced or ticked what.")
    show_fault()


def acknowledge_button(view: View, row: Any) -> None:
    """A button that takes an episode on."""
    st.button(
        "Acknowledge",
        key=f"acknowledge_{row.alert}_{row.journey}_{row.start:%Y%m%d%H%M}",
        type="primary",
        icon=":material/front_hand:",
        disabled=not is_named(),
        help=name_first(),
        on_click=_acknowledge,
        args=(view, row.alert, row.journey, row.start),
    )


def _acknowledge(view: View, alert: str, journey: str | None, start: pd.Timestamp) -> None:
    root, begun = view.rollup.store.root, start.to_pydatetime()
    attempt(lambda: acknowledge(root, writer(), alert, journey, begun, at=view.at))


def take_back_button(view: View, row: Any) -> None:
    """A button that gives an episode back."""
    st.button(
        "Give it back",
        key=f"take_back_{row.acknowledgement}",
        icon=":material/undo:",
        disabled=not is_named(),
        help=name_first(),
        on_click=_take_back,
        args=(view, int(row.acknowledgement)),
    )


def _take_back(view: View, number: int) -> None:
    attempt(lambda: take_back(view.rollup.store.root, writer(), number))


def silence_popover(view: View, alert: str, journey: str | None, *, key: str) -> None:
    """A form that silences one alert of one journey until a time, with a reason."""
    with st.popover("Silence", icon=":material/notifications_off:"):
        st.markdown("It is evaluated and shown all the same; nobody is notified.")
        _form(view, key, alert, journey or None)


def _form(
    view: View, key: str, alert: str | None, journey: str | None, *, any_: bool = False
) -> None:
    """What is silenced, for how long, and why; ``any_`` lets choose what."""
    with st.form(f"silence_{key}", border=False):
        if any_:
            names = {_EVERY: "Every alert", **alert_names(view.catalog)}
            st.selectbox(
                "Alert", list(names), format_func=lambda it: names[it], key=f"silence_alert_{key}"
            )
            of = {_EVERY: "Every journey"} | {it.id: it.name for it in view.catalog.journeys}
            st.selectbox(
                "Journey", list(of), format_func=lambda it: of[it], key=f"silence_journey_{key}"
            )
        st.selectbox(
            "For, or until",
            _LENGTHS,
            key=f"silence_for_{key}",
            accept_new_options=True,
            help="From the moment that the page shows. Write any other length, such as 90 min, or "
            "a time in UTC, such as 2025-03-31T06:00Z.",
        )
        st.text_input("Reason", key=f"silence_reason_{key}", max_chars=200)
        st.form_submit_button(
            "Silence",
            icon=":material/notifications_off:",
            disabled=not is_named(),
            help=name_first(),
            on_click=_silence,
            args=(view, key, alert, journey, any_),
        )


def _silence(view: View, key: str, alert: str | None, journey: str | None, any_: bool) -> None:
    state = st.session_state
    if any_:
        alert, journey = (
            None if state[f"silence_{what}_{key}"] == _EVERY else state[f"silence_{what}_{key}"]
            for what in ("alert", "journey")
        )
    reason, length = state[f"silence_reason_{key}"], state[f"silence_for_{key}"]

    def write() -> None:
        until = parse_end(length or "", view.at, name="For, or until")
        root = view.rollup.store.root
        silence(
            root, writer(), view.catalog, alert, journey, at=view.at, until=until, reason=reason
        )

    attempt(write)


def show_silences(view: View, kept: Notes) -> None:
    """The silences in force, each to be lifted, and a form for a new one."""
    active = covering(kept.silences, view.at)
    names = alert_names(view.catalog)
    journeys = {it.id: it.name for it in view.catalog.journeys}
    if active.empty:
        st.markdown(f"Nothing is silenced at {clock(view.at)}.")
    for row in active.itertuples():
        what = "Every alert" if pd.isna(row.alert) else names.get(row.alert, row.alert)
        of = "every journey" if pd.isna(row.journey) else journeys.get(row.journey, row.journey)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                f"**{plain(what)}** of {plain(of)}, until {clock(row.ends_at)}: "
                f"{plain(row.reason)} ({plain(row.created_by)})"
            )
            st.button(
                "Lift",
                key=f"lift_{row.id}",
                icon=":material/notifications_active:",
                disabled=not is_named(),
                help=name_first(),
                on_click=_lift,
                args=(view, int(row.id)),
            )
    with st.popover("Silence something", icon=":material/notifications_off:"):
        _form(view, "any", None, None, any_=True)
    st.caption("A silenced alert is evaluated and shown all the same; nobody is notified of it.")


def _lift(view: View, number: int) -> None:
    attempt(lambda: lift(view.rollup.store.root, writer(), number, at=view.at))


def show_to_do(view: View, waiting: pd.DataFrame, kept: Notes) -> None:
    """The human actions that wait, to be ticked, and those ticked in the range."""
    if waiting.empty:
        st.markdown("Nothing that alerts ask of people waits.")
    for row in waiting.head(_LISTED).itertuples():
        _box(view, row)
    rest = waiting.iloc[_LISTED:]
    if len(rest):
        with st.expander(f"{len(rest)} more"):
            for row in rest.itertuples():
                _box(view, row)
    done = ticked(kept.tasks, view.at - view.length, view.at)
    if len(done):
        with st.expander(f"Ticked in the range: {len(done)}"):
            for row in done.itertuples():
                _done(view, row)
    st.caption(
        "What a program does of an alert's actions is not listed. A tick holds for all episodes of "
        "the alert and journey up to then; with the next one the action waits again."
    )


def _box(view: View, row: Any) -> None:
    journeys = {it.id: it.name for it in view.catalog.journeys}
    of = journeys.get(row.journey, row.journey) or "hosts"
    times = "" if row.episodes == 1 else f", {row.episodes} episodes"
    since = f"since {clock(row.since)}{times}{', fires now' if row.firing else ''}"
    about = f"{plain(row.name)}, {plain(of)}, {since}. {plain(row.owner)}"
    st.checkbox(
        f"**{plain(row.action)}**: :gray[{about}]",
        value=False,
        key=f"task_{row.reference}_{row.action}_{row.version}",
        disabled=not is_named(),
        help=name_first(),
        on_change=_tick,
        args=(view, row.alert, row.journey, row.action, row.latest.to_pydatetime(), row.owner),
    )


def _tick(view: View, alert: str, journey: str, action: str, latest: Any, owner: str) -> None:
    root = view.rollup.store.root
    attempt(lambda: tick(root, writer(), alert, journey, action, latest, owner, at=view.at))


def _done(view: View, row: Any) -> None:
    alert, journey, _ = row.reference.split("|")
    names = alert_names(view.catalog)
    journeys = {it.id: it.name for it in view.catalog.journeys}
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"✓ **{plain(row.action)}**: {plain(names.get(alert, alert))}, "
            f"{plain(journeys.get(journey, journey) or 'hosts')}, by {plain(row.updated_by)} at "
            f"{clock(row.settled_at)}"
        )
        st.button(
            "Take back",
            key=f"reopen_{row.id}_{row.version}",
            disabled=not is_named(),
            help=name_first(),
            on_click=_reopen,
            args=(view, int(row.id)),
        )


def _reopen(view: View, number: int) -> None:
    attempt(lambda: reopen(view.rollup.store.root, writer(), number))
