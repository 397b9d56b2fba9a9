"""Journeys, their objectives and what each objective counts (DESIGN 1.1, 2.2, 3).

Every objective is a ratio good / valid with a target; its indicator says what is counted.
"""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from slo_core.catalog.base import Assumed, Duration, Id, Model, Text, Window, problem
from slo_core.durations import parse_duration, time_unit


class Success(Model):
    """Good requests over valid requests of the journey, or of one of its steps."""

    kind: Literal["success"]
    step: str | None = None


class Latency(Model):
    """`duration_ms` of good requests and timeouts of the journey, or of one of its steps."""

    kind: Literal["latency"]
    step: str | None = None


class Measurement(Model):
    """Every value of one metric of the journey's measurements."""

    kind: Literal["measurement"]
    metric: Id


class Share(Model):
    """The sum of `total` without the sum of `bad`, over the sum of `total`: two metrics."""

    kind: Literal["share"]
    total: Id
    bad: Id


class Availability(Model):
    """Seconds up over seconds observed of an availability scope."""

    kind: Literal["availability"]
    scope: Id


Indicator = Annotated[
    Success | Latency | Measurement | Share | Availability, Field(discriminator="kind")
]


class Threshold(Model):
    """The document's figure: values below it are good, or values above it; never equal ones.

    `unit` is "ms", "Mbps", "1" (no unit), "ratio", or a measurement's own unit.
    """

    below: float | None = None
    above: float | None = None
    unit: Text

    @model_validator(mode="before")
    @classmethod
    def _has_a_unit(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            raise problem(f"expected `{{below: 30000, unit: ms}}`, found {data!r}")
        if data.get("unit") is None:
            raise problem(
                "expected a unit beside the threshold, such as `unit: ms`, found none", "unit"
            )
        return data

    @model_validator(mode="after")
    def _has_one_side(self) -> "Threshold":
        if (self.below is None) == (self.above is None):
            found = "neither" if self.below is None else "both"
            raise problem(f"expected either `below` or `above`, found {found}")
        if self.value <= 0:
            raise problem(f"expected a threshold above zero, found {self.value!r}")
        return self

    def __str__(self) -> str:
        side = "below" if self.below is not None else "above"
        return f"{{{side}: {self.value:g}, unit: {self.unit}}}"

    @property
    def value(self) -> float:
        """The figure itself, in `unit`."""
        return self.below if self.below is not None else self.above  # type: ignore[return-value]


class Version(Model):
    """What an objective promised from a day on, until its next version."""

    effective_from: date
    document: Text
    target: float
    threshold: Threshold | None = None
    per_platform: bool | None = None
    """Whether each platform had to hold by itself; None where that was as in the next version."""


class Objective(Model):
    """One objective: of what `indicator` counts, at least `target` is good over `window`."""

    id: Id
    name: Text
    document: Text
    """The target in the document's own words, such as "< 30 seconds"."""
    window: Window
    target: float
    """The share that must be good, between 0 and 1: P95 < 30 s has 0.95."""
    budgeted: bool = False
    """Whether the document gives it an error budget, with policy and budget alerts."""
    indicator: Indicator
    threshold: Threshold | None = None
    per_platform: bool = False
    """Whether each platform must hold by itself."""
    assumption: Text | None = None
    """Set where the statistic itself is not the document's: the sentence that explains it."""
    effective_from: date | None = None
    """From when on it is promised so; None where it never was otherwise."""
    earlier: tuple[Version, ...] = ()
    """What was promised before, the oldest first: figures of that time are held against it."""

    @model_validator(mode="after")
    def _holds_together(self) -> "Objective":
        self._check()
        return self

    def _check(self) -> None:
        if not 0 < self.target < 1:
            raise problem(f"expected a share above 0 and below 1, found {self.target!r}", "target")
        if isinstance(self.indicator, Latency | Measurement):
            self._check_value_threshold()
        else:
            self._check_ratio_threshold()

    @model_validator(mode="after")
    def _dated_in_order(self) -> "Objective":
        if not self.earlier:
            return self
        if self.effective_from is None:
            raise problem(
                "expected the day from which it is promised as it is now, beside `earlier`, "
                "found none",
                "effective_from",
            )
        dates = [*(version.effective_from for version in self.earlier), self.effective_from]
        for before, after in pairwise(dates):
            if after <= before:
                raise problem(
                    f"expected versions in the order of their dates, found {before} before {after}",
                    "earlier",
                )
        for version in self.earlier:
            self._promised_as(version)._check()
        return self

    def on(self, day: date) -> "Objective":
        """The objective as it was promised on a day; as it was first, also on days before."""
        if not self.earlier or self.effective_from is None or day >= self.effective_from:
            return self
        return self._promised_as(
            next((it for it in reversed(self.earlier) if it.effective_from <= day), self.earlier[0])
        )

    @property
    def split_since(self) -> date | None:
        """From when on each platform must hold, or need not; None where it was always as now."""
        until = self.effective_from
        for version in reversed(self.earlier):
            if self._promised_as(version).per_platform != self.per_platform:
                return until
            until = version.effective_from
        return None

    def _promised_as(self, version: Version) -> "Objective":
        earlier = tuple(it for it in self.earlier if it.effective_from < version.effective_from)
        said = [it.per_platform for it in self.earlier[len(earlier) :]]
        split = next((it for it in said if it is not None), self.per_platform)
        update = dict(version) | {"earlier": earlier, "per_platform": split}
        return self.model_copy(update=update)

    def _check_value_threshold(self) -> None:
        kind = self.indicator.kind
        if self.threshold is None:
            raise problem(
                f"expected a threshold with its unit for a {kind} objective, found none",
                "threshold",
            )
        if kind == "latency" and (self.threshold.unit != "ms" or self.threshold.below is None):
            raise problem(
                f"expected `below` in ms for a latency objective, found {self.threshold}",
                "threshold",
            )
        if time_unit(self.threshold.unit) not in (None, "ms"):
            raise problem(
                f"expected times in ms, found {self.threshold.unit!r}", "threshold", "unit"
            )

    def _check_ratio_threshold(self) -> None:
        threshold = self.threshold
        kind = self.indicator.kind
        if threshold is None:
            if kind == "share":
                raise problem(
                    "expected a threshold such as `{below: 0.001, unit: ratio}` for a share "
                    "objective, found none",
                    "threshold",
                )
            return
        if kind == "availability":
            raise problem(
                f"expected no threshold for an availability objective, found {threshold}",
                "threshold",
            )
        if threshold.unit != "ratio" or threshold.below is None:
            raise problem(
                f"expected `below` with unit ratio for a {kind} objective, found {threshold}",
                "threshold",
            )
        allowed = 1 - _decimal(self.target)
        if _decimal(threshold.below) != allowed:
            raise problem(
                f"expected {allowed} to agree with the target {self.target!r} (1 - target), "
                f"found {threshold.below!r}",
                "threshold",
                "below",
            )

    @property
    def window_length(self) -> timedelta:
        """The window as a length of time."""
        return parse_duration(self.window)

    @property
    def error_rate(self) -> float:
        """The share that may be bad, 1 - target, exact in decimals: 0.005 for 0.995."""
        return float(1 - _decimal(self.target))

    @property
    def unit(self) -> str:
        """The unit of the objective's displayed value: the threshold's, else "ratio"."""
        return self.threshold.unit if self.threshold else "ratio"


class Journey(Model):
    """A user journey or a system-wide group: a name that log rows carry, and its objectives."""

    id: Id
    name: Text
    document: Text
    """The heading in the document."""
    group: Literal["journey", "system"]
    user_expectation: Text | None = None
    rationale: Text | None = None
    source: Assumed[Literal["client", "server"]] | None = None
    """Which source's rows count; None where all do."""
    timeout: Assumed[Duration] | None = None
    """A request that takes longer has failed; None where only the log's own timeouts have."""
    monthly_requests: Assumed[Annotated[int, Field(gt=0)]] | None = None
    funnel: Assumed[tuple[Text, ...]] | None = None
    """The steps of an attempt, in order."""
    panel: Text | None = None
    """The heading of its panel on the document's dashboard of user journeys, where it has one."""
    objectives: Annotated[tuple[Objective, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _funnel_has_steps(self) -> "Journey":
        if self.funnel and len(set(self.funnel.value)) != max(2, len(self.funnel.value)):
            found = ", ".join(self.funnel.value)
            raise problem(f"expected two or more different steps, found [{found}]", "funnel")
        return self

    def on(self, day: date) -> "Journey":
        """The journey with its objectives as they were promised on a day."""
        objectives = tuple(objective.on(day) for objective in self.objectives)
        if all(now is it for now, it in zip(objectives, self.objectives, strict=True)):
            return self
        return self.model_copy(update={"objectives": objectives})


class Link(Model):
    """A step of the chain of journeys: what people call it, and the objective that it rests on."""

    name: Text
    journey: Id
    objective: Id


class Scope(Model):
    """What is up or down as a whole: the probes of this name, and the requests of a journey."""

    id: Id
    journey: Id
    critical_journey: Id | None = None
    """A journey whose complete failure also means that this scope is down."""


def _decimal(number: float) -> Decimal:
    return Decimal(repr(number))
