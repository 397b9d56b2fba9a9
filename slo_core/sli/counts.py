"""Good and valid events of every objective: per window, or as a series over time (DESIGN 1.1).

A window's counts are sums of whole hours and, at its edges, of single minutes, so that they are
exact for any minute. Frames have a row per journey, objective and platform; `platform` is null
where the log names none.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from slo_core.rollup import Rollup
from slo_core.sli import sums
from slo_core.sli.history import approximate_good
from slo_core.sli.indicators import indicators
from slo_core.sli.rows import UNKNOWN_PLATFORM
from slo_core.sli.steps import HOUR, starts
from slo_core.sli.sums import Asked, span_sums, valid_requests
from slo_core.sli.windows import Piece, Window, cover

_KEYS = ["journey", "objective", "platform"]

_COLUMNS = ["window", "at", *_KEYS, "good", "valid"]
_ORDER = [*_KEYS, "at", "window"]

_Wish = frozenset[tuple[str, str]] | None
"""The journeys and objectives that are wanted in a span; None means all of them."""


@dataclass(frozen=True)
class Span:
    """A span of time to count in: as a whole, or in steps of the clock where it has a ``step``.

    ``only`` names the journeys and objectives that are wanted; None means all of them.
    """

    window: Window
    step: timedelta | None = None
    only: Collection[tuple[str, str]] | None = None

    @property
    def wish(self) -> _Wish:
        """``only`` as a value, by which spans that want the same are found."""
        return None if self.only is None else frozenset(self.only)

    @property
    def pieces(self) -> list[Piece]:
        """What rollup rows cover it exactly, to the minute."""
        finest = self.step is not None and self.step < HOUR
        return cover(self.window, ("minute",) if finest else ("hour", "minute"))

    @property
    def parts(self) -> list[Window]:
        """Its steps, each named by where it starts; or itself."""
        if self.step is None:
            return [self.window]
        start, end, step = self.window.start, self.window.end, self.step
        return [
            Window(at.isoformat(), max(at, start), min(at + step, end))
            for at in starts(start, end, step).to_pydatetime()
        ]


def window_counts(
    rollup: Rollup,
    windows: Sequence[Window],
    only: Collection[tuple[str, str]] | None = None,
) -> pd.DataFrame:
    """Good and valid events of each objective in each window, but for availability.

    Columns ``window``, ``journey``, ``objective``, ``platform`` (nullable), ``good``, ``valid``
    (events, or the metric's unit for shares of a sum). ``only`` names the journeys and objectives
    that are wanted. A window without valid events has no row.
    """
    return span_counts(rollup, [Span(window, None, only) for window in windows]).drop(columns="at")


def series(
    rollup: Rollup,
    start: datetime,
    end: datetime,
    step: timedelta,
    only: Collection[tuple[str, str]] | None = None,
) -> pd.DataFrame:
    """Good and valid events over ``[start, end)`` in steps of time, but for availability.

    Columns ``at`` (the start of a step, counted from the epoch), ``journey``, ``objective``,
    ``platform`` (nullable), ``good``, ``valid``; in order of time. ``only`` names the journeys and
    objectives that are wanted. The span's edges are exact to the minute, so the first and the last
    step may be parts. A step without valid events has no row: a gap.
    """
    span = Span(Window("", start, end), step, only)
    return span_counts(rollup, [span]).drop(columns="window")


def span_counts(rollup: Rollup, spans: Sequence[Span]) -> pd.DataFrame:
    """Good and valid events in several spans at once, so that each rollup row is read once.

    Columns ``window`` (the span's name), ``at`` (the start of its step; null for a whole), then as
    `series`. Good events that kept history answers approximately are in rows of their own, to be
    summed.
    """
    exact = exact_counts(rollup, spans)
    parts = [exact[exact["at"].isna() | (exact["valid"] > 0)]]
    for span in spans:
        found = approximate_good(rollup, span.parts, span.only)
        if found is None or found.empty:
            continue
        at = pd.to_datetime(found["window"]) if span.step else pd.NaT
        parts.append(found.assign(window=span.window.name, at=at).astype({"at": "datetime64[us]"}))
    return pd.concat(parts, ignore_index=True)


def read_ahead(rollup: Rollup, windows: Sequence[Window]) -> None:
    """Read what counts of some windows will be made of, in one go."""
    sums.read_ahead(rollup, [Asked(0, None, it) for own in windows for it in Span(own).pieces])


def worst_platform(rows: pd.DataFrame, enough: int) -> str | None:
    """The platform with the lowest SLI of those with at least so many valid events, ties by name.

    ``rows`` have ``platform``, ``good``, ``valid``. None where no platform has enough: no data.
    """
    sums = rows.groupby(platform_names(rows))[["good", "valid"]].sum()
    sums = sums[sums["valid"] >= max(enough, 1)]
    if sums.empty:
        return None
    return str((sums["good"] / sums["valid"]).sort_index().idxmin())


def platform_names(rows: pd.DataFrame) -> pd.Series:
    """Each row's platform, ``unknown`` where the log names none (DESIGN 2.2)."""
    return rows["platform"].astype("object").where(rows["platform"].notna(), UNKNOWN_PLATFORM)


def exact_counts(rollup: Rollup, spans: Sequence[Span], *, known: bool = False) -> pd.DataFrame:
    """What dates counted at an objective's very threshold, in the columns of `span_counts`.

    ``known`` leaves out the events of dates that did not, of which nobody knows which were good;
    else they are valid ones.
    """
    wishes = list(dict.fromkeys(span.wish for span in spans))
    counted = []
    of_requests, of_measurements = indicators(rollup)
    for unit, found, count in (
        ("requests", of_requests, _requests),
        ("measurements", of_measurements, _measurements),
    ):
        rows = [
            (number, *row)
            for number, wish in enumerate(wishes)
            for row in found
            if (wish is None or row[1:3] in wish) and not (known and row.cut == 0)
        ]
        if not rows:
            continue
        wanted = pd.DataFrame(rows, columns=["wish", *type(found[0])._fields])
        own = [span for span in spans if wishes.index(span.wish) in set(wanted["wish"])]
        asked = [
            Asked(place, it.step, piece) for place, it in enumerate(own) for piece in it.pieces
        ]
        if (sums := span_sums(rollup, unit, asked, set(wanted["journey"]))) is not None:
            sums["wish"] = np.array([wishes.index(span.wish) for span in own])[sums["place"]]
            sums["window"] = np.array([span.window.name for span in own], object)[sums["place"]]
            counted.append(count(sums, wanted)[_COLUMNS])
    if not counted:
        return _empty()
    return pd.concat(counted).groupby(_ORDER, dropna=False, as_index=False).sum()[_COLUMNS]


def _requests(sums: pd.DataFrame, wanted: pd.DataFrame) -> pd.DataFrame:
    """Good and valid requests by objective: by their outcome, or the timed ones by a cut."""
    rows = sums.merge(wanted, on=["wish", "plan", "journey"])
    rows = rows[rows["step"].isna() | (rows["step"] == rows["kind"])]
    by_outcome = rows["cut"].isna()
    return rows.assign(
        good=rows["good"].where(by_outcome, _below(rows)),
        valid=valid_requests(rows).where(by_outcome, rows["timed"]),
    )


def _measurements(sums: pd.DataFrame, wanted: pd.DataFrame) -> pd.DataFrame:
    """Good and valid events by objective: values by a cut, or shares of the metrics' sums."""
    rows = sums.merge(
        wanted,
        left_on=["wish", "plan", "journey", "kind"],
        right_on=["wish", "plan", "journey", "metric"],
    )
    share, below = rows["cut"].isna(), _below(rows)
    good = below.where(~rows["above"] | (rows["cut"] == 0), rows["events"] - below)
    return rows.assign(
        good=good.where(~share, rows["good_sign"] * rows["total"]),
        valid=rows["events"].where(~share, rows["valid_sign"] * rows["total"]),
    )


def _below(rows: pd.DataFrame) -> pd.Series:
    """Each row's events below its cut; 0 where it has none, or its dates did not count at it."""
    found = pd.Series(0.0, rows.index)
    for cut in rows["cut"].dropna().unique():
        if cut:
            found = found.mask(rows["cut"] == cut, rows[f"below_{int(cut)}"])
    return found


def _empty() -> pd.DataFrame:
    kinds = {"at": "datetime64[us]", "good": "float64", "valid": "float64"}
    return pd.DataFrame({column: [] for column in _COLUMNS}).astype(
        {column: kinds.get(column, "object") for column in _COLUMNS}
    )
