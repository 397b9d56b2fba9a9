"""Rollups read with the catalogue of the time of a look (DESIGN 2.1, `effective_from`)."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from slo_core.rollup.read import Rollup


def as_of(rollup: Rollup, at: datetime) -> Rollup:
    """The same rollups with the promises that held at a moment, see `Catalog.at`.

    Answers ``rollup`` itself where nothing has changed since, and always the same one for looks
    between two changes: what others keep for it is found again.
    """
    changes = rollup.catalog.changes
    day = (at - timedelta(minutes=1)).date()
    later = next((change for change in changes if change > day), None)
    return rollup if later is None else _before(rollup, later)


@lru_cache(maxsize=8)
def _before(rollup: Rollup, change: date) -> Rollup:
    # A look at exactly midnight is still of the day before.
    return replace(rollup, catalog=rollup.catalog.at(datetime.combine(change, time())))
