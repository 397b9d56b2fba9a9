"""Incidents that episodes of alerts ask for: suggested to people, or opened as the actions say.

The document's "Detection: Alert fires or user reports issue", and its alerts' "Create incident
ticket" and "Auto-create incident".
"""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from slo_core.alerts.conditions import All, Comparison, Condition, comparisons, parse
from slo_core.alerts.sets import SETS, AlertSet, KnownRules, known_rules
from slo_core.catalog import Alert, BudgetTerm, Catalog
from slo_core.incidents.clocks import is_of
from slo_core.incidents.life import open_incident
from slo_core.register import Actor, read_incidents

COLUMNS = [
    *("title", "severity", "journey", "alert", "started_at", "ended_at", "detected_at"),
    *("summary", "episodes", "creates", "sets"),
]
SUGGESTING: tuple[AlertSet, ...] = ("document", "burn", "headroom")
"""The sets whose episodes suggest incidents. Scale triggers ask for hosts, not for an incident."""
PROGRAM = Actor("alerts", "responder")
"""Who opens incidents that nobody does."""

_KIND = "incident"


def suggestions(episodes: pd.DataFrame, incidents: pd.DataFrame, catalog: Catalog) -> pd.DataFrame:
    """Incidents that episodes ask for and that the register does not have, the latest first.

    ``episodes`` are `slo_core.alerts.episodes.episodes` of the sets `SUGGESTING`, ``incidents`` the
    register's table. An episode is had if an incident of its journey was open at its time, or as
    near to it as the catalogue's ``one_incident``; of a burn alert, which trails, if one was open
    in its short window too. Episodes of one journey that are as near to one another are
    one suggestion, of the severest alert. Triggers and alerts on what is left of a budget suggest
    nothing: they tell of what has been.

    Columns: ``title``, ``severity``, ``journey``, ``alert`` (its id), ``started_at`` (as early as
    the first condition's window lets the impact have begun), ``ended_at`` (NaT while an alert
    fires), ``detected_at`` (when the first fired), ``summary`` (the conditions that did; a burn
    alert's set and name instead), ``episodes`` (how many), ``creates`` (whether an alert's actions
    open an incident by themselves), ``sets`` (those whose alerts fired, the document's first).
    """
    rules = known_rules(catalog)
    near = catalog.rules.one_incident.value
    open_ones: dict[str, list[Any]] = {}
    groups: list[list[Any]] = []
    known = list(incidents.itertuples())
    for row in episodes.sort_values("start", kind="stable").itertuples():
        rule = rules.of(row.alert, row.journey)
        if rule is None or rule.set not in SUGGESTING or not row.journey:
            continue
        if _is_of_what_is_left(row.condition, catalog):
            continue
        trails = timedelta(0) if rule.set == "document" else _window(row.condition)
        if any(is_of(row, incident, near, trails) for incident in known):
            continue
        group = open_ones.get(row.journey)
        if group is None or row.start > max(it.until for it in group) + near:
            group = open_ones[row.journey] = []
            groups.append(group)
        group.append(row)
    rows = [_suggestion(group, rules, catalog) for group in groups]
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
    rules = known_rules(catalog)
    opened = []
    for row in episodes.sort_values("start", kind="stable").itertuples():
        if row.alert not in asking or not row.journey:
            continue
        known = read_incidents(data_dir).itertuples()
        if any(is_of(row, incident, near) for incident in known):
            continue
        values = _suggestion([row], rules, catalog)
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


def _suggestion(group: list[Any], rules: KnownRules, catalog: Catalog) -> dict[str, Any]:
    known = [(row, rule) for row in group if (rule := rules.of(row.alert, row.journey))]
    places = {severity.id: place for place, severity in enumerate(catalog.severities)}
    orders = {name: place for place, name in enumerate(SETS)}
    # Of two as severe the document's own speaks for both: it says more of what is wrong.
    severest, first = min(
        known,
        key=lambda it: (
            places.get(it[0].severity, len(places)),
            orders[it[1].set],
            it[0].start,
        ),
    )
    journey = catalog.journey(severest.journey).name
    asking = {alert.id for alert in catalog.alerts if creates_incident(alert, catalog)}
    fired = {rule.set for _, rule in known}
    return {
        "title": first.name if journey in first.name else f"{first.name}: {journey}",
        "severity": severest.severity,
        "journey": severest.journey,
        "alert": severest.alert,
        "started_at": min(row.start - _window(row.condition) for row in group),
        "ended_at": pd.NaT
        if any(pd.isna(row.end) for row in group)
        else max(it.until for it in group),
        "detected_at": group[0].start,
        "summary": "; ".join(
            dict.fromkeys(
                row.condition if rule.set == "document" else f"{SETS[rule.set]}: {rule.name}"
                for row, rule in known
            )
        ),
        "episodes": len(group),
        "creates": any(row.alert in asking for row in group),
        "sets": tuple(name for name in SETS if name in fired),
    }


def _window(condition: str) -> timedelta:
    """How long before it fired what fired may have begun."""
    return _reach(parse(condition)) or timedelta(minutes=1)


def _reach(condition: Condition) -> timedelta | None:
    """The longest window of what is joined by OR, the shortest of what is joined by AND.

    What a burn alert's short window does not see is over.
    """
    if isinstance(condition, Comparison):
        return condition.window
    windows = [it for part in condition.parts if (it := _reach(part))]
    choose = min if isinstance(condition, All) else max
    return choose(windows, default=None)


def _is_of_what_is_left(condition: str, catalog: Catalog) -> bool:
    left = {
        term.id
        for term in catalog.terms
        if isinstance(term, BudgetTerm) and term.kind == "budget_remaining"
    }
    return all(it.metric in left for it in comparisons(parse(condition)))
