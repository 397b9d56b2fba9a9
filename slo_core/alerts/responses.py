"""Writing down what people make of alerts: taken on, silenced, ticked. Who, when, and what before.

Moments are those of the look (``at``): what is written of an earlier time counts from then on.
Each raises SloError with one sentence where something is missing or somebody else was faster.
"""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from slo_core.alerts.desk import alert_names, parted, reference_of
from slo_core.catalog import Catalog
from slo_core.errors import SloError
from slo_core.moments import iso
from slo_core.register import Actor, Change, read_table, write, write_all, write_once

_MEANWHILE = "somebody wrote of the same meanwhile: nothing was written, look at theirs first."


def acknowledge(
    data_dir: str | Path,
    actor: Actor,
    alert: str,
    journey: str | None,
    started_at: datetime,
    *,
    at: datetime,
    note: str = "",
) -> None:
    """Say that somebody has seen an episode and takes it on; refused where another has already."""
    key = {"alert": alert, "journey": journey or "", "started_at": started_at}
    values = {**key, "acknowledged_at": at, "note": note.strip() or None}
    found = _row(data_dir, "acknowledgements", key)
    if found is None:
        if write_once(data_dir, actor, "acknowledgements", values, unless=key) is None:
            raise SloError(_MEANWHILE)
        return
    if pd.notna(found["acknowledged_at"]):
        raise SloError(
            f"{found['updated_by']} took {alert} on at {iso(found['acknowledged_at'])}: "
            "nothing was written."
        )
    _edit(data_dir, actor, "acknowledgements", found, values, "acknowledge")


def take_back(data_dir: str | Path, actor: Actor, acknowledgement: int) -> None:
    """Say that an episode is nobody's any more; ``acknowledgement`` is the register's number."""
    found = _row(data_dir, "acknowledgements", {"id": acknowledgement})
    if found is None or pd.isna(found["acknowledged_at"]):
        raise SloError(f"acknowledgement {acknowledgement} is not there to take back.")
    _edit(data_dir, actor, "acknowledgements", found, {"acknowledged_at": None}, "take back")


def silence(
    data_dir: str | Path,
    actor: Actor,
    catalog: Catalog,
    alert: str | None,
    journey: str | None,
    *,
    at: datetime,
    until: datetime,
    reason: str,
) -> int:
    """Keep alerts from notifying from ``at`` until a time; answers the silence's number.

    ``alert`` None is every alert, ``journey`` None every journey. They are evaluated all the same.
    """
    journeys = [known.id for known in catalog.journeys]
    for what, name, known in (
        ("alert", alert, list(alert_names(catalog))),
        ("journey", journey, journeys),
    ):
        if name is not None and name not in known:
            raise SloError(
                f"no {what} is called '{name}' to silence, the catalogue has: {', '.join(known)}"
            )
    if not reason.strip():
        raise SloError("a silence needs a reason: those who come next want to know it.")
    if until <= at:
        raise SloError(
            f"a silence until {iso(until)} is over already at {iso(at)}: name a later time."
        )
    values: dict[str, object] = {"alert": alert, "journey": journey, "reason": reason.strip()}
    values |= {"starts_at": at, "ends_at": until}
    return write(data_dir, actor, "silences", values, action="silence")


def lift(data_dir: str | Path, actor: Actor, number: int, *, at: datetime) -> None:
    """End a silence early, at ``at``."""
    found = _row(data_dir, "silences", {"id": number})
    if found is None or found["ends_at"] <= at:
        raise SloError(f"silence {number} is over already, or is not in the register.")
    values: dict[str, object] = {"ends_at": at}
    if found["starts_at"] >= at:
        # It was in force at no whole minute; but the register knows no empty span.
        values["starts_at"] = at - timedelta(seconds=1)
    _edit(data_dir, actor, "silences", found, values, "lift")


def tick(
    data_dir: str | Path,
    actor: Actor,
    alert: str,
    journey: str | None,
    action: str,
    latest: datetime,
    owner: str,
    *,
    at: datetime,
) -> None:
    """Say that a human action is done, for all episodes that had begun by ``at``.

    ``latest`` is the start of the last of them. What the register has open of the same alert,
    journey and action is ticked too.
    """
    reference = reference_of(alert, journey, latest)
    key = {"origin": "alert", "reference": reference, "action": action}
    tasks = read_table(data_dir, "tasks")
    named = [parted(it) for it in tasks["reference"]]
    is_own = [it[:2] == (alert, journey or "") and it[2] <= pd.Timestamp(at) for it in named]
    own = tasks[(tasks["origin"] == "alert") & (tasks["action"] == action)]
    own = own[pd.Series(is_own, index=tasks.index, dtype=bool).loc[own.index]]
    waiting = own[own["done_at"].isna() & own["dropped_at"].isna()]
    values = {"done_at": at, "owner": owner}
    changes = [
        Change("tasks", values, int(row["id"]), int(row["version"]), "tick")
        for row in waiting.to_dict("records")
    ]
    settled = own[(own["reference"] == reference) & ~own["id"].isin(waiting["id"])]
    if len(settled):
        who = settled.iloc[0]["updated_by"]
        raise SloError(f"{who} has ticked '{action}' of {alert} already: nothing was written.")
    if reference not in set(waiting["reference"]):
        changes.append(Change("tasks", {**key, **values}, action="tick"))
    write_all(data_dir, actor, changes)


def reopen(data_dir: str | Path, actor: Actor, task: int) -> None:
    """Take a tick back: the task, by the register's number, waits again."""
    found = _row(data_dir, "tasks", {"id": task})
    if found is None or (pd.isna(found["done_at"]) and pd.isna(found["dropped_at"])):
        raise SloError(f"task {task} is not ticked, or is not in the register.")
    _edit(data_dir, actor, "tasks", found, {"done_at": None, "dropped_at": None}, "reopen")


def _row(data_dir: str | Path, table: str, key: dict[str, object]) -> dict[str, Any] | None:
    """The row with those values, as it is now."""
    frame = read_table(data_dir, table)
    for column, value in key.items():
        frame = frame[frame[column] == value]
    return None if frame.empty else dict(frame.iloc[0])


def _edit(
    data_dir: str | Path,
    actor: Actor,
    table: str,
    row: dict[str, Any],
    values: dict[str, object],
    action: str,
) -> None:
    number, version = int(row["id"]), int(row["version"])
    write(data_dir, actor, table, values, row_id=number, version=version, action=action)
