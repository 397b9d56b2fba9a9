"""Success on each platform, and how sure its rate is (the document's "98% per platform")."""

from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from slo_core.catalog import Journey, Objective
from slo_core.rollup import Rollup
from slo_core.sli.chance import wilson
from slo_core.sli.journeys import NOW, by_platform, count_page, of_platforms
from slo_core.sli.steps import DAY, starts
from slo_core.sli.windows import Window


@dataclass(frozen=True)
class Platforms:
    """An objective that each platform must meet, over its own window.

    ``rates``: ``platform``, ``good``, ``valid``, ``sli``, ``low`` and ``high`` (the interval of
    its rate), ``decides`` (False with too few valid events), the worst of those that decide first.
    ``days``: ``platform``, ``at`` (midnight), ``good``, ``valid``, ``sli``; a row for each
    platform and day, without valid events with nulls.
    """

    objective: Objective
    window: Window
    rates: pd.DataFrame
    days: pd.DataFrame

    @property
    def worst(self) -> str | None:
        """The platform with the lowest rate among those that decide."""
        names = self.rates.loc[self.rates["decides"], "platform"]
        return None if names.empty else str(names.iloc[0])


def platforms(
    rollup: Rollup,
    journey: Journey,
    objective: Objective,
    at: datetime,
    counts: pd.DataFrame | None = None,
) -> Platforms:
    """Each platform's rate over an objective's own window up to a moment, and day by day.

    ``counts`` is the second frame of `slo_core.sli.journeys.count_page`, where that was read.
    """
    window = Window(NOW, at - objective.window_length, at)
    if counts is None:
        counts = count_page(rollup, [window], [journey], DAY)[1]
    counts = counts[counts["window"] == of_platforms(journey, objective)]
    enough = rollup.catalog.rules.min_valid.value
    rates = by_platform(counts, of_platforms(journey, objective), journey.id, objective.id, enough)
    bounds = [wilson(row.good, row.valid) for row in rates.itertuples()]
    rates["low"] = [low for low, _ in bounds]
    rates["high"] = [high for _, high in bounds]
    index = pd.MultiIndex.from_product(
        [rates["platform"], starts(window.start, window.end, DAY)], names=["platform", "at"]
    )
    days = counts.groupby(["platform", "at"])[["good", "valid"]].sum().reindex(index)
    days = days.reset_index()
    days["sli"] = days["good"] / days["valid"]
    columns = ["platform", "good", "valid", "sli", "low", "high", "decides"]
    return Platforms(objective, window, rates[columns], days)
