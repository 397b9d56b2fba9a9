"""Corrections: the register of spans that do not count, its form, and the words beside figures."""

from typing import Any

import streamlit as st

from pages.parts import addresses
from pages.parts.downloads import csv_button
from pages.parts.incident_list import journey_names
from pages.parts.panels import plain
from pages.parts.people import attempt, is_named, name_first, writer
from pages.parts.view import View
from slo_core.figures.words import budget_words
from slo_core.moments import parse_moment
from slo_core.register import read_table
from slo_core.sli.correcting import add_correction, cancel_correction
from slo_core.text import budget_left, clock, percent

_LISTED = 10


def show_corrections(view: View) -> None:
    """What is left out of figures, each to be cancelled, and the form of a new one."""
    found = read_table(view.rollup.store.root, "corrections")
    counting = found[found["cancelled_at"].isna()].sort_values("starts_at", ascending=False)
    decides = view.catalog.rules.corrections_decide
    which = "as corrected" if decides.value else "as measured"
    if counting.empty:
        st.markdown("Nothing is corrected: every figure is as measured.")
    for row in counting.head(_LISTED).itertuples():
        _correction(view, row)
    if len(counting) > _LISTED:
        with st.expander(f"{len(counting) - _LISTED} older ones"):
            for row in counting.iloc[_LISTED:].itertuples():
                _correction(view, row)
    with st.expander("Leave a span out"):
        _form(view)
    st.caption(
        f"Where a correction touches a window, figures {which} decide, and the others are shown "
        f"beside them, marked ◐. {decides.assumption or ''} Alerts, and what failures have in "
        "common, are of what was measured; an episode says that it lies inside a correction."
    )
    if len(found):
        csv_button(found, "corrections")


def _correction(view: View, row: Any) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{plain(journey_names(view, (row.scope,)))}**, {clock(row.starts_at)} to "
            f"{clock(row.ends_at)}: {plain(row.reason)} (approved by {plain(row.approver)})"
        )
        st.button(
            "Let it count again",
            key=f"cancel_correction_{row.id}",
            icon=":material/undo:",
            disabled=not is_named(),
            help=name_first(),
            on_click=_cancel,
            args=(view, int(row.id), int(row.version)),
        )


def _cancel(view: View, number: int, version: int) -> None:
    def write() -> str:
        cancel_correction(view.rollup.store.root, writer(), number, version=version)
        return "It counts again."

    attempt(write)


def _form(view: View) -> None:
    names = {it.id: it.name for it in view.catalog.journeys}
    with st.form("correction", border=False):
        with st.grid(3, min_column_width=220, gap="small"):
            st.multiselect(
                "Journeys", list(names), format_func=lambda it: names[it], key="correct_of"
            )
            st.text_input("From (UTC)", key="correct_from", placeholder="2025-03-31T00:00:00Z")
            st.text_input("To (UTC)", key="correct_to", placeholder="2025-03-31T01:00:00Z")
        with st.grid(2, min_column_width=220, gap="small"):
            st.text_input(
                "Reason",
                key="correct_reason",
                max_chars=200,
                placeholder="a load test that the policy allowed, broken telemetry, ...",
            )
            st.text_input("Approved by", key="correct_approver", max_chars=80)
        st.form_submit_button(
            "Leave it out",
            icon=":material/content_cut:",
            disabled=not is_named(),
            help=name_first(),
            on_click=_add,
            args=(view,),
        )
    st.caption("Whole minutes: the span is widened to them.")


def _add(view: View) -> None:
    state = st.session_state

    def write() -> str:
        start = parse_moment(state["correct_from"], name="From")
        end = parse_moment(state["correct_to"], name="To")
        reason, approver = state["correct_reason"], state["correct_approver"]
        root, journeys = view.rollup.store.root, state["correct_of"]
        add_correction(root, writer(), view.catalog, journeys, start, end, reason, approver)
        for name in ("correct_from", "correct_to", "correct_reason", "correct_approver"):
            state[name] = ""
        state["correct_of"] = []
        return "It is left out; every figure that it touches says both."

    attempt(write)


def show_both(view: View, stated: dict[str, Any]) -> None:
    """An objective's figures as measured and as corrected, and which decide; else nothing."""
    if "corrected" not in stated:
        return
    objective = view.catalog.objective(stated["journey"], stated["objective"])

    def words(it: dict[str, Any]) -> str:
        left = budget_words(objective, it["budget"]["remaining"], it["budget"]["allowed"])
        return f"{percent(it['sli'], against=objective.target)} ({left})"

    st.info(
        f"As measured {words(stated)}; as corrected {words(stated['corrected'])}. "
        f"{_decides(stated)} [What is left out]({addresses.incidents()})",
        icon=":material/content_cut:",
    )


def budget_both(stated: dict[str, Any], *, rolling: bool) -> str:
    """A budget's other figure, where a correction touches it, in a sentence; else empty."""
    if "corrected" not in stated:
        return ""
    is_corrected = stated["decides"] == "corrected"
    other = stated if is_corrected else stated["corrected"]
    amounts = other["rolling"] if rolling else other
    left = budget_left(amounts["remaining"], amounts["allowed"], stated["unit"])
    return f"◐ {_decides(stated)} As {'measured' if is_corrected else 'corrected'}: {left}."


def _decides(stated: dict[str, Any]) -> str:
    return f"The figure as {stated['decides']} decides."
