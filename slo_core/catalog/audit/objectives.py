"""Objectives against each other: percentiles, timeouts, indicators that were withdrawn."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path

import yaml

from slo_core.catalog.audit.amounts import NOISE, named, where_of
from slo_core.catalog.audit.finding import Finding
from slo_core.catalog.model import Catalog
from slo_core.catalog.objectives import (
    Journey,
    Latency,
    Measurement,
    Objective,
    Share,
    Success,
)
from slo_core.text import duration, figure, listed, percent


def percentile_order(catalog: Catalog) -> Iterator[Finding]:
    """Of two percentiles of the same values the higher one has the wider threshold."""
    for journey in catalog.journeys:
        alike: dict[tuple[str, ...], list[Objective]] = {}
        for objective in journey.objectives:
            indicator = objective.indicator
            if isinstance(indicator, Latency | Measurement) and objective.threshold:
                side = "below" if objective.threshold.below is not None else "above"
                key = (side, indicator.model_dump_json())
                alike.setdefault(key, []).append(objective)
        for (side, _), found in alike.items():
            found.sort(key=lambda it: it.target)
            for low, high in pairwise(found):
                if low.target == high.target or _wider(low, high, side):
                    continue
                yield _disordered(journey, low, high)


def _wider(low: Objective, high: Objective, side: str) -> bool:
    return _value(high) > _value(low) if side == "below" else _value(high) < _value(low)


def _disordered(journey: Journey, low: Objective, high: Objective) -> Finding:
    tight, wide = (figure(_value(it), it.unit) for it in (high, low))
    return Finding(
        "objectives.percentile_order",
        "error",
        f"{where_of(journey, high)}.threshold",
        journey.document,
        f"{high.name} asks for {percent(high.target)} within {tight}, {low.name} for "
        f"{percent(low.target)} within {wide}: whoever keeps the first keeps the second.",
        f"{low.name} can never be missed alone, so it says nothing; most likely two figures were "
        "exchanged.",
        f"Give {high.name} a wider threshold than {low.name}.",
    )


def timeout_inside(catalog: Catalog) -> Iterator[Finding]:
    """A request may take as long as every percentile's threshold before it is given up."""
    for journey in catalog.journeys:
        if journey.timeout is None:
            continue
        limit = journey.timeout.value / timedelta(milliseconds=1)
        cut = [
            objective
            for objective in journey.objectives
            if isinstance(objective.indicator, Latency)
            and objective.threshold
            and limit <= objective.threshold.value
        ]
        if not cut:
            continue
        widest = max(it.threshold.value for it in cut if it.threshold)
        yield Finding(
            "objectives.timeout_inside",
            "error",
            f"{journey.id}.timeout",
            journey.document,
            f"A request is given up after {duration(limit / 1000)}"
            f"{' (an assumption)' if journey.timeout.assumption else ''}, yet "
            + listed([f"{it.name} lets it take {figure(_value(it), it.unit)}" for it in cut])
            + ": no request that ends can be too slow.",
            "The percentile measures timeouts alone, which the success rate counts already, and "
            "hides every slowness before.",
            f"Let requests take longer than {duration(widest / 1000)}, or ask for less than the "
            "timeout.",
        )


def _value(objective: Objective) -> float:
    assert objective.threshold
    return objective.threshold.value


def slow_is_failed(catalog: Catalog) -> Iterator[Finding]:
    """What a percentile allows to be slow is not called failed, beyond what success allows."""
    for definition in catalog.definitions:
        if not definition.slow_is_failed:
            continue
        said = [words for journey in catalog.journeys for words in _spent_by_slowness(journey)]
        if not said:
            continue
        yield Finding(
            "objectives.slow_is_failed",
            "error",
            f"definitions.{definition.id}.slow_is_failed",
            definition.name,
            f"If what is slower than its objective counts as failed: {'; '.join(said)}.",
            "A journey that keeps every latency objective would break its success rate: the two "
            "cannot be promised together.",
            "Let a timeout of its own, longer than every percentile's threshold, decide when a "
            "slow request has failed.",
        )


def _spent_by_slowness(journey: Journey) -> Iterator[str]:
    for success in journey.objectives:
        if not isinstance(success.indicator, Success):
            continue
        slow = [
            it
            for it in journey.objectives
            if isinstance(it.indicator, Latency) and it.indicator.step == success.indicator.step
        ]
        last = max(slow, key=_value, default=None)
        if last and last.error_rate > success.error_rate + NOISE:
            yield (
                f"{journey.name} may have {percent(last.error_rate)} slower than "
                f"{figure(_value(last), last.unit)} ({last.name}) and only "
                f"{percent(success.error_rate)} failed ({success.name})"
            )


@dataclass(frozen=True)
class _Retired:
    word: str
    name: str
    since: date
    successor: str
    good: str
    source: str


@cache
def _retired() -> dict[str, _Retired]:
    """Withdrawn indicators by the word that gives them away in a metric's name."""
    text = (Path(__file__).parent / "retired.yaml").read_text("utf-8")
    return {entry["word"]: _Retired(**entry) for entry in yaml.safe_load(text)}


def retired_indicator(catalog: Catalog) -> Iterator[Finding]:
    """An objective counts what its makers still stand by."""
    for journey, objective in catalog.objectives:
        indicator = objective.indicator
        metrics: tuple[str, ...] = ()
        if isinstance(indicator, Measurement):
            metrics = (indicator.metric,)
        elif isinstance(indicator, Share):
            metrics = (indicator.total, indicator.bad)
        for metric in metrics:
            old = next((_retired()[w] for w in metric.split("_") if w in _retired()), None)
            if old is None or old.since > catalog.effective_from:
                continue
            days = (catalog.effective_from - old.since).days
            yield Finding(
                "objectives.retired_indicator",
                "warning",
                f"{where_of(journey, objective)}.indicator",
                f"{journey.document}; {objective.name}",
                f"{named(journey, objective)} counts {metric}, {old.name}, which "
                f"{old.successor} replaced on {old.since}, {days} days before the catalogue takes "
                f"effect on {catalog.effective_from} ({old.source}).",
                "Browsers and tools stop reporting it, and what it does not see (all but the first "
                "moment) is what users feel.",
                f"Measure {old.successor} instead; good is {old.good}.",
            )
