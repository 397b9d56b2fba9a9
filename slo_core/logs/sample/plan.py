"""What is going to be written: which span, in which phases, and what happens when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from typing import TypeVar

import pandas as pd
import yaml
from pydantic import BaseModel, ValidationError

from slo_core.catalog import Catalog
from slo_core.errors import SloError
from slo_core.logs.sample.scenario import Happening, Scenario
from slo_core.logs.sample.world import RequestStream, World

_DAY = timedelta(days=1)
_Data = TypeVar("_Data", bound=BaseModel)


@dataclass(frozen=True)
class SamplePhase:
    """One part of the sample, `[starts_at, ends_at)` UTC: the closed beta, or the time since.

    Phases begin at midnight except the first, so that no date belongs to two. `volume` is the share
    of the document's volumes. The raw logs of a phase without `keep_raw` are for rolling up only.
    """

    name: str
    starts_at: datetime
    ends_at: datetime
    volume: float
    slot: timedelta
    probe_interval: timedelta
    keep_raw: bool

    @property
    def dates(self) -> tuple[date, ...]:
        """The dates that the phase has data of, the oldest first."""
        first, last = self.starts_at.date(), (self.ends_at - timedelta(microseconds=1)).date()
        return tuple(first + n * _DAY for n in range((last - first).days + 1))


@dataclass(frozen=True)
class Plan:
    """A sample in all its particulars; the same plan gives the same rows."""

    catalog: Catalog
    world: World
    scenario: Scenario
    phases: tuple[SamplePhase, ...]
    end: datetime
    scale: float
    seed: int

    @property
    def start(self) -> datetime:
        """The first moment of the sample."""
        return self.phases[0].starts_at

    def touches(self, happening: Happening) -> bool:
        """Whether any of a happening lies in the sample."""
        return happening.start(self.end) < self.end and happening.stop(self.end) > self.start

    def monthly(self, stream: RequestStream) -> float:
        """How many requests of a stream there are in 30 days, at scale 1 and the full volume."""
        if stream.monthly is not None:
            return stream.monthly
        estimate = self.catalog.journey(stream.journey).monthly_requests
        if estimate is None or stream.share is None:
            raise SloError(
                f"the sample needs monthly_requests of journey {stream.journey} in the catalogue, "
                "or monthly in its own world.yaml."
            )
        return estimate.value * stream.share


def plan_sample(
    catalog: Catalog, *, days: int | None, end: datetime | None, scale: float, seed: int
) -> Plan:
    """Decide what `write_sample` writes; its arguments are the same.

    Raises SloError with one sentence for a bad argument, or for a catalogue that does not know the
    journeys of the sample.
    """
    if not 0 < scale <= 1000:
        raise SloError(f"--scale is {scale}: expected a number above 0 and up to 1000, 1 is usual.")
    if not 0 <= seed < 2**32:
        raise SloError(f"--seed is {seed}: expected a whole number from 0 to {2**32 - 1}.")
    world = _read("world.yaml", World)
    end = _end(end)
    plan = Plan(
        catalog=catalog,
        world=world,
        scenario=_read("scenario.yaml", Scenario),
        phases=_phases(world, days, end),
        end=end,
        scale=scale,
        seed=seed,
    )
    _fits(plan)
    return plan


def sample_phases(
    *, days: int | None = None, end: datetime | None = None
) -> tuple[SamplePhase, ...]:
    """The phases of a sample of so many days that ends at `end`, the oldest first.

    By default it spans 13 months until now: the beta, whose raw logs are to be rolled up and
    removed, and the time since the launch. `end` is UTC, floored to the minute.
    """
    return _phases(_read("world.yaml", World), days, _end(end))


def _end(end: datetime | None) -> datetime:
    end = end or datetime.now(UTC)
    if end.tzinfo is not None:
        end = end.astimezone(UTC).replace(tzinfo=None)
    return end.replace(second=0, microsecond=0)


def _phases(world: World, days: int | None, end: datetime) -> tuple[SamplePhase, ...]:
    midnight = datetime.combine(end.date(), datetime.min.time())
    if days is None:
        start = (pd.Timestamp(midnight) - pd.DateOffset(months=world.months)).to_pydatetime()
    elif 1 <= days <= 3660:
        start = end - days * _DAY
    else:
        raise SloError(f"--days is {days}: expected a whole number from 1 to 3660.")
    launch = midnight - world.launch_days * _DAY
    spans = {"beta": (start, min(launch, end)), "launch": (max(start, launch), end)}
    return tuple(
        SamplePhase(
            name=name,
            starts_at=starts_at,
            ends_at=ends_at,
            volume=world.phases[name].volume,
            slot=timedelta(minutes=world.phases[name].slot_minutes),
            probe_interval=timedelta(seconds=world.phases[name].probe_seconds),
            keep_raw=name in world.retained,
        )
        for name, (starts_at, ends_at) in spans.items()
        if starts_at < ends_at
    )


def _fits(plan: Plan) -> None:
    """The catalogue must be about the studio that the sample is of."""
    known = {journey.id for journey in plan.catalog.journeys}
    world = plan.world
    used = {s.journey for part in (world.requests, world.measurements) for s in part}
    for journey in sorted(used | {rated.journey for rated in world.feedback}):
        if journey not in known:
            raise SloError(
                f"the sample has a journey {journey}, the catalogue has "
                f"{', '.join(sorted(known))}: make sample data with the catalogue it is of, "
                "data/studio.yaml."
            )
    for name, funnel in world.funnels.items():
        expected = plan.catalog.journey(name).funnel
        if expected is None or expected.value != tuple(funnel.steps):
            raise SloError(
                f"the sample has the steps {', '.join(funnel.steps)} in {name}, the catalogue has "
                f"{', '.join(expected.value) if expected else 'none'}: make them the same."
            )


def _read(name: str, model: type[_Data]) -> _Data:
    """One of the data files beside this module."""
    data: Mapping[str, object] = yaml.safe_load(
        files(__package__).joinpath(name).read_text(encoding="utf-8")
    )
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        raise SloError(f"{name}, {place}: {first['msg']}") from None
