"""What the page of user journeys reads, kept for all readers, and its filters in the address."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain

import pandas as pd
import streamlit as st

from pages.parts.choice import ALL, choose, shared
from pages.parts.data import state_of
from pages.parts.health import State
from pages.parts.view import View
from slo_core.budget.corrected import known_corrections
from slo_core.catalog import Availability, Journey, Objective
from slo_core.rollup import Rollup
from slo_core.sli.corrections import read_corrections
from slo_core.sli.counts import platform_names
from slo_core.sli.distribution import distribution
from slo_core.sli.failures import failures
from slo_core.sli.funnel import Funnel, funnel, read_attempts, read_times
from slo_core.sli.histograms import histograms
from slo_core.sli.journeys import (
    COMPARISONS,
    NOW,
    Measured,
    by_platform,
    compared,
    count_page,
    course_step,
    panel_journeys,
    platforms_of,
    sections,
    total,
)
from slo_core.sli.latency_course import latency_courses, latency_step
from slo_core.sli.platforms import Platforms, platforms
from slo_core.sli.range_figures import range_figures
from slo_core.sli.windows import Window
from slo_core.status import Ahead
from slo_core.text import span

_NAMES = {
    "period": "The period before",
    "weeks": "The same weekdays before",
    "nothing": "Nothing",
}


@dataclass(frozen=True)
class Ranges:
    """The range and the one it is compared with, and what was counted in both.

    ``platform`` is the one to keep to, if any; ``known`` are those that occur; ``state`` is that of
    the rollup that it was read from.
    """

    state: State
    windows: tuple[Window, ...]
    step: timedelta
    counts: pd.DataFrame
    daily: pd.DataFrame
    attempts: pd.DataFrame
    times: pd.DataFrame
    failures: pd.DataFrame
    platform: str | None
    known: tuple[str, ...]

    @property
    def now(self) -> Window:
        """The range itself."""
        return self.windows[0]

    @property
    def compares(self) -> bool:
        """Whether there is a period to compare with."""
        return len(self.windows) > 1

    def of(self, journey: Journey) -> "Ranges":
        """The same for one journey; all of its platforms where it does not have the one chosen."""
        names = ("counts", "attempts", "times", "failures")
        frames = {name: getattr(self, name) for name in names}
        own = {name: frame[frame["journey"] == journey.id] for name, frame in frames.items()}
        known = _known(own["counts"], own["attempts"])
        platform = self.platform if self.platform in known else None
        return replace(self, **own, platform=platform, known=known)

    def funnel(self, journey: Journey, window: str) -> Funnel:
        """A journey's funnel in one of the periods."""
        found: Funnel = _funnel(
            self.state,
            self.windows,
            self.platform,
            journey.id,
            window,
            lambda: funnel(self.attempts, self.times, journey, window, self.platform),
        )
        return found


def _known(counts: pd.DataFrame, attempts: pd.DataFrame) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*platforms_of(counts), *attempts["platform"]]))


def both_ranges(_: Rollup, at: datetime, length: timedelta) -> Ahead:
    """What the page reads: a range, and the one that it is compared with."""
    windows = tuple(compared(at, length, _comparison()))
    return Ahead(windows, windows if shared("platform") is None else ())


def _comparison() -> str:
    wanted = shared("compare") or COMPARISONS[0]
    return wanted if wanted in COMPARISONS else COMPARISONS[0]


def choose_ranges(view: View) -> Ranges:
    """Draw the filters of the page; return what was counted under them."""
    comparison = _comparison()
    windows = tuple(compared(view.at, view.length, comparison))
    counts, daily, attempts, times, failed = _ranges(view.rollup, state_of(view.rollup), windows)
    wanted = shared("platform") or ALL
    known = _known(counts, attempts)
    names = {ALL: "All platforms"} | {name: name for name in sorted(known)}
    names.setdefault(wanted, wanted)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        choose("Platform", names, wanted, name="platform", width=200)
        choose("Compare with", _NAMES, comparison, name="compare", width=230)
    if len(windows) > 1:
        st.caption(f"Compared with {span(windows[1].end, view.length)}.")
    return Ranges(
        state_of(view.rollup),
        windows,
        course_step(view.length),
        counts,
        daily,
        attempts,
        times,
        failed,
        None if wanted == ALL else wanted,
        known,
    )


def histogram_of(view: View, ranges: Ranges, journey: Journey) -> pd.DataFrame:
    """The log histograms of a journey in both periods."""
    named, others = panel_journeys(view.catalog)
    together = named if journey in named else others
    key = tuple(it.id for it in together)
    state = state_of(view.rollup)
    found = _histograms(view.rollup, state, ranges.windows, ranges.platform, key)
    return found[found["journey"] == journey.id]


def latency_of(view: View, ranges: Ranges, journey: Journey) -> pd.DataFrame:
    """The percentiles of a journey's latency objectives over the range, in `latency_step`s."""
    # What is drawn at once is read at once; what somebody opens is read alone.
    together = [it for it in panel_journeys(view.catalog)[0] if not it.funnel]
    key = tuple(it.id for it in together) if journey in together else (journey.id,)
    state = state_of(view.rollup)
    found = _latency(view.rollup, state, ranges.windows, ranges.platform, key)
    return found[found["journey"] == journey.id]


