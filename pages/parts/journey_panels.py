"""The panels of user journeys: what each one shows follows from the journey's objectives."""

from collections.abc import Callable, Sequence
from functools import partial

import pandas as pd
import streamlit as st

from pages.parts.addresses import why
from pages.parts.board import state_words
from pages.parts.changed import changes_words, stretch_of, stretch_words
from pages.parts.downloads import csv_menu
from pages.parts.drawn import drawing
from pages.parts.health import marks_of, standings_of
from pages.parts.journeys import (
    Ranges,
    by_platforms_of,
    figures_of,
    histogram_of,
    latency_of,
    left_of,
    platforms_in,
    spread_of,
)
from pages.parts.panels import chart, plain
from pages.parts.view import View
from slo_core.budget.corrected import which_decides
from slo_core.budget.course import Stretch
from slo_core.budget.standing import tally
from slo_core.catalog import Journey, Objective, Success
from slo_core.figures.courses import Percentiles, Plot, Rate, Spent, course_figure
from slo_core.figures.distribution import distribution_figure, limit_words
from slo_core.figures.funnel import (
    funnel_figure,
    funnel_rows,
    funnel_table,
    funnel_words,
    irregular_words,
    platform_table,
)
from slo_core.figures.journeys import by_platform_table, failures_table, objectives_table
from slo_core.figures.platforms import (
    platforms_figure,
    platforms_rows,
    platforms_table,
    platforms_words,
)
from slo_core.figures.theme import STATES
from slo_core.figures.words import unit_of
from slo_core.sli.failures import by_reason_and_endpoint
from slo_core.sli.funnel import SETTLED_AFTER, whole_hours
from slo_core.sli.journeys import BEFORE, NOW, Sections, course, heard, sections
from slo_core.sli.latency_course import latency_step
from slo_core.text import clock, count, counted, duration, percent, span

Files = dict[str, pd.DataFrame]
"""The tables of a panel by the names of their files."""


def question(journey: Journey) -> str:
    """What the panel of a journey answers."""
    parts = sections(journey)
    if journey.funnel:
        return "How far do people get, where do they drop off, and why?"
    if parts.per_platform:
        return "On which platform does it fail, since when, and how sure is that?"
    if parts.measured or parts.shares:
        return "Is what people get as good as promised, and for whom is it not?"
    return "Does it work, what fails, and how long does it take?"


def show_summary(view: View, journeys: Sequence[Journey]) -> None:
    """What wants attention in each panel, in one line that leads to it."""
    found = standings_of(view)
    lines = []
    for journey in journeys:
        own = found[found["journey"] == journey.id]
        counts = {verdict: number for verdict, number in tally(own).items() if number}
        words = ", ".join(
            state_words(verdict, f"{number} {STATES[verdict].word.lower()}")
            for verdict, number in counts.items()
        )
        if own["stale"].any() and "no_data" not in counts:
            words = f"{state_words('stale')}, last {words}"
        lines.append(f"- [{plain(heading(journey))}](#{journey.id}): {words}")
    st.markdown("\n".join(lines))


def heading(journey: Journey) -> str:
    """The title of a journey's panel: the document's, or its name."""
    return journey.panel or journey.name


def show_journey(view: View, ranges: Ranges, journey: Journey) -> None:
    """Everything that there is of a journey in the range."""
    parts, files = sections(journey), Files()
    _show_platform(ranges, journey)
    ranges = ranges.of(journey)
    files["objectives"] = _show_objectives(view, ranges, journey)
    has_events = bool((ranges.counts["window"] == NOW).any())
    # Where nothing at all was counted, one box says so.
    if journey.funnel and (has_events or ranges.funnel(journey, NOW).attempts):
        _show_funnel(view, ranges, journey, files)
    for objective in parts.per_platform:
        _show_platforms(view, ranges, journey, objective, files)
    if not has_events:
        st.info(
            f"Nothing of {plain(journey.name)} was counted in "
            f"{span(ranges.now.end, view.length)}. Choose a longer range, or an earlier moment.",
            icon=":material/inbox:",
            title="No data",
        )
    elif journey.funnel:
        # Its panel is about the funnel: the rest is read where somebody looks for it.
        if parts.measured:
            _show_details(view, ranges, parts, files, ("spread", "platforms"))
        rest = ("course", "failures") if parts.measured else ("course", "failures", "platforms")
        more = st.expander(
            "Success and time taken over time, and what failed",
            key=f"more_{journey.id}",
            bind="query-params",
        )
        if more.open:
            with more:
                _show_details(view, ranges, parts, files, rest)
    else:
        _show_details(view, ranges, parts, files, ("course", "spread", "failures", "platforms"))
    csv_menu(
        journey.id,
        [(it, f"{journey.id}_{name}", name.replace("_", " ")) for name, it in files.items()],
    )


