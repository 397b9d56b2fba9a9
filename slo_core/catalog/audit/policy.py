"""The policy's bands, and what incidents may cost of a budget."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from slo_core.catalog.audit.amounts import MONTH, NOISE, Allotment, allotments, expected
from slo_core.catalog.audit.finding import Finding
from slo_core.catalog.budgets import Band
from slo_core.catalog.model import Catalog
from slo_core.catalog.operations import Severity
from slo_core.text import duration, percent


@dataclass(frozen=True)
class _Range:
    """Remaining shares from `low` to `high`, each edge in it or not."""

    low: float
    high: float
    with_low: bool
    with_high: bool

    @property
    def empty(self) -> bool:
        return self.low > self.high or (
            self.low == self.high and not (self.with_low and self.with_high)
        )

    def __str__(self) -> str:
        if self.low == self.high:
            return f"exactly {percent(self.low)}"
        if math.isinf(self.low):
            return f"{'up to' if self.with_high else 'below'} {percent(self.high)}"
        if math.isinf(self.high):
            return f"{'from' if self.with_low else 'above'} {percent(self.low)}"
        return f"between {percent(self.low)} and {percent(self.high)}"


def _range(band: Band) -> _Range:
    """Where a band holds, as it is written: a side that is not named has no end."""
    return _Range(
        -math.inf if band.above is None else band.above,
        math.inf if band.below is None else band.below,
        "above" in band.includes,
        "below" in band.includes,
    )


def overlapping_bands(catalog: Catalog) -> Iterator[Finding]:
    """No remaining share is in two bands."""
    bands = catalog.policy.bands
    for index, one in enumerate(bands):
        for other in bands[index + 1 :]:
            both = _both(_range(one), _range(other))
            if both.empty:
                continue
            yield Finding(
                "policy.overlap",
                "error",
                f"policy.bands.{one.id}",
                f"{one.title}; {other.title}",
                f"“{one.document}” is {_range(one)}, “{other.document}” is {_range(other)}: "
                f"{both} both hold.",
                "Two sets of rules are in force at once, and a release that one of them allows is "
                "forbidden by the other.",
                f"End “{one.id}” where “{other.id}” begins: "
                f"{percent(both.high)} to {percent(_range(one).high)}."
                if math.isinf(both.low) and not math.isinf(_range(one).high)
                else f"Let “{one.id}” end where “{other.id}” begins.",
            )


def _both(one: _Range, other: _Range) -> _Range:
    low, high = max(one.low, other.low), min(one.high, other.high)
    return _Range(
        low,
        high,
        all(it.with_low for it in (one, other) if it.low == low),
        all(it.with_high for it in (one, other) if it.high == high),
    )


def gappy_bands(catalog: Catalog) -> Iterator[Finding]:
    """Every remaining share is in some band."""
    ranges = sorted(map(_range, catalog.policy.bands), key=lambda it: (it.low, not it.with_low))
    # Nothing remains above 1, however much may be overspent.
    reached, included = -math.inf, True
    for found in [*ranges, _Range(1.0, math.inf, False, True)]:
        hole = _Range(reached, found.low, not included, not found.with_low)
        if not hole.empty:
            point = hole.low == hole.high
            yield Finding(
                "policy.gap",
                "note" if point else "error",
                "policy.bands",
                "; ".join(band.title for band in catalog.policy.bands),
                f"The bands hold {', '.join(map(str, ranges))}: with {hole} remaining, none does.",
                "In the gap nobody can say what is allowed; each reader decides for themselves."
                if not point
                else "At the edge nobody can say which rules are in force.",
                "Say which of the two bands the edge belongs to."
                if point
                else "Let one band begin where the other ends.",
            )
        if (found.high, found.with_high) > (reached, included):
            reached, included = found.high, found.with_high


def resolution_target(catalog: Catalog) -> Iterator[Finding]:
    """One incident that is resolved in time does not cost more than a month's budget."""
    own = allotments(catalog, in_force=True)
    for severity in catalog.severities:
        if severity.failing is None:
            continue
        costs = [(months, it) for it in own if (months := _months(catalog, severity, it))]
        over = sorted(
            ((months, it) for months, it in costs if months > 1 + NOISE), key=lambda of: -of[0]
        )
        if not over:
            continue
        share, target = severity.failing.value, duration(severity.resolution.total_seconds())
        said = "; ".join(
            f"{it.section}: {it.words(months * it.allowed)} of {it.words(it.allowed)} a month, "
            f"{months:.1f} months"
            for months, it in over
        )
        most = severity.resolution.total_seconds() / over[0][0]
        yield Finding(
            "policy.resolution_target",
            "error",
            f"severities.{severity.id}.resolution",
            f"{severity.id}: {severity.name}",
            f"With {percent(share)} failing, one {severity.id} that is resolved on its target of "
            f"{target} spends: {said}.",
            "Keeping the promise about incidents breaks the promise about the service, with a "
            "single incident.",
            f"Promise to resolve {severity.id} in at most {duration(most)}, which one incident a "
            "month may take, or promise less of the service.",
        )


def _months(catalog: Catalog, severity: Severity, own: Allotment) -> float | None:
    """How many months' budgets one incident takes, None without an estimate of the traffic."""
    share = severity.failing.value if severity.failing else 0
    lost = share * severity.resolution.total_seconds()
    if own.budget.unit == "failures":
        estimate = own.allocation.estimated_requests or expected(catalog, own.budget.service)
        if estimate is None:
            return None
        lost *= estimate / MONTH.total_seconds()
    return lost / own.allowed
