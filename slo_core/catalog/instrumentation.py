"""What the document's own code records, as data: the audit holds it against the rest."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from slo_core.catalog.base import Id, Model, Text, problem
from slo_core.catalog.collecting import Source


def _in_order(found: tuple[int, int]) -> tuple[int, int]:
    if not 100 <= found[0] <= found[1] <= 599:
        raise problem(f"expected statuses from 100 to 599 in order, found {list(found)!r}")
    return found


StatusRange = Annotated[tuple[int, int], AfterValidator(_in_order)]
"""HTTP statuses from the first to the last, both included, written ``[200, 299]``."""


class Statuses(Model):
    """Which statuses a text or a piece of code calls good and which failed.

    What is ``excluded`` is neither, whatever the other two say.
    """

    good: tuple[StatusRange, ...] = ()
    failed: tuple[StatusRange, ...] = ()
    excluded: tuple[StatusRange, ...] = ()

    def verdict(self, status: int) -> Literal["good", "failed"] | None:
        """What becomes of a status; None where it is neither good nor failed."""
        if _among(status, self.excluded):
            return None
        if _among(status, self.failed):
            return "failed"
        return "good" if _among(status, self.good) else None


def _among(status: int, ranges: tuple[StatusRange, ...]) -> bool:
    return any(first <= status <= last for first, last in ranges)


class ByStatus(Statuses):
    """The code tells success from failure by the status."""

    kind: Literal["statuses"]


class Constant(Model):
    """The code writes the same word whatever happened."""

    kind: Literal["constant"]
    value: bool


class Spends(Model):
    """What the code takes from an error budget for one failure."""

    service: Id
    """The service whose budget it is."""
    amount: Annotated[float, Field(gt=0)]
    per: Literal["request", "second"]
    """What one such amount stands for: a failed request, or a second of downtime."""


class Instrument(Model):
    """A piece of code or a check of the document that records something."""

    id: Id
    name: Text
    document: tuple[Text, ...]
    """The lines that matter, in the document's own words."""
    journeys: tuple[Id, ...] | None = ()
    """The journeys whose requests it records; None for every journey's."""
    fields: tuple[Id, ...] = ()
    """The columns of a request that it fills in."""
    measurements: tuple[Id, ...] = ()
    """The metrics of measurements that it records."""
    probes: tuple[Id, ...] = ()
    """The scopes whose health it checks."""
    success: Annotated[ByStatus | Constant, Field(discriminator="kind")] | None = None
    """How it tells success from failure, None where it does not."""
    spends: Spends | None = None
    event: Text | None = None
    """The name under which it sends what it records, None where it sends nothing."""
    source: Source | None = None
    """What the rows that it sends say of their source."""

    def records_requests_of(self, journey: str) -> bool:
        """Whether it records the requests of a journey."""
        return self.journeys is None or journey in self.journeys
