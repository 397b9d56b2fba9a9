"""``forecast``: when each error budget runs out, as a distribution."""

import json
from datetime import datetime, timedelta
from typing import Any

import click
import pandas as pd
from tabulate import tabulate

from slo_core.budget.corrected import which_decides
from slo_core.commands.options import (
    at_option,
    catalog_option,
    data_option,
    format_option,
    moment,
    open_rollup,
)
from slo_core.durations import parse_duration
from slo_core.errors import SloError
from slo_core.figures.words import chance_words
from slo_core.forecast import forecasts
from slo_core.moments import iso
from slo_core.sli.corrections import read_corrections
from slo_core.sli.steps import HOUR
from slo_core.status import status
from slo_core.text import percent

_LONGEST_DAYS = 366

_NAMES = ("journey", "objective", "service", "basis", "window")
"""What names a budget; the rest of a row are its figures."""


@click.command("forecast")
@data_option
@catalog_option
@at_option
@format_option
@click.option("--horizon", default="30d", show_default=True, help="How far to look ahead.")
@click.option("--seed", default=0, show_default=True, help="Another seed draws other futures.")
@click.option("--budgeted", is_flag=True, help="Only the services that have a budget.")
def forecast_command(
    data: str,
    catalog: str,
    at: str | None,
    output: str,
    horizon: str,
    seed: int,
    budgeted: bool,
) -> int:
    """Project when each error budget runs out."""
    try:
        length = parse_duration(horizon)
    except SloError:
        length = timedelta(0)
    if length % HOUR or not HOUR <= length <= 24 * HOUR * _LONGEST_DAYS:
        raise SloError(
            f'--horizon is "{horizon}": expected whole hours from 1h to {_LONGEST_DAYS}d, '
            "for example 30d."
        )
    if seed < 0:
        raise SloError(f"--seed is {seed}: expected 0 or more.")
    rollup = open_rollup(data, catalog)
    look = moment(rollup, at)
    asked: dict[str, Any] = {"horizon": length, "seed": seed, "only_budgeted": budgeted}
    asked["status"] = status(rollup, look)
    rows = as_records(forecasts(rollup, look, **asked))
    if corrections := read_corrections(rollup.store.root):
        others = as_records(forecasts(rollup, look, **asked, corrections=corrections))
        _put_beside(rows, others, which_decides(rollup.catalog))
    if output == "json":
        stated = {"at": iso(look), "horizon": horizon, "budgets": rows}
        click.echo(json.dumps(stated, indent=1, allow_nan=False))
    else:
        _print(rollup.catalog.name, look, rows, sample=rollup.store.is_sample)
    return 0


def _put_beside(rows: list[dict[str, Any]], others: list[dict[str, Any]], decides: str) -> None:
    """Put beside the budgets that corrections touch their figures without what is left out."""
    by_name = {tuple(it[name] for name in _NAMES): it for it in others}
    for row in rows:
        if other := by_name.get(tuple(row[name] for name in _NAMES)):
            row["corrected"] = {name: it for name, it in other.items() if name not in _NAMES}
            row["decides"] = decides


def as_records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of `slo_core.forecast.forecasts` as JSON has them: ISO moments, and nulls."""
    return [
        {name: _plain(value) for name, value in row.items()} for row in frame.to_dict("records")
    ]


def _plain(value: Any) -> Any:
    if value is None or value is pd.NaT or (isinstance(value, float) and value != value):
        return None
    return iso(value.to_pydatetime()) if isinstance(value, pd.Timestamp) else value


def _print(name: str, at: datetime, rows: list[dict[str, Any]], *, sample: bool) -> None:
    click.echo(f"{name} at {iso(at)}{' (sample data)' if sample else ''}\n")
    both = [row for row in rows if "corrected" in row]
    lines = []
    for row in rows:
        if "corrected" not in row:
            lines.append(_line(row))
            continue
        lines.append([*_line(row), "as measured"])
        lines.append([*_line({**row, **row["corrected"]}), "as corrected"])
    headers = [
        *("journey", "objective", "budget", "left", "runs out", "P10", "P50", "P90"),
        *("straight line", "recovery", "note", *(["figures"] if both else [])),
    ]
    click.echo(tabulate(lines, headers=headers, disable_numparse=True))
    click.echo(
        "\n'runs out' is the probability within the horizon, for a month's budget until its end; "
        "'-' is not within it. Times are UTC."
    )
    if both:
        click.echo(
            f"Where a correction touches what a projection rests on, both are there: the figure as "
            f"{both[0]['decides']} decides."
        )


def _line(row: dict[str, Any]) -> list[str]:
    return [
        row["journey"],
        row["objective"],
        f"{row['basis']} {row['window']}",
        percent(row["remaining_ratio"], digits=1),
        chance_words(row["probability"]),
        *(_date(row, level) for level in ("p10", "p50", "p90")),
        row["linear"][:16].replace("T", " ") if row["linear"] else "never",
        _recovery(row),
        row["note"],
    ]


def _date(row: dict[str, Any], level: str) -> str:
    if row["exhausted"]:
        return "exhausted"
    return row[level][:16].replace("T", " ") if row[level] else "-"


def _recovery(row: dict[str, Any]) -> str:
    if not row["exhausted"]:
        return ""
    return row["recovery"][:16].replace("T", " ") if row["recovery"] else "not in sight"
