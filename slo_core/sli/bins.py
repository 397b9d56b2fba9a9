"""The rollup's log histograms in blocks of time that are kept, so that each is read once.

A block is a whole day over all platforms together, the hours of a day, or some minutes. Days and
their hours are kept as `slo_core.sli.days` keeps them, minutes in memory. For the engine, to
understand a question takes longer than to answer it, so what is missing is read in one.
"""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from slo_core.rollup import Rollup
from slo_core.sli.days import Days, Figures, Label
from slo_core.sli.memory import Memory
from slo_core.sli.rows import UNKNOWN_PLATFORM, rows_in
from slo_core.sli.steps import DAY, HOUR, MICROSECOND, bucket, floor, microseconds
from slo_core.sli.windows import Piece

UNITS = {"requests": "step", "measurements": "metric"}
"""The units that have histograms, with the column that tells a journey's events apart."""

KEYS = ["plan", "journey", "kind", "platform"]
"""What labels a block's rows; platform is None where it is not told apart."""

_LISTS = ("begins", "bin", "events")
_STEMS = {"day": "histogram_", "hour": "histogram_", "minute": ""}
_ROOM = 64 << 20
"""Bytes of bins that are kept of a unit's days, a year of them, and of its hours, weeks."""

_AT_ONCE = 16
"""Blocks that are read in one question, so that memory stays small."""

# Raised when what a kept day holds changes.
_LAYOUT = 1


class Block(NamedTuple):
    """Where bins come from: a unit, and a day, the hours of a day, or some minutes.

    Minutes are of one ``platform`` or of all together, in steps of ``step`` or in one.
    """

    unit: str
    grain: str
    start: datetime
    end: datetime
    platform: str | None = None
    step: timedelta | None = None

    @property
    def width(self) -> timedelta:
        """How long each of its steps is."""
        return self.step or (HOUR if self.grain == "hour" else self.end - self.start)

    @property
    def first(self) -> datetime:
        """Where its first step begins, which may be before the block does."""
        return floor(self.start, self.step) if self.step else self.start


