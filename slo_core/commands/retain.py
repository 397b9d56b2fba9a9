"""``retain``: remove raw logs that are old and rolled up."""

import click

from slo_core.commands.options import at_option, catalog_option, data_option, moment, open_rollup
from slo_core.logs.ingest.ledger import Ledger
from slo_core.rollup.retain import Old, retain
from slo_core.text import counted, size


@click.command("retain")
@data_option
@catalog_option
@at_option
@click.option("--days", type=int, required=True, help="How many days of raw logs stay.")
@click.option("--dry-run", is_flag=True, help="Say what would be removed; remove nothing.")
def retain_command(data: str, catalog: str, at: str | None, days: int, dry_run: bool) -> None:
    """Remove raw logs older than some days, once they are rolled up; figures stay for good.

    Single requests can no longer be looked at then, and late rows of those days are refused. Look
    first: --dry-run.
    """
    rollup = open_rollup(data, catalog)
    found = retain(
        rollup.store,
        rollup.catalog,
        days,
        moment(rollup, at),
        dry_run=dry_run,
        alone=Ledger(data).locked,
    )
    gone = [old for old in found if not old.stays]
    verb = "would be removed" if dry_run else "removed"
    click.echo(
        f"{data}: raw logs of {counted(len({old.day for old in gone}), 'day')} {verb}: "
        f"{counted(sum(len(old.files) for old in gone), 'file')}, "
        f"{size(sum(it.bytes for it in gone))}"
        f"{_span(gone)}; their figures are kept"
    )
    for old in found:
        if old.stays:
            click.echo(f"stays: {old.table} of {old.day}: {old.stays}", err=True)


def _span(gone: list[Old]) -> str:
    return f", {gone[0].day} to {gone[-1].day}" if gone else ""
