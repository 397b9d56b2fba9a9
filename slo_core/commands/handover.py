"""``handover``: what the next shift must know."""

import json
from typing import Any

import click

from slo_core.alerts.desk import notes
from slo_core.alerts.handover import Handover, handover, markdown
from slo_core.alerts.look import look
from slo_core.commands.alert_sets import set_option, wanted_sets
from slo_core.commands.options import (
    at_option,
    catalog_option,
    data_option,
    format_option,
    moment,
    open_rollup,
)
from slo_core.incidents.records import rows
from slo_core.moments import iso, parse_range
from slo_core.sli.corrections import read_corrections
from slo_core.status import status


@click.command("handover")
@data_option
@catalog_option
@at_option
@format_option
@click.option("--range", "length", default="12h", show_default=True, help="How long the shift was.")
@set_option("all")
def handover_command(
    data: str, catalog: str, at: str | None, output: str, length: str, named: tuple[str, ...]
) -> int:
    """Sum up a shift for the next, in Markdown: fired, open, silenced, budgets, to do."""
    span = parse_range(length, name="--range")
    rollup = open_rollup(data, catalog)
    moment_ = moment(rollup, at)
    found = handover(
        rollup.catalog,
        look(
            *(rollup, moment_, span),
            corrections=read_corrections(rollup.store.root),
            sets=wanted_sets(named),
        ),
        notes(rollup.store.root),
        status(rollup, moment_),
        status(rollup, moment_ - span),
        is_sample=rollup.store.is_sample,
    )
    if output == "json":
        click.echo(json.dumps(_stated(found, length), indent=1, allow_nan=False))
    else:
        click.echo(markdown(found, rollup.catalog), nl=False)
    return 0


def _stated(found: Handover, length: str) -> dict[str, Any]:
    frames = ("firing", "over", "silences", "to_do", "budgets")
    stated: dict[str, Any] = {"at": iso(found.at), "range": length}
    stated |= {name: rows(getattr(found, name)) for name in frames}
    clocks = ["response", "resolution", "update"]
    stated["incidents"] = rows(found.incidents.drop(columns=clocks, errors="ignore"))
    stated["silent"] = {name: last and iso(last) for name, last in found.silent}
    return stated
