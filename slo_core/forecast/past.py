"""The hours that projections rest on, as measured or without what corrections leave out."""

from collections.abc import Collection
from datetime import datetime, timedelta

import pandas as pd

from slo_core.budget.corrected import corrected_hours
from slo_core.budget.course import Key, courses
from slo_core.budget.hours import budget_hours
from slo_core.catalog import Catalog
from slo_core.register import read_maintenance
from slo_core.rollup import Rollup
from slo_core.sli.corrections import Corrections
from slo_core.sli.steps import HOUR
from slo_core.sli.windows import Window

HISTORY = timedelta(days=1500)
"""How much history they use at most: what is older counts next to nothing."""

HEADROOM_HISTORY = timedelta(days=60)
"""How much they use where no policy depends on it: reading it all would take seconds."""


def history(
    rollup: Rollup, at: datetime, *, only_budgeted: bool = False
) -> dict[Key, pd.DataFrame]:
    """The whole hours that projections rest on, as measured, by the ids of journey and objective.

    Columns: ``at``, ``until``, ``good``, ``valid``. Of the budgeted objectives all that there is,
    from `slo_core.budget.hours`; of the others the last `HEADROOM_HISTORY`.
    """
    catalog = rollup.catalog
    found = _kept(rollup, at, None)
    if not only_budgeted:
        keys = [(journey.id, objective.id) for journey, objective in catalog.objectives]
        found |= _lately(rollup, at, [key for key in keys if key not in found], None)
    return found


def _kept(rollup: Rollup, at: datetime, corrections: Corrections | None) -> dict[Key, pd.DataFrame]:
    kept, found = budget_hours(rollup, at), {}
    if corrections:
        maintenance = read_maintenance(rollup.store.root)
        kept = corrected_hours(rollup, at, kept, maintenance, corrections)
    for budget in rollup.catalog.budgets:
        own = kept[budget.service]
        ends = pd.Series(own.ends, dtype="datetime64[us]")
        frame = pd.DataFrame({"at": ends - HOUR, "until": ends})
        frame["good"], frame["valid"] = own.good, own.valid
        frame = frame[frame["at"] >= at - HISTORY]
        found[budget.service, budget.objective] = frame.reset_index(drop=True)
    return found


def _lately(
    rollup: Rollup, at: datetime, keys: Collection[Key], corrections: Corrections | None
) -> dict[Key, pd.DataFrame]:
    pairs = [(rollup.catalog.journey(key[0]), rollup.catalog.objective(*key)) for key in keys]
    if not pairs:
        return {}
    found = courses(rollup, pairs, at - HEADROOM_HISTORY, at, corrections=corrections)
    return {key: own[own["until"] == own["at"] + HOUR] for key, own in found.items()}


def history_of(
    rollup: Rollup, at: datetime, keys: Collection[Key], corrections: Corrections | None
) -> dict[Key, pd.DataFrame]:
    """The `history` of some objectives alone, or without what corrections leave out."""
    budgeted = {(it.service, it.objective) for it in rollup.catalog.budgets}
    found = _kept(rollup, at, corrections) if budgeted.intersection(keys) else {}
    return found | _lately(rollup, at, [key for key in keys if key not in budgeted], corrections)


def is_touched(catalog: Catalog, key: Key, at: datetime, corrections: Corrections) -> bool:
    """Whether corrections leave out anything of what an objective's projection rests on."""
    budgeted = any(key == (it.service, it.objective) for it in catalog.budgets)
    reach = HISTORY if budgeted else HEADROOM_HISTORY
    return corrections.touches(key[0], Window("", at - reach, at))
