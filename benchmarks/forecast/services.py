"""Generated outages of services: hourly, years long, bursty, each kind with its own mechanism.

The model's numbers were chosen on the kinds in `CHOSEN_ON`; those in `HELD_OUT` took no part in it.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchmarks.forecast.worlds import YEAR, Random, traffic

Floats = NDArray[np.float64]

DAY, MONTH = 24, 720


def fail(rate: Floats, start: float, hours: float, share: float = 1.0) -> None:
    """Let a share of everything fail for a time, from a moment in hours; parts of hours count."""
    end = min(start + hours, len(rate))
    first, last = int(start), int(np.ceil(end))
    hour = np.arange(first, last)
    inside = np.minimum(hour + 1, end) - np.maximum(hour, start)
    rate[first:last] = np.minimum(1.0, rate[first:last] + share * inside)


def moments(rng: Random, per_hour: Floats) -> Floats:
    """When incidents begin, by how many are to be expected in each hour."""
    hours = np.flatnonzero(rng.random(len(per_hour)) < per_hour)
    return hours + rng.random(len(hours))


def heavy(rng: Random, shape: float, least: float, most: float) -> float:
    """A length with a heavy tail."""
    return float(min(most, least * (1 + rng.pareto(shape))))


# --- kinds on which the model's numbers were chosen


def self_exciting(rng: Random, hours: int) -> Floats:
    """An outage brings others in the hours and days after it."""
    rate, begun = np.zeros(hours), rng.uniform(0.4, 3) / MONTH
    each, within = rng.uniform(0.3, 0.75), rng.uniform(6, 120)
    shape, least = rng.uniform(0.9, 1.8), 10 ** rng.uniform(-1.3, 0)
    waiting = list(moments(rng, np.full(hours, begun)))
    while waiting:
        start = waiting.pop()
        share = 1.0 if rng.random() < 0.5 else rng.uniform(0.02, 1)
        fail(rate, start, heavy(rng, shape, least, 240), share)
        after = start + rng.exponential(within, rng.poisson(each))
        waiting += list(after[after < hours])
    return rate


def lone(rng: Random, hours: int) -> Floats:
    """Single outages; lengths and gaps both have heavy tails."""
    rate, now = np.zeros(hours), 0.0
    shape, gaps, gap = rng.uniform(0.8, 1.5), rng.uniform(1.1, 2), rng.uniform(40, 400)
    least = 10 ** rng.uniform(-1, 0.3)
    while (now := now + gap * rng.pareto(gaps) + 1) < hours:
        fail(rate, now, heavy(rng, shape, least, 300), rng.choice([1, 1, 0.3, 0.05]))
    return rate


def regimes(rng: Random, hours: int) -> Floats:
    """Good months and bad weeks, between which the number of incidents changes."""
    expected, now, bad = np.zeros(hours), 0, rng.random() < 0.5
    often = (rng.uniform(0.2, 1) / MONTH, rng.uniform(4, 30) / MONTH)
    lasting = (rng.uniform(40, 150) * DAY, rng.uniform(7, 50) * DAY)
    while now < hours:
        length = int(rng.exponential(lasting[bad])) + 1
        expected[now : now + length] = often[bad]
        now, bad = now + length, not bad
    rate, shape, least = np.zeros(hours), rng.uniform(1, 2), 10 ** rng.uniform(-1, 0)
    for start in moments(rng, expected):
        fail(rate, start, heavy(rng, shape, least, 96), rng.uniform(0.05, 1))
    return rate


def releases(rng: Random, hours: int) -> Floats:
    """Some releases fail until they are rolled back, some are worse until the next one."""
    rate, every = np.zeros(hours), int(rng.choice([7, 3.5, 14]) * DAY)
    broken, worse = rng.uniform(0.03, 0.25), rng.uniform(0, 0.15)
    for start in range(0, hours, every):
        found, begin = rng.random(), start + int(rng.integers(9, 17))
        if found < broken and begin < hours:
            fail(rate, begin, rng.lognormal(0, 1.2), rng.uniform(0.05, 1))
        elif found < broken + worse:
            rate[begin : begin + every] += rng.lognormal(-5, 0.8)
    for start in moments(rng, np.full(hours, rng.uniform(0.2, 1) / MONTH)):
        fail(rate, start, rng.lognormal(0.5, 1.3), rng.uniform(0.1, 1))
    return rate


def wandering(rng: Random, hours: int) -> Floats:
    """How often something fails drifts to and fro over weeks."""
    memory, spread = np.exp(-1 / (rng.uniform(5, 60) * DAY)), rng.uniform(0.7, 1.6)
    steps = rng.normal(0, spread * np.sqrt(1 - memory**2), hours)
    level, levels = rng.normal(0, spread), np.empty(hours)
    for hour, step in enumerate(steps):
        level = levels[hour] = memory * level + step
    expected = rng.uniform(1, 8) / MONTH * np.exp(levels - spread**2 / 2)
    rate, shape, least = np.zeros(hours), rng.uniform(1, 2.2), 10 ** rng.uniform(-1, 0.3)
    for start in moments(rng, expected):
        fail(rate, start, heavy(rng, shape, least, 120), rng.uniform(0.05, 1))
    return rate


def flapping(rng: Random, hours: int) -> Floats:
    """Seldom, and then for days, it is down again and again."""
    rate = np.zeros(hours)
    for start in moments(rng, np.full(hours, rng.uniform(0.3, 1.5) / MONTH)):
        length = rng.lognormal(3, 1)
        times = start + length * rng.random(1 + rng.poisson(length / rng.uniform(2, 20)))
        for again in times[times < hours]:
            fail(rate, again, rng.lognormal(-1, 1), rng.choice([1, 0.2]))
    return rate


# --- kinds that took no part in it


def cascade(rng: Random, hours: int) -> Floats:
    """Bursts within bursts: months, weeks, days and hours of their own each."""
    expected = np.ones(hours)
    for length in (60 * DAY, 15 * DAY, 4 * DAY, DAY, 6):
        drawn = rng.lognormal(0, rng.uniform(0.3, 0.9), hours // length + 1)
        expected *= np.repeat(drawn, length)[:hours]
    expected *= rng.uniform(0.5, 4) / MONTH / expected.mean()
    rate, spread = np.zeros(hours), rng.uniform(0.8, 1.6)
    for start in moments(rng, expected):
        fail(rate, start, rng.lognormal(-0.5, spread), rng.beta(0.6, 0.6))
    return rate


def vendor(rng: Random, hours: int) -> Floats:
    """Long outages of a provider, small ones of one's own in office hours, maintenance at night."""
    rate, hour = np.zeros(hours), np.arange(hours)
    office = (hour % DAY > 8) & (hour % DAY < 18) & (hour // DAY % 7 < 5)
    for start in moments(rng, np.full(hours, rng.uniform(0.1, 0.6) / MONTH)):
        fail(rate, start, 6 * rng.weibull(0.6))
    for start in moments(rng, np.where(office, rng.uniform(2, 12) / MONTH, 0)):
        fail(rate, start, 0.7 * rng.weibull(0.7), rng.uniform(0.05, 0.6))
    for start in range(2, hours, 28 * DAY):
        if rng.random() < 0.25:
            fail(rate, start, 3 * rng.weibull(0.8), rng.uniform(0.3, 1))
    return rate


def maturing(rng: Random, hours: int) -> Floats:
    """A new service fails often, then ever less, until a great change begins it anew."""
    hour, now = np.arange(hours), 0.0
    expected = np.full(hours, rng.uniform(0.3, 1.5) / MONTH)
    while now < hours:
        age = (hour - now).clip(0)
        fading = rng.uniform(2, 20) / MONTH * np.exp(-age / (DAY * rng.uniform(10, 60)))
        expected += np.where(hour >= now, fading, 0)
        now += (20 + rng.exponential(150)) * DAY
    rate, shape = np.zeros(hours), rng.uniform(1.1, 2.2)
    for start in moments(rng, expected):
        fail(rate, start, heavy(rng, shape, 0.2, 72), rng.choice([1, 0.5, 0.1]))
    return rate


def aftershocks(rng: Random, hours: int) -> Floats:
    """Great failures bring many smaller ones, whose times have a heavy tail."""
    rate, many = np.zeros(hours), rng.uniform(0.4, 0.8)
    waiting = list(moments(rng, np.full(hours, rng.uniform(0.3, 2) / MONTH)))
    left = 20_000
    while waiting and (left := left - 1):
        start, size = waiting.pop(), rng.exponential()
        fail(rate, start, min(120, 0.15 * np.exp(1.2 * size)), min(1, 0.15 * np.exp(0.6 * size)))
        expected = min(6, 0.45 * many * np.exp(0.5 * size))
        after = start + 3 * rng.pareto(0.7, rng.poisson(expected))
        waiting += list(after[after < hours])
    return rate


def saturation(rng: Random, hours: int) -> Floats:
    """It fails by day in runs of weeks, while load is more than a capacity that grows by steps."""
    hour, now, capacity = np.arange(hours), 0, 1.9
    day = 1 + 0.5 * np.sin(2 * np.pi * (hour - 9) / DAY)
    week = np.where(hour // DAY % 7 >= 5, 0.7, 1)
    growth = np.exp(0.00006 * rng.uniform(0.5, 1.5) * hour)
    uneven = np.repeat(np.exp(rng.normal(0, 0.15, hours // DAY + 1)), DAY)[:hours]
    load, most = growth * day * week * uneven, np.empty(hours)
    while now < hours:
        length = int(DAY * rng.uniform(30, 160))
        most[now : now + length] = capacity
        now += length
        seen = np.quantile(load[max(0, now - MONTH) : now + 1], 0.99) if now < hours else 0
        capacity = max(capacity, seen) * rng.uniform(1, 1.35)
    rate: Floats = np.clip((load - most) / load, 0, 1) * rng.uniform(0.1, 1)
    for start in moments(rng, np.full(hours, rng.uniform(0.3, 1.5) / MONTH)):
        fail(rate, start, rng.lognormal(0, 1), rng.uniform(0.1, 1))
    return rate


Kinds = dict[str, Callable[[Random, int], Floats]]

CHOSEN_ON: Kinds = {
    "self-exciting": self_exciting,
    "lone": lone,
    "regimes": regimes,
    "releases": releases,
    "wandering": wandering,
    "flapping": flapping,
}
HELD_OUT: Kinds = {
    "cascade": cascade,
    "vendor": vendor,
    "maturing": maturing,
    "aftershocks": aftershocks,
    "saturation": saturation,
}
_MOST_FAILING = 0.1


def make_service(name: str, seed: int) -> tuple[Floats, Floats]:
    """Hourly failures and events of one and a half to four years, of a kind by its name.

    Of every other seed the events are the minutes of the hour, as a status page has them; else
    requests, of which some fail at any time. At most a tenth fails: what fails more is drawn again.
    """
    kinds = CHOSEN_ON | HELD_OUT
    rng = np.random.default_rng([seed, 7, list(kinds).index(name)])
    while True:
        hours = int(YEAR * rng.uniform(1.5, 4))
        rate = kinds[name](rng, hours)
        if not 0 < rate.mean() < _MOST_FAILING:
            continue
        if seed % 2:
            return np.round(60 * np.clip(rate, 0, 1), 2), np.full(hours, 60.0)
        valid = traffic(rng, hours)
        rate = np.clip(rate + 10 ** rng.uniform(-4.5, -3), 0, 1)
        return rng.binomial(valid.astype(int), rate).astype(float), valid
