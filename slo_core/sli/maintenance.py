"""Planned maintenance: announced, called off, and what of availability it leaves out.

The document's "Excludes: planned maintenance (with 48h notice)"; the notice is the catalogue's.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd

from slo_core.catalog import Catalog, Scope
from slo_core.durations import SLICE_SECONDS
from slo_core.errors import SloError
from slo_core.moments import utc_second
from slo_core.register import Actor, cancel, write
from slo_core.rollup import Rollup
from slo_core.sli.availability import timeline
from slo_core.sli.windows import Window
from slo_core.text import duration

COLUMNS = ["id", "scope", "starts_at", "ends_at", "announced_at", "reason", "state", "version"]


@dataclass(frozen=True)
class LeftOut:
    """What maintenance leaves out of a scope's availability in a window, in seconds.

    ``seconds`` of the window lie in maintenance; ``observed`` of them somebody observed, and in
    ``down`` of those it was down: without the maintenance they would have counted.
    """

    seconds: int
    observed: int
    down: int


def in_time(announced_at: datetime, starts_at: datetime, catalog: Catalog) -> bool:
    """Whether maintenance is announced so early that availability leaves it out."""
    return catalog.rules.availability.in_time(announced_at, starts_at)


def announce(
    data_dir: str | Path,
    actor: Actor,
    catalog: Catalog,
    scope: str,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    *,
    at: datetime | None = None,
) -> int:
    """Write a maintenance window into the register, as announced at ``at`` (default: now).

    One that is announced too late is written all the same, and counts as downtime like any other
    time. Raises SloError with one sentence for a scope that the catalogue lacks, or for times that
    cannot be.
    """
    catalog.scope(scope)
    if ends_at <= starts_at:
        raise SloError(f"maintenance of {scope}: its end must come after its start; mend one.")
    now = at or utc_second()
    row = {"scope": scope, "starts_at": starts_at, "ends_at": ends_at, "announced_at": now}
    reason = reason.strip()
    return write(
        data_dir, actor, "maintenance", row | {"reason": reason or None}, action="announce", at=at
    )


def call_off(
    data_dir: str | Path,
    actor: Actor,
    window: int,
    *,
    version: int,
    at: datetime | None = None,
) -> None:
    """Cancel a maintenance window: its time then counts as any other.

    Raises SloError with one sentence where it is cancelled already, or somebody changed it
    meanwhile.
    """
    cancel(data_dir, actor, "maintenance", window, version=version, at=at)


def windows_at(maintenance: pd.DataFrame, catalog: Catalog, at: datetime) -> pd.DataFrame:
    """Every window of the register with its state at a moment, the latest first.

    ``state``: ``cancelled``, ``too late`` (announced too late to be left out: it counts as any
    time), ``ahead``, ``now`` or ``over``.
    """
    frame = maintenance.copy()
    frame["state"] = [
        "cancelled"
        if pd.notna(row.cancelled_at)
        else "too late"
        if not in_time(row.announced_at, row.starts_at, catalog)
        else "ahead"
        if row.starts_at > at
        else "now"
        if row.ends_at > at
        else "over"
        for row in frame.itertuples()
    ]
    frame = frame.sort_values(["starts_at", "id"], ascending=False, ignore_index=True)
    return frame[COLUMNS]


def left_out(rollup: Rollup, scope: Scope, window: Window, maintenance: pd.DataFrame) -> LeftOut:
    """What maintenance leaves out of a scope's availability in a window up to its end."""
    line = timeline(rollup, scope, window.start, window.end, maintenance)
    seen = line.maintained & line.observed
    counts = (line.maintained, seen, seen & line.down)
    return LeftOut(*(int(flags.sum()) * SLICE_SECONDS for flags in counts))


def notice_words(catalog: Catalog, starts_at: datetime, announced_at: datetime, scope: str) -> str:
    """What a window that is announced then will mean, in a sentence, before it is written."""
    notice = catalog.rules.availability.maintenance_notice.value
    needed = duration(notice.total_seconds())
    if in_time(announced_at, starts_at, catalog):
        return (
            f"Announced at least {needed} ahead: its time is left out of availability of {scope}."
        )
    ahead = (starts_at - announced_at).total_seconds()
    given = f"only {duration(ahead)} ahead" if ahead > 0 else "after its start"
    return (
        f"Announced {given}, not {needed}: it is written and shown, but its time counts as any "
        f"other, and is downtime of {scope} if it is down."
    )
