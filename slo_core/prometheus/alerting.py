"""Alerting rules: the document's conditions, burn alerts, and scale triggers, as PromQL.

A condition's window is in its expression, so no rule waits (``for``) on top of it: "failure_rate >
5% for 5 minutes" is the rate over the trailing five minutes (DESIGN 2.2).
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from slo_core.alerts import conditions
from slo_core.alerts.conditions import Comparison, Condition, comparisons
from slo_core.alerts.evaluate import About, journeys_of, subjects_of, words
from slo_core.alerts.multiwindow import (
    Step,
    headroom_steps,
    steps,
    with_burn_alerts,
    with_headroom_alerts,
)
from slo_core.alerts.sets import AlertSet, Known, known_rules
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
    Trigger,
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
    """One alert or trigger about one journey (None: about hosts), with its expression."""

    alert: Alert | Trigger
    known: Known
    journey: str | None
    about: About
    expression: str

    @property
    def labels(self) -> dict[str, str]:
        """What it is told apart and routed by."""
        found = {"severity": self.known.severity} if self.known.severity else {}
        if isinstance(self.alert, Trigger):
            found["direction"] = self.alert.direction
        return found | {"tier": str(self.known.tier)} | self._of_journey

    @property
    def _of_journey(self) -> dict[str, str]:
        return {"journey": self.journey} if self.journey else {}

    def annotations(self, catalog: Catalog) -> dict[str, str]:
        """What people read: the document's own words, its owner and its runbook."""
        name = catalog.journey(self.journey).name if self.journey else "Hosts"
        tier = next(it for it in catalog.tiers if it.tier == self.known.tier)
        found = {
            "summary": f"{self.known.name}: {name}",
            "description": words(self.alert.parsed),
            "response": tier.response,
            "owner": self.known.owner,
        }
        if self.known.actions:
            found["actions"] = "; ".join(self.known.actions)
        return found | ({"runbook_url": self.known.runbook} if self.known.runbook else {})


_GROUPS: dict[AlertSet, str] = {
    "document": "slo_alerts",
    "burn": "slo_burn_alerts",
    "headroom": "slo_headroom_alerts",
    "triggers": "slo_scale_triggers",
}


def alerting_groups(catalog: Catalog) -> list[dict[str, Any]]:
    """The groups of alerting rules, one for each set that has any."""
    return [
        {"name": _GROUPS[name], "rules": [_as_rule(catalog, rule) for rule in found]}
        for name, found in rules(catalog).items()
        if found
    ]


def rules(catalog: Catalog) -> dict[AlertSet, list[Rule]]:
    """The rules of each set, each about each journey that it is about.

    Scale triggers that the catalogue tells nobody of are left out.
    """
    widened, burn = with_burn_alerts(catalog)
    widened, headroom = with_headroom_alerts(widened)
    sets: dict[AlertSet, tuple[Alert | Trigger, ...]] = {"document": catalog.alerts, "burn": burn}
    sets |= {"headroom": headroom, "triggers": _told(catalog)}
    known = known_rules(catalog)
    found: dict[AlertSet, list[Rule]] = {}
    for name, own in sets.items():
        found[name] = [
            Rule(it, told, journey, about, expression)
            for it in own
            if (told := known.of(it.id, it.journey))
            for about in [subjects_of(widened, it)]
            for journey in journeys_of(widened, about)
            if (expression := _expression(widened.as_asked_by(it), it.parsed, about, journey))
        ]
    return found


def _told(catalog: Catalog) -> tuple[Trigger, ...]:
    told = catalog.notifications.triggers
    return tuple(it for it in catalog.triggers if it.direction in told)


def left_out(catalog: Catalog) -> list[str]:
    """What the rules do not say, a sentence each: for whoever reads the file."""
    every = [*steps(catalog), *headroom_steps(catalog)]
    reasons = {
        "slower than on budget, it would fire while all is well": [
            it for it in every if not it.is_faster
        ],
        "even an entire failure would not reach it": [
            it for it in every if it.is_faster and not it.can_fire
        ],
    }
    found = [f"Left out, {why}: {_listed(own)}." for why, own in reasons.items() if own]
    untold = [it.id for it in catalog.triggers if it not in _told(catalog)]
    if untold:
        found.append(f"Left out, the catalogue tells nobody of it: {', '.join(untold)}.")
    exported = {rule.alert.id for own in rules(catalog).values() for rule in own}
    written: list[Alert | Trigger] = [*catalog.alerts, *_told(catalog)]
    nothing = [it.id for it in written if it.id not in exported]
    if nothing:
        found.append(f"Left out, no journey has what it names: {', '.join(nothing)}.")
    terms = [catalog.term(it.metric) for rule in written for it in comparisons(rule.parsed)]
    if any(isinstance(term, ResourceTerm) for term in terms):
        share = f"{catalog.rules.resource_coverage.value:.0%}"
        found.append(
            f"Not expressed: that a host which sent under {share} of its usual samples is no data."
        )
    return found


def _listed(own: list[Step]) -> str:
    """``BudgetBurnSlow (api error_rate, web lcp_p75)``."""
    by_alert: dict[str, list[str]] = {}
    for it in own:
        place = f"{it.journey.id} {it.objective.id}"
        by_alert.setdefault(it.burn_alert.id, []).append(place)
    return "; ".join(f"{alert} ({', '.join(places)})" for alert, places in by_alert.items())


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
        found = f"{near.good(window)} / {near.valid(window)} {'<' if op == '>' else '>='} {share}"
        least = catalog.rules.min_percentile_events.value
        return f"{found} and on () {near.valid(window)} >= {least}" if least else found
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
        good, valid = recorded(GOOD, window, *key), recorded(VALID, window, *key)
        found += f" and on () max({valid}) >= {catalog.rules.min_events.value}"
        if op == ">":
            # Of several platforms each has its own failures.
            found += f" and on () max({valid} - {good}) >= {catalog.rules.min_failures.value}"
    return found


def _enough(catalog: Catalog, own: Counts, window: str, op: str) -> str:
    """Whether a rate rests on enough: valid events, and failures where it is said to be high."""
    found = f" and on () {own.valid(window)} >= {catalog.rules.min_events.value}"
    if op == ">":
        found += f" and on () {own.bad(window)} >= {catalog.rules.min_failures.value}"
    return found
