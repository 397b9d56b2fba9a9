"""Raw rows behind an objective's bad events: a few, read from just the dates that are needed.

The rollup's own SQL says what failed; nothing here knows the outcome table (DESIGN 2.2).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

import duckdb
import pandas as pd

from slo_core.catalog import Availability, Catalog, Journey, Latency, Objective, Share, Success
from slo_core.logs.tables import MEASUREMENTS, PROBES, REQUESTS, Table
from slo_core.rollup import Rollup
from slo_core.rollup.plan import cut_index, cut_of, cut_value
from slo_core.sli.breakdown import (
    FIRST_FAILURE,
    NOT_LOGGED,
    OTHER_ENDPOINT,
    SLOW,
    TIMEOUT,
    Only,
)
from slo_core.sli.raw_days import Select, dates_of, each_date, judged
from slo_core.sli.rows import UNKNOWN_PLATFORM
from slo_core.sli.sums import REASONS

MOST = 50
"""Rows of a sample."""

_TIMEOUT_BAND = 99

_REQUEST_COLUMNS = (
    *("ts", "reason", "endpoint", "method", "status", "duration_ms", "error"),
    *("platform", "step", "session_id", "response_bytes"),
)
_MEASUREMENT_COLUMNS = ("ts", "metric", "value", "platform", "session_id")
_PROBE_COLUMNS = ("ts", "target", "ok", "latency_ms")


@dataclass(frozen=True)
class Sample:
    """Some raw rows, the latest first, and where they come from.

    ``read`` are the dates that were read for them, the latest first; ``gone`` are dates of the
    span whose raw logs are gone while their figures are kept. ``more`` says that there are more
    such rows than these.
    """

    rows: pd.DataFrame
    read: tuple[date, ...]
    gone: tuple[date, ...]
    more: bool


def sample_rows(
    rollup: Rollup,
    journey: str,
    objective: str,
    start: datetime,
    end: datetime,
    *,
    only: Only | None = None,
    days: Collection[date] | None = None,
) -> Sample:
    """Raw rows in ``[start, end)`` that are bad events of an objective, at most `MOST`.

    Dates are read from the last one back, until there are rows enough; no others than ``days``,
    where it is given: those on which the rollup knows of such events. Requests have ``ts``,
    ``reason``, ``endpoint``, ``method``, ``status``, ``duration_ms``, ``error``, ``platform``,
    ``step``, ``session_id``, ``response_bytes``; measurements ``ts``, ``metric``, ``value``,
    ``platform``, ``session_id``. Of availability they are the failed requests of the scope's
    journey; `sample_probes` has its probes. ``only`` keeps to values of dimensions as
    `slo_core.sli.breakdown` has them; routes that it calls "other" are not told apart.
    """
    catalog = rollup.catalog
    owner, found = catalog.journey(journey), catalog.objective(journey, objective)
    only = only or {}
    match found.indicator:
        case Success() | Latency():
            select = _requests(catalog, owner, found, only)
            return _gather(rollup, REQUESTS, start, end, days, select, _REQUEST_COLUMNS)
        case Availability(scope=scope):
            select = _requests(catalog, catalog.journey(catalog.scope(scope).journey), None, only)
            return _gather(rollup, REQUESTS, start, end, days, select, _REQUEST_COLUMNS)
    select = _measurements(owner, found, only)
    return _gather(rollup, MEASUREMENTS, start, end, days, select, _MEASUREMENT_COLUMNS)


def sample_probes(rollup: Rollup, scope: str, start: datetime, end: datetime) -> Sample:
    """Raw probes of a scope that failed in ``[start, end)``: ``ts, target, ok, latency_ms``."""

    def select(connection: duckdb.DuckDBPyConnection, rows: str) -> pd.DataFrame:
        return connection.execute(
            f"SELECT {', '.join(_PROBE_COLUMNS)} FROM ({rows}) WHERE scope = ? AND NOT ok "
            f"ORDER BY ts DESC LIMIT {MOST + 1}",
            [scope],
        ).df()

    return _gather(rollup, PROBES, start, end, None, select, _PROBE_COLUMNS)


def _gather(
    rollup: Rollup,
    table: Table,
    start: datetime,
    end: datetime,
    days: Collection[date] | None,
    select: Select,
    columns: tuple[str, ...],
) -> Sample:
    """Select from the dates of a span, the last one first, until there are rows enough."""
    logged, gone = dates_of(rollup, table, start, end)
    wanted, missing = (
        [day for day in found if days is None or day in days] for found in (logged, gone)
    )
    parts: list[pd.DataFrame] = []
    read: list[date] = []
    found = 0
    for day, part in each_date(rollup, table, wanted, start, end, select):
        read.append(day)
        if part is not None:
            parts.append(part)
            found += len(part)
        if found > MOST:
            break
    rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*columns])
    return Sample(rows.head(MOST), tuple(read), tuple(missing), found > MOST)


def _requests(
    catalog: Catalog, journey: Journey, objective: Objective | None, only: Only
) -> Select:
    """Failed requests of a journey, or those that an objective counts as bad."""
    step = getattr(objective.indicator, "step", None) if objective else None
    where, parameters = _where_raw(journey, step, only)
    bad = f"j.outcome >= {FIRST_FAILURE}"
    if objective and isinstance(objective.indicator, Latency):
        cut = cut_index(catalog.cuts(journey.id), cut_of(objective.threshold))
        bad = f"j.band BETWEEN {cut} AND {_TIMEOUT_BAND}"
    bad += _where_judged(catalog, journey, only)
    names = " ".join(
        f"WHEN {FIRST_FAILURE + place} THEN '{reason}'" for place, reason in enumerate(REASONS)
    )
    columns = ", ".join(f"r.{name}" for name in _REQUEST_COLUMNS if name not in ("ts", "reason"))

    def select(connection: duckdb.DuckDBPyConnection, rows: str) -> pd.DataFrame:
        requests = judged(connection, rows, where, parameters)
        return connection.execute(
            f"SELECT r.ts, CASE j.outcome {names} ELSE '{SLOW}' END AS reason, {columns} "
            f"FROM {requests} "
            f"WHERE j.other_source IS NULL AND {bad} ORDER BY r.ts DESC, r.number LIMIT {MOST + 1}"
        ).df()

    return select


def _where_raw(journey: Journey, step: str | None, only: Only) -> tuple[str, list[str]]:
    """The conditions on columns that a request's row has itself."""
    where, parameters = ["journey = ?"], [journey.id]
    if step is not None:
        where.append("step = ?")
        parameters.append(step)
    for name, missing in (
        ("endpoint", NOT_LOGGED),
        ("status", NOT_LOGGED),
        ("platform", UNKNOWN_PLATFORM),
        ("step", NOT_LOGGED),
    ):
        if name in only and (name, only[name]) != ("endpoint", OTHER_ENDPOINT):
            where.append(f"coalesce(CAST({name} AS VARCHAR), '{missing}') = ?")
            parameters.append(only[name])
    return " AND ".join(where), parameters


