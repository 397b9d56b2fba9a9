"""Does what people feel follow what is measured? Ratings beside the SLIs of their journeys.

The document's "User feedback on perceived performance". Days are compared, because a rating has no
request: a day's mean rating with the day's SLI of the journey's main objective, by their ranks,
since one day of an outage would decide any straight line alone.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from slo_core.catalog import Catalog, Journey, Objective, Success
from slo_core.review.targets import Counted
from slo_core.sli.chance import CONFIDENCE
from slo_core.sli.ratings import STARS, ratings

FEW_DAYS = 10
"""With fewer days that have ratings and a figure, an interval would reach from nowhere to all."""

FEW_RATINGS = 5
"""A day with fewer has a mean that one person decides, and is left out of the comparison."""

_RESAMPLES = 2_000
_SEED = 20_250_131  # the same review has the same figures each time


def main_objective(catalog: Catalog, journey: Journey) -> Objective:
    """The objective that speaks for a journey: the budgeted one, else its success, else its first.

    Of success that is measured on each platform apart there is none that speaks for all.
    """
    budget = catalog.budget(journey.id)
    if budget is not None:
        return catalog.objective(journey.id, budget.objective)
    plain = [it for it in journey.objectives if not it.per_platform]
    successes = [it for it in plain if isinstance(it.indicator, Success)]
    return next(iter([*successes, *plain, *journey.objectives]))


def feedback(counted: Counted) -> tuple[list[dict[str, Any]], pd.DataFrame]:
    """Each rated journey's month against the month before, and its days.

    The rows are those of the review's frame ``feedback``; the frame has ``day``, ``journey``,
    ``ratings``, ``mean`` and ``sli``, a row for each day that has either.
    """
    rollup, month = counted.rollup, counted.month
    found = ratings(rollup, month.back(1).start, month.until)
    rows, days = [], []
    rated = [it for it in rollup.catalog.journeys if (found["journey"] == it.id).any()]
    # Of many journeys one stands out by chance alone: all intervals hold together (Bonferroni).
    confidence = 1 - (1 - CONFIDENCE) / max(len(rated), 1)
    for journey in rated:
        own = found[found["journey"] == journey.id]
        objective = main_objective(rollup.catalog, journey)
        now, before = own[own["day"] >= month.start], own[own["day"] < month.start]
        daily = _daily(now, counted.daily(journey, objective)).assign(journey=journey.id)
        days.append(daily)
        low, high = difference(now[list(STARS)].sum(), before[list(STARS)].sum(), confidence)
        rows.append(
            {
                "journey": journey.id,
                "objective": objective.id,
                **_summed(now, ""),
                **_summed(before, "_before"),
                "low_ratings": now[["ones", "twos"]].sum().sum(),
                "change_low": low,
                "change_high": high,
                **followed(daily, confidence),
            }
        )
    return rows, pd.concat(days, ignore_index=True) if days else pd.DataFrame()


def _summed(rows: pd.DataFrame, suffix: str) -> dict[str, float | None]:
    number = float(rows["ratings"].sum())
    mean = float(rows["total"].sum()) / number if number else None
    return {f"ratings{suffix}": number, f"mean{suffix}": mean}


def _daily(now: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    """Each day's mean rating beside its SLI; either is null where there was nothing."""
    rated = now.assign(mean=now["total"] / now["ratings"])[["day", "ratings", "mean"]]
    known = counts[counts["valid"] > 0]
    slis = pd.DataFrame({"day": known["at"], "sli": known["good"] / known["valid"]})
    return rated.merge(slis, how="outer", on="day").sort_values("day", ignore_index=True)


def followed(daily: pd.DataFrame, confidence: float = CONFIDENCE) -> dict[str, Any]:
    """How far ratings follow the SLI from day to day: Spearman's rank correlation, -1 to 1.

    ``daily`` has ``ratings``, ``mean``, ``sli``. ``days`` counts those that are compared, ``low``
    and ``high`` are a bootstrap interval over days; where they are null ``why_not`` says why.
    """
    days = daily[(daily["ratings"] >= FEW_RATINGS) & daily["mean"].notna() & daily["sli"].notna()]
    answer: dict[str, Any] = {"days": len(days), "why_not": None}
    answer |= dict.fromkeys(("correlation", "correlation_low", "correlation_high"))
    if len(days) < FEW_DAYS:
        return answer | {"why_not": "too few days to say"}
    mean, sli = (days[name].to_numpy(dtype=float) for name in ("mean", "sli"))
    if np.ptp(sli) == 0 or np.ptp(mean) == 0:
        flat = "the SLI" if np.ptp(sli) == 0 else "the rating"
        return answer | {"why_not": f"{flat} was the same every day"}
    low, high = _interval(mean, sli, confidence)
    rho = float(rank_correlation(mean, sli))
    return answer | {"correlation": rho, "correlation_low": low, "correlation_high": high}


def rank_correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Spearman's correlation along the last axis; NaN where either has one value alone."""
    a, b = (it - it.mean(axis=-1, keepdims=True) for it in map(_ranks, (one, other)))
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = np.sqrt((a**2).sum(axis=-1) * (b**2).sum(axis=-1))
        found: NDArray[np.float64] = (a * b).sum(axis=-1) / spread
    return found


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks along the last axis, ties in the middle of their places: days are few."""
    lower = values[..., :, None] > values[..., None, :]
    same = values[..., :, None] == values[..., None, :]
    ranks: NDArray[np.float64] = lower.sum(axis=-1) + (same.sum(axis=-1) + 1) / 2
    return ranks


def _interval(
    mean: NDArray[np.float64], sli: NDArray[np.float64], confidence: float
) -> tuple[float, float]:
    """What rank correlation other such days might have had: days drawn anew."""
    drawn = np.random.default_rng(_SEED).integers(len(mean), size=(_RESAMPLES, len(mean)))
    # Days drawn anew may all be alike: such a draw says nothing of how the two go together.
    edges = np.nanquantile(
        rank_correlation(mean[drawn], sli[drawn]), [(1 - confidence) / 2, (1 + confidence) / 2]
    )
    return float(edges[0]), float(edges[1])


def difference(
    now: Iterable[float], before: Iterable[float], confidence: float = CONFIDENCE
) -> tuple[float | None, float | None]:
    """The interval of the change of the mean rating: Welch's, from whole stars.

    Arguments are how many ratings of each star there were. Nulls where either has fewer than
    ``FEW_RATINGS`` ratings, or none that differs.
    """
    means, errors, freedoms = [], [], []
    for counts in (now, before):
        amounts = np.array(list(counts), dtype=float)
        stars, number = np.arange(1, len(amounts) + 1), amounts.sum()
        if number < FEW_RATINGS:
            return None, None
        mean = (amounts * stars).sum() / number
        error = (amounts * (stars - mean) ** 2).sum() / (number - 1) / number
        means.append(mean)
        errors.append(error)
        freedoms.append(number - 1)
    if not sum(errors):
        return None, None
    from scipy.special import stdtrit

    freedom = sum(errors) ** 2 / sum(
        error**2 / free for error, free in zip(errors, freedoms, strict=True)
    )
    reach = stdtrit(freedom, (1 + confidence) / 2) * np.sqrt(sum(errors))
    change = means[0] - means[1]
    return float(change - reach), float(change + reach)
