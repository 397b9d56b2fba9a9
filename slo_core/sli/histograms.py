"""The rollup's log histograms over windows of time.

A window's whole days are kept as `slo_core.sli.days` keeps them, the hours and minutes at its edges
in memory, so that the engine reads only what nobody has asked for before.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import date, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from slo_core.rollup import Rollup
from slo_core.sli.days import Days, Figures, Label
from slo_core.sli.keys import keys_of
from slo_core.sli.memory import Memory
from slo_core.sli.rows import UNKNOWN_PLATFORM, rows_in
from slo_core.sli.steps import DAY
from slo_core.sli.windows import Piece, Window, cover

_UNITS = {"requests": "step", "measurements": "metric"}
"""The units that have histograms, with the column that tells a journey's events apart."""

_KEYS = ["plan", "journey", "kind"]

_ROOM = 64 << 20
"""Bytes of bins that are kept of a unit's days, a year of them, and of all edges."""

_AT_ONCE = 100
"""Pieces that are read in one question, so that memory stays small."""

# Raised when what a kept day holds changes.
_LAYOUT = 1

_KINDS = dict.fromkeys(("window", "journey", "metric", "step", "plan"), "object") | {
    "bin": "int64",
    "events": "int64",
}

_Place = tuple[str, Piece]
"""A unit, and a piece of time without a window's name: a whole day, or hours or minutes."""


def histograms(
    rollup: Rollup,
    windows: Sequence[Window],
    platform: str | None = None,
    journeys: Sequence[str] | None = None,
) -> pd.DataFrame:
    """The log histogram of each window, on one platform or over all of them.

    ``journeys`` are the ids of those that are wanted; None means all of them.

    Columns ``window``, ``journey``, ``metric`` (null for request durations), ``step``, ``plan``,
    ``bin``, ``events``; the lowest bins first.
    """
    split = [(window, _pieces(window, platform)) for window in windows]
    blocks = _blocks(rollup, list(dict.fromkeys(it for _, own in split for it in own)), platform)
    parts = [
        _summed([blocks[unit, piece] for piece in own], unit, journeys).assign(window=window.name)
        for window, own in split
        for unit in _UNITS
    ]
    parts = [part for part in parts if len(part)]
    if not parts:
        return pd.DataFrame({name: [] for name in _KINDS}).astype(_KINDS)
    found = pd.concat(parts, ignore_index=True)[list(_KINDS)].astype(_KINDS)
    return found.sort_values("bin", kind="stable", ignore_index=True)


def forget() -> None:
    """Forget what is kept, as a new process has not read anything."""
    _EDGES.clear()
    for days in _DAYS.values():
        days.forget()


def _pieces(window: Window, platform: str | None) -> list[Piece]:
    """The pieces of a window, day by day; whole days are kept over all platforms together."""
    grains = ("day", "hour", "minute") if platform is None else ("hour", "minute")
    found = []
    for piece in cover(Window("", window.start, window.end), grains):
        if piece.grain != "day":
            found.append(piece)
            continue
        midnights = [piece.start + DAY * number for number in range((piece.end - piece.start).days)]
        found += [Piece("", "day", midnight, midnight + DAY) for midnight in midnights]
    return found


def _blocks(rollup: Rollup, pieces: Sequence[Piece], platform: str | None) -> dict[_Place, Figures]:
    """The bins of some pieces: labels are `_KEYS`, the array's rows a label's number, a bin, and
    its events.

    What is not kept is read together; without rows a block is empty.
    """
    made = {
        (unit, piece): _made_of(rollup, unit, piece, platform)
        for unit in _UNITS
        for piece in pieces
    }
    found = {
        place: block
        for place, by in made.items()
        if (block := _kept(rollup, place, by)) is not None
    }
    missing = [place for place in made if place not in found]
    read = _read(rollup, missing, platform)
    newest = {unit: max(rollup.manifests[unit].entries, default=date.min) for unit in _UNITS}
    for place, block in read.items():
        unit, piece = place
        settled = piece.start.date() < newest[unit]
        _keep(rollup, place, made[place], block, settled=settled)
    return found | read


def _made_of(rollup: Rollup, unit: str, piece: Piece, platform: str | None) -> Hashable:
    entries = rollup.entries(unit, piece.start, piece.end)
    made = tuple((entry.folder, entry.outputs) for _, entry in entries)
    return (_LAYOUT, platform, *made)


def _kept(rollup: Rollup, place: _Place, made_of: Hashable) -> Figures | None:
    unit, piece = place
    if piece.grain == "day":
        return _DAYS[unit].get(rollup.store, piece.start.date(), made_of)
    return _EDGES.get((rollup.store.rollup, place, made_of))


def _keep(
    rollup: Rollup, place: _Place, made_of: Hashable, block: Figures, *, settled: bool
) -> None:
    unit, piece = place
    if piece.grain == "day":
        day = piece.start.date()
        _DAYS[unit].put(rollup.store, day, made_of, block, settled=settled)
    else:
        _EDGES.put((rollup.store.rollup, place, made_of), block, block.array.nbytes)


def _read(rollup: Rollup, places: Sequence[_Place], platform: str | None) -> dict[_Place, Figures]:
    found = dict.fromkeys(places, Figures((), np.zeros((3, 0), dtype=np.int64)))
    for apart in _apart(places):
        for first in range(0, len(apart), _AT_ONCE):
            found |= _read_apart(rollup, apart[first : first + _AT_ONCE], platform)
    return found


