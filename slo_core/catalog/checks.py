"""What the parts of a catalogue owe each other: names that exist, units that fit, no repetition."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from slo_core.alerts.conditions import Comparison, comparisons, parse
from slo_core.catalog.model import Catalog
from slo_core.catalog.notifications import unknown_names
from slo_core.catalog.objectives import Availability, Measurement
from slo_core.catalog.operations import (
    Alert,
    AvailabilityTerm,
    BudgetTerm,
    BurnAlert,
    HeadroomAlerts,
    LatencyTerm,
    MeasurementTerm,
    ResourceTerm,
    Term,
    Trigger,
)
from slo_core.catalog.subjects import subjects
from slo_core.durations import time_unit
from slo_core.errors import SloError

Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: the keys and positions that lead to it, and the sentence."""

    place: Place
    sentence: str


def findings(catalog: Catalog) -> Iterator[Finding]:
    """What is wrong with a catalogue whose parts are each well formed, first things first."""
    yield from _repetitions(catalog)
    yield from _chain(catalog)
    yield from _scopes(catalog)
    yield from _budgets(catalog)
    yield from _instrumentation(catalog)
    yield from _collecting(catalog)
    yield from _terms(catalog)
    yield from _growth(catalog)
    yield from _rules(catalog, "alerts", catalog.alerts)
    yield from _rules(catalog, "triggers", catalog.triggers)
    yield from _graded(catalog, "burn_alerts", catalog.burn_alerts)
    if catalog.headroom_alerts:
        yield from _grade(catalog, ("headroom_alerts",), catalog.headroom_alerts)
    yield from _actions(catalog)
    yield from _notifications(catalog)
    yield from _cuts(catalog)


def _repetitions(catalog: Catalog) -> Iterator[Finding]:
    lists: list[tuple[Place, str, Sequence[object]]] = [
        (("journeys",), "id", [journey.id for journey in catalog.journeys]),
        *(
            (("journeys", i, "objectives"), "id", [o.id for o in journey.objectives])
            for i, journey in enumerate(catalog.journeys)
        ),
        (("budgets",), "service", [budget.service for budget in catalog.budgets]),
        (("tiers",), "tier", [tier.tier for tier in catalog.tiers]),
        *(
            ((name,), "id", [item.id for item in getattr(catalog, name)])
            for name in (
                "scopes",
                "definitions",
                "terms",
                "alerts",
                "burn_alerts",
                "triggers",
                "severities",
                "lifecycle",
                "growth",
                "reviews",
                "readings",
            )
        ),
        (("lifecycle",), "stamp", [it.stamp or i for i, it in enumerate(catalog.lifecycle)]),
        (
            ("notifications", "targets"),
            "id",
            [target.id for target in catalog.notifications.targets],
        ),
        (
            ("notifications", "tiers"),
            "tier",
            [tier.tier for tier in catalog.notifications.tiers],
        ),
        (("instrumentation",), "id", [it.id for it in catalog.instrumentation or ()]),
        (("policy", "exit_criteria"), "id", [c.id for c in catalog.policy.exit_criteria]),
    ]
    for place, key, values in lists:
        for index, value in enumerate(values):
            if value in values[:index]:
                yield Finding(
                    (*place, index, key), f"expected each {key} once, found {value!r} again"
                )


def _unknown(what: str, found: str, known: Iterable[str]) -> str | None:
    """The sentence for a name that does not exist, None where it does."""
    names = list(known)
    if found in names:
        return None
    nearest = get_close_matches(found, names, n=1)
    hint = f"did you mean '{nearest[0]}'?" if nearest else f"there is {', '.join(names) or 'none'}"
    return f"expected {what}, found '{found}', {hint}"


def _chain(catalog: Catalog) -> Iterator[Finding]:
    journeys = {journey.id: journey for journey in catalog.journeys}
    for index, link in enumerate(catalog.chain.value if catalog.chain else ()):
        place = ("chain", "value", index)
        found = journeys.get(link.journey)
        if sentence := _unknown("a journey", link.journey, journeys):
            yield Finding((*place, "journey"), sentence)
        elif found:
            known = [objective.id for objective in found.objectives]
            if sentence := _unknown(f"an objective of {link.journey}", link.objective, known):
                yield Finding((*place, "objective"), sentence)


def _scopes(catalog: Catalog) -> Iterator[Finding]:
    journeys = [journey.id for journey in catalog.journeys]
    for i, scope in enumerate(catalog.scopes):
        for key in ("journey", "critical_journey"):
            name = getattr(scope, key)
            if name and (sentence := _unknown("a journey of this catalogue", name, journeys)):
                yield Finding(("scopes", i, key), sentence)
    scopes = [scope.id for scope in catalog.scopes]
    for i, journey in enumerate(catalog.journeys):
        for j, objective in enumerate(journey.objectives):
            if isinstance(objective.indicator, Availability):
                if sentence := _unknown(
                    "a scope of this catalogue", objective.indicator.scope, scopes
                ):
                    yield Finding(("journeys", i, "objectives", j, "indicator", "scope"), sentence)


