"""Maintenance windows: announced and called off, and what availability leaves out for them."""

from datetime import datetime
from typing import Any

import pandas as pd
import streamlit as st

from pages.parts.data import state_of
from pages.parts.downloads import csv_button
from pages.parts.panels import plain
from pages.parts.people import attempt, is_named, name_first, writer
from pages.parts.view import View
from slo_core.catalog import Availability
from slo_core.durations import parse_duration
from slo_core.errors import SloError
from slo_core.figures import html
from slo_core.moments import parse_moment, utc_second
from slo_core.register import read_maintenance
from slo_core.rollup import Rollup
from slo_core.sli.maintenance import (
    announce,
    call_off,
    left_out,
    notice_words,
    windows_at,
)
from slo_core.sli.windows import trailing
from slo_core.text import clock, duration

_LISTED = 10
_WORDS = {
    "cancelled": "✕ cancelled",
    "too late": "▲ announced too late: it counts",
    "ahead": "○ ahead",
    "now": "▶ now",
    "over": "✓ left out",
}


def show_maintenance(view: View) -> None:
    """The windows of the register, each to be called off, and the form of a new one."""
    if not view.catalog.scopes:
        st.info("The catalogue measures no availability, so there is nothing to announce.")
        return
    found = windows_at(read_maintenance(view.rollup.store.root), view.catalog, view.at)
    if found.empty:
        st.markdown("No maintenance is in the register.")
    else:
        rows = [_row(row) for row in found.head(_LISTED).itertuples()]
        headers = ("Scope", "From", "To", "Announced", "State")
        st.html(html.table(headers, rows, view.colours, caption="Maintenance windows"))
        _call_off_buttons(view, found)
        csv_button(found, "maintenance")
    for words in left_out_words(view):
        st.markdown(words)
    with st.expander("Announce a window"):
        _form(view)
    notice = view.catalog.rules.availability.maintenance_notice.value
    st.caption(
        f"Only windows announced at least {duration(notice.total_seconds())} ahead are left out of "
        "availability; requests in them are judged as ever. They are on every time axis."
    )


def _row(row: Any) -> list[html.Cell]:
    reason = row.reason if isinstance(row.reason, str) else ""
    ahead = (row.starts_at - row.announced_at).total_seconds()
    return [
        html.text(row.scope, small=reason),
        html.text(clock(row.starts_at)),
        html.text(clock(row.ends_at)),
        html.text(clock(row.announced_at), small=f"{duration(ahead)} ahead" if ahead > 0 else ""),
        html.text(_WORDS[row.state]),
    ]


def _call_off_buttons(view: View, found: pd.DataFrame) -> None:
    """A button for each window that is not over: what is past is not to be called off."""
    ahead = found[(found["ends_at"] > view.at) & (found["state"] != "cancelled")]
    with st.container(horizontal=True):
        for row in ahead.itertuples():
            st.button(
                f"Call off {row.scope}, {clock(row.starts_at)}",
                key=f"call_off_{row.id}",
                icon=":material/event_busy:",
                disabled=not is_named(),
                help=name_first(),
                on_click=_call_off,
                args=(view, int(row.id), int(row.version)),
            )


def _call_off(view: View, number: int, version: int) -> None:
    def write() -> str:
        call_off(view.rollup.store.root, writer(), number, version=version)
        return "The maintenance is called off."

    attempt(write)


def _form(view: View) -> None:
    """A new window; what its announcement means is said before it is saved."""
    scopes = [it.id for it in view.catalog.scopes]
    with st.grid(4, min_column_width=200, gap="small"):
        scope = st.selectbox("Scope", scopes, key="maintain_scope")
        start = st.text_input("From (UTC)", key="maintain_from", placeholder="2025-03-31T02:00:00Z")
        end = st.text_input("To (UTC)", key="maintain_to", placeholder="2025-03-31T04:00:00Z")
        st.text_input("Reason", key="maintain_reason", max_chars=200)
    ready = False
    if start and end:
        try:
            begins, ends = parse_moment(start, name="From"), parse_moment(end, name="To")
            if ends <= begins:
                raise SloError("Its end must come after its start.")
        except SloError as problem:
            st.warning(plain(str(problem)), icon=":material/edit:")
        else:
            ready = True
            st.info(notice_words(view.catalog, begins, utc_second(), scope), icon=":material/info:")
    st.button(
        "Announce it",
        key="maintain",
        type="primary",
        icon=":material/event:",
        disabled=not (ready and is_named()),
        help=name_first() or (None if ready else "Write from when and until when."),
        on_click=_announce,
        args=(view,),
    )


def _announce(view: View) -> None:
    state = st.session_state

    def write() -> str:
        begins = parse_moment(state["maintain_from"], name="From")
        ends = parse_moment(state["maintain_to"], name="To")
        scope, now = state["maintain_scope"], utc_second()
        root, reason = view.rollup.store.root, state["maintain_reason"]
        announce(root, writer(), view.catalog, scope, begins, ends, reason, at=now)
        for name in ("maintain_from", "maintain_to", "maintain_reason"):
            state[name] = ""
        return f"It is announced. {notice_words(view.catalog, begins, now, scope)}"

    attempt(write)


def left_out_words(view: View, journey: str | None = None) -> list[str]:
    """What maintenance leaves out of each availability's window, in sentences; none where nothing.

    ``journey`` keeps to the objectives of one.
    """
    found: list[str] = _left_out_words(view.rollup, state_of(view.rollup), view.at, journey)
    return found


@st.cache_data(max_entries=32, show_spinner=False)
def _left_out_words(
    _rollup: Rollup, state: tuple[str, ...], at: datetime, journey: str | None
) -> list[str]:
    maintenance = read_maintenance(_rollup.store.root)
    found = []
    for owner, objective in _rollup.catalog.objectives:
        if not isinstance(objective.indicator, Availability) or journey not in (None, owner.id):
            continue
        span = trailing(objective.window, at, parse_duration(objective.window))
        scope = _rollup.catalog.scope(objective.indicator.scope)
        gone = left_out(_rollup, scope, span, maintenance)
        if gone.seconds:
            down = f", {duration(gone.down)} of it down" if gone.down else ", none of it down"
            found.append(
                f"{plain(owner.name)}: {plain(objective.name)} over {objective.window} leaves out "
                f"{duration(gone.seconds)} of announced maintenance ({duration(gone.observed)} "
                f"observed{down})."
            )
    return found
