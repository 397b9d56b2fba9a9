"""The burn-down of the panel of historical consumption, with the policy's states."""

from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from pages.parts.downloads import csv_button
from pages.parts.drawn import drawing
from pages.parts.exits import show_exit
from pages.parts.panels import chart, plain
from pages.parts.spending import (
    Subject,
    course_of,
    drawn_length,
    forecast_of,
    history_of,
    marks_of,
    states_of,
)
from pages.parts.view import View
from slo_core.budget.burn_down import calendar, rolling
from slo_core.budget.course import closed
from slo_core.budget.exhaustion import calendar_end, rolling_end
from slo_core.budget.policy import since
from slo_core.budget.spending import month_allowed, month_end
from slo_core.budget.standing import risk_window
from slo_core.budget.straight_line import End
from slo_core.durations import parse_duration
from slo_core.figures import html
from slo_core.figures.burn_down import Axis, Other, Pace, Projection, burn_down_figure
from slo_core.figures.exhaustion import end_words, projection_words
from slo_core.figures.theme import STATES
from slo_core.figures.words import amount_words, policy_words
from slo_core.sli.steps import HOUR, floor
from slo_core.sli.windows import calendar_month
from slo_core.text import NO_DATA, budget_left, clock, count, duration, percent

BASES = {"rolling": "Rolling window", "calendar": "Calendar month"}


def choose_basis(subject: Subject) -> str:
    """Over which budget the page is; without an allocation there is only the rolling one."""
    if not subject.budget:
        st.caption("Without an allocation of the document's there is only the rolling window.")
        return "rolling"
    basis: str = st.radio(
        "Budget over",
        list(BASES),
        horizontal=True,
        format_func=lambda name: BASES[name],
        key="budget",
        bind="query-params",
        help="The rolling window follows traffic and forgets old failures. The calendar month has "
        "the document's fixed allocation and starts afresh on the first.",
    )
    return basis


def show_burn_down(view: View, subject: Subject, basis: str) -> None:
    """What was left over time, and what may come; as measured and as corrected, where both are."""
    projection = Projection(*forecast_of(view, subject, basis))
    frame, axis, pace, end, told = _drawn(view, subject, basis, projection)
    if not frame["remaining_ratio"].notna().any():
        st.info(
            f"Nothing of {plain(subject.name)} was counted in {_window_words(view, subject, basis)}"
            "; move the moment, or choose another objective.",
            icon=":material/inbox:",
            title="No data",
        )
        return
    policy = view.catalog.policy if subject.budget else None
    states = states_of(view, subject, axis.start) if subject.budget else pd.DataFrame()
    last = frame["remaining_ratio"].dropna().iloc[-1]
    takeaway = (
        f"{subject.name}: {percent(last, digits=1)} of the {subject.noun} is left, "
        f"{BASES[basis].lower()}; projection: {projection_words(projection.row, view.at)}"
    )
    other = _other(view, subject, basis)
    figure = drawing(
        burn_down_figure,
        frame,
        states,
        subject.objective,
        policy,
        pace,
        end,
        projection,
        marks_of(view, subject, axis.start),
        view.colours,
        axis=axis,
        other=other,
    )
    chart(figure, view.colours, alt=takeaway, name="burn_down")
    if other:
        st.caption(f"◐ {other.words}")
    note = projection.row["note"]
    st.caption(
        f"{takeaway}. {f'It {note}. ' if note.startswith('rests') else ''}"
        f"Straight line, for reference: {end_words(end, view.at)}. {told}",
        help="The dashed line is the middle of what may be left at each moment; a budget can run "
        "out and recover between.",
    )
    _both(view, subject)
    csv_button(_table(subject, frame, other), "burn_down")
    if subject.budget:
        _state(view, subject)
        show_exit(view, subject)


def _drawn(view: View, subject: Subject, basis: str, projection: Projection) -> "Drawn":
    course = course_of(view, subject)
    if basis == "calendar":
        return _calendar(view, subject, course)
    return _rolling(view, subject, course, projection)


def _other(view: View, subject: Subject, basis: str) -> Other | None:
    """The line of the figures that do not decide, and what they come to; None without a correction.

    A correction that lies before all that is drawn has no part in it.
    """
    if subject.other is None:
        return None
    own, name = subject.other, f"As {subject.other.figures}"
    projection = Projection(*forecast_of(view, own, basis))
    frame, _, _, end, _ = _drawn(view, own, basis, projection)
    left = frame["remaining_ratio"].dropna()
    told = percent(left.iloc[-1], digits=1) if len(left) else NO_DATA
    words = (
        f"The figures as {subject.figures} decide, and the policy's strip is theirs. {name} "
        f"(dotted) {told} of the {own.noun} is left; projection: "
        f"{projection_words(projection.row, view.at)}; straight line: {end_words(end, view.at)}."
    )
    if own.budget and len(history := history_of(view, own)):
        now = history.iloc[-1]
        state = policy_words(now["state"], now["exit_confirmed"])
        words += f" {name} its policy is {STATES[now['state']].symbol} {state}."
    return Other(name, frame, words)


def _table(subject: Subject, frame: pd.DataFrame, other: Other | None) -> pd.DataFrame:
    """The frame as a file has it: both figures where there are both, named by which they are."""
    if other is None or subject.other is None:
        return frame.drop(columns="gap")
    sides = [
        frame.assign(figures=subject.figures),
        other.frame.assign(figures=subject.other.figures),
    ]
    return pd.concat(sides, ignore_index=True).drop(columns="gap")


