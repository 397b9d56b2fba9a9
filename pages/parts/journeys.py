"""What the page of user journeys reads, kept for all readers, and its filters in the address."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd
import streamlit as st

from pages.parts.choice import choose
from pages.parts.data import state_of
from pages.parts.health import State
from pages.parts.view import View
from slo_core.catalog import Journey, Objective
from slo_core.figures.text import span
from slo_core.rollup import Rollup
from slo_core.sli.failures import failures
from slo_core.sli.funnel import Funnel, funnel, read_attempts, read_times
from slo_core.sli.journeys import (
    COMPARISONS,
    Timed,
    compared,
    count_ranges,
    course_step,
    panel_journeys,
    platforms_of,
    sections,
)
from slo_core.sli.latency_course import latency_courses
from slo_core.sli.percentiles import histograms
from slo_core.sli.platforms import Platforms, platforms
from slo_core.sli.windows import Window

_ALL = "all"
_NAMES = {
    "period": "The period before",
    "weeks": "The same weekdays before",
    "nothing": "Nothing",
}


@dataclass(frozen=True)
class Ranges:
    """The range and the one it is compared with, and what was counted in both."""

    windows: tuple[Window, ...]
    step: timedelta
    counts: pd.DataFrame
    attempts: pd.DataFrame
    times: pd.DataFrame
    failures: pd.DataFrame
    comparison: str
    platform: str | None

    @property
    def now(self) -> Window:
        """The range itself."""
        return self.windows[0]

    @property
    def compares(self) -> bool:
        """Whether there is a period to compare with."""
        return len(self.windows) > 1

    def platform_of(self, journey: str) -> str | None:
        """The platform to keep to in a journey; None where it does not occur there."""
        return self.platform if self.platform in self.known(journey) else None

    def known(self, journey: str) -> list[str]:
        """The platforms of a journey in either period."""
        steps = self.attempts.loc[self.attempts["journey"] == journey, "platform"]
        return list(dict.fromkeys([*platforms_of(self.counts, journey), *steps]))

    def funnel(self, journey: Journey, window: str) -> Funnel:
        """A journey's funnel in one of the periods, on the platform that is chosen."""
        return funnel(self.attempts, self.times, journey, window, self.platform_of(journey.id))


def choose_ranges(view: View) -> Ranges:
    """Draw the filters of the page; return what was counted under them."""
    given = st.query_params
    comparison = given.get("compare", COMPARISONS[0])
    comparison = comparison if comparison in COMPARISONS else COMPARISONS[0]
    windows = tuple(compared(view.at, view.length, comparison))
    counts, attempts, times, failed = _ranges(view.rollup, state_of(view.rollup), windows)
    wanted = given.get("platform", _ALL)
    seen = dict.fromkeys([*platforms_of(counts), *attempts["platform"]])
    names = {_ALL: "All platforms"} | {name: name for name in sorted(seen)}
    names.setdefault(wanted, wanted)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        choose("Platform", names, wanted, name="platform", width=200)
        choose("Compare with", _NAMES, comparison, name="compare", width=230)
    if len(windows) > 1:
        st.caption(f"Compared with {span(windows[1].end, view.length)}.")
    return Ranges(
        windows,
        course_step(view.length),
        counts,
        attempts,
        times,
        failed,
        comparison,
        None if wanted == _ALL else wanted,
    )


def histogram_of(view: View, ranges: Ranges, journey: Journey) -> pd.DataFrame:
    """The log histograms of both periods, on the platform that is chosen for a journey."""
    platform = ranges.platform_of(journey.id)
    return _histograms(view.rollup, state_of(view.rollup), ranges.windows, platform)


def latency_of(view: View, ranges: Ranges, journey: Journey) -> pd.DataFrame:
    """The percentiles of a journey's latency objectives over the range."""
    platform = ranges.platform_of(journey.id)
    state = state_of(view.rollup)
    found = _latency(view.rollup, state, ranges.windows, ranges.step, platform, ranges.counts)
    return found[found["journey"] == journey.id]


def platforms_in(view: View, journey: Journey, objective: Objective) -> Platforms:
    """The rate of each platform over an objective's own window."""
    state = state_of(view.rollup)
    found: Platforms = _platforms(view.rollup, state, journey.id, objective.id, view.at)
    return found


def _shown(rollup: Rollup) -> tuple[Journey, ...]:
    named, others = panel_journeys(rollup.catalog)
    return (*named, *others)


@st.cache_data(max_entries=16, show_spinner=False)
def _ranges(
    _rollup: Rollup, state: State, windows: tuple[Window, ...]
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    step = course_step(windows[0].end - windows[0].start)
    return (
        count_ranges(_rollup, windows, _shown(_rollup), step),
        read_attempts(_rollup, windows),
        read_times(_rollup, windows),
        failures(_rollup, windows[0]),
    )


@st.cache_data(max_entries=32, show_spinner=False)
def _histograms(
    _rollup: Rollup, state: State, windows: tuple[Window, ...], platform: str | None
) -> pd.DataFrame:
    return histograms(_rollup, windows, platform)


@st.cache_data(max_entries=32, show_spinner=False)
def _latency(
    _rollup: Rollup,
    state: State,
    windows: tuple[Window, ...],
    step: timedelta,
    platform: str | None,
    _counts: pd.DataFrame,
) -> pd.DataFrame:
    subjects: list[Timed] = [it for journey in _shown(_rollup) for it in sections(journey).timed]
    return latency_courses(_rollup, windows[0], subjects, _counts, step, platform)


@st.cache_data(max_entries=16, show_spinner=False)
def _platforms(
    _rollup: Rollup, state: State, journey: str, objective: str, at: datetime
) -> Platforms:
    catalog = _rollup.catalog
    return platforms(_rollup, catalog.journey(journey), catalog.objective(journey, objective), at)
