"""When a scope was down, and what says so: its probes, its requests, or both (DESIGN 2.2)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from slo_core.catalog import Scope
from slo_core.durations import SLICE_SECONDS, parse_duration
from slo_core.register import read_maintenance
from slo_core.rollup import Rollup
from slo_core.sli.availability import Timeline, timeline
from slo_core.sli.steps import HOUR, floor, starts

REASONS = ("probes", "errors", "both")
"""What makes a slice down: every probe failed, too many requests failed, or either would do."""

_COLUMNS = ["start", "end", "seconds", "reason"]
_EVIDENCE = ["probes", "failed_probes", "targets", "valid", "failed"]


@dataclass(frozen=True)
class Downtime:
    """One scope's downtime over ``[start, end)``, a window to the minute.

    ``periods`` has a row for each run of slices that are down, the longest first: ``start``,
    ``end``, ``seconds``, ``reason`` (of `REASONS`, over the run as a whole), ``probes``,
    ``failed_probes``, ``targets`` (those that failed, by name), ``valid`` and ``failed`` (requests
    of the scope's journeys). ``reasons`` has ``value``, ``bad`` (seconds) and ``share``.
    ``course`` has ``at`` (hours), ``bad`` and ``valid`` (seconds down and observed), with nulls
    where nothing was observed. The seconds of each add up to the window's downtime.
    """

    start: datetime
    end: datetime
    periods: pd.DataFrame
    reasons: pd.DataFrame
    course: pd.DataFrame


def downtime(rollup: Rollup, scope_id: str, window: str, at: datetime) -> Downtime:
    """When a scope was down in the window up to a moment; maintenance is left out."""
    scope = rollup.catalog.scope(scope_id)
    start = at - parse_duration(window)
    line = timeline(rollup, scope, start, at, read_maintenance(rollup.store.root))
    counted = line.observed & ~line.maintained
    by_probes, by_errors = counted & line.by_probes, counted & line.by_errors
    down = by_probes | by_errors
    periods = _runs(line.start, down, by_probes, by_errors)
    seconds = pd.Series(
        [
            float(flags.sum() * SLICE_SECONDS)
            for flags in (by_probes & ~by_errors, by_errors & ~by_probes, by_probes & by_errors)
        ]
    )
    reasons = pd.DataFrame({"value": REASONS, "bad": seconds})
    reasons = reasons[reasons["bad"] > 0].sort_values("bad", ascending=False, ignore_index=True)
    reasons["share"] = reasons["bad"] / reasons["bad"].sum()
    return Downtime(
        start, at, _with_evidence(rollup, scope, periods), reasons, _course(line, start, at)
    )


def _runs(
    start: datetime, down: np.ndarray, by_probes: np.ndarray, by_errors: np.ndarray
) -> pd.DataFrame:
    padded = np.concatenate([[False], down, [False]])
    edges = np.flatnonzero(padded[1:] != padded[:-1]).reshape(-1, 2)
    rows = []
    for first, last in edges:
        probes, errors = by_probes[first:last].any(), by_errors[first:last].any()
        rows.append(
            (
                start + timedelta(seconds=int(first) * SLICE_SECONDS),
                start + timedelta(seconds=int(last) * SLICE_SECONDS),
                int(last - first) * SLICE_SECONDS,
                "both" if probes and errors else "probes" if probes else "errors",
            )
        )
    frame = pd.DataFrame(rows, columns=_COLUMNS).astype(
        {"start": "datetime64[us]", "end": "datetime64[us]", "seconds": "int64", "reason": "str"}
    )
    return frame.sort_values(
        ["seconds", "start"], ascending=[False, True], kind="stable", ignore_index=True
    )


def _with_evidence(rollup: Rollup, scope: Scope, periods: pd.DataFrame) -> pd.DataFrame:
    """What was probed and requested in each period."""
    frame = periods.copy()
    frame[["probes", "failed_probes", "valid", "failed"]] = 0
    frame["targets"] = ""
    if frame.empty:
        return frame[[*_COLUMNS, *_EVIDENCE]]
    ranges = [(row.start.to_pydatetime(), row.end.to_pydatetime()) for row in frame.itertuples()]
    cursor = rollup.cursor()
    cursor.register("period", frame[["start", "end"]].rename_axis("period").reset_index())
    inside = f"to_timestamp(s.slice * {SLICE_SECONDS}) AT TIME ZONE 'UTC'"
    join = f"JOIN period AS p ON {inside} >= p.start AND {inside} < p.end GROUP BY p.period"
    probes = rollup.source(
        "probes",
        "slices",
        ranges,
        columns="slice, target, probes, failed",
        where=f"scope = '{scope.id}'",
    )
    if probes:
        found = cursor.execute(
            "SELECT p.period, CAST(sum(s.probes) AS BIGINT) AS probes, "
            "CAST(sum(s.failed) AS BIGINT) AS failed_probes, coalesce(string_agg(DISTINCT "
            "CASE WHEN s.failed > 0 THEN s.target END, ', ' ORDER BY "
            f"CASE WHEN s.failed > 0 THEN s.target END), '') AS targets FROM ({probes}) AS s {join}"
        ).df()
        frame.update(found.set_index("period"))
    journeys = {scope.journey, scope.critical_journey or scope.journey}
    named = ", ".join(f"'{journey}'" for journey in sorted(journeys))
    requests = rollup.source(
        "requests",
        "slices",
        ranges,
        columns="slice, valid, failed",
        where=f"journey IN ({named})",
    )
    if requests:
        found = cursor.execute(
            "SELECT p.period, CAST(sum(s.valid) AS BIGINT) AS valid, "
            f"CAST(sum(s.failed) AS BIGINT) AS failed FROM ({requests}) AS s {join}"
        ).df()
        frame.update(found.set_index("period"))
    return frame[[*_COLUMNS, *_EVIDENCE]]


def _course(line: Timeline, start: datetime, at: datetime) -> pd.DataFrame:
    """Seconds down and observed by the hour."""
    counted = line.observed & ~line.maintained
    moments = np.datetime64(start, "us") + np.arange(len(counted)) * np.timedelta64(
        timedelta(seconds=SLICE_SECONDS)
    )
    frame = pd.DataFrame({"at": moments, "bad": counted & line.down, "valid": counted}).astype(
        {"bad": float, "valid": float}
    )
    hours = frame.groupby(frame["at"].dt.floor("h"))[["bad", "valid"]].sum() * SLICE_SECONDS
    hours = hours[hours["valid"] > 0].reindex(starts(floor(start, HOUR), at, HOUR))
    return hours.rename_axis("at").reset_index()
