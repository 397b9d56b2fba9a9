"""``incidents``: the register of incidents, each followed from its detection to its postmortem."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import pandas as pd
from tabulate import tabulate

from slo_core.alerts.look import look
from slo_core.alerts.sets import SETS
from slo_core.budget.corrected import which_decides
from slo_core.catalog import Catalog, load_catalog
from slo_core.commands.options import (
    at_option,
    catalog_option,
    data_option,
    format_option,
    moment,
    open_rollup,
)
from slo_core.commands.people import actor, as_option, has_subcommand, version_option, when
from slo_core.errors import SloError
from slo_core.incidents import actions, life
from slo_core.incidents.changes import changes
from slo_core.incidents.clocks import Clock, clocks_of, is_active, state_at, update_clock
from slo_core.incidents.impact import Impact, impact
from slo_core.incidents.records import as_record, impact_record, rows
from slo_core.incidents.spent import share_words
from slo_core.incidents.suggest import SUGGESTING, accept, auto_create, suggestions
from slo_core.moments import iso, parse_moment, parse_range, utc_second
from slo_core.register import read_history, read_incidents
from slo_core.sli.corrections import read_corrections
from slo_core.sli.requests import Users, users_hit
from slo_core.text import NO_DATA, clock, count, duration

_COLUMNS = ["id", "severity", "status", "incident", "of", "since", "response", "resolution"]
_LISTS = ("also_journeys", "five_whys")
_CHANGES = 10
"""How many of its changes are shown, the latest first; all are in JSON."""


@click.group("incidents", invoke_without_command=True)
@data_option
@catalog_option
@at_option
@format_option
@click.option("--open", "only_open", is_flag=True, help="Only those that are not resolved.")
@click.pass_context
def incidents_command(
    context: click.Context, data: str, catalog: str, at: str | None, output: str, only_open: bool
) -> int:
    """List incidents; with a subcommand show, open, advance, edit, merge or reopen one."""
    if has_subcommand(context, data=data, catalog=catalog, at=at, output=output):
        return 0
    rollup = open_rollup(data, catalog)
    at_ = moment(rollup, at)
    found = [
        row
        for row in read_incidents(data).itertuples()
        if row.started_at <= at_ and (is_active(row, at_) or not only_open)
    ]
    if output == "json":
        records = [as_record(row, rollup.catalog, at_) for row in found]
        click.echo(json.dumps({"at": iso(at_), "incidents": records}, indent=1, allow_nan=False))
        return 0
    click.echo(f"{rollup.catalog.name}: incidents up to {iso(at_)}\n")
    if not found:
        click.echo("No incident is in the register.")
        return 0
    table = [_line(row, rollup.catalog, at_) for row in found]
    click.echo(tabulate(table, headers=[*_COLUMNS, "next update"], disable_numparse=True))
    return 0


@incidents_command.command("show")
@click.argument("incident", type=int)
@data_option
@catalog_option
@at_option
@format_option
def show_command(incident: int, data: str, catalog: str, at: str | None, output: str) -> int:
    """Show one incident: clocks, impact, what was written, action items and changes."""
    rollup = open_rollup(data, catalog)
    at_ = moment(rollup, at)
    row = _row(data, incident)
    found = impact(rollup, row, at_, read_corrections(rollup.store.root))
    users = users_hit(rollup, row.journeys, found.start, found.end) if found else None
    items = actions.read_actions(data, incident)
    history = changes(read_history(data, "incidents", incident))
    if output == "json":
        stated = {
            **as_record(row, rollup.catalog, at_),
            "impact": impact_record(found, users),
            "actions": rows(items),
            "history": rows(history),
        }
        click.echo(json.dumps(stated, indent=1, allow_nan=False))
        return 0
    click.echo(f"#{incident} {row.severity} {row.title} ({state_at(row, at_)})\n")
    for step in rollup.catalog.lifecycle:
        column = life.stamp_of(step)
        stamp = getattr(row, column) if column else None
        click.echo(f"{step.name:16}{clock(stamp) if pd.notna(stamp) else '–'}")
    response, resolution = clocks_of(row, rollup.catalog, at_)
    click.echo(f"\nResponse: {_clock(response)}. Resolution: {_clock(resolution)}.")
    for line in _impact_lines(found, users, which_decides(rollup.catalog)):
        click.echo(line)
    for line in _written_lines(row):
        click.echo(line)
    for item in items.itertuples():
        click.echo(f"action {item.id}: {item.action} ({item.state})")
    click.echo("\nLatest changes:" if len(history) else "")
    for it in history.head(_CHANGES).itertuples():
        click.echo(f"{clock(it.at)} {it.actor}: {it.field} {it.before or '–'} → {it.after or '–'}")
    return 0


@incidents_command.command("open")
@click.option("--title", required=True)
@click.option("--severity", required=True, help="As the catalogue calls it.")
@click.option("--journey", "journeys", required=True, multiple=True, help="The worst hit first.")
@click.option("--started", required=True, metavar="TIMESTAMP", help="When the impact began.")
@click.option("--detected", metavar="TIMESTAMP", help="When it was noticed (default: now).")
@click.option("--summary")
@click.option("--commander")
@data_option
@catalog_option
@as_option
def open_command(
    title: str,
    severity: str,
    journeys: tuple[str, ...],
    started: str,
    detected: str | None,
    summary: str | None,
    commander: str | None,
    data: str,
    catalog: str,
    name: str,
) -> int:
    """Write a new incident."""
    values = {
        "title": title,
        "severity": severity,
        "journey": journeys[0],
        "also_journeys": journeys[1:],
        "started_at": parse_moment(started, name="--started"),
        "detected_at": when(detected, "--detected"),
        "summary": summary,
        "commander": commander,
    }
    found = life.open_incident(data, actor(name), load_catalog(catalog), values)
    click.echo(f"Incident {found} is open.")
    return 0


@incidents_command.command("step")
@click.argument("incident", type=int)
@click.argument("step")
@click.option("--when", "stamp", metavar="TIMESTAMP", help="When it was taken (default: now).")
@data_option
@catalog_option
@as_option
@version_option
def step_command(
    incident: int,
    step: str,
    stamp: str | None,
    data: str,
    catalog: str,
    name: str,
    version: int | None,
) -> int:
    """Take a step of the catalogue's lifecycle, such as triage or resolution."""
    row = _row(data, incident)
    taken = when(stamp, "--when") or utc_second()
    life.advance(
        *(data, actor(name), load_catalog(catalog), incident, step, taken),
        version=row.version if version is None else version,
    )
    click.echo(f"Incident {incident}: {step} at {iso(taken)}.")
    return 0


