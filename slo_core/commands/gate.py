"""``gate``: whether the policy lets a deploy go ahead, for a pipeline to ask."""

import json
from dataclasses import asdict

import click

from slo_core.budget.gate import Verdict, gate
from slo_core.budget.gate_calls import keep_answer
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
from slo_core.figures.words import policy_words
from slo_core.moments import utc_second
from slo_core.status import status
from slo_core.text import budget_left, duration, percent


@click.command("gate")
@click.option("--service", required=True, help="Whose deploy it is: a service with a budget.")
@click.option(
    "--kind",
    required=True,
    help="What kind of deploy, as the catalogue's policy names them: feature, fix, experiment, "
    "load_test or refactor in the document's.",
)
@data_option
@catalog_option
@at_option
@format_option
@click.option("--no-record", is_flag=True, help="Only look: do not keep the answer for reviews.")
def gate_command(
    service: str,
    kind: str,
    data: str,
    catalog: str,
    at: str | None,
    output: str,
    no_record: bool,
) -> int:
    """Say whether the error budget policy allows a deploy: exit 0 if so, 1 if not."""
    rollup = open_rollup(data, catalog)
    found = gate(status(rollup, moment(rollup, at)), rollup.catalog, service, kind)
    # Before it is said: who has heard enough may close the pipe.
    if not no_record:
        try:
            keep_answer(rollup.store.root, found, utc_second())
        except SloError as problem:
            # A pipeline needs the answer also where nothing can be written.
            click.echo(f"slo_core: this answer is not kept for reviews: {problem}", err=True)
    if output == "json":
        click.echo(json.dumps(asdict(found), indent=1, allow_nan=False))
    else:
        for line in _lines(found, rollup.catalog):
            click.echo(line)
    if found.state is None and output == "json":
        click.echo(f"slo_core: {_no_state(found, rollup.catalog)}", err=True)
    elif found.state and found.stale:
        click.echo(
            f"slo_core: {service} is silent since {found.last_event}: its state may be an old one.",
            err=True,
        )
    return 0 if found.allowed else 1


def _lines(found: Verdict, catalog: Catalog) -> list[str]:
    verdict = "ALLOWED" if found.allowed else "FORBIDDEN"
    name = catalog.journey(found.service).name
    if found.state is None:
        return [f"{verdict}: {found.kind} of {name}, at {found.at}", _no_state(found, catalog)]
    lines = [
        f'{verdict}: {found.kind} of {name}, by the policy: "{found.because}"',
        f"{policy_words(found.state, found.exit_confirmed)} since {found.since}, at {found.at}",
        f"{percent(found.remaining_ratio, digits=1)} left, {found.basis}: "
        f"{budget_left(found.remaining, found.allowed_bad, found.unit)}",
    ]
    if beside := found.beside:
        would = "be allowed" if beside.allowed else "be forbidden"
        left = budget_left(beside.remaining, beside.allowed_bad, found.unit)
        lines.append(
            f"a correction touches this budget, and the figure as {found.decides} decides; as "
            f"{beside.figures}: {percent(beside.remaining_ratio, digits=1)} left, {left}, policy "
            f"{beside.state or 'without a state'}, it would {would}"
        )
    return [*lines, f"read so: {found.assumption}"] if found.assumption else lines


def _no_state(found: Verdict, catalog: Catalog) -> str:
    """That there is no state, and what the catalogue wants then."""
    policy = catalog.policy
    wanted = duration(policy.min_history.value.total_seconds())
    return (
        f"no data: the policy has no state for {found.service} (it needs {wanted} of data); "
        f"without one the catalogue says {policy.without_state.value}."
    )
