"""``desk``: who has which alert, what is silenced, what waits for people; and to answer it."""

import json
from datetime import datetime, timedelta

import click
import pandas as pd
from tabulate import tabulate

from slo_core.alerts.desk import Notes, at_desk, covering, notes, parted, reference_of, to_do
from slo_core.alerts.look import look
from slo_core.alerts.meaning import alert_of
from slo_core.alerts.responses import acknowledge, lift, silence, take_back, tick
from slo_core.alerts.sets import SETS
from slo_core.catalog import load_catalog
from slo_core.commands.alert_sets import set_option, wanted_sets
from slo_core.commands.options import (
    at_option,
    catalog_option,
    data_option,
    format_option,
    moment,
    open_rollup,
)
from slo_core.commands.people import actor, as_option, has_subcommand, when
from slo_core.errors import SloError
from slo_core.incidents.records import rows
from slo_core.moments import iso, parse_end, utc_second
from slo_core.sli.steps import MINUTE, floor
from slo_core.text import clock

_RANGE = timedelta(hours=1)


@click.group("desk", invoke_without_command=True)
@data_option
@catalog_option
@at_option
@format_option
@set_option("all")
@click.pass_context
def desk_command(
    context: click.Context,
    data: str,
    catalog: str,
    at: str | None,
    output: str,
    named: tuple[str, ...],
) -> int:
    """List what fires and who has it, silences and what waits; with a subcommand answer it."""
    if has_subcommand(context, data=data, catalog=catalog, at=at):
        return 0
    rollup = open_rollup(data, catalog)
    at_ = moment(rollup, at)
    kept = notes(rollup.store.root)
    found = look(rollup, at_, _RANGE, sets=wanted_sets(named))
    desk = at_desk(found.episodes, rollup.catalog, kept, at_)
    waiting = to_do(desk, rollup.catalog, kept.tasks, at_)
    firing = desk[desk["firing"]]
    references = [reference_of(it.alert, it.journey, it.start) for it in firing.itertuples()]
    firing = firing.assign(reference=references)
    if output == "json":
        stated = {"at": iso(at_), "firing": rows(firing), "to_do": rows(waiting)}
        stated["silences"] = rows(covering(kept.silences, at_))
        click.echo(json.dumps(stated, indent=1, allow_nan=False))
        return 0
    _print(firing, covering(kept.silences, at_), waiting)
    return 0


def _print(firing: pd.DataFrame, silences: pd.DataFrame, waiting: pd.DataFrame) -> None:
    fires = [
        [_word(it.severity, ""), SETS[it.set], it.reference, it.condition, _who(it), _until(it)]
        for it in firing.itertuples()
    ]
    headers = ["severity", "set", "episode", "condition", "taken on by", "silenced until"]
    click.echo(tabulate(fires, headers=headers) if fires else "Nothing fires.")
    quiet = [
        [it.id, _word(it.alert), _word(it.journey), clock(it.ends_at), it.reason, it.created_by]
        for it in silences.itertuples()
    ]
    headers = ["silence", "alert", "journey", "until", "reason", "by"]
    click.echo("\n" + (tabulate(quiet, headers=headers) if quiet else "Nothing is silenced."))
    tasks = [[it.action, it.reference, it.episodes] for it in waiting.itertuples()]
    headers = ["to do", "latest episode", "episodes"]
    click.echo("\n" + (tabulate(tasks, headers=headers) if tasks else "Nothing waits."))


def _who(row: object) -> str:
    who = getattr(row, "acknowledged_by", None)
    return who if isinstance(who, str) else "nobody"


def _until(row: object) -> str:
    until = getattr(row, "silenced_until", pd.NaT)
    return "" if pd.isna(until) else clock(until)


def _word(name: object, nothing: str = "every") -> str:
    return name if isinstance(name, str) else nothing


@desk_command.command("acknowledge")
@click.argument("episode")
@click.option("--note", default="")
@data_option
@at_option
@as_option
def acknowledge_command(episode: str, note: str, data: str, at: str | None, name: str) -> int:
    """Take an episode on, as the list names it: alert|journey|start."""
    alert, journey, start = _parted(episode)
    moment_ = _moment(at)
    acknowledge(data, actor(name), alert, journey, start.to_pydatetime(), at=moment_, note=note)
    click.echo(f"{name} has {episode}.")
    return 0


@desk_command.command("give-back")
@click.argument("episode")
@data_option
@as_option
def give_back_command(episode: str, data: str, name: str) -> int:
    """Give an episode back that somebody took on."""
    alert, journey, start = _parted(episode)
    kept: Notes = notes(data)
    own = kept.acknowledgements
    own = own[(own["alert"] == alert) & (own["journey"] == journey) & (own["started_at"] == start)]
    if own.empty:
        raise SloError(f"nobody has taken {episode} on: list what fires with `desk`.")
    take_back(data, actor(name), int(own["id"].iloc[0]))
    click.echo(f"Nobody has {episode} any more.")
    return 0


@desk_command.command("silence")
@click.option("--alert", help="An alert of the catalogue (default: every alert).")
@click.option("--journey", help="A journey of the catalogue (default: every journey).")
@click.option(
    "--for", "length", required=True, help="How long, such as 4h, or until when, ISO 8601 in UTC."
)
@click.option("--reason", required=True)
@data_option
@catalog_option
@at_option
@as_option
def silence_command(
    alert: str | None,
    journey: str | None,
    length: str,
    reason: str,
    data: str,
    catalog: str,
    at: str | None,
    name: str,
) -> int:
    """Notify nobody of alerts for a while; they are evaluated and shown all the same."""
    begins = _moment(at)
    until = parse_end(length, begins, name="--for")
    loaded = load_catalog(catalog)
    number = silence(
        data, actor(name), loaded, alert, journey, at=begins, until=until, reason=reason
    )
    click.echo(f"Silence {number} until {clock(until)}.")
    return 0


@desk_command.command("lift")
@click.argument("number", type=int)
@data_option
@at_option
@as_option
def lift_command(number: int, data: str, at: str | None, name: str) -> int:
    """End a silence early, by its number."""
    lift(data, actor(name), number, at=_moment(at))
    click.echo(f"Silence {number} is over.")
    return 0


@desk_command.command("tick")
@click.argument("episode")
@click.argument("action")
@data_option
@catalog_option
@at_option
@as_option
def tick_command(
    episode: str, action: str, data: str, catalog: str, at: str | None, name: str
) -> int:
    """Say that an ACTION is done, for all episodes of an EPISODE's alert and journey so far."""
    alert, journey, start = _parted(episode)
    own = alert_of(load_catalog(catalog), alert)
    if action not in own.actions:
        raise SloError(f"{alert} has no action {action!r}, it has: {', '.join(own.actions)}")
    moment_ = _moment(at)
    latest = start.to_pydatetime()
    tick(data, actor(name), alert, journey, action, latest, own.owner.value, at=moment_)
    click.echo(f"{name} has done: {action}.")
    return 0


def _moment(at: str | None) -> datetime:
    """When it counts from: this minute, as the list's moment is one, or that of ``--at``."""
    return when(at, "--at") or floor(utc_second(), MINUTE)


def _parted(episode: str) -> tuple[str, str, pd.Timestamp]:
    alert, journey, start = parted(episode)
    if episode.count("|") != 2 or start == pd.Timestamp(0):
        raise SloError(
            f"the episode is {episode!r}; expected alert|journey|start as `desk` lists it, such as "
            "StudioExportFailures|audio_export|2025-03-31T00:00:00Z."
        )
    return alert, journey, start
