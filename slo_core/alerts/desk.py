"""What people make of alerts: who has taken an episode on, what is silenced, what is to be done.

    found = at_desk(begun(evaluated, episodes(evaluated)), catalog, notes(data_dir), at)
    waiting = to_do(found, catalog, notes(data_dir).tasks, at)

Pure functions over the episodes and what the register holds; `slo_core.alerts.responses` writes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from slo_core.alerts.sets import SETS, known_rules
from slo_core.catalog import Alert, Catalog
from slo_core.incidents.clocks import is_of
from slo_core.moments import iso
from slo_core.register import read_incidents, read_table

ADDED = [
    *("set", "name", "firing", "acknowledged_by", "acknowledged_at", "note", "acknowledgement"),
    *("silenced_until", "silenced_by", "silence", "incident", "incident_title"),
]

TO_DO = [
    *("alert", "journey", "name", "action", "owner", "since", "latest", "episodes", "firing"),
    *("reference", "task", "version"),
]


@dataclass(frozen=True)
class Notes:
    """What the register holds about alerts: its tables, as they are read."""

    acknowledgements: pd.DataFrame
    silences: pd.DataFrame
    tasks: pd.DataFrame
    incidents: pd.DataFrame


def notes(data_dir: str | Path) -> Notes:
    """Read what people wrote; empty tables where there is no register."""
    return Notes(
        read_table(data_dir, "acknowledgements"),
        read_table(data_dir, "silences"),
        read_table(data_dir, "tasks"),
        read_incidents(data_dir),
    )


def at_desk(episodes: pd.DataFrame, catalog: Catalog, kept: Notes, at: datetime) -> pd.DataFrame:
    """Episodes with what people made of them up to a moment; those that fire first, the severest.

    ``episodes`` are `slo_core.alerts.episodes.episodes`; a trigger gets the ``tier`` that it is
    told as. Columns beside theirs: ``set`` (of `slo_core.alerts.sets.SETS`; null for what the
    catalogue no longer has), ``name`` (of the alert), ``firing``; ``acknowledged_by`` and
    ``acknowledged_at`` with the ``note`` (null: nobody did), ``acknowledgement`` (the row's number
    in the register, one that was taken back too); ``silenced_until``, ``silenced_by`` and
    ``silence`` (the reason; null where it is not silenced then); ``incident`` (the register's
    number; one of this alert before others of its journey) and ``incident_title``.
    """
    every = known_rules(catalog)
    rules = [every.of(it.alert, it.journey) for it in episodes.itertuples()]
    near, merge = catalog.rules.one_incident.value, catalog.rules.episode_merge.value
    taken = list(kept.acknowledgements.itertuples())
    silences = list(covering(kept.silences, at).itertuples())
    incidents = list(kept.incidents.itertuples())
    rows = [
        {
            "set": known.set if known else None,
            "name": known.name if known else episode.alert,
            "firing": pd.isna(episode.end),
            **_acknowledged(episode, taken, merge, at),
            **_silenced(episode, silences),
            **_incident(episode, incidents, near),
        }
        for episode, known in zip(episodes.itertuples(), rules, strict=True)
    ]
    added = pd.DataFrame(rows, columns=ADDED, index=episodes.index)
    tiers = [known.tier if known else None for known in rules]
    told_as = pd.Series(tiers, index=episodes.index, dtype="Int64")
    episodes = episodes.assign(tier=told_as.fillna(episodes["tier"].astype("Int64")))
    moments = dict.fromkeys(("acknowledged_at", "silenced_until"), "datetime64[us]")
    numbers = dict.fromkeys(("acknowledgement", "incident"), "Int64")
    frame = pd.concat([episodes, added.astype(moments | numbers | {"firing": bool})], axis=1)
    return _first_what_fires(frame)


def alert_names(catalog: Catalog) -> dict[str, str]:
    """The names of all that people are told of by their ids: burn alerts and triggers too."""
    return known_rules(catalog).names


def _first_what_fires(frame: pd.DataFrame) -> pd.DataFrame:
    """What fires, by tier and then the longest; after it what is over, the latest first.

    Of what began at once the document's own comes first: it says it with more reason. Scale
    triggers come after the alerts of the tier that they are told as: they have no severity.
    """
    orders = {name: place for place, name in enumerate(SETS)}
    frame = frame.assign(order=frame["set"].map(orders), mild=frame["kind"] == "trigger")
    firing = frame[frame["firing"]]
    firing = firing.sort_values(["tier", "mild", "start", "order"], kind="stable")
    over = frame[~frame["firing"]]
    over = over.sort_values(["start", "order"], ascending=[False, True], kind="stable")
    places = [*firing.index, *over.index]
    return frame.drop(columns=["order", "mild"]).loc[places].reset_index(drop=True)


def covering(silences: pd.DataFrame, at: datetime) -> pd.DataFrame:
    """The silences in force at a moment, the one that lasts longest first."""
    active = silences[(silences["starts_at"] <= at) & (silences["ends_at"] > at)]
    return active.sort_values(["ends_at", "id"], ascending=False, ignore_index=True)


def reference_of(alert: str, journey: str | None, start: datetime) -> str:
    """What names an episode in the register: ``alert|journey|start``."""
    return f"{alert}|{journey or ''}|{iso(start)}"


def human_actions(catalog: Catalog, alert: Alert) -> tuple[str, ...]:
    """The actions of an alert that wait for a person: those of no kind that a program does."""
    return tuple(action for action in alert.actions if action not in catalog.action_kinds)


def to_do(
    episodes: pd.DataFrame, catalog: Catalog, tasks: pd.DataFrame, at: datetime
) -> pd.DataFrame:
    """The human actions of alerts that nobody has ticked, those of what fires and the latest first.

    ``episodes`` are of `at_desk`, ``tasks`` the register's table. An action of an alert and journey
    waits once, however many episodes ask for it, and is ticked for all that had begun by then; it
    waits again with the next. What the register holds as open is listed whatever the range.

    Columns: ``alert`` and ``journey`` (ids), ``name``, ``action``, ``owner``, ``since`` and
    ``latest`` (starts of the first and the last episode that waits), ``episodes`` (how many),
    ``firing``, ``reference`` (of the latest episode, as the register has it), ``task`` and
    ``version`` (the register's row for that reference; null and 0 where there is none).
    """
    alerts = {alert.id: alert for alert in catalog.alerts}
    own = tasks[tasks["origin"] == "alert"]
    settled, asked = _tasks_of(own, at)
    for row in episodes.to_dict("records"):
        if row["alert"] in alerts:
            for action in human_actions(catalog, alerts[row["alert"]]):
                key = (row["alert"], row["journey"] or "", action)
                asked.setdefault(key, {})[row["start"]] = row["firing"]
    rows = []
    for key, starts in asked.items():
        waiting = sorted(
            it for it in starts if it <= at and it > settled.get(key, pd.Timestamp.min)
        )
        if waiting:
            rows.append(_waiting(key, waiting, starts, alerts, own))
    frame = pd.DataFrame(rows, columns=TO_DO)
    frame = frame.astype({"since": "datetime64[us]", "latest": "datetime64[us]", "firing": bool})
    frame = frame.astype({"episodes": "int64", "task": "Int64", "version": "int64"})
    return frame.sort_values(
        ["firing", "latest"], ascending=False, kind="stable", ignore_index=True
    )


def ticked(tasks: pd.DataFrame, since: datetime, at: datetime) -> pd.DataFrame:
    """The alerts' tasks that were ticked or dropped in ``(since, at]``, the latest first."""
    own = tasks[tasks["origin"] == "alert"]
    settled = own[["done_at", "dropped_at"]].max(axis=1)
    inside = (settled > pd.Timestamp(since)) & (settled <= pd.Timestamp(at))
    return (
        own[inside]
        .assign(settled_at=settled[inside])
        .sort_values("settled_at", ascending=False, ignore_index=True)
    )


Key = tuple[str, str, str]
"""An alert, a journey ("" for hosts) and an action."""


def _tasks_of(
    tasks: pd.DataFrame, at: datetime
) -> tuple[dict[Key, pd.Timestamp], dict[Key, dict[pd.Timestamp, bool]]]:
    """When each action was last ticked, and the episodes for which the register has it open."""
    settled: dict[Key, pd.Timestamp] = {}
    asked: dict[Key, dict[pd.Timestamp, bool]] = {}
    for row in tasks.itertuples():
        alert, journey, start = parted(row.reference)
        key = (alert, journey, row.action)
        known = [it for it in (row.done_at, row.dropped_at) if pd.notna(it) and it <= at]
        if known:
            settled[key] = max([*known, start, settled.get(key, start)])
        elif start <= at:
            asked.setdefault(key, {})[start] = False
    return settled, asked


def parted(reference: str) -> tuple[str, str, pd.Timestamp]:
    """The alert, the journey and the start that a reference names; the epoch for another's."""
    alert, _, rest = reference.partition("|")
    journey, _, start = rest.rpartition("|")
    moment = pd.to_datetime(start, utc=True, errors="coerce")
    return alert, journey, pd.Timestamp(0) if pd.isna(moment) else moment.tz_localize(None)


def _waiting(
    key: Key,
    waiting: list[pd.Timestamp],
    starts: Mapping[pd.Timestamp, bool],
    alerts: Mapping[str, Alert],
    tasks: pd.DataFrame,
) -> dict[str, Any]:
    alert_id, journey, action = key
    alert = alerts.get(alert_id)
    reference = reference_of(alert_id, journey, waiting[-1])
    row = tasks[(tasks["reference"] == reference) & (tasks["action"] == action)]
    return {
        "alert": alert_id,
        "journey": journey,
        "name": alert.name if alert else alert_id,
        "action": action,
        "owner": alert.owner.value if alert else "",
        "since": waiting[0],
        "latest": waiting[-1],
        "episodes": len(waiting),
        "firing": any(starts[it] for it in waiting),
        "reference": reference,
        "task": None if row.empty else row.iloc[0]["id"],
        "version": 0 if row.empty else row.iloc[0]["version"],
    }


def _acknowledged(
    episode: Any, taken: Sequence[Any], near: timedelta, at: datetime
) -> dict[str, Any]:
    """The latest acknowledgement of an episode; late data may have moved its start a little."""
    own = [
        row
        for row in taken
        if (row.alert, row.journey) == (episode.alert, episode.journey or "")
        and episode.start - near <= row.started_at <= episode.until
    ]
    for row in reversed(own):
        if pd.notna(row.acknowledged_at) and row.acknowledged_at <= at:
            return {
                "acknowledged_by": row.updated_by,
                "acknowledged_at": row.acknowledged_at,
                "note": row.note,
                "acknowledgement": row.id,
            }
    return {"acknowledgement": own[-1].id} if own else {}


def _silenced(episode: Any, silences: Sequence[Any]) -> dict[str, Any]:
    """What silences an episode at the moment; of several, what lasts longest."""
    for row in silences:
        if covers(row, episode.alert, episode.journey or ""):
            return {
                "silenced_until": row.ends_at,
                "silenced_by": row.created_by,
                "silence": row.reason,
            }
    return {}


def covers(silence: Any, alert: str, journey: str) -> bool:
    """Whether a silence, a row of the register, is about an alert and journey ("" for hosts)."""
    return bool(
        (pd.isna(silence.alert) or silence.alert == alert)
        and (pd.isna(silence.journey) or silence.journey == journey)
    )


def _incident(episode: Any, incidents: Sequence[Any], near: timedelta) -> dict[str, Any]:
    """The register's incident that an episode is part of; of this alert before any other."""
    found = [it for it in incidents if is_of(episode, it, near)]
    for row in (*(it for it in found if it.alert == episode.alert), *found):
        return {"incident": row.id, "incident_title": row.title}
    return {}
