"""The scale triggers over a range, and what they recommend now (the "Resource Thresholds")."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Literal

import numpy as np
import pandas as pd

from slo_core.alerts.conditions import comparisons
from slo_core.alerts.episodes import episodes
from slo_core.alerts.evaluate import Evaluation, evaluate, words
from slo_core.alerts.hosts import Host, hosts
from slo_core.alerts.quantities import minutes_of
from slo_core.catalog import ResourceTerm, Trigger, subjects
from slo_core.rollup import Rollup
from slo_core.sli.steps import DAY, MINUTE
from slo_core.text import counted, listed

Direction = Literal["up", "down", "hold"]

Read = Callable[[str, int], list[Host]]
"""Reads a metric's hosts for windows of so many minutes."""

LOOK_BACK = timedelta(days=7)
"""How far back a recommendation looks for triggers that keep coming back."""

OFTEN = 3
"""On how many days of those a trigger has to fire to be more than a passing peak."""

_NAMED = 3
"""How many hosts a sentence names."""

_COLUMNS = [
    *("trigger", "direction", "condition", "firing", "episodes", "hours", "days", "last"),
    *("hosts", "hosts_holding", "has_data", "holds_on"),
]


@dataclass(frozen=True)
class Scaling:
    """The triggers over a range, and the recommendation that follows.

    ``triggers``: ``trigger`` (id), ``direction``, ``condition`` (in its words), ``firing`` (at the
    look; null without data), ``episodes`` and ``hours`` (in the range), ``days`` (of the last seven
    on which it fired), ``last`` (when it last did, NaT for never), ``hosts`` and ``hosts_holding``
    (of which it is about, and of which it holds at the look; 0 for those not about hosts),
    ``has_data``.

    ``episodes`` are those of `slo_core.alerts.episodes.episodes`.
    """

    triggers: pd.DataFrame
    episodes: pd.DataFrame
    direction: Direction | None
    """None where no trigger has data."""
    reason: str


def scaling(
    rollup: Rollup, at: datetime, length: timedelta, *, peaks_since: datetime | None = None
) -> Scaling:
    """Evaluate the scale triggers over the range that ends at a moment, and say what to do.

    Up where a trigger to scale up fires, or fired on three of the last seven days; down where none
    of them fired in these, and every trigger to scale down holds, of every host; else hold.
    ``peaks_since`` is that of `slo_core.alerts.episodes.episodes`; no recommendation needs peaks.
    """
    rules = rollup.catalog.triggers
    evaluated = evaluate(rollup, at, max(length, LOOK_BACK), rules)
    found = episodes(evaluated, peaks_since=peaks_since)

    @cache  # Triggers share metrics.
    def read(metric: str, width: int) -> list[Host]:
        return hosts(rollup, metric, at, 1, width)

    rows = []
    for rule in rules:
        own = [it for it in evaluated.evaluations if it.rule is rule]
        rows.append(_row(rollup, rule, own, found[found["alert"] == rule.id], at, length, read))
    frame = pd.DataFrame(rows, columns=_COLUMNS).astype({"last": "datetime64[us]"})
    return Scaling(frame, found[found["until"] > at - length], *recommended(frame))


