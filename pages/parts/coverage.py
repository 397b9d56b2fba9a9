"""Which hours are missing where an availability cannot be proved."""

import pandas as pd
import streamlit as st

from pages.parts.health import unobserved_of
from pages.parts.panels import plain
from pages.parts.view import View
from slo_core.catalog import Availability
from slo_core.text import clock, duration

_MOST = 5


def show_unobserved(view: View, found: pd.DataFrame) -> None:
    """Name the hours that could turn a verdict, for each objective that is not provable."""
    for row in found[~found["provable"]].itertuples():
        indicator = view.catalog.objective(row.journey, row.objective).indicator
        assert isinstance(indicator, Availability)
        spans = unobserved_of(view, indicator.scope, row.window)
        longest = spans.nlargest(_MOST, "seconds").sort_values("start")
        listed = "; ".join(
            f"{clock(span.start).removesuffix(' UTC')} to {clock(span.end)} "
            f"({duration(span.seconds)})"
            for span in longest.itertuples()
        )
        more = f" and {len(spans) - _MOST} shorter ones" if len(spans) > _MOST else ""
        st.warning(
            f"Nobody observed it for {duration(spans['seconds'].sum())}, which could turn the "
            f"verdict: {listed}{more}.",
            title=f"{plain(row.journey_name)}: {plain(row.name)} is not provable",
        )