def _show_details(
    view: View, ranges: Ranges, parts: Sections, files: Files, names: Sequence[str]
) -> None:
    """Some parts of a panel, the first of them at once and each other one a click away."""
    has = {
        "course": True,
        "spread": bool(parts.measured),
        "failures": bool(parts.success or parts.per_platform),
        "platforms": bool(by_platforms_of(view, ranges, parts.journey)),
    }
    shown = {name: _DETAILS[name] for name in names if has[name]}
    if not shown:
        return
    tabs = st.tabs([title for title, _ in shown.values()])
    for tab, (_, show) in zip(tabs, shown.values(), strict=True):
        with tab:
            show(view, ranges, parts, files)


def _show_objectives(view: View, ranges: Ranges, journey: Journey) -> pd.DataFrame:
    """How the journey's objectives stand, over their own windows and in the range."""
    ranged = figures_of(view, ranges, journey)
    standings = standings_of(view)
    table = partial(
        objectives_table,
        standings,
        ranged,
        journey,
        view.colours,
        why,
        compare=ranges.compares,
        left=left_of(view, ranges, journey),
        decides=which_decides(view.catalog),
    )
    own = standings[standings["journey"] == journey.id].set_index("objective")
    fine = (own["verdict"] == "met") & ~own["stale"] & ~own["few_events"] & own["provable"]
    wanting = [it for it in journey.objectives if not fine[it.id]] or journey.objectives[:1]
    rest = [it for it in journey.objectives if it not in wanting]
    st.html(table(objectives=wanting))
    if rest:
        with st.expander(f"The other {counted(len(rest), 'objective')}: met"):
            st.html(table(objectives=rest))
    return ranged


def _show_platform(ranges: Ranges, journey: Journey) -> None:
    """Say what the platform filter does here."""
    if ranges.platform is None:
        return
    name, own = plain(ranges.platform), ranges.of(journey)
    if own.platform:
        st.caption(
            f"In the range: only **{name}**. Over their own windows objectives count all platforms."
        )
        return
    known = ", ".join(plain(platform) for platform in own.known)
    st.caption(
        f"**{name}** does not occur here, so all platforms are shown"
        + (f": {known}." if known else ".")
    )


def _show_funnel(view: View, ranges: Ranges, journey: Journey, files: Files) -> None:
    """How far attempts get, step by step, and who arrives."""
    now = ranges.funnel(journey, NOW)
    before = ranges.funnel(journey, BEFORE) if ranges.compares else None
    hours = whole_hours(ranges.now)
    over = span(hours.end, hours.end - hours.start)
    if not now.attempts:
        st.info(
            f"No attempt began in {over}. Attempts come from the table `steps`.",
            icon=":material/inbox:",
            title="No data",
        )
        return
    takeaway = funnel_words(journey.name, now)
    if before is not None and before.rate is not None:
        takeaway += f"; in the period before {percent(before.rate, digits=1)} arrived"
    enough = view.catalog.rules.min_valid.value
    st.markdown(f"{plain(takeaway)}.")
    far, steps, platforms = st.tabs(["How far attempts get", "Step by step", "Who arrives where"])
    with far:
        funnel_chart = drawing(funnel_figure, now, before, view.colours)
        chart(funnel_chart, view.colours, alt=takeaway, name=f"{journey.id}_funnel")
    with steps:
        st.html(funnel_table(now, before, view.colours))
        st.caption(
            "Dropped for a failure: a request of their sessions failed; else as slow: one was "
            "slower than the slackest latency objective; all others left."
        )
    with platforms:
        st.html(platform_table(now, before, view.colours, enough))
    st.caption(
        f"{irregular_words(now)} Attempts that began in {over}, in whole hours.",
        help=f"An attempt may go on for {duration(SETTLED_AFTER.total_seconds())}, so the latest "
        "may still get further.",
    )
    files["funnel"] = funnel_rows(now, before)
    files["funnel_platforms"] = now.platforms


