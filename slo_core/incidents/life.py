"""The life of an incident, from its detection to its postmortem ("Incident Lifecycle").

    incident = open_incident(data_dir, actor, catalog, {"title": "Songs fail", ...})
    advance(data_dir, actor, catalog, incident, "triage", moment, version=1)

The catalogue names the steps and says what each stamps; an incident's status follows from its
stamps. Every change names the version of the incident as its writer saw it, so that two who write
at once lose nothing: the second is told who was first, and nothing of theirs is overwritten.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

import pandas as pd

from slo_core.catalog import Catalog, LifecycleStep
from slo_core.catalog.operations import Stamp
from slo_core.errors import SloError
from slo_core.moments import iso, utc_second
from slo_core.register import Actor, Change, read_incidents, write, write_all, write_once
from slo_core.text import clock

STAMPS: tuple[str, ...] = tuple(f"{stamp}_at" for stamp in get_args(Stamp))
"""The columns of the register that the steps of an incident's life stamp, in their order."""

FIELDS = (
    *("title", "severity", "journey", "also_journeys", "platform", "started_at", "ended_at"),
    *("commander", "summary", "root_cause", "five_whys", "related_change"),
    *("last_update_at", *STAMPS),
)
"""What people may edit; status and ``merged_into`` follow from what they do."""

MOMENTS = {
    "started_at": "Impact began",
    "ended_at": "Impact ended",
    **{stamp: stamp.removesuffix("_at").capitalize() for stamp in STAMPS},
    "last_update_at": "Last update",
}
"""The fields that are moments, by the words that people read for them."""

_NEEDED = ("title", "severity", "journey", "started_at")
_OVER = ("resolved", "closed")
_FIRST_OF_BOTH = ("detected_at", "triaged_at", "communicated_at")
"""What was done for both of two merged incidents when it was done for the first."""


def open_incident(
    data_dir: str | Path,
    actor: Actor,
    catalog: Catalog,
    values: Mapping[str, object],
    *,
    alert: str | None = None,
    at: datetime | None = None,
    once: bool = False,
) -> int | None:
    """Write a new incident into the register; answers its id.

    ``values`` are of `FIELDS`: title, severity, journey and started_at at least. It counts as
    detected at ``at`` (default: now) where they do not say when. ``alert`` is that which raised it.
    With ``once`` nothing is written, and None answered, where the same alert has raised one of the
    same journey and detection before. Raises SloError with one sentence for values that are not
    sound.
    """
    now = at or utc_second()
    started = values.get("started_at")
    noticed = max(now, started) if isinstance(started, datetime) else now
    row: dict[str, Any] = {"detected_at": noticed}
    row |= {name: value for name, value in values.items() if value is not None}
    for name in _NEEDED:
        if not row.get(name):
            raise SloError(f"a new incident has no {name}: write it.")
    _check(catalog, row, "a new incident")
    row |= {"status": status_of(row), "alert": alert}
    if not once:
        return write(data_dir, actor, "incidents", row, action="open", at=at)
    same = {"alert": alert, "journey": row["journey"], "detected_at": row["detected_at"]}
    return write_once(data_dir, actor, "incidents", row, unless=same, at=at)


def advance(
    data_dir: str | Path,
    actor: Actor,
    catalog: Catalog,
    incident: int,
    step: str,
    moment: datetime,
    *,
    version: int,
    at: datetime | None = None,
) -> None:
    """Take a step of the catalogue's lifecycle: stamp it with ``moment``, once for each step.

    A step of communication may be taken again and again: it stamps the first time that users were
    told, and each time the last update, from which the next one is due. Resolution also ends the
    impact, where nobody has written when it ended. Raises SloError with one sentence for a step
    that the catalogue lacks, that stamps nothing, that was taken, or at a moment that cannot be.
    """
    found = _row(data_dir, incident)
    column = stamp_of(_step(catalog, step))
    if column is None:
        raise SloError(f"the step {step} stamps nothing: the catalogue gives it no `stamp`.")
    if found["status"] == "merged":
        raise SloError(f"incident {incident} is merged into {found['merged_into']}: go on there.")
    changes: dict[str, object] = {}
    if pd.isna(found[column]):
        changes[column] = moment
    elif column != "communicated_at":
        taken = iso(found[column].to_pydatetime())
        raise SloError(f"incident {incident}: {step} was at {taken}; edit that time to mend it.")
    if column == "communicated_at":
        changes["last_update_at"] = moment
    if column == "resolved_at" and pd.isna(found["ended_at"]):
        changes["ended_at"] = _ended(found, moment)
    _change(data_dir, actor, catalog, found, changes, version, step, at)


