"""How an objective went, hour by hour: what burn-downs, burn rates and days are made of.

A course is a frame with a row for every hour of the clock: ``at`` (its start), ``until`` (its end,
or the moment of the look), ``good``, ``valid`` (both 0 where nothing was counted) and ``gap``
(whether it lies in a run of hours without data, long enough to be no quiet night; hours that are
left out by a correction are no gap).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from slo_core.catalog import Availability, Journey, Objective
from slo_core.register import read_maintenance
from slo_core.rollup import Rollup
from slo_core.sli.availability import timeline
from slo_core.sli.corrections import Corrections, inside
from slo_core.sli.counts import Span, platform_names, series, span_counts, worst_platform
from slo_core.sli.steps import HOUR, floor, starts
from slo_core.sli.windows import Window

Key = tuple[str, str]
"""Ids of a journey and one of its objectives."""

_GAP = 3


def courses(
    rollup: Rollup,
    pairs: Sequence[tuple[Journey, Objective]],
    start: datetime,
    at: datetime,
    maintenance: pd.DataFrame | None = None,
    corrections: Corrections | None = None,
) -> dict[Key, pd.DataFrame]:
    """The course of several objectives over ``[start, at)``, by the ids of journey and objective.

    Where each platform must hold, it is the platform that is worst over the objective's own window
    before ``at``, as in its verdict but for the window's first hour, which is whole here.
    ``maintenance`` is the register's table, where it is read already. Courses are as measured, or
    without what ``corrections`` leave out.
    """
    keys = [(journey.id, objective.id) for journey, objective in pairs]
    counted = series(rollup, start, at, HOUR, keys)
    if corrections:
        counted = _without(rollup, counted, keys, Window("", start, at), corrections)
    by_key = dict(list(counted.groupby(["journey", "objective"])))
    if maintenance is None:
        maintenance = read_maintenance(rollup.store.root)
    found: dict[Key, pd.DataFrame] = {}
    for journey, objective in pairs:
        key = (journey.id, objective.id)
        rows = by_key.get(key, counted.iloc[:0])
        seen = rows[rows["valid"] > 0]
        if isinstance(objective.indicator, Availability):
            scope = rollup.catalog.scope(objective.indicator.scope)
            begin = floor(start, HOUR)
            line = timeline(rollup, scope, begin, at, maintenance)
            rows = seen = line.series(HOUR)
            if corrections:
                rows = corrections.timeline(scope, line).series(HOUR)
        elif objective.per_platform:
            enough = rollup.catalog.rules.min_valid.value
            own = rows[rows["at"] >= floor(at - objective.window_length, HOUR)]
            worst = worst_platform(own, enough)
            rows, seen = (it[platform_names(it) == worst] for it in (rows, seen))
        found[key] = _laid_out(rows, seen, start, at)
    return found


def _without(
    rollup: Rollup,
    counted: pd.DataFrame,
    keys: Sequence[Key],
    window: Window,
    corrections: Corrections,
) -> pd.DataFrame:
    """Counts by the hour, with rows that take away what corrections leave out of them."""
    spans = [
        Span(Window("", *bounds), HOUR, [key for key in keys if key[0] == journey])
        for journey in dict.fromkeys(journey for journey, _ in keys)
        for bounds in inside(corrections.spans.get(journey, ()), window)
    ]
    if not spans:
        return counted
    gone = span_counts(rollup, spans).drop(columns="window")
    gone[["good", "valid"]] *= -1
    return pd.concat([counted, gone], ignore_index=True)


def _laid_out(
    rows: pd.DataFrame, seen: pd.DataFrame, start: datetime, at: datetime
) -> pd.DataFrame:
    """Counts in rows of hours; ``seen`` are those in which anything was measured at all."""
    index = starts(start, at, HOUR)
    begins = index.to_numpy()
    places, measured = (
        (it["at"].to_numpy(dtype="datetime64[us]") - begins[:1]) // np.timedelta64(HOUR)
        for it in (rows, seen)
    )
    columns: dict[str, object] = {
        "at": index,
        "until": np.minimum(begins + np.timedelta64(HOUR), np.datetime64(at, "us")),
    }
    for name in ("good", "valid"):
        amounts = rows[name].to_numpy(dtype=float)
        columns[name] = np.bincount(places, amounts, minlength=len(index))
    frame = pd.DataFrame(columns)
    silent = np.bincount(measured, minlength=len(index)) == 0
    turns = np.flatnonzero(np.diff(silent, prepend=not silent[:1].all()))
    lengths = np.diff(turns, append=len(silent))
    frame["gap"] = silent & (np.repeat(lengths, lengths) >= _GAP)
    return frame


def trailing(values: pd.Series, hours: int) -> NDArray[np.float64]:
    """The sum over each hour and those before it, so many in all; NaN where fewer are known."""
    sums = np.concatenate([[0.0], np.cumsum(values.to_numpy(dtype=float))])
    found = np.full(len(values), np.nan)
    if 0 < hours <= len(values):
        found[hours - 1 :] = sums[hours:] - sums[:-hours]
    return found


def burns(
    course: pd.DataFrame, windows: Mapping[str, timedelta], error_rate: float
) -> pd.DataFrame:
    """Burn rates at each whole hour: ``at`` (the moment), ``gap``, and a column for each window.

    A burn rate is (bad / valid) / error_rate over the window before; NaN without valid events, or
    where the course does not reach back so far. Windows that are no whole hours are left out: only
    their figure at the moment of the look is known (the status has it).
    """
    whole = course[course["until"] == course["at"] + HOUR]
    frame = pd.DataFrame({"at": whole["until"], "gap": whole["gap"]})
    for name, length in windows.items():
        if length % HOUR:
            continue
        good = trailing(whole["good"], length // HOUR)
        valid = trailing(whole["valid"], length // HOUR)
        with np.errstate(divide="ignore", invalid="ignore"):
            burn = (valid - good) / valid / error_rate
        frame[name] = np.where(valid > 0, burn, np.nan)
    return frame.reset_index(drop=True)


@dataclass(frozen=True)
class Stretch:
    """Time in which more was bad than the target allows: from ``start`` to the end of a step."""

    start: datetime
    last: datetime
    """The start of its last step."""
    bad: float
    """What was bad, in the course's unit."""
    allowed: float
    """What the target allows of its valid events, in the same unit."""