def _show_platforms(
    view: View, ranges: Ranges, journey: Journey, objective: Objective, files: Files
) -> None:
    """An objective that must hold on each platform: how sure each rate is, and day by day."""
    found = platforms_in(view, ranges, journey, objective)
    st.markdown(f"**{plain(objective.name)}: {plain(objective.document)}**")
    over = f"{objective.window} up to {clock(view.at)}"
    if found.rates.empty:
        st.info(f"No valid event in the {over}.", icon=":material/inbox:", title="No data")
        return
    enough = view.catalog.rules.min_valid.value
    takeaway = platforms_words(found)
    st.markdown(f"{plain(takeaway)}.")
    address = {
        platform: why(journey.id, objective.id, platform=platform)
        for platform in found.rates["platform"]
    }
    with st.grid(2, min_column_width=420, gap="medium"):
        with st.container():
            matrix = drawing(platforms_figure, found, view.colours, enough)
            chart(matrix, view.colours, alt=takeaway, name=f"{journey.id}_{objective.id}")
        with st.container():
            st.html(platforms_table(found, view.colours, enough, address))
            st.caption(
                f"Over the objective's own window, the {over}: "
                f"{count(found.rates['valid'].sum())} valid requests.",
                help=f"A platform, or a day, with under {enough} of them is too few to be judged. "
                "Intervals are Wilson's.",
            )
    files[f"{objective.id}_rates"] = found.rates
    files[f"{objective.id}_days"] = platforms_rows(found)


def _show_course(view: View, ranges: Ranges, parts: Sections, files: Files) -> None:
    """Success, budget, shares and latency over the range."""
    journey, platform = parts.journey, ranges.platform
    plots: list[Plot] = []
    told: list[str] = []
    frames: list[pd.DataFrame] = []
    worst: list[tuple[float, Objective, Stretch]] = []
    for objective in (*parts.success, *parts.shares):
        own = course(ranges.counts, ranges.now, journey.id, objective, ranges.step, platform)
        if not own["valid"].notna().any():
            continue
        plots.append(Rate(objective, own))
        if isinstance(objective.indicator, Success):
            plots.append(Spent(objective, own))
        frames.append(own.assign(objective=objective.id))
        told.append(_told(objective, own))
        if (found := stretch_of(view, objective, own)) is not None:
            allowed = own["valid"].sum() * objective.error_rate
            worst.append(((found.bad - found.allowed) / allowed, objective, found))
    latency = latency_of(view, ranges, journey)
    for subject in parts.timed:
        own_ids = [objective.id for objective in subject.objectives]
        rows = latency[latency["objective"].isin(own_ids)]
        if rows["value"].notna().any():
            name = f"Time taken{f' by {subject.step}' if subject.step else ''}, with objectives"
            plots.append(Percentiles(name, subject.objectives, rows, latency_step(view.length)))
    if not plots:
        st.markdown("Nothing of it was counted in the range.")
        return
    steps = heard(ranges.counts, ranges.now, journey.id, ranges.step)
    marks = marks_of(view, journey.id)
    name = f"{journey.id}_course"
    takeaway = "; ".join(told) or f"{journey.name}: percentiles of time taken"
    chart(
        drawing(
            course_figure,
            plots,
            marks,
            view.colours,
            moments=steps["at"],
            step=ranges.step,
            empty=steps.loc[~steps["heard"], "at"],
            at=view.at,
        ),
        view.colours,
        alt=takeaway,
        name=name,
    )
    st.caption(
        f"{takeaway}. A point is {duration(ranges.step.total_seconds())}.",
        help="✕: missed by itself; the verdict is over the objective's window. Dashed: targets. "
        "Incidents, maintenance and changes are named on hover.",
    )
    if worst:
        _, objective, found = max(worst, key=lambda it: it[0])
        spent = stretch_words(objective, found, ranges.step, ranges.now.end)
        near = changes_words(marks, found.start, found.last + ranges.step)
        st.caption(f"**What changed?** {plain(objective.name)} was worst {spent}. {near}")
    if frames:
        files["over_time"] = pd.concat(frames)
    if len(latency):
        files["latency"] = latency


