"""The rollup's log histograms over windows of time, and step by step."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from slo_core.rollup import Rollup
from slo_core.sli.bins import UNITS, Block, blocks_of, read_bins
from slo_core.sli.days import Figures, Label
from slo_core.sli.rows import UNKNOWN_PLATFORM
from slo_core.sli.steps import HOUR, MICROSECOND, microseconds, pieces
from slo_core.sli.windows import Piece, Window, cover

_COLUMNS = ["window", "journey", "metric", "step", "plan", "bin", "events"]

_Part = tuple[Block, Piece]
"""A block, and what of it is wanted."""


def histograms(
    rollup: Rollup,
    windows: Sequence[Window],
    platform: str | None = None,
    journeys: Collection[str] | None = None,
) -> pd.DataFrame:
    """The log histogram of each window, on one platform or over all of them.

    ``journeys`` are the ids of those that are wanted; None means all of them.

    Columns ``window``, ``journey``, ``metric`` (null for request durations), ``step``, ``plan``,
    ``bin``, ``events``; the lowest bins first.
    """
    split = _windows(windows, platform)
    read = read_bins(rollup, [block for *_, parts in split for block, _ in parts])
    frames = []
    for window, unit, parts in split:
        frame = _summed(read, parts, None, journeys, platform).assign(window=window.name)
        nothing = pd.Series(None, frame.index, dtype=object)
        kinds = dict.fromkeys(UNITS.values(), nothing) | {UNITS[unit]: frame["kind"]}
        frames.append(frame.assign(**kinds)[_COLUMNS])
    if not frames:
        return _summed({}, [], None, None, None).reindex(columns=_COLUMNS)
    found = pd.concat(frames, ignore_index=True)
    return found.sort_values("bin", kind="stable", ignore_index=True)


def read_bins_ahead(rollup: Rollup, windows: Sequence[Window]) -> None:
    """Read in one go what `histograms` of some windows will be made of, over all platforms."""
    read_bins(rollup, [block for *_, parts in _windows(windows, None) for block, _ in parts])


def bins_in_steps(
    rollup: Rollup,
    unit: str,
    window: Window,
    step: timedelta,
    journeys: Collection[str],
    platform: str | None = None,
) -> pd.DataFrame:
    """The log histogram of each step of a window, of a unit's events, on one platform or all.

    Columns ``at`` (the start of the step), ``journey``, ``kind`` (a request's step, a measurement's
    metric), ``plan``, ``bin``, ``events``.
    """
    fine = step if step < HOUR else None
    parts = _split(unit, pieces(window.start, window.end, step), platform, fine)
    read = read_bins(rollup, [block for block, _ in parts])
    return _summed(read, parts, step, journeys, platform)


def _windows(
    windows: Sequence[Window], platform: str | None
) -> list[tuple[Window, str, list[_Part]]]:
    """The parts of each window, by unit."""
    # Whole days are kept over all platforms together.
    grains = ("day", "hour", "minute") if platform is None else ("hour", "minute")
    return [
        (window, unit, _split(unit, cover(window, grains), platform))
        for window in windows
        for unit in UNITS
    ]


def _split(
    unit: str, split: Sequence[Piece], platform: str | None, step: timedelta | None = None
) -> list[_Part]:
    return [(block, piece) for piece in split for block in blocks_of(unit, piece, platform, step)]


def _summed(
    read: Mapping[Block, Figures],
    parts: Sequence[_Part],
    step: timedelta | None,
    journeys: Collection[str] | None,
    platform: str | None,
) -> pd.DataFrame:
    """The bins of parts, added up in steps of the clock; as a whole with ``at`` of the epoch."""
    names: dict[Label, int] = {}
    rows = [np.zeros((4, 0), dtype=np.int64)]
    for block, piece in parts:
        labels, (own, steps, bins, events) = read[block]
        # Minutes were read of the platform that is asked for.
        only = platform if block.grain == "hour" else None
        numbers = [
            names.setdefault(label[:3], len(names)) if _is_wanted(label, journeys, only) else -1
            for label in labels
        ]
        which = np.array(numbers, dtype=np.int64)[own]
        at = microseconds(block.first) + steps.astype(np.int64) * (block.width // MICROSECOND)
        # A day has all its hours, of which a piece may want some.
        first = microseconds(piece.start if block.grain == "hour" else block.first)
        inside = (which >= 0) & (at >= first) & (at < microseconds(piece.end))
        rows.append(np.stack([which, at, bins, events])[:, inside])
    which, at, bins, events = np.concatenate(rows, axis=1)
    width = step // MICROSECOND if step else 0
    at, place = _numbered(at // width if step else np.zeros_like(at))
    bins, column = _numbered(bins)
    slot = (which * len(at) + place) * len(bins) + column
    sums = np.bincount(slot, events, len(names) * len(at) * len(bins))
    found = np.flatnonzero(sums)
    rest, column = np.divmod(found, max(len(bins), 1))
    which, place = np.divmod(rest, max(len(at), 1))
    keys = np.array([*names, (None, None, None)], dtype=object)[which]
    frame = pd.DataFrame(keys, columns=["plan", "journey", "kind"])
    return frame.assign(
        at=(at[place] * width).astype("datetime64[us]"),
        bin=bins[column],
        events=sums[found].astype(np.int64),
    )


def _is_wanted(label: Label, journeys: Collection[str] | None, platform: str | None) -> bool:
    _, journey, _, own = label
    return (journeys is None or journey in journeys) and (
        platform is None or (own or UNKNOWN_PLATFORM) == platform
    )


def _numbered(values: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The different values in order, and the number of each one's; of numbers close together.

    To look where they lie is far quicker than to sort them.
    """
    if not len(values):
        return values, values
    lowest = values.min()
    there = np.zeros(values.max() - lowest + 1, dtype=bool)
    there[values - lowest] = True
    return np.flatnonzero(there) + lowest, (np.cumsum(there) - 1)[values - lowest]