def _apart(places: Iterable[_Place]) -> list[list[_Place]]:
    """Places in as many lists as it takes for pieces of a unit and grain in a list to lie apart."""
    lists: list[list[_Place]] = []
    ends: list[dict[tuple[str, str], datetime]] = []
    for unit, piece in sorted(places, key=lambda it: it[1].start):
        kind = (unit, piece.grain)
        free = (n for n, own in enumerate(ends) if own.get(kind, datetime.min) <= piece.start)
        number = next(free, len(lists))
        if number == len(lists):
            lists.append([])
            ends.append({})
        lists[number].append((unit, piece))
        ends[number][kind] = piece.end
    return lists


def _read_apart(
    rollup: Rollup, places: Sequence[_Place], platform: str | None
) -> dict[_Place, Figures]:
    """The blocks with rows of some places that lie apart, in one question."""
    kept = "" if platform is None else "platform, "
    selects = []
    for unit, column in _UNITS.items():
        for grain, stem, bins in (
            ("day", "histogram_", "bin, events"),
            ("hour", "histogram_", "bin, events"),
            ("minute", "", "unnest(bins) AS bin, 1 AS events"),
        ):
            own = [piece for of, piece in places if of == unit and piece.grain == grain]
            if not own:
                continue
            columns = (
                f"'{unit}' AS unit, {_start_of(grain, own)} AS start, {kept}"
                f"journey, {column} AS kind, {bins}"
            )
            if rows := rows_in(rollup, unit, stem, columns, own):
                selects.append(f"({rows})")
    if not selects:
        return {}
    only = "true" if platform is None else f"coalesce(h.platform, '{UNKNOWN_PLATFORM}') = $platform"
    query = f"""
        SELECT h.unit, h.grain, h.start, {", ".join(f"h.{name}" for name in _KEYS)}, h.bin,
          CAST(sum(h.events) AS BIGINT) AS events
        FROM ({" UNION ALL ".join(selects)}) AS h
        WHERE {only}
        GROUP BY ALL
        """
    named = {} if platform is None else {"platform": platform}
    table = rollup.cursor().sql(query, params=named).to_arrow_table()
    by_start = {(unit, it.grain, it.start): (unit, it) for unit, it in places}
    return {by_start[name]: block for name, block in _split(table).items()}  # type: ignore[index]


def _start_of(grain: str, pieces: Sequence[Piece]) -> str:
    """SQL for the start of a row's piece, of pieces in order of time."""
    if grain == "day":
        return "day"
    first, *later = (f"TIMESTAMP '{piece.start}'" for piece in pieces)
    if not later:
        return first
    whens = " ".join(f"WHEN {grain} >= {start} THEN {start}" for start in reversed(later))
    return f"CASE {whens} ELSE {first} END"


def _split(table: pa.Table) -> dict[Label, Figures]:
    """The rows as blocks by unit, grain and start."""
    places, place = keys_of(table, ["unit", "grain", "start"])
    keys, key = keys_of(table, _KEYS)
    bins, events = (table[name].to_numpy().astype(np.int64) for name in ("bin", "events"))
    order = np.lexsort((bins, key, place))
    edges = np.searchsorted(place[order], np.arange(len(places) + 1))
    found = {}
    for number, name in enumerate(places):
        rows = order[edges[number] : edges[number + 1]]
        used, own = np.unique(key[rows], return_inverse=True)
        labels = tuple(keys[it] for it in used)
        found[name] = Figures(labels, np.stack([own, bins[rows], events[rows]]))
    return found


def _summed(blocks: Sequence[Figures], unit: str, journeys: Sequence[str] | None) -> pd.DataFrame:
    """The bins of several blocks added up, of some journeys."""
    wanted = [
        label
        for label in dict.fromkeys(label for block in blocks for label in block.labels)
        if journeys is None or label[1] in journeys
    ]
    which, bins, events = _told_apart(blocks, {label: n for n, label in enumerate(wanted)})
    if not len(bins):
        return pd.DataFrame()
    # Bins are whole numbers close together: to look where they lie is quicker than to sort them.
    lowest = bins.min()
    there = np.zeros(bins.max() - lowest + 1, dtype=bool)
    there[bins - lowest] = True
    column = (np.cumsum(there) - 1)[bins - lowest]
    numbers = np.flatnonzero(there) + lowest
    sums = np.bincount(which * len(numbers) + column, events, len(wanted) * len(numbers))
    place = np.flatnonzero(sums)
    row = place // len(numbers)
    plan, journey, kind = np.array(wanted, dtype=object).T
    nothing = np.full(len(row), None, dtype=object)
    kinds = {name: kind[row] if name == _UNITS[unit] else nothing for name in ("metric", "step")}
    return pd.DataFrame(
        {"journey": journey[row], **kinds, "plan": plan[row]}
        | {"bin": numbers[place % len(numbers)], "events": sums[place].astype(np.int64)}
    )


def _told_apart(
    blocks: Sequence[Figures], wanted: Mapping[Label, int]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The rows of several blocks: which of the wanted labels, bin, events."""
    parts = [np.zeros((3, 0), dtype=np.int64)]
    for block in blocks:
        if not block.labels:
            continue
        own, bins, events = block.array
        number = np.array([wanted.get(label, -1) for label in block.labels])[own]
        rows = number >= 0
        parts.append(np.stack([number[rows], bins[rows], events[rows]]))
    which, bins, events = np.concatenate(parts, axis=1)
    return which, bins, events


_DAYS = {unit: Days(f"bins-of-{unit}", _ROOM) for unit in _UNITS}
_EDGES: Memory[Figures] = Memory(_ROOM)
