"""Hours as arrays: what the past counted, what a scenario makes of it, and what it makes of hours
to come.

A figure of a window in a changed world is the status's own figure with the differences of these
hours added, so that a world in which nothing differs has exactly the real figures.
"""

from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from slo_core.forecast.coming import Coming
from slo_core.sli.steps import HOUR

Floats = NDArray[np.float64]

_ROUNDING = 1e-6


@dataclass(frozen=True)
class Grid:
    """The hours of the clock before a look, and the hours counted from the look on."""

    start: datetime
    """The whole hour at which the first one begins."""
    at: datetime
    """The look; the last hour before it may be a part of one."""
    horizon: int
    """How many hours to come."""

    @property
    def now(self) -> float:
        """The look, in hours since the start."""
        return self._hours(self.at)

    @property
    def begins(self) -> Floats:
        """Where past hours and then the coming ones begin, in hours since the start."""
        past = np.arange(np.ceil(self.now))
        return np.concatenate([past, self.now + np.arange(self.horizon)])

    @property
    def ends(self) -> Floats:
        """Where they end."""
        past = np.minimum(np.arange(1, np.ceil(self.now) + 1), self.now)
        return np.concatenate([past, self.now + np.arange(1, self.horizon + 1)])

    @property
    def past(self) -> int:
        """How many hours are over, the last one at the look."""
        return int(np.ceil(self.now))

    def within(self, start: datetime, end: datetime) -> Floats:
        """The part of each hour that lies in a span of time."""
        begins, ends = self.begins, self.ends
        inside = np.minimum(ends, self._hours(end)) - np.maximum(begins, self._hours(start))
        found: Floats = np.clip(inside / (ends - begins), 0.0, 1.0)
        return found

    def since(self, moment: datetime | None) -> Floats:
        """The part of each hour after a moment, or after the look."""
        return self.within(moment or self.at, datetime.max)

    def collect(self, moment: datetime, minutes: Floats) -> Floats:
        """Minute by minute figures from a moment on, summed in each hour."""
        places = self._hours(moment) + np.arange(len(minutes)) / 60
        begins, ends = self.begins, self.ends
        # A minute belongs to the hour in which it begins; rounding must not move it.
        hours = np.searchsorted(begins, places + _ROUNDING, side="right") - 1
        inside = (hours >= 0) & (places < ends[-1] - _ROUNDING)
        sums = np.bincount(hours[inside], minutes[inside], minlength=len(begins))
        return sums.astype(float)

    def spread(self, moment: datetime, minutes: Floats) -> Floats:
        """The same as the mean of each hour's minutes."""
        found: Floats = self.collect(moment, minutes) / ((self.ends - self.begins) * 60)
        return found

    def _hours(self, moment: datetime) -> float:
        return (moment - self.start) / HOUR


@dataclass(frozen=True)
class Modifier:
    """What becomes of each hour, past and to come: see `slo_core.forecast.coming.Coming`."""

    traffic: Floats
    failing: Floats
    added: Floats
    repeated: Floats
    """What incidents that happen again add, whatever else is changed."""

    @classmethod
    def none(cls, grid: Grid) -> "Modifier":
        """Hours that stay as they are."""
        ones, zeros = np.ones(len(grid.begins)), np.zeros(len(grid.begins))
        return cls(ones, ones, zeros, zeros)

    def more_traffic(self, factor: float, part: Floats) -> "Modifier":
        """So many times the traffic in a part of each hour."""
        return replace(self, traffic=self.traffic * (1 + (factor - 1) * part))

    def failures(self, factor: float, added: float, part: Floats) -> "Modifier":
        """Failures multiplied, and a share of the events added to them, in a part of each hour."""
        times = 1 + (factor - 1) * part
        return replace(self, failing=self.failing * times, added=self.added * times + added * part)

    def again(self, share: Floats) -> "Modifier":
        """A share of each hour's events that fails besides."""
        return replace(self, repeated=self.repeated + share)

    def past(self, bad: Floats, valid: Floats) -> tuple[Floats, Floats]:
        """Failures and events of the past hours under it."""
        count = len(bad)
        traffic, failing = self.traffic[:count], self.failing[:count]
        added = self.added[:count] + self.repeated[:count]
        events = traffic * valid
        failed = traffic * failing * bad + added * events
        return np.minimum(failed, np.maximum(events, traffic * bad)), events

    def coming(self, count: int, replayed: tuple[Floats, Floats] | None) -> Coming:
        """The same for the hours to come, after so many past ones."""
        return Coming(
            self.traffic[count:],
            self.failing[count:],
            self.added[count:] + self.repeated[count:],
            replayed,
        )


@dataclass(frozen=True)
class Counted:
    """One objective's hours, from the grid's start on."""

    bad: Floats
    valid: Floats


def replayed_month(own: Counted, grid: Grid, month: datetime) -> tuple[Floats, Floats]:
    """The hours to come as those of a month were, from its first on at the look's hour of day.

    Over and over where the horizon is longer. Of a month that is not over, what there is of it.
    """
    first = max(0, round((month - grid.start) / HOUR))
    end = (month.replace(day=28) + 4 * 24 * HOUR).replace(day=1)
    last = min(round((end - grid.start) / HOUR), int(grid.now))
    bad, valid = own.bad[first:last], own.valid[first:last]
    if not len(bad):
        nothing = np.zeros(grid.horizon)
        return nothing, nothing
    places = (grid.at.hour - (grid.start + first * HOUR).hour) % 24 + np.arange(grid.horizon)
    places %= len(bad)
    return bad[places], valid[places]
