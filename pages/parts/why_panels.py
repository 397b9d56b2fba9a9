"""The panels of the page on causes: how it stands, what it has in common, when, and raw rows."""

from datetime import date, datetime
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from pages.parts.addresses import why
from pages.parts.board import state_words
from pages.parts.causes import Subject, marks_around, probes_of, rows_of
from pages.parts.downloads import csv_button, csv_menu
from pages.parts.drawn import drawing
from pages.parts.nearing import when_near
from pages.parts.panels import chart, panel, plain
from pages.parts.view import View
from slo_core.budget.corrected import deciding
from slo_core.figures import html
from slo_core.figures.causes import (
    TITLES,
    down_words,
    gap_words,
    ranking,
    value_words,
    when_figure,
)
from slo_core.figures.theme import STATES
from slo_core.figures.words import amount_words, budget_words, unit_of
from slo_core.sli.breakdown import Causes, Only
from slo_core.sli.marks import nearest_changes
from slo_core.sli.sample_rows import Sample
from slo_core.text import NO_DATA, clock, count, duration, percent

_CHANGES = 5
_WORST, _LATEST = "worst", "latest"

_SAMPLE = 320
"""How high the table of raw rows is, in pixels."""

_MOSTLY = {
    "reason": "for the reason",
    "reached": "taking",
    "endpoint": "on",
    "status": "with status",
    "platform": "on platform",
    "step": "at step",
}

Period = tuple[datetime, datetime]


def show_standing(subject: Subject) -> None:
    """How the objective stands: verdict, SLI, what was bad, and what is left.

    By the figures that decide, as measured or as corrected.
    """
    stated, before = deciding(subject.stated), deciding(subject.before)
    objective = subject.objective
    budget, window = stated["budget"], objective.window
    compared = stated["sli"] is not None and before["sli"] is not None
    points = (stated["sli"] - before["sli"]) * 100 if compared else None
    more = budget["consumed"] - before["budget"]["consumed"] if compared else None
    noun, size = unit_of(objective)
    write = duration if noun == "seconds" else count
    spent = write(budget["consumed"] / size) if stated["valid"] else NO_DATA
    with st.grid(4, min_column_width=160, gap="small", key="tiles_standing"):
        if subject.stale and subject.verdict != "no_data":
            last = STATES[subject.verdict].word.lower()
            _metric(f"State, last {last}", state_words("stale"))
        else:
            _metric("State", state_words(subject.verdict))
        _metric(
            f"SLI over {window}",
            percent(stated["sli"], against=objective.target),
            None if points is None else 0 if abs(points) < 0.005 else f"{points:+.2f} points",
        )
        _metric(
            f"{'Time bad' if noun == 'seconds' else noun.capitalize()} over {window}",
            spent,
            None
            if more is None
            else f"{'-' if more < 0 else '+'}{write(abs(more) / size)}"
            if more
            else 0,
            inverse=True,
        )
        _metric(
            "Budget left" if objective.budgeted else "Headroom left",
            percent(budget["remaining_ratio"], digits=1),
        )
    against = (
        f"Changes are against the {window} before."
        if compared
        else (f"There are no data in the {window} before to compare with.")
    )
    left = budget_words(objective, budget["remaining"], budget["allowed"])
    words = f"{left[0].upper()}{left[1:]}. " if stated["valid"] else ""
    if subject.few_events:
        words += "▲ Few events: not a single bad one is allowed. "
    if stated["approximate"]:
        words += (
            "▲ Approximate: part of the window is kept history without this threshold, and what "
            "was bad in it cannot be told apart below. "
        )
    st.caption(f"{words}Target: {percent(objective.target, digits=4)}. {against}")


def _metric(label: str, value: str, change: Any = None, *, inverse: bool = False) -> None:
    st.metric(
        label,
        value,
        change,
        delta_color="inverse" if inverse else "normal",
        border=True,
        height="stretch",
    )


def show_takeaway(subject: Subject, ranks: dict[str, pd.DataFrame]) -> None:
    """The value of each dimension that costs most, in one sentence."""
    tops = []
    for name, ranked in ranks.items():
        if len(ranked):
            words = _words(subject, name, str(ranked["value"].iloc[0]))
            share = percent(ranked["share"].iloc[0], digits=0)
            tops.append(f"{_MOSTLY[name]} **{plain(words)}** ({share})")
    if tops:
        st.markdown(f"What costs most: {', '.join(tops)}.")


def show_only(subject: Subject) -> None:
    """The values that the page keeps to, each with a way back."""
    links = [
        html.link(
            f"{TITLES[name][0]}: {_words(subject, name, value)} ✕",
            _address(subject, name, None),
            name=f"Show all {TITLES[name][0].lower()} again",
        )
        for name, value in subject.only.items()
    ]
    if links:
        st.html(f'<div class="slo-table">Only {" · ".join(links)}</div>')


