"""A review as JSON: what a program reads, what a lock keeps, and what has changed since then."""

import json
import math
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

import pandas as pd

from slo_core.budget.corrected import which_decides
from slo_core.catalog import Catalog
from slo_core.errors import SloError
from slo_core.moments import iso
from slo_core.review.finding import amount, name_of, scored, there
from slo_core.review.findings import findings
from slo_core.review.frames import FRAMES, for_files, records, restored
from slo_core.review.month import Month
from slo_core.review.monthly import Review
from slo_core.text import NO_DATA, clock, count, duration, figure, percent

FORMAT = 1
"""Raised when a frame loses or renames what an older record has; new columns read as null."""

CHANGES = ["part", "of", "figure", "then", "now"]

Figures = Iterator[tuple[tuple[str, str, str], tuple[Any, str]]]
"""Key figures: the part, of what, which, and its value with how it is written."""

_Found = TypeVar("_Found")


def as_dict(review: Review) -> dict[str, Any]:
    """The whole review as JSON has it: ISO moments, unrounded ratios, null for no data."""
    return {
        "format": FORMAT,
        "month": review.month.name,
        "start": iso(review.month.start),
        "end": iso(review.month.end),
        "until": iso(review.month.until),
        "at": iso(review.at),
        "partial": review.month.is_partial,
        "sample": review.sample,
        "data": None if review.span is None else [iso(it) for it in review.span],
        "catalog": review.catalog.name,
        "locked_at": iso(review.locked_at) if review.locked_at else None,
        "findings": [
            {
                "kind": it.kind,
                "sentence": it.sentence,
                "evidence": dict(it.evidence),
                "page": it.address,
            }
            for it in findings(review)
        ],
        **{name: records(review[name]) for name in FRAMES},
        **_both(review),
    }


def _both(review: Review) -> dict[str, Any]:
    """The rows that a correction touches, as corrected, and which figures decide."""
    if not review.beside:
        return {}
    corrected = {name: records(frame) for name, frame in review.beside.items()}
    return {"corrected": corrected, "decides": which_decides(review.catalog)}


def tables(review: Review) -> dict[str, pd.DataFrame]:
    """Each frame of a monthly review as files have it.

    Where a correction touches a frame, its rows as corrected are in one of their own.
    """
    beside = {f"{name}_corrected": frame for name, frame in review.beside.items()}
    found = {it: review[it] for it in FRAMES} | beside
    return {name: for_files(frame) for name, frame in found.items()}


def as_record(review: Review) -> str:
    """The JSON that a lock keeps: the figures, and the catalogue that they were made with."""
    return written(as_dict(review) | {"promises": review.catalog.model_dump()})


def written(kept: Mapping[str, Any]) -> str:
    """What a lock keeps as JSON; a dumped catalogue may be in it."""
    return json.dumps(kept, default=_plain, allow_nan=False)


def from_record(text: str, *, what: str, locked_at: datetime, locked_by: str) -> Review:
    """The review that a record was made of; ``what`` is what the sentence calls the record.

    Raises SloError where it is none, or was written by a release that this one does not read.
    """

    def made(kept: Any) -> Review:
        return Review(
            Month(naive(kept["start"]), naive(kept["until"])),
            naive(kept["at"]),
            Catalog.model_validate(kept["promises"]),
            bool(kept["sample"]),
            None if kept["data"] is None else (naive(kept["data"][0]), naive(kept["data"][1])),
            {name: restored(name, kept[name]) for name in FRAMES},
            locked_at,
            locked_by,
            {name: restored(name, rows) for name, rows in kept.get("corrected", {}).items()},
        )

    return read_record(text, FORMAT, made, what)


def read_record(text: str, number: int, made: Callable[[Any], _Found], what: str) -> _Found:
    """What ``made`` builds of a record of the format of that ``number``.

    Raises SloError, with ``what`` the record is called, where it is none that this release reads.
    """
    try:
        kept = json.loads(text)
        if kept["format"] != number:
            raise ValueError(f"format {kept['format']}")
        return made(kept)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise SloError(
            f"{what} cannot be read: expected the figures of a locked review of this release "
            f"({type(error).__name__}); open it again to see today's figures."
        ) from error


