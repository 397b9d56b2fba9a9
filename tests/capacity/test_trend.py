"""Growth as a line through logarithms: by hand, and against scipy's own regression."""

import math
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from scipy.stats import linregress, t

from slo_core.capacity.trend import DAYS_A_MONTH, WEEK, fit, steady_since

START = datetime(2025, 1, 6)


def test_what_doubles_every_week_has_no_interval() -> None:
    trend = fit(np.array([100.0, 200, 400, 800, 1600]), START, 1.0)
    assert trend is not None
    assert trend.end == datetime(2025, 2, 10)
    # A month is 30.4 days: 2 ** (30.4375 / 7) times as much.
    assert trend.monthly == pytest.approx([2 ** (30.4375 / 7) - 1] * 3, rel=1e-6)
    # A week's figure stands for its middle.
    assert trend.at(START + 2.5 * WEEK) == pytest.approx([400.0] * 3, rel=1e-6)
    # At the end it is 100 × 2 ** 4.5 = 2,263, a week later 4,525: 3,200 are reached by then.
    assert trend.reaches(3200) == (trend.end + WEEK,) * 3
    assert trend.grows


def test_the_interval_is_that_of_a_regression() -> None:
    weekly = np.array([100.0, 130, 110, 160, 150, 190])
    trend = fit(weekly, START, 2.0)
    assert trend is not None
    found = linregress(np.arange(6), np.log(weekly))
    times = t.ppf(0.9, 4)
    low, middle, high = trend.monthly
    for own, sign in ((low, -1), (middle, 0), (high, 1)):
        slope = found.slope + sign * times * found.stderr
        assert own == pytest.approx(math.expm1(slope * DAYS_A_MONTH / 7))
    # A prediction for week 8 (place 7): the textbook's formula.
    rest = np.log(weekly) - (found.intercept + found.slope * np.arange(6))
    spread = math.sqrt((rest**2).sum() / 4)
    wide = spread * math.sqrt(1 + 1 / 6 + (7 - 2.5) ** 2 / 17.5)
    expected = [
        2 * math.exp(found.intercept + 7 * found.slope + sign * times * wide) for sign in (-1, 0, 1)
    ]
    assert trend.at(START + 7.5 * WEEK) == pytest.approx(expected)
    earliest, projected, latest = trend.reaches(600)
    assert earliest is not None
    assert projected is not None
    assert latest is not None
    assert earliest < projected < latest


@pytest.mark.parametrize("weekly", [[100.0, 200, 400], [100.0, 0, 200, 300], []])
def test_too_little_is_no_trend(weekly: list[float]) -> None:
    assert fit(np.array(weekly), START, 1.0) is None


def test_what_goes_up_and_down_alike_does_not_grow() -> None:
    trend = fit(np.array([100.0, 140, 100, 140, 100]), START, 1.0)
    assert trend is not None
    assert trend.grows is None


def days(*parts: tuple[int, float | None]) -> pd.Series:
    """So many days of each figure."""
    values = [figure for count, figure in parts for _ in range(count)]
    index = pd.date_range(START, periods=len(values), freq="D")
    return pd.Series(values, index=index, dtype=float)


@pytest.mark.parametrize(
    ("daily", "since"),
    [
        (days((40, 10), (30, 1000)), 40),  # a launch
        (days((40, 1000), (30, 10)), 40),  # what ended
        (days((20, 10), (20, 100), (20, 1000)), 40),  # the last jump counts
        (days((40, 10), (3, 1000), (30, 10)), 0),  # three odd days
        (days((40, 10), (20, None), (30, 12)), 0),  # a gap is no jump
        (days((40, 10), (30, 20)), 0),  # twice as much may be growth
        (days((5, 10), (5, 1000)), 0),  # too short to tell
        (days((10, None), (20, 10)), 10),
    ],
)
def test_the_time_that_is_like_today(daily: pd.Series, since: int) -> None:
    assert steady_since(daily) == (START + timedelta(days=since)).date()


def test_nothing_has_no_time() -> None:
    assert steady_since(days((10, None), (3, 0.0))) is None
