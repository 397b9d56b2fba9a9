"""The hours of every budgeted objective from the first data on: what policy states are made of.

A state may depend on an exhaustion of long ago, so all hours count, and none may be read twice:
those of a whole day are kept in a small file beside the rollups, each day under a stamp of all
that made its figures. The file can be deleted at any time; it is made again.
"""

import hashlib
import os
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from threading import get_ident
from zipfile import BadZipFile

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from slo_core.budget.course import courses
from slo_core.catalog import Availability, Catalog, Journey, Objective
from slo_core.register import read_maintenance
from slo_core.rollup import Rollup
from slo_core.sli.steps import DAY, HOUR, floor, runs

FILE_NAME = "hours.npz"
"""The kept hours' file, in the folder of the rollups."""

_DAYS_HOURS = DAY // HOUR
_UNITS = ("requests", "measurements", "probes")
# Raised when what a kept day holds changes.
_LAYOUT = 1
_STAMP = 16

Pair = tuple[Journey, Objective]
Amounts = NDArray[np.float64]


@dataclass(frozen=True)
class Hours:
    """One objective's whole hours: ``good`` and ``valid`` events of each, from ``start`` on."""

    start: datetime
    good: Amounts
    valid: Amounts

    @property
    def ends(self) -> NDArray[np.datetime64]:
        """The whole hours at which they end."""
        first = np.datetime64(self.start, "us") + np.timedelta64(HOUR)
        return first + np.arange(len(self.good)) * np.timedelta64(HOUR)


def budget_hours(
    rollup: Rollup, at: datetime, maintenance: pd.DataFrame | None = None
) -> dict[str, Hours]:
    """The hours of each budgeted service up to the last whole hour at or before a moment.

    They begin at midnight of the first date with figures; a service without any has no hour.
    ``maintenance`` is the register's table, where it is read already.
    """
    catalog, end = rollup.catalog, floor(at, HOUR)
    pairs = {
        budget.service: (
            catalog.journey(budget.service),
            catalog.objective(budget.service, budget.objective),
        )
        for budget in catalog.budgets
    }
    first = _first_day(rollup)
    start = datetime.combine(first or date.max, datetime.min.time())
    if not pairs or start >= end:
        return {name: Hours(start, np.zeros(0), np.zeros(0)) for name in pairs}
    if maintenance is None:
        maintenance = read_maintenance(rollup.store.root)
    look = _Look(rollup, at, maintenance)
    # Which platform is worst is known only of a whole window, so such hours are read anew.
    platforms = {name: pair for name, pair in pairs.items() if pair[1].per_platform}
    plain = {name: pair for name, pair in pairs.items() if name not in platforms}
    found = look.read(platforms, start, end) | look.kept_or_read(plain, start, end)
    return {name: Hours(start, *found[name].T) for name in pairs}


def _first_day(rollup: Rollup) -> date | None:
    days = (
        day
        for unit in _UNITS
        for day, entry in rollup.manifests[unit].entries.items()
        if entry.folder
    )
    return min(days, default=None)


@dataclass(frozen=True)
class _Look:
    """What the hours of a look are read from."""

    rollup: Rollup
    at: datetime
    maintenance: pd.DataFrame

    def read(self, pairs: Mapping[str, Pair], start: datetime, end: datetime) -> dict[str, Amounts]:
        """Good and valid of the hours in ``[start, end)``, as they are known at the look."""
        if not pairs:
            return {}
        # An outage is known by minutes that may end after the hour that it lies in.
        known = min(end + HOUR, self.at)
        found = courses(self.rollup, list(pairs.values()), start, known, self.maintenance)
        count = (end - start) // HOUR
        return {
            name: found[journey.id, objective.id][["good", "valid"]].to_numpy(dtype=float)[:count]
            for name, (journey, objective) in pairs.items()
        }

    def kept_or_read(
        self, pairs: Mapping[str, Pair], start: datetime, end: datetime
    ) -> dict[str, Amounts]:
        """The same, from what was kept where that still holds; what is whole then is kept."""
        path = self.rollup.store.rollup / FILE_NAME
        kept = _kept(path)
        days = pd.date_range(start, end, freq=DAY, inclusive="left").to_pydatetime().tolist()
        stamps = list(_stamps(self.rollup, pairs, days, self.maintenance))
        amounts = np.zeros((len(days), len(pairs), _DAYS_HOURS, 2))
        missing = [place for place, stamp in enumerate(stamps) if stamp not in kept]
        for place in set(range(len(days))) - set(missing):
            amounts[place] = kept[stamps[place]]
        for first, last in runs(missing):
            read = self.read(pairs, days[first], min(days[last] + DAY, end))
            whole = np.zeros((len(pairs), (last + 1 - first) * _DAYS_HOURS, 2))
            for number, own in enumerate(read.values()):
                whole[number, : len(own)] = own
            parted = whole.reshape(len(pairs), -1, _DAYS_HOURS, 2)
            amounts[first : last + 1] = parted.transpose(1, 0, 2, 3)
        # A day is as it stays only once the first minute after it is over.
        settled = sum(day + DAY + timedelta(minutes=1) <= self.at for day in days)
        if any(place < settled for place in missing):
            _keep(path, stamps[:settled], amounts[:settled])
        count = (end - start) // HOUR
        return {
            name: amounts[:, number].reshape(-1, 2)[:count] for number, name in enumerate(pairs)
        }


