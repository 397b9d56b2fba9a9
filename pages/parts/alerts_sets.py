"""Which sets of alerts the page shows: a choice in its address, and how each is labelled."""

import pandas as pd
import streamlit as st

from pages.parts.alerts_read import sets_of
from pages.parts.view import View
from slo_core.alerts.sets import SETS, AlertSet, Known, known_rules
from slo_core.errors import SloError

_NAME = "sets"
_HELP = (
    "The document's own alerts; burn alerts on its budgets; those on the headroom of objectives "
    "without a budget; scale triggers. The address keeps the choice. None chosen: all."
)


def choose_sets(view: View) -> tuple[AlertSet, ...]:
    """Draw the choice and answer what is chosen: all that the catalogue has, where nothing is.

    Raises SloError with one sentence where the address names another.
    """
    there = tuple(name for name, rules in sets_of(view).rules.items() if rules)
    asked = [it for it in st.query_params.get(_NAME, "").split(",") if it]
    for name in asked:
        if name not in SETS:
            raise SloError(f'?sets= names "{name}", expected some of {",".join(SETS)}.')
    chosen = tuple(name for name in there if name in asked) or there
    if len(there) > 1:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown("Alerts shown:", width="content", help=_HELP)
            for name in there:
                st.session_state[_key(name)] = name in chosen
                st.checkbox(SETS[name], key=_key(name), on_change=_write, args=(there,))
    return chosen


def _key(name: AlertSet) -> str:
    return f"show_{name}"


def _write(there: tuple[AlertSet, ...]) -> None:
    chosen = [name for name in there if st.session_state[_key(name)]]
    if 0 < len(chosen) < len(there):
        st.query_params[_NAME] = ",".join(chosen)
    else:
        st.query_params.pop(_NAME, None)


def of_sets(desk: pd.DataFrame, chosen: tuple[AlertSet, ...]) -> pd.DataFrame:
    """The rows of the desk that are of some sets."""
    return desk[desk["set"].isin(chosen)].reset_index(drop=True)


def known_of(view: View, rule: str, journey: str | None) -> Known:
    """What people must know of a rule that fired."""
    known = known_rules(view.catalog).of(rule, journey)
    assert known  # it was evaluated by this very catalogue
    return known


def set_name(name: object) -> str:
    """The label of a set; empty for what the catalogue no longer has."""
    return next((label for known, label in SETS.items() if known == name), "")
