"""What happened in a span of time, as every time axis shows it: read once, however many ask."""

from datetime import datetime

import pandas as pd
import streamlit as st

from pages.parts.data import state_of
from pages.parts.view import View
from slo_core.rollup import Rollup
from slo_core.sli.marks import concerning, marks


def marks_between(
    view: View, start: datetime, end: datetime, journey: str | None = None
) -> pd.DataFrame:
    """Incidents, maintenance, corrections and changes in a span; or what concerns one journey."""
    found = _marks(view.rollup, state_of(view.rollup), start, end)
    return found if journey is None else concerning(found, journey)


@st.cache_data(max_entries=32, show_spinner=False)
def _marks(_rollup: Rollup, state: tuple[str, ...], start: datetime, end: datetime) -> pd.DataFrame:
    return marks(_rollup, start, end)