def figures_of(view: View, ranges: Ranges, journey: Journey) -> pd.DataFrame:
    """The figures of a journey's objectives in both periods, in the document's own terms."""
    return _figures(
        ranges.state,
        ranges.windows,
        ranges.platform,
        journey.id,
        lambda: range_figures(
            view.rollup,
            ranges.counts,
            histogram_of(view, ranges, journey),
            journey,
            ranges.platform,
        ),
    )


def left_of(view: View, ranges: Ranges, journey: Journey) -> dict[str, float | None]:
    """The SLI of a journey's objectives in the range without what corrections leave out.

    By objective; empty where they leave out nothing of it.
    """
    found = known_corrections(view.rollup, view.status)
    if found is None or not found.touches(journey.id, ranges.now):
        return {}
    counts = _left(view.rollup, ranges.state, ranges.now)
    enough = view.catalog.rules.min_valid.value
    sums = {
        it.id: total(counts, NOW, journey, it, ranges.platform, enough)
        for it in journey.objectives
        if not isinstance(it.indicator, Availability)
    }
    return {name: good / valid if valid else None for name, (good, valid) in sums.items()}


def by_platforms_of(
    view: View, ranges: Ranges, journey: Journey
) -> list[tuple[Objective, pd.DataFrame]]:
    """Each objective that every platform need not meet, with its rate on each of the range's."""
    enough = view.catalog.rules.min_valid.value
    own = [objective for objective in journey.objectives if not objective.per_platform]
    found: list[pd.DataFrame] = _by_platforms(
        ranges.state,
        ranges.windows,
        journey.id,
        lambda: [by_platform(ranges.counts, NOW, journey.id, it.id, enough) for it in own],
    )
    return [(it, frame) for it, frame in zip(own, found, strict=True) if len(frame) > 1]


def spread_of(
    view: View, ranges: Ranges, histogram: pd.DataFrame, subject: Measured, window: str
) -> pd.DataFrame:
    """How a metric's values are spread in one of the periods."""
    return _spread(
        ranges.state,
        ranges.windows,
        ranges.platform,
        (subject.journey.id, subject.metric),
        window,
        lambda: distribution(view.rollup, histogram, subject, window),
    )


def platforms_in(view: View, ranges: Ranges, journey: Journey, objective: Objective) -> Platforms:
    """The rate of each platform over an objective's own window."""
    return platforms(view.rollup, journey, objective, view.at, ranges.daily)


def _shown(rollup: Rollup) -> tuple[Journey, ...]:
    named, others = panel_journeys(rollup.catalog)
    return (*named, *others)


@st.cache_data(max_entries=16, show_spinner=False)
def _ranges(
    _rollup: Rollup, state: State, windows: tuple[Window, ...]
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    step = course_step(windows[0].end - windows[0].start)
    return (
        *count_page(_rollup, windows, _shown(_rollup), step),
        read_attempts(_rollup, windows),
        read_times(_rollup, windows),
        failures(_rollup, windows[0]),
    )


@st.cache_data(max_entries=16, show_spinner=False)
def _left(_rollup: Rollup, state: State, window: Window) -> pd.DataFrame:
    corrections = read_corrections(_rollup.store.root)
    assert corrections is not None
    counts = corrections.counts(_rollup, [window])
    return counts.assign(platform=platform_names(counts))


@st.cache_data(max_entries=32, show_spinner=False)
def _histograms(
    _rollup: Rollup,
    state: State,
    windows: tuple[Window, ...],
    platform: str | None,
    journeys: tuple[str, ...],
) -> pd.DataFrame:
    return histograms(_rollup, windows, platform, journeys)


@st.cache_data(max_entries=32, show_spinner=False)
def _latency(
    _rollup: Rollup,
    state: State,
    windows: tuple[Window, ...],
    platform: str | None,
    journeys: tuple[str, ...],
) -> pd.DataFrame:
    now = windows[0]
    wanted = [sections(_rollup.catalog.journey(journey)).timed for journey in journeys]
    counts = _ranges(_rollup, state, windows)[0]
    step = latency_step(now.end - now.start)
    return latency_courses(_rollup, now, list(chain(*wanted)), counts, step, platform)


# What follows is worked out of what was read, and is kept as that is: each takes a function of no
# arguments, and by what it depends on.


@st.cache_data(max_entries=64, show_spinner=False)
def _figures(
    state: State,
    windows: tuple[Window, ...],
    platform: str | None,
    journey: str,
    _work: Callable[[], pd.DataFrame],
) -> pd.DataFrame:
    return _work()


@st.cache_data(max_entries=64, show_spinner=False)
def _by_platforms(
    state: State,
    windows: tuple[Window, ...],
    journey: str,
    _work: Callable[[], list[pd.DataFrame]],
) -> list[pd.DataFrame]:
    return _work()


@st.cache_data(max_entries=64, show_spinner=False)
def _spread(
    state: State,
    windows: tuple[Window, ...],
    platform: str | None,
    metric: tuple[str, str],
    window: str,
    _work: Callable[[], pd.DataFrame],
) -> pd.DataFrame:
    return _work()


@st.cache_data(max_entries=64, show_spinner=False)
def _funnel(
    state: State,
    windows: tuple[Window, ...],
    platform: str | None,
    journey: str,
    window: str,
    _work: Callable[[], Funnel],
) -> Funnel:
    return _work()
