"""What the overview and the health page read, kept for all readers."""

from datetime import datetime, timedelta

import pandas as pd
import streamlit as st

from pages.parts.data import chances_at, state_of, status_at
from pages.parts.marked import marks_between
from pages.parts.view import View
from slo_core.budget.standing import standings
from slo_core.incidents.clocks import active_incidents
from slo_core.incidents.spent import spent, whole_minutes
from slo_core.register import read_incidents
from slo_core.rollup import Rollup
from slo_core.sli.corrections import read_corrections
from slo_core.sli.coverage import unobserved
from slo_core.sli.heatmap import Heatmap, Subject, heatmap, subjects
from slo_core.sli.traffic import traffic
from slo_core.sli.trend import trends
from slo_core.status import Ahead, windows_at

State = tuple[str, ...]


def standings_of(view: View) -> pd.DataFrame:
    """How every objective stands at the view's moment, the worst first."""
    return _standings(view.rollup, state_of(view.rollup), view.at, values=True)


def range_ago(rollup: Rollup, at: datetime, length: timedelta) -> Ahead:
    """What a page reads that asks where all stood a range ago, too, and what incidents spent."""
    before = windows_at(rollup.catalog, at - length, values=False).values()
    lasting = active_incidents(read_incidents(rollup.store.root), rollup.catalog, at)
    minutes = (whole_minutes(str(it.id), it.since, it.ended, at) for it in lasting.itertuples())
    return Ahead(counts=(*before, *(window for window in minutes if window)))


def standings_before(view: View) -> pd.DataFrame:
    """The same a range earlier, without the values to display: its verdicts are compared."""
    return _standings(view.rollup, state_of(view.rollup), view.at - view.length, values=False)


def trends_of(view: View) -> pd.DataFrame:
    """The course of every objective over its own window."""
    return _trends(view.rollup, state_of(view.rollup), view.at)


def traffic_of(view: View, journey: str | None, at: datetime | None = None) -> pd.DataFrame:
    """Requests and failures over the view's range, or over one as long that ends earlier."""
    end = at or view.at
    return _traffic(view.rollup, state_of(view.rollup), end - view.length, end, journey)


def marks_of(view: View, journey: str | None = None) -> pd.DataFrame:
    """Incidents, maintenance and changes over the view's range."""
    start = view.at - view.length
    return marks_between(view, start, view.at, journey)


def heatmap_of(view: View, subject: str) -> Heatmap:
    """How long things took over the view's range."""
    start = view.at - view.length
    found: Heatmap = _heatmap(view.rollup, state_of(view.rollup), start, view.at, subject)
    return found


def subject_of(view: View, name: str) -> Subject:
    """The subject of that name."""
    return next(found for found in subjects(view.catalog) if found.id == name)


def incidents_of(view: View) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The open incidents with their clocks, and what each has spent."""
    return _incidents(view.rollup, state_of(view.rollup), view.at)


def unobserved_of(view: View, scope: str, window: str) -> pd.DataFrame:
    """The hours of a window in which nobody observed a scope."""
    return _unobserved(view.rollup, state_of(view.rollup), view.at, scope, window)


@st.cache_data(max_entries=32, show_spinner=False)
def _standings(_rollup: Rollup, state: State, at: datetime, *, values: bool) -> pd.DataFrame:
    stated = status_at(_rollup, at, values=values)
    return standings(stated, _rollup.catalog, chances_at(_rollup, at, values=values))


@st.cache_data(max_entries=16, show_spinner=False)
def _trends(_rollup: Rollup, state: State, at: datetime) -> pd.DataFrame:
    return trends(_rollup, at)


@st.cache_data(max_entries=32, show_spinner=False)
def _traffic(
    _rollup: Rollup, state: State, start: datetime, end: datetime, journey: str | None
) -> pd.DataFrame:
    return traffic(_rollup, start, end, journey)


@st.cache_data(max_entries=16, show_spinner=False)
def _heatmap(
    _rollup: Rollup, state: State, start: datetime, end: datetime, subject: str
) -> Heatmap:
    found = next(found for found in subjects(_rollup.catalog) if found.id == subject)
    return heatmap(_rollup, found, start, end)


@st.cache_data(max_entries=16, show_spinner=False)
def _incidents(_rollup: Rollup, state: State, at: datetime) -> tuple[pd.DataFrame, pd.DataFrame]:
    incidents = active_incidents(read_incidents(_rollup.store.root), _rollup.catalog, at)
    return incidents, spent(_rollup, incidents, at, read_corrections(_rollup.store.root))


@st.cache_data(max_entries=8, show_spinner=False)
def _unobserved(
    _rollup: Rollup, state: State, at: datetime, scope: str, window: str
) -> pd.DataFrame:
    return unobserved(_rollup, scope, window, at)
