"""``status``: every objective and budget at a moment."""

import json
from typing import Any

import click
from tabulate import tabulate

from slo_core.budget.corrected import deciding
from slo_core.catalog import Catalog
from slo_core.commands.options import (
    at_option,
    catalog_option,
    data_option,
    format_option,
    moment,
    open_rollup,
)
from slo_core.figures.words import policy_words
from slo_core.status import status
from slo_core.text import NO_DATA, budget_left, counted, factor, figure, percent

_WORDS = {True: "met", False: "MISSED", None: NO_DATA}


@click.command("status")
@data_option
@catalog_option
@at_option
@format_option
@click.option("--check", is_flag=True, help="Exit with 1 if an objective is not met.")
def status_command(data: str, catalog: str, at: str | None, output: str, check: bool) -> int:
    """Show where every objective and error budget stands."""
    rollup = open_rollup(data, catalog)
    stated = status(rollup, moment(rollup, at))
    if output == "json":
        click.echo(json.dumps(stated, indent=1, allow_nan=False))
    else:
        _print(rollup.catalog, stated, sample=rollup.store.is_sample)
    missed = any(deciding(it)["met"] is False for it in stated["objectives"])
    return 1 if check and missed else 0


def _print(catalog: Catalog, stated: dict[str, Any], *, sample: bool) -> None:
    click.echo(f"{catalog.name} at {stated['at']}{' (sample data)' if sample else ''}\n")
    click.echo(
        tabulate(
            [_objective_row(deciding(objective)) for objective in stated["objectives"]],
            headers=[
                *("journey", "objective", "window", "state", "SLI", "target", "value"),
                *("budget left", "burn 1h", "burn 6h"),
            ],
            disable_numparse=True,
        )
    )
    click.echo()
    click.echo(
        tabulate(
            [_budget_row(deciding(budget)) for budget in stated["budgets"]],
            headers=["service", "month", "month's budget", "last hour", "level", "policy"],
            disable_numparse=True,
        )
    )
    click.echo(f"\nStudio policy: {deciding(stated)['studio_policy'] or NO_DATA}")
    for objective in stated["objectives"]:
        if "corrected" in objective:
            click.echo(_both(objective))
    for budget in stated["budgets"]:
        if "corrected" in budget:
            click.echo(_both_budgets(budget))
    stale = [name for name, found in stated["freshness"].items() if found["stale"]]
    for name in stale:
        click.echo(f"stale: no data of {name} since {stated['freshness'][name]['last_event']}")
    for problem in stated["problems"]:
        rows = "" if problem["rows"] is None else f"{counted(problem['rows'], 'row')}: "
        click.echo(f"not counted: {problem['file']}: {rows}{problem['reason']}", err=True)


def _both(objective: dict[str, Any]) -> str:
    """Both figures of an objective that a correction touches, and which is in the table."""
    measured, corrected = (
        percent(it["sli"], against=objective["target"])
        for it in (objective, objective["corrected"])
    )
    return (
        f"corrected: {objective['journey']} {objective['objective']}: as measured {measured}, as "
        f"corrected {corrected}; the figure as {objective['decides']} decides"
    )


def _both_budgets(budget: dict[str, Any]) -> str:
    """The same of a service's budget: what is left of the month, and the policy."""
    measured, corrected = (
        f"{budget_left(it['remaining'], it['allowed'], budget['unit'])} and policy "
        f"{policy_words(it['policy'], it['exit_confirmed']).lower()}"
        for it in (budget, budget["corrected"])
    )
    return (
        f"corrected: budget of {budget['service']}, {budget['month']}: as measured {measured}, as "
        f"corrected {corrected}; the figure as {budget['decides']} decides"
    )


def _objective_row(objective: dict[str, Any]) -> list[str]:
    budget, burn, unit = objective["budget"], objective["burn_rate"], objective["unit"]
    if objective.get("value_above") is not None:
        value = f"above {figure(objective['value_above'], unit)}"
    else:
        value = figure(objective["value"], unit, against=objective["threshold"])
    return [
        objective["journey"],
        objective["objective"],
        objective["window"],
        _WORDS[objective["met"]],
        percent(objective["sli"], against=objective["target"]),
        percent(objective["target"]),
        value,
        percent(budget["remaining_ratio"], digits=1),
        factor(burn.get("1h")),
        factor(burn.get("6h")),
    ]


def _budget_row(budget: dict[str, Any]) -> list[str]:
    hourly = budget["hourly"]
    return [
        budget["service"],
        budget["month"],
        budget_left(budget["remaining"], budget["allowed"], budget["unit"]),
        figure(hourly["count"], hourly["unit"]) if hourly["level"] else NO_DATA,
        hourly["level"] or NO_DATA,
        f"{policy_words(budget['policy'], budget['exit_confirmed']).lower()} "
        f"({budget['policy_basis']}: "
        f"{percent(budget['policy_remaining_ratio'], digits=1)} left)",
    ]
