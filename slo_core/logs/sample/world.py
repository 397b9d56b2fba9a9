"""The steady world of the sample, typed: what world.yaml says."""

from typing import Annotated, Literal

from pydantic import Field

from slo_core.catalog.base import Id, Model, Text

Share = Annotated[float, Field(ge=0, le=1)]
Weights = dict[str, Annotated[float, Field(gt=0)]]
Hours = Annotated[tuple[float, ...], Field(min_length=24, max_length=24)]
Code = int | Literal["none"] | None
"""A figure of a row: absent, the stream's usual one; `none`, null."""


class Phase(Model):
    """One phase's volume, as a share of the full one, and how finely it is drawn."""

    volume: float
    slot_minutes: int
    probe_seconds: int


class Rhythm(Model):
    """Traffic by hour and ISO weekday, and how much slower everything is at each hour (UTC)."""

    hours: Hours
    weekdays: Annotated[tuple[float, ...], Field(min_length=7, max_length=7)]
    slowness: Hours


class People(Model):
    """Who comes in a month, how unevenly often, in how many sessions of which length."""

    users: int
    skew: float
    sessions: int
    session_minutes: int
    platforms: Weights


class Outcome(Model):
    """How a row differs from the usual one of its stream."""

    status: Code = None
    method: Text | None = None
    endpoint: Text | None = None
    error: Text | None = None
    excluded: Text | None = None
    bytes: Code = None
    duration: Literal["usual", "none", "fast", "timeout", "beyond"] = "usual"
    source: Literal["none"] | None = None


class Mix(Model):
    """Which unusual rows a stream has, as shares of all, and by what weights its failures fail."""

    unusual: dict[str, Share]
    reasons: Weights


class Duration(Model):
    """Log-normal: the median in ms, the spread of the logarithm, the share in the heavy tail."""

    median: float
    spread: float
    tail: Share = 0


class Endpoint(Model):
    """A route, its method, the status of its good answers, and its weight in the stream."""

    path: Text
    method: Text
    status: int
    weight: float


class RequestStream(Model):
    """Requests of one kind; with `platforms`, one stream for each."""

    journey: Id
    step: Id | None = None
    source: Literal["client", "server"]
    share: Share | None = None
    """Of the catalogue's estimate for the journey; else `monthly` says the number."""
    monthly: float | None = None
    failures: Share
    mix: Text
    duration: Duration
    bytes: int
    platforms: Weights | None = None
    endpoints: tuple[Endpoint, ...]


class MeasurementStream(Model):
    """Values of one metric: log-normal, rounded; `slowed` in the slow hours, as latencies are."""

    journey: Id
    metric: Id
    monthly: float
    median: float
    spread: float
    tail: Share = 0
    decimals: int = 1
    slowed: bool = True


class FunnelStep(Model):
    """When a step happens, and who gets there."""

    at: Literal["start", "end"]
    seconds: float
    keep: Share
    success: bool = False
    patience: float = 3600


class Funnel(Model):
    """The attempts of a journey, told by its requests."""

    abandoned: Share
    retried: Share
    steps: dict[str, FunnelStep]


class Disorder(Model):
    """The shares of steps that telemetry loses, doubles, or stamps too early."""

    missing: Share
    repeated: Share
    early: Share


class Probe(Model):
    """A health check of a scope: what it asks, and its usual latency in ms."""

    scope: Id
    target: Text
    latency: float
    phases: tuple[Text, ...] | None = None


class Load(Model):
    """A percentage at rest, and how much more at the mean traffic."""

    base: float
    load: float


class Disk(Model):
    """A percentage at the end of the sample, and how much it grows a day."""

    at_end: float
    daily: float


class Storage(Model):
    """Terabytes at the end of the sample, and in how many days they double."""

    at_end: float
    doubling_days: float


class Host(Model):
    """A machine whose resources are sampled."""

    host: Text
    vcpus: int
    cpu: Load
    memory: Load
    disk: Disk
    storage: Storage | None = None
    phases: tuple[Text, ...]


class FeedbackStream(Model):
    """Ratings of one journey."""

    journey: Id
    monthly: float


class Deploys(Model):
    """A service's routine deploys."""

    service: Text
    weekdays: tuple[Annotated[int, Field(ge=1, le=7)], ...]
    hour: int
    actor: Text


class World(Model):
    """Everything that world.yaml says."""

    months: int
    launch_days: int
    retained: tuple[Text, ...]
    phases: dict[str, Phase]
    growth: float
    rhythm: Rhythm
    people: People
    outcomes: dict[str, Outcome]
    mixes: dict[str, Mix]
    requests: tuple[RequestStream, ...]
    measurements: tuple[MeasurementStream, ...]
    funnels: dict[str, Funnel]
    disorder: Disorder
    probes: tuple[Probe, ...]
    probe_flakes: Share
    hosts: tuple[Host, ...]
    feedback: tuple[FeedbackStream, ...]
    comments: dict[int, tuple[Text, ...]]
    deploys: tuple[Deploys, ...]
