"""The quarterly review: is each promise still the right one, and are the alerts and machines?

    review = quarterly(rollup, "2025-Q1")
    review.objectives[0].suggestion.reason

(The document's "Quarterly Review".)
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

from slo_core.budget.corrected import which_decides
from slo_core.budget.gate_calls import Tally, read_gate_calls, tally
from slo_core.capacity.growth import growth_lines
from slo_core.capacity.overview import quarter_of
from slo_core.capacity.pressure import pressure
from slo_core.capacity.scaling import LOOK_BACK, scaling
from slo_core.capacity.words import DIRECTIONS, first_words, growth_words, next_line_words
from slo_core.catalog import Catalog
from slo_core.moments import iso
from slo_core.register import read_maintenance
from slo_core.review.decided import Attributed, Decisions
from slo_core.review.quarter import Quarter, parse_quarter
from slo_core.review.relevance import Relevance, relevance
from slo_core.review.suggest import Suggestion, suggest
from slo_core.review.thresholds import Thresholds, replays
from slo_core.rollup import Rollup, as_of
from slo_core.sli.corrections import read_corrections

ORDER = ("split", "loosen", "tighten", "drop", "no data", "keep")
"""Suggestions as a meeting takes them: what hurts first, what is fine last."""


@dataclass(frozen=True)
class Judged:
    """One objective with what is suggested for it."""

    found: Relevance
    suggestion: Suggestion
    corrected: "Judged | None" = None
    """The same without what corrections leave out; None where they touch none of its months."""
    beside: "Judged | None" = None
    """The same by the figures that do not decide, in `Quarterly.deciding`."""


@dataclass(frozen=True)
class Quarterly:
    """A quarter as it is known at a moment."""

    quarter: Quarter
    at: datetime
    catalog: Catalog
    sample: bool
    objectives: tuple[Judged, ...]
    """In the catalogue's order."""
    thresholds: tuple[Thresholds, ...]
    capacity: tuple[str, ...]
    """What the machines and the growth table ask for, in sentences."""
    changes: tuple[date, ...]
    """On which days of the quarter a promise changed."""
    gate: tuple[Tally, ...]
    """Which deploys asked the gate, and what it answered."""
    locked_at: datetime | None = None
    """When a person locked these figures; None for those of today's data."""
    locked_by: str = ""

    @property
    def period(self) -> Quarter:
        """The quarter, as what any review is of."""
        return self.quarter

    @property
    def deciding(self) -> list[Judged]:
        """The objectives by the figures that decide, with the others beside, where both are."""
        decides = which_decides(self.catalog)
        return [
            it
            if it.corrected is None
            else replace(it.corrected, beside=it)
            if decides == "corrected"
            else replace(it, beside=it.corrected)
            for it in self.objectives
        ]

    def ranked(self) -> list[Judged]:
        """The objectives by what is suggested for them, see `ORDER`, by the figures that decide."""
        return sorted(self.deciding, key=lambda it: ORDER.index(it.suggestion.kind))

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON has it: ISO moments and nulls."""
        return {
            "quarter": self.quarter.name,
            "at": iso(self.at),
            "until": iso(self.quarter.until),
            "partial": self.quarter.is_partial,
            "locked_at": iso(self.locked_at) if self.locked_at else None,
            "catalog": {"name": self.catalog.name, "version": self.catalog.version},
            "changes": [day.isoformat() for day in self.changes],
            "objectives": [_both(it, which_decides(self.catalog)) for it in self.objectives],
            "alerts": [_thresholds(it) for it in self.thresholds],
            "capacity": list(self.capacity),
            "gate": [_tally(it) for it in self.gate],
        }


def quarterly(rollup: Rollup, quarter: str, at: datetime | None = None) -> Quarterly:
    """The review of a quarter, ``2025-Q1``, as it is known at a moment (default: of DESIGN 2.2).

    Raises SloError with one sentence for what is no quarter, or has not begun.
    """
    look = rollup.default_at() if at is None else at
    known = parse_quarter(quarter, look)
    changes = promise_changes(rollup.catalog, known)
    rollup = as_of(rollup, known.until)
    told = replays(rollup, known)
    return Quarterly(
        known,
        look,
        rollup.catalog,
        rollup.store.is_sample,
        tuple(judged(rollup, known, told.attributed)),
        told.thresholds,
        tuple(capacity_words(rollup, known)),
        changes,
        deploys(rollup, known),
    )


def promise_changes(catalog: Catalog, quarter: Quarter) -> tuple[date, ...]:
    """On which days of the quarter a promise of the catalogue changed."""
    first, last = quarter.start.date(), quarter.end.date()
    return tuple(day for day in catalog.changes if first <= day < last)


def deploys(rollup: Rollup, quarter: Quarter) -> tuple[Tally, ...]:
    """Which deploys asked the gate in the quarter, and what it answered."""
    calls = read_gate_calls(rollup.store.root)
    return tuple(tally(calls, quarter.start, quarter.until))


def judged(rollup: Rollup, quarter: Quarter, episodes: Sequence[Attributed]) -> list[Judged]:
    """Every objective of the quarter with what is suggested for it.

    As measured and, where corrections touch any of its months, as corrected too. ``episodes`` are
    those of the quarter's alerts (`slo_core.review.thresholds.Replays`).
    """
    root = rollup.store.root
    decided = Decisions(rollup, quarter, read_maintenance(root), episodes)
    measured = [Judged(it, suggest(it)) for it in relevance(rollup, quarter, decided)]
    corrections = read_corrections(root)
    if corrections is None or not corrections.journeys(rollup.catalog):
        return measured
    found = relevance(rollup, quarter, decided.without(corrections), corrections)
    corrected = {(it.journey.id, it.objective.id): Judged(it, suggest(it)) for it in found}
    return [
        replace(it, corrected=corrected.get((it.found.journey.id, it.found.objective.id)))
        for it in measured
    ]


def capacity_words(rollup: Rollup, quarter: Quarter) -> Sequence[str]:
    """What the quarter says of capacity: whether to scale, how growth goes, what gives way."""
    end = quarter.until
    found = scaling(rollup, end, LOOK_BACK, peaks_since=end)
    lines = growth_lines(rollup, end)
    said = [f"{DIRECTIONS[found.direction]}: {found.reason}", *first_words(pressure(rollup, end))]
    said += [" ".join(growth_words(line)) for line in lines]
    missing = next_line_words(lines, quarter_of(end))
    return [*said, missing] if missing else said


def _both(it: Judged, decides: str) -> dict[str, Any]:
    """An objective as measured, and beside it as corrected where a correction touches it."""
    if it.corrected is None:
        return _judged(it)
    return {**_judged(it), "corrected": _judged(it.corrected), "decides": decides}


def _judged(it: Judged) -> dict[str, Any]:
    found = it.found
    return {
        "journey": found.journey.id,
        "objective": found.objective.id,
        "target": found.objective.target,
        "threshold": found.objective.threshold.value if found.objective.threshold else None,
        "unit": found.objective.unit,
        "months": [
            {name: _plain(value) for name, value in row.items()}
            for row in found.months.to_dict("records")
        ],
        "months_with_data": len(found.known),
        "months_met": found.met,
        "missed_in_quarter": list(found.missed_now),
        "headroom": found.headroom,
        "tightest": None
        if found.tightest is None
        else {name: _plain(value) for name, value in asdict(found.tightest).items()},
        "noticed": asdict(found.noticed),
        "decided": asdict(found.decided),
        "suggestion": asdict(it.suggestion),
    }


def _thresholds(it: Thresholds) -> dict[str, Any]:
    return {
        "alert": it.alert.id,
        "advice": it.advice,
        "tried": [{"name": name, **asdict(own)} for name, own in it.tried.items()],
    }


def _tally(it: Tally) -> dict[str, Any]:
    return asdict(it) | {"last_refused": it.last_refused and iso(it.last_refused)}


def _plain(value: Any) -> Any:
    """Null for what is not there, and for what no number is: a figure among timeouts."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value
