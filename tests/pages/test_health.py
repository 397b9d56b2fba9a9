"""Overview and Studio health as scripts: full, empty, one row, stale; and what they then say."""

from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from slo_core.budget.standing import standings, tally
from slo_core.catalog import load_catalog
from slo_core.forecast import chances
from slo_core.register import Actor, write
from slo_core.status import status
from slo_core.text import percent
from tests.random_logs import small_tables, write_tables
from tests.small import ROOT, STUDIO, small_rollup
from tests.words import everything

AT = datetime(2025, 3, 31)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PAGES = ("overview.py", "studio_health.py")


def on(app: AppTest, page: str) -> AppTest:
    """Run a page that shows no error of any kind."""
    app.run()
    app.switch_page(page).run()
    assert not app.exception
    assert not app.error
    return app


def songs(count: int, failed: int, ago: timedelta = HOUR) -> list[dict[str, Any]]:
    row = {"ts": AT - ago, "journey": "song_generation", "duration_ms": 9_000.0}
    return [row | {"status": 500 if number < failed else 200} for number in range(count)]


@pytest.mark.parametrize("page", PAGES)
def test_one_row(app: AppTest, tmp_path: Path, page: str) -> None:
    write_tables(tmp_path, {"requests": songs(1, 0)})
    words = everything(on(app, page))
    values = {metric.label: metric.value for metric in app.metric}
    assert values[":gray[○ No data]"] == "28 of 32"
    assert "few events" in words
    assert "No incident is open" in words


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    "catalog", ["data/studio.yaml", pytest.param("tests/shop.yaml", marks=pytest.mark.long)]
)
def test_full_data_of_any_catalogue(
    app: AppTest, tmp_path: Path, page: str, catalog: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLO_CATALOG", str(ROOT / catalog))
    write_tables(tmp_path, small_tables(Random(7), load_catalog(ROOT / catalog), AT))
    on(app, page)


def test_the_page_counts_what_status_says(app: AppTest, tmp_path: Path) -> None:
    rollup = small_rollup(tmp_path, {"requests": songs(1000, 20)})
    stated = status(rollup, AT)
    counts = tally(standings(stated, STUDIO, chances(rollup, AT, status=stated)))
    assert counts["missed"] == 1
    on(app, "overview.py")
    shown = [metric.value for metric in app.metric]
    assert shown == [f"{counts[name]} of 32" for name in ("missed", "at_risk", "met", "no_data")]
    assert "Worst: Song Generation: Success Rate" in everything(app)


def test_what_was_met_is_not_said_to_be_met_while_nobody_is_heard(
    app: AppTest, tmp_path: Path
) -> None:
    write_tables(tmp_path, {"requests": songs(1000, 0)})
    words = everything(on(app, "overview.py"))
    assert "no data of **Song Generation** since" in words
    assert "✓ Met" not in words
    assert ":violet[◌ Met, last heard]" in [metric.label for metric in app.metric]


def test_before_all_data_nothing_is_met(app: AppTest, tmp_path: Path) -> None:
    write_tables(tmp_path, {"requests": songs(10, 0)})
    app.query_params["at"] = "2024-01-01T00:00:00Z"
    words = everything(on(app, "studio_health.py"))
    assert "✓" not in words
    assert "No request of" in words
    assert "Nothing of" in words


def test_budgets_are_rolling_or_calendar_as_the_address_says(app: AppTest, tmp_path: Path) -> None:
    write_tables(tmp_path, {"requests": songs(1000, 4)})
    rolling = everything(on(app, "studio_health.py"))
    # 0.5 % of 1,000 requests is 5 failures; the month's allocation is 2,500.
    assert "1 of 5 failures left" in rolling
    assert "the month's allocation: 2,496 of 2,500 failures left" in rolling
    app.radio(key="budget").set_value("calendar").run()
    calendar = everything(app)
    assert "2,496 of 2,500 failures left" in calendar
    assert "its own traffic's budget: 1 of 5 failures left" in calendar
    assert "The policy's verdict uses: rolling 30d" in calendar


def test_what_is_left_is_compared_with_a_range_before(app: AppTest, tmp_path: Path) -> None:
    # The range is 7 days. Before: 1,000 songs, 2 failed, of 5 allowed: 60 %. Now 2,000, 3 failed,
    # of 10 allowed: 70 %.
    before = songs(1000, 2, timedelta(days=8))
    write_tables(tmp_path, {"requests": [*before, *songs(1000, 1)]})
    on(app, "studio_health.py")
    left = [it for it in app.metric if it.label == "Left, rolling 30d" and it.delta]
    assert [(it.value, it.delta) for it in left] == [(percent(0.7, digits=1), "+10.0 points")]
    app.selectbox(key="range").set_value("30d").run()
    # A range of 30 days before there was nothing.
    assert {it.delta for it in app.metric if it.label.startswith("Left")} == {""}


def test_what_is_left_as_before_goes_neither_up_nor_down(app: AppTest, tmp_path: Path) -> None:
    write_tables(tmp_path, {"requests": songs(1000, 2, timedelta(days=8))})
    on(app, "studio_health.py")
    assert [it.delta for it in app.metric if it.label == "Left, rolling 30d" and it.delta] == [
        "same"
    ]


def test_an_open_incident_shows_its_clocks_and_its_price(app: AppTest, tmp_path: Path) -> None:
    write_tables(tmp_path, {"requests": songs(1000, 4)})
    values = {
        "title": "Songs <fail>",
        "severity": "P1",
        "journey": "song_generation",
        "started_at": AT - 2 * HOUR,
        "triaged_at": AT - 2 * HOUR + timedelta(minutes=20),
    }
    write(tmp_path, Actor("Ada"), "incidents", values)
    on(app, "overview.py")
    assert "Open incidents, step by step" in [link.value for link in app.page_link]
    words = everything(on(app, "studio_health.py"))
    assert "Songs &lt;fail&gt;" in words
    assert "✕ Over by 5 min" in words
    assert "20 min of under 15 min" in words
    assert "▶ 2 h left" in words
    assert "4 failures" in words


def test_hours_that_nobody_observed_are_named(app: AppTest, tmp_path: Path) -> None:
    probes = [
        {"ts": AT - timedelta(minutes=n), "scope": "api", "target": "a", "ok": True}
        for n in range(1, 60)
    ]
    write_tables(tmp_path, {"probes": probes})
    on(app, "studio_health.py")
    named = [warning.value for warning in app.warning if "could turn" in warning.value]
    assert len(named) == 1
    assert "2025-03-01 00:00 to 2025-03-30 23:01 UTC" in named[0]


def test_a_chosen_moment_does_not_move(app: AppTest, tmp_path: Path) -> None:
    write_tables(tmp_path, {"requests": songs(10, 0)})
    on(app, "overview.py")
    assert app.toggle(key="refresh").disabled
    app.button(key="step_latest").click().run()
    assert not app.toggle(key="refresh").disabled


def test_todays_rule_with_actions_restrictions_and_the_way_out(
    app: AppTest, tmp_path: Path
) -> None:
    def rows(journey: str, good: int, bad: int, ago: timedelta) -> list[dict[str, Any]]:
        row = {"ts": AT - ago, "journey": journey}
        return [row | {"status": 200}] * good + [row | {"status": 500}] * bad

    requests = [
        *rows("song_generation", 1000, 0, 10 * DAY),
        *rows("project_loading", 1990, 10, 10 * DAY),
    ]
    write_tables(tmp_path, {"requests": requests})
    app.run()
    app.switch_page("studio_health.py").run()
    assert not app.exception
    told = everything(app).replace("\u00a0", " ")
    for action in ("Ship new features", "Deploy Lock: Only critical bug fixes allowed"):
        assert f"- {action}" in told
    assert "Exit criteria of Project Loading" in told
    assert "Runbooks updated: nobody has checked it off" in told
    # 10 failures where 2 are allowed.
    assert "Error budget restored to \\> 30%: -400 % left, rolling 30d" in told
    assert "The state is that of the last whole hour, from the budget over: rolling 30d." in told


def test_the_heatmap_follows_the_journey_until_another_is_chosen(
    app: AppTest, tmp_path: Path
) -> None:
    slow = [row | {"duration_ms": 50_000.0} for row in songs(10, 1)]
    write_tables(tmp_path, {"requests": slow})
    told = everything(on(app, "studio_health.py"))
    assert "It was worst from 2025-03-30 23:00 UTC on. No deploy or other change is logged" in told
    assert str(app.selectbox(key="latency").value).startswith("song_generation")
    app.selectbox(key="choose_journey").set_value("project_loading").run()
    assert str(app.selectbox(key="latency").value).startswith("project_loading")
    app.selectbox(key="latency").set_value("song_generation").run()
    assert str(app.selectbox(key="latency").value).startswith("song_generation")
