"""The rollup's minutes read into tallies, with one query for each of its units.

A threshold that the rollup counted at is answered from its counts, any other from the histogram.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from slo_core.alerts.layout import Band, Rows, Table, part_of
from slo_core.alerts.tally import (
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
from slo_core.sli.percentiles import BANDS, cuts_of
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
        """The tallies of some keys, with one query for each of the rollup's units, or two."""
        found: dict[Key, Tally] = {}
        for key in keys:
            if isinstance(key, Uptime):
                found[key] = self._uptime(key, maintenance)
        # Few keys are about single platforms, and those alone need as many rows.
        for split in (False, True):
            counted = [it for it in keys if not isinstance(it, Uptime) and it.by_platform is split]
            found |= self._counted(counted)
        return found

    def _counted(self, keys: Sequence[Requests | Durations | Values | Sums]) -> dict[Key, Tally]:
        """The tallies of keys that all tell platforms apart, or none of which does."""
        requests = [key for key in keys if isinstance(key, Requests | Durations)]
        values = [key for key in keys if isinstance(key, Values | Sums)]
        found: dict[Key, Tally] = {}
        if requests:
            steps = [key.step for key in requests]
            rows = self._rows("requests", requests, steps)
            bins = self._bins("requests", requests, steps)
            for own in requests:
                found[own] = self._tally(own, rows, bins)
        if values:
            metrics = [it for key in values for it in _metrics(key)]
            rows = self._rows("measurements", values, metrics)
            bins = self._bins("measurements", values, metrics)
            for key in values:
                if isinstance(key, Sums):
                    found[key] = self._sums(key, rows)
                else:
                    found[key] = self._tally(key, rows, bins)
        return found

    def _tally(self, key: Requests | Durations | Values, rows: Rows, bins: Rows | None) -> Tally:
        own = rows.of(key.journey, part_of(key))
        names, places = rows.platforms(own, split=key.by_platform)
        table = Table(self.size, len(names))
        guessed = np.zeros(self.size, dtype=np.int64)
        if isinstance(key, Requests):
            good = table.lay(rows, own, places, "good")
            valid = table.lay(rows, own, places, "valid")
        else:
            valid = table.lay(rows, own, places, "timed")
            good = np.zeros_like(valid)
            for plan, made in rows.plans(own):
                band = self._band(key, plan)
                if band.counted:
                    good += table.lay(rows, made, places, f"below_{band.counted}")
                if not band.is_exact:
                    assert bins is not None
                    good += table.lay_part(bins, key, plan, names, band)
                    guessed += table.lay(rows, made, places, "timed").sum(axis=0) > 0
            if isinstance(key, Values) and key.above:
                good = valid - good
        platforms = names if key.by_platform else None
        if platforms is None:
            good, valid = good[0], valid[0]
        return Tally(running(good), running(valid), running(guessed), platforms=platforms)

    def _sums(self, key: Sums, rows: Rows) -> Tally:
        both = rows.of(key.journey, key.total) | rows.of(key.journey, key.bad)
        names, places = rows.platforms(both, split=key.by_platform)
        table = Table(self.size, len(names))
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
    ) -> Rows:
        """The rollup's minutes, summed to what the keys tell apart."""
        journeys = sorted({key.journey for key in keys})
        words = sorted({part for part in parts if part is not None})
        plans = sorted(self.rollup.manifests[unit].plans)
        counted = {
            self._band(key, plan).counted
            for key in keys
            if isinstance(key, Durations | Values)
            for plan in plans
        }
        split = any(key.by_platform for key in keys)
        below = [f"below_{number}" for number in sorted(counted - {0})]
        if unit == "requests":
            column = "step"
            sums, amounts = ["timed", *below], {"timed": "sum(timed)"}
            if any(isinstance(key, Requests) for key in keys):
                sums += ["requests", "good", "excluded", "auth", "redirect"]
                amounts["good"] = "sum(good)"
                amounts["valid"] = "sum(requests - excluded - auth - redirect)"
        else:
            column = "metric"
            sums = ["events", "total", *below]
            amounts = {"timed": "sum(events)", "total": "sum(total)"}
        amounts |= {name: f"sum({name})" for name in below}
        source = self._source(unit, [column, "platform", *sums])
        names = ["at", "journey", "part", "platform", "plan", *amounts]
        if source is None:
            return Rows({name: np.zeros(0) for name in names}, journeys, words, plans)
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
        return Rows(columns, journeys, words, plans)

    def _bins(
        self,
        unit: str,
        keys: Sequence[Requests | Durations | Values | Sums],
        parts: Sequence[str | None],
    ) -> Rows | None:
        """The bins of values about which counts at the cuts say nothing; None where none are.

        Most minutes have no value between the two cuts around a threshold, and are not unpacked.
        """
        journeys = sorted({key.journey for key in keys})
        words = sorted({part for part in parts if part is not None})
        plans = sorted(self.rollup.manifests[unit].plans)
        column = "step" if unit == "requests" else "metric"
        all_values = "timed - timeout" if unit == "requests" else "events"
        inside, bands = [], []
        for key in keys:
            for number, plan in enumerate(plans, 1):
                if not isinstance(key, Durations | Values):
                    continue
                band = self._band(key, plan)
                if band.is_exact:
                    continue
                part = part_of(key)
                own = f"plan = {_list([plan])} AND r.journey = {_list([key.journey])}"
                own += f" AND r.{column} = {_list([part])}" if part is not None else ""
                low = f"below_{band.counted}" if band.counted else "0"
                high = all_values if band.is_last else f"below_{band.counted + 1}"
                inside.append(f"({own} AND {high} > {low})")
                place = journeys.index(key.journey) + 1
                bands.append(
                    f"(q.plan = {number} AND q.journey = {place} "
                    f"AND (q.bin & {BANDS - 1}) = {band.counted})"
                )
        if not inside:
            return None
        asked = [column, "platform", "bins", *_columns(" ".join(inside))]
        source = self._source(unit, list(dict.fromkeys(asked)))
        names = ["at", "journey", "part", "platform", "plan", "bin", "events"]
        if source is None:
            return Rows({name: np.zeros(0) for name in names}, journeys, words, plans)
        split = any(key.by_platform for key in keys)
        columns = (
            self.rollup.cursor()
            .execute(
                f"""
            SELECT q.*, CAST(count(*) AS DOUBLE) AS events
            FROM (
              SELECT {self._place} AS at,
                list_position([{_list(journeys)}], r.journey) AS journey,
                coalesce(list_position([{_list(words)}], r.{column}), 0) AS part,
                {f"coalesce(platform, '{UNKNOWN_PLATFORM}')" if split else "0"} AS platform,
                list_position([{_list(plans)}], plan) AS plan,
                unnest(bins) AS bin
              FROM ({source}) AS r WHERE {" OR ".join(dict.fromkeys(inside))}
            ) AS q WHERE {" OR ".join(dict.fromkeys(bands))} GROUP BY ALL
            """
            )
            .fetchnumpy()
        )
        return Rows(columns, journeys, words, plans)

    def _band(self, key: Durations | Values, plan: str) -> Band:
        """Where a key's cut lies among those at which a plan counted."""
        metric = key.metric if isinstance(key, Values) else None
        cuts = cuts_of(self.rollup, plan, self.rollup.catalog.journey(key.journey), metric)
        return Band(cut_value(key.cut), tuple(cuts))

    def _source(self, unit: str, columns: Collection[str]) -> str | None:
        pieces = cover(Window("", self.start, self.at), ("minute",))
        return rows_in(self.rollup, unit, "", ", ".join(["journey", *columns]), pieces)

    @property
    def _place(self) -> str:
        """SQL for the number of a row's minute, from the start."""
        first = (self.start - datetime(1970, 1, 1)) // MINUTE
        return f"CAST(epoch_us(r.at) // 60000000 - {first} AS BIGINT)"


def _columns(sql: str) -> list[str]:
    """The counts that SQL names."""
    return re.findall(r"\b(?:below_\d+|timed|timeout|events)\b", sql)


def _metrics(key: Values | Sums) -> tuple[str, ...]:
    return (key.total, key.bad) if isinstance(key, Sums) else (key.metric,)


def _list(words: Sequence[str]) -> str:
    return ", ".join("'" + word.replace("'", "''") + "'" for word in words) or "NULL"
