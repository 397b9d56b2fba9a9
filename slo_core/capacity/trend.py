"""How something grows: a straight line through the logarithms of weekly figures.

A textbook method with a prediction interval, on purpose: growth of a few weeks supports no more.
"""

import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

WEEK = timedelta(days=7)
DAYS_A_MONTH = 365.25 / 12

LEAST_WEEKS = 4
"""Whole weeks without which nothing is projected: a line needs points to depart from."""

LEVEL = 0.8
"""The share of outcomes that an interval is to hold: one in ten below it, one in ten above."""

JUMP = 2.5
"""From one week to the next no growth multiplies the usual day so much: that is another time."""

_DAYS = 7
_FURTHEST = 520


@dataclass(frozen=True)
class Trend:
    """``exp(level + slope × weeks)`` of a week's figure, fitted to ``weeks`` whole weeks.

    ``start`` is where the first week begins. A month's figure is ``scale`` times a week's.
    """

    start: datetime
    weeks: int
    level: float
    slope: float
    spread: float
    """The standard deviation of a week's logarithm around the line."""
    scale: float

    @property
    def end(self) -> datetime:
        """The end of the last week that it rests on."""
        return self.start + self.weeks * WEEK

    @property
    def monthly(self) -> tuple[float, float, float]:
        """Growth a month as a share: low, middle, high (see `LEVEL`)."""
        error = self._t * self.spread / math.sqrt(self._squares)
        steps = DAYS_A_MONTH / _DAYS
        low, middle, high = (math.expm1((self.slope + sign * error) * steps) for sign in (-1, 0, 1))
        return low, middle, high

    @property
    def grows(self) -> bool | None:
        """Whether it does; None where chance alone may have made the slope."""
        low, _, high = self.monthly
        return True if low > 0 else False if high < 0 else None

    def at(self, moment: datetime) -> tuple[float, float, float]:
        """The month's figure around a moment: low, middle, high (a prediction interval)."""
        x = (moment - self.start) / WEEK - 0.5
        centre = (self.weeks - 1) / 2
        wide = math.sqrt(1 + 1 / self.weeks + (x - centre) ** 2 / self._squares)
        error = self._t * self.spread * wide
        middle = self.level + self.slope * x
        low, mid, high = (
            self.scale * math.exp(min(middle + sign * error, 600.0)) for sign in (-1, 0, 1)
        )
        return low, mid, high

    def reaches(self, figure: float) -> tuple[datetime | None, datetime | None, datetime | None]:
        """When the month's figure is reached after the fit's end: earliest, middle, latest.

        To the week; None where it is not within ten years, at this growth.
        """
        found: list[datetime | None] = [None, None, None]
        for week in range(_FURTHEST):
            moment = self.end + week * WEEK
            for place, value in enumerate(reversed(self.at(moment))):
                if found[place] is None and value >= figure:
                    found[place] = moment
            if found[2] is not None:
                break
        return found[0], found[1], found[2]

    @property
    def _squares(self) -> float:
        return self.weeks * (self.weeks**2 - 1) / 12

    @property
    def _t(self) -> float:
        # Imported here: it takes a while to load, and few commands need it.
        from scipy.special import stdtrit

        return float(stdtrit(self.weeks - 2, (1 + LEVEL) / 2))


def fit(weekly: NDArray[np.float64], start: datetime, scale: float) -> Trend | None:
    """The trend of whole weeks from ``start`` on; None for fewer than `LEAST_WEEKS`, or noughts."""
    count = len(weekly)
    if count < LEAST_WEEKS or not (weekly > 0).all():
        return None
    logs, x = np.log(weekly), np.arange(count, dtype=float)
    slope, level = np.polyfit(x, logs, 1)
    rest = logs - (level + slope * x)
    spread = math.sqrt(float(rest @ rest) / (count - 2))
    return Trend(start, count, float(level), float(slope), spread, scale)


def steady_since(daily: pd.Series) -> date | None:
    """The first day of the time that is like today: after the last jump of a usual day.

    ``daily`` are figures by midnight, null without data. Where the median day of a week is `JUMP`
    times that of the week before, or a part so small, one time ends and another begins: a closed
    beta before a launch is not what growth is measured from. None without any figure.
    """
    known = daily[daily.notna() & (daily > 0)]
    if known.empty:
        return None
    logs = np.log(known.to_numpy(dtype=float))
    steps = np.zeros(len(logs))
    for place in range(_DAYS, len(logs) - _DAYS + 1):
        after, before = logs[place : place + _DAYS], logs[place - _DAYS : place]
        steps[place] = abs(np.median(after) - np.median(before))
    jumps = np.flatnonzero(steps >= math.log(JUMP))
    place = 0
    if len(jumps):
        # Several days around one jump see it; it was on that with the largest step of its own.
        around = jumps[jumps > jumps[-1] - _DAYS]
        place = int(around[np.abs(logs[around] - logs[around - 1]).argmax()])
    first: date = known.index[place].date()
    return first
