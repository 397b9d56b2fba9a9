"""Sums of the rollup's counts over spans of time: whole, or in steps of the clock.

Pages ask for many sums of the same few weeks: each objective's window, its burn rates, the course
of all of it. For the engine, to understand a question takes longer than to answer it, so rows are
read once, whole days of hours and whole hours of minutes, and what is asked of them is summed here.
Files of the rollup never change, so what was read of them is kept while there is room.
"""

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from slo_core.rollup import Rollup
from slo_core.sli.days import Days, Figures, Label
from slo_core.sli.memory import Memory
from slo_core.sli.rows import rows_in
from slo_core.sli.steps import DAY, HOUR, MICROSECOND, MINUTE, floor, microseconds
from slo_core.sli.windows import Piece

REASONS = (
    "timeout",
    "network",
    "server_error",
    "exception",
    "client_error",
    "invalid_response",
    "other",
)
"""Why a request failed: the rollup's columns, in the order of the outcome table (DESIGN 2.2)."""

EXCLUDED = ("excluded", "auth", "redirect")
"""What requests are that are no valid events."""

KEYS = ["plan", "journey", "kind", "platform"]

_ROOM = 128 << 20
"""Bytes of sums that are kept of a unit's hours, a year of them, and of all minutes, some days."""

# Raised when what a kept day holds changes.
_LAYOUT = 1


Sums = NDArray[np.float64]
_Place = tuple[str, datetime]
"""A grain, and where the day of hours or the hour of minutes begins."""


class Asked(NamedTuple):
    """A piece of a span: which span's, and the steps in which it is summed, or None for a whole."""

    place: int
    step: timedelta | None
    piece: Piece


@dataclass(frozen=True)
class _Unit:
    """What the rows of a unit's hours and minutes hold."""

    kind: str
    """The column that tells a journey's events apart."""
    columns: tuple[str, ...]
    cuts: str
    """The plan's table of cuts, at which rows count, too."""
    facts: int
    """The columns of that table before its cuts."""

    def names(self, rollup: Rollup, unit: str) -> tuple[str, ...]:
        """The columns that are summed."""
        plans = rollup.manifests[unit].plans.values()
        most = max((len(row) - self.facts for plan in plans for row in plan[self.cuts]), default=0)
        return (*self.columns, *(f"below_{number}" for number in range(1, most + 1)))


_UNITS = {
    "requests": _Unit(
        "step",
        ("requests", "good", *EXCLUDED, "timed", *REASONS),
        "journeys",
        1,
    ),
    "measurements": _Unit("metric", ("events", "total"), "metrics", 2),
}

# How long one of a grain's blocks is, and each of the steps in it.
_GRAINS = {"hour": (DAY, HOUR), "minute": (HOUR, MINUTE)}


def span_sums(
    rollup: Rollup, unit: str, asked: Sequence[Asked], journeys: Collection[str] | None = None
) -> pd.DataFrame | None:
    """The counts of a unit, ``requests`` or ``measurements``, summed by span and step.

    Columns ``place`` (the span's number), ``at`` (the start of its step, counted from the epoch;
    NaT for a whole), those of `KEYS` (``kind`` is a request's step or a measurement's metric; kind
    and platform are None where the log names none), and the sums as floats: a request's
    ``requests``, ``good``, ``excluded``, ``auth``, ``redirect``, ``timed`` and one for each of
    `REASONS`, a measurement's ``events`` and ``total``; ``below_N`` for each cut of a plan, 0 where
    its dates did not count at so many. ``journeys`` are those that are wanted, None for all.

    A step is there if something was logged in it; it may have several rows of a key, to be added.
    None where there is no row at all.
    """
    names = _UNITS[unit].names(rollup, unit)
    blocks = _blocks(rollup, unit, names, _places(asked))
    keys = list(
        dict.fromkeys(
            key
            for block in blocks.values()
            for key in block.labels
            if journeys is None or key[1] in journeys
        )
    )
    if not keys:
        return None
    grids = {grain: _Grid(grain, blocks, keys, len(names) + 1) for grain in _GRAINS}
    parts = [
        (place, *part)
        for place, step, piece in asked
        for part in grids[piece.grain].summed(piece, step)
    ]
    sums = np.concatenate([part for _, _, part in parts])
    logged = sums[..., -1] > 0
    if not logged.any():
        return None
    where, which = np.nonzero(logged)
    places = np.repeat([place for place, _, _ in parts], [len(part) for *_, part in parts])
    moments = np.concatenate([at for _, at, _ in parts])
    frame = pd.DataFrame(sums[where, which, :-1], columns=list(names))
    frame.insert(0, "place", places[where])
    frame.insert(1, "at", moments[where])
    table = np.array([(*key,) for key in keys], dtype=object)
    for number, name in enumerate(KEYS):
        frame.insert(2 + number, name, table[which, number])
    return frame


