"""The page on causes as a script: full, empty, one row; what it says, and the address."""

import shutil
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from slo_core.catalog import load_catalog
from slo_core.register import Actor, write
from slo_core.rollup import refresh
from slo_core.status import status
from slo_core.text import percent
from tests.random_logs import small_tables, write_tables
from tests.small import ROOT, STUDIO, small_rollup

AT = datetime(2025, 3, 31)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def on_why(app: AppTest, journey: str = "", objective: str = "", **more: str) -> AppTest:
    """Run the page, which may show a sentence but no fault."""
    app.run()
    app.switch_page("why.py")
    wished = {"at": "2025-03-31T00:00:00Z", "journey": journey, "objective": objective, **more}
    for name, value in wished.items():
        if value:
            app.query_params[name] = value
    app.run()
    assert not app.exception
    assert all("fault in the program" not in error.value for error in app.error)
    return app


def everything(app: AppTest) -> str:
    blocks = [*app.markdown, *app.caption, *app.info, *app.success, *app.header]
    html = [element.proto.body for element in app.get("html")]
    return "\n".join([str(block.value) for block in blocks] + html)


def request(ago: timedelta, status: int = 200, **more: Any) -> dict[str, Any]:
    return {"ts": AT - ago, "journey": "song_generation", "status": status} | more


FAILURES = [
    *(request(2 * HOUR + n * MINUTE, endpoint="/songs", platform="web") for n in range(50)),
    *(request(2 * HOUR, 503, endpoint="/songs", platform="web") for _ in range(3)),
    request(5 * HOUR, 404, endpoint="/remix", platform="ios"),
]
DEPLOY = {"ts": AT - 2 * HOUR - 10 * MINUTE, "kind": "deploy", "service": "engine", "version": "7"}


def test_the_causes_of_a_missed_objective_are_ranked(app: AppTest, tmp_path: Path) -> None:
    rollup = small_rollup(tmp_path, {"requests": FAILURES, "changes": [DEPLOY]})
    stated = status(rollup, AT)["objectives"][0]
    assert stated["budget"]["consumed"] == 4
    words = everything(on_why(app, "song_generation", "success_rate"))
    assert not app.error
    values = {metric.label: metric.value for metric in app.metric}
    assert values["SLI over 30d"] == percent(stated["sli"], against=stated["target"])
    assert values["Failures over 30d"] == "4"
    assert "What costs most: for the reason **Server error** (75 %), on **/songs** (75 %)" in words
    assert "Deploy engine 7" in words
    assert "10 min before" in words
    titles = [title.value for title in app.header]
    causes = ["Reasons", "Endpoints", "Statuses", "Platforms"]
    assert titles[-6:] == [*causes, "When did it go wrong?", "Raw rows"]
    (rows,) = [frame.value for frame in app.dataframe if "reason" in frame.value]
    assert rows["status"].tolist() == [503, 503, 503]
    assert "read from the raw logs of 2025-03-30 and nothing else" in words


def test_a_value_of_the_address_narrows_the_page(app: AppTest, tmp_path: Path) -> None:
    write_tables(tmp_path, {"requests": FAILURES})
    words = everything(on_why(app, "song_generation", "success_rate", endpoint="/remix"))
    assert "Only" in words
    assert "Endpoints: /remix ✕" in words
    assert "1 failure, in 1 of 3 hours with data" in words
    (rows,) = [frame.value for frame in app.dataframe if "reason" in frame.value]
    assert rows["endpoint"].tolist() == ["/remix"]


def test_the_latest_rows_can_be_asked_for(app: AppTest, tmp_path: Path) -> None:
    write_tables(tmp_path, {"requests": FAILURES})
    on_why(app, "song_generation", "success_rate")
    app.radio(key="rows").set_value("latest").run()
    (rows,) = [frame.value for frame in app.dataframe if "reason" in frame.value]
    assert len(rows) == 4


def test_without_a_choice_it_is_the_worst_objective_and_the_address_says_so(
    app: AppTest, tmp_path: Path
) -> None:
    failed = [request(HOUR, 500, journey="audio_export") for _ in range(5)]
    write_tables(tmp_path, {"requests": [*FAILURES, *failed]})
    on_why(app)
    assert app.query_params["journey"] == "audio_export"
    assert app.query_params["objective"] == "success_rate"
    assert "Audio Export: Success Rate" in everything(app)


def test_another_choice_goes_into_the_address_and_forgets_values(
    app: AppTest, tmp_path: Path
) -> None:
    write_tables(tmp_path, {"requests": FAILURES})
    on_why(app, "song_generation", "success_rate", endpoint="/songs")
    app.selectbox(key="choose_objective").set_value("latency_p95").run()
    assert app.query_params["objective"] == "latency_p95"
    assert "endpoint" not in app.query_params
    app.selectbox(key="choose_journey").set_value("web").run()
    assert app.query_params["journey"] == "web"
    assert app.query_params["objective"] != "latency_p95"
    assert not app.exception


