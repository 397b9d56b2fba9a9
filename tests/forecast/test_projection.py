"""Worlds with a known answer, and what holds in any world."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from slo_core.errors import SloError
from slo_core.forecast import Projection, project_exhaustion
from slo_core.forecast.projection import EARLY, LATE

MONTH = 720
DAYS = 60 * 24

Counts = NDArray[np.float64]


def flat(hours: int, bad: float, valid: float = 1000.0) -> tuple[Counts, Counts]:
    """The same counts every hour."""
    return np.full(hours, bad), np.full(hours, valid)


def rolling(bad: Any, valid: Any, target: float = 0.99, **options: Any) -> Projection:
    return project_exhaustion(bad, valid, target=target, window_hours=MONTH, **options)


@pytest.mark.parametrize("hours", [48, 10 * 24, DAYS])
def test_constant_failures_spend_a_fixed_budget_at_the_exact_hour(hours: int) -> None:
    # 10 an hour; 1500 allowed, 500 spent: 1000 are left, which are gone at the end of hour 100.
    bad, valid = flat(hours, 10)
    found = rolling(bad, valid, allowed=1500, spent=500)
    assert (found.p10, found.p50, found.p90) == (100, 100, 100)
    assert found.probability == pytest.approx(1)
    assert found.recovery is None
    assert not found.exhausted


def test_a_fixed_budget_that_outlasts_the_horizon_does_not_run_out() -> None:
    # 10 an hour spend 7200 in 720 hours.
    bad, valid = flat(DAYS, 10)
    found = rolling(bad, valid, allowed=7210)
    assert (found.p10, found.p50, found.p90, found.probability) == (None, None, None, 0)
    assert rolling(bad, valid, allowed=7200).p50 == 720


def test_constant_failures_never_exhaust_a_rolling_budget_that_allows_them() -> None:
    # 8 of 1000 fail where 10 may: a fifth is left for ever. The straight line, which lets nothing
    # age out, has 1440 left and loses 8 an hour: it ends in 180 hours.
    bad, valid = flat(DAYS, 8)
    found = rolling(bad, valid)
    assert (found.p10, found.p90, found.probability) == (None, None, 0)


def test_a_new_level_above_the_budget_exhausts_a_rolling_one_when_the_window_fills() -> None:
    # For 60 days 2 an hour, since two days 20, of 10 allowed on average over 720 hours: 7200. Now
    # spent: 672 × 2 + 48 × 20 = 2304. An hour adds 20 and drops 2, so 4896 are gone in 272 hours
    # if it goes on; a projection must think that likely, though history knows no such week.
    bad, valid = flat(DAYS, 2)
    bad[-48:] = 20
    found = rolling(bad, valid)
    assert found.p10 is not None
    assert 200 <= found.p10 <= 400
    assert found.probability > 0.3


def test_a_burst_that_ages_out_gives_the_date_of_recovery() -> None:
    # 7200 are allowed. 8000 failed in the hour that began 500 hours before now, nothing else: that
    # hour leaves the window of 720 at the end of hour 221 from now.
    bad, valid = flat(DAYS, 0, 10_000)
    bad[-500] = 8000
    found = project_exhaustion(bad, valid, target=0.999, window_hours=MONTH)
    assert (found.p10, found.p50, found.p90, found.probability) == (0, 0, 0, 1)
    assert found.exhausted
    assert found.recovery == 221


def test_what_goes_on_failing_does_not_recover() -> None:
    bad, valid = flat(DAYS, 20)
    found = rolling(bad, valid)
    assert found.exhausted
    assert found.recovery is None


def test_nothing_left_is_exhausted_and_a_little_left_is_not() -> None:
    bad, valid = flat(DAYS, 1)
    assert rolling(bad, valid, allowed=100, spent=100).exhausted
    assert not rolling(bad, valid, allowed=100, spent=99.5).exhausted
    # Exactly on budget: 10 of 1000 where 10 may.
    assert rolling(*flat(DAYS, 10)).exhausted


def test_a_short_window_lets_coming_failures_age_out_too() -> None:
    # 5 of 1000 where 10 may, over a day: simulated hours leave the window within the horizon.
    bad, valid = flat(DAYS, 5)
    found = project_exhaustion(bad, valid, target=0.99, window_hours=24)
    assert (found.p50, found.probability) == (None, 0)


def test_no_failures_never_run_out() -> None:
    found = rolling(*flat(DAYS, 0))
    assert (found.p10, found.p50, found.p90, found.probability) == (None, None, None, 0)
    assert "no failures" in found.note


@pytest.mark.parametrize("options", [{}, {"allowed": 100}])
def test_no_traffic_is_no_date(options: dict[str, float]) -> None:
    found = rolling(*flat(DAYS, 0, 0), **options)
    assert (found.p10, found.p50, found.p90, found.probability) == (None, None, None, 0)
    assert found.note == "no traffic"


def test_under_a_day_of_history_it_declines_and_says_so() -> None:
    found = rolling(*flat(23, 1))
    assert found.p50 is None
    assert np.isnan(found.probability)
    assert "too little history" in found.note
    # That nothing is left is known all the same.
    spent = rolling(*flat(23, 1), allowed=100, spent=100)
    assert (spent.p10, spent.p50, spent.p90, spent.probability) == (0, 0, 0, 1)
    assert spent.exhausted
    assert "too little history" in spent.note


@pytest.mark.parametrize("hours", [24, 25, 47, 48, 49])
def test_a_day_or_two_of_history_is_enough_to_say_how_little_it_is(hours: int) -> None:
    # 10 an hour of 480: gone after 48 h.
    bad, valid = flat(hours, 10)
    found = rolling(bad, valid, allowed=480)
    assert (found.p10, found.p50, found.p90) == (48, 48, 48)
    assert found.probability == pytest.approx(1)
    assert "days of history" in found.note


def test_a_short_uneven_history_is_less_sure_than_a_long_one() -> None:
    # The same day, one failing hour in it, and every third day worse: after 12 days and after 360.
    day = np.zeros(24)
    day[9] = 100
    history = np.tile(np.concatenate([day, day, 4 * day]), 120)
    valid = np.full(len(history), 1000.0)
    long = rolling(history, valid, allowed=3000)
    short = rolling(history[-12 * 24 :], valid[-12 * 24 :], allowed=3000)
    assert long.p10 is not None
    assert long.p90 is not None
    assert short.p10 is not None
    assert "12 days" in short.note
    assert long.note == ""
    assert (short.p90 or 720) - short.p10 > long.p90 - long.p10


def test_lists_arrays_and_series_give_the_same() -> None:
    bad, valid = bursty(3, DAYS)
    arrays = rolling(bad, valid)
    assert rolling(list(bad), list(valid)) == arrays
    index = pd.date_range("2025-01-01", periods=len(bad), freq="h")
    assert rolling(pd.Series(bad, index), pd.Series(valid, index)) == arrays


def test_the_same_seed_gives_the_same_and_another_nearly_so() -> None:
    bad, valid = bursty(1, DAYS)
    first, again = rolling(bad, valid), rolling(bad, valid)
    other = rolling(bad, valid, seed=1)
    assert first == again
    assert first != other
    assert first.probability == pytest.approx(other.probability, abs=0.15)


def test_years_of_history_are_taken() -> None:
    bad, valid = bursty(2, 4 * 8760)
    found = rolling(bad, valid)
    assert 0 <= found.probability <= 1


def bursty(seed: int, hours: int) -> tuple[Counts, Counts]:
    """Day and week rhythm, a little background, and bursts of some hours."""
    rng = np.random.default_rng(seed)
    hour = np.arange(hours)
    valid = np.round(
        1000 * (1.2 + np.sin(hour * 2 * np.pi / 24)) * np.where(hour % 168 < 120, 1, 0.5)
    )
    rate = np.full(hours, 0.002)
    for start in rng.integers(0, hours, max(1, hours // 200)):
        rate[start : start + rng.integers(1, 10)] = rng.uniform(0.02, 0.5)
    return rng.binomial(valid.astype(int), rate).astype(float), valid


histories = st.integers(0, 10_000).map(lambda seed: bursty(seed, 24 * (20 + seed % 60)))


@given(histories, st.floats(1.0, 3.0))
def test_dates_are_in_order_and_agree_with_the_probability(
    history: tuple[Counts, Counts], share: float
) -> None:
    bad, valid = history
    found = rolling(bad, valid, 1 - min(0.5, share * bad[-MONTH:].sum() / valid[-MONTH:].sum()))
    dates = [np.inf if date is None else date for date in (found.p10, found.p50, found.p90)]
    assert dates == sorted(dates)
    assert 0 <= found.probability <= 1
    if not found.exhausted:
        assert all(date >= 1 for date in dates)
        assert (found.p50 is not None) == (found.probability >= 0.5 - 1e-9)
        assert (found.p10 is not None) == (found.probability >= EARLY - 1e-9)
        assert (found.p90 is not None) == (found.probability >= LATE - 1e-9)
    else:
        assert dates == [0, 0, 0]


@given(histories, st.floats(1.0, 4.0))
def test_more_already_spent_is_never_later(history: tuple[Counts, Counts], times: float) -> None:
    bad, valid = history
    allowed = times * bad.sum()
    before: list[float] = []
    for spent in (0.0, 0.3, 0.6, 0.9):
        found = rolling(bad, valid, allowed=allowed, spent=spent * allowed)
        dates = [999.0 if date is None else date for date in (found.p10, found.p50, found.p90)]
        dates.append(-found.probability)
        assert not before or all(a <= b + 1e-9 for a, b in zip(dates[1:], before[1:], strict=True))
        before = dates


@given(histories, st.sampled_from([None, 1.5, 3.0]))
def test_half_as_many_failures_more_are_never_later(
    history: tuple[Counts, Counts], times: float | None
) -> None:
    bad, valid = history[0], 2 * history[1]
    target = 1 - 1.5 * bad.sum() / valid.sum()
    allowed = None if times is None else times * float(bad[-MONTH:].sum())
    fewer, more = (rolling(counted, valid, target, allowed=allowed) for counted in (bad, 1.5 * bad))
    assert more.probability >= fewer.probability - 1e-9
    if fewer.p50 is not None:
        assert more.p50 is not None
        assert more.p50 <= fewer.p50


@given(
    st.one_of(histories, st.integers(1, 9).map(lambda bad: flat(DAYS, float(bad)))),
    st.integers(1, 24),
    st.sampled_from([0.01, 0.1, 1.0]),
    st.sampled_from([None, 1.0, 3.0]),
)
def test_more_failures_in_the_last_hours_are_never_later(
    history: tuple[Counts, Counts], hours: int, share: float, times: float | None
) -> None:
    bad, valid = history
    worse = bad.copy()
    worse[-hours:] += np.round(share * (valid - bad)[-hours:])
    target = 1 - 1.5 * bad.sum() / valid.sum()
    allowed = None if times is None else times * float(bad[-MONTH:].sum())
    spent = float((worse - bad).sum())
    before = rolling(bad, valid, target, allowed=allowed)
    after = rolling(worse, valid, target, allowed=allowed, spent=spent if allowed else 0)
    for name in ("p10", "p50", "p90"):
        old, new = getattr(before, name), getattr(after, name)
        assert old is None or (new is not None and new <= old)
    assert after.probability >= before.probability - 1e-9


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"bad": [1.0]}, "bad has 1 hour and valid 48"),
        ({"bad": np.full(48, -1.0)}, r"bad\[0\] is -1"),
        ({"bad": np.full(48, np.nan)}, r"bad\[0\] is nan"),
        ({"valid": np.full(48, np.inf)}, r"valid\[0\] is inf"),
        ({"bad": np.full(48, 11.0)}, r"bad\[0\] is 11 of 10 valid"),
        ({"bad": "many"}, "no list of hourly counts"),
        ({"bad": [[1.0]]}, "no list of hourly counts"),
        ({"target": 1.0}, "target is a share"),
        ({"target": 99.9}, "target is a share"),
        ({"target": float("nan")}, "target is a share"),
        ({"window_hours": 0}, "window_hours counts whole hours"),
        ({"horizon_hours": 1.5}, "horizon_hours counts whole hours"),
        ({"allowed": -1.0}, "allowed is an amount"),
        ({"allowed": np.inf}, "allowed is an amount"),
        ({"allowed": 1.0, "spent": float("nan")}, "spent is an amount"),
    ],
)
def test_what_is_no_history_is_refused_in_one_sentence(change: dict[str, Any], words: str) -> None:
    bad, valid = flat(48, 1, 10)
    good: dict[str, Any] = {"bad": bad, "valid": valid, "target": 0.9, "window_hours": 24}
    with pytest.raises(SloError, match=words):
        project_exhaustion(**(good | change))