@incidents_command.command("edit")
@click.argument("incident", type=int)
@click.option(
    "--set",
    "values",
    required=True,
    multiple=True,
    metavar="FIELD=VALUE",
    help="What to change; nothing after the = takes it away; lists are parted by ';'.",
)
@data_option
@catalog_option
@as_option
@version_option
def edit_command(
    incident: int, values: tuple[str, ...], data: str, catalog: str, name: str, version: int | None
) -> int:
    """Change what is written of an incident, its five whys among it."""
    row = _row(data, incident)
    life.edit(
        *(data, actor(name), load_catalog(catalog), incident, dict(map(_value, values))),
        version=row.version if version is None else version,
    )
    click.echo(f"Incident {incident} is changed.")
    return 0


@incidents_command.command("merge")
@click.argument("incident", type=int)
@click.argument("into", type=int)
@data_option
@catalog_option
@as_option
def merge_command(incident: int, into: int, data: str, catalog: str, name: str) -> int:
    """Make an incident part of another."""
    own, other = _row(data, incident), _row(data, into)
    life.merge(
        *(data, actor(name), load_catalog(catalog), incident, into),
        version=own.version,
        into_version=other.version,
    )
    click.echo(f"Incident {incident} is merged into {into}.")
    return 0


@incidents_command.command("reopen")
@click.argument("incident", type=int)
@data_option
@as_option
@version_option
def reopen_command(incident: int, data: str, name: str, version: int | None) -> int:
    """Open a resolved or merged incident again."""
    row = _row(data, incident)
    life.reopen(data, actor(name), incident, version=row.version if version is None else version)
    click.echo(f"Incident {incident} is open again.")
    return 0


@incidents_command.command("todo")
@click.argument("incident", type=int)
@click.argument("action")
@click.option("--owner")
@click.option("--due", metavar="TIMESTAMP")
@data_option
@as_option
def todo_command(
    incident: int, action: str, owner: str | None, due: str | None, data: str, name: str
) -> int:
    """Write an action item of an incident."""
    _row(data, incident)
    found = actions.add_action(
        data, actor(name), incident, action, owner=owner, due_at=when(due, "--due")
    )
    click.echo(f"Action {found} is open.")
    return 0


