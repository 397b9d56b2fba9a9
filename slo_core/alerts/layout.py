"""Rows of the rollup's minutes as columns, and how they are laid out by platform and minute."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slo_core.alerts.tally import Amounts, Durations, Requests, Values
from slo_core.sli.history import share_below
from slo_core.sli.percentiles import BANDS, bin_edges

_PARTS = 2**20
"""Shares are whole numbers of such parts, which doubles add up exactly: a running sum is no guess
where a minute is none."""


@dataclass(frozen=True)
class Rows:
    """Summed rows as columns; journeys, parts (steps or metrics) and plans by number, from 1."""

    columns: Mapping[str, NDArray[Any]]
    journeys: Sequence[str]
    words: Sequence[str]
    plan_names: Sequence[str]

    def of(self, journey: str, part: str | None) -> NDArray[np.bool_]:
        """Which rows are of a journey, and of one step or metric of it."""
        own: NDArray[np.bool_] = self.columns["journey"] == self.journeys.index(journey) + 1
        if part is None:
            return own
        in_part: NDArray[np.bool_] = self.columns["part"] == self.words.index(part) + 1
        return own & in_part

    def plans(self, own: NDArray[np.bool_]) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """The plans that some rows were made with, and which of the rows."""
        for number in np.unique(self.columns["plan"][own]).astype(np.int64).tolist():
            yield self.plan_names[number - 1], own & (self.columns["plan"] == number)

    def is_of(self, plan: str) -> NDArray[np.bool_]:
        """Which rows were made with a plan."""
        found: NDArray[np.bool_] = self.columns["plan"] == self.plan_names.index(plan) + 1
        return found

    def platforms(
        self, own: NDArray[np.bool_], *, split: bool
    ) -> tuple[tuple[str, ...], NDArray[np.int64]]:
        """The platforms of some rows, and each row's by number; all as one without ``split``."""
        places = np.zeros(len(own), dtype=np.int64)
        if not split:
            return ("",), places
        names, numbers = np.unique(self.columns["platform"][own].astype(str), return_inverse=True)
        places[own] = numbers
        return tuple(names.tolist()), places


@dataclass(frozen=True)
class Band:
    """A threshold among the cuts that a plan counted at, in order."""

    threshold: float
    cuts: tuple[float, ...]

    @property
    def is_exact(self) -> bool:
        """Whether the plan counted at the threshold itself; below nought there is nothing."""
        return self.threshold in self.cuts or self.threshold <= 0

    @property
    def counted(self) -> int:
        """The number of the last cut that is not above the threshold, from 1; 0 for none."""
        return bisect_right(self.cuts, self.threshold) if self.threshold > 0 else 0

    @property
    def is_last(self) -> bool:
        """Whether no cut is above the threshold."""
        return self.counted == len(self.cuts)

    def shares(self, bins: NDArray[np.int64]) -> Amounts:
        """Which part of each bin lies below the threshold; of other bands than its own nothing."""
        numbers, places = np.unique(bins, return_inverse=True)
        shares = [
            share_below(*bin_edges(number, self.cuts), self.threshold)
            if number % BANDS == self.counted
            else 0.0
            for number in numbers.tolist()
        ]
        found: Amounts = np.rint(np.array(shares, dtype=float) * _PARTS) / _PARTS
        return found[places]


class Table:
    """An empty table, a row per platform and a column per minute, to lay amounts out in."""

    def __init__(self, size: int, rows: int) -> None:
        self._size, self._rows = size, rows

    def lay(
        self, rows: Rows, own: NDArray[np.bool_], places: NDArray[np.int64], column: str
    ) -> Amounts:
        """One column of some rows, summed by platform and minute."""
        return self._summed(rows, own, places[own], rows.columns[column][own].astype(float))

    def lay_part(
        self, bins: Rows, key: Durations | Values, plan: str, names: Sequence[str], band: Band
    ) -> Amounts:
        """How many values between a band's cuts lay below its threshold, as a plan's bins say."""
        own = bins.of(key.journey, part_of(key)) & bins.is_of(plan)
        platforms = bins.columns["platform"][own]
        places = np.zeros(int(own.sum()), dtype=np.int64)
        if key.by_platform:
            places = np.searchsorted(np.array(names, dtype=str), platforms.astype(str))
        shares = band.shares(bins.columns["bin"][own].astype(np.int64))
        return self._summed(bins, own, places, shares * bins.columns["events"][own])

    def _summed(
        self, rows: Rows, own: NDArray[np.bool_], places: NDArray[np.int64], weights: Amounts
    ) -> Amounts:
        flat = places * self._size + rows.columns["at"][own].astype(np.int64)
        amounts = np.bincount(flat, weights, self._rows * self._size).astype(float)
        return amounts.reshape(self._rows, self._size)


def part_of(key: Requests | Durations | Values) -> str | None:
    """The step or the metric that a key is about; None for all of a journey's requests."""
    return key.metric if isinstance(key, Values) else key.step
