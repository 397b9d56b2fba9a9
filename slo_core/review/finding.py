"""A finding: one sentence that the figures of a review show, with its evidence and its place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pandas as pd

from slo_core.catalog import Objective
from slo_core.figures.theme import Role
from slo_core.figures.words import amount_words, unit_of
from slo_core.moments import iso
from slo_core.review.monthly import Review
from slo_core.text import count, percent

LARGE = 0.5
"""The share that makes one value of several the story: more than all the others together."""

WORTH = 0.25
"""Under this part of a budget nobody asks where it went."""


@dataclass(frozen=True)
class Finding:
    """What a review found.

    ``kind`` is one of `slo_core.review.findings.KINDS`; ``evidence`` are the figures that the
    sentence rests on, as pairs of words; ``page`` and ``filters`` are where to look on. A higher
    ``weight`` comes first.
    """

    kind: str
    sentence: str
    evidence: tuple[tuple[str, str], ...]
    weight: float
    role: Role
    page: str = "studio-health"
    filters: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """The page below the dashboards' own address, with the moment that the figures are of."""
        return f"{self.page}?{urlencode(self.filters)}" if self.filters else self.page


def name_of(row: Any) -> str:
    """How an objective is called in sentences: its journey's name and its own."""
    return f"{row.journey_name}: {row.name}"


def objective_of(review: Review, row: Any) -> Objective:
    """The objective of a row with its ids, as it was promised at the end of the month."""
    return review.catalog.objective(row.journey, row.objective)


def amount(review: Review, row: Any, bad: float | None) -> str:
    """So much bad of an objective, in words: ``38 failures``."""
    return amount_words(objective_of(review, row), bad)


def amount_of(review: Review, row: Any, bad: float, allowed: float) -> str:
    """So much bad of what is allowed, in words: ``38 of 2,500 failures``, ``4 s of 43 min``."""
    noun, size = unit_of(objective_of(review, row))
    whole = amount(review, row, allowed)
    part = amount(review, row, bad) if noun == "seconds" else count(bad / size)
    return f"{part} of {whole}"


def sli_words(row: Any) -> str:
    """An objective's SLI, which never reads as the target that it misses."""
    return percent(row.sli, against=row.target)


def rows_with(review: Review, verdict: bool) -> Iterator[Any]:
    """The objectives that were met, or those that were missed, in the document's order."""
    frame = review["objectives"]
    yield from frame[frame["met"].eq(verdict).fillna(False).astype(bool)].itertuples()


def scored(review: Review, service: str, objective: str) -> Any:
    """The row of one objective."""
    frame = review["objectives"]
    own = frame[(frame["journey"] == service) & (frame["objective"] == objective)]
    return next(own.itertuples())


def other_row(review: Review, row: Any) -> Any | None:
    """An objective's row by the figures that do not decide; None where no correction touches it."""
    frame = review.beside.get("objectives")
    if frame is None:
        return None
    own = frame[(frame["journey"] == row.journey) & (frame["objective"] == row.objective)]
    return next(own.itertuples(), None)


def measured_row(review: Review, row: Any) -> Any:
    """An objective's row by the figures as measured."""
    other = other_row(review, row) if review.figures == "corrected" else None
    return row if other is None else other


def missing(review: Review, journey: str) -> float:
    """For how many hours of the month nothing of a journey was logged, in gaps."""
    quality = review["quality"]
    own = quality[(quality["kind"] == "gap") & (quality["subject"] == journey)]
    return float(own["amount"].sum())


def why(review: Review, row: Any, **only: str) -> dict[str, Any]:
    """The page of causes of an objective, as arguments of a `Finding`."""
    at = iso(review.month.until)
    ids = {"journey": row.journey, "objective": row.objective}
    return {"page": "why", "filters": {"at": at, **ids, **only}}


def budget_page(review: Review, service: str, objective: str) -> dict[str, Any]:
    """The page of a service's error budget, as arguments of a `Finding`."""
    filters = {"at": iso(review.month.until), "of": f"{service}.{objective}"}
    return {"page": "studio-error-budget", "filters": filters}


def at_page(review: Review, page: str) -> dict[str, Any]:
    """Any other page at the end of the month, as arguments of a `Finding`."""
    return {"page": page, "filters": {"at": iso(review.month.until)}}


def there(number: Any) -> bool:
    """Whether a figure is there at all."""
    return bool(pd.notna(number))
