"""The panels over time: requests and errors, what changed, and how long things took."""

from datetime import UTC, timedelta

import pandas as pd
import streamlit as st

from pages.parts.changed import NO_CHANGE, changes_words
from pages.parts.choice import ALL, choose, shared
from pages.parts.downloads import csv_button
from pages.parts.drawn import drawing
from pages.parts.health import heatmap_of, marks_of, subject_of, traffic_of
from pages.parts.panels import chart, plain
from pages.parts.view import View
from slo_core.catalog import Success
from slo_core.figures import html
from slo_core.figures.heatmap import heatmap_figure
from slo_core.figures.traffic import traffic_figure
from slo_core.sli.heatmap import Subject, subjects
from slo_core.sli.marks import nearest_changes
from slo_core.sli.sums import REASONS
from slo_core.sli.traffic import worst_time
from slo_core.text import clock, count, duration, latency, percent

_WEEK = timedelta(days=7)
_CHANGES = 4

_TIMED_OF = "_timed_of"
"""Where the journey is remembered for which the heatmap's choice was made."""


def show_traffic(view: View) -> None:
    """Requests and failures of one journey or all, beside the same time a week before."""
    names = {journey.id: journey.name for journey in view.catalog.journeys}
    journey = _journey(view)
    choose("Journey", {ALL: "All journeys", **names}, journey or ALL, name="journey")
    frame = traffic_of(view, journey)
    before = traffic_of(view, journey, view.at - _WEEK)
    valid, failed = frame["valid"].sum(), frame["failed"].sum()
    who = "All journeys" if journey is None else names[journey]
    if not frame["requests"].sum():
        st.info(
            f"No request of {plain(who)} was logged in this range; choose a longer one, or another "
            "journey.",
            icon=":material/inbox:",
            title="No data",
        )
        return
    marks = marks_of(view, journey)
    rate = failed / valid if valid else None
    old = before["failed"].sum() / before["valid"].sum() if before["valid"].sum() else None
    _key_figures(frame, before, rate, old)
    allowed = _allowed(view, journey)
    reasons = frame[list(REASONS)].sum().sort_values(ascending=False)
    main = str(reasons.index[0]).replace("_", " ") if failed else ""
    takeaway = (
        f"{who}: {count(failed)} of {count(valid)} valid requests failed, {percent(rate)}, a week "
        f"before {percent(old)}" + (f"; mostly by {main}" if main else "")
    )
    # A minute that is running would look like a fall.
    drawn = frame[frame["at"] < pd.Timestamp.now(UTC).tz_localize(None).floor("min")]
    chart(
        drawing(traffic_figure, drawn, before, marks, view.colours, allowed=allowed, at=view.at),
        view.colours,
        alt=takeaway,
        name="requests_and_errors",
    )
    st.caption(
        f"{takeaway}.",
        help="Requests of the source that counts, excluded ones aside. The axis of failures is as "
        "high as those of this range; where the dotted line of a week before leaves it, its value "
        "is told on hover.",
    )
    csv_button(frame, "requests_and_errors")
    _changes(view, frame, marks)


def _journey(view: View) -> str | None:
    """The journey that the reader keeps to, here or on another page; None means all."""
    wanted = shared("journey")
    return view.catalog.journey(wanted).id if wanted else None


def _key_figures(
    frame: pd.DataFrame, before: pd.DataFrame, rate: float | None, old: float | None
) -> None:
    """Requests and error rate with their change against the week before."""
    requests, earlier = frame["requests"].sum(), before["requests"].sum()
    against = "against the same time a week before"
    with st.grid(2, min_column_width=170, gap="small"):
        change = requests / earlier - 1 if earlier else None
        st.metric(
            "Requests",
            count(requests),
            None if change is None else f"{change:+.1%}".replace("%", " %"),
            delta_color="off",
            delta_description=against if change is not None else "no data a week before",
        )
        points = None if rate is None or old is None else (rate - old) * 100
        st.metric(
            "Error rate",
            percent(rate),
            None if points is None else 0 if abs(points) < 0.005 else f"{points:+.2f} points",
            delta_color="inverse",
            delta_description=against if points is not None else "no data a week before",
        )


def _allowed(view: View, journey: str | None) -> float | None:
    """What the journey's own objective on all of its requests lets fail."""
    if journey is None:
        return None
    rates = [
        objective.error_rate
        for objective in view.catalog.journey(journey).objectives
        if isinstance(objective.indicator, Success) and objective.indicator.step is None
    ]
    return min(rates, default=None)


