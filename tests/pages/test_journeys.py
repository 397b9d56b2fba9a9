"""User journeys as a script: full, empty, one row, stale; any catalogue; filters in the address."""

from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from slo_core.catalog import load_catalog
from slo_core.register import Actor, write
from tests.random_logs import small_tables, write_tables
from tests.small import ROOT, STUDIO
from tests.words import everything

AT = datetime(2025, 3, 31)
HOUR = timedelta(hours=1)
PAGE = "studio_journeys.py"

Row = dict[str, Any]


def on(app: AppTest, **filters: str) -> AppTest:
    """Run the page, which shows no error of any kind."""
    for name, value in filters.items():
        app.query_params[name] = value
    app.run()
    app.switch_page(PAGE)
    for name, value in filters.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    assert not app.error
    return app


def titles(app: AppTest) -> list[str]:
    return [title.value for title in app.header]


def full(folder: Path) -> None:
    """A little of everything that the document's five panels show."""
    requests, steps, measurements = [], [], []
    for number in range(200):
        ts = AT - HOUR - timedelta(seconds=number)
        platform = ("web", "ios")[number % 2]
        song = {"ts": ts, "journey": "song_generation", "session_id": f"s{number}"}
        failed = number % 10 == 0
        requests.append(
            song | {"status": 500 if failed else 200, "duration_ms": 9_000.0, "platform": platform}
        )
        reached = ("prompt",) if failed else ("prompt", "generate", "listen", "save")
        steps += [
            song | {"ts": ts + timedelta(seconds=place), "attempt_id": f"a{number}", "step": name}
            for place, name in enumerate(reached)
        ]
        requests.append(
            {
                "ts": ts,
                "journey": "publishing",
                "step": "platform_sync",
                "platform": ("tunehub", "wavecast")[number % 2],
                "status": 500 if number % 20 == 1 else 200,
            }
        )
        for metric, amount in (("buffering_ms", 10.0 * number), ("playtime_ms", 1e6)):
            measurements.append(
                {
                    "ts": ts,
                    "journey": "audio_playback",
                    "metric": metric,
                    "value": amount,
                    "platform": platform,
                }
            )
    write_tables(folder, {"requests": requests, "steps": steps, "measurements": measurements})


def test_the_documents_five_panels_have_its_titles_and_order(app: AppTest, tmp_path: Path) -> None:
    full(tmp_path)
    on(app)
    assert titles(app) == [
        "Song generation funnel & drop-off",
        "Project loading success rate",
        "Playback quality metrics",
        "Export completion rate",
        "Publishing success by platform",
    ]
    assert app.main.expander[-1].label == "Real-time Collaboration"


def test_each_panel_says_what_is_to_be_seen(app: AppTest, tmp_path: Path) -> None:
    full(tmp_path)
    words = everything(on(app))
    assert (
        "Song Generation: 180 of 200 attempts arrive, 90 %; most drop off after prompt, 20 of them "
        "(100 %: something failed)" in words
    )
    assert "Of 200 attempts 0 with steps out of order (0 %)" in words
    # Of 100 songs to wavecast ten fail, of those to tunehub none.
    assert (
        "wavecast is the worst with 90 % (82.56 % to 94.48 %); 1 of 2 platforms miss 98 %" in words
    )
    assert "Initial Buffering: 25 % of values are below 500 ms" in words
    assert "Success Rate 90 % in the range" not in words
    assert "Nothing of Project Loading was counted in" in words


def test_what_is_beside_a_funnel_opens_from_the_address(app: AppTest, tmp_path: Path) -> None:
    full(tmp_path)
    words = everything(on(app, more_song_generation="true"))
    assert "Success Rate 90 % in the range, 20 of 1 failures allowed" in words
    assert "Failures by endpoint, the most first" in words