def _told(objective: Objective, course: pd.DataFrame) -> str:
    """One objective's part of the takeaway."""
    bad, valid = course["bad"].sum(), course["valid"].sum()
    rate = percent(1 - bad / valid if valid else None, against=objective.target)
    noun, size = unit_of(objective)
    write = duration if noun == "seconds" else count
    spent, allowed = write(bad / size), write(valid * objective.error_rate / size)
    what = "" if noun == "seconds" else f" {noun}"
    return f"{objective.name} {rate} in the range, {spent} of {allowed}{what} allowed"


def _show_distributions(view: View, ranges: Ranges, parts: Sections, files: Files) -> None:
    """How values are spread around their objectives."""
    histogram = histogram_of(view, ranges, parts.journey)
    spreads = []
    told = []
    rows = []
    for subject in parts.measured:
        now = spread_of(view, ranges, histogram, subject, NOW)
        if now.empty:
            continue
        before = None
        if ranges.compares:
            before = spread_of(view, ranges, histogram, subject, BEFORE)
        title = ", ".join(objective.name for objective in subject.objectives)
        name = f"{title}: {count(now['events'].sum())} values"
        spreads.append((name, subject.objectives, now, before))
        rows.append(now.assign(metric=subject.metric))
        good = now.loc[now["good"], "share"].sum()
        limits = " and ".join(map(limit_words, subject.objectives))
        told.append(f"{title}: {percent(good)} of values are {limits}")
    if not spreads:
        st.markdown("No value was measured in the range.")
        return
    name = f"{parts.journey.id}_values"
    takeaway = "; ".join(told)
    chart(
        drawing(distribution_figure, spreads, view.colours), view.colours, alt=takeaway, name=name
    )
    st.caption(
        f"{takeaway}.",
        help="Bars: shares of the values in the range, on a logarithmic axis; bars end at the "
        "objectives, dashed. Dotted: the period before.",
    )
    files["values"] = pd.concat(rows)


def _show_failures(view: View, ranges: Ranges, parts: Sections, files: Files) -> None:
    """What failed, by endpoint and reason."""
    objectives = (*parts.success, *parts.per_platform)
    steps = [getattr(objective.indicator, "step", None) for objective in objectives]
    platform = ranges.platform
    frame = by_reason_and_endpoint(ranges.failures, parts.journey.id, steps, platform)
    hours = whole_hours(ranges.now)
    over = span(hours.end, hours.end - hours.start)
    if frame.empty:
        st.markdown(f"Nothing failed in {over}.")
        return
    st.html(failures_table(frame, view.colours))
    st.caption(f"Failed requests in {over}, in whole hours; the most first.")
    files["failures"] = frame


def _show_by_platform(view: View, ranges: Ranges, parts: Sections, files: Files) -> None:
    """The share of good events on each platform, for each objective that has any."""
    enough = view.catalog.rules.min_valid.value
    tables = by_platforms_of(view, ranges, parts.journey)
    st.html(by_platform_table(tables, view.colours))
    st.caption(f"Good events of valid ones in the range; under {enough} is too few to be judged.")
    rows = [frame.assign(objective=objective.id) for objective, frame in tables]
    files["platforms"] = pd.concat(rows)


_DETAILS: dict[str, tuple[str, Callable[[View, Ranges, Sections, Files], None]]] = {
    "course": ("Over time", _show_course),
    "spread": ("How values are spread", _show_distributions),
    "failures": ("What failed", _show_failures),
    "platforms": ("By platform", _show_by_platform),
}
"""The parts of a panel that any journey may have, each with its title."""
