"""Which sets of alerts the page shows: a choice in its address, and how each is labelled."""

import pandas as pd
import streamlit as st

from pages.parts.alerts_read import sets_of
from pages.parts.view import View
from slo_core.alerts.sets import SETS, AlertSet, Known, known_rules
from slo_core.errors import SloError

_NAME, _KEY = "sets", "choose_sets"


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
        st.session_state[_KEY] = list(chosen)
        st.pills(
            "Alerts shown",
            there,
            selection_mode="multi",
            format_func=lambda it: SETS[it],
            key=_KEY,
            on_change=_write,
            args=(len(there),),
            help="The document's own alerts; burn alerts on its budgets; those on the headroom of "
            "objectives without a budget; scale triggers. The address keeps the choice. None "
            "chosen: all.",
        )
    return chosen


def _write(every: int) -> None:
    chosen = st.session_state[_KEY]
    if 0 < len(chosen) < every:
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
