"""The frames of a review, each with its columns and their types: one shape in memory and as JSON.

A locked review is kept as JSON and read again by a later release, so that what a frame holds is
written down here and nowhere else.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import pandas as pd

from slo_core.moments import iso

_MOMENT, _TRUTH = "datetime64[us]", "boolean"
_LISTED = "object"  # tuples of names, and ids, which somebody else's register may have as words

_TEXTS = {"journey": "str", "objective": "str"}

FRAMES: dict[str, dict[str, str]] = {
    # Actual against target: a row an objective, in the document's order.
    "objectives": {
        **_TEXTS,
        **dict.fromkeys(("journey_name", "name", "promise", "platform", "unit"), "str"),
        **dict.fromkeys(("target", "good", "valid", "sli", "value", "value_above"), "float64"),
        **dict.fromkeys(("threshold", "allowed", "consumed", "used", "coverage"), "float64"),
        **dict.fromkeys(("valid_before", "sli_before", "value_before"), "float64"),
        "value_above_before": "float64",
        **dict.fromkeys(("met", "met_before"), _TRUTH),
        **dict.fromkeys(("budgeted", "assumption", "approximate", "provable"), "bool"),
    },
    # The twelve months up to it.
    "months": {
        **_TEXTS,
        "month": "str",
        **dict.fromkeys(("target", "good", "valid", "sli"), "float64"),
        "met": _TRUTH,
    },
    # Each platform in the month, of every objective whose events name any.
    "platforms": {
        **_TEXTS,
        "platform": "str",
        **dict.fromkeys(("good", "valid", "sli"), "float64"),
    },
    # The month's budget of each service that has one.
    "budgets": {
        **dict.fromkeys(("service", "objective", "name", "unit"), "str"),
        **dict.fromkeys(("allowed", "consumed", "remaining", "remaining_ratio"), "float64"),
        **dict.fromkeys(("requests", "expected", "by_traffic", "by_traffic_ratio"), "float64"),
        "off_estimate": "bool",
    },
    "days": {
        "service": "str",
        "day": _MOMENT,
        **dict.fromkeys(("valid", "consumed", "share", "pace"), "float64"),
    },
    # What bad events have in common, of the budgeted objectives and of those that were missed.
    "parts": {
        **_TEXTS,
        **dict.fromkeys(("dimension", "value"), "str"),
        **dict.fromkeys(("bad", "share"), "float64"),
    },
    "impact": {
        "service": "str",
        "id": _LISTED,
        **dict.fromkeys(("title", "severity"), "str"),
        **dict.fromkeys(("start", "end"), _MOMENT),
        "minutes": "float64",
        **dict.fromkeys(("seen", "shared"), "bool"),
        **dict.fromkeys(("total", "usual", "excess"), "float64"),
    },
    "incidents": {
        "id": _LISTED,
        **dict.fromkeys(("title", "severity", "journey"), "str"),
        "journeys": _LISTED,
        "status": "str",
        **dict.fromkeys(("started_at", "ended_at", "detected_at"), _MOMENT),
        **dict.fromkeys(("detect", "mitigate", "resolve"), "float64"),
        **dict.fromkeys(("response_kept", "resolution_kept"), _TRUTH),
    },
    "severities": {
        "severity": "str",
        **dict.fromkeys(("count", "unresolved"), "int64"),
        **{
            f"{name}{part}": "int64" if part == "_known" else "float64"
            for name in ("detect", "mitigate", "resolve")
            for part in ("", "_longest", "_known")
        },
        **dict.fromkeys(("response_kept", "response_judged"), "int64"),
        **dict.fromkeys(("resolution_kept", "resolution_judged"), "int64"),
    },
    "ratings": {
        "day": _MOMENT,
        "journey": "str",
        **dict.fromkeys(("ratings", "mean", "sli"), "float64"),
    },
    "feedback": {
        **_TEXTS,
        **dict.fromkeys(("ratings", "mean", "low_ratings"), "float64"),
        **dict.fromkeys(("ratings_before", "mean_before"), "float64"),
        **dict.fromkeys(("change_low", "change_high"), "float64"),
        "days": "int64",
        **dict.fromkeys(("correlation", "correlation_low", "correlation_high"), "float64"),
        "why_not": "str",
    },
    "policy": {
        "service": "str",
        "state": "str",
        **dict.fromkeys(("start", "end"), _MOMENT),
        "remaining_ratio": "float64",
        "exit_confirmed": _TRUTH,
    },
    "alerts": {
        **dict.fromkeys(("alert", "name", "severity"), "str"),
        **dict.fromkeys(("episodes", "about", "false"), "int64"),
        "minutes": "float64",
    },
    "detections": {
        "id": _LISTED,
        **dict.fromkeys(("title", "severity"), "str"),
        **dict.fromkeys(("start", "detected"), _MOMENT),
        "alert": "str",
        **dict.fromkeys(("minutes", "budget_gone"), "float64"),
    },
    # What the figures rest on.
    "quality": {
        **dict.fromkeys(("kind", "subject", "note"), "str"),
        "amount": "float64",
    },
}
"""By frame and column the pandas type. Moments are UTC without a zone; times are in seconds."""


def table(name: str, rows: Iterable[Mapping[str, Any]] | pd.DataFrame) -> pd.DataFrame:
    """A frame of that name: its columns in their order and types; what a row lacks is null."""
    kinds = FRAMES[name]
    found = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows), dtype="object")
    frame = found.reindex(columns=list(kinds)).reset_index(drop=True)
    for column, kind in kinds.items():
        values = frame[column]
        if kind == _LISTED:
            frame[column] = pd.Series([_listed(it) for it in values], dtype="object")
        elif kind == _TRUTH:
            frame[column] = pd.array([None if pd.isna(it) else bool(it) for it in values], _TRUTH)
        else:
            frame[column] = values.astype(kind)
    return frame


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """A frame's rows as JSON has them: ISO moments, and nulls for what is not there."""
    return [
        {name: _plain(value) for name, value in zip(frame.columns, row, strict=True)}
        for row in frame.itertuples(index=False, name=None)
    ]


def restored(name: str, rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """The frame whose `records` these are."""
    # As objects, since a frame makes floats of whole numbers beside nulls, and of ids too.
    found = pd.DataFrame(list(rows), dtype="object").reindex(columns=list(FRAMES[name]))
    for column, kind in FRAMES[name].items():
        if kind == _MOMENT:
            moments = pd.to_datetime(found[column], utc=True, format="ISO8601")
            found[column] = moments.dt.tz_localize(None)
    return table(name, found)


def for_files(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame that CSV and Parquet can hold: lists of names as JSON, ids as text."""
    listed = [name for name in frame if frame[name].dtype == object]
    texts = {
        name: pd.Series(
            [
                json.dumps(it) if isinstance(it, tuple) else None if it is None else str(it)
                for it in frame[name]
            ],
            dtype="str",
            index=frame.index,
        )
        for name in listed
    }
    return frame.assign(**texts)


def _listed(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return tuple(value)
    return None if pd.isna(value) else value.item() if hasattr(value, "item") else value


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    if value is None or value is pd.NaT or value is pd.NA or value != value:
        return None
    if isinstance(value, datetime):
        return iso(value if not isinstance(value, pd.Timestamp) else value.to_pydatetime())
    return value.item() if hasattr(value, "item") else value
