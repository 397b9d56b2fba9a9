"""The app as a script, on a data folder of the test's own."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from tests.small import ROOT


@pytest.fixture(scope="package", autouse=True)
def _installed_components() -> Iterator[None]:
    """Streamlit looks for components in every package that is installed, once for all tests.

    It does so for each `AppTest`, a quarter of a small page's time, and nothing is installed
    meanwhile.
    """
    with pytest.MonkeyPatch.context() as patch:
        once = cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", once)
        yield


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The app at midnight before 31 March 2025, on a data folder that is ``tmp_path``."""
    monkeypatch.setenv("SLO_DATA", str(tmp_path))
    monkeypatch.delenv("SLO_CATALOG", raising=False)
    app = AppTest.from_file(str(ROOT / "pages" / "main.py"), default_timeout=60)
    app.query_params["at"] = "2025-03-31T00:00:00Z"
    return app
