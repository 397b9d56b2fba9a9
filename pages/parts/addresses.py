"""Addresses within the dashboards, with the moment and the range that the reader looks at."""

from urllib.parse import urlencode

import streamlit as st
from streamlit import config

_SHARED = ("at", "range")


def shared_filters() -> dict[str, str]:
    """The filters of the address that every page has."""
    return {name: st.query_params[name] for name in _SHARED if name in st.query_params}


def why(journey: str, objective: str) -> str:
    """The page that tells what a missed objective is due to."""
    base = config.get_option("server.baseUrlPath").strip("/")
    query = urlencode({"journey": journey, "objective": objective, **shared_filters()})
    return f"{'/' + base if base else ''}/why?{query}"
