"""``replay``: an alert with another condition over what happened, or all sets side by side."""

import json
from typing import Any

import click
import pandas as pd
from tabulate import tabulate

from slo_core.alerts.evaluate import words
from slo_core.alerts.meaning import alert_of, with_condition
from slo_core.alerts.quieter import Quieter
from slo_core.alerts.quieter import quieter as what_is_quieter
from slo_core.alerts.replay import register_incidents, scenario_incidents
from slo_core.alerts.sets import SETS
from slo_core.alerts.trial import TRIED, Trial, burn_trial, loud, sets_trial, trial
from slo_core.commands.options import (
    at_option,
    catalog_option,
    data_option,
    format_option,
    moment,
    open_rollup,
)
from slo_core.errors import SloError
from slo_core.incidents.records import rows
from slo_core.moments import iso, parse_range
from slo_core.text import NO_DATA, clock, duration, percent


@click.command("replay")
@click.argument("alert", required=False)
@click.option("--condition", help="The condition to try, in the words of the catalogue's terms.")
@data_option
@catalog_option
@at_option
@format_option
@click.option("--range", "length", default="60d", show_default=True, help="How far to look back.")
@click.option(
    "--scenario", is_flag=True, help="Hold it against the truth of sample data, not the register."
)
@click.option("--quieter", is_flag=True, help="What would have left fewer false episodes of ALERT.")
def replay_command(
    alert: str | None,
    condition: str | None,
    data: str,
    catalog: str,
    at: str | None,
    output: str,
    length: str,
    scenario: bool,
    quieter: bool,
) -> int:
    """Replay ALERT over history, with another condition too: what it finds, how soon, how often.

    Without ALERT the document's alerts, the burn alerts and those on headroom stand side by side.
    """
    span = parse_range(length, name="--range")
    if condition and not alert:
        raise SloError(
            "--condition is for one alert: name it, as in `replay ALERT --condition ...`."
        )
    if quieter and not alert:
        raise SloError("--quieter is for one alert: name it, as in `replay ALERT --quieter`.")
    rollup = open_rollup(data, catalog)
    look = moment(rollup, at)
    own = alert_of(rollup.catalog, alert) if alert else None
    known = (scenario_incidents if scenario else register_incidents)(rollup.store.root)
    quiet = None
    if own is None:
        trials = sets_trial(rollup, look, span, known)
    else:
        trials, tried = [trial(rollup, look, span, own, known)], own
        if condition:
            tried = with_condition(rollup.catalog, own.id, condition)
            trials.append(trial(rollup, look, span, tried, known, name=TRIED))
        trials.append(burn_trial(rollup, look, span, own, known))
        if quieter:
            quiet = what_is_quieter(rollup, look, span, tried, known)
    if output == "json":
        stated: dict[str, Any] = {"at": iso(look), "range": length, "alert": alert}
        stated |= {"condition": words(own.parsed) if own else None, "tried": condition}
        stated["trials"] = [_stated(it) for it in trials]
        if own is None:
            stated["about_none"] = rows(loud(trials, rollup.catalog))
        if quiet:
            stated["quieter"] = {"sentence": quiet.sentence, "changes": rows(quiet.table)}
        click.echo(json.dumps(stated, indent=1, allow_nan=False))
        return 0
    if not trials:
        click.echo("The catalogue has no alerts.")
        return 0
    name = f"{own.name}, the" if own else "Every alert, set by set, the"
    click.echo(f"{name} {length} before {iso(look)}{f': {words(own.parsed)}' if own else ''}")
    if condition:
        click.echo(f"as tried: {condition}")
    click.echo()
    headers = ["", "episodes", "about none", "fired for", "found", "to detect", "budget gone"]
    click.echo(tabulate([_row(it) for it in trials], headers=headers, disable_numparse=True))
    if quiet:
        click.echo("\n" + _quieter_words(quiet))
    noisy = loud(trials, rollup.catalog)
    if own is None and len(noisy):
        click.echo("\n" + _loud_words(noisy))
    found = _detections(trials)
    if found:
        headers = ["incident", "began", *(it.name for it in trials)]
        click.echo("\n" + tabulate(found, headers=headers, disable_numparse=True))
    journeys = " of its journeys" if own else ""
    click.echo(
        f"\n'about none': of no incident that is known; 'found': of the incidents{journeys} that "
        "began\nin this time; 'to detect' and 'budget gone' (by then, of the month's) are medians. "
        "Of each incident:\nwhen it was detected, and what of the month's budget was gone by then."
    )
    return 0


def _quieter_words(found: Quieter) -> str:
    """What to do, and the changes that leave fewer false episodes."""
    table = [
        [it.change, f"{found.as_is.false - it.false} fewer", str(it.false), found.cost(it)]
        for it in found.outcomes
    ]
    headers = ["change", "about none", "left", "cost"]
    changes = tabulate(table, headers=headers, disable_numparse=True)
    return f"{found.sentence}\n\n{changes}" if table else found.sentence


def _loud_words(found: pd.DataFrame) -> str:
    """Which alerts fire for nothing, those that page first."""
    table = [
        [it.name, it.journey, SETS[it.set], f"{it.tier}", f"{it.false} of {it.episodes}"]
        for it in found.itertuples()
    ]
    headers = ["fires for nothing", "of", "set", "tier", "about none"]
    return tabulate(table, headers=headers, disable_numparse=True)


def _detections(trials: list[Trial]) -> list[list[str]]:
    """Each incident of the time, with how soon each set found it and what was gone by then."""
    return [
        [
            f"{own[0]['severity']} {own[0]['title']}",
            clock(own[0]["start"]).removesuffix(" UTC"),
            *(_detected(row) for row in own),
        ]
        for own in zip(*(it.replayed.detections.to_dict("records") for it in trials), strict=True)
    ]


def _detected(row: dict[str, Any]) -> str:
    if row["minutes"] != row["minutes"]:
        return "not found"
    gone = row["budget_gone"]
    budget = "" if gone != gone else f", {percent(gone, digits=1)} gone"
    return f"{row['minutes']:g} min{budget}"


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
        "detections": rows(found.detections),
    }