def read_ahead(rollup: Rollup, asked: Sequence[Asked]) -> None:
    """Read in one go what several questions to come will ask for, of all units."""
    for unit, rows in _UNITS.items():
        _blocks(rollup, unit, rows.names(rollup, unit), _places(asked))


def valid_requests(sums: pd.DataFrame) -> pd.Series:
    """How many of the requests of `span_sums` are valid events (DESIGN 2.2, outcomes)."""
    return sums["requests"] - sums[list(EXCLUDED)].sum(axis=1)


def forget() -> None:
    """Forget what is kept, as a new process has not read anything."""
    _MINUTES.clear()
    for days in _HOURS.values():
        days.forget()


class _Grid:
    """Blocks of a grain side by side, in order of time; neighbours may lie apart."""

    def __init__(
        self, grain: str, blocks: Mapping[_Place, Figures], keys: list[Label], columns: int
    ) -> None:
        self.length, self.width = _GRAINS[grain]
        self.steps = self.length // self.width
        own = sorted((start, block) for (of, start), block in blocks.items() if of == grain)
        self.places = {start: number for number, (start, _) in enumerate(own)}
        self.sums = np.zeros((len(own) * self.steps, len(keys), columns))
        column = {key: number for number, key in enumerate(keys)}
        for number, (_, block) in enumerate(own):
            pairs = [(old, column[key]) for old, key in enumerate(block.labels) if key in column]
            rows = slice(number * self.steps, (number + 1) * self.steps)
            old, new = [old for old, _ in pairs], [new for _, new in pairs]
            self.sums[rows, new] = block.array[:, old]

    def summed(
        self, piece: Piece, step: timedelta | None
    ) -> Iterator[tuple[NDArray[np.datetime64], Sums]]:
        """The moments of a piece's steps, and the sums of each by key and column."""
        first, last = self._row(piece.start), self._row(piece.end - self.width) + 1
        rows = self.sums[first:last]
        if step is None:
            yield np.array(["NaT"], "datetime64[us]"), rows.sum(axis=0, keepdims=True)
            return
        width, long = self.width // MICROSECOND, step // MICROSECOND
        begins = microseconds(piece.start) + np.arange(len(rows)) * width
        buckets = begins // long * long
        edges = np.flatnonzero(np.diff(buckets, prepend=-1))
        yield buckets[edges].astype("datetime64[us]"), np.add.reduceat(rows, edges, axis=0)

    def _row(self, moment: datetime) -> int:
        start = floor(moment, self.length)
        return self.places[start] * self.steps + (moment - start) // self.width


def _places(asked: Sequence[Asked]) -> list[_Place]:
    """The blocks that pieces lie in, each once."""
    found: dict[_Place, None] = {}
    for _, _, piece in asked:
        length, _ = _GRAINS[piece.grain]
        start = floor(piece.start, length)
        while start < piece.end:
            found[piece.grain, start] = None
            start += length
    return list(found)


def _blocks(
    rollup: Rollup, unit: str, names: tuple[str, ...], places: Sequence[_Place]
) -> dict[_Place, Figures]:
    """The blocks at some places: sums by step, key and column, the number of rows last.

    Labels are `KEYS`; those that a block has no row of have none in any step. What is not kept is
    read together; without rows a block is empty.
    """
    made = {
        place: (_LAYOUT, entry.folder, entry.outputs, names)
        for place in places
        for _, entry in rollup.entries(unit, place[1], place[1] + MINUTE)
    }
    kept = {place: _kept(rollup, unit, place, by) for place, by in made.items()}
    found = {place: block for place, block in kept.items() if block is not None}
    read = _read(rollup, unit, names, [place for place in made if place not in found])
    # The newest date is likely to grow.
    newest = max(rollup.manifests[unit].entries, default=date.min)
    for place, block in read.items():
        _keep(rollup, unit, place, made[place], block, settled=place[1].date() < newest)
    return {place: _empty(place[0], names) for place in places} | found | read


