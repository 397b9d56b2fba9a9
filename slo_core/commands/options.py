"""What several commands take, and how they show progress."""

import os
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from slo_core.catalog import Catalog, load_catalog
from slo_core.errors import SloError
from slo_core.logs.store import open_store
from slo_core.moments import parse_moment
from slo_core.rollup import Rollup, refresh

DEFAULT_DATA = "data/store"
DEFAULT_CATALOG = str(Path(__file__).parents[2] / "data" / "studio.yaml")

Command = Callable[..., Any]


def data_option(command: Command) -> Command:
    """``--data DIR``: the data folder, by default that of the dashboard."""
    return click.option(
        "--data",
        default=lambda: os.environ.get("SLO_DATA", DEFAULT_DATA),
        metavar="DIR",
        help=f"The data folder (default: $SLO_DATA or {DEFAULT_DATA}).",
    )(command)


def catalog_option(command: Command) -> Command:
    """``--catalog FILE``: the catalogue, by default that of the dashboard."""
    return click.option(
        "--catalog",
        default=lambda: os.environ.get("SLO_CATALOG", DEFAULT_CATALOG),
        metavar="FILE",
        help="The catalogue (default: $SLO_CATALOG or data/studio.yaml).",
    )(command)


def at_option(command: Command) -> Command:
    """``--at TIMESTAMP``: the moment of the look."""
    return click.option(
        "--at",
        metavar="TIMESTAMP",
        help="The moment to look at, ISO 8601 in UTC (default: now, or the end of older data).",
    )(command)


def format_option(command: Command) -> Command:
    """``--format table|json``."""
    return click.option(
        "--format",
        "output",
        type=click.Choice(["table", "json"]),
        default="table",
        help="A table for people, or JSON for programs.",
    )(command)


def open_rollup(data: str, catalog: str) -> Rollup:
    """Load the catalogue, open the folder, and bring its rollups up to date with progress."""
    loaded: Catalog = load_catalog(catalog)
    store = open_store(data)
    with Progress("Rolling up") as progress:
        return refresh(store, loaded, progress.show)


def checked_base(url: str) -> str:
    """Where the dashboards are, as ``--base-url`` says it. Raises SloError for no such address."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise SloError(f'--base-url is "{url}": expected where the dashboards are, http(s)://HOST.')
    return url


def dashboards_at(url: str) -> str:
    """The dashboards' own address below that of their server."""
    return f"{url.rstrip('/')}/dashboards"


def moment(rollup: Rollup, at: str | None) -> datetime:
    """The moment that ``--at`` names, or the default of DESIGN 2.2."""
    return parse_moment(at, name="--at") if at else rollup.default_at()


class Progress:
    """A progress line on stderr while a person watches; silent in a pipe or a log."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._shown = False
        self._visible = sys.stderr.isatty()

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            click.echo("\r\033[K", nl=False, err=True)

    def show(self, done: int, total: int, label: str) -> None:
        """Say how far the work is."""
        if self._visible and total:
            self._shown = True
            text = f"{self._what}: {done} of {total}, {label}"
            click.echo(f"\r\033[K{text}", nl=False, err=True)
