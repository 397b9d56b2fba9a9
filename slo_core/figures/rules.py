"""The catalogue for people: what each objective counts and promises, in plain words.

The outcome table and the rules of availability are the product's (DESIGN 2.2); every name, number
and sentence beside them is the catalogue's.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pandas as pd

from slo_core.catalog import (
    Assumed,
    Availability,
    Budget,
    Catalog,
    Journey,
    Latency,
    Measurement,
    Objective,
    Share,
    Success,
)
from slo_core.catalog.base import Model
from slo_core.text import count, duration, figure, latency, percent


def good_words(catalog: Catalog, journey: Journey, objective: Objective) -> str:
    """When an event, a value or a second counts as good."""
    threshold = objective.threshold
    match objective.indicator:
        case Success():
            within = f", within {_length(journey.timeout.value)}" if journey.timeout else ""
            return (
                f"A request that ends with a 2xx status, or without one{within}, with a valid body "
                "that is not empty, and without an error."
            )
        case Latency():
            assert threshold is not None
            limit = latency(threshold.value)
            return f"A request that takes less than {limit}; exactly {limit} is not good."
        case Measurement(metric=metric):
            assert threshold is not None
            limit = figure(threshold.value, threshold.unit)
            side = "below" if threshold.below is not None else "above"
            return f"A value of {metric} {side} {limit}; exactly {limit} is not good."
        case Share(total=total, bad=bad):
            return f"The sum of {total} without the sum of {bad}."
        case Availability(scope=scope):
            return f"A second in which {scope} is up: {_up(catalog, scope)}."


def valid_words(catalog: Catalog, journey: Journey, objective: Objective) -> str:
    """Which events, values or seconds count at all."""
    indicator = objective.indicator
    match indicator:
        case Success(step=step) | Latency(step=step):
            of = f"of its step {step}" if step else "of the journey"
            source = f" from the {journey.source.value}" if journey.source else ""
            if isinstance(indicator, Latency):
                return (
                    f"Good requests {of}{source} that have a duration, and timeouts, which are "
                    "slower than any threshold."
                )
            return (
                f"All requests {of}{source}, without those that the log marks as excluded, 401 "
                "and 403, and redirects."
            )
        case Measurement(metric=metric):
            return f"Every value of {metric}."
        case Share(total=total):
            return f"The sum of {total}."
        case Availability(scope=scope):
            notice = _length(catalog.rules.availability.maintenance_notice.value)
            return (
                f"A second in which {scope} was observed, by a probe or a request; maintenance "
                f"announced {notice} ahead is left out."
            )


def target_words(catalog: Catalog, objective: Objective) -> str:
    """How much of it must be good, over which time; since when, where it was otherwise before."""
    words = f"At least {percent(objective.target, digits=4)} over {objective.window}"
    if objective.per_platform:
        least = count(catalog.rules.min_valid.value)
        words += f", on each platform that has at least {least} valid events"
    if objective.earlier:
        before = ", ".join(f"{it.document} from {it.effective_from}" for it in objective.earlier)
        return f"{words}, since {objective.effective_from}; before that, {before}."
    return f"{words}."


def rules(catalog: Catalog) -> pd.DataFrame:
    """A row for every objective in the document's order: its whole rule, as text.

    Columns: ``journey`` and ``objective`` (ids), Journey, Objective, Promise, Good, Valid, Must be
    good, Target (0 to 1), Window, Threshold (with its unit), Step, Source that counts, Timeout,
    Budgeted, Assumption, User expectation, Rationale.
    """
    return pd.DataFrame([_rule(catalog, *pair) for pair in catalog.objectives])


def _rule(catalog: Catalog, journey: Journey, objective: Objective) -> dict[str, Any]:
    threshold = objective.threshold
    side = "below" if threshold and threshold.below is not None else "above"
    return {
        "journey": journey.id,
        "objective": objective.id,
        "Journey": journey.name,
        "Objective": objective.name,
        "Promise": objective.document,
        "Good": good_words(catalog, journey, objective),
        "Valid": valid_words(catalog, journey, objective),
        "Must be good": target_words(catalog, objective),
        "Target": objective.target,
        "Window": objective.window,
        "Threshold": f"{side} {figure(threshold.value, threshold.unit)}" if threshold else "",
        "Step": getattr(objective.indicator, "step", None) or "",
        "Source that counts": journey.source.value if journey.source else "any",
        "Timeout": _length(journey.timeout.value) if journey.timeout else "the log's own",
        "Budgeted": "yes" if objective.budgeted else "no",
        "Assumption": objective.assumption or "",
        "User expectation": journey.user_expectation or "",
        "Rationale": journey.rationale or "",
    }


def facts(journey: Journey) -> list[tuple[str, str, str]]:
    """What holds for all of a journey's objectives: name, value, and the assumption, if it is one.

    Which source counts, the timeout, the traffic expected in a month, the steps of an attempt.
    """
    found: list[tuple[str, str, str]] = []
    for name, assumed in (
        ("Source that counts", journey.source),
        ("Timeout", journey.timeout),
        ("Requests expected in a month", journey.monthly_requests),
        ("Steps of an attempt", journey.funnel),
    ):
        if assumed is not None:
            found.append((name, _value(assumed.value), assumed.assumption or ""))
    return found


def budget_rows(catalog: Catalog) -> pd.DataFrame:
    """A row for each dated allocation of each error budget.

    Columns: ``journey``, Service, Objective, From, Allowed a month, Estimated requests, Hourly
    levels, Policy looks at, Document.
    """
    return pd.DataFrame(
        [
            {
                "journey": budget.service,
                "Service": catalog.journey(budget.service).name,
                "Objective": catalog.objective(budget.service, budget.objective).name,
                "From": str(allocation.effective_from),
                "Allowed a month": _allowed(budget, allocation.allowed, allocation.share_of_month),
                "Estimated requests": count(allocation.estimated_requests)
                if allocation.estimated_requests
                else "",
                "Hourly levels": "; ".join(allocation.hourly.document)
                or f"warning from {allocation.hourly.warning_from:g}, critical above "
                f"{allocation.hourly.critical_above:g} {budget.unit} an hour",
                "Policy looks at": f"rolling {budget.policy_window}"
                if catalog.policy.basis.value == "rolling"
                else "the calendar month",
                "Document": "; ".join(allocation.document),
            }
            for budget in catalog.budgets
            for allocation in budget.allocations
        ],
        columns=[
            *("journey", "Service", "Objective", "From", "Allowed a month"),
            *("Estimated requests", "Hourly levels", "Policy looks at", "Document"),
        ],
    )


def readings(catalog: Catalog) -> pd.DataFrame:
    """What the document leaves open and how it is read: columns Reading, Reason."""
    rows = [(reading.reading, reading.reason) for reading in catalog.readings]
    return pd.DataFrame(rows, columns=["Reading", "Reason"])


def assumptions(catalog: Catalog) -> pd.DataFrame:
    """Every value that the document does not give: columns Where, Value, Why.

    ``Where`` is its place in the catalogue's file; places with the same sentence are one row.
    """
    found: dict[tuple[str, str], list[str]] = {}
    for where, value, why in _assumed(catalog, ""):
        found.setdefault((value, why), []).append(where)
    rows = [(", ".join(places), value, why) for (value, why), places in found.items()]
    return pd.DataFrame(rows, columns=["Where", "Value", "Why"])


def _assumed(model: Model, path: str) -> Iterator[tuple[str, str, str]]:
    if isinstance(model, Assumed):
        if model.assumption:
            yield path, _value(model.value), model.assumption
        return
    if isinstance(model, Objective) and model.assumption:
        yield path, model.document, model.assumption
    for name in type(model).model_fields:
        part = getattr(model, name)
        for item in part if isinstance(part, tuple) else (part,):
            if isinstance(item, Model):
                label = getattr(item, "id", None) or getattr(item, "service", None)
                # Lists are told by what is in them, as `song_generation.timeout`.
                own = f"{label}" if label and isinstance(part, tuple) else name
                yield from _assumed(item, f"{path}.{own}" if path else own)


def _up(catalog: Catalog, scope_id: str) -> str:
    rules, scope = catalog.rules.availability, catalog.scope(scope_id)
    enough = count(rules.min_requests.value)
    words = (
        "some target's latest probe passed (each holds for "
        f"{_length(rules.probe_interval.value)}), and at most {percent(rules.error_share.value)} "
        f"of its requests fail in a minute with at least {enough}"
    )
    if scope.critical_journey:
        name = catalog.journey(scope.critical_journey).name
        words += f", nor do all of {name} (of at least {enough})"
    return words


def _allowed(budget: Budget, allowed: float | None, share: float | None) -> str:
    if allowed is None:
        return f"{percent(share, digits=4)} of the month's seconds"
    return f"{count(allowed)} {budget.unit}"


def _value(value: Any) -> str:
    """A value of the catalogue as a person would write it."""
    match value:
        case timedelta():
            return _length(value)
        case tuple():
            return ", ".join(map(str, value))
        case int() if not isinstance(value, bool):
            return count(value)
        case float():
            return f"{value:g}"
        case date():
            return value.isoformat()
    return str(value)


def _length(value: timedelta) -> str:
    return duration(value.total_seconds())
