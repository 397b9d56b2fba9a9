"""Good and valid events of every objective: per window, or as a series over time (DESIGN 1.1).

A window's counts are sums of whole hours and, at its edges, of single minutes, so that they are
exact for any minute. Frames have a row per journey, objective and platform; `platform` is null
where the log names none.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from string import Template

import pandas as pd

from slo_core.rollup import Rollup
from slo_core.sli.history import approximate_good
from slo_core.sli.indicators import (
    MEASUREMENT_COLUMNS,
    REQUEST_COLUMNS,
    MeasurementIndicator,
    RequestIndicator,
    indicators,
)
from slo_core.sli.rows import UNKNOWN_PLATFORM, rows_in, values
from slo_core.sli.steps import HOUR, starts
from slo_core.sli.windows import Piece, Window, cover

_SQL = Path(__file__).parent / "sql"
_KEYS = ["journey", "objective", "platform"]

_COLUMNS = {
    "requests": "journey, step, platform, requests, good, excluded, auth, redirect, timed",
    "measurements": "journey, metric, platform, events, total",
}
_TYPES = {"requests": REQUEST_COLUMNS, "measurements": MEASUREMENT_COLUMNS}
_MICROSECOND = timedelta(microseconds=1)
_PIECE = {
    "window_name": "VARCHAR",
    "grain": "VARCHAR",
    "starts_at": "TIMESTAMP",
    "ends_at": "TIMESTAMP",
    "wish": "INTEGER",
    "step": "BIGINT",
}

_Indicator = RequestIndicator | MeasurementIndicator
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
    tables, selects = [_pieces(spans, wishes)], []
    requests, measurements = indicators(rollup)
    units: dict[str, Sequence[_Indicator]]
    units = {"requests": requests, "measurements": measurements}
    for unit, found in units.items():
        wanted = [
            (number, row)
            for number, wish in enumerate(wishes)
            for row in found
            if (wish is None or row[1:3] in wish) and not (known and row.cut == 0)
        ]
        own = [span for span in spans if wishes.index(span.wish) in {at for at, _ in wanted}]
        if select := _select(rollup, unit, [row for _, row in wanted], own):
            types = {"wish": "INTEGER"} | _TYPES[unit]
            rows = [(number, *row) for number, row in wanted]
            tables.append(values(f"{unit[:-1]}_indicator", types, rows))
            selects.append(f"({select})")
    if not selects:
        return _empty(["window", "at", *_KEYS, "good", "valid"])
    return (
        rollup.cursor()
        .execute(
            f"""
            WITH {", ".join(tables)}
            SELECT s.window_name AS "window", s.moment AS at, s.journey, s.objective, s.platform,
              CAST(sum(s.good) AS DOUBLE) AS good, CAST(sum(s.valid) AS DOUBLE) AS valid
            FROM ({" UNION ALL ".join(selects)}) AS s
            GROUP BY ALL ORDER BY s.journey, s.objective, s.platform, s.moment
            """
        )
        .df()
    )


def _pieces(spans: Sequence[Span], wishes: Sequence[_Wish]) -> str:
    """The spans' pieces for SQL to join: with the number of what is wanted in them, and the
    microseconds of a step, 0 for a whole.
    """
    rows = [
        (
            *(piece.window, piece.grain, piece.start, piece.end),
            wishes.index(span.wish),
            (span.step or timedelta()) // _MICROSECOND,
        )
        for span in spans
        for piece in span.pieces
    ]
    return values("piece", _PIECE, rows)


def _select(
    rollup: Rollup, unit: str, wanted: Sequence[_Indicator], spans: Sequence[Span]
) -> str | None:
    """A SELECT of ``window_name, moment, journey, objective, platform, good, valid`` over a unit.

    It reads the journeys and the cuts that the indicators name, and no others.
    """
    own = [piece for span in spans for piece in span.pieces]
    cuts = sorted({row.cut for row in wanted if row.cut})
    columns = "".join(f", below_{cut}" for cut in cuts)
    rows = rows_in(rollup, unit, "", f"{_COLUMNS[unit]}{columns}", own)
    if rows is None:
        return None
    return Template(_read(unit)).substitute(
        rows=rows,
        journeys=", ".join(f"'{name}'" for name in sorted({row.journey for row in wanted})),
        sums="".join(f", sum(r.below_{cut}) AS below_{cut}" for cut in cuts),
        below=" ".join(f"WHEN {cut} THEN c.below_{cut}" for cut in cuts),
    )


def _empty(columns: list[str]) -> pd.DataFrame:
    kinds = {"at": "datetime64[us]", "good": "float64", "valid": "float64"}
    return pd.DataFrame({column: [] for column in columns}).astype(
        {column: kinds.get(column, "object") for column in columns}
    )


@cache
def _read(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text("utf-8")
