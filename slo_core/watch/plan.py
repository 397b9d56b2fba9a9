"""What is to be told now: pure functions over what was told before and what a look found."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from slo_core.catalog import Catalog
from slo_core.watch.ledger import Notice
from slo_core.watch.matters import Identity, Matter
from slo_core.watch.routes import LOG, NOBODY, Way, way
from slo_core.watch.rules import told_of

Row = Mapping[str, Any]

_SAYS_IT = "fires as well and says it."
"""Why a burn alert is held beside the document's own; it is told once that is over and it lasts."""


@dataclass(frozen=True)
class Circumstances:
    """What decides, beside the matters themselves, who is told what."""

    catalog: Catalog
    now: datetime
    watched_since: datetime
    """What was over before that is no news."""
    ledger: Sequence[Row]
    off: Mapping[str, str]
    """By target, why it is off."""
    silenced: Callable[[Matter], str | None]
    acknowledged: Callable[[Matter], bool]


def identity_of(row: Row) -> Identity:
    """Which matter a row of the ledger is about."""
    return row["alert"], row["journey"], row["started_at"].to_pydatetime()


def told_identities(ledger: pd.DataFrame) -> tuple[list[Identity], dict[Identity, datetime]]:
    """Whatever was ever told of, and when that of it which is over was told to be."""
    everything: dict[Identity, None] = {}
    closed = {}
    for row in ledger.to_dict("records"):
        identity = identity_of(row)
        everything[identity] = None
        if row["kind"] == "resolved":
            closed[identity] = row["created_at"].to_pydatetime()
    return list(everything), closed


def notices(matters: Sequence[Matter], about: Circumstances) -> list[Notice]:
    """The notices that are due, without their words; none twice."""
    found: list[Notice] = []
    told: dict[Identity, list[Row]] = {}
    for row in about.ledger:
        told.setdefault(identity_of(row), []).append(row)
    ways = [(matter, way(about.catalog, matter)) for matter in matters]
    for matter, own in ways:
        known = told.get(matter.identity, [])
        for target in own.targets if own else sorted({row["target"] for row in known}):
            earlier = [row for row in known if row["target"] == target]
            said = _said_by(matter, target, own, ways, about)
            found += _next(matter, target, earlier, own, said, about)
    return _gathered(found, about)


def _said_by(
    matter: Matter,
    target: str,
    own: Way | None,
    ways: Sequence[tuple[Matter, Way | None]],
    about: Circumstances,
) -> Matter | None:
    """The document's own alert that says of a journey what a burn alert would, to the same target.

    It is of the same tier or a more urgent one and fired at the same time; one that lasts first.
    """
    rule = told_of(about.catalog, matter.alert)
    if own is None or rule is None or not rule.is_beside:
        return None
    saying = [
        other
        for other, its in ways
        if its
        and other.alert
        and other.journey == matter.journey
        and its.tier <= own.tier
        and target in its.targets
        and _overlap(other, matter)
        and not about.silenced(other)
        and (its_rule := told_of(about.catalog, other.alert))
        and not its_rule.is_beside
    ]
    return min(saying, key=lambda it: it.ended_at is not None, default=None)


def _overlap(one: Matter, other: Matter) -> bool:
    return (one.ended_at is None or one.ended_at >= other.started_at) and (
        other.ended_at is None or other.ended_at >= one.started_at
    )


def _next(
    matter: Matter,
    target: str,
    earlier: Sequence[Row],
    own: Way | None,
    said: Matter | None,
    about: Circumstances,
) -> Iterator[Notice]:
    def notice(kind: str, number: int = 0, because: str | None = None) -> Notice:
        held = because or _why_held(matter, target, about)
        if said and kind == "fired":
            held = held or f"{said.alert} {_SAYS_IT}"
        due = None if held else about.now
        return Notice(kind, *matter.identity, target, number, due, held)

    if not earlier:
        if _is_news(matter, about):
            yield notice("fired" if matter.alert else "silent")
            if matter.is_over:
                yield notice("resolved", because="the first message says that it is over.")
    elif any(row["kind"] == "resolved" for row in earlier):
        return
    elif matter.is_over:
        yield notice("resolved", because=_why_no_end(target, earlier, own, about))
    elif own and _is_due_again(matter, target, earlier, own, said, about):
        number = 1 + sum(row["kind"] == "still" for row in earlier)
        doubtful = max(earlier, key=lambda row: row["id"])["state"] == "unconfirmed"
        yield replace(notice("still", number), doubtful=doubtful)


def _is_news(matter: Matter, about: Circumstances) -> bool:
    if not matter.is_over:
        return True
    return (
        bool(matter.episode)
        and matter.ended_at is not None
        and (matter.ended_at > about.watched_since)
    )


def _why_held(matter: Matter, target: str, about: Circumstances) -> str | None:
    if target == NOBODY:
        return "no route of the catalogue leads anywhere."
    return about.silenced(matter) or about.off.get(target)


def _why_no_end(
    target: str, earlier: Sequence[Row], own: Way | None, about: Circumstances
) -> str | None:
    if own is None:
        return "the catalogue no longer has it."
    if all(row["state"] == "held" for row in earlier):
        return "nobody was told of it."
    return "a ticket is closed by people." if _is_ticket(target, about) else None


def _is_due_again(
    matter: Matter,
    target: str,
    earlier: Sequence[Row],
    own: Way,
    said: Matter | None,
    about: Circumstances,
) -> bool:
    if matter.is_blind or matter.ended_at or about.acknowledged(matter):
        return False
    if said and said.ended_at is None:
        return False
    if any(row["state"] == "waiting" for row in earlier) or _why_held(matter, target, about):
        return False
    last = max(earlier, key=lambda row: row["id"])
    interval = about.catalog.notifications.tier(own.tier).repeat
    if last["state"] == "held" and not str(last.get("error")).endswith(_SAYS_IT):
        return True  # The silence is over, or the target is on again.
    if _is_ticket(target, about):
        return False
    if last["state"] == "unconfirmed":
        soon = about.catalog.notifications.unconfirmed_after.value
        interval = min(interval or soon, soon)
    return interval is not None and about.now - last["created_at"] >= interval


def _is_ticket(target: str, about: Circumstances) -> bool:
    found = about.catalog.notifications.target(target)
    return bool(found and found.template)


def _gathered(found: Sequence[Notice], about: Circumstances) -> list[Notice]:
    """The notices with those put off for which a message of their tier has just gone out."""
    waits: dict[tuple[int, str], datetime] = {}
    result = []
    for notice in found:
        if notice.due and notice.target != LOG and not _is_ticket(notice.target, about):
            own = way(about.catalog, Matter(notice.alert, notice.journey, notice.started_at))
            place = (own.tier if own else 0, notice.target)
            if place not in waits:
                waits[place] = _free_from(*place, about)
            notice = replace(notice, due=waits[place])
        result.append(notice)
    return result


def _free_from(tier: int, target: str, about: Circumstances) -> datetime:
    """When the next message of a tier may go to a target."""
    group = about.catalog.notifications.tier(tier).group or timedelta(0)
    latest = about.now - group
    for row in about.ledger:
        if row["target"] != target or pd.isna(row["sent_at"]):
            continue
        own = way(about.catalog, Matter(*identity_of(row)))
        if own and own.tier == tier and row["sent_at"] > latest:
            latest = row["sent_at"].to_pydatetime()
    return latest + group