def worst_stretch(course: pd.DataFrame, error_rate: float, least: float) -> Stretch | None:
    """The steps on end that took the budget most above what they were allowed, together.

    So a slow leak begins where it began, and not where it was worst. ``course`` has a row a step:
    ``at``, ``good`` and ``valid`` (null where nothing was counted). None where no stretch is above,
    or the one that is has fewer than ``least`` bad events: then nothing got worse.
    """
    valid = course["valid"].fillna(0.0).to_numpy(dtype=float)
    bad = valid - course["good"].fillna(0.0).to_numpy(dtype=float)
    above = np.concatenate([[0.0], np.cumsum(bad - error_rate * valid)])
    lowest = np.minimum.accumulate(above)
    end = int((above - lowest).argmax())
    start = end - int(above[end::-1].argmin())  # of equals the last: nothing happened in between
    inside = slice(start, end)
    if end == start or bad[inside].sum() < least:
        return None
    return Stretch(
        start=course["at"].iloc[start].to_pydatetime(),
        last=course["at"].iloc[end - 1].to_pydatetime(),
        bad=float(bad[inside].sum()),
        allowed=float(error_rate * valid[inside].sum()),
    )


def closed(frame: pd.DataFrame, at: datetime, values: Mapping[str, float | None]) -> pd.DataFrame:
    """A frame of moments with the moment of the look as its last row, as the status has it.

    ``values`` are that row's, by column. A frame whose last row is that moment stays as it is.
    """
    if len(frame) and frame["at"].iloc[-1] == at:
        return frame
    row = {"at": pd.Timestamp(at), "gap": False} | {k: v for k, v in values.items() if k in frame}
    last = pd.DataFrame([row]).reindex(columns=frame.columns)
    kinds = {name: kind for name, kind in frame.dtypes.items() if name != "gap"}
    return pd.concat([frame, last.astype(kinds)], ignore_index=True) if len(frame) else last
