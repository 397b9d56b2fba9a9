"""What a condition asks, in words for people, and conditions with other numbers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from slo_core.alerts.conditions import All, Any, Comparison, Condition
from slo_core.alerts.evaluate import Rule, words
from slo_core.catalog import (
    Alert,
    AvailabilityTerm,
    BudgetTerm,
    Catalog,
    LatencyTerm,
    MeasurementTerm,
    RequestsTerm,
    Term,
)
from slo_core.catalog.checks import findings
from slo_core.errors import SloError
from slo_core.sli.steps import MINUTE
from slo_core.text import counted, duration

_NUMBER = re.compile(r"\d+(\.\d+)?")
_WINDOW = re.compile(r"\b(for|in)\s+\d+(\.\d+)?\s*[A-Za-z]+$", re.IGNORECASE)


def condition_words(catalog: Catalog, rule: Rule) -> list[str]:
    """A rule's condition as sentences: one for each comparison, and how they are joined.

    The words of the terms are the catalogue's (the document's "condition").
    """
    return _lines(catalog.as_asked_by(rule), rule.parsed, "")


def _lines(catalog: Catalog, condition: Condition, joint: str) -> list[str]:
    if isinstance(condition, Comparison):
        return [f"{joint}{_sentence(catalog, condition)}"]
    word = "or" if isinstance(condition, Any) else "and"
    first, *others = condition.parts
    lines = _lines(catalog, first, joint)
    for part in others:
        # Only an OR within an AND is in parentheses: AND binds tighter.
        either = " either" if isinstance(part, Any) else ""
        lines += _lines(catalog, part, f"{word}{either}: ")
    return lines


def _sentence(catalog: Catalog, comparison: Comparison) -> str:
    term = catalog.term(comparison.metric)
    side = "above" if comparison.op == ">" else "below"
    length = f"{duration(comparison.window.total_seconds())}" if comparison.window else ""
    if not length:
        over = ", the last figure"
        if isinstance(term, BudgetTerm):
            over = ", of its rolling window"
    elif isinstance(term, BudgetTerm) and term.kind == "budget_remaining":
        over = f", for {length} on end"
    else:
        over = f", over the last {length}"
    meaning = term.meaning.rstrip(".")
    return f"{meaning}: {side} {_limit(comparison)}{over}{_least(catalog, term, comparison)}."


def _limit(comparison: Comparison) -> str:
    number = f"{comparison.value:g}"
    if comparison.relative:
        of = "the objective's threshold" if comparison.relative == "slo" else "normal"
        return f"{number}× {of}"
    unit = "" if comparison.unit == "count" else f" {comparison.unit}"
    return f"{number}{unit}"


def _least(catalog: Catalog, term: Term, comparison: Comparison) -> str:
    """What a rate or a percentile needs to be believed."""
    if isinstance(term, LatencyTerm | MeasurementTerm):
        events = catalog.rules.min_percentile_events.value
        return f" (with at least {counted(events, 'event')})" if events else ""
    is_rate = isinstance(term, RequestsTerm) and term.kind == "failure_rate"
    is_rate |= isinstance(term, BudgetTerm) and term.kind == "burn_rate" and term.needs_minimum
    if not is_rate:
        return ""
    rules = catalog.rules
    failures = f" and {rules.min_failures.value} failures" if comparison.op == ">" else ""
    return f" (with at least {rules.min_events.value} valid events{failures})"


@dataclass(frozen=True)
class Move:
    """Other numbers for one comparison: its threshold as written, and its window (None: none)."""

    value: float
    window: timedelta | None


def moved(condition: Condition, moves: Mapping[int, Move]) -> str:
    """A condition with other numbers, in its own words; ``moves`` by the comparison's place.

    >>> moved(parse("failure_rate > 5% for 5 minutes"), {0: Move(3, timedelta(minutes=10))})
    'failure_rate > 3% for 10 minutes'
    """
    return words(_moved(condition, moves, [0]))


def _moved(condition: Condition, moves: Mapping[int, Move], place: list[int]) -> Condition:
    if not isinstance(condition, Comparison):
        parts = tuple(_moved(part, moves, place) for part in condition.parts)
        return All(parts) if isinstance(condition, All) else Any(parts)
    move = moves.get(place[0])
    place[0] += 1
    return condition if move is None else _rewritten(condition, move)


def _rewritten(comparison: Comparison, move: Move) -> Comparison:
    metric, _, rest = comparison.text.partition(comparison.op)
    if move.value != comparison.value:
        rest = _NUMBER.sub(f"{move.value:.12g}", rest, count=1)
    if move.window and move.window != comparison.window:
        minutes = move.window // MINUTE
        window = f"{minutes} minute{'' if minutes == 1 else 's'}"
        rest = _WINDOW.sub(lambda found: f"{found[1]} {window}", rest)
    text = f"{metric}{comparison.op}{rest}"
    return Comparison(
        comparison.metric,
        comparison.op,
        move.value,
        comparison.unit,
        comparison.relative,
        move.window,
        text,
    )


def times(catalog: Catalog, comparison: Comparison, factor: float) -> float:
    """A threshold that asks for so many times as much to be wrong, as it is written.

    Of an availability, what it may lack is multiplied; of what is left of a budget it is divided,
    and never reaches all of it.
    """
    value = float(comparison.value)
    if comparison.op == ">":
        return value * factor
    if isinstance(catalog.term(comparison.metric), AvailabilityTerm):
        return 100 - min((100 - value) * factor, 99)
    return min(value / factor, 99 if comparison.unit == "%" else value / factor)


def with_condition(catalog: Catalog, alert_id: str, condition: str) -> Alert:
    """An alert of the catalogue with another condition, held to all that the catalogue asks.

    Raises SloError with one sentence for an alert that is not there, or a condition that does not
    fit: with its column, and what was meant.
    """
    alert = alert_of(catalog, alert_id)
    tried = alert.model_copy(update={"condition": condition})
    place = catalog.alerts.index(alert)
    alerts = (*catalog.alerts[:place], tried, *catalog.alerts[place + 1 :])
    for found in findings(catalog.model_copy(update={"alerts": alerts})):
        if found.place[:2] == ("alerts", place):
            raise SloError(f"the condition {condition!r}: {found.sentence}")
    return tried


def alert_of(catalog: Catalog, alert_id: str) -> Alert:
    """The alert of that id; SloError where there is none."""
    for alert in catalog.alerts:
        if alert.id == alert_id:
            return alert
    ids = ", ".join(alert.id for alert in catalog.alerts) or "none"
    raise SloError(f"no alert is called '{alert_id}', the catalogue has: {ids}")
