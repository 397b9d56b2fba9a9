"""The catalogue: one team's SLO document as typed data.

    catalog = load_catalog("data/studio.yaml")
    for journey, objective in catalog.objectives: ...

`load_catalog` reads and checks a YAML file; the models say what each value is. A value that the
document does not give is an assumption and carries the sentence that explains it.
"""

from slo_core.catalog.base import Assumed
from slo_core.catalog.budgets import (
    Allocation,
    AvailabilityRules,
    Band,
    Budget,
    ExitCriterion,
    Hourly,
    Policy,
    Rules,
    Ruling,
    StatedLevel,
    StatedShare,
)
from slo_core.catalog.collecting import Collecting, PathRule, Source
from slo_core.catalog.cuts import MAX_CUTS, Cut
from slo_core.catalog.instrumentation import (
    ByStatus,
    Constant,
    Instrument,
    Spends,
    Statuses,
)
from slo_core.catalog.load import load_catalog, parse_catalog
from slo_core.catalog.model import Catalog
from slo_core.catalog.notifications import (
    NoDataNotice,
    Notifications,
    Retries,
    Route,
    Target,
    TierNotices,
)
from slo_core.catalog.objectives import (
    Availability,
    Indicator,
    Journey,
    Latency,
    Link,
    Measurement,
    Objective,
    Scope,
    Share,
    Success,
    Threshold,
    Version,
)
from slo_core.catalog.operations import (
    ActionKind,
    Alert,
    AvailabilityTerm,
    BudgetTerm,
    BurnAlert,
    Definition,
    Growth,
    LatencyTerm,
    LifecycleStep,
    MeasurementTerm,
    Reading,
    RequestsTerm,
    ResourceTerm,
    Review,
    Severity,
    Term,
    Tier,
    Trigger,
)
from slo_core.catalog.subjects import Subject, subjects

__all__ = [
    "MAX_CUTS",
    "ActionKind",
    "Alert",
    "Allocation",
    "Assumed",
    "Availability",
    "AvailabilityRules",
    "AvailabilityTerm",
    "Band",
    "Budget",
    "BudgetTerm",
    "BurnAlert",
    "ByStatus",
    "Catalog",
    "Collecting",
    "Constant",
    "Cut",
    "Definition",
    "ExitCriterion",
    "Growth",
    "Hourly",
    "Indicator",
    "Instrument",
    "Journey",
    "Latency",
    "LatencyTerm",
    "LifecycleStep",
    "Link",
    "Measurement",
    "MeasurementTerm",
    "NoDataNotice",
    "Notifications",
    "Objective",
    "PathRule",
    "Policy",
    "Reading",
    "RequestsTerm",
    "ResourceTerm",
    "Retries",
    "Review",
    "Route",
    "Rules",
    "Ruling",
    "Scope",
    "Severity",
    "Share",
    "Source",
    "Spends",
    "StatedLevel",
    "StatedShare",
    "Statuses",
    "Subject",
    "Success",
    "Target",
    "Term",
    "Threshold",
    "Tier",
    "TierNotices",
    "Trigger",
    "Version",
    "load_catalog",
    "parse_catalog",
    "subjects",
]
