"""Is each objective still relevant? What its months say, who noticed, and what it ever decided.

The document's "SLO relevance validation". Months are those of the monthly review: calendar months,
each the ratio of its sums, held against what was promised at its end.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from slo_core.catalog import (
    Availability,
    Journey,
    Latency,
    Measurement,
    Objective,
)
from slo_core.register import read_incidents, read_maintenance
from slo_core.review.corrected import without
from slo_core.review.decided import Decided, Decisions
from slo_core.review.feedback import FEW_RATINGS, difference
from slo_core.review.quarter import Quarter
from slo_core.review.targets import Counted, count_months
from slo_core.review.targets import months as by_month
from slo_core.rollup import Rollup
from slo_core.sli.chance import CONFIDENCE
from slo_core.sli.corrections import Corrections
from slo_core.sli.counts import Span, series, span_counts
from slo_core.sli.histograms import histograms
from slo_core.sli.percentiles import of_objective, percentile
from slo_core.sli.ratings import STARS, ratings
from slo_core.sli.steps import DAY
from slo_core.sli.windows import Window

KEPT = 0.9
"""The share of months that the tightest figure would have been kept in: nine of ten."""

FEW_MONTHS = 3
"""With fewer months an interval would say nothing."""

MANY_MONTHS = 10
"""In fewer months nine of ten are all of them."""

_RATED = ("ratings", "total", *STARS)
_UNRATED = (np.zeros(0, dtype="datetime64[us]"), np.zeros((0, len(_RATED))))

_RESAMPLES = 2_000
_SEED = 20_250_331  # the same review has the same figures each time


@dataclass(frozen=True)
class Tightest:
    """What ``months`` of history would have kept in nine of ten.

    ``figure`` is in the objective's own unit: a threshold for percentiles, a target for the rest.
    ``low`` and ``high`` are a bootstrap interval over months at `CONFIDENCE`, the strict side and
    the slack one as numbers; None with fewer than `FEW_MONTHS`.
    """

    figure: float
    low: float | None
    high: float | None
    months: int


@dataclass(frozen=True)
class Noticed:
    """Whether anyone noticed the days of the quarter on which too much was bad.

    ``days`` are those; ``rating`` and ``rating_else`` the mean rating on them and on the others,
    ``low`` and ``high`` the interval of the difference; None without enough ratings. ``incidents``
    are those of the journey on such days. ``answer`` is None where nobody can tell.
    """

    days: int
    rating: float | None
    rating_else: float | None
    low: float | None
    high: float | None
    incidents: int
    answer: bool | None


@dataclass(frozen=True)
class Relevance:
    """One objective over a quarter, and over up to twelve months before its end.

    ``months``: ``month``, ``target``, ``good``, ``valid``, ``sli``, ``met`` (null without data),
    ``value`` (in the document's own terms, infinite among timeouts), ``used`` (bad over allowed),
    ``enough`` (its traffic allows at least one bad event: fewer events tell nothing).
    ``platforms``: ``month``, ``platform``, ``good``, ``valid`` of the quarter's months.
    """

    journey: Journey
    objective: Objective
    months: pd.DataFrame
    platforms: pd.DataFrame
    tightest: Tightest | None
    noticed: Noticed
    decided: Decided
    quarter: Quarter

    @cached_property
    def known(self) -> pd.DataFrame:
        """The months that have enough valid events to tell."""
        return self.months[self.months["enough"]]

    @property
    def met(self) -> int:
        """In how many of those it was met."""
        return int(self.known["met"].eq(True).sum())

    @property
    def missed_now(self) -> tuple[str, ...]:
        """The months of the quarter in which it was missed."""
        own = self.known[self.known["month"].isin([it.name for it in self.quarter.months])]
        return tuple(own.loc[own["met"].eq(False), "month"])

    @property
    def has_data(self) -> bool:
        """Whether the quarter has months that can tell."""
        names = [it.name for it in self.quarter.months]
        return bool(self.known["month"].isin(names).any())

    @property
    def headroom(self) -> float | None:
        """What the median month left of what it allowed, as a share; negative where overspent."""
        used = self.known["used"].median()
        return None if used != used else float(1 - used)


def relevance(
    rollup: Rollup,
    quarter: Quarter,
    decided: Decisions,
    corrections: Corrections | None = None,
) -> list[Relevance]:
    """Every objective of the catalogue of the quarter's end, in the document's order.

    ``decided`` is what they decided. With ``corrections`` it is those objectives alone that they
    touch, without what they leave out.
    """
    maintenance = read_maintenance(rollup.store.root)
    month = quarter.last_month
    strip = list(month.strip())
    whole = Window("", strip[0].start, quarter.until)
    asked = [
        pair
        for pair in rollup.catalog.objectives
        if corrections is None or corrections.touches(pair[0].id, whole)
    ]
    if not asked:
        return []
    counted = count_months(rollup, month, maintenance)
    if corrections:
        counted = without(counted, corrections)
    frame = pd.DataFrame(by_month(counted))
    read = corrections.histograms(rollup, strip) if corrections else histograms(rollup, strip)
    histogram = dict(list(read.groupby("journey")))
    # Each is taken apart once: filters for each objective cost more than all queries.
    days = _Days(_by_day(rollup, quarter, corrections))
    by_objective = dict(list(frame.groupby(["journey", "objective"], sort=False)))
    noticed = _Notice(rollup, quarter, counted, days)
    found = []
    for journey, objective in asked:
        own = by_objective[journey.id, objective.id]
        own = own.drop(columns=["journey", "objective"]).reset_index(drop=True)
        own["value"] = _values(rollup, journey, objective, own, histogram)
        allowed = own["valid"] * (1 - own["target"])
        own["enough"] = allowed * (1 + 1e-9) >= 1
        own["used"] = ((own["valid"] - own["good"]) / allowed).where(own["valid"] > 0)
        platforms = days.platforms(journey, objective)
        found.append(
            Relevance(
                journey,
                objective,
                own,
                platforms,
                tightest(objective, own[own["enough"]]),
                noticed.of(journey, objective, own),
                decided.of(journey, objective),
                quarter,
            )
        )
    return found


def _by_day(rollup: Rollup, quarter: Quarter, corrections: Corrections | None) -> pd.DataFrame:
    """What was counted on each day of the quarter; with corrections, of what is left of it."""
    if corrections is None:
        return series(rollup, quarter.start, quarter.until, DAY)
    window = Window("", quarter.start, quarter.until)
    return span_counts(
        rollup,
        [
            Span(part, DAY, [(journey, it.id) for it in rollup.catalog.journey(journey).objectives])
            for journey in corrections.journeys(rollup.catalog)
            for part in corrections.left(journey, window)
        ],
    ).drop(columns="window")


def _values(
    rollup: Rollup,
    journey: Journey,
    objective: Objective,
    months: pd.DataFrame,
    histogram: Mapping[str, pd.DataFrame],
) -> list[float]:
    """Each month's figure in the document's own terms; infinite where it falls among timeouts."""
    if not isinstance(objective.indicator, Latency | Measurement):
        return [float("nan") if sli is None or sli != sli else float(sli) for sli in months["sli"]]
    windows: dict[Any, pd.DataFrame] = {}
    if journey.id in histogram:
        rows = of_objective(histogram[journey.id], journey, objective)
        windows = dict(list(rows.groupby("window")))
    found = []
    for row in months.itertuples():
        value = float("nan")
        if row.valid > 0 and row.month in windows:
            own = percentile(rollup, journey, objective, windows[row.month], row.valid)
            value = math.inf if own.value is None else own.value
        found.append(value)
    return found


def tightest(objective: Objective, months: pd.DataFrame) -> Tightest | None:
    """The strictest figure that nine of ten of some months would have kept; None without any.

    In fewer than ten months nine of ten are all of them. Months are drawn anew for the interval, so
    it does not know of what no month has seen.
    """
    values = months["value"].dropna().to_numpy(dtype=float)
    count = len(values)
    if not count:
        return None
    less_is_better = objective.threshold is not None and isinstance(
        objective.indicator, Latency | Measurement
    )
    less_is_better = less_is_better and objective.threshold.below is not None  # type: ignore[union-attr]
    # Turned so that more is better; of the months the worst tenth may be missed.
    turned = -values if less_is_better else values
    place = int(count * (1 - KEPT) + 1e-9)
    best = _nth(turned, place)
    low = high = None
    if count >= FEW_MONTHS:
        drawn = np.random.default_rng(_SEED).choice(turned, size=(_RESAMPLES, count))
        stats = np.sort(drawn, axis=1)[:, place]
        edges = np.quantile(stats, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2], method="nearest")
        low, high = sorted(float(-it if less_is_better else it) for it in edges)
    return Tightest(-best if less_is_better else best, low, high, count)


def _nth(values: NDArray[np.float64], place: int) -> float:
    return float(np.sort(values)[place])


class _Days:
    """The quarter day by day: what `series` counted, by objective."""

    def __init__(self, days: pd.DataFrame) -> None:
        month = days["at"].to_numpy().astype("datetime64[M]").astype(str)
        days = days.assign(month=month.astype(object))
        self._platforms = _Summed(days[days["platform"].notna()], ["month", "platform"])
        self._whole = _Summed(days, ["at"])

    def platforms(self, journey: Journey, objective: Objective) -> pd.DataFrame:
        """Good and valid of each month and platform; none where no event names one."""
        return self._platforms.of(journey, objective)

    def whole(self, journey: Journey, objective: Objective) -> pd.DataFrame:
        """Good and valid of each day, over all platforms together."""
        return self._whole.of(journey, objective)


class _Summed:
    """Good and valid of every objective, summed by some columns at once."""

    def __init__(self, rows: pd.DataFrame, by: list[str]) -> None:
        keys = ["journey", "objective"]
        summed = rows.groupby([*keys, *by], as_index=False)[["good", "valid"]].sum()
        self._none = summed.iloc[:0].drop(columns=keys)
        self._own = {
            key: own.drop(columns=keys).reset_index(drop=True) for key, own in summed.groupby(keys)
        }

    def of(self, journey: Journey, objective: Objective) -> pd.DataFrame:
        """The rows of one objective; none where it had no event."""
        return self._own.get((journey.id, objective.id), self._none)


class _Notice:
    """Ratings and incidents of the quarter, held against an objective's bad days."""

    def __init__(self, rollup: Rollup, quarter: Quarter, counted: Counted, days: _Days) -> None:
        self.catalog, self.quarter, self.counted = rollup.catalog, quarter, counted
        self.days = days
        # By journey: each objective of it asks for the same.
        rated = ratings(rollup, quarter.start, quarter.until)
        self.days_rated = {
            str(journey): (rows["day"].to_numpy(), rows[list(_RATED)].to_numpy(dtype=float))
            for journey, rows in rated.groupby("journey")
        }
        self.incidents = read_incidents(rollup.store.root)
        self.incidents = self.incidents[self.incidents["merged_into"].isna()]

    def of(self, journey: Journey, objective: Objective, months: pd.DataFrame) -> Noticed:
        targets = months.set_index("month")["target"]
        least = self.catalog.rules.min_failures.value
        bad = bad_days(self._daily(journey, objective), targets, least)
        days, rated = self.days_rated.get(journey.id, _UNRATED)
        on = np.isin(days, np.array(bad, dtype=days.dtype))
        told, others = (rated[it].sum(axis=0) for it in (on, ~on))
        low, high = difference(told[2:], others[2:])
        incidents = sum(
            journey.id in it.journeys and self._touches(it, bad)
            for it in self.incidents.itertuples()
        )
        mean, other = (_mean(it[0], it[1]) for it in (told, others))
        return Noticed(
            len(bad), mean, other, low, high, incidents, answer_of(len(bad), high, incidents)
        )

    def _daily(self, journey: Journey, objective: Objective) -> pd.DataFrame:
        if isinstance(objective.indicator, Availability):
            frame = self.counted.lines[objective.indicator.scope].series(DAY)
            return frame[frame["at"] >= self.quarter.start]
        return self.days.whole(journey, objective)

    def _touches(self, incident: Any, days: Sequence[pd.Timestamp]) -> bool:
        start, end = incident.started_at, incident.ended_at
        end = self.quarter.until if pd.isna(end) else end
        return any(start < day + DAY and end > day for day in days)


def bad_days(daily: pd.DataFrame, targets: pd.Series, least: int) -> list[pd.Timestamp]:
    """Days with more bad events than their traffic allows, and at least ``least`` of them.

    ``daily`` has ``at``, ``good`` and ``valid``; ``targets`` are by month, ``2025-03``: a day is
    held against what was promised then.
    """
    bad = daily["valid"] - daily["good"]
    promised = daily["at"].dt.strftime("%Y-%m").map(targets).astype(float)
    allowed = (1 - promised) * daily["valid"]
    return list(daily.loc[(bad > allowed * (1 + 1e-9)) & (bad >= least), "at"])


def answer_of(days: int, high: float | None, incidents: int) -> bool | None:
    """Whether anyone noticed: an incident, or ratings that were lower beyond chance.

    None where there was nothing to notice, or nobody to tell. ``high`` is the upper end of the
    interval of the ratings' difference.
    """
    if not days:
        return None
    if incidents or (high is not None and high < 0):
        return True
    return None if high is None else False


def _mean(number: float, total: float) -> float | None:
    return float(total / number) if number >= FEW_RATINGS else None