def edit(
    data_dir: str | Path,
    actor: Actor,
    catalog: Catalog,
    incident: int,
    values: Mapping[str, object],
    *,
    version: int,
    at: datetime | None = None,
) -> None:
    """Change what is written of an incident, `FIELDS` by name; None takes a value away.

    Raises SloError with one sentence for values that are not sound, or where somebody else changed
    the incident after ``version``: then nothing is written.
    """
    _change(data_dir, actor, catalog, _row(data_dir, incident), values, version, "edit", at)


def merge(
    data_dir: str | Path,
    actor: Actor,
    catalog: Catalog,
    incident: int,
    into: int,
    *,
    version: int,
    into_version: int,
    at: datetime | None = None,
) -> None:
    """Make an incident part of another, which then reaches over both their times and journeys.

    It was detected, triaged and told when the first of both was, is as severe as the severer one,
    and users had the later word of both. The merged one counts nowhere any more. Both are written
    or none. Raises SloError with one sentence where they are the same, either is merged already,
    somebody changed one meanwhile, or an open one would be hidden in one that is resolved.
    """
    if incident == into:
        raise SloError(f"incident {incident} cannot be merged into itself: choose another one.")
    own, other = _row(data_dir, incident), _row(data_dir, into)
    for row in (own, other):
        if row["status"] == "merged":
            raise SloError(
                f"incident {row['id']} is merged into {row['merged_into']}: choose that one."
            )
    if other["status"] in _OVER and own["status"] not in _OVER:
        raise SloError(
            f"incident {into} is {other['status']} and {incident} is not: open {into} again first, "
            f"or stamp the resolution of {incident}."
        )
    ends = [own["ended_at"], other["ended_at"]]
    journeys = dict.fromkeys((*other["also_journeys"], *own["journeys"]))
    journeys.pop(other["journey"], None)
    severities = [it.id for it in catalog.severities]
    both = sorted(
        (other["severity"], own["severity"]),
        key=lambda it: severities.index(it) if it in severities else len(severities),
    )
    wider = {
        "severity": both[0],
        "last_update_at": _last(own["last_update_at"], other["last_update_at"]),
        "started_at": min(own["started_at"], other["started_at"]).to_pydatetime(),
        "ended_at": None if any(map(pd.isna, ends)) else max(ends).to_pydatetime(),
        "also_journeys": tuple(journeys),
        **{stamp: _first(own[stamp], other[stamp]) for stamp in _FIRST_OF_BOTH},
    }
    merged = {"status": "merged", "merged_into": into}
    changes = [
        Change("incidents", wider, into, into_version, f"take in {incident}"),
        Change("incidents", merged, incident, version, "merge"),
    ]
    write_all(data_dir, actor, changes, at=at)


def reopen(
    data_dir: str | Path,
    actor: Actor,
    incident: int,
    *,
    version: int,
    at: datetime | None = None,
) -> None:
    """Make an incident open again: it came back, or was merged by mistake.

    Its mitigation, resolution, postmortem and end are taken away (the history keeps them); a merged
    one keeps its own. Raises SloError with one sentence where it is open anyway.
    """
    row = _row(data_dir, incident)
    if row["status"] == "merged":
        changes: dict[str, object] = {"merged_into": None, "status": status_of(row)}
    elif row["status"] in _OVER:
        gone = ("mitigated_at", "resolved_at", "postmortem_at", "ended_at")
        changes = dict.fromkeys(gone) | {"status": "open"}
    else:
        raise SloError(f"incident {incident} is {row['status']}: it need not be opened again.")
    write(
        *(data_dir, actor, "incidents", changes),
        row_id=incident,
        version=version,
        action="reopen",
        at=at,
    )


def status_of(row: Mapping[str, Any]) -> str:
    """What an incident is by its stamps: ``open``, ``mitigated``, ``resolved`` or ``closed``."""
    for column, status in (
        ("postmortem_at", "closed"),
        ("resolved_at", "resolved"),
        ("mitigated_at", "mitigated"),
    ):
        if pd.notna(row.get(column)):
            return status
    return "open"


