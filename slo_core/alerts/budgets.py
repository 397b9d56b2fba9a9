"""What failed of each error budget, minute by minute: read where somebody asks, and kept."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from weakref import WeakKeyDictionary

import pandas as pd

from slo_core.alerts.minutes import tallies
from slo_core.alerts.tally import Key, Tally, key_of
from slo_core.catalog import Catalog
from slo_core.rollup import Rollup
from slo_core.sli.memory import Memory
from slo_core.sli.steps import MINUTE

_ROOM = 64 * 2**20
"""Bytes: two months of four budgets, some times over."""

_KEPT: WeakKeyDictionary[Rollup, Memory[Tally]] = WeakKeyDictionary()
"""What was read of a rollup, as long as that is in use."""


@dataclass(frozen=True)
class Maintenance:
    """The register's table, told apart by what it says."""

    frame: pd.DataFrame
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
        kept = _KEPT.setdefault(self.rollup, Memory[Tally](_ROOM))
        name = (self.at, self.count, service, self.maintenance.content)
        tally = kept.get(name)
        if tally is None:
            widths = {key: width}
            tallied = tallies(self.rollup, self.at, self.count, widths, self.maintenance.frame)
            tally = tallied[key]
            kept.put(name, tally, tally.good.nbytes + tally.valid.nbytes + tally.guessed.nbytes)
        return tally

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
