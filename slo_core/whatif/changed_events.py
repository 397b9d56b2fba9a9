"""Changes of what happens: incidents, maintenance, and months that come again."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from slo_core.catalog import Catalog
from slo_core.durations import parse_duration
from slo_core.errors import SloError
from slo_core.moments import iso
from slo_core.text import clock, duration
from slo_core.whatif.written import read_incident, read_moment, read_pair, wrong

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_LONGEST = timedelta(days=366)


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
