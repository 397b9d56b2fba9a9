"""What each slice of ten seconds was: observed, down by probes, down by errors (DESIGN 2.2).

The rollup keeps ten-second counts, and apart the few that a failing minute may consist of; every
rule is applied here, on read, since midnight is no matter of a date. Whole days are judged, with
all that is known today, and kept while there is room; what a look knew is for its timeline to say.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from slo_core.catalog import AvailabilityRules, Scope
from slo_core.durations import SLICE_SECONDS
from slo_core.rollup import Rollup
from slo_core.sli.days import Days, Figures
from slo_core.sli.rows import columns_of
from slo_core.sli.steps import DAY, floor, runs

MINUTE_SLICES = 60 // SLICE_SECONDS
"""Slices in the minute of a slice: the sixty seconds that end with it."""

_UNITS = ("requests", "probes")

_BITS = 60
"""Slices that a number of the rollup's ``seen`` stands for."""

_TROUBLED_SHARE = 0.5
"""What has to have failed in some slice of a minute that the rollup's ``troubled`` has."""

_NEVER = np.iinfo(np.int64).max

_ROOM = 64 << 20
"""Bytes of judged days that are kept: more than a year of a few scopes."""

Flags = NDArray[np.bool_]
Counts = NDArray[np.int64]
Judged = Flags
"""A scope's slices, a row each for: observed, down by probes, down by errors, and that only in
hindsight, see `slo_core.sli.availability.Timeline`.
"""

# Raised when what a kept day holds changes.
_LAYOUT = 1


