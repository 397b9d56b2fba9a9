"""``export``: the catalogue in other tools' formats."""

import click

from slo_core.catalog import load_catalog
from slo_core.commands.options import catalog_option
from slo_core.prometheus import write_rules


@click.group("export")
def export_command() -> None:
    """Write the catalogue in other tools' formats."""


@export_command.command("prometheus-rules")
@catalog_option
@click.option("--out", required=True, metavar="DIR", help="Where to write the three files.")
def prometheus_rules(catalog: str, out: str) -> None:
    """Write recording rules, alerting rules, and unit tests of both for promtool."""
    *_, tests = written = write_rules(load_catalog(catalog), out)
    for path in written:
        click.echo(path)
    click.echo(f"Try them: promtool check rules {out}/slo_recording.yml {out}/slo_alerts.yml")
    click.echo(f"          promtool test rules {tests}")
