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
from slo_core.sli.corrections import Corrections
from slo_core.sli.counts import window_counts
from slo_core.sli.windows import Window, calendar_month, month_seconds
from slo_core.text import percent

COLUMNS = ["id", "service", "unit", "spent", "share", "spent_corrected", "share_corrected"]


def spent(
    rollup: Rollup,
    incidents: pd.DataFrame,
    at: datetime,
    corrections: Corrections | None = None,
) -> pd.DataFrame:
    """What failed in the minutes of each incident up to a moment, of the budgets that it touches.

    ``incidents`` has ``id``, ``journeys``, ``since``, ``ended`` (NaT while it lasts). Columns:
    ``id``, ``service``, ``unit`` (``failures`` or ``seconds``), ``spent``, ``share`` of the month's
    allocation, and ``spent_corrected`` and ``share_corrected``, the same without what
    ``corrections`` leave out (null where they touch none of it). An incident whose journeys have no
    budget has no row; one without data has null.
    """
    frame = _spent(rollup, incidents, at)
    left = _left(incidents, at, corrections) if corrections else {}
    if not left:
        return frame
    parts = [(key, part) for key, own in left.items() for part in own]
    rows = {
        "id": [str(number) for number in range(len(parts))],
        "journeys": [(key[1],) for key, _ in parts],
        "since": [pd.Timestamp(part.start) for _, part in parts],
        "ended": [pd.Timestamp(part.end) for _, part in parts],
    }
    counted = _spent(rollup, pd.DataFrame(rows), at).set_index("id") if parts else frame.iloc[:0]
    for place, row in frame.iterrows():
        own = [n for n, (key, _) in enumerate(parts) if key == (row["id"], row["service"])]
        if (row["id"], row["service"]) in left and pd.notna(row["spent"]):
            of_own = counted.loc[[str(n) for n in own if str(n) in counted.index]]
            for name in ("spent", "share"):
                frame.loc[place, f"{name}_corrected"] = float(of_own[name].sum())
    return frame


def share_words(row: Any, decides: str) -> str:
    """The share of a row of `spent`: ``4 %``, and as corrected too where a correction touches it.

    Empty where nothing is known.
    """
    if pd.isna(row.share):
        return ""
    if pd.isna(row.share_corrected):
        return percent(row.share, digits=1)
    shares = {"measured": row.share, "corrected": row.share_corrected}
    told = {name: percent(it, digits=1) for name, it in shares.items()}
    other = "measured" if decides == "corrected" else "corrected"
    return f"{told[decides]} as {decides}, which decides ({told[other]} as {other})"


def _left(
    incidents: pd.DataFrame, at: datetime, corrections: Corrections
) -> dict[tuple[Any, str], list[Window]]:
    """What corrections leave of the minutes of each incident and journey that they touch."""
    found = {}
    for row in incidents.itertuples():
        window = whole_minutes(str(row.id), row.since, row.ended, at)
        if window is None:
            continue
        for journey in row.journeys:
            if corrections.touches(journey, window):
                found[row.id, journey] = corrections.left(journey, window)
    return found


def _spent(rollup: Rollup, incidents: pd.DataFrame, at: datetime) -> pd.DataFrame:
    windows = {
        row.id: whole_minutes(str(row.id), row.since, row.ended, at)
        for row in incidents.itertuples()
    }
    only = {(budget.service, budget.objective) for budget in rollup.catalog.budgets}
    counts = window_counts(rollup, [window for window in windows.values() if window], only)
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
            rows.append((incident.id, journey, budget.unit, used, share, None, None))
    return pd.DataFrame(rows, columns=COLUMNS).astype(dict.fromkeys(COLUMNS[3:], float))


def whole_minutes(name: str, since: Any, ended: Any, at: datetime) -> Window | None:
    """The whole minutes that a span touches up to a moment; None where it begins after that.

    ``ended`` is NaT while it lasts.
    """
    start = pd.Timestamp(since).floor("min").to_pydatetime()
    end = at if pd.isna(ended) else min(pd.Timestamp(ended).ceil("min").to_pydatetime(), at)
    return Window(name, start, end) if start < end else None
