"""What failed of each error budget, minute by minute: read where somebody asks, and kept."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

import pandas as pd

from slo_core.alerts.minutes import tallies
from slo_core.alerts.tally import Key, Tally, key_of
from slo_core.catalog import Catalog
from slo_core.rollup import Rollup
from slo_core.sli.steps import MINUTE


@dataclass(frozen=True)
class Maintenance:
    """The register's table, told apart by what it says."""

    frame: pd.DataFrame = field(compare=False)
    content: str

    @classmethod
    def of(cls, frame: pd.DataFrame) -> "Maintenance":
        """The table with its content."""
        return cls(frame, frame.to_csv())


@dataclass(frozen=True)
class Budgets(Mapping[str, Tally]):
    """The tally of each budget's objective over the ``count`` minutes up to ``at``, by service.

    ``read`` are those that an evaluation has read anyway, with the minutes that their windows are
    long; any other is read when it is first asked for, and kept for the next evaluation of the same
    minutes: whoever moves a threshold asks for the same budgets again and again.
    """

    rollup: Rollup
    at: datetime
    count: int
    maintenance: Maintenance
    read: Mapping[Key, tuple[Tally, int]]

    def __getitem__(self, service: str) -> Tally:
        key, width = _need(self.rollup.catalog, service)
        found = self.read.get(key)
        if found and found[1] >= width:
            return found[0]
        return _read(self.rollup, self.at, self.count, service, self.maintenance)

    def __iter__(self) -> Iterator[str]:
        return iter(budget.service for budget in self.rollup.catalog.budgets)

    def __len__(self) -> int:
        return len(self.rollup.catalog.budgets)


def _need(catalog: Catalog, service: str) -> tuple[Key, int]:
    """What a budget counts, and the window in minutes that its counts need.

    Which platform is the worst is known from the objective's whole window, and its alone are the
    failures then; else each minute speaks for itself.
    """
    budget = catalog.budget(service)
    if budget is None:
        raise KeyError(service)
    objective = catalog.objective(service, budget.objective)
    width = objective.window_length // MINUTE if objective.per_platform else 1
    return key_of(catalog.journey(service), objective), width


@lru_cache(maxsize=16)
def _read(
    rollup: Rollup, at: datetime, count: int, service: str, maintenance: Maintenance
) -> Tally:
    key, width = _need(rollup.catalog, service)
    return tallies(rollup, at, count, {key: width}, maintenance.frame)[key]
