"""What the page of the quarterly review reads and shows beside the sections of its document."""

from dataclasses import dataclass, replace

import pandas as pd
import streamlit as st

from pages.parts.choice import choose
from pages.parts.data import state_of
from pages.parts.downloads import csv_button, document_buttons
from pages.parts.panels import plain
from pages.parts.people import ask_name, is_named, writer
from pages.parts.settings import catalog_file, shown
from pages.parts.view import View
from slo_core.figures import html
from slo_core.figures.theme import STATES
from slo_core.register import read_exit_checks, read_incidents, read_maintenance
from slo_core.review.export import to_html, to_markdown, to_pdf
from slo_core.review.parts import Document
from slo_core.review.proposal import (
    Effect,
    Proposal,
    allocation_words,
    day_of,
    decide,
    decisions,
    effect,
    propose,
)
from slo_core.review.quarter import Quarter, last_quarter, parse_quarter
from slo_core.review.quarterly import Judged, Quarterly, capacity_words, judged
from slo_core.review.quarterly_document import document
from slo_core.review.thresholds import Thresholds, thresholds
from slo_core.rollup import Rollup, as_of
from slo_core.text import clock, percent

_QUARTERS = 8


@dataclass(frozen=True)
class Meeting:
    """A quarter as the page shows it; ``stamp`` stands for all that its figures depend on."""

    quarter: Quarter
    rollup: Rollup
    """With the promises of the quarter's end."""
    key: tuple[str, ...]
    """What its figures depend on, beside the quarter."""
    stamp: str


def meeting_of(view: View) -> Meeting:
    """The quarter of the address, ``?quarter=2025-Q1``; the last that is over where none is."""
    chosen = st.query_params.get("quarter") or last_quarter(view.at, _first(view))
    quarter = parse_quarter(chosen, view.at, name="?quarter=")
    rollup = as_of(view.rollup, quarter.until)
    return Meeting(quarter, rollup, _key(rollup), f"{hash((_key(rollup), quarter)):x}")


def _key(rollup: Rollup) -> tuple[str, ...]:
    """What the figures depend on: people write decisions meanwhile, which change none of them."""
    root = rollup.store.root
    written = (read_incidents(root), read_maintenance(root), read_exit_checks(root))
    return (*state_of(rollup)[:3], *(frame.to_json(date_format="iso") for frame in written))


def _first(view: View) -> pd.Timestamp | None:
    return pd.Timestamp(view.rollup.span[0]) if view.rollup.span else None


def choose_quarter(view: View, chosen: Quarter) -> None:
    """Let the reader choose another quarter of those with data, the latest first."""
    latest = pd.Period(view.at - pd.Timedelta(minutes=1), "Q")
    first = _first(view) or pd.Timestamp(view.at)
    known = [latest - back for back in range(_QUARTERS)]
    names = {f"{it.year}-Q{it.quarter}" for it in known if it.end_time >= first} | {chosen.name}
    titles = {}
    for name in sorted(names, reverse=True):
        own = parse_quarter(name, view.at)
        titles[name] = f"{own.title} (not over)" if own.is_partial else own.title
    choose("Quarter", titles, chosen.name, name="quarter", forget=("change",), width=240)


def review_of(view: View, meeting: Meeting) -> Quarterly:
    """The review with its objectives alone: what is slower is read where it is shown."""
    changes = tuple(
        day
        for day in view.rollup.catalog.changes
        if meeting.quarter.start.date() <= day < meeting.quarter.end.date()
    )
    own = meeting.rollup
    return Quarterly(
        meeting.quarter,
        view.at,
        own.catalog,
        own.store.is_sample,
        tuple(_judged(own, meeting.key, meeting.quarter)),
        (),
        (),
        changes,
    )


def with_thresholds(review: Quarterly, meeting: Meeting) -> Quarterly:
    """The same with its alerts replayed."""
    own = meeting.rollup
    return replace(review, thresholds=tuple(_thresholds(own, meeting.key, meeting.quarter)))


def with_capacity(review: Quarterly, meeting: Meeting) -> Quarterly:
    """The same with what it says of capacity."""
    own = meeting.rollup
    return replace(review, capacity=tuple(_capacity(own, meeting.key, meeting.quarter)))