@incidents_command.command("suggested")
@click.option("--range", "length", default="24h", show_default=True, help="How far to look back.")
@click.option("--accept", "accepted", type=int, metavar="N", help="Open the N-th of the list.")
@click.option("--create", is_flag=True, help="Open those that alerts' own actions ask for.")
@data_option
@catalog_option
@at_option
@format_option
@as_option
def suggested_command(
    length: str,
    accepted: int | None,
    create: bool,
    data: str,
    catalog: str,
    at: str | None,
    output: str,
    name: str,
) -> int:
    """List incidents that alerts ask for and that the register does not have."""
    rollup = open_rollup(data, catalog)
    at_ = moment(rollup, at)
    episodes = look(rollup, at_, parse_range(length, name="--range"), sets=SUGGESTING).recent
    if create:
        opened = auto_create(data, rollup.catalog, episodes)
        click.echo(f"Opened: {', '.join(map(str, opened)) or 'none'}.", err=output == "json")
    found = suggestions(episodes, read_incidents(data), rollup.catalog)
    if accepted is not None:
        if not 1 <= accepted <= len(found):
            raise SloError(f"--accept is {accepted}, of {len(found)} suggestions; list them first.")
        row = found.iloc[accepted - 1].to_dict()
        number = accept(data, actor(name), rollup.catalog, row)
        click.echo(f"Incident {number} is open." if number else "Somebody has just opened it.")
        return 0
    if output == "json":
        stated = {"at": iso(at_), "range": length, "suggestions": rows(found)}
        click.echo(json.dumps(stated, indent=1, allow_nan=False))
        return 0
    table = [
        [
            *(number, it.severity, it.title, clock(it.detected_at), it.episodes),
            *(", ".join(SETS[name] for name in it.sets), it.summary),
        ]
        for number, it in enumerate(found.itertuples(), start=1)
    ]
    headers = ["", "severity", "incident", "detected", "episodes", "from", "conditions"]
    words = tabulate(table, headers=headers, disable_numparse=True)
    click.echo(words if table else "Nothing is suggested.")
    return 0


def _row(data: str | Path, incident: int) -> Any:
    for row in read_incidents(data).itertuples():
        if row.id == incident:
            return row
    raise SloError(f"the register of {data} has no incident {incident}; list them to see which.")


def _value(text: str) -> tuple[str, object]:
    field, equals, value = text.partition("=")
    if not equals:
        raise SloError(f"--set {text!r}: expected FIELD=VALUE, such as commander=Ada.")
    if field in _LISTS:
        return field, tuple(part.strip() for part in value.split(";") if part.strip())
    if field.endswith("_at") and value:
        return field, parse_moment(value, name=f"--set {field}")
    return field, value or None


def _line(row: Any, catalog: Catalog, at: datetime) -> list[str]:
    response, resolution = clocks_of(row, catalog, at)
    update = update_clock(row, catalog, at)
    return [
        str(row.id),
        row.severity,
        state_at(row, at),
        row.title,
        ", ".join(row.journeys),
        clock(row.started_at).removesuffix(" UTC"),
        _clock(response),
        _clock(resolution),
        "" if update.left is None else _left(update),
    ]


def _clock(found: Clock) -> str:
    passed = duration(found.passed.total_seconds())
    if not found.stopped:
        return _left(found)
    return f"{'kept' if found.kept else 'missed'}, {passed}" if found.limit else passed


def _left(found: Clock) -> str:
    if found.left is None:
        return NO_DATA
    seconds = found.left.total_seconds()
    return f"{duration(seconds)} left" if seconds > 0 else f"over by {duration(-seconds)}"


def _written_lines(row: Any) -> list[str]:
    texts = {"commander": "Led by", "summary": "Summary", "root_cause": "Root cause"}
    lines = [
        f"{label}: {text}"
        for name, label in texts.items()
        if isinstance(text := getattr(row, name), str) and text
    ]
    return lines + [f"Why {number}: {why}" for number, why in enumerate(row.five_whys, 1)]


def _impact_lines(found: Impact | None, users: Users | None, decides: str) -> list[str]:
    if found is None:
        return ["It had not begun."]
    lines = [
        f"Failed: {count(found.failed)}, beyond the usual {count(found.excess)} "
        f"({clock(found.start)} to {clock(found.end)})."
    ]
    hit = found.journeys[found.journeys["hit"].fillna(False).astype(bool)]
    none = NO_DATA if found.journeys["hit"].isna().all() else "none beyond the usual"
    lines.append(f"Journeys hit: {', '.join(hit['journey']) or none}.")
    lines += [
        f"Budget of {row.service}: {share_words(row, decides) or NO_DATA} of the month."
        for row in found.budgets.itertuples()
    ]
    if users:
        lines.append(f"Users affected: {count(None if found.failed is None else users.count)}.")
    return [*lines, ""]
