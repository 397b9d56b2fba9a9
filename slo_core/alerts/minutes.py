"""The rollup's minutes read into tallies, with one query for each of its units.

A threshold that the rollup counted at is answered from its counts, any other from the histogram.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from slo_core.alerts.tally import (
    Amounts,
    Durations,
    Key,
    Requests,
    Sums,
    Tally,
    Uptime,
    Values,
    running,
)
from slo_core.rollup import Rollup
from slo_core.rollup.plan import cut_value
from slo_core.sli.availability import timeline
from slo_core.sli.history import share_below
from slo_core.sli.percentiles import bin_edges, bins_around, cuts_of
from slo_core.sli.rows import UNKNOWN_PLATFORM, rows_in
from slo_core.sli.steps import DAY, MINUTE
from slo_core.sli.windows import Window, cover

_A_DAY = DAY // MINUTE


def tallies(
    rollup: Rollup, at: datetime, count: int, widths: Mapping[Key, int], maintenance: pd.DataFrame
) -> dict[Key, Tally]:
    """The tally of each key, for windows of its width up to each of the ``count`` minutes to at.

    ``widths`` are the longest window of each key, in minutes. Windows of more than a day are
    budgets', and few keys need as much history; so those are read apart.
    """
    found: dict[Key, Tally] = {}
    for part in (
        {key: width for key, width in widths.items() if width <= _A_DAY},
        {key: width for key, width in widths.items() if width > _A_DAY},
    ):
        if part:
            span = _Span(rollup, at - (count + max(part.values())) * MINUTE, at)
            found |= span.tallies(list(part), maintenance)
    return found


@dataclass(frozen=True)
class _Span:
    """The minutes of ``[start, at)``, as they are read."""

    rollup: Rollup
    start: datetime
    at: datetime

    @property
    def size(self) -> int:
        return (self.at - self.start) // MINUTE

    def tallies(self, keys: Sequence[Key], maintenance: pd.DataFrame) -> dict[Key, Tally]:
        """The tallies of some keys, with one query for each of the rollup's units."""
        requests = [key for key in keys if isinstance(key, Requests | Durations)]
        values = [key for key in keys if isinstance(key, Values | Sums)]
        found: dict[Key, Tally] = {}
        for key in keys:
            if isinstance(key, Uptime):
                found[key] = self._uptime(key, maintenance)
        if requests:
            rows = self._rows("requests", requests, [key.step for key in requests])
            for own in requests:
                is_own = rows.of(own.journey, own.step)
                found[own] = self._tally(own, rows, is_own, None)
        if values:
            metrics = [it for key in values for it in _metrics(key)]
            rows = self._rows("measurements", values, metrics)
            for key in values:
                found[key] = (
                    self._sums(key, rows)
                    if isinstance(key, Sums)
                    else self._tally(key, rows, rows.of(key.journey, key.metric), key.metric)
                )
        return found

    def _tally(
        self,
        key: Requests | Durations | Values,
        rows: "_Rows",
        own: NDArray[np.bool_],
        metric: str | None,
    ) -> Tally:
        names, places = rows.platforms(own, split=key.by_platform)
        table = _Table(self.size, len(names))
        guessed = np.zeros(self.size, dtype=np.int64)
        if isinstance(key, Requests):
            good = table.lay(rows, own, places, "good")
            valid = table.lay(rows, own, places, "valid")
        else:
            valid = table.lay(rows, own, places, "timed")
            good = np.zeros_like(valid)
            for plan, made in rows.plans(own):
                cuts = cuts_of(self.rollup, plan, self.rollup.catalog.journey(key.journey), metric)
                if cut_value(key.cut) in cuts:
                    number = cuts.index(cut_value(key.cut)) + 1
                    good += table.lay(rows, made, places, f"below_{number}")
                else:
                    good += self._guess(key, plan, cuts, names)
                    guessed += table.lay(rows, made, places, "timed").sum(axis=0) > 0
            if isinstance(key, Values) and key.above:
                good = valid - good
        platforms = names if key.by_platform else None
        if platforms is None:
            good, valid = good[0], valid[0]
        return Tally(running(good), running(valid), running(guessed), platforms=platforms)

    def _sums(self, key: Sums, rows: "_Rows") -> Tally:
        both = rows.of(key.journey, key.total) | rows.of(key.journey, key.bad)
        names, places = rows.platforms(both, split=key.by_platform)
        table = _Table(self.size, len(names))
        valid = table.lay(rows, rows.of(key.journey, key.total), places, "total")
        bad = table.lay(rows, rows.of(key.journey, key.bad), places, "total")
        good, platforms = valid - bad, names if key.by_platform else None
        if platforms is None:
            good, valid = good[0], valid[0]
        nothing = np.zeros(self.size + 1, dtype=np.int64)
        return Tally(running(good), running(valid), nothing, platforms=platforms)

    def _uptime(self, key: Uptime, maintenance: pd.DataFrame) -> Tally:
        scope = self.rollup.catalog.scope(key.scope)
        line = timeline(self.rollup, scope, self.start, self.at, maintenance)
        counted = line.observed & ~line.maintained
        good, valid, late = (
            10.0 * flags.reshape(self.size, -1).sum(axis=1)
            for flags in (
                counted & ~line.down,
                counted,
                counted & line.in_hindsight & ~line.by_probes,
            )
        )
        nothing = np.zeros(self.size + 1, dtype=np.int64)
        return Tally(running(good), running(valid), nothing, late=late)

    def _rows(
        self,
        unit: str,
        keys: Sequence[Requests | Durations | Values | Sums],
        parts: Sequence[str | None],
    ) -> "_Rows":
        """The rollup's minutes, summed to what the keys tell apart."""
        journeys = sorted({key.journey for key in keys})
        words = sorted({part for part in parts if part is not None})
        numbers = sorted(
            {
                number
                for key in keys
                if isinstance(key, Durations | Values)
                for number in self._numbers(unit, key)
            }
        )
        plans = sorted(self.rollup.manifests[unit].plans)
        split = any(key.by_platform for key in keys)
        below = [f"below_{number}" for number in numbers]
        if unit == "requests":
            column = "step"
            sums = ["requests", "good", "excluded", "auth", "redirect", "timed", *below]
            amounts = {
                "good": "sum(good)",
                "valid": "sum(requests - excluded - auth - redirect)",
                "timed": "sum(timed)",
            }
        else:
            column = "metric"
            sums = ["events", "total", *below]
            amounts = {"timed": "sum(events)", "total": "sum(total)"}
        amounts |= {name: f"sum({name})" for name in below}
        source = self._source(unit, [column, "platform", *sums])
        names = ["at", "journey", "part", "platform", "plan", *amounts]
        if source is None:
            return _Rows({name: np.zeros(0) for name in names}, journeys, words, plans)
        wanted = f"WHERE journey IN ({_list(journeys)})"
        if unit == "measurements":
            wanted += f" AND metric IN ({_list(words)})"
        summed = ", ".join(
            f"coalesce(CAST({sql} AS DOUBLE), 0) AS {name}" for name, sql in amounts.items()
        )
        columns = (
            self.rollup.cursor()
            .execute(
                f"""
            SELECT {self._place} AS at,
              list_position([{_list(journeys)}], journey) AS journey,
              coalesce(list_position([{_list(words)}], {column}), 0) AS part,
              {f"coalesce(platform, '{UNKNOWN_PLATFORM}')" if split else "0"} AS platform,
              list_position([{_list(plans)}], plan) AS plan,
              {summed}
            FROM ({source}) AS r {wanted} GROUP BY ALL
            """
            )
            .fetchnumpy()
        )
        return _Rows(columns, journeys, words, plans)

    def _numbers(self, unit: str, key: Durations | Values) -> Iterator[int]:
        """The columns that count at a key's cut, in any plan."""
        metric = key.metric if isinstance(key, Values) else None
        journey = self.rollup.catalog.journey(key.journey)
        for plan in self.rollup.manifests[unit].plans:
            cuts = cuts_of(self.rollup, plan, journey, metric)
            if cut_value(key.cut) in cuts:
                yield cuts.index(cut_value(key.cut)) + 1

    def _guess(
        self, key: Durations | Values, plan: str, cuts: Sequence[float], platforms: Sequence[str]
    ) -> Amounts:
        """How many values lay below a cut that a plan did not count at, from its histogram."""
        found = np.zeros((len(platforms), self.size))
        if isinstance(key, Durations):
            unit, column, part = "requests", "step", key.step
        else:
            unit, column, part = "measurements", "metric", key.metric
        source = self._source(unit, [column, "platform", "bins"])
        if source is None:
            return found
        below = cut_value(key.cut)
        if below <= 0:
            return found
        near = {it: share_below(*bin_edges(it, cuts), below) for it in bins_around(below, cuts)}
        # Bins before the first one that is not wholly below are; of those after it a few in part.
        first = min(it for it, share in near.items() if share < 1)
        parts = [f"WHEN {it} THEN {near[it]!r}" for it in near if it >= first and near[it] > 0]
        partly = f"CASE bin {' '.join(parts)} ELSE 0 END" if parts else "0"
        own = "true" if part is None else f"{column} = {_list([part])}"
        split = key.by_platform
        columns = (
            self.rollup.cursor()
            .execute(
                f"""
            SELECT q.at, q.platform,
              sum(CASE WHEN bin < {first} THEN 1.0 ELSE CAST({partly} AS DOUBLE) END) AS events
            FROM (
              SELECT {self._place} AS at, unnest(bins) AS bin,
                {f"coalesce(platform, '{UNKNOWN_PLATFORM}')" if split else "''"} AS platform
              FROM ({source}) AS r
              WHERE plan = {_list([plan])} AND journey = {_list([key.journey])} AND {own}
            ) AS q GROUP BY ALL
            """
            )
            .fetchnumpy()
        )
        rows = np.array([platforms.index(it) for it in columns["platform"]], dtype=np.int64)
        np.add.at(found, (rows, columns["at"].astype(np.int64)), columns["events"])
        return found

    def _source(self, unit: str, columns: Collection[str]) -> str | None:
        pieces = cover(Window("", self.start, self.at), ("minute",))
        return rows_in(self.rollup, unit, "", ", ".join(["journey", *columns]), pieces)

    @property
    def _place(self) -> str:
        """SQL for the number of a row's minute, from the start."""
        first = (self.start - datetime(1970, 1, 1)) // MINUTE
        return f"CAST(epoch_us(r.at) // 60000000 - {first} AS BIGINT)"


@dataclass(frozen=True)
class _Rows:
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


class _Table:
    """An empty table, a row per platform and a column per minute, to lay amounts out in."""

    def __init__(self, size: int, rows: int) -> None:
        self._size, self._rows = size, rows

    def lay(
        self, rows: _Rows, own: NDArray[np.bool_], places: NDArray[np.int64], column: str
    ) -> Amounts:
        """One column of some rows, summed by platform and minute."""
        flat = places[own] * self._size + rows.columns["at"][own].astype(np.int64)
        weights = rows.columns[column][own].astype(float)
        amounts = np.bincount(flat, weights, self._rows * self._size).astype(float)
        return amounts.reshape(self._rows, self._size)


def _metrics(key: Values | Sums) -> tuple[str, ...]:
    return (key.total, key.bad) if isinstance(key, Sums) else (key.metric,)


def _list(words: Sequence[str]) -> str:
    return ", ".join("'" + word.replace("'", "''") + "'" for word in words) or "NULL"
