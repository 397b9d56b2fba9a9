"""Incidents as programs read them: plain values, ISO 8601 moments, seconds; null is not known."""

from datetime import datetime
from typing import Any

import pandas as pd

from slo_core.catalog import Catalog
from slo_core.incidents.clocks import Clock, clocks_of, is_active, update_clock
from slo_core.incidents.impact import Impact
from slo_core.moments import iso
from slo_core.sli.requests import Users

_TEXTS = (
    *("id", "title", "severity", "status", "journey", "journeys", "platform", "alert"),
    *("started_at", "ended_at", "detected_at", "triaged_at", "mitigated_at", "communicated_at"),
    *("last_update_at", "resolved_at", "postmortem_at", "commander", "summary", "root_cause"),
    *("five_whys", "related_change", "merged_into", "version"),
)


def as_record(incident: Any, catalog: Catalog, at: datetime) -> dict[str, Any]:
    """An incident, a row of the register, with its clocks at a moment."""
    response, resolution = clocks_of(incident, catalog, at)
    update = update_clock(incident, catalog, at)
    due = None if update.left is None else iso(at + update.left)
    return {
        **{name: plain(getattr(incident, name)) for name in _TEXTS},
        "active": is_active(incident, at),
        "response": _clock(response),
        "resolution": _clock(resolution),
        "next_update": {**_clock(update), "due_at": due},
    }


def impact_record(found: Impact | None, users: Users | None) -> dict[str, Any] | None:
    """An incident's impact; ``users`` where they were counted."""
    if found is None:
        return None
    counted = users and {
        "distinct": users.count,
        "failed_requests_without_user": users.nameless,
        "dates_read": users.read,
        "dates_without_raw_logs": users.gone,
    }
    return {
        "start": iso(found.start),
        "end": iso(found.end),
        "failed": found.failed,
        "excess": found.excess,
        "usual_of_weeks_before": list(found.weeks),
        "journeys": rows(found.journeys),
        "platforms": rows(found.platforms),
        "budgets": rows(found.budgets),
        "users": counted,
    }


def rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """A frame's rows as plain values."""
    return [
        {str(name): plain(value) for name, value in row.items()} for row in frame.to_dict("records")
    ]


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, tuple | list):
        return list(value)
    if value is None or pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return iso(value.to_pydatetime())
    return value.item() if hasattr(value, "item") else value


def _clock(clock: Clock) -> dict[str, Any]:
    return {
        "passed_seconds": clock.passed.total_seconds(),
        "limit_seconds": clock.limit.total_seconds() if clock.limit else None,
        "stopped": clock.stopped,
        "kept": clock.kept,
    }
