"""``capacity``: growth against the table, costs, scale triggers, and what gives way first."""

import json
from datetime import timedelta

import click
from tabulate import tabulate

from slo_core.capacity.overview import Capacity, capacity
from slo_core.capacity.words import (
    DIRECTIONS,
    amount,
    cost_words,
    first_words,
    growth_words,
    load_words,
)
from slo_core.commands.options import (
    at_option,
    catalog_option,
    data_option,
    format_option,
    moment,
    open_rollup,
)
from slo_core.moments import iso, parse_range
from slo_core.text import NO_DATA, clock, count, percent


@click.command("capacity")
@data_option
@catalog_option
@at_option
@format_option
@click.option(
    "--range", "length", default="30d", show_default=True, help="How far back triggers are shown."
)
def capacity_command(data: str, catalog: str, at: str | None, output: str, length: str) -> int:
    """Hold growth and resources against the plan, and say what to scale."""
    span = parse_range(length, name="--range")
    rollup = open_rollup(data, catalog)
    found = capacity(rollup, moment(rollup, at), span)
    if output == "json":
        click.echo(json.dumps(found.as_dict(), indent=1, allow_nan=False))
    else:
        _print(rollup.catalog.name, found, sample=rollup.store.is_sample)
    return 0


def _print(name: str, found: Capacity, *, sample: bool) -> None:
    click.echo(f"{name}: capacity at {iso(found.at)}{' (sample data)' if sample else ''}\n")
    click.echo(f"{DIRECTIONS[found.scaling.direction]}: {found.scaling.reason}\n")
    for line in found.growth:
        click.echo(" ".join(growth_words(line)))
        click.echo(_quarters(line.quarters.to_dict("records"), line.growth.unit) + "\n")
    if found.missing_line:
        click.echo(found.missing_line + "\n")
    for cost in found.costs:
        click.echo(cost_words(cost))
    click.echo("")
    click.echo(_triggers(found) + "\n")
    for sentence in [*first_words(found.pressure), *load_words(found.load, found.catalog)]:
        click.echo(sentence)
    if len(found.load):
        click.echo("\n" + _load(found))


def _quarters(rows: list[dict[str, object]], unit: str) -> str:
    headers = ["quarter", "expected", "actual", "reached, or projected"]
    return tabulate(
        [
            [
                row["quarter"],
                amount(row["expected"], unit),  # type: ignore[arg-type]
                amount(row["actual"], unit)  # type: ignore[arg-type]
                + (f" ({row['month']})" if row["actual"] == row["actual"] else ""),
                _when(row),
            ]
            for row in rows
        ],
        headers=headers,
        disable_numparse=True,
    )


def _when(row: dict[str, object]) -> str:
    for name, words in (("reached", "reached by"), ("projected", "about")):
        if row[name] == row[name]:
            return f"{words} {row[name]:%Y-%m-%d}"
    return "not in sight"


def _triggers(found: Capacity) -> str:
    rows = [
        [
            row["direction"],
            row["condition"],
            NO_DATA if not row["has_data"] else "firing" if row["firing"] else "quiet",
            f"{row['hosts_holding']} of {row['hosts']}" if row["hosts"] else "",
            row["episodes"],
            f"{row['hours']:.1f} h",
            clock(row["last"]) if row["last"] == row["last"] else "never",
        ]
        for row in found.scaling.triggers.to_dict("records")
    ]
    days = found.length / timedelta(days=1)
    headers = ["scale", "when", "now", "hosts", "episodes", "for", f"last, within {days:g} d"]
    return tabulate(rows, headers=headers, disable_numparse=True)


def _load(found: Capacity) -> str:
    rows = [
        [
            row["service"],
            f"{row['times']:g}x",
            count(row["allowed"]),
            count(row["expected"]),
            percent(row["probability"], digits=0),
            f"{row['p50']:%Y-%m-%d}" if row["p50"] == row["p50"] else "-",
            count(row["whole_month"]) if row["whole_month"] == row["whole_month"] else "-",
        ]
        for row in found.load.to_dict("records")
    ]
    headers = [
        "service",
        "traffic",
        "month allows",
        "expected by its end",
        "runs out",
        "P50",
        "a whole month",
    ]
    return tabulate(rows, headers=headers, disable_numparse=True)
