"""What the error budget page reads, kept for all readers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
import streamlit as st

from pages.parts.data import state_of
from pages.parts.view import View
from slo_core.budget.consumption import hourly_events
from slo_core.budget.impact import incident_impact
from slo_core.catalog import Budget, Journey, Objective
from slo_core.durations import parse_duration
from slo_core.register import read_incidents
from slo_core.rollup import Rollup
from slo_core.sli.marks import marks
from slo_core.sli.windows import Window

State = tuple[str, ...]


@dataclass(frozen=True)
class Service:
    """A budgeted service: its budget, whose objective it is, and how its status stands."""

    budget: Budget
    journey: Journey
    objective: Objective
    stated: dict[str, Any]
    burn: dict[str, float | None]


def services_of(view: View) -> list[Service]:
    """The budgeted services, in the catalogue's order."""
    objectives = {(o["journey"], o["objective"]): o for o in view.status["objectives"]}
    return [
        Service(
            budget,
            view.catalog.journey(budget.service),
            view.catalog.objective(budget.service, budget.objective),
            stated,
            objectives[budget.service, budget.objective]["burn_rate"],
        )
        for budget, stated in zip(view.catalog.budgets, view.status["budgets"], strict=True)
    ]


def hours_of(view: View, service: Service, start: datetime) -> pd.DataFrame:
    """Bad and valid events of every hour from a whole hour on."""
    first = start.replace(minute=0, second=0, microsecond=0)
    place = (service.budget.service, service.budget.objective)
    return _hours(view.rollup, state_of(view.rollup), *place, first, view.at)


def marks_since(view: View, service: Service, start: datetime) -> pd.DataFrame:
    """Incidents, maintenance and changes that concern a service since a moment."""
    state = state_of(view.rollup)
    return _marks(view.rollup, state, start, view.at, service.budget.service)


def impact_of(view: View, service: Service) -> pd.DataFrame:
    """What each incident of the service took over the policy's window."""
    length = parse_duration(service.budget.policy_window)
    place = (service.budget.service, service.budget.objective)
    return _impact(view.rollup, state_of(view.rollup), *place, view.at - length, view.at)


@st.cache_data(max_entries=64, show_spinner=False)
def _hours(
    _rollup: Rollup, state: State, journey: str, objective: str, start: datetime, at: datetime
) -> pd.DataFrame:
    catalog = _rollup.catalog
    return hourly_events(
        _rollup, catalog.journey(journey), catalog.objective(journey, objective), start, at
    )


@st.cache_data(max_entries=64, show_spinner=False)
def _marks(
    _rollup: Rollup, state: State, start: datetime, at: datetime, journey: str
) -> pd.DataFrame:
    return marks(_rollup, start, at, journey)


@st.cache_data(max_entries=32, show_spinner=False)
def _impact(
    _rollup: Rollup, state: State, journey: str, objective: str, start: datetime, at: datetime
) -> pd.DataFrame:
    known = read_incidents(_rollup.store.root)
    frame = incident_impact(_rollup, journey, objective, Window("", start, at), known)
    return frame.rename(columns={"total": "bad"})[["title", "bad", "excess"]]
