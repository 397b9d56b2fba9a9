"""The truth about a sample, written beside it, and what people wrote down in its register."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from slo_core.logs.sample.plan import Plan
from slo_core.logs.sample.scenario import Incident
from slo_core.moments import iso
from slo_core.register import Actor, write

FILE_NAME = "scenario.json"
AUTHOR = Actor("sample")
"""Who wrote the sample's register, so that people's own entries can be told apart."""


def truth(plan: Plan, *, complete: bool) -> dict[str, Any]:
    """What is in the sample, as JSON: what later features are checked against.

    `incidents` (each with `register_id`, `start`, `end` (null while open), its guilty change and
    the effects on the rows), `maintenance`, `changes`, `no_data` spans, `phases`, and `seed`,
    `scale`, `start`, `end` (`"2025-03-31T00:00:00Z"`). `complete` is false until all is written.
    """
    incidents = _incidents(plan)
    return {
        "sample": True,
        "complete": complete,
        "seed": plan.seed,
        "scale": plan.scale,
        "start": iso(plan.start),
        "end": iso(plan.end),
        "phases": [
            {
                "name": phase.name,
                "start": iso(phase.starts_at),
                "end": iso(phase.ends_at),
                "volume": phase.volume,
                "keep_raw": phase.keep_raw,
            }
            for phase in plan.phases
        ],
        "monthly_requests": {
            f"{of.journey}{f'/{of.step}' if of.step else ''} ({of.source})": plan.monthly(of)
            * plan.scale
            for of in plan.world.requests
        },
        "incidents": [_incident(plan, n, incident) for n, incident in enumerate(incidents, 1)],
        "events": [
            {"id": event.id, "start": iso(event.start(plan.end)), "end": iso(event.stop(plan.end))}
            for event in plan.scenario.events
            if plan.touches(event)
        ],
        "maintenance": [_moments(window) | {"id": id_} for id_, window in _windows(plan).items()],
        "changes": [
            _moments({"ts": change.moment(plan.end)})
            | change.model_dump(exclude={"days_before", "at"})
            for change in plan.scenario.changes
            if plan.start <= change.moment(plan.end) < plan.end
        ],
        "no_data": [
            {"start": iso(incident.start(plan.end)), "end": iso(incident.stop(plan.end))}
            for incident in incidents
            if incident.dark
        ],
    }


def write_truth(folder: Path, plan: Plan, *, complete: bool) -> dict[str, Any]:
    """Write `truth` to scenario.json, whole or not at all; answers it."""
    told = truth(plan, complete=complete)
    part = folder / f"{FILE_NAME}.part"
    part.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    part.replace(folder / FILE_NAME)
    return told


def write_register(folder: Path, plan: Plan) -> None:
    """Write the maintenance windows and the incidents into a register that does not exist yet.

    Each incident is written twice, as in life: when it was detected, and as it is at the end.
    """
    for window in _windows(plan).values():
        written = {column: value for column, value in window.items() if value is not None}
        write(folder, AUTHOR, "maintenance", written, at=window["announced_at"])
    for incident in _incidents(plan):
        start = incident.start(plan.end)
        stamps = _stamps(plan, incident)
        first = {
            "title": incident.title,
            "severity": incident.severity,
            "journey": incident.journeys[0],
            "also_journeys": incident.journeys[1:],
            "platform": incident.platform,
            "alert": incident.written.alert,
            "started_at": start,
            "detected_at": stamps.get("detected_at"),
        }
        row = write(folder, AUTHOR, "incidents", first, at=stamps.get("detected_at", start))
        since = {
            **stamps,
            "ended_at": incident.minutes and incident.stop(plan.end),
            "status": _status(stamps),
            "commander": incident.written.commander,
            "summary": incident.written.summary,
            "root_cause": incident.written.root_cause if "resolved_at" in stamps else None,
            "five_whys": incident.written.five_whys if "postmortem_at" in stamps else (),
            "related_change": _guilty(plan, incident),
        }
        last = max(stamps.values(), default=start)
        write(folder, AUTHOR, "incidents", since, row_id=row, version=1, at=last)


def _incidents(plan: Plan) -> list[Incident]:
    """The incidents of the sample, the oldest first: their place is their id in the register."""
    found = [incident for incident in plan.scenario.incidents if plan.touches(incident)]
    return sorted(found, key=lambda incident: incident.start(plan.end))


def _incident(plan: Plan, register_id: int, incident: Incident) -> dict[str, Any]:
    change = _change(plan, incident)
    return {
        "id": incident.id,
        "register_id": register_id,
        "title": incident.title,
        "kind": incident.kind,
        "severity": incident.severity,
        "journeys": list(incident.journeys),
        "platform": incident.platform,
        "start": iso(incident.start(plan.end)),
        "end": iso(incident.stop(plan.end)) if incident.minutes else None,
        "open": incident.minutes is None,
        "guilty_change": change
        and {"ts": iso(change.moment(plan.end))}
        | change.model_dump(include={"id", "kind", "service", "version", "actor", "note"}),
        "expected": incident.expected,
        "effects": [effect.model_dump(exclude_defaults=True) for effect in incident.effects],
    }


def _windows(plan: Plan) -> dict[str, dict[str, Any]]:
    """The maintenance windows that had been announced by the end, as rows of the register."""
    found: dict[str, dict[str, Any]] = {}
    for window in plan.scenario.maintenance:
        start, stop = window.start(plan.end), window.stop(plan.end)
        announced = start - timedelta(hours=window.announced_hours_before)
        cancelled = window.cancelled_hours_before
        if window.minutes and stop > plan.start and announced < plan.end:
            found[window.id] = {
                "scope": window.scope,
                "starts_at": start,
                "ends_at": start + timedelta(minutes=window.minutes),
                "announced_at": announced,
                "cancelled_at": None if cancelled is None else start - timedelta(hours=cancelled),
                "reason": window.reason,
            }
    return found


def _stamps(plan: Plan, incident: Incident) -> dict[str, datetime]:
    """The steps of the lifecycle that had been taken by the end."""
    start = incident.start(plan.end)
    minutes = incident.written.model_dump(
        include={"detected", "triaged", "mitigated", "communicated", "last_update", "resolved"}
        | {"postmortem"}
    )
    stamps = {
        f"{step}_at": start + timedelta(minutes=after)
        for step, after in minutes.items()
        if after is not None
    }
    return {step: moment for step, moment in stamps.items() if moment < plan.end}


def _status(stamps: dict[str, datetime]) -> str:
    steps = {"postmortem": "closed", "resolved": "resolved", "mitigated": "mitigated"}
    for step, status in steps.items():
        if f"{step}_at" in stamps:
            return status
    return "open"


def _change(plan: Plan, incident: Incident) -> Any:
    return next((c for c in plan.scenario.changes if c.id == incident.guilty_change), None)


def _guilty(plan: Plan, incident: Incident) -> str | None:
    change = _change(plan, incident)
    return None if change is None else f"{change.service} {change.version or change.note}"


def _moments(row: dict[str, Any]) -> dict[str, Any]:
    return {k: iso(v) if isinstance(v, datetime) else v for k, v in row.items()}
