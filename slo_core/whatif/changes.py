"""What may be otherwise in a changed world: each kind of change, as people write it.

Every change is written as ``kind:value``, the same on the command line (``--kind value``), in a
scenario file and in an address. A moment after ``@`` says from when; without it, from the look on.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar

from slo_core.catalog import (
    Catalog,
    Latency,
    Measurement,
)
from slo_core.durations import in_milliseconds, parse_duration, time_unit
from slo_core.errors import SloError
from slo_core.moments import iso
from slo_core.text import clock, duration, figure, percent
from slo_core.whatif.written import (
    at_words,
    from_words,
    name_of,
    percentage,
    plain,
    read_incident,
    read_journey,
    read_moment,
    read_number,
    read_objective,
    read_pair,
    read_requests,
    read_share,
    read_since,
    wrong,
)

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_MOST_TRAFFIC = 1000
_LONGEST = timedelta(days=366)


@dataclass(frozen=True)
class Target:
    """Another target of an objective, and so another budget; an allocation follows in proportion.

    ``value`` is a share above 0 and below 1.
    """

    kind: ClassVar[str] = "target"
    example: ClassVar[str] = "song_generation.success_rate=99.9%"

    journey: str
    objective: str
    value: float

    @classmethod
    def parse(cls, text: str, catalog: Catalog) -> "Target":
        """Read ``journey.objective=99.9%``."""
        name, value = read_pair(cls, text)
        journey, objective = read_objective(cls, text, name, catalog)
        share = read_share(value, cls, text) if "%" in value else read_number(value, cls, text)
        if not 0 < share < 1:
            raise wrong(cls, text, "the target is above 0 % and below 100 %")
        return cls(journey.id, objective.id, share)

    def __str__(self) -> str:
        return f"{self.journey}.{self.objective}={percentage(self.value)}"

    def words(self, catalog: Catalog) -> str:
        """The change as a part of a sentence."""
        return (
            f"{name_of(catalog, self.journey, self.objective)} has the target {percent(self.value)}"
        )


@dataclass(frozen=True)
class Threshold:
    """Another threshold of an objective on values, in the objective's own unit."""

    kind: ClassVar[str] = "threshold"
    example: ClassVar[str] = "song_generation.latency_p95=25s"

    journey: str
    objective: str
    value: float

    @classmethod
    def parse(cls, text: str, catalog: Catalog) -> "Threshold":
        """Read ``journey.objective=25s``, or a number in the unit that the catalogue has."""
        name, value = read_pair(cls, text)
        journey, objective = read_objective(cls, text, name, catalog)
        if objective.threshold is None or not isinstance(
            objective.indicator, Latency | Measurement
        ):
            raise wrong(cls, text, f"{name} has no threshold on values; change its target instead")
        unit = objective.threshold.unit
        match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)", value, re.ASCII)
        if match is None:
            raise wrong(cls, text, f"expected a number in {unit}")
        amount, word = Decimal(match[1]), match[2]
        if unit == "ms" and word:
            if time_unit(word) is None:
                raise wrong(cls, text, "expected a time such as 500ms or 25s")
            amount = in_milliseconds(amount, word)
        elif word and word.lower() != unit.lower():
            raise wrong(cls, text, f"expected a number in {unit}")
        if not 0 < amount < 10**12:
            raise wrong(cls, text, "the threshold is above 0")
        return cls(journey.id, objective.id, float(amount))

    def __str__(self) -> str:
        return f"{self.journey}.{self.objective}={plain(self.value)}"

    def words(self, catalog: Catalog) -> str:
        """The change as a part of a sentence."""
        found = catalog.objective(self.journey, self.objective)
        assert found.threshold is not None
        value = figure(self.value, found.threshold.unit)
        return f"{name_of(catalog, self.journey, self.objective)} has the threshold {value}"


@dataclass(frozen=True)
class Traffic:
    """So many times the traffic, of one journey or of all; the same shares of it fail."""

    kind: ClassVar[str] = "traffic"
    example: ClassVar[str] = "2@2025-04-01"

    journey: str | None
    factor: float
    since: datetime | None

    @classmethod
    def parse(cls, text: str, catalog: Catalog) -> "Traffic":
        """Read ``2``, ``2@moment`` or ``journey=2@moment``."""
        value, since = read_since(cls, text)
        name: str | None = None
        if "=" in value:
            name, value = read_pair(cls, text, value)
            name = read_journey(cls, text, name, catalog).id
        factor = read_number(value.lower().removeprefix("x").removesuffix("x"), cls, text)
        if not 0 <= factor <= _MOST_TRAFFIC:
            raise wrong(cls, text, f"traffic is 0 to {_MOST_TRAFFIC} times as much")
        return cls(name, factor, since)

    def __str__(self) -> str:
        of = f"{self.journey}=" if self.journey else ""
        return f"{of}{plain(self.factor)}{at_words(self.since)}"

    def words(self, catalog: Catalog) -> str:
        """The change as a part of a sentence."""
        of = f" of {catalog.journey(self.journey).name}" if self.journey else ""
        return f"traffic{of} is {plain(self.factor)} times as much{from_words(self.since)}"


