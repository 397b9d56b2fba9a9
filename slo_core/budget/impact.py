"""What each incident took of a budget (the document's "Incident impact on budget").

A minute's bad events belong to the incidents that cover it, in equal parts; whatever no incident
covers is everything else. So incidents and everything else together are the consumption, exactly.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from slo_core.catalog import Availability, Journey, Objective
from slo_core.register import read_maintenance
from slo_core.rollup import Rollup
from slo_core.sli.availability import timeline
from slo_core.sli.counts import series
from slo_core.sli.windows import Window

_MINUTE = timedelta(minutes=1)
Numbers = NDArray[np.float64]
REST = "Everything else"


def minutes_of(
    rollup: Rollup, journey: Journey, objective: Objective, window: Window
) -> pd.DataFrame:
    """Bad events of every minute of a window: ``at``, ``bad``; nought where there were none."""
    if isinstance(objective.indicator, Availability):
        scope = rollup.catalog.scope(objective.indicator.scope)
        maintenance = read_maintenance(rollup.store.root)
        rows = timeline(rollup, scope, window.start, window.end, maintenance).series(_MINUTE)
    else:
        only = {(journey.id, objective.id)}
        rows = series(rollup, window.start, window.end, _MINUTE, only=only)
        rows = rows[(rows["journey"] == journey.id) & (rows["objective"] == objective.id)]
    bad = (rows["valid"] - rows["good"]).groupby(pd.to_datetime(rows["at"])).sum()
    index = pd.date_range(window.start, window.end - _MINUTE, freq="min", name="at")
    return bad.reindex(index, fill_value=0.0).rename("bad").reset_index()


def incident_impact(
    minutes: pd.DataFrame, incidents: Sequence[tuple[str, datetime, datetime]]
) -> pd.DataFrame:
    """Split bad events among incidents: ``title``, ``bad``, ``excess``, the costliest first.

    ``incidents`` are title, start and end; a minute that overlaps an incident is covered by it.
    ``excess`` is what came over the usual: the median of that hour of the day over the window, and
    never less than nothing. The last row is everything else, whose excess is null. The column
    ``bad`` sums to the consumption of the minutes.
    """
    starts = minutes["at"].to_numpy()
    bad = minutes["bad"].to_numpy(dtype=float)
    covers = [
        (starts + np.timedelta64(_MINUTE) > np.datetime64(start)) & (starts < np.datetime64(end))
        for _, start, end in incidents
    ]
    shared = np.sum(covers, axis=0) if covers else np.zeros(len(bad))
    usual = _usual(minutes)
    rows: list[tuple[str, float, float | None]] = []
    for (title, _, _), covered in zip(incidents, covers, strict=True):
        parts = bad[covered] / shared[covered]
        expected = usual[covered] / shared[covered]
        excess = max(0.0, float((parts - expected).sum()))
        rows.append((title, float(parts.sum()), min(excess, float(parts.sum()))))
    rows.sort(key=lambda row: -row[1])
    rows.append((REST, float(bad[shared == 0].sum()), None))
    return pd.DataFrame(rows, columns=["title", "bad", "excess"])


def _usual(minutes: pd.DataFrame) -> Numbers:
    """What a minute usually has: the median of its hour of the day, spread over the hour."""
    hours = minutes.groupby(minutes["at"].dt.floor("h"))["bad"].agg(["sum", "size"])
    a_minute = hours["sum"] / hours["size"]
    usual = a_minute.groupby(a_minute.index.hour).median()
    spread: Numbers = minutes["at"].dt.hour.map(usual).to_numpy(dtype=float)
    return spread
