"""``corrections``: spans that should not count, beside the figures as measured."""

import json

import click
import pandas as pd
from tabulate import tabulate

from slo_core.catalog import load_catalog
from slo_core.commands.options import catalog_option, data_option, format_option
from slo_core.commands.people import actor, as_option, has_subcommand, version_option
from slo_core.errors import SloError
from slo_core.incidents.records import rows
from slo_core.moments import parse_moment
from slo_core.register import read_table
from slo_core.sli.correcting import add_correction, cancel_correction
from slo_core.text import clock


@click.group("corrections", invoke_without_command=True)
@data_option
@format_option
@click.pass_context
def corrections_command(context: click.Context, data: str, output: str) -> int:
    """List spans that are left out of figures; with a subcommand add or cancel one."""
    if has_subcommand(context, data=data):
        return 0
    found = read_table(data, "corrections")
    if output == "json":
        click.echo(json.dumps({"corrections": rows(found)}, indent=1, allow_nan=False))
        return 0
    table = [
        [
            row.id,
            row.scope,
            clock(row.starts_at),
            clock(row.ends_at),
            row.reason,
            row.approver,
            "counts" if pd.isna(row.cancelled_at) else f"cancelled {clock(row.cancelled_at)}",
        ]
        for row in found.itertuples()
    ]
    headers = ["id", "journey", "from", "to", "reason", "approver", "state"]
    words = tabulate(table, headers=headers, disable_numparse=True)
    click.echo(words if table else "Nothing is corrected: every figure is as measured.")
    return 0


@corrections_command.command("add")
@click.option("--journey", "scopes", required=True, multiple=True, help="As the catalogue has it.")
@click.option("--from", "start", required=True, metavar="TIMESTAMP")
@click.option("--to", "end", required=True, metavar="TIMESTAMP")
@click.option("--reason", required=True, help="Why it should not count.")
@click.option("--approver", required=True, help="Who approved it.")
@data_option
@catalog_option
@as_option
def add_command(
    scopes: tuple[str, ...],
    start: str,
    end: str,
    reason: str,
    approver: str,
    data: str,
    catalog: str,
    name: str,
) -> int:
    """Leave a span out of the figures of one or more journeys."""
    span = parse_moment(start, name="--from"), parse_moment(end, name="--to")
    loaded = load_catalog(catalog)
    found = add_correction(data, actor(name), loaded, scopes, *span, reason, approver)
    click.echo(f"Correction {', '.join(map(str, found))} counts.")
    return 0


@corrections_command.command("cancel")
@click.argument("correction", type=int)
@data_option
@as_option
@version_option
def cancel_command(correction: int, data: str, name: str, version: int | None) -> int:
    """Let a span count again."""
    found = read_table(data, "corrections")
    own = found[found["id"] == correction]
    if own.empty:
        raise SloError(f"the register of {data} has no correction {correction}; list them first.")
    seen = int(own["version"].iloc[0]) if version is None else version
    cancel_correction(data, actor(name), correction, version=seen)
    click.echo(f"Correction {correction} is cancelled.")
    return 0
