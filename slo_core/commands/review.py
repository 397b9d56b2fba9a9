"""``review``: the monthly or the quarterly review as a document to send round, or as tables."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from slo_core.commands.options import (
    at_option,
    catalog_option,
    checked_base,
    dashboards_at,
    data_option,
    moment,
    open_rollup,
)
from slo_core.errors import SloError
from slo_core.review.export import to_html, to_markdown, to_pdf, write_tables
from slo_core.review.held import MONTHLY, QUARTERLY, Held
from slo_core.review.month import last_month
from slo_core.review.parts import Document
from slo_core.review.quarter import last_quarter
from slo_core.text import counted

LAST = "last"
"""The word for the last quarter that is over."""


@click.command("review")
@data_option
@catalog_option
@at_option
@click.option("--month", metavar="YYYY-MM", help="Which month (default: the last that is over).")
@click.option(
    "--quarter",
    metavar="YYYY-Qn",
    help=f"The quarterly review in place of a month's: which quarter, or {LAST}.",
)
@click.option(
    "--format",
    "output",
    type=click.Choice(["md", "html", "pdf", "json"]),
    default="md",
    show_default=True,
    help="Markdown, one HTML file with charts, PDF, or JSON for programs.",
)
@click.option("--out", metavar="FILE", help="Where it is written (default: to standard output).")
@click.option(
    "--base-url",
    default=lambda: os.environ.get("SLO_BASE_URL", ""),
    metavar="URL",
    help="Where its readers find the dashboards, for links (default: $SLO_BASE_URL; without it "
    "pages are only named).",
)
@click.option("--tables", metavar="DIR", help="Its figures too, as CSV and Parquet in a folder.")
@click.option(
    "--changes",
    is_flag=True,
    help="Say what has changed since, too, where the review is locked; it takes longer.",
)
def review_command(
    data: str,
    catalog: str,
    at: str | None,
    month: str | None,
    quarter: str | None,
    output: str,
    out: str | None,
    base_url: str,
    tables: str | None,
    changes: bool,
) -> None:
    """Write the review of a month, or of a quarter; a locked one has the figures as locked."""
    if quarter and month:
        raise SloError("--quarter goes without --month: name one review at a time.")
    if output == "pdf" and out is None:
        raise SloError("--format pdf needs --out FILE: a PDF is nothing to read on a screen.")
    rollup = open_rollup(data, catalog)
    look = moment(rollup, at)
    first = rollup.span[0] if rollup.span else None
    held: Held[Any]
    if quarter:
        name = last_quarter(look, first) if quarter == LAST else quarter
        held = QUARTERLY.hold(rollup, name, look, compare=changes)
    else:
        held = MONTHLY.hold(rollup, month or last_month(look, first), look, compare=changes)
    if changes and held.lock is None:
        click.echo(
            f"The review of {held.period.title} is not locked: nothing to compare.", err=True
        )
    document = held.document
    if base_url:
        document = replace(document, dashboards=dashboards_at(checked_base(base_url)))
    put(written(held, document, output), document.title, out)
    if tables:
        files = write_tables(held.tables, tables)
        click.echo(f"{tables}: {counted(len(files), 'file')}", err=True)


def written(held: Held[Any], document: Document, output: str) -> str | bytes:
    """A review, of which this is the document, in a format: md, html, pdf or json."""
    if output == "json":
        return json.dumps(held.as_dict(), indent=1, allow_nan=False) + "\n"
    if output == "pdf":
        return to_pdf(document, held.made_at)
    return to_html(document) if output == "html" else to_markdown(document)


def put(text: str | bytes, title: str, out: str | None) -> None:
    """Write a document to a file, or to standard output where none is named.

    Raises SloError with one sentence where the file cannot be written.
    """
    if out is None:
        click.echo(text, nl=False)
    else:
        _save(Path(out), text)
        click.echo(f"{out}: {title}", err=True)


def _save(path: Path, text: str | bytes) -> None:
    try:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    except OSError as error:
        raise SloError(
            f"{path}: expected a file that can be written ({error.strerror}); name another one "
            "with --out."
        ) from None