def _where_judged(catalog: Catalog, journey: Journey, only: Only) -> str:
    """The conditions on what judging a request says."""
    where = ""
    if only.get("reason") in REASONS:
        where += f" AND j.outcome = {FIRST_FAILURE + REASONS.index(only['reason'])}"
    if only.get("reached") == TIMEOUT:
        where += f" AND j.band = {_TIMEOUT_BAND}"
    elif "reached" in only:
        bands = [
            band
            for band, cut in enumerate(catalog.cuts(journey.id), start=1)
            if f"{cut_value(cut):g}" == only["reached"]
        ]
        where += f" AND j.band IN ({', '.join(map(str, bands)) or 'NULL'})"
    return where


def _measurements(journey: Journey, objective: Objective, only: Only) -> Select:
    """Values on the wrong side of an objective's threshold, or that add to what is bad."""
    indicator, threshold = objective.indicator, objective.threshold
    assert threshold is not None
    if isinstance(indicator, Share):
        metric, bad = indicator.bad, "value > 0"
    else:
        metric = getattr(indicator, "metric", "")
        side = "<" if threshold.above is not None else ">="
        bad = f"value {side} {cut_value(cut_of(threshold))!r}"
    parameters = [journey.id, metric]
    if "platform" in only:
        bad += f" AND coalesce(platform, '{UNKNOWN_PLATFORM}') = ?"
        parameters.append(only["platform"])

    def select(connection: duckdb.DuckDBPyConnection, rows: str) -> pd.DataFrame:
        return connection.execute(
            f"SELECT {', '.join(_MEASUREMENT_COLUMNS)} FROM ({rows}) "
            f"WHERE journey = ? AND metric = ? AND {bad} ORDER BY ts DESC LIMIT {MOST + 1}",
            parameters,
        ).df()

    return select
