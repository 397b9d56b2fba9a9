"""What the error budget page reads, kept for all readers.

Where the register's corrections touch what panels look at, a subject's figures are those that
decide, and its ``other`` has those beside them.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from pages.parts.data import chances_at, state_of, status_at
from pages.parts.marked import marks_between
from pages.parts.view import View
from slo_core.budget.burn import burn_table
from slo_core.budget.corrected import known_corrections, which_decides
from slo_core.budget.course import Key, courses
from slo_core.budget.impact import incident_impact
from slo_core.budget.policy import from_moment, policy_histories
from slo_core.budget.spending import months_back
from slo_core.catalog import Budget, Journey, Objective
from slo_core.durations import parse_duration
from slo_core.forecast import TrackRecord, forecast, forecasts, history, track_record
from slo_core.register import read_incidents
from slo_core.rollup import Rollup
from slo_core.sli.corrections import Corrections, read_corrections
from slo_core.sli.windows import Window

State = tuple[str, ...]

MONTHS = 4
"""Months side by side, the running one included."""

_LONGEST, _SHORTEST = timedelta(days=62), timedelta(days=1)


@dataclass(frozen=True)
class Subject:
    """The objective whose budget the page is about, and how its status stands.

    ``budget`` and ``month`` (of the status) are None where the document gives it none: then what is
    left is headroom. ``figures`` is ``measured`` or ``corrected`` where a correction touches what
    panels look at: ``other`` is then the subject with the figures that do not decide.
    """

    journey: Journey
    objective: Objective
    budget: Budget | None
    stated: dict[str, Any]
    month: dict[str, Any] | None
    figures: str = ""
    other: "Subject | None" = None

    @property
    def is_corrected(self) -> bool:
        """Whether its figures are without what corrections leave out."""
        return self.figures == "corrected"

    @property
    def measured(self) -> "Subject":
        """The subject with the figures as measured."""
        return self.other if self.other and self.is_corrected else self

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
    table, corrections = burns_of(view), known_corrections(view.rollup, view.status)
    found = {}
    for journey, objective in zip(table["journey"], table["objective"], strict=True):
        key = (journey, objective)
        month = months.get(key)
        own = Subject(
            view.catalog.journey(journey),
            view.catalog.objective(journey, objective),
            view.catalog.budget(journey) if month else None,
            stated[key],
            month,
        )
        found[f"{journey}.{objective}"] = _both(view, own, corrections)
    return found


def _both(view: View, measured: Subject, found: Corrections | None) -> Subject:
    """The subject with the figures that decide, and beside it that with the others."""
    looked_at = Window("", _start(view, measured), view.at)
    if found is None or not found.touches(measured.journey.id, looked_at):
        return measured
    stated, month = measured.stated, measured.month
    corrected = replace(
        measured,
        stated={**stated, **stated.get("corrected", {})},
        month=month and {**month, **month.get("corrected", {})},
        figures="corrected",
    )
    measured = replace(measured, figures="measured")
    if which_decides(view.catalog) == "corrected":
        return replace(corrected, other=measured)
    return replace(measured, other=corrected)


def burns_of(view: View) -> pd.DataFrame:
    """Every objective's burn rates against its alerts, the budgeted first."""
    return _burns(view.rollup, state_of(view.rollup), view.at)


def drawn_length(view: View) -> timedelta:
    """How much of the view's range is drawn by the hour: from a day to 62 days."""
    return min(max(view.length, _SHORTEST), _LONGEST)


def courses_of(view: View, subject: Subject) -> dict[Key, pd.DataFrame]:
    """The measured hours of every budgeted service, and of the subject, as far back as looked."""
    keys, start = tuple(_keys(view, subject)), _start(view, subject)
    return _courses(view.rollup, state_of(view.rollup), keys, start, view.at)


def corrected_courses_of(view: View, subject: Subject) -> dict[Key, pd.DataFrame]:
    """Those hours without what corrections leave out, where these touch them; else nothing."""
    found, start = known_corrections(view.rollup, view.status), _start(view, subject)
    if found is None:
        return {}
    looked_at = Window("", start, view.at)
    keys = tuple(key for key in _keys(view, subject) if found.touches(key[0], looked_at))
    if not keys:
        return {}
    return _courses(view.rollup, state_of(view.rollup), keys, start, view.at, corrected=True)


def course_of(view: View, subject: Subject) -> pd.DataFrame:
    """The hours of a subject, as its figures are."""
    read = corrected_courses_of if subject.is_corrected else courses_of
    return read(view, subject)[subject.key]


def _keys(view: View, subject: Subject) -> list[Key]:
    keys = [(budget.service, budget.objective) for budget in view.catalog.budgets]
    return keys if subject.key in keys else [*keys, subject.key]


