"""``whatif``: a changed world against the real one."""

import json
from collections.abc import Callable
from typing import Any

import click
from tabulate import tabulate

from slo_core.catalog import Catalog
from slo_core.commands.options import (
    at_option,
    catalog_option,
    data_option,
    format_option,
    moment,
    open_rollup,
)
from slo_core.errors import SloError
from slo_core.figures.words import budget_words, policy_words
from slo_core.text import NO_DATA, clock, percent
from slo_core.whatif import KINDS, Comparison, Scenario, Standing, answers, what_ifs
from slo_core.whatif.words import name_of

_HELP = {
    "target": "Another target of an objective.",
    "threshold": "Another threshold of an objective.",
    "traffic": "So many times the traffic, of a journey or of all.",
    "failure-rate": "A share added to what fails, or what fails multiplied: x0.5.",
    "release": "A release: the share of it that fails, and its share of the traffic.",
    "without-incident": "An incident of the register that did not happen.",
    "shorter-incident": "An incident that was over so much sooner.",
    "repeat-incident": "An incident that happens again, at a moment or on a day of the week.",
    "maintenance": "A maintenance window, past or to come.",
    "replay-month": "A month that the coming hours go like.",
}


def _change_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for kind, found in reversed(KINDS.items()):
        command = click.option(
            f"--{kind}", multiple=True, metavar="CHANGE", help=f"{_HELP[kind]} {found.example}"
        )(command)
    return command


@click.command("whatif")
@data_option
@catalog_option
@at_option
@format_option
@_change_options
@click.option("--scenario", "file", metavar="FILE", help="Changes from a YAML file.")
@click.option(
    "--compare",
    multiple=True,
    metavar="SCENARIO",
    help="Another scenario beside it, as an address has it: 'kind:value; kind:value'.",
)
@click.option(
    "--objective",
    multiple=True,
    metavar="JOURNEY.OBJECTIVE",
    help="An objective to show beside the budgeted ones.",
)
@click.option("--ask", is_flag=True, help="Answer the inverse questions too.")
def whatif_command(
    data: str,
    catalog: str,
    at: str | None,
    output: str,
    file: str | None,
    compare: tuple[str, ...],
    objective: tuple[str, ...],
    ask: bool,
    **changes: tuple[str, ...],
) -> int:
    """Hold a changed world against the real one."""
    rollup = open_rollup(data, catalog)
    known = rollup.catalog
    given = {kind: changes[kind.replace("-", "_")] for kind in KINDS}
    scenario = Scenario.of(given, known)
    if file:
        scenario = Scenario.read(file, known) + scenario
    scenarios = [scenario, *(Scenario.parse(text, known) for text in compare)]
    also = [_key(name, known) for name in objective]
    found = what_ifs(rollup, moment(rollup, at), scenarios, also=also)
    asked = [answers(rollup, it) if ask else [] for it in found]
    if output == "json":
        first, *others = (
            it.as_dict() | ({"answers": [one.as_dict() for one in own]} if ask else {})
            for it, own in zip(found, asked, strict=True)
        )
        if compare:
            first["others"] = [{k: v for k, v in it.items() if k != "real"} for it in others]
        click.echo(json.dumps(first, indent=1, allow_nan=False))
        return 0
    for place, (it, own) in enumerate(zip(found, asked, strict=True)):
        if place == 0:
            sample = " (sample data)" if rollup.store.is_sample else ""
            click.echo(f"{known.name} at {clock(it.at)}{sample}\n")
        _print(it, known)
        for answer in own:
            click.echo("\n" + "\n".join(answer.words))
        click.echo("" if place + 1 < len(found) else "Times are UTC.")
    return 0


def _key(name: str, catalog: Catalog) -> tuple[str, str]:
    journey, _, objective = name.partition(".")
    try:
        return catalog.journey(journey).id, catalog.objective(journey, objective).id
    except SloError as error:
        raise SloError(f'--objective is "{name}": {error}.') from None


def _print(found: Comparison, catalog: Catalog) -> None:
    click.echo(found.scenario.words(catalog))
    for sentence in found.difference:
        click.echo(f"- {sentence}")
    for note in found.notes:
        click.echo(f"Note: {note}")
    rows = [
        [name_of(catalog, one), world, *_cells(own)]
        for one, other in zip(found.real, found.changed, strict=True)
        for world, own in (("real", one), ("changed", other))
    ]
    headers = ("objective", "world", "SLI", "rolling budget", "policy", "runs out", "P50")
    click.echo("\n" + tabulate(rows, headers=headers, disable_numparse=True) + "\n")


def _cells(own: Standing) -> list[str]:
    outlook = own.rolling_outlook
    left = budget_words(own.objective, own.rolling.remaining, own.rolling.allowed)
    return [
        percent(own.sli, against=own.objective.target),
        left,
        policy_words(own.policy, own.exit_confirmed) if own.service else "",
        NO_DATA if outlook.probability is None else percent(outlook.probability, digits=0),
        "exhausted" if outlook.exhausted else clock(outlook.p50) if outlook.p50 else "-",
    ]