def show_dimension(
    view: View, subject: Subject, name: str, ranked: pd.DataFrame, platforms: pd.DataFrame
) -> None:
    """One dimension's values as `ranked`, with the SLI of each of the ``platforms``."""
    title, question = TITLES[name]
    with panel(title, question, ready=True):
        if ranked.empty:
            st.markdown("Nothing was bad here.")
            return
        sli = {
            str(row.platform): percent(row.sli, against=subject.objective.target)
            + ("" if row.decides else ", too few")
            for row in platforms.itertuples()
        }
        st.html(
            ranking(
                ranked,
                title,
                lambda value: _words(subject, name, value),
                subject.objective,
                view.colours,
                allowed=subject.stated["budget"]["allowed"],
                address=lambda value: _address(subject, name, value),
                chosen=subject.only.get(name),
                more=("SLI", sli) if name == "platform" else None,
            )
        )


def show_files(ranks: dict[str, pd.DataFrame]) -> None:
    """The values of all dimensions as files."""
    csv_menu("causes", [(it, f"by_{name}", TITLES[name][0]) for name, it in ranks.items()])


def _words(subject: Subject, dimension: str, value: str) -> str:
    return value_words(dimension, value, subject.journey, subject.cuts)


def _address(subject: Subject, name: str, value: str | None) -> str:
    """The page with one value more, or with one less."""
    only = {key: kept for key, kept in subject.only.items() if key != name}
    if value is not None:
        only[name] = value
    return why(subject.journey.id, subject.objective.id, **only)


def show_when(
    view: View,
    subject: Subject,
    course: pd.DataFrame,
    worst: Period | None,
    took: str,
    onset: datetime | None = None,
) -> None:
    """When it went wrong, which hours were the ``worst``, and what changed nearest to them.

    ``onset`` is when exactly it began, where that is known better than to the hour.
    """
    happened = marks_around(view, subject)
    seen = int(course["bad"].notna().sum())
    takeaway = f"{took}, in {int((course['bad'] > 0).sum())} of {seen} hours with data"
    if worst:
        inside = (course["at"] >= worst[0]) & (course["at"] < worst[1])
        bad = amount_words(subject.objective, course.loc[inside, "bad"].sum())
        takeaway += f"; worst for its traffic {_span(worst)}, {bad}"
    figure = drawing(
        when_figure, course, worst, happened, subject.objective, view.colours, at=view.at
    )
    chart(figure, view.colours, alt=takeaway, name="when")
    st.caption(
        f"{takeaway}.",
        help="A bar is an hour, grey is no data; incidents, maintenance and changes are named on "
        "hover.",
    )
    csv_button(course, "when")
    if worst:
        _show_changes(view, happened, (onset or worst[0], worst[1]), exact=onset is not None)


def _show_changes(view: View, happened: pd.DataFrame, worst: Period, *, exact: bool) -> None:
    """What changed nearest to the start of the worst of it."""
    near = nearest_changes(happened, worst[0])
    begin = "downtime began" if exact else "hours begin"
    st.markdown(f"**What changed?** The worst {begin} at {clock(worst[0])}.")
    if near.empty:
        st.markdown("No change is logged in the objective's window.")
        return
    rows = [
        [
            html.text(row.title),
            html.text(clock(row.at)),
            html.text(gap_words(row.at.to_pydatetime(), worst)),
        ]
        for row in near.head(_CHANGES).itertuples()
    ]
    headers = ("Change, the nearest first", "At", "How near")
    st.html(html.table(headers, rows, view.colours, caption="Changes, the nearest first"))
    csv_button(near.assign(gap=near["gap"].dt.total_seconds()), "changes")


def show_rows(
    view: View, subject: Subject, worst: Period | None, course: pd.DataFrame, only: Only
) -> None:
    """Some raw rows, of the worst hours or the latest ones."""
    start, end = course["at"].iloc[0].to_pydatetime(), view.at
    choices = {_WORST: "Worst hours", _LATEST: "Latest"} if worst else {_LATEST: "Latest"}
    chosen = st.radio(
        "From the",
        list(choices),
        horizontal=True,
        format_func=lambda it: choices.get(it, it),
        key="rows",
        bind="query-params",
    )
    days: set[date] | None = None
    if chosen == _WORST and worst:
        start, end = worst
    else:
        days = {moment.date() for moment in course.loc[course["bad"] > 0, "at"]}
    if subject.scope:
        st.markdown("**Failed probes**")
        _show_sample(probes_of(view, subject, start, end), "probes")
        st.markdown("**Failed requests**")
    _show_sample(rows_of(view, subject, start, end, only, days), "rows")


