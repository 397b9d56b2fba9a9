"""Incidents that are open at a moment, with their clocks (the document's "Severity Levels")."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from slo_core.catalog import Catalog, Severity


@dataclass(frozen=True)
class Clock:
    """A time that a severity promises: what has passed of it, and whether it was kept.

    ``passed`` runs from the detection to the stamp that stops the clock, or to the moment of the
    look; ``stopped`` tells which. ``limit`` and ``kept`` are None where the catalogue does not know
    the severity. The document's "< 15 minutes" is strict.
    """

    passed: timedelta
    stopped: bool
    limit: timedelta | None

    @property
    def kept(self) -> bool | None:
        """Whether the promise holds, so far where the clock still runs."""
        return None if self.limit is None else self.passed < self.limit

    @property
    def left(self) -> timedelta | None:
        """What is left until the promise breaks; negative by how much it did."""
        return None if self.limit is None else self.limit - self.passed


def active_incidents(incidents: pd.DataFrame, catalog: Catalog, at: datetime) -> pd.DataFrame:
    """The incidents of the register that are known and not resolved at a moment.

    The severest first, as the catalogue lists them, then the longest. What was written after ``at``
    is not known yet. Columns: ``id``, ``title``, ``severity``, ``journey``, ``journeys``,
    ``commander``, ``since`` (when the impact began), ``ended`` (when it did, NaT while it lasts),
    ``state`` (the last step of its life, in a word), ``response`` and ``resolution`` (a `Clock`).
    """
    severities = {severity.id: severity for severity in catalog.severities}
    places = {name: place for place, name in enumerate(severities)}
    rows = [
        _row(incident, severities.get(incident.severity), at)
        for incident in incidents.iloc[::-1].itertuples()
        if _is_active(incident, at)
    ]
    columns = [
        *("id", "title", "severity", "journey", "journeys", "commander"),
        *("since", "ended", "state", "response", "resolution"),
    ]
    rows.sort(key=lambda row: (places.get(row["severity"], len(places)), row["since"]))
    return pd.DataFrame(rows, columns=columns)


def _is_active(incident: Any, at: datetime) -> bool:
    if incident.status == "merged" or _detected(incident) > at:
        return False
    if pd.notna(incident.resolved_at):
        return bool(incident.resolved_at > at)
    return incident.status not in ("resolved", "closed")


def _row(incident: Any, severity: Severity | None, at: datetime) -> dict[str, Any]:
    def until(stamp: Any) -> Any:
        return stamp if pd.notna(stamp) and stamp <= at else pd.NaT

    triaged, mitigated = until(incident.triaged_at), until(incident.mitigated_at)
    return {
        "id": incident.id,
        "title": incident.title,
        "severity": incident.severity,
        "journey": incident.journey,
        "journeys": incident.journeys,
        "commander": incident.commander if isinstance(incident.commander, str) else "",
        "since": incident.started_at,
        "ended": until(incident.ended_at),
        "state": "mitigated"
        if pd.notna(mitigated)
        else "triaged"
        if pd.notna(triaged)
        else "detected",
        "response": _clock(incident, triaged, severity.response if severity else None, at),
        "resolution": _clock(incident, pd.NaT, severity.resolution if severity else None, at),
    }


def _clock(incident: Any, stamp: Any, limit: timedelta | None, at: datetime) -> Clock:
    stopped = bool(pd.notna(stamp))
    passed = (stamp if stopped else at) - _detected(incident)
    return Clock(max(pd.Timedelta(passed).to_pytimedelta(), timedelta(0)), stopped, limit)


def _detected(incident: Any) -> Any:
    """When the clocks start: with the detection, or with the impact where nobody wrote that."""
    return incident.detected_at if pd.notna(incident.detected_at) else incident.started_at
