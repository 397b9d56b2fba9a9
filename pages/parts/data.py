"""The thin adapter between pages and the core: reads what the core answers, cached by arguments."""

from pathlib import Path

import streamlit as st

from slo_core.catalog import Catalog, load_catalog
from slo_core.logs.tables import TABLES


def catalogue(path: Path) -> Catalog:
    """Read the catalogue, again only when its file has changed. Raises SloError."""
    stat = path.stat() if path.is_file() else None
    return _catalogue(path, stat and (stat.st_mtime_ns, stat.st_size))


@st.cache_resource(max_entries=4, show_spinner=False)
def _catalogue(path: Path, stamp: tuple[int, int] | None) -> Catalog:
    return load_catalog(path)


def has_logs(folder: Path) -> bool:
    """Tell whether there is anything to show: raw logs of any table, or rollups of older ones."""
    return any(
        next(folder.glob(f"{place}/date=*/*.parquet"), None) is not None for place in TABLES
    ) or any((folder / "rollup").glob("*"))
