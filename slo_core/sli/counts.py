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

from slo_core.catalog import (
    Availability,
    Catalog,
    Cut,
    Latency,
    Measurement,
    Share,
    Success,
)
from slo_core.rollup import Rollup
from slo_core.rollup.plan import cut_of, cut_value
from slo_core.sli.history import approximate_good
from slo_core.sli.rows import UNKNOWN_PLATFORM, frame_of, rows_in
from slo_core.sli.steps import HOUR, starts
from slo_core.sli.windows import Piece, Window, cover

_SQL = Path(__file__).parent / "sql"
_KEYS = ["journey", "objective", "platform"]

_COLUMNS = {
    "requests": "journey, step, platform, requests, good, excluded, auth, redirect, timed",
    "measurements": "journey, metric, platform, events, total",
}


@dataclass(frozen=True)
class Span:
    """A span of time to count in: as a whole, or in steps of the clock where it has a ``step``.

    ``only`` names the journeys and objectives that are wanted; None means all of them.
    """

    window: Window
    step: timedelta | None = None
    only: Collection[tuple[str, str]] | None = None

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
        if found is None:
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
    cursor = rollup.cursor()
    cursor.register("piece", _pieces(spans))
    selects = []
    for unit, indicator in zip(_COLUMNS, indicators(rollup.catalog, rollup), strict=True):
        if known:
            indicator = indicator[indicator["cut"].isna() | (indicator["cut"] != 0)]
        wanted = _wanted(indicator, spans)
        if select := _select(rollup, unit, wanted, spans):
            cursor.register(f"{unit[:-1]}_indicator", wanted)
            selects.append(f"({select})")
    if not selects:
        return _empty(["window", "at", *_KEYS, "good", "valid"])
    return cursor.execute(
        f"""
        SELECT s.window_name AS "window", s.moment AS at, s.journey, s.objective, s.platform,
          CAST(sum(s.good) AS DOUBLE) AS good, CAST(sum(s.valid) AS DOUBLE) AS valid
        FROM ({" UNION ALL ".join(selects)}) AS s
        GROUP BY ALL ORDER BY s.journey, s.objective, s.platform, s.moment
        """
    ).df()


def _pieces(spans: Sequence[Span]) -> pd.DataFrame:
    """The spans' pieces for SQL to join, with the microseconds of a step; 0 for a whole."""
    frames = [
        frame_of(span.pieces).assign(step=(span.step or timedelta()) // timedelta(microseconds=1))
        for span in spans
    ]
    return pd.concat(frames, ignore_index=True)


def _wanted(indicator: pd.DataFrame, spans: Sequence[Span]) -> pd.DataFrame:
    """Indicators by the spans that want them; each of a span's name where that matters."""
    keys = list(zip(indicator["journey"], indicator["objective"], strict=True))
    return pd.concat(
        [
            indicator[[span.only is None or key in span.only for key in keys]].assign(
                window_name=span.window.name
            )
            for span in spans
        ],
        ignore_index=True,
    )


def _select(rollup: Rollup, unit: str, wanted: pd.DataFrame, spans: Sequence[Span]) -> str | None:
    """A SELECT of ``window_name, moment, journey, objective, platform, good, valid`` over a unit.

    It reads the journeys and the cuts that the indicators name, and no others.
    """
    named = set(wanted["window_name"])
    own = [piece for span in spans if span.window.name in named for piece in span.pieces]
    cuts = sorted({int(cut) for cut in wanted["cut"].dropna()} - {0})
    columns = "".join(f", below_{cut}" for cut in cuts)
    rows = rows_in(rollup, unit, "", f"{_COLUMNS[unit]}{columns}", own)
    if rows is None:
        return None
    return Template(_read(unit)).substitute(
        rows=rows,
        journeys=", ".join(f"'{name}'" for name in sorted(set(wanted["journey"]))),
        sums="".join(f", sum(r.below_{cut}) AS below_{cut}" for cut in cuts),
        below=" ".join(f"WHEN {cut} THEN c.below_{cut}" for cut in cuts),
    )


def indicators(catalog: Catalog, rollup: Rollup) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Which rollup columns each objective counts, for every plan that figures were made with.

    Where a plan lacks an objective's threshold the cut is 0: the events are counted, and which of
    them were good is answered by `slo_core.sli.history`.
    """
    requests: list[tuple[object, ...]] = []
    measurements: list[tuple[object, ...]] = []
    plans = {name: plan for unit in rollup.manifests.values() for name, plan in unit.plans.items()}
    for name, plan in plans.items():
        journey_cuts = {row[0]: list(row[1:]) for row in plan["journeys"]}
        metric_cuts = {(row[0], row[1]): list(row[2:]) for row in plan["metrics"]}
        for journey, objective in catalog.objectives:
            key = (name, journey.id, objective.id)
            match objective.indicator:
                case Success(step=step):
                    requests.append((*key, step, None))
                case Latency(step=step):
                    cut = _cut_number(journey_cuts.get(journey.id, []), cut_of(objective.threshold))
                    requests.append((*key, step, cut))
                case Measurement(metric=metric):
                    cut_wanted = cut_of(objective.threshold)
                    cut = _cut_number(metric_cuts.get((journey.id, metric), []), cut_wanted)
                    measurements.append((*key, metric, cut, cut_wanted.inclusive, 0, 0))
                case Share(total=total, bad=bad):
                    measurements.append((*key, total, None, False, 1, 1))
                    measurements.append((*key, bad, None, False, -1, 0))
                case Availability():
                    pass
    return (
        pd.DataFrame(requests, columns=["plan", "journey", "objective", "step", "cut"]).astype(
            {"step": "string", "cut": "Int32"}
        ),
        pd.DataFrame(
            measurements,
            columns=[
                *("plan", "journey", "objective", "metric"),
                *("cut", "above", "good_sign", "valid_sign"),
            ],
        ).astype({"cut": "Int32"}),
    )


def _cut_number(cuts: Sequence[object], cut: Cut) -> int:
    """The column that counts at a cut, from 1; 0 where there is none."""
    value = cut_value(cut)
    return cuts.index(value) + 1 if value in cuts else 0


def _empty(columns: list[str]) -> pd.DataFrame:
    kinds = {"at": "datetime64[us]", "good": "float64", "valid": "float64"}
    return pd.DataFrame({column: [] for column in columns}).astype(
        {column: kinds.get(column, "object") for column in columns}
    )


@cache
def _read(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text("utf-8")
