"""Alerting rules: the document's conditions and the burn alerts of each budget, as PromQL.

A condition's window is in its expression, so no rule waits (``for``) on top of it: "failure_rate >
5% for 5 minutes" is the rate over the trailing five minutes (DESIGN 2.2).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from slo_core.alerts import conditions
from slo_core.alerts.conditions import Comparison, Condition, comparisons
from slo_core.alerts.evaluate import About, journeys_of, subjects_of, words
from slo_core.alerts.multiwindow import with_burn_alerts
from slo_core.catalog import (
    Alert,
    Availability,
    AvailabilityTerm,
    BudgetTerm,
    Catalog,
    LatencyTerm,
    MeasurementTerm,
    RequestsTerm,
    ResourceTerm,
    Share,
    Subject,
)
from slo_core.durations import parse_duration
from slo_core.prometheus.recording import (
    BURN,
    GOOD,
    REMAINING,
    VALID,
    duration_text,
    recorded,
)
from slo_core.prometheus.series import (
    RESOURCE,
    Counts,
    availability,
    durations,
    measurements,
    requests,
    selector,
)


@dataclass(frozen=True)
class Rule:
    """One alert about one journey (None: about hosts), with its expression."""

    alert: Alert
    journey: str | None
    about: About
    expression: str
    runbook: str | None

    @property
    def labels(self) -> dict[str, str]:
        """What it is told apart and routed by."""
        found = {"severity": self.alert.severity, "tier": str(self.alert.tier)}
        return found | ({"journey": self.journey} if self.journey else {})

    def annotations(self, catalog: Catalog) -> dict[str, str]:
        """What people read: the document's own words, its owner and its runbook."""
        name = catalog.journey(self.journey).name if self.journey else "Hosts"
        tier = next(it for it in catalog.tiers if it.tier == self.alert.tier)
        found = {
            "summary": f"{self.alert.name}: {name}",
            "description": words(self.alert.parsed),
            "response": tier.response,
            "owner": self.alert.owner.value,
        }
        if self.alert.actions:
            found["actions"] = "; ".join(self.alert.actions)
        return found | ({"runbook_url": self.runbook} if self.runbook else {})


def alerting_groups(catalog: Catalog) -> list[dict[str, Any]]:
    """The groups of alerting rules: the document's alerts, and the burn alerts of its budgets."""
    own, burn = rules(catalog)
    groups = {"slo_alerts": own, "slo_burn_alerts": burn}
    return [
        {"name": name, "rules": [_as_rule(catalog, rule) for rule in found]}
        for name, found in groups.items()
        if found
    ]


def rules(catalog: Catalog) -> tuple[list[Rule], list[Rule]]:
    """The document's alerts, and the burn alerts, each about each journey that it is about."""
    widened, burn_alerts = with_burn_alerts(catalog)
    on_burn = next((it.runbook.value for it in catalog.alerts if _is_on_burn(catalog, it)), None)
    own = [rule for it in catalog.alerts for rule in _rules(catalog, it, it.runbook.value)]
    return own, [rule for it in burn_alerts for rule in _rules(widened, it, on_burn)]


def _is_on_burn(catalog: Catalog, alert: Alert) -> bool:
    terms = [catalog.term(it.metric) for it in comparisons(alert.parsed)]
    return any(isinstance(term, BudgetTerm) and term.kind == "burn_rate" for term in terms)


def _rules(catalog: Catalog, alert: Alert, runbook: str | None) -> Iterator[Rule]:
    about = subjects_of(catalog, alert)
    for journey in journeys_of(catalog, about):
        expression = _expression(catalog, alert.parsed, about, journey)
        if expression:
            yield Rule(alert, journey, about, expression, runbook)


def _as_rule(catalog: Catalog, rule: Rule) -> dict[str, Any]:
    return {
        "alert": rule.alert.id,
        "expr": rule.expression,
        # An episode is merged over silences as long as this (DESIGN 2.2).
        "keep_firing_for": duration_text(catalog.rules.episode_merge.value),
        "labels": rule.labels,
        "annotations": rule.annotations(catalog),
    }


