"""The error budget page as a script: full, empty, one row, stale; and the figures that it says."""

from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from slo_core.catalog import load_catalog
from slo_core.register import Actor, write
from tests.random_logs import small_tables, write_tables
from tests.small import ROOT
from tests.words import everything

AT = datetime(2025, 3, 31)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def words(app: AppTest, **address: str) -> str:
    """Everything that the page says, in tables too; it shows no error of any kind."""
    app.run()
    for name, value in address.items():
        app.query_params[name] = value
    app.switch_page("studio_error_budget.py").run()
    assert not app.exception
    assert not app.error
    return everything(app).replace("\u00a0", " ")


def songs(count: int, failed: int, ago: timedelta) -> list[dict[str, Any]]:
    row = {"ts": AT - ago, "journey": "song_generation", "duration_ms": 9_000.0}
    return [row | {"status": 500 if number < failed else 200} for number in range(count)]


@pytest.mark.parametrize("catalog", ["data/studio.yaml", "tests/shop.yaml"])
def test_full_data_of_any_catalogue(
    app: AppTest, tmp_path: Path, catalog: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLO_CATALOG", str(ROOT / catalog))
    write_tables(tmp_path, small_tables(Random(8), load_catalog(ROOT / catalog), AT))
    words(app)


def test_one_row(app: AppTest, tmp_path: Path) -> None:
    write_tables(tmp_path, {"requests": songs(1, 0, HOUR / 2)})
    told = words(app)
    assert "0 of 32 are overspent" in told
    assert "few events" in told
    assert "never, at the current burn" in told.replace("</span><small>", ", ")


def test_before_all_data(app: AppTest, tmp_path: Path) -> None:
    write_tables(tmp_path, {"requests": songs(1, 0, HOUR)})
    app.query_params["at"] = "2024-01-01T00:00:00Z"
    told = words(app)
    assert "No valid event of Song Generation was counted" in told
    assert "nothing was taken that anybody knows of" in told
    assert "✓" not in told


def test_stale_comes_before_any_other_state(app: AppTest, tmp_path: Path) -> None:
    write_tables(tmp_path, {"requests": songs(1000, 1, DAY)})
    assert "◌ Stale" in words(app)


def test_a_budget_that_burns_says_when_it_ends(app: AppTest, tmp_path: Path) -> None:
    # 1,000 requests allow 5 failures; 2 failed long ago, 1 of 200 in the last hours: 40 % left,
    # at a burn of 1 over 30 days that is 12 days.
    rows = songs(800, 2, 20 * DAY) + songs(200, 1, 2 * HOUR)
    write_tables(tmp_path, {"requests": rows})
    told = words(app)
    assert "2 of 5 failures left" in told
    assert "2025-04-12 00:00 UTC" in told
    assert "at the current burn: **Song Generation**, 2025-04-12 00:00 UTC" in told
    # 2,497 of the month's 2,500 are left, at 1 in 6 hours that is beyond the month.
    assert "2,497 of 2,500 failures left" in told
    assert "not this month" in told


def test_a_spent_budget_says_since_when(app: AppTest, tmp_path: Path) -> None:
    rows = songs(1000, 4, 20 * DAY) + songs(200, 4, 2 * DAY + HOUR / 2)
    write_tables(tmp_path, {"requests": rows})
    told = words(app)
    assert "✕ spent since 2025-03-29 00:00 UTC" in told
    assert "2 failures over the 6 allowed" in told
    assert "Spent already" in told


def test_rolling_and_calendar_are_told_apart(app: AppTest, tmp_path: Path) -> None:
    write_tables(tmp_path, {"requests": songs(1000, 4, 3 * DAY)})
    rolling = words(app)
    assert "climbs when old failures leave the window" in rolling
    app.radio(key="budget").set_value("calendar").run()
    calendar = "\n".join(str(caption.value) for caption in app.caption)
    assert "never climbs, whatever the traffic" in calendar
    assert "2,500 of 2,500 failures" not in calendar
    assert "fixed allocation, 2,500 failures" in calendar


def test_incidents_and_everything_else_are_the_budget_spent(app: AppTest, tmp_path: Path) -> None:
    write_tables(tmp_path, {"requests": songs(1000, 3, HOUR / 2) + songs(200, 1, 3 * HOUR)})
    values = {"title": "Songs <fail>", "severity": "P1", "journey": "song_generation"}
    write(tmp_path, Actor("Ada"), "incidents", values | {"started_at": AT - HOUR})
    told = words(app)
    # 3 and 1 of 6 failures that 1,200 requests allow.
    assert "Incidents took 50 % of the budget of Song Generation, everything else 16.7 %" in told
    assert "P1 Songs &lt;fail&gt;" in told
    assert "not known" in told


def test_any_objective_can_be_looked_at(app: AppTest, tmp_path: Path) -> None:
    write_tables(tmp_path, {"requests": songs(1000, 3, HOUR / 2)})
    told = words(app, of="song_generation.latency_p95")
    assert "only the rolling window" in told
    assert "it is headroom" in told
