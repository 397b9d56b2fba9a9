"""``alerts``: what fired, by the catalogue's own conditions, evaluated each minute of a range."""

import json
from datetime import datetime
from typing import Any

import click
import pandas as pd
from tabulate import tabulate

from slo_core.alerts.episodes import episodes
from slo_core.alerts.evaluate import evaluate
from slo_core.alerts.sets import SETS, known_rules, sets_of
from slo_core.alerts.words import peak
from slo_core.budget.corrected import which_decides
from slo_core.catalog import Catalog
from slo_core.commands.alert_sets import set_option, wanted_sets
from slo_core.commands.options import (
    at_option,
    catalog_option,
    data_option,
    format_option,
    moment,
    open_rollup,
)
from slo_core.moments import iso, parse_range
from slo_core.rollup import as_of
from slo_core.sli.corrections import read_corrections
from slo_core.text import clock, duration, percent

_SHOWN = (
    *("objective", "host", "peak_above", "threshold", "unit", "conditions", "approximate"),
    *("correction", "budget_spent_corrected"),
)


@click.command("alerts")
@data_option
@catalog_option
@at_option
@format_option
@click.option("--range", "length", default="30d", show_default=True, help="How far to look back.")
@set_option("document")
@click.option("--triggers", is_flag=True, help="Scale triggers too.")
@click.option("--burn-alerts", "burn", is_flag=True, help="Burn alerts and those on headroom too.")
def alerts_command(
    data: str,
    catalog: str,
    at: str | None,
    output: str,
    length: str,
    named: tuple[str, ...],
    triggers: bool,
    burn: bool,
) -> int:
    """List the episodes in which alerts fired."""
    span = parse_range(length, name="--range")
    rollup = open_rollup(data, catalog)
    look = moment(rollup, at)
    wanted = wanted_sets(
        [*named, *(["triggers"] if triggers else []), *(["burn", "headroom"] if burn else [])]
    )
    every = sets_of(as_of(rollup, look))
    corrections = read_corrections(rollup.store.root)
    evaluated = evaluate(every.rollup, look, span, every.of(wanted), corrections=corrections)
    frame = episodes(evaluated)
    known = known_rules(every.rollup.catalog)
    frame["set"] = [own.set if (own := known.of(alert)) else None for alert in frame["alert"]]
    if output == "json":
        decides = which_decides(rollup.catalog)
        stated = {"at": iso(look), "range": length, "episodes": as_records(frame, decides)}
        click.echo(json.dumps(stated, indent=1, allow_nan=False))
    else:
        _print(rollup.catalog, look, length, frame, sample=rollup.store.is_sample)
    return 0


def as_records(frame: pd.DataFrame, decides: str) -> list[dict[str, Any]]:
    """The rows of `slo_core.alerts.episodes.episodes`, with their ``set``, as JSON has them.

    ISO moments, and nulls; ``end`` is null while the episode lasts. Where a correction touches an
    episode, ``decides`` says which share of the budget counts.
    """
    first = ("alert", "journey", "severity", "start", "end", "condition", "peak", "budget_spent")
    names = [*first, "kind", "tier", *_SHOWN, "set"]
    return [
        {name: _plain(row[name]) for name in names}
        # Beside scale triggers, which have none, pandas makes the tiers fractions.
        | {"tier": None if pd.isna(row["tier"]) else int(row["tier"])}
        | {"decides": decides if isinstance(row["correction"], str) else None}
        for row in frame.to_dict("records")
    ]


def _plain(value: Any) -> Any:
    if value is None or value is pd.NaT or (isinstance(value, float) and value != value):
        return None
    if isinstance(value, tuple):
        return list(value)
    return iso(value.to_pydatetime()) if isinstance(value, pd.Timestamp) else value


def _print(
    catalog: Catalog, at: datetime, length: str, frame: pd.DataFrame, *, sample: bool
) -> None:
    words = " (sample data)" if sample else ""
    click.echo(f"{catalog.name}: alerts of the {length} before {iso(at)}{words}\n")
    if frame.empty:
        click.echo("Nothing fired.")
        return
    both = bool(frame["correction"].notna().any())
    several = bool((frame["set"] != "document").any())
    rows = [
        [
            _first_of(row["severity"], row["kind"]),
            *([SETS[row["set"]]] if several else []),
            row["alert"],
            _first_of(row["journey"], row["host"]),
            clock(row["start"].to_pydatetime()).removesuffix(" UTC"),
            "firing" if row["end"] is pd.NaT else _length(row),
            row["condition"],
            peak(row),
            "" if row["budget_spent"] != row["budget_spent"] else percent(row["budget_spent"]),
            *([_corrected(row)] if both else []),
        ]
        for row in frame.to_dict("records")
    ]
    headers = [
        "severity",
        *(["set"] if several else []),
        "alert",
        "of",
        "since",
        "for",
        "condition",
        "peak",
        "budget spent",
    ]
    headers += ["corrected"] if both else []
    click.echo(tabulate(rows, headers=headers, disable_numparse=True))
    click.echo(
        "\nTimes are UTC, the end of the first minute that fired; 'budget spent' is of what the "
        "month allows."
    )
    if both:
        click.echo(
            "Alerts look at what was measured. Where a correction touches an episode, what it "
            f"spent as {which_decides(catalog)} decides."
        )


def _first_of(*words: object) -> str:
    """The first that is there: a frame has NaN for what is not."""
    return next((word for word in words if isinstance(word, str)), "")


def _corrected(row: dict[str, Any]) -> str:
    """What a correction makes of an episode; empty where none touches it."""
    if not isinstance(row["correction"], str):
        return ""
    spent = row["budget_spent_corrected"]
    return row["correction"] + ("" if spent != spent else f" ({percent(spent)} spent without it)")


def _length(row: dict[str, Any]) -> str:
    seconds: float = (row["until"] - row["start"]).total_seconds() + 60
    return duration(seconds)
