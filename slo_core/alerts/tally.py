"""What is counted by the minute, and running sums of it: a trailing window is one difference.

A `Key` names what is counted; a `Tally` holds its running sums, read by `slo_core.alerts.minutes`.
Nothing here knows of alerts.
"""

from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from slo_core.catalog import (
    Availability,
    Cut,
    Journey,
    Latency,
    Measurement,
    Objective,
    Share,
    Success,
)
from slo_core.rollup.plan import cut_of

Amounts = NDArray[np.float64]
_N = TypeVar("_N", np.float64, np.int64)


class Requests(NamedTuple):
    """Good and valid requests of a journey, of one step or all."""

    journey: str
    step: str | None
    by_platform: bool = False


class Durations(NamedTuple):
    """Timed requests (good ones with a duration, and timeouts), and those below a cut."""

    journey: str
    step: str | None
    cut: Cut
    by_platform: bool = False


class Values(NamedTuple):
    """Values of a metric, and those below a cut; or, with ``above``, those not below it."""

    journey: str
    metric: str
    cut: Cut
    above: bool = False
    by_platform: bool = False


class Sums(NamedTuple):
    """The sum of one metric, and what is left of it without that of another."""

    journey: str
    total: str
    bad: str
    by_platform: bool = False


class Uptime(NamedTuple):
    """Seconds observed of an availability scope, and those up."""

    scope: str


Key = Requests | Durations | Values | Sums | Uptime


def key_of(journey: Journey, objective: Objective) -> Key:
    """What an objective counts (DESIGN 2.2, What each objective counts)."""
    split = objective.per_platform
    match objective.indicator:
        case Success(step=step):
            return Requests(journey.id, step, split)
        case Latency(step=step):
            return Durations(journey.id, step, cut_of(objective.threshold), split)
        case Measurement(metric=metric):
            cut = cut_of(objective.threshold)
            return Values(journey.id, metric, cut, cut.inclusive, split)
        case Share(total=total, bad=bad):
            return Sums(journey.id, total, bad, split)
        case Availability(scope=scope):
            return Uptime(scope)


@dataclass(frozen=True)
class Tally:
    """Running sums of good and valid events up to each minute, the first of them nought.

    With ``platforms`` there is a row for each. ``late`` is what the last minute of a window has
    more of good than its sums say, since these were known only after it. ``guessed`` counts the
    minutes whose good events the rollup answers approximately.
    """

    good: Amounts
    valid: Amounts
    guessed: NDArray[np.int64]
    late: Amounts | None = None
    platforms: tuple[str, ...] | None = None

    def trailing(self, width: int, count: int) -> tuple[Amounts, Amounts]:
        """Good and valid of the ``width`` minutes up to each of the last ``count`` minutes."""
        good, valid = _trailing(self.good, width, count), _trailing(self.valid, width, count)
        if self.late is not None:
            good = good + self.late[-count:]
        return good, valid

    def is_guess(self, width: int, count: int) -> NDArray[np.bool_]:
        """Whether any minute of those windows is approximate."""
        return _trailing(self.guessed, width, count) > 0

    def between(self, first: int, last: int) -> tuple[Amounts, Amounts]:
        """Good and valid from the ``first``-last minute up to, and without, the ``last``-last."""
        high, low = len(self.guessed) - 1 - last, len(self.guessed) - 1 - first
        return (
            self.good[..., high] - self.good[..., low],
            self.valid[..., high] - self.valid[..., low],
        )


def _trailing(sums: NDArray[_N], width: int, count: int) -> NDArray[_N]:
    size = sums.shape[-1]
    found: NDArray[_N] = sums[..., size - count :] - sums[..., size - count - width : size - width]
    return found


def running(values: NDArray[_N]) -> NDArray[_N]:
    """Running sums along the minutes, with nought in front."""
    start = np.zeros((*values.shape[:-1], 1), dtype=values.dtype)
    return np.concatenate([start, np.cumsum(values, axis=-1)], axis=-1)