def stamp_of(step: LifecycleStep) -> str | None:
    """The register's column that a step stamps; None where it stamps nothing."""
    return f"{step.stamp}_at" if step.stamp else None


def steps_left(catalog: Catalog, incident: Any) -> list[LifecycleStep]:
    """The catalogue's steps that an incident, a row of the register, has yet to take, in order."""
    return [
        step
        for step in catalog.lifecycle
        if (column := stamp_of(step)) and pd.isna(getattr(incident, column))
    ]


def next_step(catalog: Catalog, incident: Any) -> LifecycleStep | None:
    """The first of `steps_left`; None where all are taken."""
    return next(iter(steps_left(catalog, incident)), None)


def _first(*stamps: Any) -> datetime | None:
    """The earliest of those that are set, None where none is."""
    known = [stamp.to_pydatetime() for stamp in stamps if pd.notna(stamp)]
    return min(known, default=None)


def _last(*stamps: Any) -> datetime | None:
    """The latest of those that are set, None where none is."""
    known = [stamp.to_pydatetime() for stamp in stamps if pd.notna(stamp)]
    return max(known, default=None)


def _row(data_dir: str | Path, incident: int) -> dict[str, Any]:
    incidents = read_incidents(data_dir)
    rows = incidents[incidents["id"] == incident]
    if rows.empty:
        known = ", ".join(str(it) for it in sorted(incidents["id"])) or "none"
        raise SloError(f"the register has no incident {incident}; it has: {known}.")
    return {str(name): value for name, value in rows.iloc[0].items()}


def _step(catalog: Catalog, step: str) -> LifecycleStep:
    for found in catalog.lifecycle:
        if found.id == step:
            return found
    known = ", ".join(it.id for it in catalog.lifecycle) or "none"
    raise SloError(f"no step of an incident's life is called {step!r}; the catalogue has: {known}.")


def _ended(row: Mapping[str, Any], resolved: datetime) -> datetime | None:
    """When the impact ended, for want of a better word: with the mitigation, else resolution."""
    mitigated = row["mitigated_at"]
    end: datetime = resolved if pd.isna(mitigated) else mitigated.to_pydatetime()
    return end if end > row["started_at"] else None


def _change(
    data_dir: str | Path,
    actor: Actor,
    catalog: Catalog,
    before: dict[str, Any],
    values: Mapping[str, object],
    version: int,
    action: str,
    at: datetime | None,
) -> None:
    for name in values:
        if name not in FIELDS:
            raise SloError(f"{name} of an incident is not to be edited; {', '.join(FIELDS)} are.")
    for name in _NEEDED:
        if name in values and not values[name]:
            raise SloError(f"incident {before['id']} needs a {name}: write it.")
    after = {**before, **values}
    _check(catalog, after, f"incident {before['id']}")
    status = before["status"] if before["status"] == "merged" else status_of(after)
    write(
        *(data_dir, actor, "incidents", {**values, "status": status}),
        row_id=int(before["id"]),
        version=version,
        action=action,
        at=at,
    )


def _check(catalog: Catalog, row: Mapping[str, Any], name: str) -> None:
    """Refuse what the catalogue does not know, and stamps that run backwards."""
    severities = [it.id for it in catalog.severities]
    if row["severity"] not in severities:
        known = ", ".join(severities) or "none"
        raise SloError(f"{name}: no severity is called {row['severity']!r}; there is: {known}.")
    journeys = [it.id for it in catalog.journeys]
    for journey in (row["journey"], *(row.get("also_journeys") or ())):
        if journey not in journeys:
            known = ", ".join(journeys)
            raise SloError(f"{name}: no journey is called {journey!r}; there is: {known}.")
    for column, earlier in _ORDER.items():
        own, other = (pd.Timestamp(row.get(it)) for it in (column, earlier))
        if pd.notna(own) and pd.notna(other) and own < other:
            raise SloError(
                f"{name}: '{MOMENTS[column]}', {clock(own)}, must not come before "
                f"'{MOMENTS[earlier]}', {clock(other)}; mend one of them."
            )


_ORDER = {
    "detected_at": "started_at",
    "triaged_at": "detected_at",
    "mitigated_at": "detected_at",
    "communicated_at": "detected_at",
    "last_update_at": "communicated_at",
    "resolved_at": "detected_at",
    "postmortem_at": "resolved_at",
}
"""Which stamp must not come before which."""
