"""The panel of burn rates: over time, by the hour, and of every objective against its alerts."""

from datetime import datetime
from typing import Any

import pandas as pd
import streamlit as st

from pages.parts.addresses import why
from pages.parts.changed import NO_CHANGE, stretch_of, stretch_words
from pages.parts.downloads import csv_button
from pages.parts.drawn import drawing
from pages.parts.panels import chart, plain
from pages.parts.spending import (
    Subject,
    burns_of,
    course_of,
    drawn_length,
    marks_of,
)
from pages.parts.view import View
from slo_core.budget.budgets import allocation_at
from slo_core.budget.burn import burn_alerts, largest_burn
from slo_core.budget.corrected import beside_name, others
from slo_core.budget.course import burns, closed
from slo_core.budget.standing import risk_window
from slo_core.durations import parse_duration
from slo_core.figures import html
from slo_core.figures.burn import STATES_OF_BURN, burn_figure
from slo_core.figures.causes import gap_words
from slo_core.figures.theme import STATES
from slo_core.sli.marks import nearest_changes
from slo_core.sli.steps import HOUR, floor
from slo_core.text import NO_DATA, clock, counted, duration, factor, percent

_CHANGES = 5


def show_burn(view: View, subject: Subject) -> None:
    """All burn rates against their alerts, then the subject's over the range, by the hour."""
    _table(view)
    _over_time(view, subject)


def _over_time(view: View, subject: Subject) -> None:
    names = view.catalog.rules.burn_windows.value
    windows = {name: parse_duration(name) for name in names}
    start = floor(view.at - drawn_length(view), HOUR)
    whole = course_of(view, subject)
    course = whole[whole["at"] >= start]
    if not course["valid"].any():
        st.info(
            f"No valid event of {plain(subject.name)} was counted since {clock(start)}; choose a "
            "longer range, or another objective.",
            icon=":material/inbox:",
            title="No data",
        )
        return
    rates = closed(
        burns(whole, windows, subject.objective.error_rate), view.at, subject.stated["burn_rate"]
    )
    rates = rates[rates["at"] > start]
    alerts = burn_alerts(view.catalog, subject.journey.id, subject.objective)
    now = _burns_words(subject)
    takeaway = f"Burn of {subject.name}: {now}"
    marks = marks_of(view, subject, start)
    figure = drawing(
        burn_figure,
        rates,
        course,
        subject.objective,
        subject.budget,
        alerts,
        windows,
        marks,
        view.colours,
        at=view.at,
    )
    chart(figure, view.colours, alt=takeaway, name="burn_rates")
    how = f"1× spends exactly the whole budget in its window, {subject.window}; nothing can burn "
    how += f"faster than {factor(largest_burn(subject.objective))}. "
    words = f"{takeaway}. "
    if subject.budget:
        latest = allocation_at(subject.budget, view.at).hourly
        how += f"Hours: {'; '.join(latest.document)}. " if latest.document else ""
        words += _levels(course, subject)
    else:
        words += "The document gives it no alert on burn and no hourly levels: it is headroom. "
    if view.length != drawn_length(view):
        words += f" Drawn by the hour since {clock(start)}, whatever the range."
    st.caption(words, help=f"{how}Scales widen where figures are small.")
    if other := subject.other:
        same = course.equals(_since(view, other, start)) and _burns_words(other) == now
        words = (
            f"◐ The figures as {subject.figures} decide, and are drawn. As {other.figures}: "
            f"{_burns_words(other)}. Alerts look at what was measured."
        )
        st.caption("" if same else words)
    table = course.assign(bad=course["valid"] - course["good"])[["at", "bad", "valid"]]
    csv_button(table.merge(rates.drop(columns="gap"), on="at", how="outer"), "burn_by_hour")
    _changes(view, subject, course, marks)


def _since(view: View, subject: Subject, start: datetime) -> pd.DataFrame:
    """A subject's hours since a moment."""
    course = course_of(view, subject)
    return course[course["at"] >= start]


def _burns_words(subject: Subject) -> str:
    return ", ".join(
        f"{factor(burn)} over {name}" for name, burn in subject.stated["burn_rate"].items()
    )


def _changes(view: View, subject: Subject, course: pd.DataFrame, marks: pd.DataFrame) -> None:
    """What changed nearest to the beginning of the time that spent most above the budget."""
    found = stretch_of(view, subject.objective, course)
    if found is None:
        return
    spent = stretch_words(subject.objective, found, HOUR, view.at)
    st.markdown(f"**What changed?** {plain(subject.name)} spent most above its budget {spent}.")
    near = nearest_changes(marks, found.start).head(_CHANGES)
    if near.empty:
        st.markdown(NO_CHANGE)
        return
    period = (found.start, found.last + HOUR)
    cells = [
        [html.text(row.title), html.number(clock(row.at)), html.number(gap_words(row.at, period))]
        for row in near.itertuples()
    ]
    headers = ("Nearest to its beginning first", "At", "How near")
    st.html(html.table(headers, cells, view.colours, caption="Changes, the nearest first"))
    csv_button(near.assign(gap=near["gap"].dt.total_seconds()), "changes")


