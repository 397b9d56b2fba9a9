"""The Data page as a script: full, empty, of one row, stale; what is quarantined is retried."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from slo_core.logs.ingest import ingest
from tests.random_logs import write_tables
from tests.small import STUDIO

NOON = datetime(2025, 3, 30, 12)
HOUR = timedelta(hours=1)


def on_data(app: AppTest) -> str:
    """Run the page and return its words."""
    app.run()
    app.switch_page("data.py").run()
    return words(app)


def words(app: AppTest) -> str:
    assert not app.exception
    assert not app.error
    blocks = [*app.markdown, *app.caption, *app.info, *app.warning, *app.success]
    return "\n".join(str(block.value) for block in blocks)


def tables(app: AppTest) -> dict[str, list[str]]:
    """The tables of the page by the name of their first column, with that column's values."""
    return {frame.value.columns[0]: list(frame.value.iloc[:, 0]) for frame in app.dataframe}


def test_a_full_page(app: AppTest, tmp_path: Path) -> None:
    hours = [NOON - n * HOUR for n in range(150)]
    double = {"ts": NOON - HOUR / 2, "journey": "api", "status": 200}
    beside = {"ts": NOON - HOUR, "journey": "web", "status": 200, "source": "server"}
    requests = [{"ts": ts, "journey": "api", "status": 200} for ts in hours if ts.day != 27]
    write_tables(
        tmp_path,
        {
            "requests": [*requests, double, double, beside],
            "probes": [{"ts": ts, "scope": "api", "target": "eu", "ok": True} for ts in hours],
        },
    )
    apart = {"ts": NOON - 240 * HOUR, "journey": "api"}
    write_tables(tmp_path / "collector" / "late", {"requests": [apart]})
    log = tmp_path / "our.log"
    time = "[30/Mar/2025:09:00:00 +0000]"
    log.write_text(
        f'::1 - - {time} "GET /v1/songs/17 HTTP/1.1" 200 5\n::1 - - {time} "GET /x\n', "utf-8"
    )
    ingest([str(log)], tmp_path, STUDIO)
    said = on_data(app)
    assert [warning.value for warning in app.warning if "nothing" in warning.value] == [
        "**requests**: nothing on 2025-03-27"
    ]
    assert [metric.label for metric in app.metric] == [
        *("Newest event", "Rows in this range", "Lines in quarantine", "Data folder")
    ]
    # 150 hours, without the 24 of the 27th, two alike, one beside, one by ingest; and 150 probes.
    assert app.metric[1].value == f"{150 - 24 + 2 + 1 + 1 + 150}"
    assert app.metric[2].value == "1"
    found = tables(app)
    heard = next(it.value for it in app.dataframe if it.value.columns[0] == "Table")
    assert "web: server" in list(heard["Source"])
    assert found["Journey"] == [journey.name for journey in STUDIO.journeys]
    assert found["Method"] == ["GET"]
    assert "came more than a day after their day" in said
    assert "**1 event** came for 2025-03-20, whose raw logs are gone" in said
    assert "1 line** set apart" in said
    assert "{journey: song_generation, path: '^/v1/songs/[^/]+$', method: GET}" in app.code[0].value
    (day,) = (box for box in app.selectbox if box.key == "twice")
    day.select(NOON.date()).run()
    assert "**1 row** repeated another in every column" in words(app)
    app.number_input(key="keep").set_value(3).run()
    # Midnight of the 31st less three days: the 24th to the 27th are older, of probes at least.
    assert "Raw logs of **4 days**, 2025-03-24 to 2025-03-27" in words(app)
    assert "retain --data" in app.code[-1].value


def test_quarantine_is_read_again(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "events.jsonl"
    lines = [
        {"ts": "2025-03-30T10:00:00Z", "journey": "api", "status": 200},
        {"ts": "2025-03-30T10:00:01Z", "journey": "checkout", "status": 200},
        {"ts": "2025-03-30T10:00:02Z", "journey": "nowhere", "status": 200},
    ]
    log.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    ingest([str(log)], tmp_path, STUDIO)
    assert "2 lines** set apart" in on_data(app)
    # The other catalogue knows one of the two journeys.
    monkeypatch.setenv("SLO_CATALOG", str(Path(__file__).parents[1] / "shop.yaml"))
    (button,) = (it for it in app.button if it.label == "Read them again")
    button.click().run()
    said = words(app)
    assert "Read again: 1 line counted now, 1 still in quarantine." in said
    assert "1 line** set apart" in said


def test_without_logs_and_without_reports_it_is_the_welcome(app: AppTest) -> None:
    app.run()
    app.switch_page("data.py").run()
    assert "No logs yet" in app.info[0].value


def test_a_file_of_which_no_line_was_read_is_seen_before_there_are_logs(
    app: AppTest, tmp_path: Path
) -> None:
    (tmp_path / "bad.log").write_text("rubbish\n", "utf-8")
    ingest([str(tmp_path / "bad.log")], tmp_path, STUDIO, format="common")
    said = on_data(app)
    assert "1 line** set apart" in said
    assert "There are no logs yet" in said


def test_one_row_that_is_stale(app: AppTest, tmp_path: Path) -> None:
    write_tables(tmp_path, {"requests": [{"ts": NOON - 60 * HOUR, "journey": "api"}]})
    said = on_data(app)
    assert "no data of **API Availability** since 2025-03-28 00:00 UTC" in said
    assert app.metric[0].value == "3 d before"
    assert app.metric[1].value == "1"
    assert "No file came by ingest yet" in said
    assert "No raw logs are older than 90 days" in said
    assert not [warning for warning in app.warning if "nothing on" in warning.value]
