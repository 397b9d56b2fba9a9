"""Possible futures of a failure history: its own past, replayed from many moments.

Failures come in bursts, and bursts in worse and better weeks. A future put together from single
hours, or from blocks of a few days, forgets that; a stretch of the past as long as the horizon
keeps it. So each future is what followed some earlier moment, and counts for more the later that
was. In one part of the futures the background, which is what fails between bursts, is moved to
today's level, because a new level was not there to be replayed.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Hours = NDArray[np.int64]

DAY, WEEK = 24, 168

# Chosen on generated histories; docs/forecast.md says how.
_AGES = ((WEEK, 0.4), (30 * DAY, 0.3), (365 * DAY, 0.3))
"""Half-lives in hours, and shares of the weight: the last days, the last month, and any time."""
_LATELY, _LATE_COPIES = 2 * WEEK, 8
"""Days so many hours ago have more futures each: a few of them carry a third of the weight."""
_SHIFTED = 0.4
"""The share of the futures whose background is moved to today's level."""
_BACKGROUND = 48
"""Hours whose failures, bursts cut off, are today's background."""
_SPREAD, _WIDENING, _MOST_SPREAD = 2.0, 4.0, 2.0
"""How far levels that were not seen may be, in standard errors of the mean: so many, and so many
more for each whole by which the mean itself is unsure; the most of it."""
_MOST_STARTS = 1000
_FUTURES = 360
"""About how many futures there are at least."""


@dataclass(frozen=True)
class Futures:
    """Weighted futures of one budget, hour by hour from now."""

    bad: Floats
    """Failures up to the end of each hour: a row for each future, a column for each hour."""
    valid: Floats
    """Events up to the end of each hour, the same in all futures."""
    weights: Floats
    """How likely each future is; the sum is 1."""
    mean: Floats
    """The mean of the failures up to the end of each hour, without the random factors: these are
    far apart where little is known, and their mean is no failure rate that was ever seen."""


def futures(bad: Floats, valid: Floats, horizon: int, seed: int) -> Futures:
    """What may follow a history of hourly counts that ends now. At least 24 hours are needed."""
    hours = len(bad)
    starts, copies, path = _paths(hours, horizon, seed)
    rates = np.divide(bad, valid, out=np.zeros(hours), where=valid > 0)
    coming = _traffic(valid, horizon)
    replayed = rates[path]
    replayed *= coming
    np.cumsum(replayed, axis=1, out=replayed)
    weights = np.repeat(_weights(hours, starts) / copies, copies)
    mean, ends = weights @ replayed, replayed[:, -1].copy()
    replayed *= _unknown_level(bad, len(path), np.random.default_rng([seed, 1]))[:, None]
    valid_sum = np.cumsum(coming)
    change = _background_change(rates, valid, starts)
    if not change.any():
        return Futures(replayed, valid_sum, weights, mean)
    change = np.repeat(change, copies)
    moved = change[:, None] * valid_sum
    moved += replayed
    np.maximum(moved, 0.0, out=moved)
    both = np.concatenate([weights * (1 - _SHIFTED), weights * _SHIFTED])
    # Less than nothing does not fail in the end either.
    least = -ends / max(valid_sum[-1], 1e-300)
    mean += _SHIFTED * float(weights @ np.maximum(change, least)) * valid_sum
    return Futures(np.concatenate([replayed, moved]), valid_sum, both, np.maximum(mean, 0.0))