def changes(then: Review, now: Review) -> pd.DataFrame:
    """The figures of a locked review that later data, or later entries, have changed.

    See `compared`.
    """
    return compared(_figures(then.deciding), _figures(now.deciding))


def compared(then: Figures, now: Figures) -> pd.DataFrame:
    """The figures that differ, in their order.

    Columns `CHANGES`: the part of the review, of what, which figure, and how it read then and
    reads now. A figure that is there on one side alone reads "no data" on the other.
    """
    before, after = dict(then), dict(now)
    rows = []
    for key in dict.fromkeys([*before, *after]):
        old, new = before.get(key, (None, NO_DATA)), after.get(key, (None, NO_DATA))
        if _same(old[0], new[0]):
            continue
        words = (old[1], new[1])
        if words[0] == words[1]:  # too little to be seen in rounded figures
            words = (str(old[0]), str(new[0]))
        rows.append((*key, *words))
    return pd.DataFrame(rows, columns=CHANGES)


def _figures(review: Review) -> Figures:
    """Each key figure of a review: of what, which, its value, and how it is written."""
    for row in review["objectives"].itertuples():
        key = ("Actual against target", name_of(row))
        yield (*key, "SLI"), (row.sli, percent(row.sli, against=row.target))
        yield (*key, "Valid"), (row.valid, count(row.valid))
        yield (*key, "Bad"), (row.consumed, amount(review, row, row.consumed))
        value = (row.value, figure(row.value, row.unit, against=row.threshold))
        yield (*key, "Value"), value
    for row in review["budgets"].itertuples():
        own = scored(review, row.service, row.objective)
        key = ("Error budget", row.name)
        yield (*key, "Allocated"), (row.allowed, amount(review, own, row.allowed))
        yield (*key, "Spent"), (row.consumed, amount(review, own, row.consumed))
    for row in review["impact"].itertuples():
        budget = review.catalog.budget(row.service)
        assert budget is not None
        own = scored(review, row.service, budget.objective)
        name = row.title if pd.isna(row.start) else f"#{row.id} {row.title}"
        key = ("Incident impact", f"{own.journey_name}: {name}")
        yield (*key, "Took"), (row.total, amount(review, own, row.total))
    for row in review["incidents"].itertuples():
        key = ("Incidents", f"#{row.id} {row.title}")
        yield (*key, "Severity"), (row.severity, row.severity)
        for name in ("detect", "mitigate", "resolve"):
            value = getattr(row, name)
            yield (*key, f"Time to {name}"), (value, duration(value))
    for row in review["feedback"].itertuples():
        key = ("User feedback", review.catalog.journey(row.journey).name)
        yield (*key, "Ratings"), (row.ratings, count(row.ratings))
        yield (*key, "Mean"), (row.mean, f"{row.mean:.2f}" if there(row.mean) else NO_DATA)
    for row in review["alerts"].itertuples():
        for name in ("episodes", "about"):
            number = int(getattr(row, name))
            label = "Episodes" if name == "episodes" else "About an incident"
            yield ("Alerts", row.name, label), (number, count(number))
    for service, rows in review["policy"].groupby("service", sort=False):
        states = ", ".join(f"{it.state} from {clock(it.start)}" for it in rows.itertuples())
        name = review.catalog.journey(str(service)).name
        yield ("Policy", name, "States"), (states, states)


def _same(old: Any, new: Any) -> bool:
    old, new = (None if it is None or it != it else it for it in (old, new))
    if isinstance(old, int | float) and isinstance(new, int | float):
        return math.isclose(old, new, rel_tol=1e-9, abs_tol=1e-12)
    return bool(old == new)


def naive(text: str) -> datetime:
    """A moment of a record: UTC without a zone."""
    return datetime.fromisoformat(text).replace(tzinfo=None)


def _plain(value: Any) -> Any:
    """What the catalogue has beside JSON's own: lengths of time as it writes them, and dates."""
    if isinstance(value, timedelta):
        return f"{value.total_seconds():.6f} s"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is nothing that a catalogue holds")
