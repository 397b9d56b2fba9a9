"""The audit: where a catalogue contradicts itself, found from its numbers (DESIGN 2.3).

    for finding in audit(load_catalog("data/studio.yaml")): ...

`load_catalog` refuses what cannot be read; the audit tells what can be read and cannot be kept. A
rule is a function from a catalogue to findings; it knows no document and reads nothing else.
"""

from collections.abc import Callable, Iterator

from slo_core.catalog.audit import (
    alerts,
    budgets,
    capacity,
    instrumentation,
    objectives,
    policy,
)
from slo_core.catalog.audit.finding import SEVERITIES, Finding, Severity
from slo_core.catalog.model import Catalog

__all__ = ["RULES", "SEVERITIES", "Finding", "Severity", "audit"]

Rule = Callable[[Catalog], Iterator[Finding]]

RULES: tuple[Rule, ...] = (
    budgets.allocation,
    budgets.normal_level,
    budgets.burn_label,
    budgets.exhaustion_claim,
    budgets.windows,
    budgets.stated_share,
    budgets.levels,
    policy.overlapping_bands,
    policy.gappy_bands,
    policy.resolution_target,
    objectives.percentile_order,
    objectives.timeout_inside,
    objectives.slow_is_failed,
    objectives.retired_indicator,
    alerts.cannot_fire,
    alerts.looser_than_objective,
    alerts.finer_than_measured,
    alerts.ambiguous_normal,
    alerts.only_timeouts,
    instrumentation.success_rule,
    instrumentation.constant_success,
    instrumentation.mixed_units,
    instrumentation.unmeasured,
    instrumentation.without_probes,
    capacity.outgrown_allocation,
)


def audit(catalog: Catalog) -> list[Finding]:
    """Everything that a catalogue says against itself, the worst first."""
    found = [finding for rule in RULES for finding in rule(catalog)]
    return sorted(found, key=lambda finding: SEVERITIES.index(finding.severity))
