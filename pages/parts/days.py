"""What each day and each month took of a budget, as measured and as corrected where both are."""

from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from pages.parts.data import state_of
from pages.parts.downloads import csv_button
from pages.parts.panels import chart
from pages.parts.spending import Subject, corrected_courses_of, course_of, courses_of
from pages.parts.view import View
from slo_core.budget.corrected import which_decides
from slo_core.budget.course import Key
from slo_core.budget.spending import days, months
from slo_core.catalog import Budget
from slo_core.figures import html
from slo_core.figures.spending import days_figure
from slo_core.figures.theme import STATES
from slo_core.figures.words import budget_words
from slo_core.sli.steps import DAY
from slo_core.text import NO_DATA, counted, percent


def show_days(view: View, subject: Subject) -> None:
    """A calendar of days by what each spent."""
    frame = _days(view, subject)
    if not len(frame) or frame["pace"].isna().all():
        st.markdown("No day with data is known.")
        return
    takeaway = _days_words(frame)
    chart(
        days_figure(frame, subject.objective, view.colours),
        view.colours,
        alt=takeaway,
        name="budget_by_day",
    )
    even = (
        "An even day's part is the month's allocation over its days."
        if subject.budget
        else "An even day's part is what the day's own traffic allows."
    )
    other = _days(view, subject.other) if subject.other else frame
    unknown = frame["pace"].isna().sum()
    known = other.loc[other["pace"].notna(), "day"]
    gone = frame.loc[frame["pace"].isna(), "day"].isin(known).sum()
    left_out = f", {gone} of them left out" if gone else ""
    st.caption(f"{takeaway}. {even} {counted(unknown, 'day has', 'days have')} no data{left_out}.")
    if subject.other:
        if not other.equals(frame):
            st.caption(
                f"◐ The figures as {subject.figures} decide. As {subject.other.figures}: "
                f"{_days_words(other)}."
            )
            sides = (frame.assign(figures=subject.figures), subject.other.figures)
            frame = pd.concat([sides[0], other.assign(figures=sides[1])], ignore_index=True)
    csv_button(frame, "budget_by_day")


def _days(view: View, subject: Subject) -> pd.DataFrame:
    course = _recent(view, course_of(view, subject))
    return days(course, subject.objective.error_rate, subject.budget)


def _days_words(frame: pd.DataFrame) -> str:
    """How many days spent more than an even part, and which spent most."""
    known = frame.dropna(subset="pace")
    if known.empty:
        return NO_DATA
    worst = known.loc[known["pace"].idxmax()]
    return (
        f"{int((known['pace'] > 1).sum())} of {len(known)} days with data spent more than an even "
        f"day's part; most {worst['day']:%d %b %Y}, {worst['pace']:.1f} times it"
    )


def _recent(view: View, course: pd.DataFrame) -> pd.DataFrame:
    """The hours of the months that are shown, from the first date with data on."""
    seen = course[course["valid"] > 0]
    if seen.empty:
        return seen
    first: datetime = seen["at"].iloc[0]
    return course[course["at"] >= first]


def show_months(view: View, subject: Subject) -> None:
    """Months side by side, for every service that has an allocation."""
    measured, corrected = courses_of(view, subject), corrected_courses_of(view, subject)
    frames, others = {}, {}
    decides = which_decides(view.catalog)
    state = state_of(view.rollup)
    for budget in view.catalog.budgets:
        key = (budget.service, budget.objective)
        sides = {"measured": measured[key], "corrected": corrected.get(key, measured[key])}
        own = sides.pop(decides)
        frames[budget.service] = _months(state, view.at, view.length, key, decides, own, budget)
        if key in corrected:
            [(figures, course)] = sides.items()
            others[budget.service] = _months(
                state, view.at, view.length, key, figures, course, budget
            )
    if not frames:
        st.markdown("The catalogue gives no service a month's allocation.")
        return
    beside = "measured" if decides == "corrected" else "corrected"
    names = [view.catalog.journey(service).name for service in frames]
    lowest = min((float(f["remaining_ratio"].min()) for f in frames.values()), default=0.0)
    first = next(iter(frames.values()))
    rows: list[list[html.Cell]] = []
    touched = False
    for place in range(len(first)):
        start = first["start"].iloc[place]
        cells = [html.number(f"{start:%b %Y}", small="so far" if place == 0 else "")]
        for service, frame in frames.items():
            own, small = frame.iloc[place], ""
            if service in others and _differ(own, others[service].iloc[place]):
                ratio = others[service]["remaining_ratio"].iloc[place]
                small = f"; ◐ as {beside}: {percent(ratio, digits=1)}"
                touched = True
            cells.append(_month(view, service, own, lowest, small))
        rows.append(cells)
    st.html(
        html.table(("Month", *names), rows, view.colours, caption="Months against their allocation")
    )
    st.caption(
        "Each calendar month against the allocation that counted last in it, whatever the "
        "traffic; on one scale, zero at the thick line."
        + (f" ◐ What a correction touches is as {decides}, which decides." if touched else "")
    )
    table = pd.concat([frame.assign(service=service) for service, frame in frames.items()])
    if touched:
        other = [frame.assign(service=name, figures=beside) for name, frame in others.items()]
        table = pd.concat([table.assign(figures=decides), *other])
    csv_button(table, "months")


@st.cache_data(max_entries=64, show_spinner=False)
def _months(
    state: tuple[str, ...],
    at: datetime,
    length: timedelta,
    key: Key,
    figures: str,
    _course: pd.DataFrame,
    _budget: Budget,
) -> pd.DataFrame:
    return months(_course, _budget)


def _differ(row: Any, other: Any) -> bool:
    """Whether a month's figure is another one without what corrections leave out."""
    one, two = row["remaining_ratio"], other["remaining_ratio"]
    return bool(one != two and not (pd.isna(one) and pd.isna(two)))


def _month(view: View, service: str, row: Any, lowest: float, beside: str) -> html.Cell:
    budget = view.catalog.budget(service)
    assert budget is not None
    policy = view.catalog.policy
    if pd.isna(row["remaining_ratio"]):
        return html.state(STATES["no_data"], view.colours, small=beside.removeprefix("; "))
    ratio = float(row["remaining_ratio"])
    state = STATES["missed" if ratio < 0 else "met"]
    share = percent(ratio, digits=1)
    objective = view.catalog.objective(service, budget.objective)
    left = budget_words(objective, row["remaining"], row["allowed"])
    partly = ""
    if row["first"] - row["start"] >= DAY:
        partly = f"; data from {row['first']:%d %b} on"
    if min(row["end"], pd.Timestamp(view.at)) - row["last"] >= timedelta(days=1):
        partly += f"; data until {row['last']:%d %b}"
    bar = html.gauge(
        ratio,
        (policy.exhausted_below, policy.healthy_from),
        view.colours,
        "bad" if ratio < 0 else "none",
        name=f"{row['month']}: {share} left",
        lowest=lowest,
    )
    words = f"{state.symbol} {share}" if ratio < 0 else share
    return f"{html.number(words)}{bar}{html.text('', small=left + partly + beside)}"
