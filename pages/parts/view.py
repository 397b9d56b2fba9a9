"""What every page shows: which data, which catalogue, up to which moment, how far back.

`show_controls` draws the controls once, in ``main.py``, and remembers the view; a page asks for
it with `current_view`. Moment and range live in the address, so that a view can be shared; they
survive a change of page because every page has the same controls.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import streamlit as st

from slo_core.catalog import Catalog
from slo_core.durations import parse_duration
from slo_core.figures.text import span
from slo_core.figures.theme import Palette, palette
from slo_core.moments import iso, parse_moment, parse_range, range_presets
from slo_core.rollup import Rollup

_REMEMBERED = "_view"


@dataclass(frozen=True)
class View:
    """One reader's choice.

    ``at`` is the moment up to which figures are taken, in UTC, itself excluded. ``length`` is how
    far back charts reach; objectives keep their own windows.
    """

    rollup: Rollup
    catalog: Catalog
    at: datetime
    length: timedelta
    colours: Palette


def show_controls(rollup: Rollup) -> View:
    """Draw the controls of moment and range; return the view and remember it for the page.

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
    length = parse_range(chosen or usual, name="?range=")
    at = parse_moment(typed, name="?at=") if typed else latest
    with steps:
        _step("Earlier", "chevron_left", at - length)
        _step("Later", "chevron_right", at + length)
        _step("Latest", "last_page", latest if typed else None, write="")
    st.caption(f"Charts show {span(at, length)}.")
    view = View(rollup, catalog, at, length, palette(st.context.theme.type))
    st.session_state[_REMEMBERED] = view
    return view


def current_view() -> View:
    """Return the view that `show_controls` remembered in this run."""
    view: View = st.session_state[_REMEMBERED]
    return view


def _step(label: str, icon: str, to: datetime | None, write: str | None = None) -> None:
    """Draw a button that moves the moment; disabled where there is nowhere to go."""
    st.button(
        label,
        key=f"step_{label.lower()}",
        icon=f":material/{icon}:",
        disabled=to is None,
        on_click=_move,
        args=(write if write is not None or to is None else iso(to),),
    )


def _move(at: str) -> None:
    st.session_state["at"] = at
