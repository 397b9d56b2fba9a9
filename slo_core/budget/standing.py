"""How every objective stands, worst first: met, at risk, missed or without data (DESIGN 2.2).

The one place that says what "at risk" is, what order "worst first" means, and when a verdict
rests on too little: fewer events than one failure, or hours that nobody observed.
"""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from slo_core.budget.corrected import deciding
from slo_core.budget.course import Key
from slo_core.budget.straight_line import straight_line
from slo_core.catalog import Catalog, Rules
from slo_core.durations import parse_duration

VERDICTS = ("missed", "at_risk", "met", "no_data")
"""What an objective can be, in the order in which it wants attention."""

_NUMBERS = (
    *("sli", "value", "value_above", "threshold", "good", "valid"),
    *("allowed", "consumed", "remaining", "remaining_ratio"),
    *("burn_short", "burn_risk", "chance", "coverage", "sli_measured", "sli_corrected"),
)
_SHORT, _RISK = timedelta(hours=1), timedelta(hours=6)


def short_window(rules: Rules) -> str:
    """The burn window that tells what burns now: an hour, or what the catalogue has nearest."""
    return _nearest(rules, _SHORT)


def risk_window(rules: Rules) -> str:
    """The burn window that decides on risk: six hours, or what the catalogue has nearest."""
    return _nearest(rules, _RISK)


def _nearest(rules: Rules, length: timedelta) -> str:
    return min(
        rules.burn_windows.value, key=lambda name: abs(math.log(parse_duration(name) / length))
    )


def burning(status: Mapping[str, Any], catalog: Catalog) -> list[Key]:
    """The met objectives that burn faster than on budget: a forecast says if they are at risk."""
    window = risk_window(catalog.rules)
    return [
        (stated["journey"], stated["objective"])
        for stated in map(deciding, status["objectives"])
        if stated["met"] and (stated["burn_rate"][window] or 0) > 1
    ]


def standings(
    status: Mapping[str, Any], catalog: Catalog, chances: Mapping[Key, float]
) -> pd.DataFrame:
    """Every objective of a status (DESIGN 3) with its verdict, the worst first.

    ``chances`` are the probabilities of running out within the horizon, of `burning` objectives
    (`slo_core.forecast.chances`). Where one is missing or not a number, because there is too little
    history for a forecast, the straight line decides.

    Order: missed, at risk, the rest; within each by the burn of `risk_window`, highest first, and
    then as in the document; never by what remains alone.

    Columns: ``journey``, ``objective`` (ids), ``journey_name``, ``name``, ``promise`` (the
    document's words), ``window``, ``target``, ``verdict`` (of `VERDICTS`), ``risk`` (why it is at
    risk, else empty), ``stale`` (its journey is silent, so that the verdict is an old one),
    ``last_event``, ``sli``, ``value``, ``value_above``, ``threshold`` (in ``unit``), ``budgeted``,
    ``assumption`` (its sentence, else empty), ``good``, ``valid``, ``allowed``, ``consumed``,
    ``remaining`` (events, or the metric's unit), ``remaining_ratio``, ``burn_short``,
    ``burn_risk``, ``lasts`` (`straight_line` at ``burn_risk``), ``chance`` (of ``chances``, else
    null), ``few_events`` (fewer than one failure is allowed), ``coverage`` (observed share, null
    but for availability), ``provable`` (False where what nobody observed could turn the verdict),
    ``decides`` (``corrected`` or ``measured`` where a correction touches the window, else empty:
    the row's figures are those that decide), ``sli_measured``, ``sli_corrected`` (null without).
    """
    rows = [_row(stated, status, catalog, chances) for stated in status["objectives"]]
    frame = pd.DataFrame(rows).astype(dict.fromkeys(_NUMBERS, float))
    frame["last_event"] = pd.to_datetime(frame["last_event"])
    frame["lasts"] = pd.to_timedelta(frame["lasts"])
    order = pd.DataFrame(
        {
            "class": [0 if v == "missed" else 1 if v == "at_risk" else 2 for v in frame["verdict"]],
            "burn": -frame["burn_risk"],
        }
    )
    index = order.sort_values(["class", "burn"], kind="stable", na_position="last").index
    return frame.loc[index].reset_index(drop=True)


