"""What a notification says: value, threshold, budget left, time to exhaustion, and a link."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from slo_core.alerts.corrected import both_words
from slo_core.alerts.desk import reference_of
from slo_core.alerts.sets import known_rule
from slo_core.alerts.words import amount, peak
from slo_core.budget.corrected import known_corrections, which_decides
from slo_core.catalog import Catalog
from slo_core.figures.exhaustion import projection_words
from slo_core.forecast import forecasts
from slo_core.moments import iso
from slo_core.rollup import Rollup
from slo_core.status import status
from slo_core.text import NO_DATA, clock, duration, percent
from slo_core.watch.ledger import Notice
from slo_core.watch.matters import Matter
from slo_core.watch.routes import way

_STATES = {"fired": "FIRING", "still": "STILL FIRING", "resolved": "RESOLVED"}
_SILENCES = {"silent": "NO DATA", "still": "STILL NO DATA", "resolved": "DATA IS BACK"}


@dataclass(frozen=True)
class Outlook:
    """What is left of budgets at a look; read only where something is to be told."""

    rollup: Rollup
    at: datetime

    @cached_property
    def _status(self) -> dict[str, Any]:
        return status(self.rollup, self.at)

    @cached_property
    def _forecasts(self) -> dict[str, list[dict[str, Any]]]:
        """The projections as measured, and those that corrections touch without these."""
        asked: dict[str, Any] = {"status": self._status, "only_budgeted": True}
        found = {"measured": forecasts(self.rollup, self.at, **asked)}
        if corrections := known_corrections(self.rollup, self._status):
            asked["corrections"] = corrections
            found["corrected"] = forecasts(self.rollup, self.at, **asked)
        return {name: frame.to_dict("records") for name, frame in found.items()}

    def _projections(self, service: str, basis: str) -> dict[str, str]:
        """A budget's projection in words, by which figures it is of."""
        kind = "rolling" if basis.startswith("rolling") else "calendar"
        return {
            name: projection_words(it, self.at)
            for name, rows in self._forecasts.items()
            for it in rows
            if it["service"] == service
            and it["basis"] == kind
            and (kind == "calendar" or basis == f"rolling {it['window']}")
        }

    def lines(self, journey: str, objective: str | None) -> list[str]:
        """What is left of a journey's budget and when it runs out, a line each.

        Where the document gives the journey no budget, the headroom of the objective, if known.
        """
        stated = next((it for it in self._status["budgets"] if it["service"] == journey), None)
        if stated:
            basis, decides = stated["policy_basis"], which_decides(self.rollup.catalog)
            left = _sides(stated, lambda it: it["policy_remaining_ratio"])
            return [
                f"Budget left: {_both(left, decides)} ({basis})",
                f"Runs out: {_both(self._projections(journey, basis), decides)}",
            ]
        own = [
            it
            for it in self._status["objectives"]
            if (it["journey"], it["objective"]) == (journey, objective)
        ]
        decides = which_decides(self.rollup.catalog)
        shares = [_sides(it, lambda side: side["budget"]["remaining_ratio"]) for it in own]
        return [
            f"Headroom left: {_both(it, decides)} (the document gives {journey} no error budget)"
            for it in shares
        ] or [f"Budget left: the document gives {journey or 'hosts'} no error budget"]


def _sides(
    stated: Mapping[str, Any], left: Callable[[Mapping[str, Any]], float | None]
) -> dict[str, str]:
    """The share that is left as measured and, where a correction touches it, as corrected."""
    sides = {"measured": stated}
    if "corrected" in stated:
        sides["corrected"] = stated["corrected"]
    return {name: percent(left(it), digits=0) for name, it in sides.items()}


def _both(words: Mapping[str, str], decides: str) -> str:
    """What is measured; where a correction touches it also the other, and which decides."""
    if len(words) < 2:
        return "".join(words.values())
    [other] = words.keys() - {decides}
    return f"{words[decides]} as {decides}, which decides; as {other} {words[other]}"


def link(catalog: Catalog, base_url: str, matter: Matter, at: datetime) -> str:
    """The page that shows a matter, at the moment of the look: of an episode that very one."""
    page, about = "studio-health", {}
    if known_rule(catalog, matter.alert, matter.journey):
        page, about = "alerts", {"episode": reference_of(*matter.identity)}
    return f"{base_url.rstrip('/')}/dashboards/{page}?{urlencode(about | {'at': iso(at)})}"


