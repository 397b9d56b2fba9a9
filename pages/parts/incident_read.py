"""What the page of incidents reads: figures kept for all readers, what people wrote read anew."""

from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from pages.parts.alerts_read import key_of, look_of
from pages.parts.marked import marks_between
from pages.parts.view import View
from slo_core.budget.corrected import known_corrections
from slo_core.incidents.impact import Impact, impact
from slo_core.incidents.suggest import SUGGESTING, suggestions
from slo_core.register import read_incidents
from slo_core.rollup import Rollup
from slo_core.sli.corrections import Corrections
from slo_core.sli.requests import Users, users_hit
from slo_core.sli.traffic import traffic

Key = tuple[str, ...]
WEEK = timedelta(days=7)

_LEAST_AROUND = timedelta(minutes=30)


def register_of(view: View) -> pd.DataFrame:
    """The register of incidents as it is now."""
    return read_incidents(view.rollup.store.root)


def suggested(view: View, register: pd.DataFrame) -> pd.DataFrame:
    """Incidents that alerts of the view's range ask for and that the register does not have."""
    return suggestions(look_of(view, wanted=SUGGESTING).recent, register, view.catalog)


def impact_of(view: View, row: Any) -> Impact | None:
    """What an incident did up to the view's moment."""
    span = (row.id, row.journeys, row.started_at, row.ended_at)
    corrections = known_corrections(view.rollup, view.status)
    corrected = None if corrections is None else corrections.rows
    found: Impact | None = _impact(
        view.rollup, key_of(view), span, view.at, corrected, row, corrections
    )
    return found


def users_of(view: View, row: Any, found: Impact) -> Users:
    """Who was hit, from the raw logs of the incident's dates."""
    counted: Users = _users(view.rollup, key_of(view), row.journeys, found.start, found.end)
    return counted


def around(
    view: View, row: Any, found: Impact
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, datetime]:
    """Requests around an incident, the same a week before, the marks beside them, and the end."""
    margin = max(_LEAST_AROUND, (found.end - found.start) / 2)
    margin = timedelta(minutes=margin // timedelta(minutes=1))
    start, end = found.start - margin, min(found.end + margin, view.at)
    frames = [
        _traffic(view.rollup, key_of(view), start - ago, end - ago, row.journey)
        for ago in (timedelta(0), WEEK)
    ]
    return frames[0], frames[1], marks_between(view, start, end, row.journey), end


@st.cache_data(max_entries=64, show_spinner=False)
def _impact(
    _rollup: Rollup,
    key: Key,
    span: tuple[Any, ...],
    at: datetime,
    corrected: pd.DataFrame | None,
    _row: Any,
    _corrections: Corrections | None,
) -> Impact | None:
    return impact(_rollup, _row, at, _corrections)


@st.cache_data(max_entries=64, show_spinner=False)
def _users(
    _rollup: Rollup, key: Key, journeys: tuple[str, ...], start: datetime, end: datetime
) -> Users:
    return users_hit(_rollup, journeys, start, end)


@st.cache_data(max_entries=64, show_spinner=False)
def _traffic(
    _rollup: Rollup, key: Key, start: datetime, end: datetime, journey: str
) -> pd.DataFrame:
    return traffic(_rollup, start, end, journey)