def blocks_of(
    unit: str, piece: Piece, platform: str | None = None, step: timedelta | None = None
) -> list[Block]:
    """The blocks that a piece lies in; those of hours reach to both ends of their days.

    ``step`` is that of minutes that are told apart.
    """
    if piece.grain == "minute":
        return [Block(unit, "minute", piece.start, piece.end, platform, step)]
    first = piece.start.replace(hour=0)
    count = -(-(piece.end - first) // DAY)
    midnights = [first + DAY * number for number in range(count)]
    return [Block(unit, piece.grain, start, start + DAY) for start in midnights]


def read_bins(rollup: Rollup, blocks: Iterable[Block]) -> dict[Block, Figures]:
    """The bins of some blocks.

    Labels are `KEYS`. The array's rows are the number of a label, the number of a step of the
    block, a bin, and its events there; a column for each.
    """
    made = {block: _made_of(rollup, block) for block in dict.fromkeys(blocks)}
    kept = {block: _kept(rollup, block, by) for block, by in made.items()}
    found = {block: figures for block, figures in kept.items() if figures is not None}
    read = _read(rollup, [block for block in made if block not in found])
    newest = {unit: max(rollup.manifests[unit].entries, default=date.min) for unit in UNITS}
    for block, figures in read.items():
        settled = block.start.date() < newest[block.unit]
        _keep(rollup, block, made[block], figures, settled=settled)
    return found | read


def forget() -> None:
    """Forget what is kept, as a new process has not read anything."""
    _MINUTES.clear()
    for days in _DAYS.values():
        days.forget()


def _made_of(rollup: Rollup, block: Block) -> Hashable:
    entries = rollup.entries(block.unit, block.start, block.end)
    return (_LAYOUT, *((entry.folder, entry.outputs) for _, entry in entries))


def _kept(rollup: Rollup, block: Block, made_of: Hashable) -> Figures | None:
    if block.grain == "minute":
        return _MINUTES.get((rollup.store.rollup, block, made_of))
    return _DAYS[block.grain, block.unit].get(rollup.store, block.start.date(), made_of)


def _keep(
    rollup: Rollup, block: Block, made_of: Hashable, figures: Figures, *, settled: bool
) -> None:
    if block.grain == "minute":
        _MINUTES.put((rollup.store.rollup, block, made_of), figures, figures.array.nbytes)
    else:
        days = _DAYS[block.grain, block.unit]
        days.put(rollup.store, block.start.date(), made_of, figures, settled=settled)


def _read(rollup: Rollup, blocks: Sequence[Block]) -> dict[Block, Figures]:
    found = dict.fromkeys(blocks, Figures((), np.zeros((4, 0), dtype=np.int64)))
    for apart in _apart(blocks):
        for first in range(0, len(apart), _AT_ONCE):
            found |= _read_apart(rollup, apart[first : first + _AT_ONCE])
    return found


def _apart(blocks: Iterable[Block]) -> list[list[Block]]:
    """Blocks in as many lists as it takes for those of a grain and platform to lie apart."""
    lists: list[list[Block]] = []
    ends: list[dict[Hashable, datetime]] = []
    for block in sorted(blocks, key=lambda it: it.start):
        kind = _kind(block)
        free = (n for n, own in enumerate(ends) if own.get(kind, datetime.min) <= block.start)
        number = next(free, len(lists))
        if number == len(lists):
            lists.append([])
            ends.append({})
        lists[number].append(block)
        ends[number][kind] = block.end
    return lists


def _read_apart(rollup: Rollup, blocks: Sequence[Block]) -> dict[Block, Figures]:
    """The blocks with rows of some that lie apart, in one question."""
    kinds = list(dict.fromkeys(map(_kind, blocks)))
    owns = [[block for block in blocks if _kind(block) == kind] for kind in kinds]
    selects = [_select(rollup, number, own) for number, own in enumerate(owns)]
    asked = [select for select in selects if select]
    if not asked:
        return {}
    table = rollup.cursor().sql(" UNION ALL ".join(asked)).to_arrow_table()
    return {
        block: figures
        for number, own in enumerate(owns)
        for block, figures in _split(table.filter(pc.field("kind_number") == number), own)
    }


def _kind(block: Block) -> Hashable:
    """What one SELECT can read: blocks that are told apart by their time alone."""
    return block.unit, block.grain, block.platform, block.step


def _select(rollup: Rollup, number: int, blocks: Sequence[Block]) -> str | None:
    """SQL for the bins of blocks of one kind, in order of time: lists, a row for each label.

    So that texts, which cost most on the way from the engine, are few.
    """
    unit, grain, _, _, platform, _ = blocks[0]
    fine = grain == "minute"
    own = f"coalesce(platform, '{UNKNOWN_PLATFORM}') AS own"
    columns = [
        f"journey, {UNITS[unit]} AS kind",
        "platform" if grain == "hour" else "NULL::VARCHAR AS platform",
        f"epoch_us({_begins(blocks) if fine else grain}) AS begins",
        "unnest(bins) AS bin, 1 AS events" if fine else "bin, events",
        *([own] if platform is not None else []),
    ]
    pieces = [Piece("", grain, it.start, it.end) for it in blocks]
    rows = rows_in(rollup, unit, _STEMS[grain], ", ".join(columns), pieces)
    if rows is None:
        return None
    keys = ", ".join(KEYS)
    if fine:
        text = (platform or "").replace("'", "''")
        only = "" if platform is None else f"WHERE own = '{text}'"
        rows = (
            f"SELECT {keys}, begins, bin, CAST(sum(events) AS BIGINT) AS events "
            f"FROM ({rows}) {only} GROUP BY ALL"
        )
    lists = ", ".join(f"list({name}) AS {name}" for name in _LISTS)
    return f"SELECT {number} AS kind_number, {keys}, {lists} FROM ({rows}) GROUP BY {keys}"


def _begins(blocks: Sequence[Block]) -> str:
    """SQL for the start of the step, or of the block, that a minute lies in."""
    if step := blocks[0].step:
        return bucket("minute", step)
    first, *later = (f"TIMESTAMP '{block.start}'" for block in blocks)
    if not later:
        return first
    whens = " ".join(f"WHEN minute >= {start} THEN {start}" for start in reversed(later))
    return f"CASE {whens} ELSE {first} END"


def _split(table: pa.Table, blocks: Sequence[Block]) -> Iterator[tuple[Block, Figures]]:
    """The rows of each block of a kind."""
    labels: list[Label] = [tuple(row.values()) for row in table.select(KEYS).to_pylist()]
    columns = [table[name].combine_chunks() for name in _LISTS]
    begins, bins, events = (it.flatten().to_numpy().astype(np.int64) for it in columns)
    key = np.repeat(np.arange(len(labels)), columns[0].value_lengths().to_numpy())
    for block in blocks:
        first, end = map(microseconds, (block.first, block.end))
        rows = np.flatnonzero((begins >= first) & (begins < end))
        # Alike things side by side, which makes files small.
        rows = rows[np.lexsort((bins[rows], begins[rows], key[rows]))]
        used, own = np.unique(key[rows], return_inverse=True)
        steps = (begins[rows] - first) // (block.width // MICROSECOND)
        array = np.stack([own, steps, bins[rows], events[rows]])
        yield block, Figures(tuple(labels[it] for it in used), _small(array))


def _small(array: NDArray[np.int64]) -> NDArray[np.signedinteger]:
    """The same numbers in half the room, where they are small enough."""
    fits = np.abs(array).max(initial=0) <= np.iinfo(np.int32).max
    return array.astype(np.int32) if fits else array


_DAYS = {
    (grain, unit): Days(f"{'hourly-' if grain == 'hour' else ''}bins-of-{unit}", _ROOM)
    for grain in ("day", "hour")
    for unit in UNITS
}
_MINUTES: Memory[Figures] = Memory(_ROOM)
