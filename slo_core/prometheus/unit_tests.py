"""Unit tests of the rules for ``promtool test rules``: worlds in which all is well, or one fails.

What must fire in a world follows from the conditions themselves, without PromQL: two ways to the
same answer, of which one is Prometheus's own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from slo_core.alerts import conditions
from slo_core.alerts.conditions import Comparison, Condition, comparisons
from slo_core.catalog import (
    Availability,
    AvailabilityTerm,
    BudgetTerm,
    Catalog,
    Journey,
    Latency,
    LatencyTerm,
    Measurement,
    MeasurementTerm,
    RequestsTerm,
    ResourceTerm,
    Share,
    Subject,
    Success,
)
from slo_core.prometheus.alerting import Rule, alerting_groups, rules
from slo_core.prometheus.recording import SLI, duration_text, recorded, recording_groups
from slo_core.prometheus.series import (
    DURATION,
    MEASUREMENT,
    OBSERVED,
    REQUESTS,
    RESOURCE,
    UP,
    selector,
)
from slo_core.sli.steps import MINUTE

LENGTH = 60
"""How many minutes a world lasts; it is looked at then."""

HOSTS, IDLE = "hosts", "idle hosts"
"""The worlds in which hosts are in trouble, and in which they have next to nothing to do."""

Labels = dict[str, str]
Limits = dict[str, dict[str, list[float]]]


@dataclass(frozen=True)
class World:
    """All is well but for one journey, or for the hosts, where everything goes wrong."""

    catalog: Catalog
    bad: str | None
    a_minute: int
    """Events a minute, of each kind."""
    limits: Limits
    """On each metric of hosts."""

    def is_bad(self, journey: str | None) -> bool:
        """Whether everything goes wrong there."""
        return self.bad == (journey or HOSTS)


def unit_tests(catalog: Catalog, rule_files: list[str]) -> dict[str, Any]:
    """The content of a test file for rules in these files, which lie beside it."""
    found = [rule for own in rules(catalog).values() for rule in own]
    groups = [*recording_groups(catalog), *alerting_groups(catalog)]
    rate, limits = _rate(catalog), _limits(found)
    bad: list[str | None] = [None, *(journey.id for journey in catalog.journeys)]
    if any(rule.journey is None for rule in found):
        bad += [HOSTS, IDLE]
    return {
        "rule_files": rule_files,
        # A world is the same from its first minute to its last: few looks see all of it.
        "evaluation_interval": f"{LENGTH // 2}m",
        # Alerts look at what was recorded at the same moment.
        "group_eval_order": [group["name"] for group in groups],
        "tests": [_test(World(catalog, it, rate, limits), found) for it in bad],
    }


def _rate(catalog: Catalog) -> int:
    """Enough a minute for every minimum, and for every number of failures that alerts name."""
    found = [60.0]
    for own in (catalog, *map(catalog.as_asked_by, catalog.alerts)):
        least = (own.rules.min_events, own.rules.min_failures, own.rules.min_percentile_events)
        found += [2.0 * it.value for it in least]
    for alert in catalog.alerts:
        for comparison in comparisons(alert.parsed):
            if comparison.window and comparison.unit == "count":
                found.append(2 * comparison.value / (comparison.window / MINUTE))
    return int(max(found)) + 1


def _test(world: World, found: list[Rule]) -> dict[str, Any]:
    at = f"{LENGTH}m"
    names = dict.fromkeys(rule.alert.id for rule in found)
    return {
        "name": f"{world.bad} fails" if world.bad else "all is well",
        "interval": "1m",
        "input_series": [{"series": series, "values": values} for series, values in _series(world)],
        "alert_rule_test": [
            {
                "eval_time": at,
                "alertname": name,
                "exp_alerts": [
                    {"exp_labels": labels | rule.labels, "exp_annotations": annotations}
                    for rule in found
                    if rule.alert.id == name
                    for annotations in [rule.annotations(world.catalog)]
                    for labels in _firing(world, rule, rule.alert.parsed)
                ],
            }
            for name in names
        ],
        "promql_expr_test": [
            {"expr": series, "eval_time": at, "exp_samples": [{"labels": series, "value": value}]}
            for series, value in _ratios(world)
        ],
    }


def _ratios(world: World) -> Iterator[tuple[str, int]]:
    """The SLI of every objective over its own window: all good, or nothing."""
    for journey, objective in world.catalog.objectives:
        window = duration_text(objective.window_length)
        yield recorded(SLI, window, journey.id, objective.id), 1 - world.is_bad(journey.id)


# What happens in a world -------------------------------------------------------------------------


def _series(world: World) -> Iterator[tuple[str, str]]:
    for journey in world.catalog.journeys:
        yield from _requests(world, journey)
        yield from _measurements(world, journey)
    for scope, journey_id in _scopes(world.catalog):
        up = 0 if world.is_bad(journey_id) else 60
        yield selector(UP, {"scope": scope}), _counter(up)
        yield selector(OBSERVED, {"scope": scope}), _counter(60)
    for metric in world.limits:
        series = selector(RESOURCE, {"host": "one", "metric": metric})
        yield series, f"{_resource(world, metric):g}x{LENGTH}"


def _requests(world: World, journey: Journey) -> Iterator[tuple[str, str]]:
    bad, rate = world.is_bad(journey.id), world.a_minute
    bounds = [cut.value / 1000 for cut in world.catalog.cuts(journey.id)]
    for step in _steps(world.catalog, journey):
        labels = {"journey": journey.id, "step": step}
        for outcome, share in (("good", 1 - bad), ("failed", int(bad)), ("excluded", 1)):
            series = selector(REQUESTS, labels | {"platform": "web", "outcome": outcome})
            yield series, _counter(rate * share)
        for bound in dict.fromkeys(bounds):
            bucket = selector(f"{DURATION}_bucket", labels | {"le": f"{bound:.12g}"})
            yield bucket, _counter(0 if bad else rate)
        yield selector(f"{DURATION}_count", labels), _counter(rate)


def _measurements(world: World, journey: Journey) -> Iterator[tuple[str, str]]:
    bad, rate = world.is_bad(journey.id), world.a_minute
    for metric, above in _metrics(journey):
        labels = {"journey": journey.id, "metric": metric}
        low = bad == above
        for cut in {it.value for it in world.catalog.measurement_cuts(journey.id, metric)}:
            bucket = selector(f"{MEASUREMENT}_bucket", labels | {"le": f"{cut:.12g}"})
            yield bucket, _counter(rate if low else 0)
        yield selector(f"{MEASUREMENT}_count", labels), _counter(rate)
    for total, lost in _shares(journey):
        labels = {"journey": journey.id, "metric": total}
        yield selector(f"{MEASUREMENT}_sum", labels), _counter(rate)
        labels = {"journey": journey.id, "metric": lost}
        yield selector(f"{MEASUREMENT}_sum", labels), _counter(rate if bad else 0)


def _counter(a_minute: int) -> str:
    return f"0+{a_minute}x{LENGTH}"


def _steps(catalog: Catalog, journey: Journey) -> list[str | None]:
    """The steps that anything names; what names none counts them all."""
    counted = (it.indicator for it in journey.objectives)
    named = {it.step for it in counted if isinstance(it, Success | Latency)}
    named |= {getattr(term, "step", None) for term in catalog.terms}
    return [*sorted(step for step in named if step)] or [None]


def _metrics(journey: Journey) -> dict[tuple[str, bool], None]:
    """The metrics that objectives count values of, and whether the good ones are above."""
    return {
        (it.indicator.metric, bool(it.threshold and it.threshold.above is not None)): None
        for it in journey.objectives
        if isinstance(it.indicator, Measurement)
    }


def _shares(journey: Journey) -> list[tuple[str, str]]:
    return [
        (it.indicator.total, it.indicator.bad)
        for it in journey.objectives
        if isinstance(it.indicator, Share)
    ]


def _scopes(catalog: Catalog) -> list[tuple[str, str]]:
    """The scopes that objectives are on, each with the journey of its objective."""
    return [
        (objective.indicator.scope, journey.id)
        for journey, objective in catalog.objectives
        if isinstance(objective.indicator, Availability)
    ]


def _limits(found: list[Rule]) -> Limits:
    """The limits on each metric of hosts that rules name, by their sign."""
    limits: Limits = {}
    for rule in found:
        for comparison, subjects in rule.about.items():
            for subject in subjects:
                if isinstance(subject.term, ResourceTerm):
                    signs = limits.setdefault(subject.term.metric, {">": [], "<": []})
                    signs[comparison.op].append(subject.threshold)
    return limits


def _resource(world: World, metric: str) -> float:
    """What a host has: too much in trouble, too little when idle, else between all limits.

    Where only too little is ever said to be wrong, that is the trouble.
    """
    above, below = world.limits[metric][">"], world.limits[metric]["<"]
    if world.bad == HOSTS:
        return 2 * max(above) if above else min(below) / 2
    if world.bad == IDLE and above and below:
        return min(below) / 2
    if not above:
        return 2 * max(below)
    return (max(below) + min(above)) / 2 if below else min(above) / 2


# What must fire in it ----------------------------------------------------------------------------


def _firing(world: World, rule: Rule, condition: Condition) -> list[Labels]:
    """The labels beyond the rule's own with which a condition holds; none where it does not."""
    if isinstance(condition, Comparison):
        return [
            {"host": "one"} if isinstance(subject.term, ResourceTerm) else {}
            for subject in rule.about[condition]
            if subject.journey in (rule.journey, None) and _holds(world, condition, subject)
        ][:1]
    sides = [_firing(world, rule, part) for part in condition.parts]
    if isinstance(condition, conditions.Any):
        found: list[Labels] = []
        for side in sides:
            found += [labels for labels in side if labels not in found]
        return found
    return sides[0] if all(sides) else []


def _holds(world: World, comparison: Comparison, subject: Subject) -> bool:
    value = _value(world, comparison, subject)
    above = comparison.op == ">"
    return value > subject.threshold if above else value < subject.threshold


def _value(world: World, comparison: Comparison, subject: Subject) -> float:
    """The figure of a comparison, from what the world is."""
    bad, term = world.is_bad(subject.journey), subject.term
    if isinstance(term, RequestsTerm):
        if term.kind == "failure_rate":
            return float(bad)
        assert comparison.window
        return bad * world.a_minute * (comparison.window / MINUTE)
    if isinstance(term, LatencyTerm | MeasurementTerm):
        above = subject.metric is not None and any(
            (subject.metric, True) == it
            for it in _metrics(world.catalog.journey(subject.journey or ""))
        )
        return float("inf") if bad != above else 0.0
    if isinstance(term, AvailabilityTerm):
        return 1.0 - bad
    if isinstance(term, BudgetTerm):
        assert subject.objective
        burn = bad / subject.objective.error_rate
        return burn if term.kind == "burn_rate" else 1 - burn
    return _resource(world, term.metric)