def _state(view: View, subject: Subject) -> None:
    """The policy's state in words, on which budget it rests, and how it came about."""
    history = history_of(view, subject)
    if history.empty:
        st.caption("The policy has no state yet: there is too little history.")
        return
    policy, basis = view.catalog.policy, view.catalog.policy.basis
    over = (
        f"the rolling budget of the {subject.window} before"
        if basis.value == "rolling"
        else "the calendar month's budget"
    )
    now = history.iloc[-1]
    st.caption(
        f"The strip is the policy's state at each whole hour, from {over}, whichever is drawn: "
        f"{STATES[now['state']].symbol} {policy_words(now['state'], now['exit_confirmed'])} since "
        f"{clock(since(history))}.",
        help=f"Exhausted below {percent(policy.exhausted_below)} and until above "
        f"{percent(policy.exit_above)}, then low until its exit is confirmed; healthy from "
        f"{percent(policy.healthy_from)} on. {basis.assumption or ''}",
    )
    with st.expander(f"Every state so far: {len(history)}"):
        newest = history.iloc[::-1]
        rows = [
            [
                html.state(
                    STATES[row.state],
                    view.colours,
                    small="exit not confirmed" if row.exit_confirmed is False else "",
                ),
                html.number(clock(row.start)),
                html.number(duration(_lasted(row, view).total_seconds())),
                html.number(percent(row.remaining_ratio, digits=1)),
            ]
            for row in newest.itertuples()
        ]
        headers = ("State", "Entered", "Lasted", "Left when it began")
        st.html(
            html.table(headers, rows, view.colours, caption="States of the policy, newest first")
        )
        csv_button(history, "policy_states")


def _lasted(row: Any, view: View) -> timedelta:
    end = pd.Timestamp(view.at) if pd.isna(row.end) else row.end
    lasted: timedelta = end - row.start
    return lasted


Drawn = tuple[pd.DataFrame, Axis, Pace | None, End, str]


def _rolling(view: View, subject: Subject, course: pd.DataFrame, projection: Projection) -> Drawn:
    start = floor(view.at - drawn_length(view), HOUR)
    whole = rolling(course, subject.length, subject.objective.error_rate)
    frame = closed(whole, view.at, subject.rolling)
    frame = frame[frame["at"] >= start].reset_index(drop=True)
    burn = subject.stated["burn_rate"][risk_window(view.catalog.rules)]
    end = rolling_end(subject.rolling["remaining_ratio"], burn, subject.length, view.at)
    axis = Axis(start, view.at, _until(view, projection))
    told = (
        f"Rolling: at each hour, what the {subject.window} before it left of what their traffic "
        "allowed. It climbs when old failures leave the window. "
    )
    known = frame[frame["remaining_ratio"].notna()]
    pace = None
    if len(known):
        first = known.iloc[0]
        begin = first["at"].to_pydatetime()
        share = float(first["remaining_ratio"])
        pace = Pace(begin, share, subject.length, f"Even pace: 1× from {begin:%d %b} on")
        told += (
            f"It starts at {percent(share, digits=0)} because the {subject.window} before "
            f"{clock(begin)} had spent {percent(1 - share, digits=0)}."
        )
        data = course.loc[course["valid"] > 0, "at"]
        if len(data) and data.iloc[0] > pd.Timestamp(begin - subject.length):
            told += f" Data begin at {clock(data.iloc[0])}, so the first windows are not full."
    return frame, axis, pace, end, told


def _until(view: View, projection: Projection) -> datetime:
    """How far a chart looks ahead: so far that its date is on it, where that is not too far."""
    row, length = projection.row, drawn_length(view)
    if projection.course.empty:
        return view.at + length * 0.04
    dates = [row[it] for it in ("recovery", "p50", "p10") if pd.notna(row[it])]
    wanted = (dates[0] - view.at) * 1.1 if dates else timedelta()
    ahead = min(max(wanted, length * 0.6), length * 1.5)
    until: datetime = row["until"].to_pydatetime()
    return min(view.at + ahead, until)


def _calendar(view: View, subject: Subject, course: pd.DataFrame) -> Drawn:
    assert subject.budget is not None
    assert subject.month is not None
    month = calendar_month(view.at)
    last = month_end(month.start)
    allowed = subject.month["allowed"]
    hours = course[course["at"] >= month.start]
    ends = hours["until"].dt.to_pydatetime()
    frame = calendar(hours, [month_allowed(subject.budget, end) for end in ends])
    over = parse_duration(risk_window(view.catalog.rules))
    end = calendar_end(subject.month["remaining"], course, over, view.at)
    told = (
        f"Calendar: {month.name} against the document's fixed allocation, "
        f"{amount_words(subject.objective, allowed)}. It starts "
        "whole on the first and never climbs, whatever the traffic."
    )
    pace = Pace(month.start, 1.0, last - month.start, "Even pace: nothing left at the month's end")
    return frame, Axis(month.start, view.at, last), pace, end, told


def _both(view: View, subject: Subject) -> None:
    """The rolling and the month's budget side by side, where traffic is off its estimate too."""
    if not subject.month:
        return
    month = subject.month
    rolling_words = budget_left(
        subject.rolling["remaining"], subject.rolling["allowed"], month["unit"]
    )
    month_words = budget_left(month["remaining"], month["allowed"], month["unit"])
    words = f"Rolling {subject.window}: {rolling_words}. Month {month['month']}: {month_words}. "
    traffic = month["traffic"]
    if traffic and traffic["off_estimate"]:
        change = traffic["requests"] / traffic["expected"] - 1
        words = (
            f"▲ {month['month']} has {count(traffic['requests'])} requests so far, "
            f"{percent(abs(change), digits=0)} {'above' if change > 0 else 'below'} the estimate. "
            + words
        )
    st.caption(f"{words}The policy's verdict uses: {month['policy_basis']}.")


def _window_words(view: View, subject: Subject, basis: str) -> str:
    return calendar_month(view.at).name if basis == "calendar" else f"the {subject.window} before"
