"""What an incident has taken of its journey's error budget so far: all that failed in its minutes.

The plain total; what was usual at that hour is part of it.
"""

from datetime import datetime
from typing import Any

import pandas as pd

from slo_core.budget.budgets import allocation_at, calendar_budget
from slo_core.catalog import Availability
from slo_core.register import read_maintenance
from slo_core.rollup import Rollup
from slo_core.sli.availability import timeline
from slo_core.sli.counts import window_counts
from slo_core.sli.windows import Window, calendar_month, month_seconds

COLUMNS = ["id", "service", "unit", "spent", "share"]


def spent(rollup: Rollup, incidents: pd.DataFrame, at: datetime) -> pd.DataFrame:
    """What failed in the minutes of each incident up to a moment, of the budgets that it touches.

    ``incidents`` has ``id``, ``journeys``, ``since``, ``ended`` (NaT while it lasts). Columns:
    ``id``, ``service``, ``unit`` (``failures`` or ``seconds``), ``spent``, ``share`` of the month's
    allocation. An incident whose journeys have no budget has no row; one without data has null.
    """
    windows = {
        row.id: whole_minutes(str(row.id), row.since, row.ended, at)
        for row in incidents.itertuples()
    }
    counts = window_counts(rollup, [window for window in windows.values() if window])
    month = calendar_month(at)
    rows = []
    for incident in incidents.itertuples():
        window = windows[incident.id]
        for journey in incident.journeys:
            budget = rollup.catalog.budget(journey)
            if budget is None or window is None:
                continue
            objective = rollup.catalog.objective(journey, budget.objective)
            if isinstance(objective.indicator, Availability):
                scope = rollup.catalog.scope(objective.indicator.scope)
                maintenance = read_maintenance(rollup.store.root)
                line = timeline(rollup, scope, window.start, window.end, maintenance)
                good, valid, _ = line.counts(window)
            else:
                own = counts[
                    (counts["window"] == window.name)
                    & (counts["journey"] == journey)
                    & (counts["objective"] == budget.objective)
                ]
                good, valid = own["good"].sum(), own["valid"].sum()
            used = valid - good if valid else None
            allocation = allocation_at(budget, at)
            allowed = calendar_budget(allocation, month_seconds(month), 0).allowed
            share = None if used is None else used / allowed
            rows.append((incident.id, journey, budget.unit, used, share))
    return pd.DataFrame(rows, columns=COLUMNS).astype({"spent": float, "share": float})


def whole_minutes(name: str, since: Any, ended: Any, at: datetime) -> Window | None:
    """The whole minutes that a span touches up to a moment; None where it begins after that.

    ``ended`` is NaT while it lasts.
    """
    start = pd.Timestamp(since).floor("min").to_pydatetime()
    end = at if pd.isna(ended) else min(pd.Timestamp(ended).ceil("min").to_pydatetime(), at)
    return Window(name, start, end) if start < end else None
