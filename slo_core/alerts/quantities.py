"""What a comparison compares: the quantity of each of its subjects, minute by minute.

Comparisons are strict and of unrounded figures: a share of counts is compared with the share that
the condition names, since dividing whole numbers is exact enough to tell equal from unequal, while
a burn rate, which is divided twice, is not (DESIGN 2.4).
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from slo_core.alerts.conditions import Comparison
from slo_core.alerts.hosts import Host
from slo_core.alerts.tally import Amounts, Durations, Key, Requests, Tally, Values, key_of
from slo_core.catalog import (
    AvailabilityTerm,
    BudgetTerm,
    Catalog,
    Cut,
    Latency,
    LatencyTerm,
    Measurement,
    MeasurementTerm,
    RequestsTerm,
    ResourceTerm,
    Subject,
    Success,
)
from slo_core.durations import parse_duration
from slo_core.sli.steps import MINUTE

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Quantity:
    """One subject's quantity at each minute: whether the comparison holds, and the figure.

    ``value`` is NaN without data. Its ``unit``, which is the threshold's too, is "ratio",
    "failures", "burn_rate", "ms", or a measurement's or resource's own. For percentiles ``value``
    is the share on the far side of the threshold (``is_share``): the percentile itself takes a
    histogram. ``host`` is the number, in ``hosts``, of the host with the figure. ``guessed`` marks
    minutes that the rollup answers approximately.
    """

    holds: Flags
    value: Amounts
    unit: str
    is_share: bool = False
    guessed: Flags | None = None
    hosts: tuple[str, ...] = ()
    host: NDArray[np.int64] | None = None


@dataclass(frozen=True)
class Need:
    """What a quantity is computed from: a key's windows, in minutes."""

    key: Key
    width: int


def need(catalog: Catalog, subject: Subject, comparison: Comparison) -> Need | None:
    """What must be read for a comparison about a subject; None for resources."""
    term = subject.term
    if isinstance(term, ResourceTerm):
        return None
    journey = catalog.journey(subject.journey or "")
    width = minutes_of(comparison.window) or 1
    if isinstance(term, RequestsTerm):
        return Need(Requests(journey.id, subject.step), width)
    if isinstance(term, LatencyTerm | MeasurementTerm):
        cut = Cut(subject.threshold, inclusive=comparison.op == ">")
        if subject.metric:
            return Need(Values(journey.id, subject.metric, cut), width)
        return Need(Durations(journey.id, subject.step, cut), width)
    assert subject.objective is not None
    if isinstance(term, BudgetTerm):
        if term.kind == "budget_remaining":
            # A window of its own says for how long the share must have been so.
            width += int(subject.objective.window_length / MINUTE)
        elif comparison.window is None:
            width = minutes_of(parse_duration(catalog.rules.burn_windows.value[0])) or 1
    return Need(key_of(journey, subject.objective), width)


def minutes_of(window: timedelta | None) -> int | None:
    """A window in minutes."""
    return None if window is None else window // MINUTE


def of_counts(
    catalog: Catalog,
    subject: Subject,
    comparison: Comparison,
    needed: Need,
    tally: Tally,
    count: int,
) -> Quantity:
    """The quantity of a subject that is counted, at each of the last ``count`` minutes."""
    term = subject.term
    if isinstance(term, BudgetTerm) and term.kind == "budget_remaining":
        return _remaining(catalog, subject, comparison, tally, count)
    good, valid = judged(catalog, tally, needed.width, count)
    bad, seen = valid - good, valid > 0
    guessed = tally.is_guess(needed.width, count)
    if isinstance(term, RequestsTerm) and term.kind == "failures":
        value = np.where(seen, bad, np.nan)
        return Quantity(_compare(value, comparison.op, subject.threshold), value, "failures")
    if isinstance(term, RequestsTerm):
        value = _ratio(bad, valid)
        holds = _compare(value, comparison.op, subject.threshold)
        return Quantity(holds & _enough(catalog, comparison, bad, valid), value, "ratio")
    if isinstance(term, AvailabilityTerm):
        value = _ratio(good, valid)
        return Quantity(_compare(value, comparison.op, subject.threshold), value, "ratio")
    if isinstance(term, BudgetTerm):
        assert subject.objective is not None
        error_rate = subject.objective.error_rate
        value = _ratio(bad, valid)
        limit = float(Decimal(repr(subject.threshold)) * Decimal(repr(error_rate)))
        holds = _compare(value, comparison.op, limit)
        counts_events = isinstance(subject.objective.indicator, Success | Latency | Measurement)
        if term.needs_minimum and counts_events:
            holds &= _enough(catalog, comparison, bad, valid)
        return Quantity(holds, value / error_rate, "burn_rate", guessed=guessed)
    assert isinstance(term, LatencyTerm | MeasurementTerm)
    near = _ratio(good, valid)
    share = float(Decimal(repr(term.percentile)) / 100)
    # The percentile is above where under its share is not; it is below where its share is.
    holds = seen & (near < share if comparison.op == ">" else near >= share)
    holds &= valid >= catalog.rules.min_percentile_events.value
    unit = subject.objective.unit if subject.objective else "ms"
    return Quantity(holds, 1 - near, unit, is_share=True, guessed=guessed)


