"""Addresses within the dashboards, with the moment and the range that the reader looks at."""

import os
from urllib.parse import urlencode, urlsplit

import streamlit as st
from streamlit import config

_OWN = ("localhost", "127.0.0.1", "::1")
_SHARED = ("at", "range", "compare")


def shared_filters() -> dict[str, str]:
    """The filters of the address that go along with a link; a link names its own values."""
    return {name: st.query_params[name] for name in _SHARED if name in st.query_params}


def why(journey: str, objective: str, **only: str) -> str:
    """The page that tells what a missed objective is due to; of some values alone, where given."""
    return _page("why", {"journey": journey, "objective": objective, **only})


def catalogue(journey: str) -> str:
    """The page that says what is promised of a journey."""
    return _page("catalogue", {"journey": journey})


def alerts(episode: str) -> str:
    """The page of alerts with one episode, by its reference (`slo_core.alerts.desk`)."""
    return _page("alerts", {"episode": episode})


def replay(alert: str) -> str:
    """The page of alerts with one alert replayed, and what would make it quieter."""
    return _page("alerts", {"replay": "true", "alert": alert, "quieter": "true"})


def incidents() -> str:
    """The page of incidents."""
    return _page("incidents", {})


def incident(number: int) -> str:
    """The page of incidents with one of them, by its number in the register."""
    return _page("incidents", {"incident": str(number)})


def error_budget() -> str:
    """The page of error budgets."""
    return _page("studio-error-budget", {})


def capacity() -> str:
    """The page of growth and of scale triggers."""
    return _page("capacity", {})


def below(address: str) -> str:
    """The place of an address below the dashboards, as documents write it, with its own filters."""
    return f"{base_path()}/{address}"


def base_path() -> str:
    """The path of the dashboards on their server: ``/dashboards``, or nothing for its root."""
    base = config.get_option("server.baseUrlPath").strip("/")
    return f"/{base}" if base else ""


def shared_base() -> str:
    """Where others find the dashboards: ``$SLO_BASE_URL``, or the host that this page came from.

    Empty where that is this machine alone.
    """
    told = os.environ.get("SLO_BASE_URL", "")
    here = urlsplit(st.context.url or "")
    if not told and here.netloc and here.hostname not in _OWN:
        told = f"{here.scheme}://{here.netloc}"
    return told and f"{told.rstrip('/')}{base_path()}"


def _page(path: str, own: dict[str, str]) -> str:
    return below(f"{path}?{urlencode({**shared_filters(), **own})}")
