"""Generated failure histories, each with a character of its own: hourly failures and requests."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Random = np.random.Generator

YEAR = 8760
_TWO_YEARS = 2 * YEAR


def traffic(rng: Random, hours: int = _TWO_YEARS) -> Floats:
    """Requests an hour: days, quieter weekends, a year's growth."""
    hour = np.arange(hours)
    day = 1 + rng.uniform(0.3, 0.7) * np.sin(2 * np.pi * (hour - 9) / 24)
    week = np.where(hour // 24 % 7 >= 5, rng.uniform(0.4, 0.9), 1.0)
    growth = np.exp(rng.uniform(0, 0.5) * hour / YEAR)
    return np.round(10 ** rng.uniform(2.5, 4) * day * week * growth)


def bursts(rng: Random, hours: int, per_month: float, severity: float) -> Floats:
    """Failure rates of incidents: some hours long, some a day, often one after another."""
    rate = np.zeros(hours)
    for start in np.flatnonzero(rng.random(hours) < per_month / 720):
        for repeat in range(1 + rng.geometric(0.6) - 1):
            begin = int(start + repeat * rng.exponential(40))
            length = int(min(72, 1 + rng.pareto(1.5)))
            rate[begin : begin + length] += severity * rng.lognormal(0, 0.8)
    return rate


def steady(rng: Random, hours: int) -> Floats:
    """Always about the same rate."""
    return np.full(hours, 10 ** rng.uniform(-3.5, -2)) * rng.gamma(8, 1 / 8, hours)


def bursty(rng: Random, hours: int) -> Floats:
    """Little fails, but for incidents."""
    return 0.0005 + bursts(rng, hours, rng.uniform(1, 8), 10 ** rng.uniform(-2, -0.5))


def level_shift(rng: Random, hours: int) -> Floats:
    """From time to time a release changes the level for weeks."""
    rate, now = np.zeros(hours), 0
    while now < hours:
        length = int(rng.exponential(24 * 25)) + 24
        rate[now : now + length] = 0.002 * rng.lognormal(0, 0.9)
        now += length
    return rate * rng.gamma(6, 1 / 6, hours) + bursts(rng, hours, 1, 0.02)


def seasonal(rng: Random, hours: int) -> Floats:
    """Failures follow load: worse by day, on working days, and in some months."""
    hour = np.arange(hours)
    day = np.exp(1.2 * np.sin(2 * np.pi * (hour - 11) / 24))
    week = np.where(hour // 24 % 7 >= 5, 0.4, 1.0)
    year = np.exp(0.8 * np.sin(2 * np.pi * hour / YEAR + rng.uniform(0, 6)))
    return 0.002 * day * week * year * rng.gamma(5, 1 / 5, hours) + bursts(rng, hours, 1, 0.02)


def slow_leak(rng: Random, hours: int) -> Floats:
    """The rate creeps up for weeks until somebody mends it."""
    rate, now = np.zeros(hours), 0
    while now < hours:
        length = int(rng.uniform(20, 90) * 24)
        climb = np.exp(np.linspace(0, rng.uniform(1, 2.5), length))
        rate[now : now + length] = climb[: hours - now]
        now += length
    return 0.001 * rate * rng.gamma(6, 1 / 6, hours)


def recovering(rng: Random, hours: int) -> Floats:
    """Every other month something breaks badly, and gets better over a week or two."""
    hour, rate = np.arange(hours), np.full(hours, 0.0008)
    for start in np.flatnonzero(rng.random(hours) < 1 / (24 * 50)):
        age = (hour - start).clip(0)
        decay = np.exp(-age / (24 * rng.uniform(2, 12)))
        rate += np.where(hour >= start, 0.01 * rng.lognormal(0, 0.7) * decay, 0)
    return rate * rng.gamma(6, 1 / 6, hours)


WORLDS: dict[str, Callable[[Random, int], Floats]] = {
    "steady": steady,
    "bursty": bursty,
    "level shift": level_shift,
    "seasonal": seasonal,
    "slow leak": slow_leak,
    "recovering": recovering,
}


def make(name: str, seed: int) -> tuple[Floats, Floats]:
    """Hourly failures and requests of two years."""
    rng = np.random.default_rng([seed, list(WORLDS).index(name)])
    valid = traffic(rng)
    rate = np.clip(WORLDS[name](rng, len(valid)), 0, 1)
    return rng.binomial(valid.astype(int), rate).astype(float), valid
