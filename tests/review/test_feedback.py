"""Whether ratings follow what is measured: against a second computation, and where none can say."""

from random import Random

import numpy as np
import pandas as pd
import pytest

from slo_core.catalog import Catalog
from slo_core.review.feedback import difference, followed, main_objective, rank_correlation
from tests.small import SHOP, STUDIO


def days(mean: list[float], sli: list[float], ratings: float = 20) -> pd.DataFrame:
    return pd.DataFrame({"ratings": ratings, "mean": mean, "sli": sli})


def naive_spearman(one: list[float], other: list[float]) -> float:
    """Ranks by counting, each tie in the middle of its places; then Pearson's by definition."""

    def ranks(values: list[float]) -> list[float]:
        return [sum(it < v for it in values) + (values.count(v) + 1) / 2 for v in values]

    a, b = ranks(one), ranks(other)
    mean_a, mean_b = sum(a) / len(a), sum(b) / len(b)
    top = sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b, strict=True))
    spread = sum((x - mean_a) ** 2 for x in a) * sum((y - mean_b) ** 2 for y in b)
    return float(top / spread**0.5)


def test_the_correlation_is_spearmans() -> None:
    random = Random(5)
    mean = [round(random.uniform(1, 5), 1) for _ in range(31)]
    sli = [round(random.uniform(0.98, 1), 3) for _ in range(31)]
    found = rank_correlation(np.array(mean), np.array(sli))
    assert float(found) == pytest.approx(naive_spearman(mean, sli))


def test_ratings_that_fall_with_the_sli_follow_it() -> None:
    # The same order on every day: any days drawn anew have it too.
    found = followed(days([1 + n / 10 for n in range(30)], [0.9 + n / 1000 for n in range(30)]))
    assert (found["days"], found["why_not"]) == (30, None)
    assert found["correlation"] == pytest.approx(1)
    assert found["correlation_low"] == pytest.approx(1)


def test_ratings_by_chance_follow_nothing_and_say_so_alike_each_time() -> None:
    random = Random(1)
    mean, sli = ([random.random() for _ in range(30)] for _ in range(2))
    found = followed(days(mean, sli))
    assert found["correlation_low"] < 0 < found["correlation_high"]
    assert found == followed(days(mean, sli))


@pytest.mark.parametrize(
    ("frame", "number", "why"),
    [
        (days([1 + n / 10 for n in range(9)], [n / 10 for n in range(9)]), 9, "too few days"),
        (days([1 + n / 10 for n in range(30)], [n / 30 for n in range(30)], 4), 0, "too few days"),
        (days([1 + n / 10 for n in range(30)], [1.0] * 30), 30, "the SLI was the same every day"),
        (days([4.0] * 30, [n / 30 for n in range(30)]), 30, "the rating was the same every day"),
    ],
)
def test_where_nobody_can_say_it_is_said_why(frame: pd.DataFrame, number: int, why: str) -> None:
    found = followed(frame)
    assert found["days"] == number
    assert why in found["why_not"]
    assert found["correlation"] is None


def test_days_without_either_are_not_compared() -> None:
    mean = [1 + n / 10 for n in range(12)]
    sli: list[float] = [0.9 + n / 1000 for n in range(12)]
    mean[3], sli[5] = float("nan"), float("nan")
    assert followed(days(mean, sli))["days"] == 10
    assert followed(days(mean, sli, 5))["days"] == 10  # five ratings are enough of a day


def test_the_change_of_a_mean_is_welchs_interval() -> None:
    # Six ones and six twos after six twos and six threes: one star less. Each has a variance of
    # 3 / 11, so the error is sqrt(2 * 3 / 11 / 12) = 0.2132, of 22 degrees of freedom, of which
    # 95 % lie within 2.0739.
    low, high = difference([6, 6, 0, 0, 0], [0, 6, 6, 0, 0])
    assert low == pytest.approx(-1 - 2.0739 * 0.21320, abs=1e-4)
    assert high == pytest.approx(-1 + 2.0739 * 0.21320, abs=1e-4)


@pytest.mark.parametrize(
    ("now", "before"),
    [([0, 0, 0, 0, 4], [0, 0, 0, 0, 9]), ([0, 0, 0, 0, 9], [0, 0, 9, 0, 0]), ([0] * 5, [0] * 5)],
)
def test_too_few_ratings_or_none_that_differ_have_no_interval(
    now: list[float], before: list[float]
) -> None:
    assert difference(now, before) == (None, None)


@pytest.mark.parametrize("catalog", [STUDIO, SHOP])
def test_every_journey_has_an_objective_that_speaks_for_it(catalog: Catalog) -> None:
    for journey in catalog.journeys:
        assert main_objective(catalog, journey) in journey.objectives
        budget = catalog.budget(journey.id)
        if budget:
            assert main_objective(catalog, journey).id == budget.objective


def test_of_many_journeys_each_needs_more_to_stand_out() -> None:
    one = difference([6, 6, 0, 0, 0], [0, 6, 6, 0, 0])
    of_eight = difference([6, 6, 0, 0, 0], [0, 6, 6, 0, 0], 1 - 0.05 / 8)
    assert of_eight[0] < one[0] < one[1] < of_eight[1]  # type: ignore[operator]
