"""A quarterly review as a lock keeps it, and what has changed since then.

from_record(as_record(review), what=..., locked_at=..., locked_by="Ada")
changes(then, now)
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

import pandas as pd

from slo_core.budget.gate_calls import Tally
from slo_core.catalog import Catalog
from slo_core.moments import iso
from slo_core.review.decided import Decided
from slo_core.review.quarter import Quarter
from slo_core.review.quarterly import Judged, Quarterly
from slo_core.review.quarterly_words import (
    KINDS,
    decided_words,
    headroom_words,
    met_words,
    name_of,
    noticed_words,
    tightest_words,
)
from slo_core.review.record import Figures, compared, naive, read_record, written
from slo_core.review.relevance import Noticed, Relevance, Tightest
from slo_core.review.suggest import Suggestion
from slo_core.review.thresholds import Thresholds, Tried
from slo_core.text import count, counted

FORMAT = 1
"""Raised when a record loses or renames what an older one has."""

_MONTHS: dict[str, str] = {
    "month": "str",
    **dict.fromkeys(("target", "good", "valid", "sli"), "float64"),
    "met": "object",
    "value": "float64",
    "enough": "bool",
    "used": "float64",
}
_PLATFORMS = {"month": "str", "platform": "str", "good": "float64", "valid": "float64"}


def as_record(review: Quarterly) -> str:
    """The JSON that a lock keeps: the figures, and the catalogue that they were made with."""
    return written(
        {
            "format": FORMAT,
            "start": iso(review.quarter.start),
            "until": iso(review.quarter.until),
            "at": iso(review.at),
            "sample": review.sample,
            "objectives": [_judged(it) for it in review.objectives],
            "alerts": [
                {"alert": it.alert.id, "tried": {name: asdict(o) for name, o in it.tried.items()}}
                for it in review.thresholds
            ],
            "capacity": list(review.capacity),
            "changes": [day.isoformat() for day in review.changes],
            "gate": [
                asdict(it) | {"last_refused": it.last_refused and iso(it.last_refused)}
                for it in review.gate
            ],
            "promises": review.catalog.model_dump(),
        }
    )


def from_record(text: str, *, what: str, locked_at: datetime, locked_by: str) -> Quarterly:
    """The review that a record was made of; ``what`` is what the sentence calls the record.

    Raises SloError where it is none, or was written by a release that this one does not read.
    """

    def made(kept: Any) -> Quarterly:
        catalog = Catalog.model_validate(kept["promises"])
        quarter = Quarter(naive(kept["start"]), naive(kept["until"]))
        alerts = {it.id: it for it in catalog.alerts}
        return Quarterly(
            quarter,
            naive(kept["at"]),
            catalog,
            bool(kept["sample"]),
            tuple(_as_judged(it, catalog, quarter) for it in kept["objectives"]),
            tuple(
                Thresholds(
                    alerts[it["alert"]], {name: Tried(**own) for name, own in it["tried"].items()}
                )
                for it in kept["alerts"]
            ),
            tuple(kept["capacity"]),
            tuple(date.fromisoformat(day) for day in kept["changes"]),
            tuple(
                Tally(**it | {"last_refused": it["last_refused"] and naive(it["last_refused"])})
                for it in kept["gate"]
            ),
            locked_at,
            locked_by,
        )

    return read_record(text, FORMAT, made, what)


def changes(then: Quarterly, now: Quarterly) -> pd.DataFrame:
    """The figures of a locked review that later data, or later entries, have changed.

    See `slo_core.review.record.compared`.
    """
    return compared(_figures(then), _figures(now))


def _figures(review: Quarterly) -> Figures:
    """Each key figure of a review: of what, which, its value, and how it is written."""
    names = {alert.id: alert.name for alert in review.catalog.alerts}
    for it in review.deciding:
        found, tight = it.found, it.found.tightest
        key = ("Every promise", name_of(found))
        yield (*key, "Met"), ((found.met, len(found.known)), met_words(found))
        yield (*key, "Median month"), (found.headroom, headroom_words(found))
        yield (*key, "Tightest"), (tight and tight.figure, tightest_words(found)[0])
        yield (*key, "Noticed"), (asdict(found.noticed), "; ".join(noticed_words(found)))
        yield (*key, "Decided"), (asdict(found.decided), "; ".join(decided_words(found, names)))
        yield (*key, "Suggestion"), (it.suggestion.kind, KINDS[it.suggestion.kind])
    for own in review.gate:
        key = ("The gate", f"{own.service}: {own.kind}")
        yield (*key, "Asked"), (own.asked, count(own.asked))
        yield (*key, "Refused"), (own.refused, count(own.refused))
    for place, sentence in enumerate(review.capacity, start=1):
        yield ("Capacity", f"Sentence {place}", "Words"), (sentence, sentence)
    for replayed in review.thresholds:
        for name, tried in replayed.tried.items():
            key = ("Alert thresholds", f"{replayed.alert.name}, {name}")
            words = f"{counted(tried.episodes, 'episode')}, {tried.false} about none"
            yield (*key, "Episodes"), ((tried.episodes, tried.false), words)
            words = f"found {tried.found} of {tried.incidents}"
            yield (*key, "Incidents"), ((tried.found, tried.incidents), words)


def _judged(it: Judged) -> dict[str, Any]:
    found = it.found
    return {
        "journey": found.journey.id,
        "objective": found.objective.id,
        "months": [_row(row) for row in found.months[list(_MONTHS)].to_dict("records")],
        "platforms": [_row(row) for row in found.platforms[list(_PLATFORMS)].to_dict("records")],
        "tightest": None if found.tightest is None else _row(asdict(found.tightest)),
        "noticed": _row(asdict(found.noticed)),
        "decided": asdict(found.decided),
        "suggestion": asdict(it.suggestion),
        **({} if it.corrected is None else {"corrected": _judged(it.corrected)}),
    }


def _as_judged(kept: Mapping[str, Any], catalog: Catalog, quarter: Quarter) -> Judged:
    journey = catalog.journey(kept["journey"])
    decided = kept["decided"]
    names = {name: tuple(decided[name]) for name in ("alerts", "refused")}
    found = Relevance(
        journey,
        catalog.objective(kept["journey"], kept["objective"]),
        _frame(kept["months"], _MONTHS),
        _frame(kept["platforms"], _PLATFORMS),
        None if kept["tightest"] is None else Tightest(**_numbers(kept["tightest"])),
        Noticed(**kept["noticed"]),
        Decided(**decided | names),
        quarter,
    )
    corrected = kept.get("corrected")
    return Judged(
        found,
        Suggestion(**kept["suggestion"]),
        corrected and _as_judged(corrected, catalog, quarter),
    )


def _row(row: Mapping[Any, Any]) -> dict[str, Any]:
    """JSON knows no infinity, which a figure among timeouts is, and no not-a-number."""
    return {
        name: None if value != value else "inf" if value == math.inf else value
        for name, value in row.items()
    }


def _numbers(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: math.inf if value == "inf" else value for name, value in row.items()}


def _frame(rows: Iterable[Mapping[str, Any]], kinds: Mapping[str, str]) -> pd.DataFrame:
    """The frame of some records: as objects first, since nulls beside truths would be numbers."""
    found = pd.DataFrame([_numbers(row) for row in rows], columns=list(kinds), dtype="object")
    return found.astype(dict(kinds))
