"""The cuts that the rollup counts at: every threshold that the catalogue compares values with.

With a count at each of them, compliance and percentile conditions are exact at any minute.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from slo_core.alerts.conditions import comparisons
from slo_core.catalog.objectives import Latency, Measurement
from slo_core.catalog.operations import Alert, LatencyTerm, MeasurementTerm, Trigger
from slo_core.catalog.subjects import subjects
from slo_core.errors import SloError

if TYPE_CHECKING:
    from slo_core.catalog.model import Catalog

MAX_CUTS = 12
"""The columns that a rollup row has for cuts."""


@dataclass(frozen=True, order=True)
class Cut:
    """A place to count at: values < `value`, or values <= `value` where `inclusive`.

    The unit is milliseconds for request durations, else the measurement's own.
    """

    value: float
    inclusive: bool


def cuts(catalog: Catalog, journey: str, metric: str | None) -> tuple[Cut, ...]:
    """The cuts of a journey's request durations, or of one metric of its measurements.

    "Below 30 s" is good counts values < 30 s; "above 5 Mbps" is good leaves out values <= 5;
    ``p95 > 60 s`` asks whether under 95 % took <= 60 s, ``p95 < 60 s`` whether 95 % took < 60 s.
    Sorted, without repetition. Raises `SloError` beyond `MAX_CUTS`.
    """
    found = tuple(sorted(set(_cuts(catalog, journey, metric))))
    if len(found) > MAX_CUTS:
        what = f"its metric {metric}" if metric else "its request durations"
        raise SloError(
            f"{journey}: expected at most {MAX_CUTS} different thresholds on {what}, in "
            f"objectives, alerts and triggers together, found {len(found)}"
        )
    return found


def _cuts(catalog: Catalog, journey: str, metric: str | None) -> Iterator[Cut]:
    for objective in catalog.journey(journey).objectives:
        indicator = objective.indicator
        counted = isinstance(indicator, Latency) and metric is None
        measured = isinstance(indicator, Measurement) and indicator.metric == metric
        if not counted and not measured:
            continue
        # Looks at the time of an earlier threshold stay as exact as they were.
        for threshold in (objective.threshold, *(it.threshold for it in objective.earlier)):
            if threshold:
                yield Cut(threshold.value, inclusive=threshold.above is not None)
    rules: tuple[Alert | Trigger, ...] = (*catalog.alerts, *catalog.triggers)
    for rule in rules:
        for comparison in comparisons(rule.parsed):
            for subject in subjects(catalog, rule.journey, comparison):
                is_value = isinstance(subject.term, LatencyTerm | MeasurementTerm)
                if is_value and (subject.journey, subject.metric) == (journey, metric):
                    yield Cut(subject.threshold, inclusive=comparison.op == ">")