def judged_days(rollup: Rollup, start: datetime, at: datetime) -> list[dict[str, Judged]]:
    """The slices of each scope, by its id, for every day that overlaps ``[start, at)``.

    Before maintenance, which people may enter at any time. Days that are not kept are read
    together where they are neighbours.
    """
    first = floor(start, DAY)
    days = [first + number * DAY for number in range(-(-(at - first) // DAY))]
    made = dict(zip(days, _made_of(rollup, days), strict=True))
    found = {
        day: judged
        for day, by in made.items()
        if (judged := _KEPT.get(rollup.store, day.date(), by)) is not None
    }
    dates = (day for unit in _UNITS for day in rollup.manifests[unit].entries)
    newest = max(dates, default=date.min)
    for begin, end in runs([place for place, day in enumerate(days) if day not in found]):
        run = days[begin : end + 1]
        for day, judged in zip(run, _judge(rollup, run), strict=True):
            # The newest date is likely to grow, and the one before it looks over midnight.
            settled = (day + DAY).date() < newest
            _KEPT.put(rollup.store, day.date(), made[day], judged, settled=settled)
            found[day] = judged
    return [
        {scope: flags for (scope,), flags in zip(it.labels, it.array, strict=True) if scope}
        for it in (found[day] for day in days)
    ]


def forget() -> None:
    """Forget what is kept in memory, as a new process has not judged anything."""
    _KEPT.forget()


def _made_of(rollup: Rollup, days: Sequence[datetime]) -> Iterator[Hashable]:
    """For each day all that its slices depend on."""
    catalog = rollup.catalog
    rules = (catalog.rules.availability.model_dump_json(), *map(repr, catalog.scopes))
    units = [rollup.manifests[unit].entries for unit in _UNITS]
    for day in days:
        # Minutes and probes look over midnight, on both sides.
        around = [(day + offset * DAY).date() for offset in (-1, 0, 1)]
        made = [
            entry and (entry.folder, entry.outputs)
            for own in units
            for entry in map(own.get, around)
        ]
        yield (_LAYOUT, rules, *made)


def _judge(rollup: Rollup, days: Sequence[datetime]) -> list[Figures]:
    """Judge neighbouring days."""
    scopes, rules = rollup.catalog.scopes, rollup.catalog.rules.availability
    # A slice may be down for a minute that began before the day, or for one that ends after it.
    before = timedelta(seconds=SLICE_SECONDS * max(MINUTE_SLICES, _held(rules)))
    read = _Read(rollup, days[0] - before, days[-1] + DAY + timedelta(seconds=60))
    own = sorted({scope.journey for scope in scopes})
    critical = {scope.critical_journey for scope in scopes if scope.critical_journey}
    counts = read.request_counts(sorted({*own, *critical}))
    requested = read.seen("requests", "journey", own, ["seen"])
    probed = read.seen("probes", "scope", [scope.id for scope in scopes], ["seen", "failing"])
    judged = (
        np.stack(
            [
                _judge_scope(read, scope, counts, requested[scope.journey][0], probed[scope.id])
                for scope in scopes
            ]
        )
        if scopes
        else np.zeros((0, 4, read.size), dtype=bool)
    )
    labels, size = tuple((scope.id,) for scope in scopes), slices_in(DAY)
    firsts = [slices_in(before) + number * size for number in range(len(days))]
    # Copies, so that a day can be let go without the others.
    return [Figures(labels, judged[..., first : first + size].copy()) for first in firsts]


def _held(rules: AvailabilityRules) -> int:
    """For how many slices a probe holds, its own included."""
    return max(1, slices_in(rules.probe_interval.value))


@dataclass(frozen=True)
class _Read:
    """What a span's slices are read from, for all scopes together."""

    rollup: Rollup
    begin: datetime
    at: datetime

    @property
    def size(self) -> int:
        """How many slices there are."""
        return slices_in(self.at - self.begin)

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


def _judge_scope(
    read: _Read,
    scope: Scope,
    counts: Mapping[str, tuple[Counts, Counts]],
    requested: Flags,
    probes: list[Flags],
) -> Judged:
    """One scope's slices.

    A slice is down by probes if the latest probe of each target failed, so in the latest slice with
    probes none may have passed; nearly always one did, and the targets need not be read.
    """
    rules = read.rollup.catalog.rules.availability
    held = _held(rules)
    probed, failing = probes
    suspect = _any(failing, held)
    observed = _any(requested, MINUTE_SLICES) | _any(probed, held)
    # Around a suspect slice only what it looks at was read; other slices are none of its business.
    targets = _probes(read.rollup, scope, read.begin, suspect, held)
    by_probes = _down_by_probes(targets, read.size, held) & suspect
    known = _down_by_errors(counts, scope, rules)
    by_errors = known < _NEVER
    # Slices fall into the minutes of the clock, as they are counted from the epoch.
    number = _number(read.begin) + np.arange(read.size)
    clock_end = number // MINUTE_SLICES * MINUTE_SLICES + MINUTE_SLICES - 1
    in_hindsight = by_errors & (known > clock_end - _number(read.begin))
    return np.stack([observed, by_probes, by_errors, in_hindsight])


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
    return slices_in(moment - datetime(1970, 1, 1))


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
        offsets = np.arange(-MINUTE_SLICES + 1, 1)
        slices = ends[:, None] + offsets
        has_failed = (slices >= 0) & (failed[np.clip(slices, 0, None)] > 0)
        first = slices[np.arange(len(ends)), has_failed.argmax(axis=1)]
        last = ends - has_failed[:, ::-1].argmax(axis=1)
        for back in range(MINUTE_SLICES):
            own = ends - back
            inside = (first <= own) & (own <= last)
            np.minimum.at(known, own[inside], ends[inside])
    return known


def _sum_in_minute(counts: Counts) -> Counts:
    """The sum over the minute of each slice."""
    sums = np.cumsum(counts)
    sums[MINUTE_SLICES:] -= sums[:-MINUTE_SLICES].copy()
    return sums


def _any(flags: Flags, width: int) -> Flags:
    """Whether a slice or any of those before it is set, `width` slices in all."""
    found = flags.copy()
    for back in range(1, width):
        found[back:] |= flags[:-back]
    return found


def slices_in(length: timedelta) -> int:
    """How many slices a length of time has."""
    return int(length.total_seconds()) // SLICE_SECONDS


_KEPT = Days("slices", _ROOM)