def _expression(
    catalog: Catalog, condition: Condition, about: About, journey: str | None
) -> str | None:
    """A condition about one journey; None where it has nothing that the condition names."""
    if isinstance(condition, Comparison):
        found = [
            _compared(catalog, condition, subject)
            for subject in about[condition]
            if subject.journey in (journey, None)
        ]
        return _joined(" or ", found)
    parts = [_expression(catalog, it, about, journey) for it in condition.parts]
    if isinstance(condition, conditions.Any):
        return _joined(" or ", [it for it in parts if it])
    return _joined(" and on () ", [it for it in parts if it]) if all(parts) else None


def _joined(word: str, parts: list[str]) -> str | None:
    return word.join(f"({it})" for it in parts) if parts[1:] else next(iter(parts), None)


def _compared(catalog: Catalog, comparison: Comparison, subject: Subject) -> str:
    """One comparison about one subject; its value is what the document's own term says."""
    term, op, limit = subject.term, comparison.op, f"{subject.threshold:.12g}"
    window = duration_text(comparison.window or timedelta(minutes=1))
    journey = subject.journey or ""
    if isinstance(term, RequestsTerm):
        own = requests(journey, subject.step)
        if term.kind == "failures":
            return f"{own.bad(window)} {op} {limit}"
        return f"{own.bad_share(window)} {op} {limit}{_enough(catalog, own, window, op)}"
    if isinstance(term, LatencyTerm | MeasurementTerm):
        share = f"{term.percentile / 100:.12g}"
        near = _near(subject)
        # The percentile is above where under its share is not; it is below where its share is.
        return f"{near.good(window)} / {near.valid(window)} {'<' if op == '>' else '>='} {share}"
    if isinstance(term, AvailabilityTerm):
        assert subject.objective
        assert isinstance(subject.objective.indicator, Availability)
        up = availability(subject.objective.indicator.scope)
        return f"{up.good(window)} / {up.valid(window)} {op} {limit}"
    if isinstance(term, ResourceTerm):
        series = selector(RESOURCE, {"metric": term.metric})
        value = f"avg_over_time({series}[{window}])" if comparison.window else series
        return f"max by (host) ({value}) {op} {limit}"
    return _of_budget(catalog, comparison, subject, term)


def _near(subject: Subject) -> Counts:
    """Values at or under a threshold."""
    assert subject.journey
    if subject.metric:
        return measurements(subject.journey, subject.metric, subject.threshold)
    return durations(subject.journey, subject.step, subject.threshold)


def _of_budget(catalog: Catalog, comparison: Comparison, subject: Subject, term: BudgetTerm) -> str:
    """A comparison with a burn rate or with what is left: figures that are recorded."""
    assert subject.objective
    assert subject.journey
    key, op, limit = (subject.journey, subject.objective.id), comparison.op, subject.threshold
    if term.kind == "budget_remaining":
        labels = {"journey": key[0], "objective": key[1]}
        series = selector(REMAINING, labels)
        if comparison.window:
            # It must have been so all along.
            furthest = "max" if op == "<" else "min"
            series = f"{furthest}_over_time({series}[{duration_text(comparison.window)}])"
        return f"max({series}) {op} {limit:.12g}"
    length = comparison.window or parse_duration(catalog.rules.burn_windows.value[0])
    window = duration_text(length)
    found = f"max({recorded(BURN, window, *key)}) {op} {limit:.12g}"
    counts_events = not isinstance(subject.objective.indicator, Availability | Share)
    if term.needs_minimum and counts_events:
        good = f"max({recorded(GOOD, window, *key)})"
        valid = f"max({recorded(VALID, window, *key)})"
        own = Counts(lambda _: good, lambda _: valid)
        found += _enough(catalog, own, window, op)
    return found


def _enough(catalog: Catalog, own: Counts, window: str, op: str) -> str:
    """Whether a rate rests on enough: valid events, and failures where it is said to be high."""
    found = f" and on () {own.valid(window)} >= {catalog.rules.min_events.value}"
    if op == ">":
        found += f" and on () {own.bad(window)} >= {catalog.rules.min_failures.value}"
    return found
