"""How incidents were answered: times to detect, mitigate and resolve, and targets kept.

For the reviews (the document's "Incident impact assessment"), by its "Severity Levels".
"""

from datetime import datetime
from typing import Any

import pandas as pd

from slo_core.catalog import Catalog
from slo_core.incidents.clocks import Clock, clocks_of, detected, until

ALL = "all"
"""The row of `metrics` that speaks for every severity."""

TIMES = [
    *("id", "title", "severity", "journey", "journeys", "status", "started_at", "ended_at"),
    *("detected_at", "detect", "mitigate", "resolve", "response_kept", "resolution_kept"),
]
METRICS = [
    *("severity", "count", "unresolved", "detect", "detect_longest", "detect_known"),
    *("mitigate", "mitigate_longest", "mitigate_known"),
    *("resolve", "resolve_longest", "resolve_known"),
    *("response_kept", "response_judged", "resolution_kept", "resolution_judged"),
]
_LATEST = datetime(2199, 12, 31)


def times(
    incidents: pd.DataFrame,
    catalog: Catalog,
    start: datetime,
    end: datetime,
    at: datetime | None = None,
) -> pd.DataFrame:
    """Each incident whose impact began in ``[start, end)``, the earliest first; merged ones not.

    ``incidents`` is the register's table; what was written after ``at`` (default: nothing) is not
    known yet. Columns: ``id``, ``title``, ``severity``, ``journey``, ``journeys``, ``status``,
    ``started_at``, ``ended_at``, ``detected_at``; in seconds ``detect`` (from the start of the
    impact to the detection), ``mitigate`` and ``resolve`` (from the detection, as the clocks run);
    null where that has not happened or nobody wrote it. ``response_kept`` and ``resolution_kept``
    are whether the severity's target was kept, null while its clock runs within the target, or
    where the catalogue does not know the severity.
    """
    began = (incidents["started_at"] >= start) & (incidents["started_at"] < end)
    look = at or _LATEST
    rows = [
        _times(incident, catalog, look, running=at is not None)
        for incident in incidents[began].iloc[::-1].itertuples()
        if incident.status != "merged" and detected(incident) <= look
    ]
    frame = pd.DataFrame(rows, columns=TIMES)
    kinds = dict.fromkeys(("started_at", "ended_at", "detected_at"), "datetime64[us]")
    kinds |= dict.fromkeys(("detect", "mitigate", "resolve"), "float64")
    return frame.astype(kinds | dict.fromkeys(("response_kept", "resolution_kept"), "boolean"))


def metrics(
    incidents: pd.DataFrame,
    catalog: Catalog,
    start: datetime,
    end: datetime,
    at: datetime | None = None,
) -> pd.DataFrame:
    """Those incidents summed up by severity, in the catalogue's order, and all together.

    A row for each severity of the catalogue, also where it had none, for each other one that came
    up, and for `ALL`. Columns: ``severity``, ``count``, ``unresolved``; for each of ``detect``,
    ``mitigate`` and ``resolve`` the mean of its times in seconds, ``..._longest``, and of how many
    incidents it is known, ``..._known`` (0: the others are null); ``response_kept`` and
    ``resolution_kept``, targets kept out of ``response_judged`` and ``resolution_judged``.
    """
    found = times(incidents, catalog, start, end, at)
    known = [severity.id for severity in catalog.severities]
    others = sorted(set(found["severity"]) - set(known))
    rows = [
        _summed(name, found if name == ALL else found[found["severity"] == name])
        for name in [*known, *others, ALL]
    ]
    frame = pd.DataFrame(rows, columns=METRICS)
    names = [it for it in METRICS if it.split("_")[0] in ("detect", "mitigate", "resolve")]
    return frame.astype({it: "float64" for it in names if not it.endswith("_known")})


def _times(incident: Any, catalog: Catalog, at: datetime, *, running: bool) -> dict[str, Any]:
    noticed = until(incident.detected_at, at)
    mitigated = until(incident.mitigated_at, at)
    response, resolution = clocks_of(incident, catalog, at)
    return {
        **{name: getattr(incident, name) for name in TIMES if hasattr(incident, name)},
        "ended_at": until(incident.ended_at, at),
        "detected_at": noticed,
        "detect": _seconds(noticed, incident.started_at),
        "mitigate": _seconds(mitigated, detected(incident)),
        "resolve": _seconds(until(incident.resolved_at, at), detected(incident)),
        "response_kept": _kept(response, running),
        "resolution_kept": _kept(resolution, running),
    }


def _seconds(stamp: Any, since: Any) -> float | None:
    return None if pd.isna(stamp) else float((stamp - since).total_seconds())


def _kept(clock: Clock, running: bool) -> bool | None:
    """Whether a target was kept; of a clock that still runs only that it was not can be known."""
    if clock.stopped:
        return clock.kept
    return False if running and clock.kept is False else None


def _summed(name: str, found: pd.DataFrame) -> dict[str, Any]:
    row: dict[str, Any] = {
        "severity": name,
        "count": len(found),
        # One that somebody closed without saying when is resolved all the same.
        "unresolved": int(
            (found["resolve"].isna() & ~found["status"].isin(["resolved", "closed"])).sum()
        ),
    }
    for column in ("detect", "mitigate", "resolve"):
        row[column] = found[column].mean()
        row[f"{column}_longest"] = found[column].max()
        row[f"{column}_known"] = int(found[column].notna().sum())
    for column in ("response", "resolution"):
        judged = found[f"{column}_kept"].dropna()
        row[f"{column}_kept"], row[f"{column}_judged"] = int(judged.sum()), len(judged)
    return row
