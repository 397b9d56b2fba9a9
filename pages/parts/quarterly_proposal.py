"""A proposed change of a promise on the page: its effect, its YAML, and who accepted it."""

from pathlib import Path

import streamlit as st

from pages.parts.downloads import csv_button
from pages.parts.panels import plain
from pages.parts.people import ask_name, attempt, is_named, name_first, show_fault, writer
from pages.parts.quarterly import Meeting
from pages.parts.settings import catalog_file, shown
from pages.parts.view import View
from slo_core.figures import html
from slo_core.figures.theme import STATES
from slo_core.review.proposal import (
    Effect,
    Proposal,
    accept,
    accepted,
    allocation_words,
    day_of,
    decide,
    effect,
    propose,
)
from slo_core.review.quarter import Quarter
from slo_core.rollup import Rollup
from slo_core.text import clock, percent


def show_proposal(view: View, meeting: Meeting) -> bool:
    """A change of one promise: its effect on the quarter, and the diff of the catalogue.

    Answers whether it has asked for the reader's name.
    """
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        change = st.text_input(
            "Change",
            key="change",
            bind="query-params",
            width=420,
            placeholder="target:api.availability=99.95%",
            help="target:journey.objective=99.9%, threshold:journey.objective=25s, or "
            "split:journey.objective for each platform by itself; Show above fills it in.",
        )
        since = st.text_input(
            "From",
            key="from",
            bind="query-params",
            width=160,
            placeholder=f"{day_of(None, view.at, name='?from=')}",
            help="From which day on it is promised. Empty: the first of the next month.",
        )
    show_fault()
    if not change:
        st.markdown("Choose *Show* at a suggestion above, or write a change.")
        _show_accepted(meeting)
        return False
    file = catalog_file()
    text = file.read_text("utf-8")
    found = propose(text, change, day_of(since, view.at, name="?from="), name=file.name)
    told = _effect(meeting, text, change, found)
    for sentence in told.words:
        st.markdown(f"- {plain(sentence)}")
    _show_months(view, told)
    st.code(found.diff, language="diff", wrap_lines=True)
    ask_name("The register keeps who decided, and who accepted what.")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        _show_buttons(meeting, file, found)
    st.caption(
        f"Accepted, it is written into `{shown(file)}`: figures before {found.day} stay as they "
        "were promised. Where that file is kept elsewhere, such as in a repository, download it "
        "and put it there, or run "
        f"`python -m slo_core propose '{change}' --from {found.day} --accept` beside it."
    )
    _show_accepted(meeting)
    return True


def _show_months(view: View, told: Effect) -> None:
    rows = []
    for row in told.months.to_dict("records"):
        cells = [html.text(row["month"])]
        for after in ("", "_after"):
            met = row[f"met{after}"]
            state = STATES["no_data" if met is None else "met" if met else "missed"]
            small = f"used {percent(row[f'used{after}'], digits=0)} of what its traffic allows"
            if row[f"allowed{after}"] == row[f"allowed{after}"]:
                small += f"; {allocation_words(row[f'allowed{after}'], told.unit)} allocated"
            cells.append(html.state(state, view.colours, small=small))
        rows.append(cells)
    headers = ("Month", "As it is", "As proposed")
    st.html(html.table(headers, rows, view.colours, caption="The change's effect"))
    csv_button(told.months, "proposal")


def _show_buttons(meeting: Meeting, file: Path, found: Proposal) -> None:
    """Accept it, decide for it, or take the file along."""
    root, quarter = meeting.rollup.store.root, meeting.quarter
    st.button(
        "Accept",
        key="accept",
        type="primary",
        icon=":material/check:",
        disabled=not is_named(),
        help=name_first() or f"Write it into {shown(file)}, under your name",
        on_click=attempt,
        args=(lambda: _accept(root, quarter, file, found),),
    )
    st.button(
        "Decide for it",
        key="decide",
        icon=":material/gavel:",
        disabled=not is_named() or meeting.held.lock is not None,
        help="This review is locked."
        if meeting.held.lock
        else name_first() or "Keep the decision in the register; the catalogue stays as it is",
        on_click=attempt,
        args=(lambda: decide(root, writer(), quarter, found),),
    )
    st.download_button(
        "The catalogue as proposed",
        found.after,
        file.name,
        "application/yaml",
        key="download_catalogue",
        icon=":material/download:",
        on_click="ignore",
        help="Put it in the place of the catalogue's file: figures before its day stay as "
        "they were promised.",
    )


def _accept(root: Path, quarter: Quarter, file: Path, found: Proposal) -> None:
    """Accept it; there is nothing left to propose then."""
    accept(root, writer(), quarter, file, found)
    st.session_state["change"] = ""


def _show_accepted(meeting: Meeting) -> None:
    """What was accepted so far, the latest first; each with its diff."""
    for row in accepted(meeting.rollup.store.root)[::-1].itertuples():
        words = (
            f"{row.change} from {row.effective_from} on: version {row.catalogue_version} of "
            f"{row.catalogue}, accepted by {row.created_by}, {clock(row.created_at)}, in the "
            f"review of {row.period}"
        )
        with st.expander(plain(words), icon=":material/check:"):
            st.code(row.diff, language="diff", wrap_lines=True)


def _effect(meeting: Meeting, text: str, change: str, found: Proposal) -> Effect:
    own = meeting.rollup
    key = (*meeting.key, text, change, str(found.day))
    told: Effect = _told(own, key, meeting.quarter, found)
    return told


@st.cache_resource(max_entries=16, show_spinner=False)
def _told(_rollup: Rollup, key: tuple[str, ...], quarter: Quarter, _found: Proposal) -> Effect:
    return effect(_rollup, quarter, _found)
