"""Who was told of alerts, by `watch`: what was sent, what is tried again, and what was lost."""

from typing import Any

import pandas as pd
import streamlit as st

from pages.parts.alerts import journey_name
from pages.parts.downloads import csv_button
from pages.parts.panels import plain
from pages.parts.view import View
from slo_core.alerts.desk import alert_names
from slo_core.figures import html
from slo_core.figures.theme import Role
from slo_core.moments import utc_now
from slo_core.text import clock
from slo_core.watch import deliveries, heartbeat

_ROWS = 8
_START = "`python -m slo_core watch` tells people; its `--dry-run` shows what it would say."
_HEADERS = ("Notification", "State", "Target", "Written", "Why")
_STATES: dict[str, tuple[str, Role]] = {
    "sent": ("● sent", "good"),
    "waiting": ("▲ waits", "warn"),
    "unconfirmed": ("◆ may not have arrived", "bad"),
    "given up": ("◆ given up", "bad"),
    "held": ("■ not sent", "none"),
}
_KINDS = {"fired": "firing", "still": "still firing", "resolved": "over", "silent": "no data"}


def show_told(view: View) -> None:
    """Whether anybody watches, what went wrong, and the latest notifications."""
    root = view.rollup.store.root
    beat, told = heartbeat(root), deliveries(root)
    now = utc_now()
    if beat.looked_at is None and told.empty:
        st.markdown(f"Nobody is told of alerts: no watch has run on these data. {_START}")
        return
    if beat.is_late(now):
        st.warning(
            f"No watch runs: its last look was at {clock(beat.looked_at)}. {_START}",
            title="Nobody is told of alerts",
            icon=":material/notifications_off:",
        )
    elif beat.error:
        st.warning(
            f"The watch runs, but its last look failed: {plain(beat.error)}",
            icon=":material/sync_problem:",
        )
    else:
        st.markdown(f"The watch runs; its last look was at {clock(beat.looked_at)}.")
    if told.empty:
        st.markdown("There was nothing to tell yet.")
        return
    # What did not arrive first: nobody looks for it else.
    lost = told["state"].isin(["unconfirmed", "given up", "waiting"])
    ordered = pd.concat([told[lost], told[~lost]], ignore_index=True)
    shown = ordered.head(_ROWS)
    names = alert_names(view.catalog)
    rows = [_row(view, row, names) for row in shown.itertuples()]
    st.html(html.table(_HEADERS, rows, view.colours, caption="Notifications, what failed first"))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{len(shown)} of {len(told)} notifications. Times are UTC.")
        csv_button(told.drop(columns=["body"]), "notifications")


def _row(view: View, row: Any, names: dict[str, str]) -> list[html.Cell]:
    words, role = _STATES[row.state]
    target = view.catalog.notifications.target(row.target)
    name = names.get(row.alert, row.alert) or "Data"
    return [
        html.text(
            f"{name}: {_KINDS.get(row.kind, row.kind)}",
            small=journey_name(view, row.journey or None),
        ),
        html.tinted(words, role, view.colours),
        html.text(target.name if target else row.target or "nobody"),
        html.text(clock(row.created_at).removesuffix(" UTC"), small=_tries(row)),
        html.text("" if pd.isna(row.error) else row.error),
    ]


def _tries(row: Any) -> str:
    if pd.notna(row.next_attempt_at):
        return f"next try {clock(row.next_attempt_at)}" if row.attempts else "waits for its turn"
    return f"{row.attempts} tries" if row.attempts > 1 else ""
