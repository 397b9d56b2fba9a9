"""What the page of alerts reads, kept for all readers; what people wrote is read anew each time."""

from datetime import datetime, timedelta

import pandas as pd
import streamlit as st

from pages.parts.data import state_of, status_at
from pages.parts.view import View
from slo_core.alerts import sets
from slo_core.alerts.course import Course, courses
from slo_core.alerts.desk import Notes, at_desk, notes
from slo_core.alerts.evaluate import Rule
from slo_core.alerts.handover import Handover, handover
from slo_core.alerts.look import Look, look
from slo_core.alerts.quieter import Quieter, quieter
from slo_core.alerts.replay import register_incidents, scenario_incidents
from slo_core.alerts.sets import ALL, AlertSet, Sets
from slo_core.alerts.trial import Trial, burn_trial, sets_trial, trial
from slo_core.budget.corrected import known_corrections
from slo_core.catalog import Alert
from slo_core.register import read_maintenance
from slo_core.rollup import Rollup
from slo_core.sli.corrections import Corrections

Key = tuple[str, ...]


def key_of(view: View) -> Key:
    """What alerts depend on: data and catalogue, and not all that people write."""
    return state_of(view.rollup)[:3]


def sets_of(view: View) -> Sets:
    """All that can fire by the view's catalogue, and the rollup with all their terms."""
    return sets.sets_of(view.rollup)


def look_of(
    view: View, length: timedelta | None = None, *, wanted: tuple[AlertSet, ...] = ALL
) -> Look:
    """One look at sets of alerts over the view's range, or another length up to its moment."""
    maintenance = read_maintenance(view.rollup.store.root)
    corrections = known_corrections(view.rollup, view.status)
    found: Look = _look(
        view.rollup,
        key_of(view),
        view.at,
        length or view.length,
        maintenance,
        None if corrections is None else corrections.rows,
        wanted,
        corrections,
    )
    return found


@st.cache_data(max_entries=16, show_spinner=False)
def _look(
    _rollup: Rollup,
    key: Key,
    at: datetime,
    length: timedelta,
    maintenance: pd.DataFrame,
    corrected: pd.DataFrame | None,
    wanted: tuple[AlertSet, ...],
    _corrections: Corrections | None,
) -> Look:
    return look(_rollup, at, length, maintenance, _corrections, wanted)


def notes_of(view: View) -> Notes:
    """What people wrote about alerts, as it is now."""
    return notes(view.rollup.store.root)


def desk_of(view: View, kept: Notes) -> pd.DataFrame:
    """The episodes of the look with what people made of them, what fires first."""
    return at_desk(look_of(view).episodes, view.catalog, kept, view.at)


def triggers_of(view: View) -> tuple[pd.DataFrame, pd.DataFrame]:
    """How the scale triggers stand, and their episodes in the view's range."""
    found = look_of(view)
    states, recent = found.states, found.recent
    return states[states["kind"] == "trigger"], recent[recent["kind"] == "trigger"]


def courses_of(
    view: View, rule: Rule, journey: str | None, start: datetime, end: datetime
) -> list[Course]:
    """The figures of a rule about a journey over the minutes of a span."""
    found: list[Course] = _courses(
        sets_of(view).rollup, key_of(view), rule.id, journey, start, end, rule
    )
    return found


@st.cache_data(max_entries=32, show_spinner=False)
def _courses(
    _rollup: Rollup,
    key: Key,
    name: str,
    journey: str | None,
    start: datetime,
    end: datetime,
    _rule: Rule,
) -> list[Course]:
    return courses(_rollup, _rule, journey, start, end)


def incidents_known(view: View, truth: bool) -> pd.DataFrame:
    """What alerts should have found: the register's incidents, or the truth of sample data."""
    root = view.rollup.store.root
    return scenario_incidents(root) if truth else register_incidents(root)


def trial_of(
    view: View, alert: Alert, length: timedelta, incidents: pd.DataFrame, name: str
) -> Trial:
    """One alert replayed over a length up to the view's moment."""
    condition = alert.model_dump_json()
    found: Trial = _trial(
        view.rollup, key_of(view), view.at, length, condition, incidents, name, alert
    )
    return found


@st.cache_data(max_entries=32, show_spinner=False)
def _trial(
    _rollup: Rollup,
    key: Key,
    at: datetime,
    length: timedelta,
    alert: str,
    incidents: pd.DataFrame,
    name: str,
    _alert: Alert,
) -> Trial:
    return trial(_rollup, at, length, _alert, incidents, name=name)


def burn_trial_of(view: View, alert: Alert, length: timedelta, incidents: pd.DataFrame) -> Trial:
    """The burn alerts on the budgets of an alert's journeys, replayed over the same length."""
    found: Trial = _burn_trial(
        view.rollup, key_of(view), view.at, length, alert.id, incidents, alert
    )
    return found


@st.cache_data(max_entries=32, show_spinner=False)
def _burn_trial(
    _rollup: Rollup,
    key: Key,
    at: datetime,
    length: timedelta,
    name: str,
    incidents: pd.DataFrame,
    _alert: Alert,
) -> Trial:
    return burn_trial(_rollup, at, length, _alert, incidents)


def quieter_of(view: View, alert: Alert, length: timedelta, incidents: pd.DataFrame) -> Quieter:
    """What would make one alert quieter, by its replays over a length up to the view's moment."""
    found: Quieter = _quieter(
        view.rollup, key_of(view), view.at, length, alert.model_dump_json(), incidents, alert
    )
    return found


@st.cache_data(max_entries=16, show_spinner="Replaying every change ...")
def _quieter(
    _rollup: Rollup,
    key: Key,
    at: datetime,
    length: timedelta,
    alert: str,
    incidents: pd.DataFrame,
    _alert: Alert,
) -> Quieter:
    return quieter(_rollup, at, length, _alert, incidents)


def sets_trial_of(view: View, length: timedelta, incidents: pd.DataFrame) -> list[Trial]:
    """The sets of alerts side by side, replayed over a length up to the view's moment."""
    found: list[Trial] = _sets_trial(view.rollup, key_of(view), view.at, length, incidents)
    return found


@st.cache_data(max_entries=8, show_spinner=False)
def _sets_trial(
    _rollup: Rollup, key: Key, at: datetime, length: timedelta, incidents: pd.DataFrame
) -> list[Trial]:
    return sets_trial(_rollup, at, length, incidents)


def handover_of(view: View, kept: Notes, length: timedelta) -> Handover:
    """The hand-over of a shift that ends at the view's moment."""
    return handover(
        view.catalog,
        look_of(view, length),
        kept,
        view.status,
        status_at(view.rollup, view.at - length),
        is_sample=view.rollup.store.is_sample,
    )