def _stamps(
    rollup: Rollup, pairs: Mapping[str, Pair], days: list[datetime], maintenance: pd.DataFrame
) -> Iterator[bytes]:
    """For each day a word that changes whenever any of its hours may have."""
    seed = repr((_LAYOUT, *_settings(rollup.catalog, pairs)))
    windows = list(
        zip(
            maintenance["starts_at"].dt.to_pydatetime(),
            maintenance["ends_at"].dt.to_pydatetime(),
            map(repr, maintenance.drop(columns="reason").to_numpy().tolist()),
            strict=True,
        )
    )
    # Slices and minutes look over midnight, on both sides.
    around = [days[0] - DAY, *days, days[-1] + DAY] if days else []
    entries = [rollup.manifests[unit].entries for unit in _UNITS]
    made = [
        " ".join(f"{it.folder} {it.plan}" if it else "" for it in (own.get(day) for own in entries))
        for day in (moment.date() for moment in around)
    ]
    for place, day in enumerate(days):
        parts = [seed, str(day), *made[place : place + 3]]
        parts += [told for since, until, told in windows if since < day + DAY and until > day]
        yield hashlib.sha256("\n".join(parts).encode()).digest()[:_STAMP]


def _settings(catalog: Catalog, pairs: Mapping[str, Pair]) -> Iterator[str]:
    """What the catalogue says that makes good and valid of rolled up rows."""
    for _, objective in pairs.values():
        yield objective.model_dump_json()
        if isinstance(objective.indicator, Availability):
            yield catalog.scope(objective.indicator.scope).model_dump_json()
    yield catalog.rules.availability.model_dump_json()


_MEMORY: OrderedDict[Path, dict[bytes, Amounts]] = OrderedDict()
"""What the files hold, and what could not be written to them."""

_FOLDERS = 8


def _kept(path: Path) -> dict[bytes, Amounts]:
    """The kept days by their stamps; none where the file cannot be read: then it is made again."""
    if path not in _MEMORY:
        try:
            with np.load(path, allow_pickle=False) as stored:
                stamps, amounts = stored["stamps"], stored["amounts"]
            _MEMORY[path] = dict(zip(map(bytes, stamps), amounts, strict=True))
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):
            _MEMORY[path] = {}
        if len(_MEMORY) > _FOLDERS:
            _MEMORY.popitem(last=False)
    return _MEMORY.get(path, {})


def _keep(path: Path, stamps: list[bytes], amounts: Amounts) -> None:
    """Keep whole days, beside those of other looks; a folder that cannot be written stays so."""
    own = dict(zip(stamps, amounts, strict=True))
    known = {stamp: it for stamp, it in _kept(path).items() if it.shape == amounts.shape[1:]}
    # Days under an old stamp are nobody's any more; they go when they are the greater part.
    _MEMORY[path] = kept = own if len(known) > 2 * len(own) else known | own
    part = path.with_name(f".{path.name}.{os.getpid()}.{get_ident()}")
    try:
        with part.open("wb") as file:
            numbers = np.frombuffer(b"".join(kept), dtype=np.uint8).reshape(-1, _STAMP)
            np.savez(file, stamps=numbers, amounts=np.stack(list(kept.values())))
        part.replace(path)
    except OSError:
        with suppress(OSError):
            part.unlink(missing_ok=True)
