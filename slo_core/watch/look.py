"""One look: what fires now, who is to be told of it, and what else the actions ask for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd

from slo_core.alerts.begun import begun
from slo_core.alerts.desk import covering, covers, reference_of
from slo_core.alerts.episodes import episodes
from slo_core.alerts.evaluate import evaluate
from slo_core.incidents.suggest import auto_create
from slo_core.register import Actor, read_table, write_once
from slo_core.rollup import Rollup
from slo_core.sli.corrections import read_corrections
from slo_core.sli.freshness import freshness
from slo_core.text import clock
from slo_core.watch import ledger
from slo_core.watch.ledger import Notice
from slo_core.watch.matters import Identity, Matter, Sight, matters
from slo_core.watch.plan import Circumstances, notices, told_identities
from slo_core.watch.routes import way
from slo_core.watch.rules import rules_to_tell
from slo_core.watch.targets import Undeliverable, rendered
from slo_core.watch.words import Outlook, body, ticket_fields, title

WATCH = Actor("watch", "responder")
"""Who writes what no person does."""


@dataclass(frozen=True)
class Look:
    """What a look needs beside the rollup."""

    data_dir: Path
    """Where the register is: the data folder, or in a dry run a copy."""
    at: datetime | None
    """The moment to look at; None: now, and the end of data that are more than a day old."""
    now: datetime
    watched_since: datetime
    off: Mapping[str, str]
    base_url: str


@dataclass(frozen=True)
class Seen:
    """What was new at a look."""

    notices: tuple[Notice, ...] = ()
    incidents: tuple[int, ...] = ()
    """The ids of those that alerts' actions opened."""
    tasks: tuple[str, ...] = ()
    """What people were asked to do."""


def look(rollup: Rollup, about: Look) -> Seen:
    """Write down what is to be told, open incidents and queue tasks; answers what was new.

    Nothing is sent here. Whatever is written is written once, however often the same is seen.
    """
    catalog = rollup.catalog
    # A minute that is not over might fire, and fire no more once it is.
    at = about.at or rollup.default_at(about.now.replace(second=0, microsecond=0))
    known = ledger.read_ledger(about.data_dir)
    found = _found(rollup, about, at, known)
    circumstances = Circumstances(
        catalog,
        about.now,
        about.watched_since,
        known.to_dict("records"),
        about.off,
        silences(about.data_dir, about.now),
        acknowledgements(about.data_dir, catalog.rules.episode_merge.value),
    )
    due = notices(found, circumstances)
    own = {matter.identity: matter for matter in found}
    outlook = Outlook(rollup, at)
    worded = [
        _worded(notice, own[notice.alert, notice.journey, notice.started_at], outlook, about)
        for notice in due
    ]
    ledger.add(about.data_dir, worded, about.now)
    told = _told(known, worded)
    asking = [it for it in found if it.identity in told]
    incidents, tasks = _act(asking, circumstances, about.data_dir)
    return Seen(tuple(worded), tuple(incidents), tuple(tasks))


def _found(rollup: Rollup, about: Look, at: datetime, ledger: pd.DataFrame) -> list[Matter]:
    catalog, now = rollup.catalog, at if about.at else about.now
    told, closed = told_identities(ledger)
    back, corrections = catalog.notifications.look_back.value, read_corrections(rollup.store.root)
    widened, rules = rules_to_tell(rollup)
    evaluated = evaluate(widened, at, back, rules, corrections=corrections)
    fresh = freshness(rollup, now.replace(second=0, microsecond=0))
    newest = rollup.span[1] if rollup.span else None
    sight = Sight(at, evaluated.start, catalog.rules.episode_merge.value, fresh, newest)
    found = episodes(evaluated)
    found["journey"] = found["journey"].fillna("")
    known = {it[:2] for it in told if sight.may_reach(it, closed)}
    unknown = any(
        sight.cuts_off(row)
        and (row["alert"], row["journey"]) not in known
        and (pd.isna(row["end"]) or row["until"] > about.watched_since)
        for row in found.to_dict("records")
    )
    if unknown:
        # Their start is their name; once it is told, it is known from then on.
        found = begun(evaluated, found)
    return matters(found, told, closed, sight)


def _worded(notice: Notice, matter: Matter, outlook: Outlook, about: Look) -> Notice:
    catalog = outlook.rollup.catalog
    notice = replace(notice, title=title(catalog, notice, matter))
    notice = replace(notice, body=body(catalog, notice, matter, outlook, about.base_url))
    target = catalog.notifications.target(notice.target)
    if target is None or target.template is None or notice.due is None:
        return notice
    fields = ticket_fields(catalog, notice, matter, about.base_url, outlook.at)
    try:
        return replace(notice, body=rendered(target.template, fields))
    except Undeliverable as error:
        return replace(notice, due=None, error=f"{target.id}: {error}")


def _told(known: pd.DataFrame, fresh: list[Notice]) -> set[Identity]:
    """Whatever is in the ledger and open: what its actions ask for may be missing after a kill."""
    everything, closed = told_identities(known)
    new = {(it.alert, it.journey, it.started_at) for it in fresh}
    return (set(everything) | new) - closed.keys()


def _act(found: list[Matter], about: Circumstances, data_dir: Path) -> tuple[list[int], list[str]]:
    """Open the incidents that actions ask for, and queue what people are to do."""
    lasting = [it for it in found if it.alert and it.episode and not it.is_over]
    asking = [it for it in lasting if not about.silenced(it)]
    if not asking:
        return [], []
    frame = pd.DataFrame([dict(it.episode) for it in asking])
    incidents = auto_create(data_dir, about.catalog, frame, actor=WATCH)
    tasks = []
    for matter in asking:
        own = way(about.catalog, matter)
        reference = reference_of(*matter.identity)
        for action in own.tasks if own else ():
            key = {"origin": "alert", "reference": reference, "action": action}
            if write_once(data_dir, WATCH, "tasks", key, unless=key) is not None:
                tasks.append(f"{action} ({reference})")
    return incidents, tasks


def silences(data_dir: Path, now: datetime) -> Callable[[Matter], str | None]:
    """Answers why a matter is silenced at a moment, in a sentence, or None."""
    active = list(covering(read_table(data_dir, "silences"), now).itertuples())

    def silenced(matter: Matter) -> str | None:
        for row in active:
            if covers(row, matter.alert, matter.journey):
                return f"silenced until {clock(row.ends_at)} by {row.created_by}: {row.reason}"
        return None

    return silenced


def acknowledgements(data_dir: Path, near: timedelta) -> Callable[[Matter], bool]:
    """Answers whether somebody has taken a matter on."""
    frame = read_table(data_dir, "acknowledgements")
    taken = frame[frame["acknowledged_at"].notna()].to_dict("records")

    def acknowledged(matter: Matter) -> bool:
        starts = (matter.started_at, matter.episode.get("start", matter.started_at))
        latest = matter.episode.get("until", matter.started_at)
        return any(
            (row["alert"], row["journey"] or "") == (matter.alert, matter.journey)
            and min(starts) - near <= row["started_at"] <= max(*starts, latest) + near
            for row in taken
        )

    return acknowledged
