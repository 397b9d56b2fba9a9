"""Moving a threshold: an alert replayed with other numbers, beside as it is and the burn alerts."""

from datetime import timedelta
from typing import Any

import pandas as pd
import streamlit as st

from pages.parts.alerts_quieter import show_loud, show_quieter
from pages.parts.alerts_read import burn_trial_of, incidents_known, sets_trial_of, trial_of
from pages.parts.choice import choose
from pages.parts.downloads import csv_button
from pages.parts.lanes import show_lanes
from pages.parts.view import View
from slo_core.alerts.conditions import Comparison, comparisons, parse
from slo_core.alerts.evaluate import words
from slo_core.alerts.meaning import Move, moved, with_condition
from slo_core.alerts.trial import BEFORE, TRIED, Trial
from slo_core.figures import html
from slo_core.figures.alerts import Bar, Lane, Style, episode_bars
from slo_core.moments import parse_range
from slo_core.sli.steps import MINUTE
from slo_core.text import NO_DATA, clock, count, counted, duration, percent

_EVERY = "every"
"""In the address: no single alert, but all sets side by side."""

_OF_ONE = (
    "Burn alerts are those of the same journeys' budgets; a journey without a budget has none."
)
_OF_ALL = "Each set is held against all incidents; numbers are moved of one alert at a time."
_OVER = ("7d", "30d", "62d", "120d")
_USUAL = "30d"
_STEPS, _TIMES = 20, 4
"""A slider goes to so many times the number as it is, in steps of such a part of it."""


def show_trial(view: View) -> None:
    """Choose an alert, move its numbers, and see what they would have done."""
    alerts = {alert.id: alert for alert in view.catalog.alerts}
    if not alerts:
        st.info("The catalogue has no alerts.", icon=":material/inbox:")
        return
    wanted = st.query_params.get("alert", "")
    names = {it.id: f"{it.severity} {it.name}" for it in alerts.values()}
    names[_EVERY] = "Every alert, set by set"
    chosen = wanted if wanted in names else next(iter(names))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        choose("Alert to move", names, chosen, name="alert", forget=("try",), width=360)
        over = st.selectbox(
            "Replayed over",
            _OVER,
            index=_OVER.index(_USUAL),
            key="over",
            bind="query-params",
            accept_new_options=True,
            width=140,
        )
        truth = view.rollup.store.is_sample and st.toggle(
            "Sample's truth",
            key="truth",
            bind="query-params",
            help="Hold alerts against the incidents that the sample was made with, "
            "in place of the register's.",
        )
    length = parse_range(over or _USUAL, name="?over=")
    incidents = incidents_known(view, truth)
    if chosen == _EVERY:
        trials = sets_trial_of(view, length, incidents)
        _show(view, trials, length, _OF_ALL)
        show_loud(view, trials)
        return
    alert = alerts[chosen]
    stated = words(alert.parsed)
    text = _typed(stated)
    tried = with_condition(view.catalog, alert.id, text) if text != stated else None
    _sliders(alert.parsed, parse(text))
    trials = [trial_of(view, alert, length, incidents, BEFORE)]
    if tried:
        trials.append(trial_of(view, tried, length, incidents, TRIED))
    trials.append(burn_trial_of(view, alert, length, incidents))
    _show(view, trials, length, _OF_ONE)
    show_quieter(view, tried or alert, length, incidents)


def _typed(stated: str) -> str:
    """The condition of the address, or as it is."""
    typed = st.text_input(
        "Condition to try",
        key="try",
        bind="query-params",
        placeholder=stated,
        help="In the words of the catalogue's terms; the sliders write it. Empty: as it is.",
    )
    text = " ".join((typed or "").split())
    return text or stated


def _sliders(as_it_is: Any, now: Any) -> None:
    """A slider for each threshold and window of the condition, which rewrite it."""
    before = comparisons(as_it_is)
    with st.grid(2, min_column_width=300, gap="small"):
        for place, comparison in enumerate(comparisons(now)):
            usual = before[place] if place < len(before) else comparison
            _threshold(now, place, comparison, usual)
            if comparison.window:
                _window(now, place, comparison, usual)


def _threshold(now: Any, place: int, comparison: Comparison, usual: Comparison) -> None:
    step = _nice(usual.value / _STEPS)
    top = max(_TIMES * usual.value, comparison.value)
    key = f"move_value_{place}"
    st.session_state[key] = float(comparison.value)
    unit = "" if comparison.unit == "count" else f" ({comparison.unit})"
    st.slider(
        f"{comparison.metric} {comparison.op}{unit}",
        min_value=min(step, comparison.value),
        max_value=top,
        step=step,
        format="%.6g",
        key=key,
        on_change=_move,
        args=(now, place, comparison, key, False),
    )


