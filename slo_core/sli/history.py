"""Kept history under a newer catalogue: thresholds that were not counted when it was rolled up.

A date whose raw logs are gone keeps the counts that it was rolled up with. Where those have none
at an objective's threshold, the histogram says how many values lay below it: exactly but for the
one bin, 2 % wide, that the threshold splits (DESIGN 2.1).
"""

import math
from collections.abc import Collection, Iterable, Iterator, Sequence

import pandas as pd

from slo_core.catalog import Journey, Latency, Measurement, Objective
from slo_core.rollup import Rollup
from slo_core.rollup.plan import cut_of, cut_value
from slo_core.sli.histograms import histograms
from slo_core.sli.percentiles import bin_edges, cuts_of, of_objective
from slo_core.sli.windows import Window

_COLUMNS = ["window", "journey", "objective", "platform", "good", "valid"]


def approximate_good(
    rollup: Rollup, windows: Iterable[Window], only: Collection[tuple[str, str]] | None = None
) -> pd.DataFrame | None:
    """Good events of objectives whose threshold some of the windows' dates did not count at.

    Columns as those of `slo_core.sli.counts.window_counts`, to be added to its exact rows, which
    have the valid events already. ``only`` names the journeys and objectives that are wanted. None
    where every date counted at every threshold.
    """
    lacking = [
        found for found in _lacking(rollup) if only is None or (found[1].id, found[2].id) in only
    ]
    if not lacking:
        return None
    by_window = dict(list(histograms(rollup, list(windows)).groupby("window")))
    rows = []
    for name, histogram in by_window.items():
        for plan, journey, objective, cuts in lacking:
            own = of_objective(histogram[histogram["plan"] == plan], journey, objective)
            if len(own):
                good = _good(objective, cuts, own)
                rows.append((name, journey.id, objective.id, None, good, 0.0))
    return pd.DataFrame(rows, columns=_COLUMNS)


def approximated(rollup: Rollup, window: Window) -> set[tuple[str, str]]:
    """Journey and objective of those whose figure over a window is approximate."""
    found = approximate_good(rollup, [window])
    if found is None:
        return set()
    return set(zip(found["journey"], found["objective"], strict=True))


def _lacking(rollup: Rollup) -> Iterator[tuple[str, Journey, Objective, list[float]]]:
    """Each plan with the objectives at whose threshold it did not count, and where it did."""
    for journey, objective in rollup.catalog.objectives:
        indicator = objective.indicator
        if not isinstance(indicator, Latency | Measurement) or objective.threshold is None:
            continue
        metric = indicator.metric if isinstance(indicator, Measurement) else None
        for plan in rollup.manifests["measurements" if metric else "requests"].plans:
            cuts = cuts_of(rollup, plan, journey, metric)
            if cut_value(cut_of(objective.threshold)) not in cuts:
                yield plan, journey, objective, cuts


def _good(objective: Objective, cuts: Sequence[float], rows: pd.DataFrame) -> float:
    assert objective.threshold is not None
    threshold = cut_value(cut_of(objective.threshold))
    below = sum(
        events * share_below(*bin_edges(int(number), cuts), threshold)
        for number, events in zip(rows["bin"], rows["events"], strict=True)
    )
    total = float(rows["events"].sum())
    return total - below if objective.threshold.above is not None else float(below)


def share_below(low: float, high: float, threshold: float) -> float:
    """The share of a bin below a threshold, as if its values were spread on a log scale."""
    if high <= threshold:
        return 1.0
    if low >= threshold or low <= 0:
        return 0.0
    return (math.log(threshold) - math.log(low)) / (math.log(high) - math.log(low))
