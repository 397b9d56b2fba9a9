"""What the page on causes reads, kept for all readers; and which objective and values it is of."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd
import streamlit as st

from pages.parts.choice import ALL, choose, shared
from pages.parts.data import state_of, status_at
from pages.parts.health import State, standings_of
from pages.parts.marked import marks_between
from pages.parts.view import View
from slo_core.catalog import Availability, Cut, Journey, Objective
from slo_core.rollup import Rollup
from slo_core.sli.breakdown import Causes, Only, causes, course, dimensions
from slo_core.sli.downtime import Downtime, downtime
from slo_core.sli.sample_rows import Sample, sample_probes, sample_rows

VALUES = ("reason", "reached", "endpoint", "status", "platform", "step")
"""The parameters of the address that keep to some values."""


@dataclass(frozen=True)
class Subject:
    """The objective that the page is of, how it stands, and the values that it keeps to.

    ``stale`` says that its journey is silent, ``few_events`` that not one bad event is allowed.
    ``stated`` and ``before`` are its figures of DESIGN 3 at the view's moment and a window before.
    ``scope`` is that of an objective of availability, else empty; ``cuts`` are the journey's.
    """

    journey: Journey
    objective: Objective
    verdict: str
    stale: bool
    few_events: bool
    stated: dict[str, Any]
    before: dict[str, Any]
    only: dict[str, str]
    scope: str
    cuts: tuple[Cut, ...]


def choose_subject(view: View) -> Subject:
    """Draw the choice of journey and objective; the worst objective while none is chosen.

    Raises SloError with one sentence where the address names what the catalogue does not have.
    """
    found = standings_of(view)
    catalog, given = view.catalog, st.query_params
    journey = catalog.journey(shared("journey") or found.iloc[0]["journey"])
    worst = found.loc[found["journey"] == journey.id, "objective"].iloc[0]
    objective = catalog.objective(journey.id, given.get("objective") or worst)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        journeys = {journey.id: journey.name for journey in catalog.journeys}
        forget = ("objective", *VALUES)
        choose("Journey", journeys, journey.id, name="journey", forget=forget)
        objectives = {objective.id: objective.name for objective in journey.objectives}
        choose("Objective", objectives, objective.id, name="objective", forget=VALUES)
    # A shared address shows the same objective, whichever is the worst by then.
    if "objective" not in given:
        given.update({"journey": journey.id, "objective": objective.id})
    own = found[(found["journey"] == journey.id) & (found["objective"] == objective.id)].iloc[0]
    shared("platform")
    only = {name: given[name] for name in dimensions(objective) if given.get(name, ALL) != ALL}
    earlier = status_at(view.rollup, view.at - objective.window_length, values=False)
    indicator = objective.indicator
    return Subject(
        journey,
        objective,
        str(own["verdict"]),
        bool(own["stale"]),
        bool(own["few_events"]),
        _stated(view.status, journey.id, objective.id),
        _stated(earlier, journey.id, objective.id),
        only,
        indicator.scope if isinstance(indicator, Availability) else "",
        view.catalog.cuts(journey.id),
    )


def _stated(status: dict[str, Any], journey: str, objective: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        stated
        for stated in status["objectives"]
        if (stated["journey"], stated["objective"]) == (journey, objective)
    )
    return found


def causes_of(view: View, subject: Subject) -> Causes:
    """What the subject's bad events have in common."""
    key = (subject.journey.id, subject.objective.id)
    found: Causes = _causes(view.rollup, state_of(view.rollup), *key, view.at)
    return found


def course_of(view: View, subject: Subject, only: Only) -> pd.DataFrame:
    """When they happened."""
    key = (subject.journey.id, subject.objective.id)
    kept = tuple(sorted(only.items()))
    return _course(view.rollup, state_of(view.rollup), *key, view.at, kept)


def downtime_of(view: View, subject: Subject) -> Downtime:
    """When the subject's scope was down."""
    window = subject.objective.window
    state = state_of(view.rollup)
    found: Downtime = _downtime(view.rollup, state, subject.scope, window, view.at)
    return found


def marks_around(view: View, subject: Subject) -> pd.DataFrame:
    """Incidents, maintenance and changes over the objective's window."""
    start = view.at - subject.objective.window_length
    return marks_between(view, start, view.at, subject.journey.id)


def rows_of(
    view: View,
    subject: Subject,
    start: datetime,
    end: datetime,
    only: Only,
    days: Collection[date] | None,
) -> Sample:
    """Some raw rows of a span."""
    key = (subject.journey.id, subject.objective.id)
    kept = tuple(sorted(only.items()))
    some = None if days is None else tuple(sorted(days))
    found: Sample = _rows(view.rollup, state_of(view.rollup), *key, start, end, kept, some)
    return found


def probes_of(view: View, subject: Subject, start: datetime, end: datetime) -> Sample:
    """Some raw probes of the subject's scope that failed."""
    state = state_of(view.rollup)
    found: Sample = _probes(view.rollup, state, subject.scope, start, end)
    return found


@st.cache_data(max_entries=32, show_spinner=False)
def _causes(_rollup: Rollup, state: State, journey: str, objective: str, at: datetime) -> Causes:
    return causes(_rollup, journey, objective, at)


@st.cache_data(max_entries=64, show_spinner=False)
def _course(
    _rollup: Rollup,
    state: State,
    journey: str,
    objective: str,
    at: datetime,
    only: tuple[tuple[str, str], ...],
) -> pd.DataFrame:
    return course(_rollup, journey, objective, at, dict(only))


@st.cache_data(max_entries=16, show_spinner=False)
def _downtime(_rollup: Rollup, state: State, scope: str, window: str, at: datetime) -> Downtime:
    return downtime(_rollup, scope, window, at)


@st.cache_data(max_entries=32, show_spinner="Reading raw logs")
def _rows(
    _rollup: Rollup,
    state: State,
    journey: str,
    objective: str,
    start: datetime,
    end: datetime,
    only: tuple[tuple[str, str], ...],
    days: tuple[date, ...] | None,
) -> Sample:
    return sample_rows(_rollup, journey, objective, start, end, only=dict(only), days=days)


@st.cache_data(max_entries=16, show_spinner="Reading raw logs")
def _probes(_rollup: Rollup, state: State, scope: str, start: datetime, end: datetime) -> Sample:
    return sample_probes(_rollup, scope, start, end)
