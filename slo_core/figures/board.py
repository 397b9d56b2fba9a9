"""The board of objectives: a row each, worst first, as HTML and as a plain frame for download."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pandas as pd

from slo_core.catalog import Catalog
from slo_core.figures import html
from slo_core.figures.theme import STATES, Palette
from slo_core.figures.words import budget_words, chance_words
from slo_core.text import clock, duration, factor, figure, percent

Address = Callable[[str, str], str]
"""From a journey's and an objective's id to the address of the page that says why."""


def board(
    standings: pd.DataFrame,
    trends: pd.DataFrame,
    catalog: Catalog,
    colours: Palette,
    address: Address,
    *,
    short: str,
    risk: str,
    horizon: timedelta,
) -> str:
    """The rows of `slo_core.budget.standing.standings`, in their order, as an HTML table.

    ``trends`` is the frame of `slo_core.sli.trend`; ``short`` and ``risk`` name the burn windows;
    ``horizon`` is how far the forecast reaches.
    """
    series = dict(list(trends.groupby(["journey", "objective"])))
    burns = (f"Burn {short}", f"Burn {risk}")
    headers = ("State", "Objective", "Now", "SLI", "Budget left", *burns, "Trend", "Cause")
    rows = []
    for row in standings.itertuples():
        objective = catalog.objective(row.journey, row.objective)
        left = budget_words(objective, row.remaining, row.allowed)
        name = f"Why: {row.journey_name}, {row.name}"
        rows.append(
            [
                _state(row, horizon, colours),
                _name(row),
                _now(row),
                _sli(row, colours),
                html.number(percent(row.remaining_ratio, digits=1), small=_budget(row, left)),
                _burn(row.burn_short, colours),
                _burn(row.burn_risk, colours),
                _trend(row, series.get((row.journey, row.objective)), colours),
                html.link("Why?", address(row.journey, row.objective), name=name),
            ]
        )
    return html.table(headers, rows, colours, caption="Objectives, the worst first")


def board_download(standings: pd.DataFrame) -> pd.DataFrame:
    """The same rows with plain numbers, for a file: ratios from 0 to 1, lengths in seconds."""
    frame = standings.drop(columns=["journey_name", "name", "promise"])
    frame["lasts"] = frame["lasts"].dt.total_seconds()
    return frame.rename(columns={"lasts": "lasts_seconds"})


def _state(row: Any, horizon: timedelta, colours: Palette) -> html.Cell:
    """The verdict; of a silent journey first that it is silent, then what it last was."""
    verdict = STATES[row.verdict]
    if row.verdict == "no_data":
        return html.state(verdict, colours, small=_since(row))
    if row.stale:
        return html.state(STATES["stale"], colours, small=f"last {verdict.word.lower()}")
    if row.verdict == "at_risk":
        return html.state(verdict, colours, small=_risk(row, horizon))
    return html.state(verdict, colours)


def _risk(row: Any, horizon: timedelta) -> str:
    match row.risk:
        case "likely to run out":
            within = duration(horizon.total_seconds())
            return f"{chance_words(row.chance)} likely to run out within {within}"
        case "ends soon":
            return f"straight line ends in {duration(row.lasts.total_seconds())}"
    return str(row.risk)


def _since(row: Any) -> str:
    return "never any" if pd.isna(row.last_event) else f"last {clock(_whole(row.last_event))}"


def _whole(moment: Any) -> Any:
    return moment.replace(microsecond=0, nanosecond=0)


def _name(row: Any) -> html.Cell:
    name = html.text(f"{row.journey_name}: {row.name}", small=f"{row.promise}, over {row.window}")
    if row.assumption:
        name += html.text("", small="◇ the statistic is an assumption", title=row.assumption)
    return name


def _now(row: Any) -> html.Cell:
    """The figure in the document's own terms."""
    if pd.notna(row.value):
        limit = row.threshold if pd.notna(row.threshold) else row.target
        return html.number(figure(row.value, row.unit, against=limit))
    if pd.notna(row.value_above):
        return html.number(f"over {figure(row.value_above, row.unit)}")
    return html.number("no data")


def _sli(row: Any, colours: Palette) -> html.Cell:
    target = percent(row.target, digits=4).replace(" ", "\u00a0")
    cell = html.number(percent(row.sli, against=row.target), small=f"target {target}")
    if row.decides:
        cell += html.tinted("◐ Corrected", "stale", colours, small=_corrected(row))
    if row.few_events:
        cell += html.tinted("▲ few events", "warn", colours, small="not one failure is allowed")
    if not row.provable:
        seen = percent(row.coverage, against=1.0)
        cell += html.tinted("▲ not provable", "warn", colours, small=f"only {seen} was observed")
    return cell


def _corrected(row: Any) -> str:
    """The other figure of an objective that a correction touches, and which of them decides."""
    if row.decides == "corrected":
        return f"decides; as measured {percent(row.sli_measured, against=row.target)}"
    return f"{percent(row.sli_corrected, against=row.target)}; as measured decides"


def _budget(row: Any, left: str) -> str:
    return "" if pd.isna(row.remaining_ratio) else left


def _burn(burn: float, colours: Palette) -> html.Cell:
    if pd.isna(burn):
        return html.number("no data")
    words = factor(burn)
    return html.tinted(f"▲ {words}", "warn", colours) if burn > 1 else html.number(words)


def _trend(row: Any, trend: pd.DataFrame | None, colours: Palette) -> html.Cell:
    if trend is None or trend["sli"].isna().all():
        return html.number("no data")
    known = trend["sli"].dropna()
    gaps = int(trend["sli"].isna().sum())
    name = (
        f"SLI over {row.window}: lowest {percent(known.min())}, latest {percent(known.iloc[-1])}, "
        f"target {percent(row.target, digits=4)}" + (f", {gaps} gaps" if gaps else "")
    )
    role = STATES[row.verdict].role
    return html.sparkline(list(trend["sli"]), row.target, colours, role, name=name)
