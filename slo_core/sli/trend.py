"""The course of every objective over its own window, in a few dozen steps, for a small chart."""

from datetime import datetime, timedelta

import pandas as pd

from slo_core.catalog import Availability
from slo_core.durations import parse_duration
from slo_core.register import read_maintenance
from slo_core.rollup import Rollup
from slo_core.sli import counts
from slo_core.sli.availability import timeline
from slo_core.sli.steps import DAY, HOUR, floor, starts, step_for
from slo_core.sli.windows import Window

_LADDER = (HOUR, 6 * HOUR, DAY)
_MOST = 48

COLUMNS = ["journey", "objective", "at", "good", "valid", "sli"]


def trend_step(window: str) -> timedelta:
    """The step in which a window of that length is drawn: an hour, six hours or a day."""
    return step_for(parse_duration(window), _LADDER, _MOST)


def trends(rollup: Rollup, at: datetime) -> pd.DataFrame:
    """Good, valid and SLI of each objective, step by step over its window up to a moment.

    Columns ``journey``, ``objective``, ``at`` (the start of a step, on the clock), ``good``,
    ``valid``, ``sli``. A step without valid events is there with ``valid`` 0 and no SLI: a gap,
    neither 0 nor 100 %. The first step is whole although the window may begin within it. Where
    each platform must hold, it is the platform that is worst over the window.
    """
    windows = sorted({o.window for _, o in rollup.catalog.objectives}, key=parse_duration)
    spans = [_span(rollup, at, window) for window in windows]
    counted = counts.span_counts(rollup, spans)
    parts = [
        _of_window(rollup, at, span, counted[counted["window"] == span.window.name])
        for span in spans
    ]
    frame = pd.concat(parts, ignore_index=True)
    frame["sli"] = (frame["good"] / frame["valid"]).where(frame["valid"] > 0)
    return frame[COLUMNS]


def _span(rollup: Rollup, at: datetime, window: str) -> counts.Span:
    step = trend_step(window)
    own = {(j.id, o.id) for j, o in rollup.catalog.objectives if o.window == window}
    return counts.Span(Window(window, floor(at - parse_duration(window), step), at), step, own)


def _of_window(
    rollup: Rollup, at: datetime, span: counts.Span, counted: pd.DataFrame
) -> pd.DataFrame:
    window, step, start = span.window.name, trend_step(span.window.name), span.window.start
    enough = rollup.catalog.rules.min_valid.value
    parts = [counted]
    maintenance = read_maintenance(rollup.store.root)
    keys = []
    for journey, objective in rollup.catalog.objectives:
        if objective.window != window:
            continue
        keys.append((journey.id, objective.id))
        if isinstance(objective.indicator, Availability):
            scope = rollup.catalog.scope(objective.indicator.scope)
            series = timeline(rollup, scope, start, at, maintenance).series(step)
            parts.append(series.assign(journey=journey.id, objective=objective.id))
        elif objective.per_platform:
            is_own = (parts[0]["journey"] == journey.id) & (parts[0]["objective"] == objective.id)
            rows = parts[0][is_own]
            worst = rows[counts.platform_names(rows) == counts.worst_platform(rows, enough)]
            parts = [parts[0][~is_own], *parts[1:], worst]
    found = pd.concat(parts).groupby(["journey", "objective", "at"])[["good", "valid"]].sum()
    places = [(*key, moment) for key in keys for moment in starts(start, at, step)]
    index = pd.MultiIndex.from_tuples(places, names=["journey", "objective", "at"])
    return found.reindex(index, fill_value=0.0).reset_index()
