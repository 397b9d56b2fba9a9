"""Incidents of the register, minute by minute: what failed in them beyond the usual."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from slo_core.budget.course import Key
from slo_core.catalog import Availability, Journey, Objective
from slo_core.errors import SloError
from slo_core.rollup import Rollup
from slo_core.sli.availability import timeline
from slo_core.sli.corrections import Corrections
from slo_core.sli.counts import platform_names, series, worst_platform
from slo_core.sli.steps import MINUTE
from slo_core.whatif.hours import Counted, Floats, Grid

_AROUND = timedelta(days=14)
"""How far before and after an incident the usual is looked for."""


@dataclass(frozen=True)
class Incident:
    """An incident in whole minutes, up to the look, and what each objective counted in them."""

    id: str
    journeys: tuple[str, ...]
    start: datetime
    end: datetime
    minutes: Mapping[Key, Counted]

    def excess(self, key: Key, usual: float, last: int | None = None) -> Floats:
        """What failed in each minute beyond a usual share; of the last so many minutes alone."""
        own = self.minutes[key]
        found: Floats = np.maximum(own.bad - usual * own.valid, 0.0)
        if last is not None:
            found[: max(len(found) - last, 0)] = 0.0
        return found

    def excess_share(self, key: Key, usual: float) -> Floats:
        """The same as a share of the events, of each hour since its start; 0 without events."""
        excess, valid = self.excess(key, usual), self.minutes[key].valid
        edges = np.arange(0, len(valid), 60)
        # Of single minutes many have no event at all, and no share either.
        lost, events = (np.add.reduceat(it, edges) for it in (excess, valid))
        share = np.divide(lost, events, out=np.zeros(len(edges)), where=events > 0)
        return np.repeat(share, np.diff(edges, append=len(valid)))


def found_in(register: pd.DataFrame, name: str, at: datetime) -> Any:
    """The register's row of an id; SloError where there is none, or not before the look."""
    rows = register[register["id"].map(str) == name]
    if rows.empty:
        known = ", ".join(register.sort_values("started_at")["id"].map(str)) or "none"
        raise SloError(f"the register has no incident {name}; it has: {known}.")
    row = rows.iloc[0]
    if row["started_at"] >= at:
        raise SloError(f"incident {name} begins at {row['started_at']} UTC, after the look.")
    return row


def spans_of(register: pd.DataFrame, journey: str, at: datetime) -> list[tuple[datetime, datetime]]:
    """The whole minutes of a journey's incidents before a look."""
    return [
        _span(row, at)
        for row in register[register["status"] != "merged"].itertuples()
        if journey in row.journeys and row.started_at < at
    ]


def read_incident(
    rollup: Rollup,
    row: Any,
    at: datetime,
    pairs: Sequence[tuple[Journey, Objective]],
    maintenance: pd.DataFrame,
    corrections: Corrections | None = None,
) -> Incident:
    """Count an incident's minutes for those objectives that are its journeys'.

    In minutes that ``corrections`` leave out nothing is counted.
    """
    start, end = _span(row, at)
    length = (end - start) // MINUTE
    own = [(journey, it) for journey, it in pairs if journey.id in row.journeys]
    rows = series(rollup, start, end, MINUTE, [(journey.id, it.id) for journey, it in own])
    found = {}
    for journey, objective in own:
        part = rows[(rows["journey"] == journey.id) & (rows["objective"] == objective.id)]
        for first, last in corrections.spans.get(journey.id, ()) if corrections else ():
            part = part[(part["at"] < first) | (part["at"] >= last)]
        if isinstance(objective.indicator, Availability):
            scope = rollup.catalog.scope(objective.indicator.scope)
            # Up to the look, since an outage is known by minutes that may end after the incident.
            line = timeline(rollup, scope, start, at, maintenance)
            part = (corrections.timeline(scope, line) if corrections else line).series(MINUTE)
            part = part[part["at"] < end]
        elif objective.per_platform:
            part = part[platform_names(part) == worst_platform(part, 1)]
        found[journey.id, objective.id] = _laid_out(part, start, length)
    return Incident(str(row.id), row.journeys, start, end, found)


def usual_share(
    counted: Counted,
    grid: Grid,
    incident: tuple[datetime, datetime],
    spans: Sequence[tuple[datetime, datetime]],
) -> float:
    """The share that failed in the weeks around an incident, in hours that no incident touches.

    0 where there are none.
    """
    near = grid.within(incident[0] - _AROUND, incident[1] + _AROUND)[: grid.past]
    outside = near == 1
    for start, end in spans:
        outside &= grid.within(start, end)[: grid.past] == 0
    valid = float(counted.valid[outside].sum())
    return float(counted.bad[outside].sum()) / valid if valid > 0 else 0.0


def _span(row: Any, at: datetime) -> tuple[datetime, datetime]:
    start: datetime = pd.Timestamp(row.started_at).floor("min").to_pydatetime()
    if pd.isna(row.ended_at):
        return start, at
    return start, min(pd.Timestamp(row.ended_at).ceil("min").to_pydatetime(), at)


def _laid_out(rows: pd.DataFrame, start: datetime, length: int) -> Counted:
    places = (rows["at"].to_numpy(dtype="datetime64[us]") - np.datetime64(start, "us")) // (
        np.timedelta64(MINUTE)
    )
    good, valid = (
        np.bincount(places, rows[name].to_numpy(dtype=float), minlength=length)[:length].astype(
            float
        )
        for name in ("good", "valid")
    )
    return Counted(valid - good, valid)
