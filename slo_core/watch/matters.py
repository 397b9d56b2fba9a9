"""What people are told of: episodes of alerts and silences of journeys, the same from look to look.

An episode has no name of its own. Its first firing minute is the best there is, but that moves: a
look sees only so far back, and data that comes late moves an edge. So what a look finds is held
against what was told before, and keeps the start that was told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from slo_core.sli.freshness import Freshness

Identity = tuple[str, str, datetime]
"""An alert ("" for no data), a journey ("" for hosts) and a start."""

Closed = Mapping[Identity, datetime]
"""What was told to be over, and when it was."""


@dataclass(frozen=True)
class Matter:
    """One episode, or the silence of one journey, as it stands at a look.

    ``ended_at`` is None while it lasts. ``is_over`` says that it will not go on: an end that was
    just reached may yet be merged with what follows, and without data nobody knows. ``episode`` is
    its row of `slo_core.alerts.episodes.episodes`; empty for a silence, and for an episode that the
    look does not reach back to.
    """

    alert: str
    journey: str
    started_at: datetime
    ended_at: datetime | None = None
    is_over: bool = False
    is_blind: bool = False
    """Whether the journey is silent, so that nobody knows whether it lasts."""
    episode: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def identity(self) -> Identity:
        """What tells it from any other, from look to look."""
        return self.alert, self.journey, self.started_at


@dataclass(frozen=True)
class Sight:
    """What a look can say: up to when, from when on, and how fresh each journey's data are."""

    at: datetime
    start: datetime
    """How far back the look reaches."""
    merge: timedelta
    fresh: Mapping[str, Freshness]
    newest: datetime | None
    """The last data of anything, for what belongs to no journey."""

    def last_event(self, journey: str) -> datetime | None:
        """The last event that says something of a journey."""
        own = self.fresh.get(journey)
        return own.last_event if own and own.last_event else self.newest

    def is_blind(self, journey: str) -> bool:
        """Whether a journey's silence is unusual."""
        own = self.fresh.get(journey)
        return bool(own and own.stale)

    def cuts_off(self, episode: Mapping[str, Any]) -> bool:
        """Whether an episode may have begun before what the look sees."""
        return bool(episode["start"] <= self.start + timedelta(minutes=1))

    def may_reach(self, told: Identity, closed: Closed) -> bool:
        """Whether what was told may go on into what the look sees: it was not over before."""
        return told not in closed or closed[told] >= self.start

    def is_over(self, journey: str, ended_at: datetime) -> bool:
        """Whether something that last fired at a minute can no longer go on.

        The merge gap must have passed, with data in its last minute or after: silence is no end.
        """
        last = self.last_event(journey)
        settled = ended_at + self.merge
        return self.at >= settled and last is not None and last >= settled - timedelta(minutes=1)


def matters(
    found: pd.DataFrame, told: Sequence[Identity], closed: Closed, sight: Sight
) -> list[Matter]:
    """What a look found and what was told before and is still open, each once.

    ``found`` has the episodes (no journey: hosts), ``told`` whatever was ever told of, ``closed``
    those of it that were told to be over, and when.
    """
    rows = found.assign(journey=found["journey"].fillna("")).to_dict("records")
    unmatched = dict.fromkeys(sorted(told, key=lambda it: it[2]))
    episodes = []
    for row in rows:
        known = _known(row, list(unmatched), closed, sight)
        if known:
            unmatched.pop(known, None)
        episodes.append(_episode(row, known, closed, sight))
    gone = [_gone(it, sight) for it in unmatched if it[0] and it not in closed]
    return [*episodes, *gone, *_silences(told, closed, sight)]


def _gone(told: Identity, sight: Sight) -> Matter:
    """What was told of and fires no more as far as the look reaches back.

    Where the logs that it was told of are gone, nobody knows.
    """
    own = sight.fresh.get(told[1])
    blind = sight.is_blind(told[1]) or (own is not None and own.last_event is None)
    return Matter(*told, ended_at=None, is_over=not blind, is_blind=blind)


def _known(
    row: Mapping[str, Any], told: list[Identity], closed: Closed, sight: Sight
) -> Identity | None:
    """What was told of this episode before: an open matter rather than a closed one."""
    cut_off = sight.cuts_off(row)
    fitting = [
        it
        for it in told
        if it[:2] == (row["alert"], row["journey"])
        and it[2] <= row["until"] + sight.merge
        and (it[2] >= row["start"] - sight.merge or (cut_off and sight.may_reach(it, closed)))
    ]
    return next((it for it in fitting if it not in closed), fitting[-1] if fitting else None)


def _episode(
    row: Mapping[str, Any], known: Identity | None, closed: Closed, sight: Sight
) -> Matter:
    lasts = row["end"] is pd.NaT
    until = row["until"].to_pydatetime()
    started = known[2] if known else row["start"].to_pydatetime()
    if known in closed and lasts:
        started = until  # Said to be over and firing again: late data joined what seemed two.
    return Matter(
        row["alert"],
        row["journey"],
        started,
        None if lasts else until,
        not lasts and sight.is_over(row["journey"], until),
        sight.is_blind(row["journey"]),
        row,
    )


def _silences(told: Sequence[Identity], closed: Closed, sight: Sight) -> list[Matter]:
    """Journeys that are silent, and those whose data have come back since that was told."""
    found = []
    for journey, own in sight.fresh.items():
        open_ones = [it for it in told if it[:2] == ("", journey) and it not in closed]
        if own.stale and own.last_event:
            since = open_ones[-1][2] if open_ones else own.last_event.replace(microsecond=0)
            found.append(Matter("", journey, since))
        elif own.last_event:
            found += [Matter(*it, ended_at=own.last_event, is_over=True) for it in open_ones]
    return found
