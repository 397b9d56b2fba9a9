"""Good and valid events of every objective: per window, or as a series over time (DESIGN 1.1).

A window's counts are sums of whole hours and, at its edges, of single minutes, so that they are
exact for any minute. Frames have a row per journey, objective and platform; `platform` is null
where the log names none.
"""

from collections.abc import Collection, Sequence
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
from slo_core.sli.steps import bucket, pieces, starts
from slo_core.sli.windows import Piece, Window, cover

_SQL = Path(__file__).parent / "sql"
_KEYS = ["journey", "objective", "platform"]

_COLUMNS = {
    "requests": "journey, step, platform, requests, good, excluded, auth, redirect, timed",
    "measurements": "journey, metric, platform, events, total",
}


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
    pieces = [piece for window in windows for piece in cover(window, ("hour", "minute"))]
    exact = summed(rollup, pieces, "piece", only).rename(columns={"place": "window"})
    approximate = approximate_good(rollup, windows, only)
    return exact if approximate is None else pd.concat([exact, approximate], ignore_index=True)


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
    step may be parts. A step without valid events has no row: a gap. Both here and in windows,
    good events that kept history answers approximately are in rows of their own, to be summed.
    """
    exact = summed(rollup, pieces(start, end, step), bucket("r.at", step), only)
    exact = exact[exact["valid"] > 0].rename(columns={"place": "at"})
    exact = exact.astype({"at": "datetime64[us]"})
    windows = (
        Window(at.isoformat(), max(at, start), min(at + step, end))
        for at in starts(start, end, step).to_pydatetime()
    )
    if (approximate := approximate_good(rollup, windows, only)) is None:
        return exact
    approximate = approximate.rename(columns={"window": "at"})
    approximate["at"] = pd.to_datetime(approximate["at"]).astype("datetime64[us]")
    return pd.concat([exact, approximate], ignore_index=True)


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


def summed(
    rollup: Rollup,
    pieces: Sequence[Piece],
    place: str,
    only: Collection[tuple[str, str]] | None = None,
    *,
    known: bool = False,
) -> pd.DataFrame:
    """Good and valid events of objectives over some pieces, summed by a place in time.

    ``place`` is SQL over the ``at`` of a rollup row ``r``; or ``piece``: then each row counts in
    the windows of the pieces that it lies in, by their names. Columns ``place``, ``journey``,
    ``objective``, ``platform``, ``good``, ``valid``, in the order of the last but two and the
    place. ``only`` names the journeys and objectives that are wanted, so that nothing else is read;
    ``known`` leaves out what was rolled up without an objective's threshold.
    """
    cursor = rollup.cursor()
    if place == "piece":
        cursor.register("piece", frame_of(pieces))
    selects = []
    for unit, indicator in zip(_COLUMNS, indicators(rollup.catalog, rollup), strict=True):
        keys = zip(indicator["journey"], indicator["objective"], strict=True)
        wanted = indicator[[only is None or key in only for key in keys]]
        if known:
            wanted = wanted[wanted["cut"].isna() | (wanted["cut"] != 0)]
        if select := _select(rollup, unit, wanted, pieces, place):
            cursor.register(f"{unit[:-1]}_indicator", wanted)
            selects.append(f"({select})")
    if not selects:
        return _empty(["place", *_KEYS, "good", "valid"])
    return cursor.execute(
        f"""
        SELECT s.place, s.journey, s.objective, s.platform,
          CAST(sum(s.good) AS DOUBLE) AS good, CAST(sum(s.valid) AS DOUBLE) AS valid
        FROM ({" UNION ALL ".join(selects)}) AS s
        GROUP BY ALL ORDER BY s.journey, s.objective, s.platform, s.place
        """
    ).df()


def _select(
    rollup: Rollup, unit: str, indicator: pd.DataFrame, pieces: Sequence[Piece], place: str
) -> str | None:
    """A SELECT of ``place, journey, objective, platform, good, valid`` over a unit's rows.

    It reads the journeys and the cuts that the indicators name, and no others.
    """
    if indicator.empty:
        return None
    cuts = sorted({int(cut) for cut in indicator["cut"].dropna()} - {0})
    columns = "".join(f", below_{cut}" for cut in cuts)
    rows = rows_in(rollup, unit, "", f"{_COLUMNS[unit]}{columns}", pieces)
    if rows is None:
        return None
    names = ", ".join(f"'{name}'" for name in sorted(set(indicator["journey"])))
    source = f"(SELECT * FROM ({rows}) WHERE journey IN ({names}))"
    if place == "piece":
        source = (
            f"(SELECT q.*, p.window_name FROM {source} AS q JOIN piece AS p "
            "ON q.grain = p.grain AND q.at >= p.starts_at AND q.at < p.ends_at)"
        )
        place = "r.window_name"
    return Template(_read(unit)).substitute(
        place=place,
        rows=source,
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
    return pd.DataFrame({column: [] for column in columns}).astype(
        {column: "float64" if column in ("good", "valid") else "object" for column in columns}
    )


@cache
def _read(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text("utf-8")
