"""Availability in slices of ten seconds: observed, up or down, and under maintenance (DESIGN 2.2).

The rollup keeps ten-second counts, and apart the few that a failing minute may consist of; every
rule is applied here, on read, since midnight, `at` and maintenance are no matter of a date.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from slo_core.catalog import AvailabilityRules, Scope
from slo_core.durations import SLICE_SECONDS
from slo_core.rollup import Rollup
from slo_core.sli.rows import columns_of
from slo_core.sli.windows import Window

_MINUTE = 60 // SLICE_SECONDS
"""Slices in the minute of a slice: the sixty seconds that end with it."""

_BITS = 60
"""Slices that a number of the rollup's ``seen`` stands for."""

_TROUBLED_SHARE = 0.5
"""What has to have failed in some slice of a minute that the rollup's ``troubled`` has."""

_NEVER = np.iinfo(np.int64).max

Flags = NDArray[np.bool_]
Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Timeline:
    """One scope's slices over a span: five flags a slice, and where the first one begins.

    ``observed`` has any probe or request in its minute; ``by_probes`` and ``by_errors`` are down
    for that reason, or for both; ``in_hindsight`` is down by errors only for minutes that end after
    the slice's minute on the clock, so that a look at that minute's end knew nothing of it;
    ``maintained`` touches a maintenance window that counts, and is left out of everything.
    """

    start: datetime
    observed: Flags
    by_probes: Flags
    by_errors: Flags
    in_hindsight: Flags
    maintained: Flags

    @property
    def down(self) -> Flags:
        """Down by probes or by errors."""
        return self.by_probes | self.by_errors

    def counts(self, window: Window) -> tuple[int, int, float | None]:
        """Seconds up, seconds observed, and coverage of a window that lies within the span.

        Coverage is observed time over the window without maintenance; None where that is nothing.
        """
        first = _slices(window.start - self.start)
        last = _slices(window.end - self.start)
        observed = self.observed[first:last] & ~self.maintained[first:last]
        valid = int(observed.sum()) * SLICE_SECONDS
        good = valid - int((observed & self.down[first:last]).sum()) * SLICE_SECONDS
        left = int((~self.maintained[first:last]).sum()) * SLICE_SECONDS
        return good, valid, valid / left if left else None

    def series(self, step: timedelta) -> pd.DataFrame:
        """Seconds up and observed in steps from the span's start: ``at``, ``good``, ``valid``.

        A step without observed seconds has no row.
        """
        width = _slices(step)
        observed = self.observed & ~self.maintained
        edges = np.arange(0, len(observed), width)
        valid = np.add.reduceat(observed.astype(np.int64), edges) * SLICE_SECONDS
        down = np.add.reduceat((observed & self.down).astype(np.int64), edges) * SLICE_SECONDS
        frame = pd.DataFrame(
            {
                "at": np.datetime64(self.start, "us")
                + np.arange(len(edges)) * np.timedelta64(step),
                "good": (valid - down).astype(float),
                "valid": valid.astype(float),
            }
        )
        return frame[frame["valid"] > 0].reset_index(drop=True)


