"""How values are spread: a log histogram in so few bars that the eye can tell them apart.

The rollup's bins are split at the catalogue's cuts, so every bar lies on one side of a threshold:
what is drawn as good is exactly what the objective counts as good.
"""

import math

import pandas as pd

from slo_core.catalog import Objective
from slo_core.rollup import Rollup
from slo_core.rollup.plan import cut_of, cut_value
from slo_core.sli.journeys import Measured
from slo_core.sli.percentiles import bin_edges, cuts_of

_BARS = 44

COLUMNS = ["low", "high", "events", "share", "good"]


def distribution(
    rollup: Rollup, histogram: pd.DataFrame, subject: Measured, window: str
) -> pd.DataFrame:
    """The values of a metric in a window, as bars from low to high.

    ``histogram`` is of `slo_core.sli.histograms.histograms`. Columns ``low``, ``high`` (in the
    metric's unit), ``events``, ``share`` (of all values), ``good`` (whether the bar lies on the
    good side of the strictest threshold). Values of nought lie in a bar from 0 to 0.
    """
    rows = histogram[
        (histogram["window"] == window)
        & (histogram["journey"] == subject.journey.id)
        & (histogram["metric"] == subject.metric)
    ]
    if rows.empty:
        return pd.DataFrame({name: [] for name in COLUMNS}).astype(
            dict.fromkeys(COLUMNS, "float64") | {"good": "bool", "events": "int64"}
        )
    cuts = {
        plan: cuts_of(rollup, plan, subject.journey, subject.metric)
        for plan in rows["plan"].unique()
    }
    edges = pd.DataFrame(
        [
            bin_edges(int(number), cuts[plan])
            for number, plan in zip(rows["bin"], rows["plan"], strict=True)
        ],
        columns=["low", "high"],
    ).assign(events=rows["events"].to_numpy())
    side = sum((edges["low"] >= _cut(objective)).astype(int) for objective in subject.objectives)
    positive = edges["low"] > 0
    logs = edges["low"].where(positive, 1.0).map(math.log)
    spread = (logs[positive].max() - logs[positive].min()) if positive.any() else 0.0
    width = max(spread / _BARS, math.log(1.02))
    bar = (logs / width).map(math.floor).where(positive, -math.inf)
    groups = edges.assign(bar=bar, side=side).groupby(["bar", "side"])
    frame = groups.agg(low=("low", "min"), high=("high", "max"), events=("events", "sum"))
    frame = frame.sort_values("low").reset_index(drop=True)
    frame["share"] = frame["events"] / frame["events"].sum()
    frame["good"] = [
        all(_is_good(low, objective) for objective in subject.objectives) for low in frame["low"]
    ]
    return frame[COLUMNS]


def _cut(objective: Objective) -> float:
    return cut_value(cut_of(objective.threshold))


def _is_good(low: float, objective: Objective) -> bool:
    assert objective.threshold is not None
    return (
        low < _cut(objective) if objective.threshold.below is not None else low >= _cut(objective)
    )
