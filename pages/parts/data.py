"""The thin adapter between pages and the core: what the core answers, kept for all readers."""

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

import streamlit as st

from slo_core.budget.course import Key
from slo_core.catalog import Catalog, load_catalog
from slo_core.forecast import chances
from slo_core.logs.ingest.ledger import FOLDER as INGEST
from slo_core.logs.store import open_store
from slo_core.logs.tables import TABLES
from slo_core.register import FILE_NAME
from slo_core.rollup import Rollup, refresh
from slo_core.status import Ahead, status

_LOOK_EVERY = 4.0
"""Seconds between two looks for new logs, however many readers there are."""


def has_logs(folder: Path) -> bool:
    """Tell whether there is anything to show: raw logs of any table, or rollups of older ones."""
    places = [f"{table}/date=*/*.parquet" for table in TABLES] + ["rollup/*"]
    return any(next(folder.glob(place), None) is not None for place in places)


def has_reports(folder: Path) -> bool:
    """Tell whether files came by ingest, though none of their lines may have been a log's."""
    return next((folder / INGEST).glob("*.json"), None) is not None


def catalogue(path: Path) -> Catalog:
    """Read the catalogue, again only when its file has changed. Raises SloError."""
    stat = path.stat() if path.is_file() else None
    return _catalogue(path, stat and (stat.st_mtime_ns, stat.st_size))


@st.cache_resource(max_entries=4, show_spinner=False)
def _catalogue(path: Path, stamp: tuple[int, int] | None) -> Catalog:
    return load_catalog(path)


def current_rollup(folder: Path, catalog: Catalog) -> Rollup:
    """Bring the folder's rollups up to date, with a progress bar where that takes a while.

    Raises SloError where folder or rollups cannot be read.
    """
    bar = st.empty()

    def show(done: int, total: int, label: str) -> None:
        if total:
            bar.progress(done / total, f"Reading new logs once: {done} of {total}, {label}")

    rollup = _keeper(folder).rollup(catalog, show)
    bar.empty()
    return rollup


def has_news(rollup: Rollup, catalog_path: Path) -> bool:
    """Tell whether logs have come, or the catalogue has changed, since a rollup was drawn.

    Raises SloError where catalogue, folder or rollups can no longer be read.
    """
    if catalogue(catalog_path) is not rollup.catalog:
        return True
    return _differ(rollup, _keeper(rollup.store.root).rollup(rollup.catalog, None))


class _Keeper:
    """Keeps one folder's rollups; one reader at a time looks for new logs, the others wait."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._kept: Rollup | None = None
        self._looked = 0.0

    def rollup(self, catalog: Catalog, show: Any) -> Rollup:
        with self._lock:
            kept = self._kept
            recent = time.monotonic() - self._looked < _LOOK_EVERY
            if kept is None or kept.catalog is not catalog or not recent:
                fresh = refresh(open_store(self._folder), catalog, show)
                # A rollup without news keeps its connection, and what others have of it.
                if kept is None or _differ(kept, fresh):
                    kept = self._kept = fresh
                self._looked = time.monotonic()
            return kept


def _differ(one: Rollup, other: Rollup) -> bool:
    return state_of(one) != state_of(other) or one.problems != other.problems


@st.cache_resource(max_entries=4, show_spinner=False)
def _keeper(folder: Path) -> _Keeper:
    return _Keeper(folder)


def status_at(
    rollup: Rollup,
    at: datetime,
    *,
    values: bool = True,
    foresee: Callable[[], Ahead] | None = None,
) -> dict[str, Any]:
    """Answer where every objective and budget stands at a moment: the object of DESIGN 3.

    ``values`` as in `slo_core.status.status`; ``foresee`` says what comes ``ahead`` there, and is
    asked only where the answer is not kept.
    """
    return _status(rollup, state_of(rollup), at, values, foresee)


def state_of(rollup: Rollup) -> tuple[str, ...]:
    """Return what any figure depends on beside its arguments: the key under which pages cache."""
    # A target changes a verdict without changing a rollup, so the whole catalogue is in the key;
    # maintenance and incidents are in the register, which may lie partly in its log.
    stamps = [
        f"{path.stat().st_mtime_ns}"
        for path in (rollup.store.root / FILE_NAME, rollup.store.root / f"{FILE_NAME}-wal")
        if path.exists()
    ]
    return str(rollup.store.root), rollup.version, rollup.promises, *stamps


@st.cache_data(max_entries=64, show_spinner=False)
def _status(
    _rollup: Rollup,
    state: tuple[str, ...],
    at: datetime,
    values: bool,
    _foresee: Callable[[], Ahead] | None,
) -> dict[str, Any]:
    return status(_rollup, at, values=values, ahead=_foresee() if _foresee else None)


def chances_at(rollup: Rollup, at: datetime, *, values: bool = True) -> dict[Key, float]:
    """How likely objectives that burn faster than on budget are to run out: decides on risk.

    ``values`` says which status of that moment is read anyhow.
    """
    found: dict[Key, float] = _chances(rollup, state_of(rollup), at, values)
    return found


@st.cache_data(max_entries=64, show_spinner=False)
def _chances(
    _rollup: Rollup, state: tuple[str, ...], at: datetime, values: bool
) -> dict[Key, float]:
    return chances(_rollup, at, status=status_at(_rollup, at, values=values))