def recommended(triggers: pd.DataFrame) -> tuple[Direction | None, str]:
    """What the rows of triggers recommend, and why, in a sentence."""
    if not triggers["has_data"].any():
        return None, "No trigger has data at this moment: nothing can be recommended."
    ups, downs = (triggers[triggers["direction"] == it] for it in ("up", "down"))
    firing = ups[ups["firing"] == True]  # noqa: E712 (null is not True)
    if len(firing):
        hosts = sorted({name for names in firing["holds_on"] for name in names})
        on = f", on {_some(hosts)}" if hosts else ""
        return "up", f"{_hold(firing['condition'])} now{on}."
    often = ups[ups["days"] >= OFTEN]
    if len(often):
        first = often.sort_values("days", ascending=False).iloc[0]
        return "up", (
            f"{first['condition']} does not hold now, but did on {first['days']} of the last "
            f"{LOOK_BACK.days} days: it keeps coming back."
        )
    unknown = triggers[~triggers["has_data"]]
    lately = ups[ups["days"] > 0]
    slack = downs[(downs["firing"] == True) & (downs["hosts"] == downs["hosts_holding"])]  # noqa: E712
    if len(downs) and len(slack) == len(downs) and unknown.empty and lately.empty:
        return "down", (
            f"{_hold(downs['condition'])}, of every host, and nothing called for more in "
            f"the last {LOOK_BACK.days} days."
        )
    reason = "Nothing that calls for more holds now or keeps coming back"
    if len(lately):
        reason += f" ({_listed(lately['condition'])} did once or twice in {LOOK_BACK.days} days)"
    tight = downs[~downs.index.isin(slack.index)]
    if len(tight):
        first = tight.iloc[0]
        of = (
            f" (of {first['hosts_holding']} of {counted(first['hosts'], 'host')} alone)"
            if first["hosts_holding"]
            else ""
        )
        reason += f", and {first['condition']} does not hold everywhere{of}"
    if len(unknown):
        reason += f"; {_listed(unknown['condition'])} has no data"
    return "hold", f"{reason}."


def _listed(conditions: pd.Series) -> str:
    return " and ".join(conditions)


def _hold(conditions: pd.Series) -> str:
    return f"{_listed(conditions)} {'holds' if len(conditions) == 1 else 'hold'}"


def _some(names: list[str]) -> str:
    """Names of hosts, of many the first."""
    more = len(names) - _NAMED
    if more > 0:
        return f"{', '.join(names[:_NAMED])} and {counted(more, 'other host')}"
    return listed(names)


def _row(
    rollup: Rollup,
    rule: Trigger,
    evaluations: list[Evaluation],
    found: pd.DataFrame,
    at: datetime,
    length: timedelta,
    read: Read,
) -> tuple[object, ...]:
    firing = np.zeros((at - evaluations[0].start) // MINUTE if evaluations else 0, dtype=bool)
    known = False
    for own in evaluations:
        firing |= own.firing
        known |= any(
            bool(len(part.quantity.value)) and part.quantity.value[-1] == part.quantity.value[-1]
            for part in own.parts
        )
    ends = evaluations[0].ends if evaluations else np.array([], dtype="datetime64[us]")
    lately = ends[firing & (ends > np.datetime64(at - LOOK_BACK, "us"))]
    inside = firing & (ends > np.datetime64(at - length, "us"))
    names, holding = _hosts(rollup, rule, read)
    return (
        *(rule.id, rule.direction, words(rule.parsed)),
        bool(firing[-1]) if known else None,
        int((found["until"] > at - length).sum()),
        float(inside.sum()) / 60,
        len(np.unique((lately - np.timedelta64(MINUTE)).astype("datetime64[D]"))),
        ends[firing][-1] if firing.any() else None,
        *(len(names), len(holding), known, sorted(holding)),
    )


def _hosts(rollup: Rollup, rule: Trigger, read: Read) -> tuple[set[str], set[str]]:
    """The hosts that send what a trigger is about, and those of which it holds at the look."""
    names: set[str] = set()
    holding: set[str] = set()
    for comparison in comparisons(rule.parsed):
        for subject in subjects(rollup.catalog, rule.journey, comparison):
            if not isinstance(subject.term, ResourceTerm):
                continue
            width = minutes_of(comparison.window) or 1
            sign = 1 if comparison.op == ">" else -1
            # `hosts` reads a day at least: what is asked of less is in it.
            for host in read(subject.term.metric, max(width, DAY // MINUTE)):
                value, side = host.sides(
                    subject.threshold, comparison.window, 1, rollup.catalog.rules
                )
                if value[-1] == value[-1]:
                    names.add(host.name)
                    holding |= {host.name} if side[-1] == sign else set()
    return names, holding
