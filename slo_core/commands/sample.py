"""``sample``: fill a folder with sample data that tells a story."""

from datetime import datetime, timedelta

import click

from slo_core.budget.exits import check_off
from slo_core.budget.policy import policy_histories
from slo_core.catalog import Catalog, load_catalog
from slo_core.commands.options import Progress, catalog_option, data_option
from slo_core.logs.sample import SamplePhase, write_sample
from slo_core.logs.sample.story import AUTHOR
from slo_core.logs.store import open_store
from slo_core.moments import parse_moment
from slo_core.rollup import refresh


@click.command("sample")
@data_option
@catalog_option
@click.option("--days", type=int, help="Days of data (default: 13 months, the last 62 days full).")
@click.option("--end", metavar="TIMESTAMP", help="Where the data ends, UTC (default: now).")
@click.option("--scale", type=float, default=1.0, help="Times the document's volumes (default: 1).")
@click.option("--seed", type=int, default=1, help="The same seed gives the same data (default: 1).")
def sample_command(
    data: str, catalog: str, days: int | None, end: str | None, scale: float, seed: int
) -> None:
    """Write sample logs, roll them up, and remove the raw logs of the beta as retention would."""
    loaded = load_catalog(catalog)
    moment: datetime | None = parse_moment(end, name="--end") if end else None

    with Progress("Making sample data") as progress:

        def written(share: float, what: str) -> None:
            progress.show(round(share * 100), 100, f"percent written: {what}")

        def roll_up(phase: SamplePhase) -> None:
            progress.show(0, 1, f"rolling up the {phase.name}")
            refresh(open_store(data), loaded, progress.show)

        truth = write_sample(
            data,
            catalog=loaded,
            days=days,
            end=moment,
            scale=scale,
            seed=seed,
            progress=written,
            roll_up=roll_up,
        )
    confirm_exits(data, loaded, parse_moment(truth["end"]))
    click.echo(f"{data}: sample data until {truth['end']}")


def confirm_exits(data: str, catalog: Catalog, at: datetime) -> None:
    """Check off what the sample's people had checked off by its end: each exhaustion of long ago.

    They took a day for each criterion. Only the rolled up data tell when a budget was exhausted.
    """
    rollup = refresh(open_store(data), catalog)
    for service, history in policy_histories(rollup, at).items():
        for row in history[history["exit_confirmed"].eq(False)].itertuples():
            entered = row.exhausted_at.to_pydatetime()
            for number, criterion in enumerate(catalog.policy.human_criteria, start=1):
                done = row.start.to_pydatetime() + timedelta(days=number)
                if done <= at:
                    args = (data, AUTHOR, catalog, service, entered, criterion.id)
                    check_off(*args, at=done, written_at=done)
