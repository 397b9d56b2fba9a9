"""What the page of the quarterly review reads: the figures of its parts, kept for all readers."""

from dataclasses import dataclass, replace

import pandas as pd
import streamlit as st

from pages.parts.choice import choose
from pages.parts.data import state_of
from pages.parts.review import is_comparing
from pages.parts.view import View
from slo_core.register import read_exit_checks, read_incidents, read_maintenance, read_table
from slo_core.review.held import QUARTERLY, Held
from slo_core.review.quarter import Quarter, last_quarter, parse_quarter
from slo_core.review.quarterly import (
    Judged,
    Quarterly,
    capacity_words,
    deploys,
    judged,
    promise_changes,
)
from slo_core.review.thresholds import Replays, replays
from slo_core.rollup import Rollup, as_of

_QUARTERS = 8


@dataclass(frozen=True)
class Meeting:
    """A quarter as the page shows it; ``stamp`` stands for all that its figures depend on."""

    held: Held[Quarterly]
    quarter: Quarter
    rollup: Rollup
    """With the promises of the quarter's end."""
    key: tuple[str, ...]
    """What its figures depend on, beside the quarter."""
    stamp: str


def quarter_of(view: View) -> Quarter:
    """The quarter of the address, ``?quarter=2025-Q1``; the last that is over where none is."""
    chosen = st.query_params.get("quarter") or last_quarter(view.at, _first(view))
    return parse_quarter(chosen, view.at, name="?quarter=")


def meeting_of(view: View, quarter: Quarter) -> Meeting:
    """What the review of a quarter rests on. Raises SloError for a lock that cannot be read."""
    rollup = as_of(view.rollup, quarter.until)
    key = _key(rollup)
    held = QUARTERLY.hold(
        view.rollup,
        quarter.name,
        view.at,
        make=lambda: with_capacity(review_of(view, meeting), meeting),
        compare=is_comparing(),
    )
    locked = held.lock.version if held.lock else 0
    meeting = Meeting(held, quarter, rollup, key, f"{hash((key, quarter, locked)):x}")
    return meeting


def _key(rollup: Rollup) -> tuple[str, ...]:
    """What the figures depend on: people write decisions meanwhile, which change none of them."""
    root = rollup.store.root
    written = (
        *(read_incidents(root), read_maintenance(root), read_exit_checks(root)),
        *(read_table(root, name) for name in ("corrections", "gate_calls")),
    )
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
    """Today's review but for what it says of capacity, which is read where that is shown."""
    own, quarter = meeting.rollup, meeting.quarter
    told = _replays(own, meeting.key, quarter)
    return Quarterly(
        quarter,
        view.at,
        own.catalog,
        own.store.is_sample,
        tuple(_judged(own, meeting.key, quarter, told)),
        told.thresholds,
        (),
        promise_changes(view.rollup.catalog, quarter),
        deploys(own, quarter),
    )


def with_capacity(review: Quarterly, meeting: Meeting) -> Quarterly:
    """The same with what it says of capacity."""
    own = meeting.rollup
    return replace(review, capacity=tuple(_capacity(own, meeting.key, meeting.quarter)))


@st.cache_resource(max_entries=8, show_spinner="Replaying every alert with other numbers too")
def _replays(_rollup: Rollup, key: tuple[str, ...], quarter: Quarter) -> Replays:
    return replays(_rollup, quarter)


@st.cache_resource(max_entries=8, show_spinner="Counting up to twelve months")
def _judged(
    _rollup: Rollup, key: tuple[str, ...], quarter: Quarter, _told: Replays
) -> list[Judged]:
    return judged(_rollup, quarter, _told.attributed)


@st.cache_resource(max_entries=8, show_spinner=False)
def _capacity(_rollup: Rollup, key: tuple[str, ...], quarter: Quarter) -> list[str]:
    return list(capacity_words(_rollup, quarter))