def _show_sample(sample: Sample, name: str) -> None:
    """Raw rows with where they come from, or why there are none."""
    if sample.gone:
        first, last = min(sample.gone), max(sample.gone)
        st.info(
            f"The raw logs of {count(len(sample.gone))} dates ({first} to {last}) are gone; only "
            "their figures are kept.",
            icon=":material/history:",
        )
    read = _dates(sample)
    if sample.rows.empty:
        words = f"None were found in {read}." if sample.read else "There are no raw logs to read."
        st.markdown(words)
        return
    alt = f"{len(sample.rows)} raw {name}, the latest first"
    when_near(f"sample_{name}", alt, _SAMPLE, partial(_draw_sample, sample.rows, alt))
    more = "the latest, there are more" if sample.more else "all there are"
    st.caption(f"{len(sample.rows)} {name}, {more}, read from {read} and nothing else.")
    csv_button(sample.rows, name)


def _draw_sample(rows: pd.DataFrame, alt: str) -> None:
    st.dataframe(
        rows,
        hide_index=True,
        height=_SAMPLE,
        column_config={
            "ts": st.column_config.DatetimeColumn("ts (UTC)", format="YYYY-MM-DD HH:mm:ss.SSS"),
            "duration_ms": st.column_config.NumberColumn(format="%.0f"),
        },
        alt=alt,
    )


def _dates(sample: Sample) -> str:
    """Which dates were read."""
    match sample.read:
        case ():
            return "nothing"
        case (day,):
            return f"the raw logs of {day}"
        case days:
            return f"the raw logs of {len(days)} dates, {min(days)} to {max(days)},"


def show_periods(view: View, periods: pd.DataFrame) -> None:
    """When a scope was down, the longest first, with what says so."""
    rows = [
        [
            html.text(
                clock(row.start).removesuffix(" UTC"),
                small=f"to {clock(row.end)}",
            ),
            html.number(duration(row.seconds)),
            html.text(down_words(row.reason)),
            html.text(
                f"{count(row.failed_probes)} of {count(row.probes)} failed", small=row.targets
            ),
            html.text(f"{count(row.failed)} of {count(row.valid)} failed"),
        ]
        for row in periods.head(10).itertuples()
    ]
    headers = ("Down from", "For", "Because", "Probes", "Requests")
    st.html(html.table(headers, rows, view.colours, caption="Down, the longest first"))
    if len(periods) > len(rows):
        st.caption(f"The {len(rows)} longest of {len(periods)}; the file has them all.")
    csv_button(periods, "down")


def show_reasons_down(view: View, subject: Subject, reasons: pd.DataFrame) -> None:
    """What says that a scope was down, with the seconds of each."""
    allowed = subject.stated["budget"]["allowed"]
    st.html(
        ranking(reasons, "Because", down_words, subject.objective, view.colours, allowed=allowed)
    )
    csv_button(reasons, "by_reason")


def _span(period: Period) -> str:
    start, end = period
    return f"from {clock(start).removesuffix(' UTC')} to {clock(end)}"


def counted(found: Causes) -> str:
    """Over which time causes are counted."""
    if found.is_window:
        return (
            f"Causes are counted over the objective's own window, whatever the range: "
            f"{_span((found.start, found.end))}."
        )
    return (
        "Causes are kept by the hour, so they are counted over the whole hours that the "
        f"objective's own window touches, {_span((found.start, found.end))}: a little more than it."
    )


def show_left_out(subject: Subject) -> None:
    """How much of what was bad a correction leaves out, where one touches the objective."""
    stated = subject.stated
    if "corrected" not in stated:
        return
    bad = stated["budget"]["consumed"]
    gone = bad - stated["corrected"]["budget"]["consumed"]
    st.caption(
        f"◐ Of {amount_words(subject.objective, bad)} as measured, a correction leaves out "
        f"{amount_words(subject.objective, gone)}. What is below is of all that was measured, and "
        "parts are of what the measured events allow; corrections are named on the time axis."
    )


def verdict_of_platform(subject: Subject, found: Causes) -> None:
    """Whose verdict it is, where each platform must hold by itself."""
    if subject.objective.per_platform and found.deciding:
        st.markdown(
            "Each platform must hold by itself: the verdict is that of "
            f"**{plain(found.deciding)}**, the worst, and so are the figures here until you choose."
        )


def plain_name(subject: Subject) -> str:
    """The objective with its journey, for Markdown."""
    return plain(f"{subject.journey.name}: {subject.objective.name}")
