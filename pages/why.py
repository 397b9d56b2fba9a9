"""Why an objective is missed: what its bad events have in common, when, and some raw rows."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from pages.parts.causes import Subject, causes_of, choose_subject, course_of, downtime_of
from pages.parts.corrections import show_both
from pages.parts.maintenance import left_out_words
from pages.parts.panels import panel, panel_when_near
from pages.parts.view import View, current_view
from pages.parts.why_panels import (
    counted,
    plain_name,
    show_dimension,
    show_files,
    show_left_out,
    show_only,
    show_periods,
    show_reasons_down,
    show_rows,
    show_standing,
    show_takeaway,
    show_when,
    verdict_of_platform,
)
from slo_core.figures.words import amount_words
from slo_core.sli.breakdown import budgeted_part, worst_period
from slo_core.text import clock


def explain_events(view: View, subject: Subject) -> None:
    """What bad requests or values have in common, when they happened, and some of them."""
    found = causes_of(view, subject)
    only = budgeted_part(subject.objective, found) | subject.only
    course = course_of(view, subject, only)
    took = amount_words(subject.objective, found.bad(only))
    show_only(subject)
    verdict_of_platform(subject, found)
    st.caption(counted(found))
    show_left_out(subject)
    if not found.bad({}):
        st.success(f"Nothing was bad: {took}.", icon=":material/check:")
        return
    ranks = {name: found.ranked(name, only) for name in found.dimensions}
    show_takeaway(subject, ranks)
    with st.grid(2, min_column_width=420, gap="small"):
        for name, ranked in ranks.items():
            show_dimension(view, subject, name, ranked, found.platforms)
    show_files(ranks)
    worst = worst_period(course)
    show_course(partial(show_when, view, subject, course, worst, took))
    show_raw(partial(show_rows, view, subject, worst, course, only))


def explain_downtime(view: View, subject: Subject) -> None:
    """When a scope was down, what says so, and the probes and requests that failed."""
    found = downtime_of(view, subject)
    took = f"{amount_words(subject.objective, found.reasons['bad'].sum())} down"
    show_left_out(subject)
    if found.periods.empty:
        st.success("It was never seen down in this window.", icon=":material/check:")
        return
    with panel("Downtime", "When was it down, for how long, and what says so?"):
        show_reasons_down(view, subject, found.reasons)
        show_periods(view, found.periods)
    onset = found.periods["start"].iloc[0].to_pydatetime()
    worst = worst_period(found.course)
    show_course(partial(show_when, view, subject, found.course, worst, took, onset))
    show_raw(partial(show_rows, view, subject, worst, found.course, {}))


def show_course(draw: Callable[[], None]) -> None:
    """The panel of when it happened, which ``draw`` fills."""
    panel_when_near(
        "When did it go wrong?",
        "Which hours cost most, and what happened beside them?",
        draw,
        name="course",
        height=760,
    )


def show_raw(draw: Callable[[], None]) -> None:
    """The panel of raw rows, which ``draw`` fills."""
    panel_when_near("Raw rows", "What did single ones look like?", draw, name="raw", height=460)


view = current_view()
subject = choose_subject(view)
promise = f"Promised: {subject.objective.document}, over {subject.objective.window}. Is it kept?"
with panel(plain_name(subject), promise, ready=True):
    show_standing(subject)
    show_both(view, subject.stated)
    if subject.scope:
        for words in left_out_words(view, subject.journey.id):
            st.caption(words)
if not subject.stated["valid"]:
    st.info(
        f"No valid event in the {subject.objective.window} up to {clock(view.at)}, so there is "
        "nothing that could have a cause: choose a moment with data, or another objective.",
        icon=":material/inbox:",
        title="No data",
    )
elif subject.scope:
    explain_downtime(view, subject)
else:
    explain_events(view, subject)
