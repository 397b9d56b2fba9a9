"""Tiny stores for tests whose figures are worked out by hand."""

from pathlib import Path
from typing import Any

from slo_core.catalog import Catalog, load_catalog
from slo_core.logs.store import open_store
from slo_core.rollup import Rollup, refresh
from tests.random_logs import write_tables

ROOT = Path(__file__).resolve().parents[1]
STUDIO = load_catalog(ROOT / "data" / "studio.yaml")
SHOP = load_catalog(ROOT / "tests" / "shop.yaml")


def small_rollup(
    folder: Path, tables: dict[str, list[dict[str, Any]]], catalog: Catalog = STUDIO
) -> Rollup:
    """Write rows as Parquet files into a folder and roll them up."""
    write_tables(folder, tables)
    return refresh(open_store(folder), catalog)