@pytest.mark.parametrize(
    ("journey", "objective", "words"),
    [
        ("nowhere", "success_rate", "no journey is called 'nowhere'"),
        ("web", "nothing", "web has no objective 'nothing'"),
    ],
)
def test_what_the_catalogue_does_not_have_is_a_sentence(
    app: AppTest, tmp_path: Path, journey: str, objective: str, words: str
) -> None:
    write_tables(tmp_path, {"requests": FAILURES})
    on_why(app, journey, objective)
    assert len(app.error) == 1
    assert words in app.error[0].value


def test_without_valid_events_there_is_nothing_to_explain(app: AppTest, tmp_path: Path) -> None:
    write_tables(tmp_path, {"requests": FAILURES})
    words = everything(on_why(app, "web", "lcp_p75"))
    assert "No valid event in the 7d up to 2025-03-31 00:00 UTC" in words
    assert not app.success
    assert not app.dataframe


def test_one_good_row_is_not_a_cause(app: AppTest, tmp_path: Path) -> None:
    write_tables(tmp_path, {"requests": [request(HOUR)]})
    words = everything(on_why(app, "song_generation", "success_rate"))
    assert "Nothing was bad: 0 failures." in words


def test_downtime_is_listed_with_what_says_so(app: AppTest, tmp_path: Path) -> None:
    probes = [
        {"ts": AT - HOUR + n * timedelta(seconds=10), "scope": "api", "target": "eu", "ok": n > 11}
        for n in range(60)
    ]
    change = {"ts": AT - HOUR - 3 * MINUTE, "kind": "config", "service": "gateway"}
    write_tables(tmp_path, {"probes": probes, "changes": [change]})
    words = everything(on_why(app, "api", "availability"))
    assert not app.error
    assert "every probe failed" in words
    assert "12 of 12 failed" in words
    assert "3 min before" in words
    assert "The worst downtime began at 2025-03-30 23:00 UTC" in words
    (rows,) = [frame.value for frame in app.dataframe if "target" in frame.value]
    assert len(rows) == 12


def test_what_was_never_down_says_so(app: AppTest, tmp_path: Path) -> None:
    probe = {"ts": AT - HOUR, "scope": "api", "target": "eu", "ok": True}
    write_tables(tmp_path, {"probes": [probe]})
    assert "It was never seen down in this window." in everything(
        on_why(app, "api", "availability")
    )


def test_raw_logs_that_are_gone_are_said_to_be(app: AppTest, tmp_path: Path) -> None:
    rollup = small_rollup(tmp_path, {"requests": FAILURES})
    refresh(rollup.store, STUDIO)
    shutil.rmtree(tmp_path / "requests" / "date=2025-03-30")
    words = everything(on_why(app, "song_generation", "success_rate"))
    assert "The raw logs of 1 dates (2025-03-30 to 2025-03-30) are gone" in words
    assert "There are no raw logs to read." in words


def test_the_platform_that_decides_is_named(app: AppTest, tmp_path: Path) -> None:
    rows = [
        request(HOUR, 500 if n < bad else 200, journey="publishing", step="platform_sync")
        | {"platform": platform}
        for platform, bad in (("tunes", 2), ("radio", 9))
        for n in range(120)
    ]
    write_tables(tmp_path, {"requests": rows})
    words = everything(on_why(app, "publishing", "platform_sync"))
    assert "the verdict is that of **radio**" in words
    values = {metric.label: metric.value for metric in app.metric}
    assert values["Failures over 30d"] == "9"


@pytest.mark.parametrize(
    "catalog", ["data/studio.yaml", pytest.param("tests/shop.yaml", marks=pytest.mark.long)]
)
def test_every_objective_of_any_catalogue_can_be_asked_about(
    app: AppTest, tmp_path: Path, catalog: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLO_CATALOG", str(ROOT / catalog))
    loaded = load_catalog(ROOT / catalog)
    write_tables(tmp_path, small_tables(Random(7), loaded, AT))
    on_why(app)
    kinds = {objective.indicator.kind: (j.id, objective.id) for j, objective in loaded.objectives}
    for journey, objective in kinds.values():
        app.query_params["journey"] = journey
        app.query_params["objective"] = objective
        app.run()
        assert not app.exception
        assert not app.error


def test_both_figures_stand_where_a_correction_touches_them(app: AppTest, tmp_path: Path) -> None:
    # 94 of 1,100 songs failed, of which 5.5 may; without a load test 4 of 1,000, of which 5 may.
    rows = [request(9 * DAY, 500 if n < 4 else 200) for n in range(1000)]
    rows += [request(2 * DAY, 500 if n < 90 else 200) for n in range(100)]
    write_tables(tmp_path, {"requests": rows})
    values = {"scope": "song_generation", "reason": "load test", "approver": "Grace"}
    span = {"starts_at": AT - 3 * DAY, "ends_at": AT - DAY}
    write(tmp_path, Actor("Ada"), "corrections", {**values, **span})
    told = everything(on_why(app, "song_generation", "success_rate"))
    assert not app.error
    assert "As measured 91.45 % (88.5 failures over the 5.5 allowed); as corrected 99.6 %" in told
    assert "◐ Of 94 failures as measured, a correction leaves out 90 failures." in told
    shown = {metric.label: metric.value for metric in app.metric}
    assert (shown["Failures over 30d"], shown["SLI over 30d"]) == ("4", "99.6 %")
    assert shown["Budget left"] == "20 %"