def _window(now: Any, place: int, comparison: Comparison, usual: Comparison) -> None:
    assert comparison.window is not None
    minutes = comparison.window // MINUTE
    longest = max(minutes, _TIMES * ((usual.window or comparison.window) // MINUTE))
    key = f"move_window_{place}"
    st.session_state[key] = minutes
    st.slider(
        f"{comparison.metric}: for so many minutes",
        min_value=1,
        max_value=max(longest, 2),
        key=key,
        on_change=_move,
        args=(now, place, comparison, key, True),
    )


def _nice(step: float) -> float:
    """A round number near a step."""
    power = 10.0 ** len(str(int(step))) / 10 if step >= 1 else 1.0
    while power > step:
        power /= 10
    return next(it * power for it in (5.0, 2.0, 1.0) if it * power <= step)


def _move(now: Any, place: int, comparison: Comparison, key: str, is_window: bool) -> None:
    value = st.session_state[key]
    move = (
        Move(comparison.value, timedelta(minutes=value))
        if is_window
        else Move(float(f"{value:.6g}"), comparison.window)
    )
    st.session_state["try"] = moved(now, {place: move})


def _show(view: View, trials: list[Trial], length: timedelta, which: str) -> None:
    incidents = trials[0].replayed.detections
    rows = [_row(it) for it in trials]
    headers = (
        *("Alerts", "Episodes", "About no incident", "Fired for", "Incidents found"),
        *("Time to detect", "Budget gone"),
    )
    st.html(html.table(headers, rows, view.colours, caption="The sets side by side"))
    told = "; ".join(_told(it) for it in trials)
    if not len(incidents):
        st.info(
            "No incident that could be found began in this time, so every episode is about none: "
            "choose a longer time.",
            icon=":material/inbox:",
        )
    start = max(view.at - length, view.rollup.span[0] if view.rollup.span else view.at)
    lanes = [_incident_lane(incidents, view), *(_lane(it, view) for it in trials)]
    styles = {
        "incident": Style("Incident", "square", view.colours.text),
        "true": Style("About an incident", "circle", view.colours.series[0]),
        "false": Style("About none", "x", view.colours.colour("warn")),
    }
    show_lanes(view, lanes, styles, None, start=start, told=told, name="trial")
    st.caption(
        f"{told}. From {clock(start)}. An episode is about an incident of its journey that it "
        "touches, or that ended within the hour before. Time to detect and budget gone by then (of "
        f"the month's) are medians over what was found. {which}"
    )
    _detections(view, trials)


def _row(it: Trial) -> list[html.Cell]:
    found = it.replayed
    return [
        html.text(it.name.capitalize()),
        html.number(count(len(found.episodes))),
        html.number(count(found.false)),
        html.number(duration(60.0 * it.minutes)),
        html.number(f"{found.found} of {len(found.detections)}"),
        html.number(_minutes(found.median_minutes) if found.found else "none found"),
        html.number(percent(it.budget_gone, digits=1) if found.found else "–"),
    ]


def _minutes(minutes: float | None) -> str:
    return NO_DATA if minutes is None or minutes != minutes else duration(60 * minutes)


def _told(it: Trial) -> str:
    found = it.replayed
    incidents = counted(len(found.detections), "incident")
    return (
        f"{it.name.capitalize()}: {counted(len(found.episodes), 'episode')}, "
        f"{count(found.false)} about no incident, {found.found} of {incidents} found"
    )


def _incident_lane(incidents: pd.DataFrame, view: View) -> Lane:
    bars = [
        Bar(
            row.start,
            view.at if pd.isna(row.end) else row.end,
            "incident",
            f"{row.severity} {row.title}<br>{clock(row.start)}",
            bool(pd.isna(row.end)),
        )
        for row in incidents.itertuples()
    ]
    return Lane("Incidents", tuple(bars))


def _lane(it: Trial, view: View) -> Lane:
    episodes = it.replayed.episodes
    about = episodes["incident"].notna()
    bars = episode_bars(episodes[about].itertuples(), "true", view.at)
    bars += episode_bars(episodes[~about].itertuples(), "false", view.at)
    return Lane(it.name.capitalize(), tuple(bars))


def _detections(view: View, trials: list[Trial]) -> None:
    """Each incident: how soon each set told of it, and what was gone by then."""
    first = trials[0].replayed.detections
    if first.empty:
        return
    rows, table = [], []
    for place, incident in enumerate(first.itertuples()):
        own = [it.replayed.detections.iloc[place] for it in trials]
        rows.append(
            [
                html.text(f"{incident.severity} {incident.title}", small=clock(incident.start)),
                *(_detection(it) for it in own),
            ]
        )
        line = {"incident": incident.id, "title": incident.title, "start": incident.start}
        for trial, it in zip(trials, own, strict=True):
            line |= {f"minutes, {trial.name}": it["minutes"]}
            line |= {f"budget gone, {trial.name}": it["budget_gone"]}
        table.append(line)
    headers = ("Incident", *(it.name.capitalize() for it in trials))
    st.html(html.table(headers, rows, view.colours, caption="How soon each incident was found"))
    csv_button(pd.DataFrame(table), "replay")


def _detection(row: Any) -> html.Cell:
    if pd.isna(row["detected"]):
        return html.text("not found")
    gone = row["budget_gone"]
    budget = "" if gone != gone else f"{percent(gone, digits=1)} of the month's budget gone"
    return html.text(f"after {_minutes(row['minutes'])}", small=budget)
