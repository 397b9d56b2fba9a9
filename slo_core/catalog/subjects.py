"""What a comparison of a condition is about: which journeys, objectives or scopes it judges.

The one place that turns the words of a condition into the things of the catalogue, for the cuts of
the rollup, for the checks of a catalogue and for the evaluation of alerts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from slo_core.alerts.conditions import Comparison
from slo_core.catalog.objectives import Availability, Journey, Latency, Measurement, Objective
from slo_core.catalog.operations import (
    AvailabilityTerm,
    BudgetTerm,
    LatencyTerm,
    MeasurementTerm,
    RequestsTerm,
    Term,
)

if TYPE_CHECKING:
    from slo_core.catalog.model import Catalog


@dataclass(frozen=True)
class Subject:
    """One thing that a comparison judges.

    `journey` is None for resources, which belong to hosts. `objective` is the one whose threshold
    is multiplied, or whose measurements, availability or budget are judged, else None. `metric` is
    set where the values are measurements; None with a latency term means request durations.
    `threshold` is what the quantity is compared with: a ratio, milliseconds, a number, or the
    measurement's or resource's own unit.
    """

    term: Term
    threshold: float
    journey: str | None = None
    objective: Objective | None = None
    metric: str | None = None
    step: str | None = None


def subjects(catalog: Catalog, journey: str | None, comparison: Comparison) -> tuple[Subject, ...]:
    """What `comparison` judges, in an alert or trigger about `journey` (None: about any).

    Empty where no journey has what it names. The term must be known.
    """
    return tuple(_subjects(catalog, journey, comparison))


def _subjects(catalog: Catalog, journey: str | None, comparison: Comparison) -> Iterator[Subject]:
    term = catalog.term(comparison.metric)
    amount = comparison.amount
    named = getattr(term, "journey", None) or journey
    candidates = [j for j in catalog.journeys if named in (None, j.id)]
    if isinstance(term, RequestsTerm):
        for candidate in candidates:
            if named or counts_requests(candidate):
                yield Subject(term, amount, candidate.id, step=term.step)
    elif isinstance(term, LatencyTerm):
        for candidate in candidates:
            yield from _latencies(term, candidate, comparison, explicit=named is not None)
    elif isinstance(term, MeasurementTerm):
        objective = catalog.objective(term.journey, term.objective)
        assert isinstance(objective.indicator, Measurement)
        threshold = _threshold(comparison, objective)
        yield Subject(term, threshold, term.journey, objective, objective.indicator.metric)
    elif isinstance(term, AvailabilityTerm):
        for candidate, objective in catalog.objectives:
            indicator = objective.indicator
            if not isinstance(indicator, Availability):
                continue
            if indicator.scope == term.scope if term.scope else candidate in candidates:
                yield Subject(term, amount, candidate.id, objective)
    elif isinstance(term, BudgetTerm):
        at = term.burn(amount) if term.kind == "burn_rate" else amount
        for candidate in candidates:
            budget = catalog.budget(candidate.id)
            wanted = term.objective or (budget.objective if budget else None)
            for objective in candidate.objectives:
                if objective.id == wanted:
                    yield Subject(term, at, candidate.id, objective)
    else:
        yield Subject(term, comparison.value)


def _latencies(
    term: LatencyTerm, journey: Journey, comparison: Comparison, *, explicit: bool
) -> Iterator[Subject]:
    """Request durations, and measurements that the term counts as latencies.

    A multiple of the SLO is about each objective of the term's percentile. A plain threshold is
    about the journey's durations as a whole.
    """
    share = float(Decimal(repr(term.percentile)) / 100)
    plain_seen: set[str | None] = set()
    for objective in journey.objectives:
        indicator = objective.indicator
        if isinstance(indicator, Latency):
            metric, step = None, indicator.step
        elif isinstance(indicator, Measurement) and indicator.metric in term.metrics:
            metric, step = indicator.metric, None
        else:
            continue
        if comparison.relative:
            if objective.target == share and term.step in (None, step):
                threshold = _threshold(comparison, objective)
                yield Subject(term, threshold, journey.id, objective, metric, step)
        elif metric not in plain_seen:
            plain_seen.add(metric)
            yield Subject(term, comparison.amount, journey.id, None, metric, term.step)
    if explicit and not comparison.relative and not plain_seen:
        yield Subject(term, comparison.amount, journey.id, step=term.step)


def _threshold(comparison: Comparison, objective: Objective) -> float:
    if not comparison.relative:
        return comparison.amount if objective.unit == "ms" else comparison.value
    assert objective.threshold is not None
    return float(Decimal(repr(comparison.value)) * Decimal(repr(objective.threshold.value)))


def counts_requests(journey: Journey) -> bool:
    """Whether any objective of the journey is about its requests."""
    return any(
        objective.indicator.kind in ("success", "latency") for objective in journey.objectives
    )
