"""Which trigger would fire first, if everything goes on as it does.

A host's utilisation is extrapolated with the traffic where it follows it, hour by hour, along a
straight line: twice the traffic costs twice as much beyond what the host does at rest. What does
not follow the traffic, as a disk that fills, goes on by the day (Theil-Sen, which a few odd days
do not move). Latency is not extrapolated: under load it is no straight line.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from slo_core.alerts.conditions import Comparison, comparisons
from slo_core.alerts.hosts import Host, hosts
from slo_core.alerts.quantities import minutes_of
from slo_core.capacity.trend import DAYS_A_MONTH, WEEK, Trend, fit, steady_since
from slo_core.catalog import ResourceTerm, Trigger, subjects
from slo_core.rollup import Rollup
from slo_core.sli.steps import DAY, HOUR, MINUTE, floor
from slo_core.sli.traffic import traffic

SPAN = timedelta(days=28)
"""How far back utilisation is held against traffic."""

FOLLOWS = 0.5
"""From which share of its variance on a host is taken to follow the traffic."""

_PEAK = 99
"""The percentile of hours that stands for the busiest one: a single odd hour does not."""

_LEAST_HOURS = 7 * 24
_LEAST_DAYS = 7
_FURTHEST = timedelta(days=3650)

_COLUMNS = [
    *("trigger", "condition", "host", "unit", "threshold", "now", "follows", "explained"),
    *("factor", "per_day", "date"),
]


@dataclass(frozen=True)
class Pressure:
    """How far each host is from each trigger to scale up, the first to fire first.

    ``rows``: ``trigger``, ``condition``, ``host``, ``unit``, ``threshold`` and ``now`` (in
    ``unit``: of a busy hour where it follows traffic, else the last figure), ``follows``
    (``traffic``, ``time``, or null where it does neither), ``explained`` (the share of its variance
    that the traffic explains), ``factor`` (at how many times the busy hour's traffic it would
    fire), ``per_day`` (how much it grows a day), ``date`` (when, at the present growth; NaT: not
    within ten years).

    ``growth`` is that of all requests, None where there is too little history.
    """

    rows: pd.DataFrame
    growth: Trend | None
    left_out: tuple[str, ...]
    """Conditions to scale up that are not about a resource, and so are not extrapolated."""


def pressure(rollup: Rollup, at: datetime) -> Pressure:
    """Extrapolate the resources of every host to every trigger to scale up, from a moment."""
    busy = traffic(rollup, at - SPAN, at)
    growth = _growth(rollup, at)
    rows, left_out = [], []
    read: dict[str, list[Host]] = {}
    for rule in rollup.catalog.triggers:
        if rule.direction != "up":
            continue
        for comparison in comparisons(rule.parsed):
            for subject in subjects(rollup.catalog, rule.journey, comparison):
                if not isinstance(subject.term, ResourceTerm) or comparison.op != ">":
                    left_out.append(comparison.text)
                    continue
                metric = subject.term.metric
                if metric not in read:
                    read[metric] = hosts(rollup, metric, at, SPAN // MINUTE, 1)
                for host in read[metric]:
                    found = _host(host, busy, subject.threshold, comparison, at, growth)
                    unit = subject.term.unit
                    rows.append(_stated(rule, comparison, host, unit, subject.threshold, found))
    kinds = {"date": "datetime64[us]"} | dict.fromkeys(
        ("threshold", "now", "explained", "factor", "per_day"), float
    )
    frame = pd.DataFrame(rows, columns=_COLUMNS).astype(kinds)
    frame = frame.sort_values(["date", "factor"], kind="stable", ignore_index=True)
    return Pressure(frame, growth, tuple(dict.fromkeys(left_out)))


@dataclass(frozen=True)
class _Found:
    now: float | None = None
    follows: str | None = None
    explained: float | None = None
    factor: float | None = None
    per_day: float | None = None
    date: datetime | None = None


def _stated(
    rule: Trigger, comparison: Comparison, host: Host, unit: str, threshold: float, found: _Found
) -> tuple[object, ...]:
    return (
        *(rule.id, comparison.text, host.name, unit, threshold),
        *(found.now, found.follows, found.explained, found.factor, found.per_day, found.date),
    )


def _host(
    host: Host,
    busy: pd.DataFrame,
    threshold: float,
    comparison: Comparison,
    at: datetime,
    growth: Trend | None,
) -> _Found:
    count = SPAN // MINUTE
    samples, sums = np.diff(host.samples[-count - 1 :]), np.diff(host.sums[-count - 1 :])
    # A condition without a window takes the last sample: it is about a level, not about load.
    if minutes_of(comparison.window) is not None:
        means = _hourly(samples, sums / host.parts, at)
        found = with_traffic(means.reindex(busy["at"]).to_numpy(), busy, threshold)
        if found is not None:
            peak, explained, factor = found
            reached = None if growth is None else _reached(growth, factor, at)
            return _Found(peak, "traffic", explained, factor, None, reached)
    return _with_time(host, threshold, at)


def _hourly(samples: NDArray[np.int64], sums: NDArray[np.float64], at: datetime) -> pd.Series:
    minutes = pd.DatetimeIndex(
        np.datetime64(at - len(samples) * MINUTE, "us")
        + np.arange(len(samples)) * np.timedelta64(MINUTE)
    )
    frame = pd.DataFrame({"n": samples, "sum": sums}, index=minutes)
    hours = frame.groupby(minutes.floor("h")).sum()
    return (hours["sum"] / hours["n"]).where(hours["n"] > 0)


def with_traffic(
    means: NDArray[np.float64], busy: pd.DataFrame, threshold: float
) -> tuple[float, float, float] | None:
    """A busy hour's utilisation, how much of it traffic explains, and at how many times the traffic
    of such an hour the threshold is reached; None where it does not follow the traffic.

    ``means`` are a host's hourly means, of the hours of ``busy`` (`slo_core.sli.traffic.traffic`).
    """
    rate = busy["rate"].to_numpy(dtype=float)
    whole = (busy["seconds"] == HOUR.total_seconds()).to_numpy()
    known = whole & ~np.isnan(rate) & ~np.isnan(means)
    x, y = rate[known], means[known]
    if len(x) < _LEAST_HOURS or np.ptp(x) == 0 or np.ptp(y) == 0:
        return None
    slope, rest = np.polyfit(x, y, 1)
    explained = float(np.corrcoef(x, y)[0, 1] ** 2)
    if slope <= 0 or explained < FOLLOWS:
        return None
    peak = float(np.percentile(x, _PEAK))
    return float(rest + slope * peak), explained, float((threshold - rest) / (slope * peak))


def _reached(growth: Trend, factor: float, at: datetime) -> datetime | None:
    """When traffic is so many times that of now, at its growth."""
    if factor <= 1:
        return at
    if growth.slope <= 0:
        return None
    weeks = np.log(factor) / growth.slope
    return None if weeks > _FURTHEST / WEEK else at + float(weeks) * WEEK


def _with_time(host: Host, threshold: float, at: datetime) -> _Found:
    if not len(host.last) or np.isnan(host.last[-1]):
        return _Found()
    now = float(host.last[-1])
    ends = np.arange(len(host.last) - 1, -1, -(DAY // MINUTE))[::-1][-(SPAN // DAY) :]
    seen = host.since[ends] < DAY // MINUTE
    days, levels = np.arange(len(ends), dtype=float)[seen], host.last[ends][seen]
    if len(days) < _LEAST_DAYS:
        return _Found(now)
    per_day = _slope(days, levels)
    if now > threshold:
        return _Found(now, "time", None, None, per_day, at)
    if per_day <= 0 or (threshold - now) / per_day > _FURTHEST / DAY:
        return _Found(now, None, None, None, per_day)
    return _Found(now, "time", None, None, per_day, at + (threshold - now) / per_day * DAY)


def _slope(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """The median slope between any two points (Theil and Sen): a few odd days do not turn it."""
    one, other = np.triu_indices(len(x), 1)
    return float(np.median((y[other] - y[one]) / (x[other] - x[one])))


def _growth(rollup: Rollup, at: datetime) -> Trend | None:
    """The growth of all requests, from weeks of the time that is like today."""
    if rollup.span is None:
        return None
    end = floor(at, DAY)
    # Over 62 days traffic comes by the day.
    start = min(floor(rollup.span[0], DAY), end - 63 * DAY)
    daily = traffic(rollup, start, end).set_index("at")["requests"]
    since = steady_since(daily)
    if since is None:
        return None
    count = max(0, (end - datetime.combine(since, datetime.min.time()) - DAY) // WEEK)
    days = daily.iloc[len(daily) - count * WEEK.days :]
    if days.isna().any():
        return None
    weekly = days.to_numpy(dtype=float).reshape(count, WEEK.days).sum(axis=1)
    return fit(weekly, end - count * WEEK, DAYS_A_MONTH / WEEK.days)