def _budgets(catalog: Catalog) -> Iterator[Finding]:
    journeys = {journey.id: journey for journey in catalog.journeys}
    for i, budget in enumerate(catalog.budgets):
        if sentence := _unknown("a journey of this catalogue", budget.service, journeys):
            yield Finding(("budgets", i, "service"), sentence)
            continue
        objectives = {o.id: o for o in journeys[budget.service].objectives}
        if sentence := _unknown(f"an objective of {budget.service}", budget.objective, objectives):
            yield Finding(("budgets", i, "objective"), sentence)
            continue
        objective = objectives[budget.objective]
        if not objective.budgeted:
            yield Finding(
                ("budgets", i, "objective"),
                f"expected an objective with `budgeted: true`, found '{objective.id}' without",
            )
        timed = objective.indicator.kind == "availability"
        if timed != (budget.unit == "seconds"):
            yield Finding(
                ("budgets", i, "unit"),
                f"expected {'seconds' if timed else 'failures'} for a budget on "
                f"'{objective.id}', found '{budget.unit}'",
            )
        for k, allocation in enumerate(budget.allocations):
            if allocation.share_of_month is not None and budget.unit != "seconds":
                yield Finding(
                    ("budgets", i, "allocations", k, "share_of_month"),
                    "expected `allowed` for a budget in failures, found a share of the month",
                )
    budgeted = {(budget.service, budget.objective) for budget in catalog.budgets}
    for i, journey in enumerate(catalog.journeys):
        for j, objective in enumerate(journey.objectives):
            if objective.budgeted and (journey.id, objective.id) not in budgeted:
                yield Finding(
                    ("journeys", i, "objectives", j, "budgeted"),
                    "expected a budget for it under `budgets`, found none",
                )


def _instrumentation(catalog: Catalog) -> Iterator[Finding]:
    journeys = [journey.id for journey in catalog.journeys]
    scopes = [scope.id for scope in catalog.scopes]
    budgets = [budget.service for budget in catalog.budgets]
    for i, instrument in enumerate(catalog.instrumentation or ()):
        for key, what, names, known in (
            ("journeys", "a journey of this catalogue", instrument.journeys or (), journeys),
            ("probes", "a scope of this catalogue", instrument.probes, scopes),
        ):
            for k, name in enumerate(names):
                if sentence := _unknown(what, name, known):
                    yield Finding(("instrumentation", i, key, k), sentence)
        if instrument.spends:
            name = instrument.spends.service
            if sentence := _unknown("a service with a budget", name, budgets):
                yield Finding(("instrumentation", i, "spends", "service"), sentence)


def _collecting(catalog: Catalog) -> Iterator[Finding]:
    journeys = [journey.id for journey in catalog.journeys]
    for i, route in enumerate(catalog.collecting.routes.value):
        found = route.journey
        if found and (sentence := _unknown("a journey of this catalogue", found, journeys)):
            yield Finding(("collecting", "routes", "value", i, "journey"), sentence)


def _terms(catalog: Catalog) -> Iterator[Finding]:
    journeys = [journey.id for journey in catalog.journeys]
    for i, term in enumerate(catalog.terms):
        journey = getattr(term, "journey", None)
        if journey and (sentence := _unknown("a journey of this catalogue", journey, journeys)):
            yield Finding(("terms", i, "journey"), sentence)
        elif isinstance(term, MeasurementTerm):
            measured = [
                objective.id
                for objective in catalog.journey(term.journey).objectives
                if isinstance(objective.indicator, Measurement)
            ]
            what = f"a measurement objective of {term.journey}"
            if sentence := _unknown(what, term.objective, measured):
                yield Finding(("terms", i, "objective"), sentence)
        elif isinstance(term, LatencyTerm):
            timed = [
                objective.indicator.metric
                for _, objective in catalog.objectives
                if isinstance(objective.indicator, Measurement) and objective.unit == "ms"
            ]
            for k, metric in enumerate(term.metrics):
                if sentence := _unknown("a metric with an objective in ms", metric, timed):
                    yield Finding(("terms", i, "metrics", k), sentence)
        elif isinstance(term, BudgetTerm) and term.objective:
            known = dict.fromkeys(objective.id for _, objective in catalog.objectives)
            if sentence := _unknown("an objective of this catalogue", term.objective, known):
                yield Finding(("terms", i, "objective"), sentence)
        elif isinstance(term, AvailabilityTerm) and term.scope:
            if sentence := _unknown(
                "a scope of this catalogue", term.scope, [s.id for s in catalog.scopes]
            ):
                yield Finding(("terms", i, "scope"), sentence)


def _growth(catalog: Catalog) -> Iterator[Finding]:
    journeys = [journey.id for journey in catalog.journeys]
    for i, line in enumerate(catalog.growth):
        journey = getattr(line.measure, "journey", None)
        if journey and (sentence := _unknown("a journey of this catalogue", journey, journeys)):
            yield Finding(("growth", i, "measure", "journey"), sentence)


