"""``propose``: another target or threshold, or a split, as a diff, with its effect."""

import json
from pathlib import Path

import click
import pandas as pd

from slo_core.commands.options import at_option, catalog_option, data_option, moment, open_rollup
from slo_core.commands.people import actor, as_option
from slo_core.moments import iso
from slo_core.review.proposal import Effect, Proposal, accept, day_of, effect, propose
from slo_core.review.quarter import last_quarter, parse_quarter
from slo_core.text import NO_DATA, percent


@click.command("propose")
@click.argument("change")
@data_option
@catalog_option
@at_option
@click.option(
    "--from",
    "since",
    metavar="YYYY-MM-DD",
    help="From which day on it is promised (default: the first of the next month).",
)
@click.option(
    "--quarter", metavar="YYYY-Qn", help="Of which quarter the effect is shown (default: the last)."
)
@click.option(
    "--accept",
    "write",
    is_flag=True,
    help="Write it into the catalogue's file; the register keeps who did.",
)
@as_option
@click.option(
    "--format", "output", type=click.Choice(["table", "json"]), default="table", show_default=True
)
def propose_command(
    change: str,
    data: str,
    catalog: str,
    at: str | None,
    since: str | None,
    quarter: str | None,
    write: bool,
    name: str,
    output: str,
) -> int:
    """Propose CHANGE, such as target:song_generation.success_rate=99.9%, and show its effect.

    Or threshold:song_generation.latency_p95=25s, or split:project_loading.success_rate, which each
    platform has to keep by itself then.
    """
    rollup = open_rollup(data, catalog)
    look = moment(rollup, at)
    text = Path(catalog).read_text("utf-8")
    found = propose(text, change, day_of(since, look, name="--from"), name=Path(catalog).name)
    first = rollup.span[0] if rollup.span else None
    known = parse_quarter(quarter or last_quarter(look, first), look)
    told = effect(rollup, known, found)
    if output == "json":
        stated = {
            "at": iso(look),
            "change": change,
            "from": found.day.isoformat(),
            "quarter": known.name,
            "effect": {
                "words": list(told.words),
                "months": _records(told.months),
                "alerts": _records(told.alerts),
            },
            "diff": found.diff,
            "accepted": write,
        }
        click.echo(json.dumps(stated, indent=1, allow_nan=False))
    else:
        _print(found, told, known.title)
    if write:
        accept(data, actor(name), known, catalog, found)
        click.echo(f"{catalog}: version {found.catalog.version}, from {found.day} on.", err=True)
    return 0


def _print(found: Proposal, told: Effect, title: str) -> None:
    for sentence in told.words:
        click.echo(sentence)
    click.echo(f"\n{title}, as it is and as proposed:")
    for row in told.months.itertuples():
        click.echo(
            f"  {row.month}: {_met(row.met)}, used {percent(row.used, digits=0)}; "
            f"{_met(row.met_after)}, used {percent(row.used_after, digits=0)}"
        )
    click.echo("\n" + found.diff.rstrip("\n"))


def _met(met: object) -> str:
    return NO_DATA if met is None else "met" if met else "missed"


def _records(frame: pd.DataFrame) -> list[dict[str, object]]:
    return [
        {name: None if value != value else value for name, value in row.items()}
        for row in frame.to_dict("records")
    ]
