"""Error budgets, the policy that they bring, and the rules that say when a figure counts."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from slo_core.catalog.base import Assumed, Count, Duration, Id, Model, Text, Window, problem

Level = Literal["normal", "warning", "critical"]
Fraction = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Weeks = Annotated[int, Field(ge=1, le=52)]


class StatedLevel(Model):
    """What the document itself says of an hourly level, for the audit to hold against it."""

    level: Literal["warning", "critical"]
    """The level that begins at this count."""
    burn_rate: Positive | None = None
    """The "burn rate" that the document writes beside it, as a number: 0.012 for "1.2%"."""
    exhausts_within: Duration | None = None
    """How soon the document says that the month's budget is spent at it."""


class StatedShare(Model):
    """A day's or an hour's part of the budget as the document gives it: "~83 failures/day"."""

    per: Literal["day", "hour"]
    amount: Positive
    unit: Literal["failures", "seconds", "minutes"]


class Hourly(Model):
    """The burn rate thresholds: bad events (or seconds) in an hour, and what they are called."""

    warning_from: Annotated[float, Field(gt=0)]
    critical_above: Annotated[float, Field(gt=0)]
    document: tuple[Text, ...] = ()
    """The three levels in the document's own words."""
    stated: tuple[StatedLevel, ...] = ()
    """What those words say of a level beside its count, as numbers."""

    @model_validator(mode="after")
    def _in_order(self) -> "Hourly":
        if self.critical_above < self.warning_from:
            raise problem(
                f"expected at least warning_from, {self.warning_from!r}, "
                f"found {self.critical_above!r}",
                "critical_above",
            )
        return self

    def level(self, count: float) -> Level:
        """The level of an hour with `count` failures (or seconds of downtime)."""
        if count < self.warning_from:
            return "normal"
        return "warning" if count <= self.critical_above else "critical"


class Allocation(Model):
    """A month's budget from a date on: a fixed number, or a share of the month's seconds."""

    effective_from: date
    estimated_requests: Annotated[int, Field(gt=0)] | None = None
    allowed: Annotated[float, Field(gt=0)] | None = None
    share_of_month: Annotated[float, Field(gt=0, lt=1)] | None = None
    hourly: Hourly
    document: tuple[Text, ...] = ()
    """The allocation in the document's own words."""
    stated: tuple[StatedShare, ...] = ()
    """What those words say of a day and an hour, as numbers."""

    @model_validator(mode="after")
    def _one_amount(self) -> "Allocation":
        if (self.allowed is None) == (self.share_of_month is None):
            found = "neither" if self.allowed is None else "both"
            raise problem(f"expected either `allowed` or `share_of_month`, found {found}")
        return self

    def allowed_in(self, seconds_in_month: float) -> float:
        """What a month of that many seconds allows, in the budget's unit."""
        if self.allowed is not None:
            return self.allowed
        share = Decimal(repr(self.share_of_month))
        return float(share * Decimal(repr(seconds_in_month)))


