"""``calculate``: the document's SLO calculator."""

import json

import click

from slo_core.budget.budgets import calculate
from slo_core.commands.options import format_option
from slo_core.text import count, counted, percent


@click.command("calculate")
@click.option("--good", type=float, required=True, help="Good requests.")
@click.option("--total", type=float, required=True, help="All requests.")
@click.option("--target", type=float, required=True, help="The objective in percent, as 99.5.")
@format_option
def calculate_command(good: float, total: float, target: float, output: str) -> None:
    """Say what an SLI is, whether it meets a target, and what is left of the budget."""
    answer = calculate(good, total, target)
    has_data = answer.sli is not None
    if output == "json":
        stated = {
            "sli": answer.sli,
            "met": answer.met,
            "budget": {
                "allowed": answer.budget.allowed if has_data else None,
                "consumed": answer.budget.consumed if has_data else None,
                "remaining": answer.budget.remaining if has_data else None,
                "remaining_ratio": answer.budget.remaining_ratio,
            },
        }
        click.echo(json.dumps(stated, indent=2))
    elif not has_data:
        click.echo("no data: without requests there is no SLI and no budget")
    else:
        met = "met" if answer.met else "missed"
        left = answer.budget.remaining
        budget = f"{counted(left, 'failure')} left" if left >= 0 else f"overspent by {count(-left)}"
        click.echo(
            f"SLI {percent(answer.sli)}, target {target:g} %: {met}; "
            f"{budget} of {count(answer.budget.allowed)}"
        )
