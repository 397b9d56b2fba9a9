"""The catalogue as a whole: one team's objectives, budgets, alerts and reviews as data."""

from datetime import date, datetime, timedelta
from typing import Annotated

from pydantic import Field

from slo_core.catalog import cuts as _cuts
from slo_core.catalog.base import Assumed, Model, Text
from slo_core.catalog.budgets import Budget, Policy, Rules
from slo_core.catalog.collecting import Collecting
from slo_core.catalog.cuts import Cut
from slo_core.catalog.instrumentation import Instrument
from slo_core.catalog.notifications import Notifications
from slo_core.catalog.objectives import Journey, Link, Objective, Scope
from slo_core.catalog.operations import (
    ActionKind,
    Alert,
    BurnAlert,
    Definition,
    Growth,
    HeadroomAlerts,
    LifecycleStep,
    Reading,
    Review,
    Severity,
    Term,
    Tier,
    Trigger,
)
from slo_core.errors import SloError


class Catalog(Model):
    """Everything that one SLO document says, typed; `load_catalog` reads it from a file."""

    version: Annotated[int, Field(ge=1)]
    name: Text
    purpose: Text
    owner: Text
    document_owner: Text | None = None
    stakeholders: tuple[Text, ...] = ()
    review_cadence: Text
    last_updated: Text
    effective_from: date
    journeys: Annotated[tuple[Journey, ...], Field(min_length=1)]
    chain: Assumed[Annotated[tuple[Link, ...], Field(min_length=2)]] | None = None
    """The journeys that a person goes through one after the other, None where there is no such."""
    scopes: tuple[Scope, ...] = ()
    rules: Rules
    definitions: tuple[Definition, ...] = ()
    instrumentation: tuple[Instrument, ...] | None = None
    """What the document's code records; None where the document does not say."""
    collecting: Collecting = Collecting()
    budgets: tuple[Budget, ...] = ()
    policy: Policy
    terms: tuple[Term, ...] = ()
    tiers: tuple[Tier, ...] = ()
    action_kinds: dict[str, ActionKind] = Field(default_factory=dict)
    """By the text of an alert's action, what a program does of it; one not named is a person's."""
    alerts: tuple[Alert, ...] = ()
    burn_alerts: tuple[BurnAlert, ...] = ()
    """Alerts on every budget that the document does not have, to be held beside its own."""
    headroom_alerts: HeadroomAlerts | None = None
    """The same on the headroom of every other objective; None: there are none."""
    triggers: tuple[Trigger, ...] = ()
    notifications: Notifications = Notifications()
    severities: tuple[Severity, ...] = ()
    lifecycle: tuple[LifecycleStep, ...] = ()
    growth: tuple[Growth, ...] = ()
    reviews: tuple[Review, ...] = ()
    readings: tuple[Reading, ...] = ()

    @property
    def objectives(self) -> tuple[tuple[Journey, Objective], ...]:
        """Every objective with its journey, in the document's order."""
        return tuple((j, objective) for j in self.journeys for objective in j.objectives)

    @property
    def changes(self) -> tuple[date, ...]:
        """The days on which a promise changed, in order; none where each is as it always was."""
        days = {o.effective_from for _, o in self.objectives if o.earlier}
        days |= {version.effective_from for _, o in self.objectives for version in o.earlier[1:]}
        return tuple(sorted(day for day in days if day))

    def at(self, moment: datetime) -> "Catalog":
        """The catalogue of the time of a look: what is promised later is not known to it.

        As with months and allocations, a look at exactly midnight is still of the day before.
        """
        day = (moment - timedelta(minutes=1)).date()
        journeys = tuple(journey.on(day) for journey in self.journeys)
        if all(now is it for now, it in zip(journeys, self.journeys, strict=True)):
            return self
        return self.model_copy(update={"journeys": journeys})

    def as_asked_by(self, rule: Alert | Trigger) -> "Catalog":
        """The catalogue with what an alert itself asks for before it believes a figure."""
        if not isinstance(rule, Alert):
            return self
        events, failures = rule.min_events, rule.min_failures
        own = {"min_events": events, "min_percentile_events": events, "min_failures": failures}
        stated = {name: it for name, it in own.items() if it}
        if not stated:
            return self
        return self.model_copy(update={"rules": self.rules.model_copy(update=stated)})

    def journey(self, journey_id: str) -> Journey:
        """The journey of that id; `SloError` where there is none."""
        for journey in self.journeys:
            if journey.id == journey_id:
                return journey
        ids = ", ".join(journey.id for journey in self.journeys)
        raise SloError(f"no journey is called '{journey_id}', the catalogue has: {ids}")

    def objective(self, journey_id: str, objective_id: str) -> Objective:
        """The objective of that id in that journey; `SloError` where there is none."""
        journey = self.journey(journey_id)
        for objective in journey.objectives:
            if objective.id == objective_id:
                return objective
        ids = ", ".join(objective.id for objective in journey.objectives)
        raise SloError(f"{journey_id} has no objective '{objective_id}', it has: {ids}")

    def scope(self, scope_id: str) -> Scope:
        """The availability scope of that id; `SloError` where there is none."""
        for scope in self.scopes:
            if scope.id == scope_id:
                return scope
        ids = ", ".join(scope.id for scope in self.scopes) or "none"
        raise SloError(f"no scope is called '{scope_id}', the catalogue has: {ids}")

    def budget(self, service: str) -> Budget | None:
        """The error budget of a service, None where the document gives it none."""
        return next((budget for budget in self.budgets if budget.service == service), None)

    def term(self, word: str) -> Term:
        """What a word of a condition means; `SloError` where the catalogue does not say."""
        for term in self.terms:
            if term.id == word:
                return term
        raise SloError(f"no term is called '{word}'")

    def cuts(self, journey_id: str) -> tuple[Cut, ...]:
        """Where the rollup counts this journey's request durations, in milliseconds."""
        return _cuts.cuts(self, journey_id, None)

    def measurement_cuts(self, journey_id: str, metric: str) -> tuple[Cut, ...]:
        """Where the rollup counts one metric of this journey, in the metric's own unit."""
        return _cuts.cuts(self, journey_id, metric)