def title(catalog: Catalog, notice: Notice, matter: Matter) -> str:
    """One line: ``FIRING P1: API Availability Drop (API Availability)``."""
    place = next((it.name for it in catalog.journeys if it.id == matter.journey), matter.journey)
    if not matter.alert:
        return f"{_SILENCES[notice.kind]}: {place}"
    rule = known_rule(catalog, matter.alert, matter.journey)
    name = rule.name if rule else matter.alert
    state = _STATES[notice.kind]
    head = f"{state} {rule.severity}: {name}" if rule and rule.severity else f"{state}: {name}"
    return f"{head} ({place})" if place else head


def body(catalog: Catalog, notice: Notice, matter: Matter, outlook: Outlook, base_url: str) -> str:
    """The lines of a notification, without its title."""
    lines = _silence(matter, outlook.at) if not matter.alert else _episode(catalog, matter, outlook)
    if notice.doubtful:
        lines.append("It was told before, but that may not have arrived.")
    if notice.kind != "resolved" and matter.alert:
        if matter.journey:
            lines += outlook.lines(matter.journey, matter.episode.get("objective"))
        own = way(catalog, matter)
        if own and own.tasks:
            lines.append(f"To do: {'; '.join(own.tasks)}")
    if rule := known_rule(catalog, matter.alert, matter.journey):
        lines.append(f"Owner: {rule.owner}")
        if rule.runbook:
            lines.append(f"Runbook: {rule.runbook}")
    return "\n".join([*lines, f"Look: {link(catalog, base_url, matter, outlook.at)}"])


def _silence(matter: Matter, at: datetime) -> list[str]:
    if matter.is_over:
        return [f"Silent from {clock(matter.started_at)}; data came in again since."]
    length = duration((at - matter.started_at).total_seconds())
    return [
        f"No data since {clock(matter.started_at)}, for {length}.",
        "While it lasts nobody knows how it is: look at what sends the logs first.",
    ]


def _episode(catalog: Catalog, matter: Matter, outlook: Outlook) -> list[str]:
    own = matter.episode
    if not own:
        return [f"It began at {clock(matter.started_at)} and fires no longer."]
    lines = [
        f"Condition: {own['condition']}",
        f"Value: {peak(own)} at worst, the threshold is "
        f"{amount(own['threshold'], own['unit'], own['threshold'])}",
        _time(matter, outlook.at),
    ]
    if spent := both_words(own, which_decides(catalog), digits=2):
        lines.append(f"It has taken {spent} of the month's budget.")
    if isinstance(own["correction"], str):
        lines.append(f"It lies {own['correction']}.")
    if isinstance(own["host"], str):
        lines.append(f"Host: {own['host']}")
    return lines


def _time(matter: Matter, at: datetime) -> str:
    until = matter.ended_at or at
    length = duration((until - matter.started_at).total_seconds() + 60)
    began = f"Began: {clock(matter.started_at)}"
    if matter.ended_at:
        return f"{began}; last fired {clock(until)}, after {length}"
    if matter.is_blind:
        return f"{began}, as far as there are data; now there are none"
    return f"{began}, for {length} so far"


def ticket_fields(
    catalog: Catalog, notice: Notice, matter: Matter, base_url: str, at: datetime
) -> dict[str, object]:
    """What a ticket's template may name; everything is text, ``NO_DATA`` where there is none."""
    rule = known_rule(catalog, matter.alert, matter.journey)
    return {
        "key": notice.key,
        "kind": notice.kind,
        "title": notice.title,
        "body": notice.body,
        "alert": matter.alert or "no data",
        "journey": matter.journey,
        "severity": (rule.severity if rule else None) or NO_DATA,
        "tier": str(rule.tier) if rule and rule.tier is not None else NO_DATA,
        "condition": str(matter.episode.get("condition", NO_DATA)),
        "owner": rule.owner if rule else catalog.owner,
        "runbook": (rule.runbook if rule else None) or NO_DATA,
        "started_at": iso(matter.started_at),
        "link": link(catalog, base_url, matter, at),
    }


def together(rows: Sequence[Mapping[str, Any]], tier_name: str) -> tuple[str, str]:
    """The title and the body of one message for several notices; of one its own."""
    if len(rows) == 1:
        return str(rows[0]["title"]), str(rows[0]["body"])
    counted: dict[str, int] = {}
    for row in rows:
        state = (_STATES if row["alert"] else _SILENCES)[row["kind"]]
        counted[state] = counted.get(state, 0) + 1
    told = ", ".join(f"{number} {state}" for state, number in counted.items())
    body = "\n\n".join(f"{row['title']}\n{row['body']}" for row in rows)
    return f"{tier_name}: {told}", body