def _start(view: View, subject: Subject) -> datetime:
    """How far back panels look."""
    windows = [subject.length] + [parse_duration(it.policy_window) for it in view.catalog.budgets]
    back = max(windows) + max(drawn_length(view), *windows)
    return min(months_back(view.at, MONTHS - 1), view.at - back)


def marks_of(view: View, subject: Subject, start: datetime) -> pd.DataFrame:
    """Incidents, maintenance and changes that concern a subject since a moment."""
    return marks_between(view, start, view.at, subject.journey.id)


def states_of(view: View, subject: Subject, start: datetime) -> pd.DataFrame:
    """The policy's states of a budgeted subject since a moment."""
    return from_moment(history_of(view, subject), start)


def history_of(view: View, subject: Subject) -> pd.DataFrame:
    """The policy's states of a budgeted subject, from the first on."""
    found = _histories(view.rollup, state_of(view.rollup), view.at, corrected=subject.is_corrected)
    return found[subject.journey.id]


def impact_of(view: View, subject: Subject, window: Window) -> pd.DataFrame:
    """What each incident took of a subject's budget in a window."""
    course, state = course_of(view, subject), state_of(view.rollup)
    is_corrected = subject.is_corrected
    return _impact(view.rollup, state, *subject.key, window, course, corrected=is_corrected)


def forecasts_of(view: View, *, corrected: bool = False) -> pd.DataFrame:
    """When the budget of every service runs out, rolling and by the month.

    Corrected there are rows of those alone that corrections touch.
    """
    return _forecasts(view.rollup, state_of(view.rollup), view.at, corrected=corrected)


def forecast_of(view: View, subject: Subject, basis: str) -> tuple[pd.Series, pd.DataFrame]:
    """When the subject's budget runs out, and what is left until then."""
    state, is_corrected = state_of(view.rollup), subject.is_corrected
    found: tuple[pd.Series, pd.DataFrame] = _forecast(
        view.rollup, state, view.at, subject.key, basis, corrected=is_corrected
    )
    return found


def record_of(view: View) -> TrackRecord:
    """How good projections of these budgets would have been in the past."""
    found: TrackRecord = _record(view.rollup, state_of(view.rollup), view.at)
    return found


def _given(rollup: Rollup, *, corrected: bool) -> Corrections | None:
    """What corrected figures leave out."""
    return read_corrections(rollup.store.root) if corrected else None


@st.cache_data(max_entries=8, show_spinner=False)
def _burns(_rollup: Rollup, state: State, at: datetime) -> pd.DataFrame:
    return burn_table(status_at(_rollup, at), _rollup.catalog, chances_at(_rollup, at))


@st.cache_data(max_entries=8, show_spinner=False)
def _forecasts(_rollup: Rollup, state: State, at: datetime, *, corrected: bool) -> pd.DataFrame:
    stated, given = status_at(_rollup, at), _given(_rollup, corrected=corrected)
    return forecasts(_rollup, at, status=stated, only_budgeted=True, corrections=given)


@st.cache_data(max_entries=32, show_spinner=False)
def _forecast(
    _rollup: Rollup, state: State, at: datetime, key: Key, basis: str, *, corrected: bool
) -> tuple[pd.Series, pd.DataFrame]:
    stated, given = status_at(_rollup, at), _given(_rollup, corrected=corrected)
    return forecast(_rollup, at, key, basis, status=stated, corrections=given)


@st.cache_data(max_entries=8, show_spinner=False)
def _record(_rollup: Rollup, state: State, at: datetime) -> TrackRecord:
    return track_record(_rollup.catalog, history(_rollup, at, only_budgeted=True), at)


@st.cache_data(max_entries=8, show_spinner=False)
def _courses(
    _rollup: Rollup,
    state: State,
    keys: tuple[Key, ...],
    start: datetime,
    at: datetime,
    *,
    corrected: bool = False,
) -> dict[Key, pd.DataFrame]:
    pairs = [(_rollup.catalog.journey(key[0]), _rollup.catalog.objective(*key)) for key in keys]
    given = _given(_rollup, corrected=corrected)
    return courses(_rollup, pairs, start, at, corrections=given)


@st.cache_data(max_entries=8, show_spinner=False)
def _histories(
    _rollup: Rollup, state: State, at: datetime, *, corrected: bool
) -> dict[str, pd.DataFrame]:
    return policy_histories(_rollup, at, corrections=_given(_rollup, corrected=corrected))


@st.cache_data(max_entries=32, show_spinner=False)
def _impact(
    _rollup: Rollup,
    state: State,
    journey: str,
    objective: str,
    window: Window,
    _course: pd.DataFrame,
    *,
    corrected: bool,
) -> pd.DataFrame:
    incidents, given = read_incidents(_rollup.store.root), _given(_rollup, corrected=corrected)
    key = (journey, objective)
    return incident_impact(_rollup, *key, window, incidents, course=_course, corrections=given)
