"""What a line of the growth table really was: users, requests and resources in whole days.

(The document's "Growth Projections".)
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from string import Template

import pandas as pd

from slo_core.catalog import Growth
from slo_core.catalog.operations import RequestsMeasure, UsersMeasure
from slo_core.rollup import Rollup
from slo_core.sli.rows import rows_in, values
from slo_core.sli.windows import Window, cover

_SQL = Path(__file__).parent / "sql"
_SPAN = {"window_name": "VARCHAR", "starts_at": "TIMESTAMP", "ends_at": "TIMESTAMP"}


def figures(rollup: Rollup, line: Growth, windows: Sequence[Window]) -> pd.DataFrame:
    """A line's figure in each window, from midnight to midnight, in the line's own unit.

    Columns ``figure`` (distinct users, requests of the source that counts, a resource's sum over
    all hosts, or the sum of each host's latest) and ``days`` (on how many days of the window there
    was any), by the window's name. A window without any has a null figure and 0 days: no data.
    """
    index = pd.Index([window.name for window in windows], name="window")
    empty = pd.DataFrame({"figure": float("nan"), "days": 0}, index=index)
    if not windows:
        return empty
    start = min(window.start for window in windows)
    end = max(window.end for window in windows)
    query, name = _query(rollup, line, start, end)
    if query is None:
        return empty
    spans = values("span", _SPAN, [(it.name, it.start, it.end) for it in windows])
    found = (
        rollup.cursor()
        .execute(f"WITH {spans} SELECT * FROM ({query})", {"name": name} if name else {})
        .df()
        .set_index("window")
        .reindex(index)
    )
    return found.astype({"figure": float}).fillna({"days": 0}).astype({"days": int})


def _query(
    rollup: Rollup, line: Growth, start: datetime, end: datetime
) -> tuple[str | None, str | None]:
    """The SQL of a line's figures, and the journey or the metric that it is about."""
    measure = line.measure
    if isinstance(measure, UsersMeasure):
        rows = rollup.source("requests", "users", [(start, end)], columns="date, user_id")
        return _sql("users", rows), None
    if isinstance(measure, RequestsMeasure):
        pieces = cover(Window("", start, end), ("hour", "minute"))
        rows = rows_in(rollup, "requests", "", "journey, requests", pieces)
        return _sql("requests", rows), measure.journey
    pieces = cover(Window("", start, end), ("minute",))
    rows = rows_in(rollup, "resources", "", "host, metric, total, last_value", pieces)
    return _sql(f"resource_{measure.aggregate}", rows), measure.metric


def _sql(name: str, rows: str | None) -> str | None:
    return None if rows is None else Template(_read(name)).substitute(rows=rows)


@cache
def _read(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text("utf-8")
