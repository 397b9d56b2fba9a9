"""Good and valid events of every objective: per window, or as a series over time (DESIGN 1.1).

A window's counts are sums of whole hours and, at its edges, of single minutes, so that they are
exact for any minute. Frames have a row per journey, objective and platform; `platform` is null
where the log names none.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import duckdb
import pandas as pd

from slo_core.catalog import (
    MAX_CUTS,
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

_CUTS = ", ".join(f"below_{number}" for number in range(1, MAX_CUTS + 1))
_REQUEST_COLUMNS = (
    "journey, step, platform, requests, good, excluded, auth, redirect, timed, " + _CUTS
)
_MEASUREMENT_COLUMNS = "journey, metric, platform, events, total, " + _CUTS


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
    sli = sli_rows(rollup, pieces, only)
    if sli is None:
        return _empty(["window", *_KEYS, "good", "valid"])
    cursor = rollup.cursor()
    _register(cursor, rollup.catalog, rollup, only)
    cursor.register("piece", frame_of(pieces))
    exact = cursor.execute(
        f"""
        WITH sli AS ({sli})
        SELECT p.window_name AS "window", s.journey, s.objective, s.platform,
          CAST(sum(s.good) AS DOUBLE) AS good, CAST(sum(s.valid) AS DOUBLE) AS valid
        FROM sli AS s
        JOIN piece AS p ON s.grain = p.grain AND s.at >= p.starts_at AND s.at < p.ends_at
        GROUP BY ALL
        """
    ).df()
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
    sli = sli_rows(rollup, pieces(start, end, step), only)
    if sli is None:
        return _empty(["at", *_KEYS, "good", "valid"]).astype({"at": "datetime64[us]"})
    cursor = rollup.cursor()
    _register(cursor, rollup.catalog, rollup, only)
    exact = cursor.execute(
        f"""
        WITH sli AS ({sli})
        SELECT {bucket("s.at", step)} AS at, s.journey, s.objective, s.platform,
          CAST(sum(s.good) AS DOUBLE) AS good, CAST(sum(s.valid) AS DOUBLE) AS valid
        FROM sli AS s GROUP BY ALL HAVING sum(s.valid) > 0
        ORDER BY s.journey, s.objective, s.platform, 1
        """
    ).df()
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


def sli_rows(
    rollup: Rollup, pieces: Sequence[Piece], only: Collection[tuple[str, str]] | None = None
) -> str | None:
    """A SELECT of ``at, grain, journey, objective, platform, good, valid`` over some pieces.

    It joins with the tables of `indicators`, registered as ``request_indicator`` and
    ``measurement_indicator``. ``only`` names the journeys and objectives that are wanted, so that
    other journeys and tables need not be read. None where there is no file.
    """
    selects = []
    for unit, counts, columns in (
        ("requests", "request_counts", _REQUEST_COLUMNS),
        ("measurements", "measurement_counts", _MEASUREMENT_COLUMNS),
    ):
        journeys = _journeys(rollup.catalog, unit, only)
        rows = rows_in(rollup, unit, "", columns, pieces) if journeys else None
        if rows and only is not None:
            names = ", ".join(f"'{name}'" for name in journeys)
            rows = f"SELECT * FROM ({rows}) WHERE journey IN ({names})"
        if rows:
            selects.append(f"(WITH {counts} AS ({rows}) {_read(unit)})")
    return " UNION ALL ".join(selects) or None


def _journeys(catalog: Catalog, unit: str, only: Collection[tuple[str, str]] | None) -> list[str]:
    """The journeys with a wanted objective that counts rows of a unit."""
    kinds = Success | Latency if unit == "requests" else Measurement | Share
    return sorted(
        {
            journey.id
            for journey, objective in catalog.objectives
            if isinstance(objective.indicator, kinds)
            and (only is None or (journey.id, objective.id) in only)
        }
    )


def _register(
    cursor: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    rollup: Rollup,
    only: Collection[tuple[str, str]] | None = None,
) -> None:
    names = ("request_indicator", "measurement_indicator")
    for name, table in zip(names, indicators(catalog, rollup), strict=True):
        keys = zip(table["journey"], table["objective"], strict=True)
        cursor.register(name, table[[only is None or key in only for key in keys]])


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