class Budget(Model):
    """The monthly error budget of one service (a journey), on one of its objectives."""

    service: Id
    objective: Id
    unit: Literal["failures", "seconds"]
    policy_window: Window
    """The rolling window of the policy's budget, and of what is shown beside the month."""
    allocations: Annotated[tuple[Allocation, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _one_unit(self) -> "Budget":
        for index, allocation in enumerate(self.allocations):
            for number, share in enumerate(allocation.stated):
                if (share.unit == "failures") != (self.unit == "failures"):
                    raise problem(
                        f"expected a share of a budget in {self.unit}, found {share.unit}",
                        *("allocations", index, "stated", number, "unit"),
                    )
        return self

    @model_validator(mode="after")
    def _dated_in_order(self) -> "Budget":
        dates = [allocation.effective_from for allocation in self.allocations]
        for earlier, later in pairwise(dates):
            if later <= earlier:
                raise problem(
                    "expected allocations in the order of their dates, "
                    f"found {earlier} before {later}",
                    "allocations",
                )
        return self

    def allocation_on(self, day: date) -> Allocation:
        """The allocation in force on a day; the first one also before its date."""
        in_force = [a for a in self.allocations if a.effective_from <= day]
        return in_force[-1] if in_force else self.allocations[0]


class Ruling(Model):
    """Whether a band of the policy lets a kind of deploy go ahead, for a pipeline to ask."""

    kind: Id
    allowed: bool
    because: Text
    """The band's own sentence that says so: one of what it allows or restricts."""
    assumption: Text | None = None
    """Why that sentence is read so, where the document does not name the kind."""


class Band(Model):
    """A state of the policy: when the document says it holds, and what is then allowed."""

    id: Literal["healthy", "low", "exhausted"]
    title: Text
    document: Text
    """When it holds, in the document's own words."""
    above: Fraction | None = None
    below: Fraction | None = None
    includes: tuple[Literal["above", "below"], ...] = ()
    """The edges that belong to the band: "from 60%" has ``[above]``, "> 50%" has none."""
    allowed: tuple[Text, ...] = ()
    restrictions: tuple[Text, ...] = ()
    rulings: tuple[Ruling, ...] = ()
    """What it means for each kind of deploy; the same kinds in every band."""

    @model_validator(mode="after")
    def _rulings_quote_it(self) -> "Band":
        for index, ruling in enumerate(self.rulings):
            if ruling.because not in (*self.allowed, *self.restrictions):
                raise problem(
                    "expected a sentence of the band's own, of what it allows or restricts, "
                    f"found {ruling.because!r}",
                    "rulings",
                    index,
                    "because",
                )
        return self

    def ruling(self, kind: str) -> Ruling | None:
        """What the band means for a kind of deploy; None where it does not say."""
        return next((ruling for ruling in self.rulings if ruling.kind == kind), None)


class ExitCriterion(Model):
    """What must be true to leave exhaustion: computed from the budget, or confirmed by people."""

    id: Id
    text: Text
    kind: Literal["computed", "human"]


class Policy(Model):
    """The error budget policy: three bands, the way out, and which budget it looks at."""

    basis: Assumed[Literal["rolling", "calendar"]]
    min_history: Assumed[Duration]
    """How much data a service needs before it has a state."""
    bands: tuple[Band, ...]
    exit_above: Fraction
    """The remaining share above which exhaustion ends."""
    exit_criteria: tuple[ExitCriterion, ...] = ()
    without_state: Assumed[Literal["allow", "forbid"]] = Assumed[Literal["allow", "forbid"]](
        value="allow"
    )
    """Whether deploys go ahead while a service has no state, for want of data."""

    @model_validator(mode="after")
    def _bands_rule_on_the_same_kinds(self) -> "Policy":
        for index, band in enumerate(self.bands):
            found = [ruling.kind for ruling in band.rulings]
            if sorted(found) != sorted(self.kinds):
                raise problem(
                    f"expected each of the kinds of the first band once, "
                    f"{', '.join(self.kinds) or 'none'}, found {', '.join(found) or 'none'}",
                    "bands",
                    index,
                    "rulings",
                )
        return self

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of deploys that the bands rule on; none where they do not."""
        return tuple(dict.fromkeys(it.kind for it in self.bands[0].rulings)) if self.bands else ()

    @model_validator(mode="after")
    def _three_bands(self) -> "Policy":
        found = [band.id for band in self.bands]
        if found != ["healthy", "low", "exhausted"]:
            raise problem(
                f"expected the bands healthy, low and exhausted, found {', '.join(found)}", "bands"
            )
        for index, side in ((0, "above"), (2, "below")):
            if getattr(self.bands[index], side) is None:
                raise problem(
                    f"expected the share {side} which it holds, found none", "bands", index, side
                )
        if not self.exhausted_below <= self.exit_above <= self.healthy_from:
            raise problem(
                f"expected a share between exhausted, {self.exhausted_below!r}, and healthy, "
                f"{self.healthy_from!r}, found {self.exit_above!r}",
                "exit_above",
            )
        return self

    def band(self, state: str) -> Band:
        """The band of that id."""
        return next(band for band in self.bands if band.id == state)

    @property
    def human_criteria(self) -> tuple[ExitCriterion, ...]:
        """The exit criteria that people confirm."""
        return tuple(it for it in self.exit_criteria if it.kind == "human")

    @property
    def healthy_from(self) -> float:
        """The remaining share from which a budget is healthy, that very share included."""
        return self.bands[0].above  # type: ignore[return-value]

    @property
    def exhausted_below(self) -> float:
        """The remaining share below which a budget is exhausted."""
        return self.bands[2].below  # type: ignore[return-value]


class AvailabilityRules(Model):
    """When a scope is down and what is left out (DESIGN 2.2, Availability)."""

    probe_interval: Assumed[Duration]
    error_share: Assumed[Fraction]
    min_requests: Assumed[Count]
    maintenance_notice: Assumed[Duration]

    def in_time(self, announced_at: datetime, starts_at: datetime) -> bool:
        """Whether maintenance is announced so early that availability leaves it out."""
        return announced_at + self.maintenance_notice.value <= starts_at


class Rules(Model):
    """The numbers behind states and verdicts that no single objective owns."""

    availability: AvailabilityRules
    min_valid: Assumed[Count]
    """Valid events that a platform needs in a window to decide."""
    stale_after: Assumed[Duration]
    stale_gap_factor: Assumed[Annotated[float, Field(gt=0)]]
    """How many times its median gap a journey may be silent before it is stale."""
    stale_history: Assumed[Duration]
    at_risk_probability: Assumed[Fraction]
    """Of running out within the forecast's horizon."""
    at_risk_within: Assumed[Duration]
    """How soon the straight line ends, where there is too little history for a forecast."""
    at_risk_remaining: Assumed[Fraction]
    min_events: Assumed[Count]
    """Valid events that a rate condition needs in its window."""
    min_failures: Assumed[Count]
    """Failures that a rate condition needs in its window."""
    min_percentile_events: Assumed[Count] = Assumed[Count](
        value=0, assumption="A percentile condition asks any number of events."
    )
    """Events that a percentile condition needs in its window."""
    episode_merge: Assumed[Duration]
    estimate_tolerance: Assumed[Fraction]
    """How far the month's traffic may be off its estimate before both budgets are shown."""
    burn_windows: Assumed[Annotated[tuple[Window, ...], Field(min_length=1)]]
    resource_coverage: Assumed[Fraction]
    """The share of expected samples that a resource condition needs."""
    corrections_decide: Assumed[bool] = Assumed[bool](
        value=True, assumption="What was approved not to count does not decide."
    )
    """Whether figures without the register's corrections decide, where there are any."""
    usual_weeks: Assumed[Weeks] = Assumed[Weeks](
        value=4, assumption="Four weeks are recent, and one odd one among them decides nothing."
    )
    """How many weeks before an incident say what is usual at an hour of a weekday."""
    one_incident: Assumed[Duration] = Assumed[Duration](
        value=timedelta(minutes=30),
        assumption="Alerts of one journey so soon after one another have one cause.",
    )
    """How near to one another episodes of alerts are suggested as one incident."""