def of_hosts(
    catalog: Catalog, subject: Subject, comparison: Comparison, found: list[Host], count: int
) -> Quantity:
    """The quantity of the host that is furthest on the side of the comparison, any of them."""
    assert isinstance(subject.term, ResourceTerm)
    unit = subject.term.unit
    if not found:
        nothing = np.full(count, np.nan)
        return Quantity(np.zeros(count, dtype=bool), nothing, unit)
    sign = 1 if comparison.op == ">" else -1
    pairs = [
        host.sides(subject.threshold, comparison.window, count, catalog.rules) for host in found
    ]
    values, sides = np.stack([it for it, _ in pairs]), np.stack([it for _, it in pairs])
    furthest = np.where(np.isnan(values), -np.inf, sign * values).argmax(axis=0)
    value = values[furthest, np.arange(count)]
    holds = (sides == sign).any(axis=0)
    names = tuple(host.name for host in found)
    return Quantity(holds, value, unit, hosts=names, host=furthest)


def judged(catalog: Catalog, tally: Tally, width: int, count: int) -> tuple[Amounts, Amounts]:
    """Good and valid of the windows up to each minute; of the worst platform where each must hold.

    The worst is found in each window separately, among those with enough valid events (DESIGN 2.2,
    By platform); without any there are no valid events.
    """
    good, valid = tally.trailing(width, count)
    if tally.platforms is None:
        return good, valid
    if not tally.platforms:
        return np.zeros(count), np.zeros(count)
    worst = worst_platform(catalog, good, valid)
    places = np.arange(count)
    known = worst >= 0
    return (
        np.where(known, good[worst, places], 0.0),
        np.where(known, valid[worst, places], 0.0),
    )


def worst_platform(catalog: Catalog, good: Amounts, valid: Amounts) -> NDArray[np.int64]:
    """The row with the lowest share of good events in each column, -1 where none has enough."""
    enough = valid >= max(catalog.rules.min_valid.value, 1)
    share = np.where(enough, _ratio(good, valid), np.inf)
    return np.where(enough.any(axis=0), share.argmin(axis=0), -1)


def _remaining(
    catalog: Catalog, subject: Subject, comparison: Comparison, tally: Tally, count: int
) -> Quantity:
    """The share left of the rolling budget, over the objective's own window (DESIGN 2.2)."""
    assert subject.objective is not None
    sustained = minutes_of(comparison.window) or 1
    length = int(subject.objective.window_length / MINUTE)
    good, valid = judged(catalog, tally, length, count + sustained - 1)
    error_rate = subject.objective.error_rate
    spent = _ratio(valid - good, valid)
    left = 1 - Decimal(repr(subject.threshold))
    limit = float(left * Decimal(repr(error_rate)))
    holds = _compare(spent, "<" if comparison.op == ">" else ">", limit)
    if sustained > 1:
        runs = np.concatenate([[0], np.cumsum(holds)])
        holds = runs[sustained:] - runs[:-sustained] == sustained
    guessed = tally.is_guess(length, count)
    return Quantity(holds, (1 - spent / error_rate)[sustained - 1 :], "ratio", guessed=guessed)


def _enough(catalog: Catalog, comparison: Comparison, bad: Amounts, valid: Amounts) -> Flags:
    """Whether a rate rests on enough: valid events, and failures where it is said to be high."""
    enough: Flags = valid >= catalog.rules.min_events.value
    if comparison.op == ">":
        enough = enough & (bad >= catalog.rules.min_failures.value)
    return enough


def _ratio(part: Amounts, whole: Amounts) -> Amounts:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole > 0, part / whole, np.nan)


def _compare(value: Amounts, op: str, limit: float) -> Flags:
    """Strictly; NaN, which is no data, holds nothing."""
    found: Flags = value > limit if op == ">" else value < limit
    return found
