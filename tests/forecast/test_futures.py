"""What may follow a history: its mean, worked out by hand."""

import numpy as np
import pytest

from slo_core.forecast.coming import Coming
from slo_core.forecast.futures import futures


def test_the_mean_of_constant_failures_is_as_many_every_hour() -> None:
    # 10 of 1000 an hour: 10 after the first, 7200 after 720; with half the traffic half of them,
    # and where 1 % more fails of it, 5 + 5.
    found = futures(np.full(1440, 10.0), np.full(1440, 1000.0), 720, 0)
    assert found.mean[[0, -1]] == pytest.approx([10, 7200])
    half = np.full(720, 0.5)
    less = Coming(half, np.ones(720), np.zeros(720)).applied(found)
    more = Coming(half, np.ones(720), np.full(720, 0.01)).applied(found)
    assert (less.mean[-1], more.mean[-1]) == (pytest.approx(3600), pytest.approx(7200))


def test_what_was_never_seen_does_not_enter_the_mean() -> None:
    # One day in ten on which 1000 fail. Ten days to come repeat it once or twice at most, though
    # the random factors let far more fail in some of the futures.
    bad = np.zeros(240)
    bad[5 * 24 + 3] = 1000
    found = futures(bad, np.full(240, 2000.0), 240, 0)
    assert 0 < found.mean[-1] <= 2000
    assert found.weights @ found.bad[:, -1] > 1.5 * found.mean[-1]


def test_traffic_to_come_is_that_of_the_hour_of_the_week_lately() -> None:
    # Four weeks of 100, 200, 300 and 400 an hour; each counts twice as much as the one before:
    # (100 + 2 × 200 + 4 × 300 + 8 × 400) / 15 = 4900 / 15. Sundays have nothing.
    weeks = np.repeat([100.0, 200.0, 300.0, 400.0], 168)
    weeks[np.arange(672) % 168 >= 144] = 0
    valid = np.diff(futures(np.zeros(672), weeks, 336, 0).valid, prepend=0)
    expected = np.where(np.arange(336) % 168 < 144, 4900 / 15, 0)
    assert valid == pytest.approx(expected)


def test_traffic_of_under_two_weeks_has_the_rhythm_of_the_day() -> None:
    # 13 days of 24 an hour by night and 240 by day, the same each day.
    day = np.repeat([24.0, 240.0], 12)
    valid = np.diff(futures(np.zeros(312), np.tile(day, 13), 48, 0).valid, prepend=0)
    assert valid == pytest.approx(np.tile(day, 2))


def test_what_fails_each_day_at_an_hour_fails_then_in_every_future() -> None:
    # 24 of 1000 at 3 o'clock each day for 20 days: in 30 days 720 fail, an hour's each day. Days
    # are alike, so no future has more or less of them.
    bad = np.where(np.arange(480) % 24 == 3, 24.0, 0.0)
    found = futures(bad, np.full(480, 1000.0), 720, 0)
    assert found.bad[:, -1] == pytest.approx(720)
    hourly = np.diff(found.bad, prepend=0)
    # A future that begins at another time of day goes through its own day first.
    assert ((hourly > 0).sum(axis=1) == 30).all()
    assert found.weights.sum() == pytest.approx(1)
