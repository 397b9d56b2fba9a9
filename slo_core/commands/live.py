"""``live``: the sample's story in real time, to watch the dashboards with, and to break."""

import json
import os
import time
import uuid
from datetime import datetime, timedelta
from http.client import HTTPException
from pathlib import Path
from random import Random
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import click

from slo_core.catalog import Catalog, load_catalog
from slo_core.commands.options import catalog_option
from slo_core.durations import parse_duration
from slo_core.errors import SloError
from slo_core.logs.live import Break, Story, add_break, broken, mend, read_breaks
from slo_core.logs.store import Store
from slo_core.moments import utc_now
from slo_core.text import clock

DEFAULT_DATA = "data/live"

_EVERY = 1.0
_TOGETHER = 1_000
_PATIENCE = timedelta(minutes=5)


def _data_option(command: Any) -> Any:
    return click.option(
        "--data",
        default=lambda: os.environ.get("SLO_DATA", DEFAULT_DATA),
        metavar="DIR",
        help=f"The folder of the demo (default: $SLO_DATA or {DEFAULT_DATA}).",
    )(command)


@click.group("live")
def live_command() -> None:
    """The sample's story in real time, sent over HTTP; something of it can be broken."""


@live_command.command("run")
@_data_option
@catalog_option
@click.option(
    "--to",
    default="http://localhost:8501",
    metavar="URL",
    help="Where the collector is (default: the dashboards' own, http://localhost:8501).",
)
@click.option("--token", default=lambda: os.environ.get("SLO_TOKEN"), help="(default: $SLO_TOKEN)")
@click.option("--scale", type=float, default=0.5, help="Times the document's volumes.")
@click.option("--seed", type=int, default=1, help="The same seed tells the same story.")
@click.option("--since", metavar="DURATION", help="Begin so long ago (default: now).")
@click.option("--for", "length", metavar="DURATION", help="For so long (default: until stopped).")
def run_command(
    data: str,
    catalog: str,
    to: str,
    token: str | None,
    scale: float,
    seed: int,
    since: str | None,
    length: str | None,
) -> None:
    """Send the story to a collector as it happens."""
    loaded = load_catalog(catalog)
    sender = _Sender(to, token)
    ends = utc_now() + parse_duration(length) if length else datetime.max
    random = Random(seed)
    ago = parse_duration(since) if since else timedelta(0)
    with Story(loaded, utc_now() - ago, scale=scale, seed=seed) as story:
        click.echo(f"sending to {sender.address}; break something with:")
        journey = loaded.journeys[0].id
        click.echo(f"  python -m slo_core live break {journey} --for 5m --data {data}")
        while (now := utc_now()) < ends:
            breaks = read_breaks(Path(data), now)
            events = broken(story.until(now), breaks, loaded, random)
            for first in range(0, len(events), _TOGETHER):
                sender.send(events[first : first + _TOGETHER])
            time.sleep(_EVERY)


@live_command.command("break")
@click.argument("journey")
@_data_option
@catalog_option
@click.option("--for", "length", default="5m", show_default=True, metavar="DURATION")
@click.option("--share", type=click.FloatRange(0, 1), default=1.0, help="Of its requests.")
@click.option("--how", type=click.Choice(["fail", "slow"]), default="fail", show_default=True)
def break_command(
    journey: str, data: str, catalog: str, length: str, share: float, how: Any
) -> None:
    """Break a journey for a while: its requests fail, or are twenty times slower."""
    loaded: Catalog = load_catalog(catalog)
    until = utc_now() + parse_duration(length)
    name = loaded.journey(journey).name
    _change(data, lambda folder: add_break(folder, Break(journey, until, share, how), utc_now()))
    words = "fails" if how == "fail" else "is slow"
    click.echo(f"{name} {words} until {clock(until.replace(microsecond=0))}")


@live_command.command("mend")
@_data_option
def mend_command(data: str) -> None:
    """Mend whatever is broken."""
    _change(data, mend)
    click.echo("nothing is broken any more")


def _change(data: str, change: Any) -> None:
    folder = Path(data)
    if not Store(folder).is_sample:
        raise SloError(
            f"{data} is no demo: start one with 'make live', or name its folder with --data."
        )
    change(folder)


class _Sender:
    """Sends batches to a collector; one that is not answered comes again under the same id."""

    def __init__(self, to: str, token: str | None) -> None:
        from slo_core.logs.collector import EVENTS  # other commands need not load a server

        self.address = to.rstrip("/") + EVENTS
        self._headers = {"Content-Type": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    def send(self, events: list[dict[str, Any]]) -> None:
        """Raises SloError where the collector is away for long, or does not want them."""
        body = json.dumps({"batch_id": str(uuid.uuid4()), "events": events}).encode()
        patient_until = utc_now() + _PATIENCE
        while True:
            try:
                with urlopen(Request(self.address, body, self._headers), timeout=30):
                    return
            except HTTPError as refusal:
                said = refusal.read().decode(errors="replace")
                if refusal.code < 500 and refusal.code != 429:
                    raise SloError(f"{self.address} answers {refusal.code}: {said}") from None
            except (OSError, HTTPException) as error:
                said = str(error)
            if utc_now() > patient_until:
                raise SloError(f"{self.address} takes nothing since five minutes: {said}")
            time.sleep(_EVERY)
