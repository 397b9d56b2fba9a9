"""Which hours are missing where an availability cannot be proved."""

import pandas as pd
import streamlit as st

from pages.parts.health import unobserved_of
from pages.parts.panels import plain
from pages.parts.view import View
from slo_core.catalog import Availability
from slo_core.text import duration, longest


def show_unobserved(view: View, found: pd.DataFrame) -> None:
    """Name the hours that could turn a verdict, for each objective that is not provable."""
    for row in found[~found["provable"]].itertuples():
        indicator = view.catalog.objective(row.journey, row.objective).indicator
        assert isinstance(indicator, Availability)
        spans = unobserved_of(view, indicator.scope, row.window)
        st.warning(
            f"Nobody observed it for {duration(spans['seconds'].sum())}, which could turn the "
            f"verdict: {longest(zip(spans['start'], spans['end'], strict=True))}.",
            title=f"{plain(row.journey_name)}: {plain(row.name)} is not provable",
        )
