"""Good events of an objective at another threshold than the catalogue's, hour by hour.

From the histogram: exact where the dates were counted at that threshold, else but for the one bin,
2 % wide, that the threshold splits (DESIGN 2.1).
"""

from datetime import datetime

import numpy as np
import pandas as pd

from slo_core.catalog import Journey, Latency, Measurement, Objective
from slo_core.rollup import Rollup
from slo_core.rollup.plan import cut_of, cut_value
from slo_core.sli.history import share_below
from slo_core.sli.percentiles import bin_edges, cuts_of
from slo_core.sli.rows import rows_in
from slo_core.sli.steps import HOUR, pieces


def good_at_threshold(
    rollup: Rollup, journey: Journey, objective: Objective, start: datetime, at: datetime
) -> tuple[pd.DataFrame, bool]:
    """How many values of each hour of ``[start, at)`` are good, and whether that is approximate.

    ``objective`` has the threshold that is asked for. Columns ``at`` (the hour), ``good``; hours
    without values have no row. Timeouts are no values: they are slower than any threshold.
    """
    assert isinstance(objective.indicator, Latency | Measurement)
    assert objective.threshold is not None
    metric = getattr(objective.indicator, "metric", None)
    unit, step = ("measurements", None) if metric else ("requests", objective.indicator.step)  # type: ignore[union-attr]
    own = pieces(start, at, HOUR)
    selects = [
        rows
        for grain, stem, bins in (
            ("hour", "histogram_", "bin, events"),
            ("minute", "", "unnest(bins) AS bin, 1 AS events"),
        )
        if (
            rows := rows_in(
                rollup,
                unit,
                stem,
                f"journey, {'metric' if metric else 'step'} AS part, {bins}",
                [piece for piece in own if piece.grain == grain],
            )
        )
    ]
    if not selects:
        return pd.DataFrame({"at": pd.Series([], dtype="datetime64[us]"), "good": []}), False
    wanted = metric or step
    rows = (
        rollup.cursor()
        .execute(
            f"""
            SELECT date_trunc('hour', h.at) AS at, h.plan, h.bin, sum(h.events) AS events
            FROM ({" UNION ALL ".join(f"({it})" for it in selects)}) AS h
            WHERE h.journey = $journey {"AND h.part = $part" if wanted else ""}
            GROUP BY ALL
            """,
            {"journey": journey.id} | ({"part": wanted} if wanted else {}),
        )
        .df()
    )
    limit = cut_value(cut_of(objective.threshold))
    cuts = {plan: cuts_of(rollup, plan, journey, metric) for plan in rows["plan"].unique()}
    kinds = rows[["plan", "bin"]].drop_duplicates()
    share = [
        share_below(*bin_edges(int(number), cuts[plan]), limit)
        for plan, number in zip(kinds["plan"], kinds["bin"], strict=True)
    ]
    if objective.threshold.above is not None:
        share = [1 - it for it in share]
    rows = rows.merge(kinds.assign(share=share), on=["plan", "bin"])
    rows["good"] = rows["events"].astype(float) * rows["share"]
    good = rows.groupby("at")["good"].sum().reset_index()
    approximate = any(0 < it < 1 for it in np.asarray(share, dtype=float))
    return good.astype({"at": "datetime64[us]"}), approximate