@lru_cache(maxsize=4)
def _paths(hours: int, horizon: int, seed: int) -> tuple[Hours, Hours, Hours]:
    """Which hour of history each hour of each future replays.

    The starts, how many futures begin at each of them, and a row for each future. Where history
    ends, another stretch of it goes on, at the same time of day. Kept, because all budgets over one
    history share it; not to be written to.
    """
    rng = np.random.default_rng(seed)
    stride = min(DAY, max(1, hours // _FUTURES))
    starts = np.arange(hours - DAY, -1, -stride)[:_MOST_STARTS]
    usual = max(1, round(_FUTURES / len(starts)))
    copies = np.where(hours - starts <= _LATELY, max(usual, _LATE_COPIES * stride // DAY), usual)
    begins = np.repeat(starts, copies)
    step = np.arange(horizon)
    path = begins[:, None] + step
    done = (hours - begins) // DAY * DAY
    # Stretches end at the time of day at which a future begins; so many days are before the last.
    ends = hours - (hours - begins) % DAY
    days = ends // DAY
    open_rows = np.flatnonzero(done < horizon)
    while len(open_rows):
        begin = done[open_rows]
        length = np.minimum(-(-(horizon - begin) // DAY), days[open_rows]) * DAY
        # Only stretches that fit: else the last days would be replayed most often.
        back = rng.integers(length // DAY, days[open_rows] + 1) * DAY
        shift = ends[open_rows] - back
        path[open_rows] = np.where(
            step >= begin[:, None], shift[:, None] + step - begin[:, None], path[open_rows]
        )
        done[open_rows] = begin + length
        open_rows = open_rows[done[open_rows] < horizon]
    return starts, copies, path


def _traffic(valid: Floats, horizon: int) -> Floats:
    """The events of the coming hours: those of the same hour of the week or day, lately."""
    hours = len(valid)
    period = WEEK if hours >= 2 * WEEK else DAY
    rounds = min(hours // period, 4 * WEEK // period)
    table = valid[hours - rounds * period :].reshape(rounds, period)
    weight = 0.5 ** (np.arange(rounds)[::-1] * period / WEEK)
    profile = weight @ table / weight.sum()
    return np.resize(profile, horizon)


def _sums(values: Floats) -> Floats:
    return np.concatenate([[0.0], np.cumsum(values)])


def _before(sums: Floats, moments: Hours, hours: int) -> Floats:
    """The sum over the hours before each moment, as far as they are known."""
    return sums[moments] - sums[np.maximum(moments - hours, 0)]


def _weights(hours: int, starts: Hours) -> Floats:
    """How much each start counts: by its age alone.

    Nothing that failed decides it, so more failures never take weight from bad futures.
    """
    found = np.zeros(len(starts))
    for half_life, share in _AGES:
        view = 0.5 ** ((hours - starts) / half_life)
        found += share * view / view.sum()
    return found


def _background_change(rates: Floats, valid: Floats, starts: Hours) -> Floats:
    """Today's background failure rate less that at each start."""
    # What is a burst is said by the time before, so that failing more lately never says less.
    usual = rates[-90 * DAY : -_BACKGROUND] if len(rates) >= 2 * _BACKGROUND else rates[:DAY]
    burst = np.quantile(usual, 0.9)
    now = max(burst, np.median(rates[-_BACKGROUND:]))
    calm, events = _sums(np.minimum(rates, burst) * valid), _sums(valid)
    # The background before a moment is known only so long after the first hour.
    moments = np.append(np.maximum(starts, min(_BACKGROUND, len(rates))), len(rates))
    total = _before(events, moments, _BACKGROUND)
    background = np.divide(
        _before(calm, moments, _BACKGROUND),
        total,
        out=np.full(len(moments), np.nan),
        where=total > 0,
    )
    lately = slice(max(0, len(rates) - _BACKGROUND), None)
    if total[-1] > 0:
        background[-1] = (np.minimum(rates[lately], now) @ valid[lately]) / total[-1]
    change = np.nan_to_num(background[-1] - background[:-1])
    # What is left of equal levels by rounding is no change.
    return np.where(np.abs(change) > 1e-9 * max(now, 1e-30), change, 0.0)


def _unknown_level(bad: Floats, count: int, rng: np.random.Generator) -> Floats:
    """A factor for each future, because what was seen is not all that can happen.

    Its spread goes with the standard error of the mean day, so there is none where all days are
    alike, and more than in proportion where a few days are most of it: then the worst is not seen.
    It is not centred: a history without its worst day is commoner than one with too many. The last
    two days do not decide it, else failing more lately could make a part of the futures better;
    where only they failed it is widest.
    """
    if not bad.any():
        return np.ones(count)
    known = bad[: -2 * DAY] if len(bad) >= 5 * DAY else bad
    days = len(known) // DAY
    daily = known[len(known) - days * DAY :].reshape(days, DAY).sum(axis=1)
    blocks = daily if days > 2 else known
    mean = blocks.mean()
    spread = _MOST_SPREAD
    if mean > 0:
        unsure = float(blocks.std() / mean / np.sqrt(len(blocks)))
        spread = min(spread, _SPREAD * unsure * (1 + _WIDENING * unsure))
    drawn: Floats = np.exp(spread * rng.standard_normal(count))
    return drawn