def _kept(rollup: Rollup, unit: str, place: _Place, made_of: Hashable) -> Figures | None:
    grain, start = place
    if grain == "hour":
        return _HOURS[unit].get(rollup.store, start.date(), made_of)
    return _MINUTES.get((rollup.store.rollup, unit, start, made_of))


def _keep(
    rollup: Rollup, unit: str, place: _Place, made_of: Hashable, block: Figures, *, settled: bool
) -> None:
    grain, start = place
    if grain == "hour":
        _HOURS[unit].put(rollup.store, start.date(), made_of, block, settled=settled)
    else:
        name = (rollup.store.rollup, unit, start, made_of)
        _MINUTES.put(name, block, block.array.nbytes)


def _empty(grain: str, names: tuple[str, ...]) -> Figures:
    length, width = _GRAINS[grain]
    return Figures((), np.zeros((length // width, 0, len(names) + 1)))


def _read(
    rollup: Rollup, unit: str, names: tuple[str, ...], places: Sequence[_Place]
) -> dict[_Place, Figures]:
    """Read the blocks at some places from their files, all in one question."""
    pieces = [Piece("", grain, start, start + _GRAINS[grain][0]) for grain, start in places]
    columns = ", ".join(["journey", f"{_UNITS[unit].kind} AS kind", "platform", *names])
    rows = rows_in(rollup, unit, "", columns, pieces)
    if rows is None:
        return {place: _empty(place[0], names) for place in places}
    asked = ", ".join(["epoch_us(q.at) AS at", "q.grain = 'hour' AS hourly", *KEYS, *names])
    table: pa.Table = rollup.cursor().sql(f"SELECT {asked} FROM ({rows}) AS q").to_arrow_table()
    hourly = table["hourly"].to_numpy()
    found: dict[_Place, Figures] = {}
    for grain, is_own in (("hour", hourly), ("minute", ~hourly)):
        starts = sorted(start for of, start in places if of == grain)
        if starts:
            own = table if is_own.all() else table.filter(is_own)
            found |= _split(grain, starts, own, names)
    return found


def _split(
    grain: str, starts: Sequence[datetime], table: pa.Table, names: tuple[str, ...]
) -> dict[_Place, Figures]:
    """The rows of a grain as blocks, one for each start."""
    length, width = _GRAINS[grain]
    keys, which = _keys_of(table)
    begins = np.array([microseconds(start) for start in starts], dtype=np.int64)
    at = table["at"].to_numpy()
    block = np.searchsorted(begins, at, side="right") - 1
    step = (at - begins[block]) // (width // MICROSECOND)
    slot = (block * (length // width) + step) * len(keys) + which
    size = len(starts) * (length // width) * len(keys)
    sums = np.empty((size, len(names) + 1))
    for number, name in enumerate(names):
        # A column that no file has is of nulls without a type.
        values = table[name].cast(pa.float64(), safe=False).fill_null(0).to_numpy()
        sums[:, number] = np.bincount(slot, values, size)
    sums[:, -1] = np.bincount(slot, minlength=size)
    parted = sums.reshape(len(starts), length // width, len(keys), len(names) + 1)
    return {
        # A copy, so that it can be let go without the others.
        (grain, start): Figures(keys, parted[number].copy())
        for number, start in enumerate(starts)
    }


def _keys_of(table: pa.Table) -> tuple[tuple[Label, ...], NDArray[np.int64]]:
    """The different keys of rows, and the number of each row's."""
    codes = np.zeros(len(table), dtype=np.int64)
    words = []
    for name in KEYS:
        coded = table[name].combine_chunks().dictionary_encode()
        words.append([*coded.dictionary.to_pylist(), None])
        place = coded.indices.fill_null(len(words[-1]) - 1).to_numpy(zero_copy_only=False)
        codes = codes * len(words[-1]) + place
    _, first, which = np.unique(codes, return_index=True, return_inverse=True)
    found = zip(*(table[name].take(first).to_pylist() for name in KEYS), strict=True)
    return tuple(found), which


_HOURS = {unit: Days(f"hours-of-{unit}", _ROOM) for unit in _UNITS}
_MINUTES: Memory[Figures] = Memory(_ROOM)
