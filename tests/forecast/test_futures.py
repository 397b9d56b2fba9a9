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
