"""What tests of several indicators share."""

from typing import Any

import pytest

from slo_core.rollup import Rollup


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Rollup]:
    """Each question that is put to the engine, by the rollup that it is about."""
    asked: list[Rollup] = []
    cursor = Rollup.cursor

    def counting(rollup: Rollup) -> Any:
        asked.append(rollup)
        return cursor(rollup)

    monkeypatch.setattr(Rollup, "cursor", counting)
    return asked
