"""Displayed percentiles: nearest rank from the log histogram, at most 1 % off (DESIGN 2.2).

A histogram's bins are split at the catalogue's cuts, so a figure never contradicts its verdict:
below the threshold where the objective is met, at or above it where it is missed.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

from slo_core.catalog import Journey, Latency, Measurement, Objective
from slo_core.rollup import Rollup

_GROWTH = 1.02
"""How much wider each log bucket is than the one before it."""

_ZERO_BUCKET = -1000
BANDS = 16
"""A bin's number, modulo this, says how many of the cuts its values reach."""


@dataclass(frozen=True)
class Percentile:
    """A percentile in the objective's unit: its value, or, among timeouts, what it lies above."""

    value: float | None
    above: float | None = None


def of_objective(histogram: pd.DataFrame, journey: Journey, objective: Objective) -> pd.DataFrame:
    """The rows of one window's histogram that an objective looks at."""
    rows = histogram[histogram["journey"] == journey.id]
    match objective.indicator:
        case Latency(step=step):
            rows = rows[rows["metric"].isna()]
            return rows if step is None else rows[rows["step"] == step]
        case Measurement(metric=metric):
            return rows[rows["metric"] == metric]
    return rows.iloc[:0]


def percentile(
    rollup: Rollup, journey: Journey, objective: Objective, rows: pd.DataFrame, valid: float
) -> Percentile:
    """The nearest-rank percentile of an objective: the share of its target, from the good side.

    ``rows`` are the objective's histogram, ``valid`` its valid events; what the histogram lacks of
    them are timeouts, which are slower than anything.
    """
    count = int(valid)
    if not count:
        return Percentile(None)
    rank = math.ceil(Fraction(repr(objective.target)) * count)
    assert objective.threshold is not None
    if objective.threshold.above is not None:
        rank = count - rank + 1
    ordered = rows.sort_values("bin")
    place = int(ordered["events"].cumsum().searchsorted(rank))
    if place < len(ordered):
        found = ordered.iloc[place]
        metric = getattr(objective.indicator, "metric", None)
        cuts = cuts_of(rollup, found["plan"], journey, metric)
        return Percentile(bin_value(int(found["bin"]), cuts))
    # Where the catalogue names no timeout there is nothing to lie above.
    timeout = journey.timeout.value if journey.timeout else None
    return Percentile(None, timeout.total_seconds() * 1000 if timeout else None)


def bin_edges(bin_number: int, cuts: Sequence[float]) -> tuple[float, float]:
    """From where up to where a bin's values lie: its log bucket, between its two cuts."""
    bucket, band = divmod(bin_number, BANDS)
    low = _GROWTH**bucket if bucket > _ZERO_BUCKET else 0.0
    high = _GROWTH ** (bucket + 1) if bucket > _ZERO_BUCKET else 0.0
    if band > 0:
        low = max(low, cuts[band - 1])
    if band < len(cuts):
        high = min(high, cuts[band])
    return low, high


def bin_value(bin_number: int, cuts: Sequence[float]) -> float:
    """The value that stands for a bin: the middle of its edges, on a log scale."""
    low, high = bin_edges(bin_number, cuts)
    middle = math.sqrt(low * high)
    return max(low, min(middle, math.nextafter(high, 0.0)))


def cuts_of(rollup: Rollup, plan: str, journey: Journey, metric: str | None) -> list[float]:
    """Where a plan's rollups count a journey's durations, or one metric of its measurements."""
    unit, kind, key = (
        ("measurements", "metrics", [journey.id, metric])
        if metric
        else ("requests", "journeys", [journey.id])
    )
    rows: Mapping[str, list[list[object]]] = rollup.manifests[unit].plans[plan]
    for row in rows[kind]:
        if row[: len(key)] == key:
            return [float(cut) for cut in row[len(key) :]]  # type: ignore[arg-type]
    return []
