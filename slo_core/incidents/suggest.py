"""Incidents that episodes of alerts ask for: suggested to people, or opened as the actions say.

The document's "Detection: Alert fires or user reports issue", and its alerts' "Create incident
ticket" and "Auto-create incident".
"""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from slo_core.alerts.conditions import comparisons, parse
from slo_core.catalog import Alert, BudgetTerm, Catalog
from slo_core.incidents.life import open_incident
from slo_core.register import Actor, read_incidents

COLUMNS = [
    *("title", "severity", "journey", "alert", "started_at", "ended_at", "detected_at"),
    *("summary", "episodes", "creates"),
]
PROGRAM = Actor("alerts", "responder")
"""Who opens incidents that nobody does."""

_KIND = "incident"


def suggestions(episodes: pd.DataFrame, incidents: pd.DataFrame, catalog: Catalog) -> pd.DataFrame:
    """Incidents that episodes ask for and that the register does not have, the latest first.

    ``episodes`` are `slo_core.alerts.episodes.episodes`, ``incidents`` the register's table. An
    episode is had if an incident of its journey was open at its time, or as near to it as the
    catalogue's ``one_incident``. Episodes of one journey that are as near to one another are
    one suggestion, of the severest alert. Triggers and alerts on what is left of a budget suggest
    nothing: they tell of what has been.

    Columns: ``title``, ``severity``, ``journey``, ``alert`` (its id), ``started_at`` (as early as
    the first condition's window lets the impact have begun), ``ended_at`` (NaT while an alert
    fires), ``detected_at`` (when the first fired), ``summary`` (the conditions that did),
    ``episodes`` (how many), ``creates`` (whether an alert's actions open an incident by
    themselves).
    """
    alerts = {alert.id: alert for alert in catalog.alerts}
    near = catalog.rules.one_incident.value
    open_ones: dict[str, list[Any]] = {}
    groups: list[list[Any]] = []
    known = list(incidents.itertuples())
    for row in episodes.sort_values("start", kind="stable").itertuples():
        if row.alert not in alerts or not row.journey or _is_of_budget(row.condition, catalog):
            continue
        if any(is_of(row, incident, near) for incident in known):
            continue
        group = open_ones.get(row.journey)
        if group is None or row.start > max(it.until for it in group) + near:
            group = open_ones[row.journey] = []
            groups.append(group)
        group.append(row)
    rows = [_suggestion(group, alerts, catalog) for group in groups]
    kinds = dict.fromkeys(("started_at", "ended_at", "detected_at"), "datetime64[us]")
    frame = pd.DataFrame(rows, columns=COLUMNS).astype(kinds)
    return frame.sort_values("detected_at", ascending=False, kind="stable", ignore_index=True)


def auto_create(
    data_dir: str | Path,
    catalog: Catalog,
    episodes: pd.DataFrame,
    *,
    actor: Actor = PROGRAM,
    at: datetime | None = None,
) -> list[int]:
    """Open the incidents that alerts' own actions ask for; answers the ids of those opened.

    ``episodes`` are `slo_core.alerts.episodes.episodes`. An alert does so if the catalogue's
    ``action_kinds`` have one of its actions as ``incident``. One incident an episode, however often
    and by however many this is called; none where its journey has one at that time.
    """
    asking = {alert.id for alert in catalog.alerts if creates_incident(alert, catalog)}
    near = catalog.rules.one_incident.value
    alerts = {alert.id: alert for alert in catalog.alerts}
    opened = []
    for row in episodes.sort_values("start", kind="stable").itertuples():
        if row.alert not in asking or not row.journey:
            continue
        known = read_incidents(data_dir).itertuples()
        if any(is_of(row, incident, near) for incident in known):
            continue
        values = _suggestion([row], alerts, catalog)
        found = accept(data_dir, actor, catalog, values, at=at)
        if found is not None:
            opened.append(found)
    return opened


def accept(
    data_dir: str | Path,
    actor: Actor,
    catalog: Catalog,
    suggestion: dict[str, Any],
    *,
    at: datetime | None = None,
) -> int | None:
    """Open the incident that a row of `suggestions` suggests; None where somebody just did."""
    names = ("title", "severity", "journey", "started_at", "ended_at", "detected_at", "summary")
    values = {name: suggestion[name] for name in names if pd.notna(suggestion[name])}
    values = {
        name: value.to_pydatetime() if isinstance(value, pd.Timestamp) else value
        for name, value in values.items()
    }
    alert = suggestion["alert"]
    return open_incident(data_dir, actor, catalog, values, alert=alert, at=at, once=True)


def creates_incident(alert: Alert, catalog: Catalog) -> bool:
    """Whether an alert's own actions open an incident."""
    return any(catalog.action_kinds.get(action) == _KIND for action in alert.actions)


def is_of(episode: Any, incident: Any, near: timedelta) -> bool:
    """Whether an episode is part of an incident, both as rows of their frames.

    An incident that nobody has resolved is open still. Merged ones are part of another.
    """
    if incident.status == "merged" or episode.journey not in incident.journeys:
        return False
    if incident.started_at > episode.until + near:
        return False
    if incident.status not in ("resolved", "closed"):
        return True
    ends = [it for it in (incident.ended_at, incident.resolved_at) if pd.notna(it)]
    return not ends or max(ends) + near >= episode.start


def _suggestion(group: list[Any], alerts: dict[str, Alert], catalog: Catalog) -> dict[str, Any]:
    places = {severity.id: place for place, severity in enumerate(catalog.severities)}
    severest = min(group, key=lambda row: (places.get(row.severity, len(places)), row.start))
    journey = catalog.journey(severest.journey).name
    name = alerts[severest.alert].name
    return {
        "title": name if journey in name else f"{name}: {journey}",
        "severity": severest.severity,
        "journey": severest.journey,
        "alert": severest.alert,
        "started_at": min(row.start - _window(row.condition) for row in group),
        "ended_at": pd.NaT
        if any(pd.isna(row.end) for row in group)
        else max(it.until for it in group),
        "detected_at": group[0].start,
        "summary": "; ".join(dict.fromkeys(row.condition for row in group)),
        "episodes": len(group),
        "creates": any(creates_incident(alerts[row.alert], catalog) for row in group),
    }


def _window(condition: str) -> timedelta:
    """How long before it fired what fired may have begun."""
    windows = [it.window for it in comparisons(parse(condition)) if it.window]
    return max(windows, default=timedelta(minutes=1))


def _is_of_budget(condition: str, catalog: Catalog) -> bool:
    budgets = {term.id for term in catalog.terms if isinstance(term, BudgetTerm)}
    return all(it.metric in budgets for it in comparisons(parse(condition)))
