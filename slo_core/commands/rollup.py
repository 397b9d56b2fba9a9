"""``rollup``: bring the rollups up to date."""

import click

from slo_core.commands.options import catalog_option, data_option, open_rollup
from slo_core.moments import iso
from slo_core.text import counted


@click.command("rollup")
@data_option
@catalog_option
def rollup_command(data: str, catalog: str) -> None:
    """Roll up the raw logs that are new or changed; other commands do this by themselves."""
    rollup = open_rollup(data, catalog)
    if rollup.span is None:
        click.echo(f"{data}: no data")
    else:
        first, last = rollup.span
        click.echo(f"{data}: rolled up from {iso(first)} to {iso(last)}")
    for problem in rollup.problems:
        rows = "" if problem.rows is None else f"{counted(problem.rows, 'row')}: "
        click.echo(f"not counted: {problem.file}: {rows}{problem.reason}", err=True)
