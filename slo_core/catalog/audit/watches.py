"""What alerts watch: each comparison with the things that it judges, as shares and burn rates."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from slo_core.alerts.conditions import Any, Comparison, Condition, comparisons
from slo_core.catalog.audit.amounts import expected
from slo_core.catalog.model import Catalog
from slo_core.catalog.objectives import Journey, Latency, Measurement, Objective, Success
from slo_core.catalog.operations import Alert, LatencyTerm, MeasurementTerm, RequestsTerm
from slo_core.catalog.subjects import Subject, subjects


@dataclass(frozen=True)
class Watch:
    """One comparison of an alert with one thing that it judges."""

    alert: Alert
    comparison: Comparison
    subject: Subject

    @property
    def where(self) -> str:
        """The place of the condition in the catalogue."""
        return f"alerts.{self.alert.id}.condition"

    @property
    def kind(self) -> str:
        """The kind of its term."""
        return self.subject.term.kind


@dataclass(frozen=True)
class Silence:
    """How far an objective can be missed before any alert on it fires."""

    objective: Objective
    times: float
    """1 fires as soon as the objective is missed; 20 stays silent until twenty times as much is
    bad as the objective allows, or until a percentile is twenty times its threshold."""
    watch: Watch
    """What fires first."""


def watches(catalog: Catalog) -> Iterator[Watch]:
    """Every comparison of every alert with every thing that it judges."""
    for alert in catalog.alerts:
        for comparison in comparisons(alert.parsed):
            yield from _watches(catalog, alert, comparison)


def _watches(catalog: Catalog, alert: Alert, comparison: Comparison) -> Iterator[Watch]:
    for subject in subjects(catalog, alert.journey, comparison):
        yield Watch(alert, comparison, subject)


def silences(catalog: Catalog) -> list[Silence]:
    """Every objective that any alert watches, with the alert that fires first."""
    alerts = [_silences(catalog, alert, alert.parsed) for alert in catalog.alerts]
    return list(_merged(alerts, first=True).values())


_Found = dict[tuple[str, str], Silence]


def _silences(catalog: Catalog, alert: Alert, condition: Condition) -> _Found:
    if not isinstance(condition, Comparison):
        parts = [_silences(catalog, alert, part) for part in condition.parts]
        # Of alternatives the first to fire counts; of what must hold together, the last.
        return _merged(parts, first=isinstance(condition, Any))
    each = [
        {(watch.subject.journey or "", objective.id): Silence(objective, times, watch)}
        for watch in _watches(catalog, alert, condition)
        for objective, times in _watched(catalog, watch)
    ]
    return _merged(each, first=True)


def _merged(found: Iterable[_Found], *, first: bool) -> _Found:
    merged: _Found = {}
    for part in found:
        for key, silence in part.items():
            known = merged.get(key)
            if known is None or (silence.times < known.times) == first:
                merged[key] = silence
    return merged


def section(catalog: Catalog, alert: Alert) -> str:
    """An alert's heading in the document."""
    tier = next(tier for tier in catalog.tiers if tier.tier == alert.tier)
    return f"Tier {tier.tier}: {tier.name}; {alert.name}"


def events(catalog: Catalog, watch: Watch) -> float | None:
    """The requests that its journey is estimated to have in its window.

    None without an estimate or a window, and for one step of a journey, which has no estimate.
    """
    journey, window = watch.subject.journey, watch.comparison.window
    if journey is None or window is None or watch.subject.step:
        return None
    return expected(catalog, journey, window)


def bad_share(catalog: Catalog, watch: Watch) -> float | None:
    """The share that must be bad, all the window long, before it fires.

    None where no share of bad events can tell (values, resources), or without an estimate.
    """
    subject = watch.subject
    if watch.comparison.op == "<":
        if watch.kind == "availability":
            return 1 - subject.threshold
        # No value is below nought, however bad everything is.
        return 1.0 if watch.kind == "measurement" and subject.threshold <= 0 else None
    if watch.kind == "failure_rate":
        return subject.threshold
    if watch.kind == "failures":
        estimate = events(catalog, watch)
        return subject.threshold / estimate if estimate else None
    if watch.kind == "burn_rate" and subject.objective:
        return subject.threshold * subject.objective.error_rate
    return None


def _watched(catalog: Catalog, watch: Watch) -> list[tuple[Objective, float]]:
    """The objectives that it can tell to be missed, each with the times of `Silence`.

    A condition on what remains of a budget tells of every miss, sooner or later: 0.
    """
    subject = watch.subject
    if subject.journey is None:
        return []
    journey = catalog.journey(subject.journey)
    if watch.kind == "budget_remaining" and subject.objective and watch.comparison.op == "<":
        return [(subject.objective, 0.0)]
    if isinstance(subject.term, LatencyTerm | MeasurementTerm):
        if watch.comparison.op == "<" and subject.threshold <= 0:
            return []
        return [
            (objective, _times(subject.threshold, objective))
            for objective in _of_values(journey, watch)
        ]
    share = bad_share(catalog, watch)
    if share is None:
        return []
    found = [subject.objective] if subject.objective else _of_requests(journey, subject)
    return [(objective, share / objective.error_rate) for objective in found]


def _of_requests(journey: Journey, subject: Subject) -> list[Objective]:
    assert isinstance(subject.term, RequestsTerm)
    return [
        objective
        for objective in journey.objectives
        if isinstance(objective.indicator, Success) and objective.indicator.step == subject.step
    ]


def _of_values(journey: Journey, watch: Watch) -> list[Objective]:
    """The objectives on the values and the percentile of a condition that looks for bad ones."""
    subject = watch.subject
    assert isinstance(subject.term, LatencyTerm | MeasurementTerm)
    share = float(Decimal(repr(subject.term.percentile)) / 100)
    found = [subject.objective] if subject.objective else list(journey.objectives)
    return [
        objective
        for objective in found
        if objective.threshold
        and _metric(objective) == (subject.metric, subject.step)
        and watch.comparison.op == (">" if objective.threshold.below is not None else "<")
        and share == _percentile(objective)
    ]


def _percentile(objective: Objective) -> float:
    """The percentile that meets the threshold: the slow end of a speed is its low one."""
    high = objective.threshold is None or objective.threshold.below is not None
    return objective.target if high else objective.error_rate


def _metric(objective: Objective) -> tuple[str | None, str | None]:
    """What an objective on values is about, as a subject says it: metric and step."""
    indicator = objective.indicator
    if isinstance(indicator, Measurement):
        return indicator.metric, None
    return (None, indicator.step) if isinstance(indicator, Latency) else ("", None)


def _times(threshold: float, objective: Objective) -> float:
    assert objective.threshold is not None
    if objective.threshold.below is not None:
        return threshold / objective.threshold.value
    return objective.threshold.value / threshold


def minutes(window: timedelta | None) -> str:
    """A condition's window in words."""
    return "" if window is None else f"{window / timedelta(minutes=1):g} minutes"
