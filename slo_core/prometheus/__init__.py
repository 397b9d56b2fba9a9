"""A catalogue as Prometheus rules: what is recorded, what alerts, and tests of both.

    write_rules(catalog, "rules/")

The metrics that the rules read are a contract: docs/prometheus.md.
"""

from slo_core.prometheus.write import write_rules

__all__ = ["write_rules"]
