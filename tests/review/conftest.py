"""One March for all tests of its review; tests that write have a folder of their own."""

import shutil
from pathlib import Path
from random import Random

import pytest

from slo_core.logs.store import open_store
from slo_core.review.document import document
from slo_core.review.monthly import Review, monthly
from slo_core.review.parts import Document
from slo_core.rollup import Rollup, refresh
from tests.random_logs import small_tables
from tests.review.first_quarter import roll_up
from tests.review.march import AT, write_march
from tests.small import SHOP, STUDIO, small_rollup


@pytest.fixture(scope="session")
def march_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the month; not to be written into."""
    folder = tmp_path_factory.mktemp("march")
    write_march(folder)
    return folder


@pytest.fixture(scope="session")
def march_rollup(march_store: Path) -> Rollup:
    """Its rollups."""
    return refresh(open_store(march_store), STUDIO)


@pytest.fixture(scope="session")
def march(march_rollup: Rollup) -> Review:
    """Its review."""
    return monthly(march_rollup, "2025-03", AT)


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Review:
    """The same month of another team, by random."""
    tables = small_tables(Random(8), SHOP, AT)
    return monthly(small_rollup(tmp_path_factory.mktemp("shop"), tables, SHOP), "2025-03", AT)


@pytest.fixture(scope="session")
def march_document(march: Review) -> Document:
    """The review as it is sent round."""
    return document(march)


@pytest.fixture
def own_store(march_store: Path, tmp_path: Path) -> Path:
    """A copy of the month to write into."""
    folder = tmp_path / "store"
    shutil.copytree(march_store, folder)
    return folder


@pytest.fixture
def own_quarter(first_quarter: Rollup, tmp_path: Path) -> Rollup:
    """A copy of that quarter to write into."""
    folder = tmp_path / "quarter"
    shutil.copytree(first_quarter.store.root, folder)
    return refresh(open_store(folder), STUDIO)


@pytest.fixture(scope="session")
def first_quarter(tmp_path_factory: pytest.TempPathFactory) -> Rollup:
    """The rollups of the quarter of `tests.review.first_quarter`; not to be written into."""
    return roll_up(tmp_path_factory.mktemp("first_quarter"))