@dataclass(frozen=True)
class FailureRate:
    """A share added to what fails in every hour, or what fails multiplied.

    Of a journey's requests; or of what one objective counts, such as seconds, where it is named.
    """

    kind: ClassVar[str] = "failure-rate"
    example: ClassVar[str] = "song_generation=+0.3%@2025-04-01"

    journey: str
    objective: str | None
    factor: float
    added: float
    since: datetime | None

    @classmethod
    def parse(cls, text: str, catalog: Catalog) -> "FailureRate":
        """Read ``journey=+0.3%@moment`` or ``journey=x0.5``; a journey or journey.objective."""
        value, since = read_since(cls, text)
        name, value = read_pair(cls, text, value)
        objective: str | None = None
        if "." in name:
            of, found = read_objective(cls, text, name, catalog)
            journey, objective = of.id, found.id
        else:
            journey = read_requests(cls, text, name, catalog).id
        if value.lower().startswith("x"):
            factor = read_number(value[1:], cls, text)
            if not 0 <= factor <= _MOST_TRAFFIC:
                raise wrong(cls, text, f"failures are multiplied by 0 to {_MOST_TRAFFIC}")
            return cls(journey, objective, factor, 0.0, since)
        return cls(journey, objective, 1.0, read_share(value.removeprefix("+"), cls, text), since)

    def __str__(self) -> str:
        name = self.journey if self.objective is None else f"{self.journey}.{self.objective}"
        change = f"+{percentage(self.added)}" if self.factor == 1 else f"x{plain(self.factor)}"
        return f"{name}={change}{at_words(self.since)}"

    def words(self, catalog: Catalog) -> str:
        """The change as a part of a sentence."""
        if self.objective is None:
            what = f"of {catalog.journey(self.journey).name}"
        else:
            what = f"for {name_of(catalog, self.journey, self.objective)}"
        if self.factor == 1:
            return f"{percent(self.added)} more {what} fails{from_words(self.since)}"
        return f"{plain(self.factor)} times as much {what} fails{from_words(self.since)}"


@dataclass(frozen=True)
class Release:
    """A planned release: of its share of the traffic its own share fails, not what else would."""

    kind: ClassVar[str] = "release"
    example: ClassVar[str] = "song_generation=0.3%/50%@2025-04-01"

    journey: str
    rate: float
    share: float
    since: datetime | None

    @classmethod
    def parse(cls, text: str, catalog: Catalog) -> "Release":
        """Read ``journey=0.3%/50%@moment``: 0.3 % fails of 50 % of the traffic; or of all."""
        value, since = read_since(cls, text)
        name, value = read_pair(cls, text, value)
        rate, _, share = value.partition("/")
        return cls(
            read_requests(cls, text, name, catalog).id,
            read_share(rate, cls, text),
            read_share(share, cls, text) if share else 1.0,
            since,
        )

    def __str__(self) -> str:
        rates = f"{percentage(self.rate)}/{percentage(self.share)}"
        return f"{self.journey}={rates}{at_words(self.since)}"

    def words(self, catalog: Catalog) -> str:
        """The change as a part of a sentence."""
        share = "all" if self.share == 1 else percent(self.share)
        return (
            f"a release of {catalog.journey(self.journey).name} takes {share} of the traffic and "
            f"fails {percent(self.rate)} of it{from_words(self.since) or ' from now on'}"
        )


@dataclass(frozen=True)
class WithoutIncident:
    """An incident of the register that did not happen: its minutes were as usual."""

    kind: ClassVar[str] = "without-incident"
    example: ClassVar[str] = "3"

    incident: str

    @classmethod
    def parse(cls, text: str, catalog: Catalog) -> "WithoutIncident":
        """Read the incident's id."""
        return cls(read_incident(cls, text, text))

    def __str__(self) -> str:
        return self.incident

    def words(self, catalog: Catalog) -> str:
        """The change as a part of a sentence."""
        return f"incident {self.incident} did not happen"


@dataclass(frozen=True)
class ShorterIncident:
    """An incident that was over sooner: its last minutes were as usual."""

    kind: ClassVar[str] = "shorter-incident"
    example: ClassVar[str] = "3=15min"

    incident: str
    by: timedelta

    @classmethod
    def parse(cls, text: str, catalog: Catalog) -> "ShorterIncident":
        """Read ``id=15min``; a bare number counts minutes."""
        name, value = read_pair(cls, text)
        try:
            by = parse_duration(f"{value}min" if value.isdecimal() else value)
        except SloError as error:
            raise wrong(cls, text, str(error)) from None
        if by > _LONGEST or by % timedelta(minutes=1):
            raise wrong(cls, text, "expected whole minutes")
        return cls(read_incident(cls, text, name), by)

    def __str__(self) -> str:
        return f"{self.incident}={self.by // timedelta(minutes=1)}min"

    def words(self, catalog: Catalog) -> str:
        """The change as a part of a sentence."""
        return f"incident {self.incident} was {duration(self.by.total_seconds())} shorter"