def timeline(
    rollup: Rollup, scope: Scope, start: datetime, at: datetime, maintenance: pd.DataFrame
) -> Timeline:
    """Judge every slice of a scope in ``[start, at)``, on whole minutes.

    ``maintenance`` is the register's table. Minutes end at or before ``at`` and may begin before
    ``start``, so the minute before is read too.
    """
    spans = max(1, -(-(at - start) // _SPAN))
    judged = _judged(rollup, at - spans * _SPAN, at)[scope.id]
    before = _slices(start - judged.start)
    rules = rollup.catalog.rules.availability
    return Timeline(
        start,
        judged.observed[before:],
        judged.by_probes[before:],
        judged.by_errors[before:],
        judged.in_hindsight[before:],
        _maintained(maintenance, scope, start, _slices(at - start), rules),
    )


_SPAN = timedelta(days=35)
"""What is judged at once: the objectives' windows and the month, so that one look serves all."""


@dataclass(frozen=True)
class _Read:
    """What a span's slices are read from, for all scopes together."""

    rollup: Rollup
    begin: datetime
    at: datetime

    @property
    def size(self) -> int:
        """How many slices there are."""
        return _slices(self.at - self.begin)

    def seen(
        self, unit: str, key: str, names: list[str], columns: list[str]
    ) -> dict[str, list[Flags]]:
        """The slices whose bits are set, for each column of a unit's ``seen``, by the names of
        a key.
        """
        found = {name: [np.zeros(self.size, dtype=bool) for _ in columns] for name in names}
        first, last = _number(self.begin) // _BITS, (_number(self.at) - 1) // _BITS
        source = self.rollup.source(
            unit,
            "seen",
            [(self.begin, self.at)],
            columns=", ".join([f"{_place(names, key)} AS place", "sixty", *columns]),
            where=f"sixty BETWEEN {first} AND {last}",
        )
        if source is None:
            return found
        rows = self.rollup.cursor().execute(source).fetchnumpy()
        bits = np.arange(_BITS)
        for place, name in enumerate(names, 1):
            own = rows["place"] == place
            slices = (rows["sixty"][own][:, None] * _BITS + bits).ravel() - _number(self.begin)
            inside = (slices >= 0) & (slices < self.size)
            for flags, column in zip(found[name], columns, strict=True):
                is_set = (rows[column][own][:, None] >> bits & 1).astype(bool).ravel()
                flags[slices[inside & is_set]] = True
        return found

    def request_counts(self, journeys: list[str]) -> dict[str, tuple[Counts, Counts]]:
        """Valid and failed requests a slice, by journey.

        They are all there around slices in which half failed, and may be zero elsewhere: a
        minute fails on a larger share, so it has such a slice, and one without has none among what
        is there.
        """
        nothing = np.zeros(self.size, dtype=np.int64)
        found = {name: (nothing.copy(), nothing.copy()) for name in journeys}
        share = self.rollup.catalog.rules.availability.error_share.value
        first, last = _number(self.begin), _number(self.at)
        source = self.rollup.source(
            "requests",
            "troubled" if share >= _TROUBLED_SHARE else "slices",
            [(self.begin, self.at)],
            columns=f"{_place(journeys, 'journey')} AS place, slice, valid, failed",
            where=f"slice >= {first} AND slice < {last}",
        )
        if source is None:
            return found
        rows = self.rollup.cursor().execute(source).fetchnumpy()
        for place, name in enumerate(journeys, 1):
            own = rows["place"] == place
            for counts, column in zip(found[name], ("valid", "failed"), strict=True):
                counts[rows["slice"][own] - first] = rows[column][own]
        return found


def _place(names: list[str], column: str) -> str:
    """SQL for a text's place among names, from 1: numbers are far cheaper to fetch."""
    listed = ", ".join(f"'{name}'" for name in names)
    return f"coalesce(list_position([{listed}], {column}), 0)"


@lru_cache(maxsize=6)
def _judged(rollup: Rollup, start: datetime, at: datetime) -> dict[str, Timeline]:
    """The slices of each scope in a span before maintenance, which people may enter at any time."""
    scopes = rollup.catalog.scopes
    read = _Read(rollup, start - timedelta(seconds=60), at)
    own = sorted({scope.journey for scope in scopes})
    critical = {scope.critical_journey for scope in scopes if scope.critical_journey}
    counts = read.request_counts(sorted({*own, *critical}))
    requested = read.seen("requests", "journey", own, ["seen"])
    probed = read.seen("probes", "scope", [scope.id for scope in scopes], ["seen", "failing"])
    return {
        scope.id: _timeline(
            read, start, scope, counts, requested[scope.journey][0], probed[scope.id]
        )
        for scope in scopes
    }


def _timeline(
    read: _Read,
    start: datetime,
    scope: Scope,
    counts: Mapping[str, tuple[Counts, Counts]],
    requested: Flags,
    probes: list[Flags],
) -> Timeline:
    """One scope's slices.

    A slice is down by probes if the latest probe of each target failed, so in the latest slice with
    probes none may have passed; nearly always one did, and the targets need not be read.
    """
    rules = read.rollup.catalog.rules.availability
    held = max(1, _slices(rules.probe_interval.value))
    probed, failing = probes
    suspect = _any(failing, held)
    observed = _any(requested, _MINUTE) | _any(probed, held)
    # Around a suspect slice only what it looks at was read; other slices are none of its business.
    targets = _probes(read.rollup, scope, read.begin, suspect, held)
    by_probes = _down_by_probes(targets, read.size, held) & suspect
    known = _down_by_errors(counts, scope, rules)
    by_errors = known < _NEVER
    # A span begins on a whole minute, so its slices fall into those of the clock.
    in_hindsight = by_errors & (known > np.arange(read.size) // _MINUTE * _MINUTE + _MINUTE - 1)
    before = _slices(start - read.begin)
    nothing = np.zeros(read.size - before, dtype=bool)
    return Timeline(
        start,
        observed[before:],
        by_probes[before:],
        by_errors[before:],
        in_hindsight[before:],
        nothing,
    )


def _probes(
    rollup: Rollup, scope: Scope, begin: datetime, suspect: Flags, held: int
) -> pd.DataFrame:
    """A row per target and slice that a suspect slice looks at: whether its latest probe failed.

    Columns ``slice`` (from ``begin``), ``target``, ``failed``.
    """
    none = pd.DataFrame({"slice": [], "target": [], "failed": []}).astype({"slice": "int64"})
    reach = np.flatnonzero(_any(suspect[::-1], held)[::-1])
    if not len(reach):
        return none
    first, last = int(reach[0]), int(reach[-1]) + 1
    start = begin + timedelta(seconds=SLICE_SECONDS * first)
    end = begin + timedelta(seconds=SLICE_SECONDS * last)
    source = rollup.source(
        "probes",
        "slices",
        [(start, end)],
        where=f"scope = '{scope.id}' AND slice >= {_number(start)} AND slice < {_number(end)}",
    )
    if source is None:
        return none
    slices = (reach + _number(begin)).tolist()
    return (
        rollup.cursor()
        .execute(
            f"SELECT slice - {_number(begin)} AS slice, target, last_failed_at IS NOT NULL AND "
            "(last_passed_at IS NULL OR last_failed_at > last_passed_at) AS failed "
            f"FROM ({source}) SEMI JOIN ({columns_of({'slice': ('BIGINT', slices)})}) USING (slice)"
        )
        .df()
    )


def _number(moment: datetime) -> int:
    """The slice that begins at a moment, counted from the epoch."""
    return _slices(moment - datetime(1970, 1, 1))


def _down_by_probes(probes: pd.DataFrame, size: int, held: int) -> Flags:
    """Slices in which every target that was probed lately has a failed latest probe.

    A probe holds for `held` slices, its own included.
    """
    down = np.zeros(size, dtype=bool)
    if not probes["failed"].any():
        return down
    nothing, passed, failed = 0, 1, 2
    any_passing = np.zeros(size, dtype=bool)
    any_failing = np.zeros(size, dtype=bool)
    for _, own in probes.groupby("target"):
        state = np.zeros(size, dtype=np.int8)
        state[own["slice"].to_numpy()] = np.where(own["failed"], failed, passed)
        latest = state.copy()
        for back in range(1, held):
            earlier = np.concatenate([np.zeros(back, dtype=np.int8), state[:-back]])[:size]
            latest = np.where(latest == nothing, earlier, latest)
        any_passing |= latest == passed
        any_failing |= latest == failed
    return any_failing & ~any_passing


def _down_by_errors(
    counts: Mapping[str, tuple[Counts, Counts]], scope: Scope, rules: AvailabilityRules
) -> Counts:
    """With which slice it is known of each that it is down by errors, or `_NEVER`.

    Down are those of failing minutes, from the minute's first such failure to its last; it is known
    at the end of the first such minute.
    """
    enough = rules.min_requests.value
    valid, failed = map(_sum_in_minute, counts[scope.journey])
    # In whole numbers: 0.4 × valid in binary is not always what it is in decimal.
    share = Fraction(repr(rules.error_share.value))
    fails = (valid >= enough) & (failed * share.denominator > share.numerator * valid)
    known = _spans_of_failures(fails, counts[scope.journey][1])
    if scope.critical_journey:
        valid, failed = map(_sum_in_minute, counts[scope.critical_journey])
        fails = (valid >= enough) & (valid > 0) & (failed == valid)
        known = np.minimum(known, _spans_of_failures(fails, counts[scope.critical_journey][1]))
    return known


def _spans_of_failures(fails: Flags, failed: Counts) -> Counts:
    """For each slice the first failing minute in which it lies from the first failure to the last.

    Minutes go by their last slice; `_NEVER` where there is none.
    """
    ends = np.flatnonzero(fails)
    known = np.full(len(failed), _NEVER)
    if len(ends):
        offsets = np.arange(-_MINUTE + 1, 1)
        slices = ends[:, None] + offsets
        has_failed = (slices >= 0) & (failed[np.clip(slices, 0, None)] > 0)
        first = slices[np.arange(len(ends)), has_failed.argmax(axis=1)]
        last = ends - has_failed[:, ::-1].argmax(axis=1)
        for back in range(_MINUTE):
            own = ends - back
            inside = (first <= own) & (own <= last)
            np.minimum.at(known, own[inside], ends[inside])
    return known


def _maintained(
    maintenance: pd.DataFrame, scope: Scope, start: datetime, size: int, rules: AvailabilityRules
) -> Flags:
    """Slices that touch maintenance announced early enough and not cancelled."""
    maintained = np.zeros(size, dtype=bool)
    for window in maintenance.itertuples():
        in_time = rules.in_time(window.announced_at, window.starts_at)
        if window.scope == scope.id and in_time and pd.isna(window.cancelled_at):
            first = (window.starts_at - start) // timedelta(seconds=SLICE_SECONDS)
            last = -((start - window.ends_at) // timedelta(seconds=SLICE_SECONDS))
            maintained[max(first, 0) : max(last, 0)] = True
    return maintained


def _sum_in_minute(counts: Counts) -> Counts:
    """The sum over the minute of each slice."""
    sums = np.cumsum(counts)
    sums[_MINUTE:] -= sums[:-_MINUTE].copy()
    return sums


def _any(flags: Flags, width: int) -> Flags:
    """Whether a slice or any of those before it is set, `width` slices in all."""
    found = flags.copy()
    for back in range(1, width):
        found[back:] |= flags[:-back]
    return found


def _slices(length: timedelta) -> int:
    return int(length.total_seconds()) // SLICE_SECONDS
