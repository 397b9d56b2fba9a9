"""What is done about an incident beside its form: action items, merging, opening it again."""

from typing import Any

import pandas as pd
import streamlit as st

from pages.parts.incident_list import OWN
from pages.parts.incident_write import field_label
from pages.parts.panels import plain
from pages.parts.people import attempt, fail, is_named, name_first, writer
from pages.parts.view import View
from slo_core.figures import html
from slo_core.incidents.actions import add_action, read_actions, tick
from slo_core.incidents.changes import changes
from slo_core.incidents.life import merge, reopen
from slo_core.moments import parse_moment
from slo_core.register import read_history
from slo_core.text import clock

_LISTED = 40


def show_actions(view: View, row: Any) -> None:
    """The action items of an incident, to be ticked, and the form of a new one."""
    found = read_actions(view.rollup.store.root, int(row.id))
    if found.empty:
        st.markdown("No action item yet: what would keep it from coming back?")
    for it in found.itertuples():
        owner = f", {plain(it.owner)}" if isinstance(it.owner, str) else ""
        due = f", due {clock(it.due_at)}" if pd.notna(it.due_at) else ""
        late = " ▲ overdue" if it.state == "open" and it.due_at < view.at else ""
        dropped = " (dropped)" if it.state == "dropped" else ""
        st.checkbox(
            f"{plain(it.action)}{owner}{due}{late}{dropped}",
            value=it.state == "done",
            key=f"action_{it.id}_{it.version}",
            disabled=not is_named() or it.state == "dropped",
            help=name_first(),
            on_change=_tick,
            args=(view, int(it.id), it.state != "done", int(it.version)),
        )
    form = st.form(f"action_{row.id}", border=False)
    with form, st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input("New action item", key="action_text", max_chars=300, width=360)
        st.text_input("Owner", key="action_owner", max_chars=80, width=160)
        st.text_input("Due (UTC)", key="action_due", placeholder="2025-04-30", width=160)
        st.form_submit_button(
            "Add",
            icon=":material/add_task:",
            disabled=not is_named(),
            help=name_first(),
            on_click=_add,
            args=(view, int(row.id)),
        )


def _tick(view: View, task: int, done: bool, version: int) -> None:
    def write() -> None:
        tick(view.rollup.store.root, writer(), task, done=done, version=version)

    attempt(write)


def _add(view: View, incident: int) -> None:
    state = st.session_state

    def write() -> str:
        due = state["action_due"].strip()
        add_action(
            *(view.rollup.store.root, writer(), incident, state["action_text"]),
            owner=state["action_owner"],
            due_at=parse_moment(due, name="Due") if due else None,
        )
        for name in ("action_text", "action_owner", "action_due"):
            state[name] = ""
        return "The action item is written."

    attempt(write)


def show_merge(view: View, row: Any, register: pd.DataFrame) -> None:
    """Merge it into another, or open it again."""
    others = {
        int(it.id): f"#{it.id} {it.title}"
        for it in register.itertuples()
        if it.id != row.id and it.status != "merged"
    }
    versions = {int(it.id): int(it.version) for it in register.itertuples()}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if row.status != "merged" and others:
            st.selectbox(
                "Part of another incident",
                list(others),
                index=None,
                format_func=lambda it: others[it],
                key=f"merge_{row.id}",
                placeholder="Choose it",
                width=360,
            )
            st.button(
                "Merge into it",
                key=f"do_merge_{row.id}",
                icon=":material/merge:",
                disabled=not is_named(),
                help=name_first(),
                on_click=_merge,
                args=(view, row, versions),
            )
        if row.status in ("resolved", "closed", "merged"):
            st.button(
                "Open it again",
                key=f"reopen_{row.id}",
                icon=":material/undo:",
                disabled=not is_named(),
                help=name_first()
                or ("As it was before it was merged." if row.status == "merged" else None)
                or "Takes mitigation, resolution and postmortem away; the history keeps them.",
                on_click=_reopen,
                args=(view, row),
            )


def _merge(view: View, row: Any, versions: dict[int, int]) -> None:
    into = st.session_state[f"merge_{row.id}"]
    if into is None:
        fail("Choose the incident that it is part of.")
        return

    def write() -> str:
        merge(
            *(view.rollup.store.root, writer(), view.catalog, int(row.id), into),
            version=int(row.version),
            into_version=versions[into],
        )
        st.session_state[OWN] = row.id
        return f"Incident {row.id} is merged into {into}, which now reaches over both."

    attempt(write)


def _reopen(view: View, row: Any) -> None:
    def write() -> str:
        reopen(view.rollup.store.root, writer(), int(row.id), version=int(row.version))
        st.session_state[OWN] = row.id
        if row.status == "merged":
            return (
                f"Incident {row.id} stands by itself again, as it was before it was merged; "
                f"{row.merged_into} still reaches over both: mend its times, journeys and severity."
            )
        return f"Incident {row.id} is open again."

    attempt(write)


def show_history(view: View, table: str, number: int) -> None:
    """Who changed what of a row of the register, the latest first."""
    found = changes(read_history(view.rollup.store.root, table, number))
    if found.empty:
        st.markdown("Nothing is known of its changes: another program wrote it.")
        return
    rows = [
        [
            html.text(clock(it.at)),
            html.text(it.actor, small=it.action),
            html.text(field_label(it.field)),
            html.text(it.before or "–"),
            html.text(it.after or "–"),
        ]
        for it in found.head(_LISTED).itertuples()
    ]
    headers = ("When", "Who", "What", "Before", "After")
    st.html(html.table(headers, rows, view.colours, caption="Its changes, the latest first"))
    if len(found) > _LISTED:
        st.caption(f"The latest {_LISTED} of {len(found)} changes.")
