"""The way out of an exhausted budget: its exit criteria, and where people check them off."""

from datetime import datetime
from typing import Any

import pandas as pd
import streamlit as st

from pages.parts.panels import plain
from pages.parts.people import (
    ask_name,
    attempt,
    is_named,
    name_first,
    show_fault,
    writer,
)
from pages.parts.spending import Subject
from pages.parts.view import View
from slo_core.budget.exits import check_off
from slo_core.catalog import ExitCriterion
from slo_core.register import read_exit_checks
from slo_core.text import clock, percent


def exit_lines(view: View, budget: dict[str, Any]) -> list[str]:
    """Each exit criterion of a budget's last exhaustion as Markdown, with who checked it off."""
    checks = _checks(view, budget)
    return [
        _computed_words(view, budget, criterion)
        if criterion.kind == "computed"
        else f"{_mark(checks.get(criterion.id))} {_who(criterion, checks.get(criterion.id))}"
        for criterion in view.catalog.policy.exit_criteria
    ]


def show_exit(view: View, subject: Subject) -> None:
    """The exit criteria of the subject's last exhaustion, the human ones to be checked off."""
    budget = subject.month
    if not budget or not budget["exhausted_at"]:
        return
    entered = _moment(budget["exhausted_at"])
    if budget["exit_confirmed"]:
        head = f"**Its last exhaustion, of {clock(entered)}, is left: the exit is confirmed.**"
    elif budget["policy"] == "exhausted":
        head = f"**Exhausted since {clock(entered)}. What must be true to leave it?**"
    else:
        head = (
            f"**Low, exit not confirmed: exhausted at {clock(entered)}, and left only by the "
            "budget.** It stays low until people have checked off the rest."
        )
    st.markdown(head)
    with st.container(border=True):
        for criterion in view.catalog.policy.exit_criteria:
            if criterion.kind == "computed":
                st.markdown(_computed_words(view, budget, criterion))
        ask_name("The register keeps who checked off what.")
        checks = _checks(view, budget)
        for criterion in view.catalog.policy.human_criteria:
            _box(view, subject, entered, criterion, checks.get(criterion.id))
        show_fault()
        st.caption(
            "Kept in the register with name and time, for this exhaustion alone; a check counts "
            f"from the moment that the page shows, {clock(view.at)}, on."
        )


def _box(
    view: View,
    subject: Subject,
    entered: datetime,
    criterion: ExitCriterion,
    check: Any | None,
) -> None:
    done = _is_met(check)
    version = 0 if check is None else int(check.version)
    # Another version is another box: what somebody else wrote meanwhile is shown, not overwritten.
    key = f"exit_{subject.journey.id}_{entered:%Y%m%d%H%M}_{criterion.id}_{version}"
    st.checkbox(
        _who(criterion, check),
        value=done,
        key=key,
        disabled=not is_named(),
        help=name_first(),
        on_change=_write,
        args=(view, subject.journey.id, entered, criterion.id, not done, version),
    )


def _write(
    view: View, service: str, entered: datetime, criterion: str, met: bool, version: int
) -> None:
    at = view.at if met else None
    root = view.rollup.store.root
    who, catalog = writer(), view.catalog
    attempt(
        lambda: check_off(root, who, catalog, service, entered, criterion, at=at, version=version)
    )


def _checks(view: View, budget: dict[str, Any]) -> dict[str, Any]:
    """What the register has of a budget's last exhaustion, by criterion."""
    if not budget["exhausted_at"]:
        return {}
    checks = read_exit_checks(view.rollup.store.root)
    own = checks[
        (checks["service"] == budget["service"])
        & (checks["exhausted_at"] == pd.Timestamp(_moment(budget["exhausted_at"])))
    ]
    return {row.criterion: row for row in own.itertuples()}


def _is_met(check: Any | None) -> bool:
    return check is not None and not pd.isna(check.checked_at)


def _mark(check: Any | None) -> str:
    return ":green[✓]" if _is_met(check) else ":gray[○]"


def _who(criterion: ExitCriterion, check: Any | None) -> str:
    """A criterion that people confirm, and who did or took it back."""
    text = plain(criterion.text)
    if check is None:
        return f"{text}: nobody has checked it off"
    who = plain(str(check.updated_by))
    if _is_met(check):
        return f"{text}: {who}, {clock(check.checked_at)}"
    return f"{text}: taken back by {who}, {clock(check.updated_at)}"


def _computed_words(view: View, budget: dict[str, Any], criterion: ExitCriterion) -> str:
    """The criterion that the budget itself meets, with what is left of it now."""
    ratio = budget["policy_remaining_ratio"]
    met = ratio is not None and ratio > view.catalog.policy.exit_above
    mark = ":green[✓]" if met else ":gray[○]"
    left = f"{percent(ratio, digits=1)} left" if ratio is not None else "no data"
    return f"{mark} {plain(criterion.text)}: {left}, {budget['policy_basis']}"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=None)
