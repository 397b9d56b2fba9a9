"""What a month's figures rest on, and how good its alerts were."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from slo_core.alerts.replay import Replayed, register_incidents, replay
from slo_core.budget.course import Key
from slo_core.catalog import Catalog, Scope
from slo_core.logs.ingest.ledger import Ledger
from slo_core.review.month import Month
from slo_core.review.targets import Counted
from slo_core.rollup import Rollup
from slo_core.sli.corrections import inside, read_corrections
from slo_core.sli.coverage import unobserved
from slo_core.sli.steps import HOUR, MINUTE
from slo_core.text import clock, longest

SET = "document"


def alert_quality(rollup: Rollup, month: Month) -> Replayed:
    """The catalogue's alerts over the month, held against the incidents of the register."""
    length = month.until - month.start
    incidents = register_incidents(rollup.store.root)
    found = replay(rollup, month.until, length, incidents, {SET: rollup.catalog.alerts})
    return found[SET]


def alerts(rollup: Rollup, found: Replayed) -> Iterator[dict[str, Any]]:
    """Each alert of the catalogue: its episodes, how many were about an incident, and how soon.

    ``minutes`` is the median time to detect of the incidents that it was the first to find.
    """
    for alert in rollup.catalog.alerts:
        own = found.episodes[found.episodes["alert"] == alert.id]
        about = int(own["incident"].notna().sum())
        first = found.detections[found.detections["alert"] == alert.id]
        yield {
            "alert": alert.id,
            "name": alert.name,
            "severity": alert.severity,
            "episodes": len(own),
            "about": about,
            "false": len(own) - about,
            "minutes": first["minutes"].median() if len(first) else None,
        }


def quality(counted: Counted, known: Mapping[Key, pd.DataFrame]) -> Iterator[dict[str, Any]]:
    """What is to be known of the month's data: a row for each thing that is not as it should be.

    ``known`` are the month's courses of all objectives.
    ``kind`` is ``coverage`` (of a scope, the observed share of its time), ``unobserved`` (hours of
    it in which nobody observed it, and which), ``unread`` (files of a
    table that could not be read), ``not_counted`` (its rows), ``set_apart`` (lines in quarantine,
    of files that came by ingest and reach into the month), ``gap`` (hours of a journey without
    an event, in runs of three and more), ``kept`` (days whose raw logs are gone) or ``approximate``
    (objectives that such days answer approximately). ``amount`` is how much, ``note`` where.
    """
    rollup, month = counted.rollup, counted.month
    for scope in rollup.catalog.scopes:
        share = counted.lines[scope.id].counts(month.window)[2]
        yield {"kind": "coverage", "subject": scope.id, "amount": share, "note": scope.journey}
        yield from _unobserved(rollup, month, scope)
    yield from _not_counted(rollup, month)
    yield from set_apart(rollup, month)
    yield from _gaps(rollup.catalog, known)
    kept = sorted(set().union(*(_kept(rollup, unit, month) for unit in rollup.manifests)))
    yield from _corrected(rollup, month)
    if kept:
        note = f"{kept[0]} to {kept[-1]}"
        yield {"kind": "kept", "subject": "days", "amount": len(kept), "note": note}


def _unobserved(rollup: Rollup, month: Month, scope: Scope) -> Iterator[dict[str, Any]]:
    minutes = (month.until - month.start) // MINUTE
    spans = unobserved(rollup, scope.id, f"{minutes}m", month.until)
    if len(spans):
        told = longest(zip(spans["start"], spans["end"], strict=True))
        hours = spans["seconds"].sum() / HOUR.total_seconds()
        yield {"kind": "unobserved", "subject": scope.id, "amount": hours, "note": told}


def _corrected(rollup: Rollup, month: Month) -> Iterator[dict[str, Any]]:
    corrections = read_corrections(rollup.store.root)
    for journey, spans in corrections.spans.items() if corrections else ():
        hours = sum((end - start) / HOUR for start, end in inside(spans, month.window))
        if hours:
            yield {"kind": "corrected", "subject": journey, "amount": hours, "note": ""}


def _days(rollup: Rollup, unit: str, month: Month) -> Iterator[tuple[Any, Any]]:
    """The dates of a unit in the month, with what the manifest knows of them."""
    last = (month.until - timedelta(microseconds=1)).date()
    for day, entry in sorted(rollup.manifests[unit].entries.items()):
        if month.start.date() <= day <= last:
            yield day, entry


def _kept(rollup: Rollup, unit: str, month: Month) -> set[Any]:
    logged = rollup.logged.get(unit, frozenset())
    return {day for day, entry in _days(rollup, unit, month) if entry.folder and day not in logged}


def _not_counted(rollup: Rollup, month: Month) -> Iterator[dict[str, Any]]:
    for unit in rollup.manifests:
        files, rows, reasons = 0, 0, dict[str, int]()
        for _, entry in _days(rollup, unit, month):
            for problem in entry.problems:
                files += problem.rows is None
                rows += problem.rows or 0
                reasons[problem.reason] = reasons.get(problem.reason, 0) + (problem.rows or 1)
        most = max(reasons, key=lambda it: reasons[it], default="")
        for kind, amount in (("unread", files), ("not_counted", rows)):
            if amount:
                yield {"kind": kind, "subject": unit, "amount": amount, "note": most}


def set_apart(rollup: Rollup, month: Month) -> Iterator[dict[str, Any]]:
    """What could not be read has no time: it is of the months that the rest of its file is of."""
    lines, reasons = 0, Counter[str]()
    for report in Ledger(rollup.store.root).reports():
        # Of a file of which nothing could be read only the day that it came is known.
        first, last = (str(report.get(it) or report["at"])[:10] for it in ("first", "last"))
        if report["quarantined"] and _day(first) < month.until and _day(last) >= month.start:
            lines += report["quarantined"]
            reasons.update(report["reasons"])
    if lines:
        note = reasons.most_common(1)[0][0]
        yield {"kind": "set_apart", "subject": "ingest", "amount": lines, "note": note}


def _day(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _gaps(catalog: Catalog, known: Mapping[Key, pd.DataFrame]) -> Iterator[dict[str, Any]]:
    for journey in catalog.journeys:
        own = [known[journey.id, objective.id] for objective in journey.objectives]
        gap = pd.concat([course["gap"] for course in own], axis=1).all(axis=1)
        if gap.any():
            since: datetime = own[0].loc[gap.idxmax(), "at"].to_pydatetime()
            hours = float((own[0]["until"] - own[0]["at"])[gap].sum() / HOUR)
            yield {"kind": "gap", "subject": journey.id, "amount": hours, "note": clock(since)}
