"""Alerts and the words that they use, severities, incidents, capacity and reviews."""

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from slo_core.alerts.conditions import Condition, parse
from slo_core.catalog.base import Assumed, Count, Duration, Id, Model, Text, Window, problem
from slo_core.catalog.instrumentation import Statuses
from slo_core.durations import parse_duration

Percentile = Annotated[float, Field(gt=0, lt=100)]


class _Term(Model):
    id: Text
    """The word as conditions write it."""
    meaning: Text
    """What it measures, in a sentence for people."""


class RequestsTerm(_Term):
    """Failed requests over valid ones, or their number."""

    kind: Literal["failure_rate", "failures"]
    journey: Id | None = None
    step: str | None = None


class LatencyTerm(_Term):
    """A percentile of request durations; in journeys without any, of the metrics named."""

    kind: Literal["latency"]
    percentile: Percentile
    journey: Id | None = None
    step: str | None = None
    metrics: tuple[Id, ...] = ()
    """Measurements that are latencies too, where a journey has an objective on them."""


class MeasurementTerm(_Term):
    """A percentile of the measurements that one objective counts."""

    kind: Literal["measurement"]
    journey: Id
    objective: Id
    percentile: Percentile


class AvailabilityTerm(_Term):
    """The availability of a scope; without one, of the scopes of the alert's journey."""

    kind: Literal["availability"]
    scope: Id | None = None


class ResourceTerm(_Term):
    """A resource of each host, in `unit`."""

    kind: Literal["resource"]
    metric: Id
    unit: Text


class BudgetTerm(_Term):
    """The burn rate or the remaining share of each error budget, or of an objective's headroom."""

    kind: Literal["burn_rate", "budget_remaining"]
    objective: Id | None = None
    """The objective that it is about, in each journey that has it; None: those of the budgets."""
    normal: Assumed[Annotated[float, Field(gt=0)]] | None = None
    """The burn rate that conditions call normal; 1 where nothing is said."""
    needs_minimum: bool = True
    """Whether a burn rate of events needs as many of them as any rate (`min_events`)."""

    def burn(self, multiple: float) -> float:
        """The burn rate that is so many times normal."""
        return multiple * (self.normal.value if self.normal else 1)


Term = Annotated[
    RequestsTerm | LatencyTerm | MeasurementTerm | AvailabilityTerm | ResourceTerm | BudgetTerm,
    Field(discriminator="kind"),
]


def _word(name: str) -> str:
    if not re.fullmatch(r"\w+", name):
        raise problem(f"expected a name of letters, digits and underscores, found {name!r}")
    return name


ActionKind = Literal["page", "post", "mail", "ticket", "incident", "log"]
"""What a program does of an alert's actions: it pages, posts into a channel, sends an e-mail, opens
a ticket or an incident, or writes into the log. Any other action is a person's."""


class Tier(Model):
    """A tier of alerts and what happens when one of it fires."""

    tier: int
    name: Text
    response: Text


class Alert(Model):
    """An alert with its condition as written."""

    id: Annotated[str, AfterValidator(_word)]
    name: Text
    tier: int
    severity: Text
    condition: Text
    journey: Id | None = None
    """The journey that the condition is about; None: each that has what the condition names."""
    actions: tuple[Text, ...] = ()
    owner: Assumed[Text]
    runbook: Assumed[Text]
    """The address of the runbook."""
    min_events: Assumed[Count] | None = None
    """Events that its rates and percentiles need in their windows, in place of the rules'."""
    min_failures: Assumed[Count] | None = None
    """Failures that its rates need in their windows, in place of the rules'."""

    @property
    def parsed(self) -> Condition:
        """The condition as a tree."""
        return parse(self.condition)