def _changes(view: View, frame: pd.DataFrame, marks: pd.DataFrame) -> None:
    """What changed nearest to when things were worst: the first question of anyone on call."""
    worst = worst_time(frame, view.catalog.rules.min_failures.value)
    near = nearest_changes(marks, view.at if worst is None else worst)
    told = (
        "Hardly anything failed in this range; these are the latest."
        if worst is None
        else f"Most requests failed from {clock(worst)} on; these are nearest to that."
    )
    if near.empty:
        st.markdown(f"**What changed?** {NO_CHANGE}")
        return
    st.markdown(f"**What changed?** {told}")
    rows = [
        [html.text(row.title), html.number(clock(row.at)), html.number(_gap(row.gap))]
        for row in near.head(_CHANGES).itertuples()
    ]
    headers = ("Change, the nearest first", "At", "How near")
    st.html(html.table(headers, rows, view.colours, caption="Changes, the nearest first"))
    csv_button(near.assign(gap=near["gap"].dt.total_seconds()), "changes")


def _gap(gap: timedelta) -> str:
    seconds = gap.total_seconds()
    side = "before" if seconds >= 0 else "after"
    return f"{duration(abs(seconds))} {side}" if abs(seconds) >= 60 else "in the same minute"


def show_heatmap(view: View) -> None:
    """How long one journey took, as a density with its percentiles and objectives."""
    known = subjects(view.catalog)
    if not known:
        st.info("No objective of the catalogue is about a time taken.", icon=":material/inbox:")
        return
    names = {subject.id: _name(subject, known) for subject in known}
    kept = _journey(view)
    first = next((place for place, it in enumerate(known) if it.journey.id == kept), 0)
    if st.session_state.setdefault(_TIMED_OF, kept) != kept:
        # Another journey was chosen since: what is timed is of it, where anything is.
        st.session_state[_TIMED_OF] = kept
        if known[first].journey.id == kept:
            st.session_state["latency"] = known[first].id
    chosen = st.selectbox(
        "Time taken by",
        list(names),
        index=first,
        format_func=lambda it: names.get(it, it),
        key="latency",
        bind="query-params",
        width=300,
    )
    subject = subject_of(view, chosen)
    found = heatmap_of(view, subject.id)
    if found.lines.empty:
        st.info(
            f"Nothing of {plain(names[chosen])} was timed in this range.",
            icon=":material/inbox:",
            title="No data",
        )
        return
    missed = found.missed["at"].nunique()
    seen = int((found.steps["events"] > 0).sum())
    step = duration(found.step.total_seconds())
    lines = found.lines.sort_values("at").groupby("quantile").tail(1).sort_values("quantile")
    latest = ", ".join(
        f"P{row.quantile * 100:g} {'over ' if row.above else ''}{latency(row.value)}"
        for row in lines.itertuples()
    )
    takeaway = (
        f"{names[chosen]}: an objective was missed in {missed} of {seen} intervals of {step}; "
        f"at the end {latest}"
    )
    marks = marks_of(view, subject.journey.id)
    figure = drawing(
        heatmap_figure,
        found,
        subject.objectives,
        marks,
        view.colours,
        at=view.at,
    )
    chart(figure, view.colours, alt=takeaway, name="latency_heatmap")
    changed = ""
    if missed:
        # Where most objectives were missed at once; of equals the first.
        worst = found.missed["at"].value_counts(sort=False).sort_index().idxmax().to_pydatetime()
        changed = f" **What changed?** It was worst from {clock(worst)} on. "
        changed += changes_words(marks, worst, worst + found.step)
    st.caption(
        f"{takeaway}.{changed}",
        help=f"Colour: share of the events of that time, of {count(found.steps['events'].sum())} "
        "in all; timeouts lie at the timeout, as slower than anything. ✕: missed by itself; the "
        "verdict is over the objective's window.",
    )
    csv_button(found.lines, "latency_percentiles")


def _name(subject: Subject, known: list[Subject]) -> str:
    """The journey's name, with what is timed where it has more than one."""
    alike = [other for other in known if other.journey.id == subject.journey.id]
    if len(alike) == 1:
        return subject.journey.name
    what = subject.objectives[0].name if subject.metric else subject.step or "requests"
    return f"{subject.journey.name}: {what}"