def test_full_data_of_any_catalogue(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, panels in (("data/studio.yaml", 5), ("tests/shop.yaml", 3)):
        catalog = load_catalog(ROOT / name)
        folder = tmp_path / catalog.journeys[0].id
        monkeypatch.setenv("SLO_DATA", str(folder))
        monkeypatch.setenv("SLO_CATALOG", str(ROOT / name))
        write_tables(folder, small_tables(Random(7), catalog, AT))
        fresh = AppTest.from_file(str(ROOT / "pages" / "main.py"), default_timeout=60)
        fresh.query_params["at"] = "2025-03-31T00:00:00Z"
        on(fresh, range="7d")
        assert len(titles(fresh)) == panels


def test_a_shop_has_a_funnel_and_a_matrix_of_its_own(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLO_CATALOG", str(ROOT / "tests" / "shop.yaml"))
    row = {"ts": AT - HOUR, "journey": "checkout", "source": "client", "status": 200}
    steps = [
        {"ts": AT - HOUR, "journey": "checkout", "attempt_id": f"o{number}", "step": "basket"}
        for number in range(3)
    ]
    cards = [row | {"step": "card", "platform": name} for name in ("visa", "giro") * 25]
    write_tables(tmp_path, {"requests": cards, "steps": steps})
    words = everything(on(app))
    assert titles(app) == ["Browsing", "Search", "Checkout"]
    assert "Checkout: 0 of 3 attempts arrive, 0 %; most drop off after basket" in words
    assert "Each kind of card" in words
    assert "giro is the worst with 100 %" in words


def test_an_empty_folder_says_what_to_do(app: AppTest) -> None:
    on(app)
    assert "No logs yet" in app.info[0].value


def test_one_row(app: AppTest, tmp_path: Path) -> None:
    row = {"ts": AT - HOUR, "journey": "project_loading", "status": 200, "duration_ms": 900.0}
    write_tables(tmp_path, {"requests": [row]})
    words = everything(on(app))
    assert "Success Rate 100 % in the range, 0 failures of 0 failures allowed" not in words
    assert "Nothing of Song Generation was counted in" in words
    assert "No attempt began in" not in words  # one box says it, not two
    assert "No valid event in the 30d" in words
    assert "Nothing of Audio Export was counted in" in words


def test_nothing_is_met_before_all_data(app: AppTest, tmp_path: Path) -> None:
    full(tmp_path)
    app.query_params["at"] = "2024-01-01T00:00:00Z"
    words = everything(on(app))
    assert "✓" not in words
    assert "○ 4 no data" in words


def test_a_silent_journey_is_stale(app: AppTest, tmp_path: Path) -> None:
    full(tmp_path)
    words = everything(on(app))
    assert "#song_generation): :violet[◌ Stale], last :red[✕ 1 missed]" in words


def test_a_platform_is_kept_to_where_it_occurs(app: AppTest, tmp_path: Path) -> None:
    full(tmp_path)
    words = everything(on(app, platform="ios"))
    assert app.selectbox(key="choose_platform").value == "ios"
    assert "Song Generation: 100 of 100 attempts arrive" in words
    assert "In the range: only **ios**" in words
    assert "**ios** does not occur here, so all platforms are shown: tunehub, wavecast." in words
    app.selectbox(key="choose_platform").set_value("all").run()
    assert app.query_params["platform"] in ("all", ["all"])
    assert "Song Generation: 180 of 200 attempts arrive" in everything(app)


def test_the_period_before_is_compared_with_as_the_address_says(
    app: AppTest, tmp_path: Path
) -> None:
    old = AT - timedelta(days=7) - HOUR
    rows = [
        {"ts": ts, "journey": "project_loading", "status": 500 if number < failed else 200}
        for ts, failed in ((AT - HOUR, 100), (old, 10), (AT - timedelta(days=1, hours=1), 0))
        for number in range(1000)
    ]
    write_tables(tmp_path, {"requests": rows})
    assert "from 100 %" in everything(on(app, range="24h"))
    weeks = everything(on(app, range="24h", compare="weeks"))
    assert "Compared with 2025-03-23 00:00 to 2025-03-24 00:00 UTC." in weeks
    assert "▼ 9 points worse" in weeks
    assert "from 99 %" in weeks
    nothing = everything(on(app, range="24h", compare="nothing"))
    assert "Compared with" not in nothing
    assert "points worse" not in nothing


def test_a_comparison_that_nobody_knows_is_the_usual_one(app: AppTest, tmp_path: Path) -> None:
    full(tmp_path)
    on(app, compare="rubbish", platform="$*strange*")
    assert app.selectbox(key="choose_compare").value == "period"
    assert r"**\$\*strange\*** does not occur here" in everything(app)


def test_other_journeys_are_shown_where_somebody_looks(app: AppTest, tmp_path: Path) -> None:
    rows = [
        {"ts": AT - HOUR, "journey": "collaboration", "metric": "sync_ms", "value": 90.0 + number}
        for number in range(200)
    ]
    write_tables(tmp_path, {"measurements": rows})
    on(app)
    assert "Sync Latency P50" not in everything(app)
    app.session_state["open_collaboration"] = True
    app.run()
    assert not app.exception
    assert (
        "Sync Latency P50, Sync Latency P95: 55 % of values are below 200 ms and below 500 ms"
        in (everything(app))
    )


def test_every_table_is_a_file_and_every_name_is_one_of_a_kind(
    app: AppTest, tmp_path: Path
) -> None:
    full(tmp_path)
    on(app)
    keys = [button.key for button in app.get("download_button")]
    assert len(keys) == len(set(keys))
    assert {"csv_song_generation_funnel", "csv_publishing_platform_sync_days"} <= set(keys)
    assert STUDIO.journey("publishing").panel in titles(app)


def test_filters_come_along_to_other_pages(app: AppTest, tmp_path: Path) -> None:
    write_tables(tmp_path, small_tables(Random(7), STUDIO, AT))
    app.query_params["journey"] = "audio_playback"
    app.run()
    app.switch_page("studio_health.py").run()
    assert not app.error
    assert app.selectbox(key="choose_journey").value == "audio_playback"
    assert str(app.selectbox(key="latency").value).startswith("audio_playback")
    app.selectbox(key="choose_journey").set_value("song_generation").run()
    app.query_params.clear()  # as another page's address begins
    app.switch_page("why.py").run()
    assert not app.error
    assert app.selectbox(key="choose_journey").value == "song_generation"
    assert app.query_params["journey"] in ("song_generation", ["song_generation"])
    app.query_params.clear()
    app.switch_page("studio_error_budget.py").run()
    assert str(app.selectbox(key="choose_of").value).startswith("song_generation.")


@pytest.mark.long
def test_both_figures_stand_where_a_correction_touches_them(app: AppTest, tmp_path: Path) -> None:
    # 200 songs were asked for, one a second, up to an hour before, and every tenth failed: 90 %.
    # Those of the last two minutes are left out.
    full(tmp_path)
    values = {"scope": "song_generation", "reason": "load test", "approver": "Grace"}
    span = {"starts_at": AT - HOUR - timedelta(seconds=120), "ends_at": AT - HOUR + HOUR / 60}
    write(tmp_path, Actor("Ada"), "corrections", {**values, **span})
    # The 79 before that are left, of which the 130th, 140th and so on failed: 7.
    told = everything(on(app))
    assert "90 % good; ◐ as corrected 91.14 %; as corrected decides" in told
    assert "91.14 % good, target 99.5 %; ◐ as measured 90 %" in told
