"""``replay``: an alert with another condition over what happened, beside the one that it has."""

import json
from typing import Any

import click
from tabulate import tabulate

from slo_core.alerts.evaluate import words
from slo_core.alerts.meaning import alert_of, with_condition
from slo_core.alerts.replay import register_incidents, scenario_incidents
from slo_core.alerts.trial import TRIED, Trial, burn_trial, trial
from slo_core.commands.options import (
    at_option,
    catalog_option,
    data_option,
    format_option,
    moment,
    open_rollup,
)
from slo_core.moments import iso, parse_range
from slo_core.text import NO_DATA, duration, percent


@click.command("replay")
@click.argument("alert")
@click.option("--condition", help="The condition to try, in the words of the catalogue's terms.")
@data_option
@catalog_option
@at_option
@format_option
@click.option("--range", "length", default="60d", show_default=True, help="How far to look back.")
@click.option(
    "--scenario", is_flag=True, help="Hold it against the truth of sample data, not the register."
)
def replay_command(
    alert: str,
    condition: str | None,
    data: str,
    catalog: str,
    at: str | None,
    output: str,
    length: str,
    scenario: bool,
) -> int:
    """Replay ALERT over history, with another condition too: what it finds, how soon, how often."""
    span = parse_range(length, name="--range")
    rollup = open_rollup(data, catalog)
    look = moment(rollup, at)
    own = alert_of(rollup.catalog, alert)
    known = (scenario_incidents if scenario else register_incidents)(rollup.store.root)
    trials = [trial(rollup, look, span, own, known)]
    if condition:
        tried = with_condition(rollup.catalog, alert, condition)
        trials.append(trial(rollup, look, span, tried, known, name=TRIED))
    trials.append(burn_trial(rollup, look, span, own, known))
    if output == "json":
        stated: dict[str, Any] = {"at": iso(look), "range": length, "alert": alert}
        stated |= {"condition": words(own.parsed), "tried": condition}
        stated["trials"] = [_stated(it) for it in trials]
        click.echo(json.dumps(stated, indent=1, allow_nan=False))
        return 0
    click.echo(f"{own.name}, the {length} before {iso(look)}: {words(own.parsed)}")
    if condition:
        click.echo(f"as tried: {condition}")
    click.echo()
    headers = ["", "episodes", "about none", "fired for", "found", "to detect", "budget gone"]
    click.echo(tabulate([_row(it) for it in trials], headers=headers, disable_numparse=True))
    click.echo(
        "\n'about none': of no incident that is known; 'found': of the incidents of its journeys "
        "that\nbegan in this time; 'to detect' and 'budget gone' (by then, of the month's) are "
        "medians."
    )
    return 0


def _row(it: Trial) -> list[str]:
    found = it.replayed
    return [
        it.name,
        str(len(found.episodes)),
        str(found.false),
        duration(60 * it.minutes),
        f"{found.found} of {len(found.detections)}",
        NO_DATA if found.median_minutes is None else f"{found.median_minutes:g} min",
        percent(it.budget_gone, digits=1),
    ]


def _stated(it: Trial) -> dict[str, Any]:
    found = it.replayed
    return {
        "name": it.name,
        "episodes": len(found.episodes),
        "about_none": found.false,
        "minutes": it.minutes,
        "found": found.found,
        "incidents": len(found.detections),
        "median_minutes": found.median_minutes,
        "median_budget_gone": it.budget_gone,
    }
