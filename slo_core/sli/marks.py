"""What happened beside the figures: incidents, maintenance and changes, for every time axis."""

from datetime import datetime

import pandas as pd

from slo_core.catalog import Catalog
from slo_core.register import read_incidents, read_maintenance
from slo_core.rollup import Rollup
from slo_core.sli.corrections import Corrections, read_corrections
from slo_core.sli.maintenance import in_time

COLUMNS = ["kind", "title", "start", "end", "journeys"]


def marks(rollup: Rollup, start: datetime, end: datetime) -> pd.DataFrame:
    """What overlaps ``[start, end)``, the earliest first.

    Columns: ``kind`` (``incident``, ``maintenance``, ``correction``, ``change``), ``title`` (a
    sentence for people), ``start``, ``end`` (that of a change is its start; NaT while an incident
    lasts), ``journeys`` (a tuple of ids; empty where it may concern any). Cancelled ones and
    merged incidents are left out; maintenance announced too late to count says so (the document's
    "Excludes: planned maintenance (with 48h notice)").
    """
    root = rollup.store.root
    parts = [
        _incidents(read_incidents(root)),
        _maintenance(read_maintenance(root), rollup.catalog),
        _corrections(read_corrections(root)),
        _changes(rollup, start, end),
    ]
    rows = [row for part in parts for row in part]
    frame = pd.DataFrame(rows, columns=COLUMNS).astype(
        {"start": "datetime64[us]", "end": "datetime64[us]"}
    )
    reaches = frame["end"].isna() | (frame["end"] > start) | (frame["start"] >= start)
    frame = frame[reaches & (frame["start"] < end)]
    return frame.sort_values(["start", "title"], kind="stable", ignore_index=True)


def concerning(marks: pd.DataFrame, journey: str) -> pd.DataFrame:
    """Those of a frame of marks that concern one journey, or any."""
    concerns = [not concerned or journey in concerned for concerned in marks["journeys"]]
    return marks[pd.Series(concerns, index=marks.index, dtype=bool)].reset_index(drop=True)


def nearest_changes(marks: pd.DataFrame, moment: datetime) -> pd.DataFrame:
    """The changes of a frame of marks, the nearest to a moment first: what may be to blame.

    Columns: ``title``, ``at``, ``gap`` (the moment less the change: negative for a change after
    it). Of two that are equally near the earlier comes first.
    """
    changes = marks[marks["kind"] == "change"]
    frame = pd.DataFrame(
        {"title": changes["title"], "at": changes["start"], "gap": moment - changes["start"]}
    )
    order = frame["gap"].abs().sort_values(kind="stable").index
    return frame.loc[order].reset_index(drop=True)


def _incidents(incidents: pd.DataFrame) -> list[tuple[object, ...]]:
    return [
        ("incident", f"{row.severity} {row.title}", row.started_at, row.ended_at, row.journeys)
        for row in incidents[incidents["status"] != "merged"].itertuples()
    ]


def _maintenance(maintenance: pd.DataFrame, catalog: Catalog) -> list[tuple[object, ...]]:
    scopes = {scope.id: scope.journey for scope in catalog.scopes}
    rows: list[tuple[object, ...]] = []
    for row in maintenance[maintenance["cancelled_at"].isna()].itertuples():
        title = f"Maintenance of {row.scope}"
        if isinstance(row.reason, str) and row.reason:
            title += f": {row.reason}"
        if not in_time(row.announced_at, row.starts_at, catalog):
            title += " (announced too late to be left out)"
        concerned = (scopes[row.scope],) if row.scope in scopes else ()
        rows.append(("maintenance", title, row.starts_at, row.ends_at, concerned))
    return rows


def _corrections(corrections: Corrections | None) -> list[tuple[object, ...]]:
    if corrections is None:
        return []
    return [
        ("correction", f"Left out: {row.reason}", row.starts_at, row.ends_at, (row.scope,))
        for row in corrections.rows.itertuples()
    ]


def _changes(rollup: Rollup, start: datetime, end: datetime) -> list[tuple[object, ...]]:
    source = rollup.source(
        "changes", "changes", [(start, end)], columns="ts, kind, service, version, actor, note"
    )
    if source is None:
        return []
    rows = (
        rollup.cursor()
        .execute(
            f"SELECT ts, kind, service, version, actor, note FROM ({source}) "
            f"WHERE ts >= TIMESTAMP '{start}' AND ts < TIMESTAMP '{end}'"
        )
        .fetchall()
    )
    found: list[tuple[object, ...]] = []
    for moment, kind, service, version, actor, note in rows:
        title = " ".join(word for word in (kind.replace("_", " "), service, version) if word)
        title = title[0].upper() + title[1:]
        title += f": {note}" if note else ""
        title += f" ({actor})" if actor else ""
        found.append(("change", title, moment, moment, ()))
    return found
