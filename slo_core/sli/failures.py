"""What failed in a range, by reason and endpoint (the document's "Failed Request Criteria").

The rollup keeps failures by the hour, so a range is counted in the whole hours that it touches.
"""

from collections.abc import Sequence

import pandas as pd

from slo_core.rollup import Rollup
from slo_core.sli.breakdown import FIRST_FAILURE, NOT_LOGGED
from slo_core.sli.funnel import whole_hours
from slo_core.sli.rows import UNKNOWN_PLATFORM
from slo_core.sli.sums import REASONS
from slo_core.sli.windows import Window

_TYPES = {
    "journey": "str",
    "step": "str",
    "platform": "str",
    "endpoint": "str",
    "reason": "str",
    "events": "int64",
}


def failures(rollup: Rollup, window: Window) -> pd.DataFrame:
    """Failed requests of all journeys in the hours of a window.

    Columns ``journey``, ``step``, ``platform``, ``endpoint``, ``reason`` (of
    `slo_core.sli.traffic.REASONS`), ``events``; what the log does not name is ``none``, a platform
    ``unknown``.
    """
    hours = whole_hours(window)
    source = rollup.source(
        "requests",
        "breakdown",
        [(hours.start, hours.end)],
        columns="journey, step, platform, endpoint, outcome, events",
        where=f"outcome >= {FIRST_FAILURE} AND hour >= TIMESTAMP '{hours.start}' "
        f"AND hour < TIMESTAMP '{hours.end}'",
    )
    if source is None:
        return pd.DataFrame({name: [] for name in _TYPES}).astype(_TYPES)
    cursor = rollup.cursor()
    numbered = [(FIRST_FAILURE + place, reason) for place, reason in enumerate(REASONS)]
    cursor.register("named", pd.DataFrame(numbered, columns=["outcome", "reason"]))
    found: pd.DataFrame = cursor.execute(
        f"""
        SELECT b.journey, coalesce(b.step, '{NOT_LOGGED}') AS step,
          coalesce(b.platform, '{UNKNOWN_PLATFORM}') AS platform,
          coalesce(b.endpoint, '{NOT_LOGGED}') AS endpoint, n.reason,
          CAST(sum(b.events) AS BIGINT) AS events
        FROM ({source}) AS b JOIN named AS n ON b.outcome = n.outcome
        GROUP BY ALL
        """
    ).df()
    return found


def by_reason_and_endpoint(
    failures: pd.DataFrame, journey: str, steps: Sequence[str | None], platform: str | None
) -> pd.DataFrame:
    """One journey's failures, a row an endpoint and a column a reason, both the most first.

    ``steps`` are those that its success objectives count; None among them means all of them.
    Columns ``endpoint``, the reasons that came up, ``events``.
    """
    rows = failures[failures["journey"] == journey]
    if None not in steps:
        rows = rows[rows["step"].isin(list(steps))]
    if platform is not None:
        rows = rows[rows["platform"] == platform]
    if rows.empty:
        return pd.DataFrame({"endpoint": [], "events": []}).astype({"events": "int64"})
    table = rows.pivot_table(
        index="endpoint", columns="reason", values="events", aggfunc="sum", fill_value=0
    )
    reasons = sorted(table.columns, key=lambda reason: (-table[reason].sum(), reason))
    table = table[reasons].astype("int64")
    table["events"] = table.sum(axis=1)
    frame = table.reset_index().rename_axis(columns=None)
    order = frame.assign(less=-frame["events"]).sort_values(["less", "endpoint"]).index
    return frame.loc[order].reset_index(drop=True)
