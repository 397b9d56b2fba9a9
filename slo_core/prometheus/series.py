"""The metrics that the rules read, and what an objective counts of them, as PromQL.

The names are the contract with whoever exposes the metrics; docs/prometheus.md explains them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from slo_core.catalog import (
    Availability,
    Journey,
    Latency,
    Measurement,
    Objective,
    Share,
    Success,
)

REQUESTS = "slo_requests_total"
"""A counter of requests: ``journey``, ``step``, ``platform``, ``outcome``."""

DURATION = "slo_request_duration_seconds"
"""A histogram of good requests and timeouts: ``journey``, ``step``, and ``le`` in seconds."""

MEASUREMENT = "slo_measurement"
"""A histogram of measurements: ``journey``, ``metric``, and ``le`` in the metric's own unit."""

UP, OBSERVED = "slo_up_seconds_total", "slo_observed_seconds_total"
"""Counters of seconds that a ``scope`` was up, and that anything was observed of it."""

RESOURCE = "slo_resource"
"""A gauge of each ``host``: ``metric``."""

Expression = Callable[[str], str]
"""PromQL for a window such as ``30d``."""


@dataclass(frozen=True)
class Counts:
    """Good and valid over a window, as PromQL without labels, or with those of ``by``."""

    good: Expression
    valid: Expression
    by: str = ""

    def bad_share(self, window: str) -> str:
        """The share of valid that is not good."""
        return f"(1 - {self.good(window)} / {self.valid(window)})"

    def bad(self, window: str) -> str:
        """How many of the valid are not good."""
        return f"({self.valid(window)} - {self.good(window)})"


def selector(metric: str, labels: Mapping[str, str | None], *matchers: str) -> str:
    """A metric with the labels that are given: ``slo_resource{metric="cpu_percent"}``."""
    equal = [f'{name}="{_escaped(value)}"' for name, value in labels.items() if value is not None]
    return f"{metric}{{{','.join([*equal, *matchers])}}}"


def increase(series: str, window: str, by: str = "") -> str:
    """What counters grew by in a window, all of them together, or by a label."""
    grouping = f" by ({by})" if by else ""
    return f"sum{grouping}(increase({series}[{window}]))"


def le(bound: float) -> str:
    """The matcher of a bucket; some clients write 30 as ``30.0``."""
    text = f"{bound:.12g}"
    return f'le="{text}"' if "." in text or "e" in text else f'le=~"{text}|{text}\\\\.0"'


def requests(journey: str, step: str | None, by: str = "") -> Counts:
    """Good and valid requests of a journey, or of one of its steps."""
    labels = {"journey": journey, "step": step}
    valid = selector(REQUESTS, labels, 'outcome=~"good|failed"')
    return _counts(selector(REQUESTS, labels, 'outcome="good"'), valid, by)


def durations(journey: str, step: str | None, bound_ms: float) -> Counts:
    """Requests as quick as a bound, of those that have a duration."""
    labels = {"journey": journey, "step": step}
    quick = selector(f"{DURATION}_bucket", labels, le(bound_ms / 1000))
    return _counts(quick, selector(f"{DURATION}_count", labels))


def measurements(journey: str, metric: str, bound: float, *, above: bool = False) -> Counts:
    """Values of a metric up to a bound, or above it."""
    labels = {"journey": journey, "metric": metric}
    counts = _counts(
        selector(f"{MEASUREMENT}_bucket", labels, le(bound)),
        selector(f"{MEASUREMENT}_count", labels),
    )
    return Counts(counts.bad, counts.valid) if above else counts


def availability(scope: str) -> Counts:
    """Seconds up of those observed."""
    return _counts(selector(UP, {"scope": scope}), selector(OBSERVED, {"scope": scope}))


def counts(journey: Journey, objective: Objective) -> Counts:
    """What an objective counts."""
    threshold = objective.threshold.value if objective.threshold else 0.0
    match objective.indicator:
        case Success(step=step):
            return requests(journey.id, step, "platform" if objective.per_platform else "")
        case Latency(step=step):
            return durations(journey.id, step, threshold)
        case Measurement(metric=metric):
            assert objective.threshold
            above = objective.threshold.above is not None
            return measurements(journey.id, metric, threshold, above=above)
        case Share(total=total, bad=bad):
            return _share(journey.id, total, bad)
        case Availability(scope=scope):
            return availability(scope)
    raise AssertionError(objective.indicator)


def _counts(good: str, valid: str, by: str = "") -> Counts:
    """A series that is not there because nothing was good counts as nothing, not as no data."""

    def known(window: str) -> str:
        all_of_it = increase(valid, window, by)
        return f"({increase(good, window, by)} or 0 * {all_of_it})"

    return Counts(known, lambda window: increase(valid, window, by), by)


def _share(journey: str, total: str, bad: str) -> Counts:
    whole = selector(f"{MEASUREMENT}_sum", {"journey": journey, "metric": total})
    part = selector(f"{MEASUREMENT}_sum", {"journey": journey, "metric": bad})
    lost = _counts(part, whole)
    return Counts(lost.bad, lost.valid)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')
