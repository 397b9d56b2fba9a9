"""What is to be done after an incident, so that it does not come back ("Postmortem").

Action items are tasks of the register, with the incident's id as their reference.
"""

from datetime import datetime
from pathlib import Path

import pandas as pd

from slo_core.errors import SloError
from slo_core.moments import utc_second
from slo_core.register import Actor, read_table, write

_ORIGIN = "incident"


def add_action(
    data_dir: str | Path,
    actor: Actor,
    incident: int,
    action: str,
    *,
    owner: str | None = None,
    due_at: datetime | None = None,
    at: datetime | None = None,
) -> int:
    """Write an action item of an incident; answers its id.

    Raises SloError with one sentence where it says nothing, or is there already.
    """
    if not action.strip():
        raise SloError(f"an action item of incident {incident} says nothing: write what is to do.")
    values = {
        "origin": _ORIGIN,
        "reference": str(incident),
        "action": action.strip(),
        "owner": (owner or "").strip() or None,
        "due_at": due_at,
    }
    return write(data_dir, actor, "tasks", values, at=at)


def read_actions(data_dir: str | Path, incident: int | None = None) -> pd.DataFrame:
    """The action items of one incident or of all, as they were written.

    Columns as in the register, with ``incident`` (its id) and ``state``: ``open``, ``done`` or
    ``dropped``. Empty where the register does not exist.
    """
    tasks = read_table(data_dir, "tasks")
    own = tasks[tasks["origin"] == _ORIGIN].reset_index(drop=True)
    own["incident"] = own["reference"].map(int).astype("int64")
    own["state"] = "open"
    own.loc[own["dropped_at"].notna(), "state"] = "dropped"
    own.loc[own["done_at"].notna(), "state"] = "done"
    return own if incident is None else own[own["incident"] == incident].reset_index(drop=True)


def tick(
    data_dir: str | Path,
    actor: Actor,
    task: int,
    *,
    done: bool,
    version: int,
    at: datetime | None = None,
) -> None:
    """Say that an action item is done, or that it is not after all.

    Raises SloError with one sentence where somebody else changed it meanwhile.
    """
    moment = at or utc_second()
    values = {"done_at": moment if done else None}
    action = "done" if done else "reopen"
    write(data_dir, actor, "tasks", values, row_id=task, version=version, action=action, at=at)
