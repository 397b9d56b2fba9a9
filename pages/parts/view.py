"""What every page shows: which data, which catalogue, up to which moment, how far back.

`show_controls` draws the controls once, in ``main.py``, and remembers the view; a page asks for
it with `current_view`. Moment and range live in the address, so that a view can be shared; they
survive a change of page because every page has the same controls.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import streamlit as st

from pages.parts.data import has_news, status_at
from pages.parts.refresh import show_refresh
from pages.parts.settings import catalog_file
from slo_core.catalog import Catalog
from slo_core.durations import parse_duration
from slo_core.figures.theme import Palette, palette
from slo_core.moments import iso, parse_moment, parse_range, range_presets, utc_now
from slo_core.rollup import Rollup, as_of
from slo_core.status import Ahead
from slo_core.text import clock, duration, span

Foresight = Callable[[Rollup, datetime, timedelta], Ahead]
"""What a page will ask for at a moment, over a length of time."""

_REMEMBERED = "_view"

_SKELETON = 160


@dataclass(frozen=True)
class View:
    """One reader's choice.

    ``at`` is the moment up to which figures are taken, in UTC, itself excluded. ``length`` is how
    far back charts reach; objectives keep their own windows. ``status`` is the object of DESIGN 3
    at that moment: the same figures as on the command line.
    """

    rollup: Rollup
    catalog: Catalog
    at: datetime
    length: timedelta
    colours: Palette
    status: dict[str, Any]


def show_controls(rollup: Rollup, foresee: Foresight | None) -> View:
    """Draw the controls of moment and range; return the view and remember it for the page.

    ``foresee`` says what the page will ask for besides the status, so that it is read with it.

    The moment is the default of DESIGN 2.2 while the reader has chosen none. Raises SloError with
    one sentence where the address says what cannot be read.
    """
    catalog, latest = rollup.catalog, rollup.default_at()
    windows = [objective.window for _, objective in catalog.objectives]
    presets = range_presets(windows, catalog.rules.burn_windows.value)
    shortest = min(map(parse_duration, windows))
    usual = next(preset for preset in presets if parse_duration(preset) == shortest)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        typed = st.text_input(
            "Up to (UTC)",
            key="at",
            bind="query-params",
            type="search",
            width=210,
            placeholder=iso(latest),
            help="A moment in UTC, such as 2025-03-31T00:00:00Z. Empty: the latest data.",
        )
        chosen = st.selectbox(
            "Range",
            presets,
            index=presets.index(usual),
            key="range",
            bind="query-params",
            accept_new_options=True,
            width=120,
            help="How far back charts reach, with the objectives' own windows among the choices. "
            "Write any other length, such as 36h. Objectives keep their own windows.",
        )
        steps = st.container(horizontal=True, width="content", gap="xsmall")
        show_refresh(pinned=bool(typed), has_news=partial(has_news, rollup, catalog_file()))
    length = parse_range(chosen or usual, name="?range=")
    at = parse_moment(typed, name="?at=") if typed else latest
    with steps:
        _step("Earlier", "chevron_left", iso(at - length))
        _step("Later", "chevron_right", iso(at + length))
        _step("Latest", "last_page", "", disabled=not typed)
    with st.container(key="span"):
        st.caption(f"Charts show {span(at, length)}. {_newest(rollup, at)}")
    colours = palette(st.context.theme.type)
    with st.skeleton(height=_SKELETON):
        ahead = partial(foresee, rollup, at, length) if foresee else None
        status = status_at(rollup, at, foresee=ahead)
    # Pages of an earlier time show what was promised then.
    rollup = as_of(rollup, at)
    view = View(rollup, rollup.catalog, at, length, colours, status)
    st.session_state[_REMEMBERED] = view
    return view


def current_view() -> View:
    """Return the view that `show_controls` remembered in this run."""
    view: View = st.session_state[_REMEMBERED]
    return view


def _step(label: str, icon: str, to: str, *, disabled: bool = False) -> None:
    """Draw a button that moves the moment; an empty one is the latest."""
    st.button(
        label,
        key=f"step_{label.lower()}",
        icon=f":material/{icon}:",
        disabled=disabled,
        on_click=_move,
        args=(to,),
    )


def _move(at: str) -> None:
    st.session_state["at"] = at


def _newest(rollup: Rollup, at: datetime) -> str:
    """Say how fresh the data are, in the time of the look."""
    if rollup.span is None:
        return "Nothing was counted yet."
    newest = rollup.span[1].replace(microsecond=0)
    # A look at now is one at the end of this minute: of the age of data that would say too much.
    now = utc_now()
    look, words = (now, "ago") if at > now else (at, "before")
    if newest >= look:
        return f"Data reach on to {clock(newest)}."
    age = duration((look - newest).total_seconds() // 1)
    # To the minute: the age tells the rest, and between colons Streamlit looks for an emoji.
    return f"Newest data: {clock(newest.replace(second=0))}, {age} {words}."