def tally(standings: pd.DataFrame) -> dict[str, int]:
    """How many objectives are missed, at risk, met and without data: a number for each verdict."""
    found = standings["verdict"].value_counts()
    return {verdict: int(found.get(verdict, 0)) for verdict in VERDICTS}


def _row(
    stated: Mapping[str, Any],
    status: Mapping[str, Any],
    catalog: Catalog,
    chances: Mapping[Key, float],
) -> dict[str, Any]:
    journey = catalog.journey(stated["journey"])
    objective = catalog.objective(stated["journey"], stated["objective"])
    decides, measured, corrected = stated.get("decides"), stated["sli"], stated.get("corrected")
    stated = deciding(stated)
    rules, budget, burn = catalog.rules, stated["budget"], stated["burn_rate"]
    fresh = status["freshness"].get(journey.id, {"last_event": None, "stale": None})
    remaining = budget["remaining_ratio"]
    burn_risk = burn[risk_window(rules)]
    lasts = straight_line(remaining, burn_risk, objective.window_length)
    chance = chances.get((journey.id, objective.id))
    chance = None if chance is None or math.isnan(chance) else chance
    risk = _risk(stated["met"], objective.budgeted, remaining, burn_risk, lasts, chance, rules)
    return {
        "journey": journey.id,
        "objective": objective.id,
        "journey_name": journey.name,
        "name": objective.name,
        "promise": objective.document,
        "window": objective.window,
        "target": objective.target,
        "verdict": _verdict(stated["met"], risk),
        "risk": risk,
        "stale": bool(fresh["stale"]),
        "last_event": _moment(fresh["last_event"]),
        "sli": stated["sli"],
        "value": stated["value"],
        "value_above": stated.get("value_above"),
        "threshold": stated["threshold"],
        "unit": stated["unit"],
        "budgeted": objective.budgeted,
        "assumption": objective.assumption or "",
        "good": stated["good"],
        "valid": stated["valid"],
        "allowed": budget["allowed"],
        "consumed": budget["consumed"],
        "remaining": budget["remaining"],
        "remaining_ratio": remaining,
        "burn_short": burn[short_window(rules)],
        "burn_risk": burn_risk,
        "lasts": lasts,
        "chance": chance,
        "few_events": stated["valid"] > 0 and budget["allowed"] < 1,
        "coverage": stated.get("coverage"),
        "provable": provable(stated),
        "decides": decides or "",
        "sli_measured": measured,
        "sli_corrected": corrected["sli"] if corrected else None,
    }


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=None) if text else None


def _verdict(met: bool | None, risk: str) -> str:
    if met is None:
        return "no_data"
    if not met:
        return "missed"
    return "at_risk" if risk else "met"


def _risk(
    met: bool | None,
    budgeted: bool,
    remaining: float | None,
    burn: float | None,
    lasts: timedelta | None,
    chance: float | None,
    rules: Rules,
) -> str:
    """Why a met objective is at risk: its budget likely runs out, or little of it is left.

    Without a forecast it "ends soon" where the straight line does.
    """
    if not met or remaining is None:
        return ""
    if burn is not None and burn > 1:
        if chance is not None:
            if chance >= rules.at_risk_probability.value:
                return "likely to run out"
        elif lasts is not None and lasts <= rules.at_risk_within.value:
            return "ends soon"
    return "little left" if budgeted and remaining < rules.at_risk_remaining.value else ""


def provable(stated: Mapping[str, Any]) -> bool:
    """Whether a verdict on availability stands, whatever happened while nobody observed."""
    coverage, good, valid = stated.get("coverage"), stated["good"], stated["valid"]
    if not coverage or stated["met"] is None:
        return True
    unobserved = round(valid / coverage) - valid
    worst, best = good / (valid + unobserved), (good + unobserved) / (valid + unobserved)
    return bool(worst >= stated["target"] if stated["met"] else best < stated["target"])