def _levels(course: pd.DataFrame, subject: Subject) -> str:
    """How many hours of the range had which level."""
    assert subject.budget is not None
    seen = course[course["valid"] > 0]
    levels = [
        allocation_at(subject.budget, row.until).hourly.level(row.valid - row.good)
        for row in seen.itertuples()
    ]
    return (
        f"Of {counted(len(seen), 'hour')} with data {levels.count('critical')} were critical and "
        f"{levels.count('warning')} warning."
    )


def _table(view: View) -> None:
    table = burns_of(view)
    budgeted = table[table["budgeted"]]
    st.html(_rows(view, budgeted, "Burn rates of the services that have an error budget"))
    rest = table[~table["budgeted"]]
    if len(rest):
        words = f"The other {counted(len(rest), 'objective')}: headroom, which pages nobody"
        more = st.expander(words, key="burn_headroom", bind="query-params")
        if more.open:
            with more:
                st.html(_rows(view, rest, "Burn rates of the other objectives"))
    st.caption(
        f"Time to exhaustion: on the straight line at the burn over "
        f"{risk_window(view.catalog.rules)}.",
        help="From what is left of each objective's own window now; failures that age out are left "
        "aside.",
    )
    named = table.assign(alert=[alert.burn if alert else None for alert in table["alert"]])
    keep = ["journey", "objective", "window", "target", "budgeted", "stale"]
    keep += [*view.catalog.rules.burn_windows.value, "alert", "alert_burn", "state"]
    lasts = named["lasts"].dt.total_seconds() / 3600
    csv_button(named[keep].assign(hours_to_exhaustion=lasts), "burn_rates_now")


def _rows(view: View, rows: pd.DataFrame, caption: str) -> str:
    windows = view.catalog.rules.burn_windows.value
    headers = ["Objective", *(f"Burn {name}" for name in windows)]
    headers += ["Alert above", "State", "Time to exhaustion", "Cause"]
    beside = {
        (it["journey"], it["objective"]): (beside_name(it), other["burn_rate"])
        for it in view.status["objectives"]
        if (other := others(it)) is not None
    }
    cells = [
        [
            html.text(row.name, small=f"{row.journey_name}, {row.window}"),
            *(_burn(row, name, beside.get((row.journey, row.objective))) for name in windows),
            _alert(row),
            _state(view, row),
            html.number(_lasts(row)),
            html.link(
                "Why?",
                why(row.journey, row.objective),
                name=f"Why {row.journey_name}: {row.name} spends its budget",
            ),
        ]
        for row in rows.rename(columns={name: f"burn_{name}" for name in windows}).itertuples()
    ]
    return html.table(headers, cells, view.colours, caption=caption)


def _burn(row: Any, window: str, beside: tuple[str, dict[str, Any]] | None) -> html.Cell:
    """A burn rate, and beside it the one that does not decide, where a correction touches it."""
    burn = burn_of(row, window)
    other = beside[1].get(window) if beside else None
    if beside is None or other == burn:
        return html.number(factor(burn))
    return html.number(factor(burn), small=f"{beside[0]} {factor(other)}")


def burn_of(row: Any, window: str) -> float | None:
    """A burn rate of a row, by the name of its window."""
    burn: float = getattr(row, f"burn_{window}")
    return None if pd.isna(burn) else burn


def _alert(row: Any) -> html.Cell:
    if row.alert is None:
        return html.text("none", small="headroom" if not row.budgeted else "")
    over = duration(row.alert.window.total_seconds())
    return html.text(f"{row.alert.burn:g}×", small=f"over {over}, {row.alert.severity}")


def _state(view: View, row: Any) -> html.Cell:
    if row.stale:
        return html.state(STATES["stale"], view.colours, small=f"since {clock(row.last_event)}")
    few = "few events" if row.few_events else ""
    return html.state(STATES_OF_BURN[row.state], view.colours, small=few)


def _lasts(row: Any) -> str:
    """How long the budget lasts at the current burn, in words."""
    if pd.isna(row.remaining_ratio):
        return NO_DATA
    if row.remaining_ratio <= 0:
        return f"spent, {percent(-row.remaining_ratio, digits=1)} over"
    if pd.isna(row.burn_risk):
        return NO_DATA
    return "never" if pd.isna(row.lasts) else duration(row.lasts.total_seconds())