@dataclass(frozen=True)
class RepeatedIncident:
    """An incident that happens again: what failed beyond the usual fails again.

    At a moment, or on the next such day of the week at its own time of day.
    """

    kind: ClassVar[str] = "repeat-incident"
    example: ClassVar[str] = "3@tuesday"

    incident: str
    moment: datetime | None
    weekday: int | None

    @classmethod
    def parse(cls, text: str, catalog: Catalog) -> "RepeatedIncident":
        """Read ``id@moment`` or ``id@tuesday``."""
        name, at, when = text.rpartition("@")
        word = when.strip().lower().removeprefix("next").strip()
        if not at:
            raise wrong(cls, text, "expected when after an @")
        if word in WEEKDAYS:
            return cls(read_incident(cls, text, name), None, WEEKDAYS.index(word))
        return cls(read_incident(cls, text, name), read_moment(cls, text, when), None)

    def __str__(self) -> str:
        when = iso(self.moment) if self.moment else WEEKDAYS[self.weekday or 0]
        return f"{self.incident}@{when}"

    def again(self, started: datetime, look: datetime) -> datetime:
        """When it happens again, by when it began and the moment of the look."""
        if self.moment is not None:
            return self.moment
        days = ((self.weekday or 0) - look.weekday()) % 7
        day = look.date() + timedelta(days=days)
        found = datetime.combine(day, started.replace(second=0, microsecond=0).time())
        return found if found >= look else found + timedelta(days=7)

    def words(self, catalog: Catalog) -> str:
        """The change as a part of a sentence."""
        when = (
            f"on {clock(self.moment)}" if self.moment else f"next {str(self).split('@')[1].title()}"
        )
        return f"incident {self.incident} happens again {when}"


@dataclass(frozen=True)
class Maintenance:
    """A maintenance window, announced in time, that leaves its time out of availability."""

    kind: ClassVar[str] = "maintenance"
    example: ClassVar[str] = "api=2025-04-01T02:00Z/2025-04-01T04:00Z"

    scope: str
    start: datetime
    end: datetime

    @classmethod
    def parse(cls, text: str, catalog: Catalog) -> "Maintenance":
        """Read ``scope=start/end``."""
        name, value = read_pair(cls, text)
        start, _, end = value.partition("/")
        scopes = [scope.id for scope in catalog.scopes]
        if name not in scopes:
            raise wrong(cls, text, f"expected a scope: {', '.join(scopes) or 'there is none'}")
        found = cls(name, read_moment(cls, text, start), read_moment(cls, text, end))
        if not timedelta(0) < found.end - found.start <= _LONGEST:
            raise wrong(cls, text, "expected an end after the start, at most a year later")
        return found

    def __str__(self) -> str:
        return f"{self.scope}={iso(self.start)}/{iso(self.end)}"

    def words(self, catalog: Catalog) -> str:
        """The change as a part of a sentence."""
        return f"{self.scope} is under maintenance {clock(self.start)} to {clock(self.end)}"


@dataclass(frozen=True)
class MonthReplayed:
    """The coming hours go as those of a month did, over and over, in place of a distribution."""

    kind: ClassVar[str] = "replay-month"
    example: ClassVar[str] = "2025-02"

    start: datetime

    @classmethod
    def parse(cls, text: str, catalog: Catalog) -> "MonthReplayed":
        """Read ``2025-02``."""
        if not re.fullmatch(r"\d{4}-\d\d", text, re.ASCII):
            raise wrong(cls, text, "expected a month")
        return cls(read_moment(cls, text, f"{text}-01"))

    def __str__(self) -> str:
        return f"{self.start:%Y-%m}"

    def words(self, catalog: Catalog) -> str:
        """The change as a part of a sentence."""
        return f"the coming hours go as those of {self} did"


Change = (
    Target
    | Threshold
    | Traffic
    | FailureRate
    | Release
    | WithoutIncident
    | ShorterIncident
    | RepeatedIncident
    | Maintenance
    | MonthReplayed
)

KINDS: dict[str, type[Change]] = {
    it.kind: it
    for it in (
        *(Target, Threshold, Traffic, FailureRate, Release),
        *(WithoutIncident, ShorterIncident, RepeatedIncident, Maintenance, MonthReplayed),
    )
}
"""The kinds of changes by the word that writes them."""