class BurnAlert(Model):
    """An alert on every budget: so much of it is spent in a long window, and still in a short one.

    Its burn rate is derived from each objective's own window (DESIGN 2.4).
    """

    id: Annotated[str, AfterValidator(_word)]
    name: Text
    tier: int
    severity: Text
    spends: Annotated[float, Field(gt=0, lt=1)]
    """The share of the budget that is spent in the long window."""
    long: Window
    short: Window
    assumption: Text
    """Where these figures are from: the document has none."""

    @model_validator(mode="after")
    def _short_is_shorter(self) -> "BurnAlert":
        if parse_duration(self.short) >= parse_duration(self.long):
            raise problem(f"expected less than the long window, {self.long}, found {self.short}")
        return self


class HeadroomAlerts(Model):
    """How burn alerts are told on objectives that have no error budget (DESIGN 2.2, Budgeted)."""

    tier: int
    severity: Text
    assumption: Text
    """Why so: the document has none."""


class Trigger(Model):
    """A scale trigger with its condition as written."""

    id: Id
    direction: Literal["up", "down"]
    condition: Text

    @property
    def journey(self) -> None:
        """No journey of its own: the terms of a trigger name theirs."""
        return None

    @property
    def parsed(self) -> Condition:
        """The condition as a tree."""
        return parse(self.condition)


class Severity(Model):
    """A severity level and what it promises."""

    id: Text
    name: Text
    impact: Text
    response: Duration
    resolution: Duration
    update_every: Duration
    """The longest time between two updates to stakeholders."""
    communication: Text
    """The same in the document's own words."""
    example: Text
    failing: Assumed[Annotated[float, Field(gt=0, le=1)]] | None = None
    """The share of a service's requests, or of its time, that fails in such an incident."""


Stamp = Literal["detected", "triaged", "mitigated", "communicated", "resolved", "postmortem"]
"""What the register stamps of an incident's life; clocks and metrics run from and to these."""


class LifecycleStep(Model):
    """A step in the life of an incident."""

    id: Id
    name: Text
    text: Text
    stamp: Stamp | None = None
    """The stamp that it sets; None: a step that is shown, but that nothing is measured by."""


class UsersMeasure(Model):
    """Distinct users in a month."""

    kind: Literal["users"]


class RequestsMeasure(Model):
    """Requests of a journey in a month."""

    kind: Literal["requests"]
    journey: Id


class ResourceMeasure(Model):
    """A resource over all hosts: the month's sum, or the latest figure."""

    kind: Literal["resource"]
    metric: Id
    aggregate: Literal["sum", "latest"]


def _quarter(name: str) -> str:
    if not re.fullmatch(r"Q[1-4] \d{4}", name, re.ASCII):
        raise problem(f"expected a quarter such as Q1 2025, found {name!r}")
    return name


Quarter = Annotated[str, AfterValidator(_quarter)]


class Growth(Model):
    """A column of the growth table: what is expected in each quarter, a month."""

    id: Id
    name: Text
    unit: Text
    measure: Annotated[
        UsersMeasure | RequestsMeasure | ResourceMeasure, Field(discriminator="kind")
    ]
    quarters: Annotated[dict[Quarter, Annotated[float, Field(gt=0)]], Field(min_length=1)]

    def points(self) -> tuple[tuple[date, float], ...]:
        """The first day of each quarter with its figure, in order of time."""
        return tuple(sorted((quarter_start(name), v) for name, v in self.quarters.items()))


def quarter_start(quarter: str) -> date:
    """The first day of a quarter written "Q1 2025"."""
    return date(int(quarter[3:]), int(quarter[1]) * 3 - 2, 1)


class Review(Model):
    """A recurring review and its agenda."""

    id: Id
    name: Text
    cadence: Text
    agenda: tuple[Text, ...]


class Definition(Model):
    """How the document defines an indicator: its formula and its lists, in its own words."""

    id: Id
    name: Text
    formula: tuple[Text, ...]
    points: dict[str, tuple[Text, ...]] = Field(default_factory=dict)
    statuses: Statuses | None = None
    """What those points say of HTTP statuses, as numbers."""
    slow_is_failed: bool = False
    """Whether those points call a request failed that is slower than its latency objective."""


class Reading(Model):
    """A choice that the document leaves open, and why it is made as it is."""

    id: Id
    reading: Text
    reason: Text