def _rules(catalog: Catalog, section: str, rules: Sequence[Alert | Trigger]) -> Iterator[Finding]:
    journeys = [journey.id for journey in catalog.journeys]
    yield from _graded(catalog, section, rules)
    for i, rule in enumerate(rules):
        if rule.journey and (
            sentence := _unknown("a journey of this catalogue", rule.journey, journeys)
        ):
            yield Finding((section, i, "journey"), sentence)
            continue
        try:
            condition = parse(rule.condition, [term.id for term in catalog.terms])
        except SloError as error:
            yield Finding((section, i, "condition"), str(error))
            continue
        for comparison in comparisons(condition):
            sentence = _unfit(catalog, comparison) or _misdirected(
                catalog, rule.journey, comparison
            )
            if sentence:
                yield Finding((section, i, "condition"), f"{comparison.place}: {sentence}")


def _graded(
    catalog: Catalog, section: str, rules: Iterable[Alert | BurnAlert | Trigger]
) -> Iterator[Finding]:
    """Alerts of a severity or a tier that the catalogue does not have."""
    for i, rule in enumerate(rules):
        if not isinstance(rule, Trigger):
            yield from _grade(catalog, (section, i), rule)


def _grade(
    catalog: Catalog, place: Place, rule: Alert | BurnAlert | HeadroomAlerts
) -> Iterator[Finding]:
    severities = [severity.id for severity in catalog.severities]
    tiers = [tier.tier for tier in catalog.tiers]
    if sentence := _unknown("a severity of this catalogue", rule.severity, severities):
        yield Finding((*place, "severity"), sentence)
    if rule.tier not in tiers:
        known = ", ".join(map(str, tiers))
        yield Finding((*place, "tier"), f"expected one of the tiers {known}, found {rule.tier}")


def _actions(catalog: Catalog) -> Iterator[Finding]:
    """Kinds of actions that no alert has: most likely a slip in their text."""
    known = dict.fromkeys(action for alert in catalog.alerts for action in alert.actions)
    for text in catalog.action_kinds:
        if sentence := _unknown("an action of an alert", text, known):
            yield Finding(("action_kinds", text), sentence)


def _notifications(catalog: Catalog) -> Iterator[Finding]:
    """Routes to nowhere, and tiers and actions that no alert has."""
    actions = [action for alert in catalog.alerts for action in alert.actions]
    tiers = [tier.tier for tier in catalog.tiers]
    for place, what, name, known in unknown_names(catalog.notifications, tiers, actions):
        if sentence := _unknown(what, name, dict.fromkeys(known)):
            yield Finding(("notifications", *place), sentence)


def _unfit(catalog: Catalog, comparison: Comparison) -> str | None:
    """The sentence for a comparison whose number or window does not fit its metric."""
    term = catalog.term(comparison.metric)
    fitting = _fitting(catalog, term)
    if _written(comparison) not in fitting:
        return f"expected {' or '.join(fitting)} for '{term.id}', found '{comparison.text}'"
    if comparison.window is None and not isinstance(term, BudgetTerm | ResourceTerm):
        return f"expected a window such as 'for 5 minutes', found '{comparison.text}' without"
    return None


def _fitting(catalog: Catalog, term: Term) -> tuple[str, ...]:
    """The kinds of number that a term is compared with."""
    if isinstance(term, LatencyTerm):
        return "a duration", "a multiple of the SLO"
    if isinstance(term, MeasurementTerm):
        unit = catalog.objective(term.journey, term.objective).unit
        return _number_in(unit), "a multiple of the SLO"
    if isinstance(term, ResourceTerm):
        return (_number_in(term.unit),)
    if term.kind == "burn_rate":
        return ("a multiple of normal",)
    return ("a plain number",) if term.kind == "failures" else ("a percentage",)


def _written(comparison: Comparison) -> str:
    """The kind of number that a comparison holds."""
    if comparison.relative:
        return f"a multiple of {'the SLO' if comparison.relative == 'slo' else 'normal'}"
    return _number_in(comparison.unit)


def _number_in(unit: str) -> str:
    if unit == "%":
        return "a percentage"
    if unit in ("1", "count"):
        return "a plain number"
    return "a duration" if time_unit(unit) else f"a number in {unit}"


def _misdirected(catalog: Catalog, journey: str | None, comparison: Comparison) -> str | None:
    """The sentence for a comparison that is about nothing, or about another journey."""
    found = subjects(catalog, journey, comparison)
    if not found:
        where = f"in {journey}" if journey else "anywhere in the catalogue"
        return f"expected something that '{comparison.text}' is about, found nothing {where}"
    other = {s.journey for s in found if journey and s.journey} - {journey}
    if other:
        return (
            f"expected a condition about {journey}, found '{comparison.text}', which is about "
            f"{', '.join(sorted(name for name in other if name))}"
        )
    return None


def _cuts(catalog: Catalog) -> Iterator[Finding]:
    for i, journey in enumerate(catalog.journeys):
        metrics = {
            o.indicator.metric for o in journey.objectives if isinstance(o.indicator, Measurement)
        }
        for metric in (None, *sorted(metrics)):
            try:
                catalog.measurement_cuts(journey.id, metric) if metric else catalog.cuts(journey.id)
            except SloError as error:
                yield Finding(("journeys", i), str(error).removeprefix(f"{journey.id}: "))
