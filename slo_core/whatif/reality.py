"""What really was, read once for all scenarios that are held against it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from slo_core.budget.corrected import as_corrected, corrected_hours
from slo_core.budget.course import Key, courses
from slo_core.budget.exits import confirmations
from slo_core.budget.hours import budget_hours
from slo_core.catalog import Catalog, Journey, Objective
from slo_core.forecast.past import HEADROOM_HISTORY
from slo_core.register import read_exit_checks, read_incidents, read_maintenance
from slo_core.rollup import Rollup
from slo_core.sli.corrections import Corrections
from slo_core.sli.steps import HOUR, floor
from slo_core.sli.windows import Window
from slo_core.status import status as look
from slo_core.whatif.hours import Counted, Grid
from slo_core.whatif.incidents import Incident, found_in, read_incident


@dataclass(frozen=True)
class Reality:
    """A look at a moment: its status, the hours before it, and what the register says."""

    rollup: Rollup
    grid: Grid
    stated: dict[str, Any]
    hours: dict[Key, Counted]
    """The hours of every objective that is looked at, in the catalogue's order."""
    maintenance: pd.DataFrame
    register: pd.DataFrame
    """The register's incidents."""
    incidents: dict[str, Incident]
    """The incidents that scenarios change, by id."""
    confirmed: dict[str, dict[datetime, datetime]]
    """When the exits of each service's exhaustions were confirmed."""
    corrections: Corrections | None = None
    """What is left out of all this; None where it is as measured."""

    @property
    def catalog(self) -> Catalog:
        """The catalogue as it is."""
        return self.rollup.catalog

    @property
    def at(self) -> datetime:
        """The moment of the look."""
        return self.grid.at

    def touched(self, corrections: Corrections) -> frozenset[Key]:
        """The objectives of whose hours corrections leave anything out."""
        window = Window("", self.grid.start, self.at)
        return frozenset(key for key in self.hours if corrections.touches(key[0], window))

    def objective(self, key: Key) -> dict[str, Any]:
        """What the status says of an objective."""
        return next(
            it for it in self.stated["objectives"] if (it["journey"], it["objective"]) == key
        )

    def budget(self, key: Key) -> dict[str, Any] | None:
        """What the status says of an objective's budget; None where it has headroom alone."""
        return next(
            (it for it in self.stated["budgets"] if (it["service"], it["objective"]) == key), None
        )


def read_reality(
    rollup: Rollup,
    at: datetime,
    keys: Collection[Key],
    incidents: Collection[str],
    *,
    status: dict[str, Any] | None,
    horizon: timedelta,
    corrections: Corrections | None = None,
) -> Reality:
    """Read the hours of the budgeted objectives and of ``keys``, and some incidents' minutes.

    As measured, or without what ``corrections`` leave out.
    Incidents of journeys without a budget bring all objectives of these.
    Raises SloError with one sentence for an incident that the register lacks.
    """
    catalog = rollup.catalog
    register = read_incidents(rollup.store.root)
    rows = {name: found_in(register, name, at) for name in incidents}
    budgeted = {(it.service, it.objective) for it in catalog.budgets}
    concerned = {journey for row in rows.values() for journey in row.journeys}
    concerned -= {budget.service for budget in catalog.budgets}
    pairs = [
        (journey, objective)
        for journey, objective in catalog.objectives
        if journey.id in concerned or (journey.id, objective.id) in budgeted | set(keys)
    ]
    maintenance = read_maintenance(rollup.store.root)
    checks = read_exit_checks(rollup.store.root)
    grid = Grid(_start(rollup, at), at, max(1, -(-horizon // HOUR)))
    stated = look(rollup, at) if status is None else status
    return Reality(
        rollup,
        grid,
        as_corrected(stated) if corrections else stated,
        _hours(rollup, pairs, grid, maintenance, corrections),
        maintenance,
        register,
        {
            name: read_incident(rollup, row, at, pairs, maintenance, corrections)
            for name, row in rows.items()
        },
        {
            it.service: dict(confirmations(checks, it.service, catalog.policy))
            for it in catalog.budgets
        },
        corrections,
    )


def _start(rollup: Rollup, at: datetime) -> datetime:
    days = [
        datetime.combine(day, datetime.min.time())
        for manifest in rollup.manifests.values()
        for day, entry in manifest.entries.items()
        if entry.folder
    ]
    return floor(min([*days, at - HOUR]), HOUR)


def headroom_start(grid: Grid) -> datetime:
    """From when on objectives without a budget are looked at: their hours are not kept."""
    return max(grid.start, floor(grid.at - HEADROOM_HISTORY, HOUR))


def _hours(
    rollup: Rollup,
    pairs: list[tuple[Journey, Objective]],
    grid: Grid,
    maintenance: pd.DataFrame,
    corrections: Corrections | None,
) -> dict[Key, Counted]:
    """The hours before the look; those of budgeted services are kept, and quick to read."""
    catalog, at = rollup.catalog, grid.at
    kept = budget_hours(rollup, at, maintenance)
    if corrections:
        kept = corrected_hours(rollup, at, kept, maintenance, corrections)
    budgeted = {(budget.service, budget.objective) for budget in catalog.budgets}
    whole = floor(at, HOUR)
    tails = [(it, own) for it, own in pairs if (it.id, own.id) in budgeted and whole < at]
    others = [(it, own) for it, own in pairs if (it.id, own.id) not in budgeted]
    left = (maintenance, corrections)
    tail = courses(rollup, tails, whole, at, *left) if tails else {}
    begin = headroom_start(grid)
    read = courses(rollup, others, begin, at, *left) if others else {}
    before = np.zeros((begin - grid.start) // HOUR)
    found = {}
    for journey, objective in pairs:
        key = (journey.id, objective.id)
        if key not in budgeted:
            good, valid = (
                np.concatenate([before, read[key][name].to_numpy(dtype=float)])
                for name in ("good", "valid")
            )
            found[key] = _counted(good, valid)
            continue
        own = kept[journey.id]
        parts = {"good": [own.good], "valid": [own.valid]}
        # Without any hour of figures there is no first date either.
        missing = (whole - grid.start) // HOUR - len(own.good)
        for name, values in parts.items():
            values.insert(0, np.zeros(missing))
            if key in tail:
                values.append(tail[key][name].to_numpy(dtype=float))
        found[key] = _counted(np.concatenate(parts["good"]), np.concatenate(parts["valid"]))
    return found


def _counted(good: Any, valid: Any) -> Counted:
    good, valid = (np.asarray(it, dtype=float) for it in (good, valid))
    return Counted(valid - good, valid)
