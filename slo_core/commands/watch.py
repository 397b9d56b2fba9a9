"""``watch``: evaluate alerts as data arrive, and tell people."""

import json
import os
import signal
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import click
import pandas as pd
from tabulate import tabulate

from slo_core.catalog import load_catalog
from slo_core.commands.options import (
    at_option,
    catalog_option,
    checked_base,
    data_option,
    format_option,
)
from slo_core.durations import parse_duration
from slo_core.errors import SloError
from slo_core.logs.store import open_store
from slo_core.moments import iso, parse_moment, utc_second
from slo_core.text import clock
from slo_core.watch import Watch, deliveries, dry_run, heartbeat, run, run_once
from slo_core.watch.run import outlets

_SHOWN = 50
_COLUMNS = [
    *("id", "created_at", "kind", "alert", "journey", "started_at", "target", "state"),
    *("attempts", "next_attempt_at", "sent_at", "failed_at", "error", "title", "body"),
]


@click.command("watch")
@data_option
@catalog_option
@at_option
@format_option
@click.option("--every", default="30s", show_default=True, help="How often to look.")
@click.option("--once", is_flag=True, help="Look once, send what is due, and end.")
@click.option("--dry-run", "dry", is_flag=True, help="Look once and only say what would be sent.")
@click.option("--status", "asked", is_flag=True, help="What was sent, what failed, what waits.")
@click.option(
    "--base-url",
    default=lambda: os.environ.get("SLO_BASE_URL", "http://localhost:8501"),
    metavar="URL",
    help="Where the dashboards are, for links (default: $SLO_BASE_URL or http://localhost:8501).",
)
def watch_command(
    data: str,
    catalog: str,
    at: str | None,
    output: str,
    every: str,
    once: bool,
    dry: bool,
    asked: bool,
    base_url: str,
) -> int:
    """Evaluate alerts as data arrive, and notify where the catalogue's actions say so.

    Exit 0 when it is stopped or done; with --status 1 where messages failed or may not have
    arrived, or where no watch runs.
    """
    store = open_store(data)
    if asked:
        return _status(store.root, output)
    if at and not (once or dry):
        raise SloError("--at is one moment: use it with --once or --dry-run, and look at now else.")
    watch = Watch(
        store,
        load_catalog(catalog),
        _every(every),
        checked_base(base_url),
        lambda line: click.echo(line, color=False),
        os.environ,
        parse_moment(at, name="--at") if at else None,
    )
    if dry:
        dry_run(watch)
        return 0
    _say_what_is_off(watch)
    _stop_on_signals(watch)
    (run_once if once else run)(watch)
    return 0


def _every(text: str) -> timedelta:
    try:
        length = parse_duration(text)
    except SloError:
        length = timedelta(0)
    if not timedelta(seconds=1) <= length <= timedelta(days=1):
        raise SloError(f'--every is "{text}": expected 1s to 1d, for example 30s.')
    return length


def _say_what_is_off(watch: Watch) -> None:
    if not watch.catalog.notifications.routes:
        click.echo("the catalogue has no `notifications.routes`: nothing is sent.", err=True)
    for sentence in outlets(watch)[1].values():
        click.echo(sentence, err=True)


def _stop_on_signals(watch: Watch) -> None:
    def stop(number: int, frame: FrameType | None) -> None:
        watch.stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)


def _status(root: Path, output: str) -> int:
    now, beat, frame = utc_second(), heartbeat(root), deliveries(root)
    wrong = frame[frame["state"].isin(["given up", "unconfirmed"]) | (frame["attempts"] > 1)]
    runs = not beat.is_late(now)
    if output == "json":
        rows = [{name: _plain(row[name]) for name in _COLUMNS} for row in frame.to_dict("records")]
        looked = iso(beat.looked_at) if beat.looked_at else None
        stated = {"running": runs, "looked_at": looked, "error": beat.error, "notifications": rows}
        click.echo(json.dumps(stated, indent=1, allow_nan=False))
    else:
        _print(runs, beat.looked_at, beat.error, frame)
    unsettled = wrong[wrong["state"] != "sent"]
    return 1 if len(unsettled) or not runs else 0


def _plain(value: Any) -> Any:
    if isinstance(value, pd.Timestamp):
        return iso(value.to_pydatetime())
    return None if pd.isna(value) else value


def _print(runs: bool, looked: Any, error: str | None, frame: pd.DataFrame) -> None:
    click.echo(f"watch {'runs' if runs else 'does not run'}; its last look: {clock(looked)}")
    if error:
        click.echo(f"that look failed: {error}")
    if frame.empty:
        click.echo("Nothing was told yet.")
        return
    rows = [
        [
            clock(row["created_at"]).removesuffix(" UTC"),
            row["target"] or "nobody",
            row["title"],
            row["state"],
            row["attempts"],
            "" if pd.isna(row["error"]) else row["error"],
        ]
        for row in frame.head(_SHOWN).to_dict("records")
    ]
    headers = ["written", "target", "notification", "state", "attempts", "why"]
    click.echo(tabulate(rows, headers=headers, disable_numparse=True))
    if len(frame) > _SHOWN:
        click.echo(f"and {len(frame) - _SHOWN} older ones: --format json has all.")
    click.echo(
        "\nTimes are UTC. 'unconfirmed' was being sent when watch was killed: see docs/watch.md."
    )
