"""Changes of numbers: what is promised, how much traffic there is, and how much of it fails."""

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from slo_core.catalog import Catalog, Latency, Measurement
from slo_core.durations import in_milliseconds, time_unit
from slo_core.text import figure, percent
from slo_core.whatif.written import (
    at_words,
    from_words,
    name_of,
    percentage,
    plain,
    read_journey,
    read_number,
    read_objective,
    read_pair,
    read_requests,
    read_share,
    read_since,
    wrong,
)

_MOST_TIMES = 1000


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
        if not 0 <= factor <= _MOST_TIMES:
            raise wrong(cls, text, f"traffic is 0 to {_MOST_TIMES} times as much")
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
            if not 0 <= factor <= _MOST_TIMES:
                raise wrong(cls, text, f"failures are multiplied by 0 to {_MOST_TIMES}")
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
