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
    ``state`` (the last step of its life, in a word), ``response``, ``resolution`` and ``update``
    (a `Clock` each; the last one is of what stakeholders are told).
    """
    places = {severity.id: place for place, severity in enumerate(catalog.severities)}
    rows = [
        _row(incident, catalog, at)
        for incident in incidents.iloc[::-1].itertuples()
        if is_active(incident, at)
    ]
    columns = [
        *("id", "title", "severity", "journey", "journeys", "commander"),
        *("since", "ended", "state", "response", "resolution", "update"),
    ]
    rows.sort(key=lambda row: (places.get(row["severity"], len(places)), row["since"]))
    return pd.DataFrame(rows, columns=columns)


def is_active(incident: Any, at: datetime) -> bool:
    """Whether a row of the register is of an incident that is known and not resolved at ``at``."""
    if incident.status == "merged" or detected(incident) > at:
        return False
    if pd.notna(incident.resolved_at):
        return bool(incident.resolved_at > at)
    return incident.status not in ("resolved", "closed")


def is_of(episode: Any, incident: Any, near: timedelta, trails: timedelta = timedelta(0)) -> bool:
    """Whether an episode is part of an incident, both as rows of their frames.

    An incident that nobody has resolved is open still. Merged ones are part of another. What fires
    may be ``trails`` older than the episode's start.
    """
    if incident.status == "merged" or episode.journey not in incident.journeys:
        return False
    if incident.started_at > episode.until + near:
        return False
    if incident.status not in ("resolved", "closed"):
        return True
    ends = [it for it in (incident.ended_at, incident.resolved_at) if pd.notna(it)]
    return not ends or max(ends) + near + trails >= episode.start


def clocks_of(incident: Any, catalog: Catalog, at: datetime) -> tuple[Clock, Clock]:
    """The clocks of an incident's response and resolution at a moment (the "Severity Levels").

    ``incident`` is a row of the register. Both run from the detection; the response is there with
    the triage, or where nobody stamped that with the first later step: somebody took it. A stamp
    after ``at`` is not known yet.
    """
    severity = _severity(incident, catalog)
    response = severity.response if severity else None
    resolution = severity.resolution if severity else None
    return (
        _clock(incident, _responded(incident, at), response, at),
        _clock(incident, until(incident.resolved_at, at), resolution, at),
    )


def _responded(incident: Any, at: datetime) -> Any:
    """When somebody had answered at the latest: with the triage, else with what needs somebody."""
    if pd.notna(incident.triaged_at):
        return until(incident.triaged_at, at)
    later = (incident.mitigated_at, incident.communicated_at, incident.resolved_at)
    return min((it for it in later if pd.notna(until(it, at))), default=pd.NaT)


def update_clock(incident: Any, catalog: Catalog, at: datetime) -> Clock:
    """How long ago stakeholders were told, against what the severity promises ("Communication").

    It runs anew with each update, from the detection until the first, and stops with the
    resolution: ``left`` is then None, since nothing is due any more.
    """
    severity = _severity(incident, catalog)
    told = [incident.last_update_at, incident.communicated_at, detected(incident)]
    last = next(stamp for stamp in told if pd.notna(until(stamp, at)) or stamp is told[-1])
    resolved = until(incident.resolved_at, at)
    stopped = bool(pd.notna(resolved))
    passed = max(pd.Timedelta((resolved if stopped else at) - last), pd.Timedelta(0))
    limit = severity.update_every if severity and not stopped else None
    return Clock(passed.to_pytimedelta(), stopped, limit)


def detected(incident: Any) -> Any:
    """When the clocks start: with the detection, or with the impact where nobody wrote that."""
    return incident.detected_at if pd.notna(incident.detected_at) else incident.started_at


def until(stamp: Any, at: datetime) -> Any:
    """A stamp as it is known at a moment: NaT where it was set later, or never."""
    return stamp if pd.notna(stamp) and stamp <= at else pd.NaT


def _severity(incident: Any, catalog: Catalog) -> Severity | None:
    return next((it for it in catalog.severities if it.id == incident.severity), None)


def stage(incident: Any, at: datetime) -> str:
    """The last step of an open incident's life up to a moment: detected, triaged or mitigated."""
    if pd.notna(until(incident.mitigated_at, at)):
        return "mitigated"
    return "triaged" if pd.notna(until(incident.triaged_at, at)) else "detected"


def state_at(incident: Any, at: datetime) -> str:
    """What an incident, a row of the register, is at a moment, in words.

    "not detected yet"; while it is open its `stage`; else what the register says: resolved, closed
    or merged, and into which.
    """
    if incident.status == "merged":
        return f"merged into #{incident.merged_into}"
    if detected(incident) > at:
        return "not detected yet"
    return stage(incident, at) if is_active(incident, at) else str(incident.status)


def _row(incident: Any, catalog: Catalog, at: datetime) -> dict[str, Any]:
    response, resolution = clocks_of(incident, catalog, at)
    return {
        "id": incident.id,
        "title": incident.title,
        "severity": incident.severity,
        "journey": incident.journey,
        "journeys": incident.journeys,
        "commander": incident.commander if isinstance(incident.commander, str) else "",
        "since": incident.started_at,
        "ended": until(incident.ended_at, at),
        "state": stage(incident, at),
        "response": response,
        "resolution": resolution,
        "update": update_clock(incident, catalog, at),
    }


def _clock(incident: Any, stamp: Any, limit: timedelta | None, at: datetime) -> Clock:
    stopped = bool(pd.notna(stamp))
    passed = (stamp if stopped else at) - detected(incident)
    return Clock(max(pd.Timedelta(passed).to_pytimedelta(), timedelta(0)), stopped, limit)
