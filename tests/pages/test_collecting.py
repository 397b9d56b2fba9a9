"""The collector in the dashboards' own process: off where it is to be, not open by mistake."""

import asyncio
from pathlib import Path

import pytest

from pages.parts import collecting
from slo_core.logs.collector import EVENTS
from tests.collecting import stored
from tests.logs.collector.test_drain import entry, writing


def test_it_can_be_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLO_COLLECT_TOKENS", raising=False)
    assert EVENTS in {route.path for route in collecting.routes()}
    monkeypatch.setenv("SLO_COLLECT", "Off")
    assert collecting.routes() == []


def test_tokens_that_cannot_be_read_end_the_server_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SLO_COLLECT_TOKENS", str(tmp_path / "nowhere.yaml"))
    with pytest.raises(SystemExit, match=r"SLO_COLLECT_TOKENS: .*nowhere.yaml: expected a YAML"):
        collecting.routes()


def test_what_an_earlier_process_has_left_is_taken_up_without_an_event(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SLO_DATA", str(tmp_path))
    with writing(tmp_path, entry(1)):
        pass  # it ends before it has drained

    async def live_shortly() -> None:
        async with collecting.lifespan(None):
            pass

    asyncio.run(live_shortly())
    assert len(stored(tmp_path)) == 1


def test_a_broken_catalogue_does_not_keep_the_pages_from_saying_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "collector").mkdir()
    (tmp_path / "broken.yaml").write_text("journeys: [")
    monkeypatch.setenv("SLO_DATA", str(tmp_path))
    monkeypatch.setenv("SLO_CATALOG", str(tmp_path / "broken.yaml"))

    async def live_shortly() -> None:
        async with collecting.lifespan(None):
            pass

    asyncio.run(live_shortly())
