"""``maintenance``: planned maintenance, announced ahead and left out of availability."""

import json
from typing import Any

import click
from tabulate import tabulate

from slo_core.catalog import load_catalog
from slo_core.commands.options import at_option, catalog_option, data_option, format_option
from slo_core.commands.people import actor, as_option, has_subcommand, version_option, when
from slo_core.errors import SloError
from slo_core.incidents.records import rows
from slo_core.moments import iso, parse_moment, utc_second
from slo_core.register import read_maintenance
from slo_core.sli.maintenance import announce, call_off, notice_words, windows_at
from slo_core.text import clock


@click.group("maintenance", invoke_without_command=True)
@data_option
@catalog_option
@at_option
@format_option
@click.pass_context
def maintenance_command(
    context: click.Context, data: str, catalog: str, at: str | None, output: str
) -> int:
    """List maintenance windows; with a subcommand announce or cancel one."""
    if has_subcommand(context, data=data, catalog=catalog, at=at, output=output):
        return 0
    at_ = when(at, "--at") or utc_second()
    found = windows_at(read_maintenance(data), load_catalog(catalog), at_)
    if output == "json":
        stated = {"at": iso(at_), "maintenance": rows(found)}
        click.echo(json.dumps(stated, indent=1, allow_nan=False))
        return 0
    columns = ("starts_at", "ends_at", "announced_at")
    table = [
        [row.id, row.scope, *(clock(getattr(row, it)) for it in columns), _reason(row), row.state]
        for row in found.itertuples()
    ]
    headers = ["id", "scope", "from", "to", "announced", "reason", "state"]
    words = tabulate(table, headers=headers, disable_numparse=True)
    click.echo(words if table else "No maintenance is in the register.")
    return 0


def _reason(row: Any) -> str:
    return row.reason if isinstance(row.reason, str) else ""


@maintenance_command.command("announce")
@click.option("--scope", required=True, help="A scope of the catalogue's availability.")
@click.option("--from", "start", required=True, metavar="TIMESTAMP")
@click.option("--to", "end", required=True, metavar="TIMESTAMP")
@click.option("--reason", default="")
@data_option
@catalog_option
@as_option
def announce_command(
    scope: str, start: str, end: str, reason: str, data: str, catalog: str, name: str
) -> int:
    """Announce a window, from now on; says whether availability will leave it out."""
    loaded, begins = load_catalog(catalog), parse_moment(start, name="--from")
    ends, announced = parse_moment(end, name="--to"), utc_second()
    found = announce(data, actor(name), loaded, scope, begins, ends, reason, at=announced)
    click.echo(f"Maintenance {found}. {notice_words(loaded, begins, announced, scope)}")
    return 0


@maintenance_command.command("cancel")
@click.argument("window", type=int)
@data_option
@as_option
@version_option
def cancel_command(window: int, data: str, name: str, version: int | None) -> int:
    """Cancel a window: its time then counts as any other."""
    found = read_maintenance(data)
    own = found[found["id"] == window]
    if own.empty:
        raise SloError(f"the register of {data} has no maintenance {window}; list them first.")
    seen = int(own["version"].iloc[0]) if version is None else version
    call_off(data, actor(name), window, version=seen)
    click.echo(f"Maintenance {window} is cancelled.")
    return 0
