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
from slo_core.figures.words import budget_words, chance_words, policy_words
from slo_core.rollup import Rollup
from slo_core.text import clock, percent
from slo_core.whatif import KINDS, Answer, Comparison, Scenario, Standing, answers, what_ifs
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
    if output == "json":
        first, *others = (_stated(rollup, it, ask=ask) for it in found)
        if compare:
            first["others"] = [{k: v for k, v in it.items() if k != "real"} for it in others]
        click.echo(json.dumps(first, indent=1, allow_nan=False))
        return 0
    for place, it in enumerate(found):
        if place == 0:
            sample = " (sample data)" if rollup.store.is_sample else ""
            click.echo(f"{known.name} at {clock(it.at)}{sample}\n")
        _print(it, known)
        for figures, side in it.sides.items() if ask else ():
            own = [one for one in answers(rollup, side) if _is_of(one, it, figures)]
            for answer in own:
                click.echo(_heading(it, figures) + "\n" + "\n".join(answer.words))
        click.echo("" if place + 1 < len(found) else "Times are UTC.")
    return 0


def _key(name: str, catalog: Catalog) -> tuple[str, str]:
    journey, _, objective = name.partition(".")
    try:
        return catalog.journey(journey).id, catalog.objective(journey, objective).id
    except SloError as error:
        raise SloError(f'--objective is "{name}": {error}.') from None


def _stated(rollup: Rollup, found: Comparison, *, ask: bool) -> dict[str, Any]:
    """A comparison as JSON has it, with the answers where they are asked for."""
    stated = found.as_dict()
    if ask:
        stated["answers"] = [one.as_dict() for one in answers(rollup, found)]
        if found.corrected:
            own = answers(rollup, found.corrected)
            stated["corrected"]["answers"] = [one.as_dict() for one in own]
    return stated


def _heading(found: Comparison, figures: str) -> str:
    """Which figures these are, where there are both."""
    if found.corrected is None:
        return ""
    return f"\nAs {figures}{', which decides' if figures == next(iter(found.sides)) else ''}:"


def _is_of(answer: Answer, found: Comparison, figures: str) -> bool:
    """Whether an answer is said: once, but for objectives that a correction touches."""
    is_first = figures == next(iter(found.sides))
    return is_first or (answer.journey, answer.objective) in found.touched


def _print(found: Comparison, catalog: Catalog) -> None:
    click.echo(found.scenario.words(catalog))
    for figures, side in found.sides.items():
        if heading := _heading(found, figures):
            click.echo(heading)
        for sentence in side.difference:
            click.echo(f"- {sentence}")
        for note in side.notes:
            click.echo(f"Note: {note}")
    rows = [
        [name_of(catalog, own), f"{world}{name}", *_cells(own)]
        for place in range(len(found.real))
        for name, side in found.worlds_of(found.real[place].key).items()
        for world, own in (("real", side.real[place]), ("changed", side.changed[place]))
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
        chance_words(outlook.probability),
        "exhausted" if outlook.exhausted else clock(outlook.p50) if outlook.p50 else "-",
    ]
