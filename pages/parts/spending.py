"""What the error budget page reads, kept for all readers."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from pages.parts.data import chances_at, state_of, status_at
from pages.parts.view import View
from slo_core.budget.burn import burn_table
from slo_core.budget.course import Key, courses
from slo_core.budget.impact import incident_impact
from slo_core.budget.policy import from_moment, policy_histories
from slo_core.budget.spending import months_back
from slo_core.catalog import Budget, Journey, Objective
from slo_core.durations import parse_duration
from slo_core.forecast import TrackRecord, forecast, forecasts, history, track_record
from slo_core.register import read_incidents
from slo_core.rollup import Rollup
from slo_core.sli.marks import marks
from slo_core.sli.windows import Window

State = tuple[str, ...]

MONTHS = 4
"""Months side by side, the running one included."""

_LONGEST, _SHORTEST = timedelta(days=62), timedelta(days=1)


@dataclass(frozen=True)
class Subject:
    """The objective whose budget the page is about, and how its status stands.

    ``budget`` and ``month`` (of the status) are None where the document gives it none: then what is
    left is headroom.
    """

    journey: Journey
    objective: Objective
    budget: Budget | None
    stated: dict[str, Any]
    month: dict[str, Any] | None

    @property
    def key(self) -> Key:
        """The ids of journey and objective."""
        return self.journey.id, self.objective.id

    @property
    def name(self) -> str:
        """What people call it: the service, or journey and objective."""
        if self.budget:
            return self.journey.name
        return f"{self.journey.name}: {self.objective.name}"

    @property
    def noun(self) -> str:
        """What is left of it: a budget, or headroom."""
        return "budget" if self.budget else "headroom"

    @property
    def window(self) -> str:
        """The window of its rolling budget."""
        return self.budget.policy_window if self.budget else self.objective.window

    @property
    def length(self) -> timedelta:
        """The same as a length of time."""
        return parse_duration(self.window)

    @property
    def rolling(self) -> dict[str, Any]:
        """What the status says of its rolling budget."""
        amounts: dict[str, Any] = self.month["rolling"] if self.month else self.stated["budget"]
        return amounts


def subjects(view: View) -> dict[str, Subject]:
    """Every objective by its address: the budgeted worst first, then the others likewise."""
    stated = {(it["journey"], it["objective"]): it for it in view.status["objectives"]}
    months = {(it["service"], it["objective"]): it for it in view.status["budgets"]}
    table = burns_of(view)
    found = {}
    for journey, objective in zip(table["journey"], table["objective"], strict=True):
        key = (journey, objective)
        month = months.get(key)
        found[f"{journey}.{objective}"] = Subject(
            view.catalog.journey(journey),
            view.catalog.objective(journey, objective),
            view.catalog.budget(journey) if month else None,
            stated[key],
            month,
        )
    return found


def burns_of(view: View) -> pd.DataFrame:
    """Every objective's burn rates against its alerts, the budgeted first."""
    return burn_table(view.status, view.catalog, chances_at(view.rollup, view.at))


def drawn_length(view: View) -> timedelta:
    """How much of the view's range is drawn by the hour: from a day to 62 days."""
    return min(max(view.length, _SHORTEST), _LONGEST)


def courses_of(view: View, subject: Subject) -> dict[Key, pd.DataFrame]:
    """The hours of every budgeted service, and of the subject, as far back as panels look."""
    keys = [(budget.service, budget.objective) for budget in view.catalog.budgets]
    if subject.key not in keys:
        keys.append(subject.key)
    windows = [subject.length] + [parse_duration(it.policy_window) for it in view.catalog.budgets]
    back = max(windows) + max(drawn_length(view), *windows)
    start = min(months_back(view.at, MONTHS - 1), view.at - back)
    return _courses(view.rollup, state_of(view.rollup), tuple(keys), start, view.at)


def marks_of(view: View, subject: Subject, start: datetime) -> pd.DataFrame:
    """Incidents, maintenance and changes that concern a subject since a moment."""
    return _marks(view.rollup, state_of(view.rollup), start, view.at, subject.journey.id)


def states_of(view: View, subject: Subject, start: datetime) -> pd.DataFrame:
    """The policy's states of a budgeted subject since a moment."""
    return from_moment(histories_of(view)[subject.journey.id], start)


def histories_of(view: View) -> dict[str, pd.DataFrame]:
    """The policy's states of every budgeted service, from the first on."""
    return _histories(view.rollup, state_of(view.rollup), view.at)


def impact_of(view: View, subject: Subject, window: Window) -> pd.DataFrame:
    """What each incident took of a subject's budget in a window."""
    course = courses_of(view, subject)[subject.key]
    return _impact(view.rollup, state_of(view.rollup), *subject.key, window, course)


def forecasts_of(view: View) -> pd.DataFrame:
    """When the budget of every service runs out, rolling and by the month."""
    return _forecasts(view.rollup, state_of(view.rollup), view.at)


def forecast_of(view: View, subject: Subject, basis: str) -> tuple[pd.Series, pd.DataFrame]:
    """When the subject's budget runs out, and what is left until then."""
    found: tuple[pd.Series, pd.DataFrame] = _forecast(
        view.rollup, state_of(view.rollup), view.at, subject.key, basis
    )
    return found


def record_of(view: View) -> TrackRecord:
    """How good projections of these budgets would have been in the past."""
    found: TrackRecord = _record(view.rollup, state_of(view.rollup), view.at)
    return found


@st.cache_data(max_entries=8, show_spinner=False)
def _forecasts(_rollup: Rollup, state: State, at: datetime) -> pd.DataFrame:
    return forecasts(_rollup, at, status=status_at(_rollup, at), only_budgeted=True)


@st.cache_data(max_entries=32, show_spinner=False)
def _forecast(
    _rollup: Rollup, state: State, at: datetime, key: Key, basis: str
) -> tuple[pd.Series, pd.DataFrame]:
    return forecast(_rollup, at, key, basis, status=status_at(_rollup, at))


@st.cache_data(max_entries=8, show_spinner=False)
def _record(_rollup: Rollup, state: State, at: datetime) -> TrackRecord:
    return track_record(_rollup.catalog, history(_rollup, at, only_budgeted=True), at)


@st.cache_data(max_entries=8, show_spinner=False)
def _courses(
    _rollup: Rollup, state: State, keys: tuple[Key, ...], start: datetime, at: datetime
) -> dict[Key, pd.DataFrame]:
    pairs = [(_rollup.catalog.journey(key[0]), _rollup.catalog.objective(*key)) for key in keys]
    return courses(_rollup, pairs, start, at)


@st.cache_data(max_entries=32, show_spinner=False)
def _marks(
    _rollup: Rollup, state: State, start: datetime, at: datetime, journey: str
) -> pd.DataFrame:
    return marks(_rollup, start, at, journey)


@st.cache_data(max_entries=8, show_spinner=False)
def _histories(_rollup: Rollup, state: State, at: datetime) -> dict[str, pd.DataFrame]:
    return policy_histories(_rollup, at)


@st.cache_data(max_entries=32, show_spinner=False)
def _impact(
    _rollup: Rollup,
    state: State,
    journey: str,
    objective: str,
    window: Window,
    _course: pd.DataFrame,
) -> pd.DataFrame:
    incidents = read_incidents(_rollup.store.root)
    return incident_impact(_rollup, journey, objective, window, incidents, course=_course)
