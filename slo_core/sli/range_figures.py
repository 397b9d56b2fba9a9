"""Each objective's figure over a range, in the document's own terms, and over the one before."""

import pandas as pd

from slo_core.catalog import Availability, Journey, Latency, Measurement
from slo_core.rollup import Rollup
from slo_core.sli.journeys import BEFORE, NOW, total
from slo_core.sli.percentiles import of_objective, percentile

_COLUMNS = ["objective", "window", "good", "valid", "sli", "value", "value_above"]


def range_figures(
    rollup: Rollup,
    counts: pd.DataFrame,
    histogram: pd.DataFrame,
    journey: Journey,
    platform: str | None = None,
) -> pd.DataFrame:
    """A row for each of a journey's objectives and each range, but for availability.

    ``counts`` is of `slo_core.sli.journeys.count_ranges`, ``histogram`` of
    `slo_core.sli.histograms.histograms` on the same platform. Columns ``objective``, ``window``
    (`NOW` or `BEFORE`), ``good``, ``valid``, ``sli``, ``value`` and ``value_above`` as in DESIGN 3;
    null without valid events. Where each platform must hold, it is the worst one's.
    """
    enough = rollup.catalog.rules.min_valid.value
    rows = []
    for objective in journey.objectives:
        if isinstance(objective.indicator, Availability):
            continue
        for window in (NOW, BEFORE):
            good, valid = total(counts, window, journey, objective, platform, enough)
            sli = good / valid if valid else None
            value, above = sli, None
            if isinstance(objective.indicator, Latency | Measurement):
                own = histogram[histogram["window"] == window]
                found = percentile(
                    rollup, journey, objective, of_objective(own, journey, objective), valid
                )
                value, above = found.value, found.above
            elif sli is not None and objective.threshold is not None:
                value = (valid - good) / valid
            rows.append((objective.id, window, good, valid, sli, value, above))
    numbers = dict.fromkeys(_COLUMNS[2:], "float64")
    return pd.DataFrame(rows, columns=_COLUMNS).astype(numbers)