def show_downloads(review: Quarterly, meeting: Meeting) -> None:
    """The whole review in every format; a file is made when it is asked for."""
    name = f"review-{review.quarter.name}"

    def whole() -> Document:
        return document(with_capacity(with_thresholds(review, meeting), meeting))

    kinds = (
        ("HTML", "html", "text/html", lambda: to_html(whole())),
        ("PDF", "pdf", "application/pdf", lambda: to_pdf(whole(), review.at)),
        ("Markdown", "md", "text/markdown", lambda: to_markdown(whole())),
    )
    with st.container(horizontal=True, width="content", gap="xsmall"):
        document_buttons(name, kinds)


def show_proposal(view: View, meeting: Meeting) -> None:
    """A change of one promise: its effect on the quarter, and the diff of the catalogue."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        change = st.text_input(
            "Change",
            key="change",
            bind="query-params",
            width=420,
            placeholder="target:api.availability=99.95%",
            help="target:journey.objective=99.9% or threshold:journey.objective=25s; Show above "
            "fills it in.",
        )
        since = st.text_input(
            "From",
            key="from",
            bind="query-params",
            width=160,
            placeholder=f"{day_of(None, view.at, name='?from=')}",
            help="From which day on it is promised. Empty: the first of the next month.",
        )
    if not change:
        st.markdown("Choose *Show* at a suggestion above, or write a change.")
        show_decisions(meeting)
        return
    file = catalog_file()
    text = file.read_text("utf-8")
    found = propose(text, change, day_of(since, view.at, name="?from="), name=file.name)
    told = _effect(meeting, text, change, found)
    for sentence in told.words:
        st.markdown(f"- {plain(sentence)}")
    _show_months(view, told)
    st.code(found.diff, language="diff", wrap_lines=True)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
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
        _show_decision(meeting, found)
    st.caption(
        f"To write it into `{shown(file)}`: "
        f"`python -m slo_core propose '{change}' --from {found.day} --accept`"
    )
    show_decisions(meeting)


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


def _show_decision(meeting: Meeting, found: Proposal) -> None:
    ask_name("Kept in the register with what was decided.")
    if st.button("Decide for it", key="decide", icon=":material/gavel:", disabled=not is_named()):
        decide(meeting.rollup.store.root, writer(), meeting.quarter, found)
        st.success(
            "Kept in the register; the catalogue's file is changed by its download or by "
            "the command below."
        )


def show_decisions(meeting: Meeting) -> None:
    """What the review of the quarter decided already."""
    for row in decisions(meeting.rollup.store.root, meeting.quarter).itertuples():
        first = str(row.body).splitlines()[0]
        st.markdown(
            f"- Decided by {plain(str(row.created_by))}, {clock(row.created_at)}: {plain(first)}"
        )


def _effect(meeting: Meeting, text: str, change: str, found: Proposal) -> Effect:
    own = meeting.rollup
    key = (*meeting.key, text, change, str(found.day))
    told: Effect = _told(own, key, meeting.quarter, found)
    return told


@st.cache_resource(max_entries=16, show_spinner=False)
def _told(_rollup: Rollup, key: tuple[str, ...], quarter: Quarter, _found: Proposal) -> Effect:
    return effect(_rollup, quarter, _found)


@st.cache_resource(max_entries=8, show_spinner="Counting up to twelve months")
def _judged(_rollup: Rollup, key: tuple[str, ...], quarter: Quarter) -> list[Judged]:
    return judged(_rollup, quarter)


@st.cache_resource(
    max_entries=8,
    show_spinner="Replaying every alert with other numbers: the first time it takes a while",
)
def _thresholds(_rollup: Rollup, key: tuple[str, ...], quarter: Quarter) -> list[Thresholds]:
    return list(thresholds(_rollup, quarter))


@st.cache_resource(max_entries=8, show_spinner=False)
def _capacity(_rollup: Rollup, key: tuple[str, ...], quarter: Quarter) -> list[str]:
    return list(capacity_words(_rollup, quarter))
