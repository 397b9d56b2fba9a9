"""``ingest``: files that people have become log tables."""

import json

import click
from tabulate import tabulate

from slo_core.catalog import load_catalog
from slo_core.commands.options import catalog_option, data_option
from slo_core.errors import SloError
from slo_core.logs.ingest import Taken, ingest, retry
from slo_core.logs.ingest.detect import CHOICES
from slo_core.logs.ingest.mapping import load_mapping
from slo_core.moments import iso
from slo_core.text import NO_DATA, count, counted, latency, percent

_SHOWN = 20


@click.command("ingest")
@click.argument("files", nargs=-1, metavar="FILE...")
@data_option
@catalog_option
@click.option(
    "--format",
    "said",
    type=click.Choice(CHOICES),
    default="auto",
    help="What the files are (default: told by their first lines).",
)
@click.option("--map", "map_file", metavar="FILE", help="A mapping: routes, columns, units, zone.")
@click.option(
    "--report",
    "output",
    type=click.Choice(["table", "json"]),
    default="table",
    help="A report for people, or JSON for programs.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be made of them; write nothing.")
@click.option(
    "--retry",
    "again",
    is_flag=True,
    help="Read quarantined lines again: of the files with these ids, or of all.",
)
def ingest_command(
    files: tuple[str, ...],
    data: str,
    catalog: str,
    said: str,
    map_file: str | None,
    output: str,
    dry_run: bool,
    again: bool,
) -> int:
    """Take log files into the data folder: files, folders, patterns, or - for standard input.

    Access logs, AWS ALB, JSON lines, CSV, JMeter, k6, Locust and Parquet, compressed or not. What
    cannot be read is set apart with its line and reason. The same content is never taken twice.
    """
    loaded = load_catalog(catalog)
    mapping = load_mapping(map_file) if map_file else None
    if again and dry_run:
        raise SloError("--retry and --dry-run do not go together: look at the Data page instead.")
    if again:
        taken = retry(data, loaded, files, mapping)
    elif not files:
        raise SloError("no FILE is named: name log files, folders, patterns, or - to read stdin.")
    else:
        taken = ingest(files, data, loaded, format=said, mapping=mapping, dry_run=dry_run)
    problems = [each.problem for each in taken.files if each.problem]
    if output == "json":
        click.echo(json.dumps(taken.as_dict(), indent=1, ensure_ascii=False))
    else:
        _print(taken)
    for problem in problems:
        click.echo(f"not read: {problem}", err=True)
    return 2 if problems and len(problems) == len(taken.files) else 0


def _print(taken: Taken) -> None:
    total = taken.total
    verb = "would be accepted" if taken.dry_run else "accepted"
    already = sum(each.already for each in taken.files)
    click.echo(
        f"{counted(total.accepted, 'line')} {verb}, {count(total.quarantined)} quarantined"
        + (f"; {_of(already, len(taken.files))} in already" if already else "")
    )
    if total.first and total.last:
        click.echo(f"from {iso(total.first)} to {iso(total.last)}")
    valid = total.outcomes["good"] + total.outcomes["failed"]
    if total.outcomes:
        good = percent(total.outcomes["good"] / valid) if valid else NO_DATA
        words = ", ".join(
            f"{count(total.outcomes[name])} {name}" for name in ("good", "failed", "excluded")
        )
        click.echo(f"outcomes: {words}; {good} of what is valid is good")
    _table("journey", "requests", total.journeys.most_common())
    if total.other_source:
        for journey, rows in total.other_source.items():
            click.echo(
                f"{count(rows)} of {journey} are of another source than the catalogue counts for "
                "it: they are shown beside it, not added (columns.source in --map)"
            )
    _table("why quarantined", "lines", total.reasons.most_common())
    _table("passed over", "lines", total.skipped.most_common())
    if taken.dry_run:
        _table(
            "routes without a journey of their own",
            "requests",
            [(f"{m} {p}".strip() or "(no path)", n) for (m, p), n in total.unmapped.most_common()],
        )
        if total.durations:
            middle, slow = (latency(total.durations[name]) for name in ("p50", "p95"))
            click.echo(f"\ndurations: half under {middle}, 95 % under {slow}")
        clock = (
            (total.future, "row", "of the future"),
            (total.far_past, "row", "more than a year before the last one"),
            (total.out_of_order, "row", "more than a minute before one that is further up"),
            (total.missing_days, "day", "without a row between the first and the last"),
        )
        for number, noun, what in clock:
            if number:
                click.echo(f"clock: {counted(number, noun)} {what}")


def _of(part: int, whole: int) -> str:
    """So many files of all: ``1 of 1 file was``."""
    return f"{part} of {counted(whole, 'file')} {'was' if part == 1 else 'were'}"


def _table(what: str, of: str, rows: list[tuple[str, int]]) -> None:
    if rows:
        shown = [[name, count(number)] for name, number in rows[:_SHOWN]]
        click.echo()
        click.echo(tabulate(shown, headers=[what, of], disable_numparse=True))
        if len(rows) > _SHOWN:
            click.echo(f"and {len(rows) - _SHOWN} more")
