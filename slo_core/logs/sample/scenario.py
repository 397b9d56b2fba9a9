"""What happens in the sample, typed: what scenario.yaml says, still relative to the end."""

from datetime import datetime, time, timedelta
from typing import Annotated, Literal

from pydantic import Field

from slo_core.catalog.base import Id, Model, Text
from slo_core.logs.sample.world import Outcome, Share, Weights


class Effect(Model):
    """A change to some rows of one table for as long as its happening lasts.

    The selectors say which rows, absent means all; what is absent otherwise changes nothing.
    """

    table: Literal["requests", "measurements", "probes", "resources", "feedback"]
    journey: Id | None = None
    step: Id | None = None
    platform: Text | None = None
    source: Literal["client", "server"] | None = None
    metric: Id | None = None
    scope: Id | None = None
    target: Text | None = None
    host: Text | None = None
    fail: Share = 0
    fail_end: Share | None = None
    outcomes: Weights | None = None
    factor: Annotated[float, Field(gt=0)] = 1
    volume: Annotated[float, Field(ge=0)] = 1
    more: float = 0
    more_end: float | None = None


class Happening(Model):
    """Something with a time and with effects: an incident, a maintenance window, a load test."""

    id: Text
    days_before: int
    """Whole days before the date of the sample's end."""
    at: time
    minutes: Annotated[int, Field(gt=0)] | None = None
    """None: it still goes on at the end."""
    effects: tuple[Effect, ...] = ()

    def start(self, end: datetime) -> datetime:
        """When it begins, in a sample that ends at `end`."""
        return moment(self.days_before, self.at, end)

    def stop(self, end: datetime) -> datetime:
        """When it ends, at the latest at `end` if it still goes on."""
        return end if self.minutes is None else self.start(end) + timedelta(minutes=self.minutes)


class Written(Model):
    """What people wrote down about an incident; stamps are minutes after its start."""

    detected: int
    triaged: int | None = None
    mitigated: int | None = None
    communicated: int | None = None
    last_update: int | None = None
    resolved: int | None = None
    postmortem: int | None = None
    alert: Text | None = None
    commander: Text
    summary: Text
    root_cause: Text | None = None
    five_whys: tuple[Text, ...] = ()


class Incident(Happening):
    """One incident: the truth about it, and what the register says."""

    title: Text
    kind: Id
    severity: Text
    journeys: Annotated[tuple[Id, ...], Field(min_length=1)]
    platform: Text | None = None
    guilty_change: Text | None = None
    expected: Text
    dark: bool = False
    """Not one row of any table while it lasts."""
    written: Written


class Window(Happening):
    """A maintenance window of a scope, and how long ahead it was announced or cancelled."""

    scope: Id
    announced_hours_before: float
    cancelled_hours_before: float | None = None
    reason: Text


class Change(Model):
    """One row of `changes`."""

    id: Text
    days_before: int
    at: time
    kind: Text
    service: Text
    version: Text | None = None
    actor: Text
    note: Text

    def moment(self, end: datetime) -> datetime:
        """When it was made, in a sample that ends at `end`."""
        return moment(self.days_before, self.at, end)


class Scenario(Model):
    """Everything that scenario.yaml says."""

    incidents: tuple[Incident, ...]
    outcomes: dict[str, Outcome]
    maintenance: tuple[Window, ...]
    changes: tuple[Change, ...]
    events: tuple[Happening, ...]

    @property
    def happenings(self) -> tuple[Happening, ...]:
        """All that has effects."""
        return (*self.incidents, *self.maintenance, *self.events)


def moment(days_before: int, at: time, end: datetime) -> datetime:
    """A time of day, so many days before the date of `end`."""
    return datetime.combine(end.date() - timedelta(days=days_before), at)
