"""The page of incidents as a script: empty, one row, full, stale, and what is written there."""

from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from slo_core.catalog import load_catalog
from slo_core.register import Actor, read_incidents, read_maintenance, read_table, write
from tests.random_logs import small_tables, write_tables
from tests.small import ROOT
from tests.words import everything

AT = datetime(2025, 3, 31)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PAGE = "incidents.py"


def on(app: AppTest) -> AppTest:
    """Run the page, which shows no error of any kind."""
    app.switch_page(PAGE).run()
    return sound(app)


def sound(app: AppTest) -> AppTest:
    assert not app.exception
    assert not app.error, [error.value for error in app.error]
    return app


def named(app: AppTest) -> AppTest:
    app.text_input(key="your_name_typed").set_value("Ada").run()
    return sound(app)


def songs(count: int, failed: int, ago: timedelta) -> list[dict[str, Any]]:
    row = {"ts": AT - ago, "journey": "song_generation", "user_id": "u"}
    return [row | {"status": 500 if number < failed else 200} for number in range(count)]


def incident(folder: Path, **more: Any) -> int:
    row = {"title": "Songs <fail>", "severity": "P1", "journey": "song_generation"}
    times = {"started_at": AT - 2 * HOUR, "detected_at": AT - 110 * MINUTE}
    return write(folder, Actor("Bo"), "incidents", row | times | more)


def test_an_empty_register_says_so_and_a_person_opens_the_first(
    app: AppTest, tmp_path: Path
) -> None:
    write_tables(tmp_path, {"requests": songs(1, 0, HOUR)})
    app.query_params["incident"] = "99"
    words = everything(on(app))
    for told in (
        "The address asks for incident 99",
        "The register has no incident up to 2025-03-31 00:00 UTC",
        "Nothing: each alert that fired",
        "No incident began in the 7 d before",
        "Nothing is corrected: every figure is as measured",
        "No maintenance is in the register",
    ):
        assert told in words
    named(app)
    app.text_input(key="new_title").set_value("It is slow")
    app.multiselect(key="new_journeys").set_value(["web", "api"])
    button(app, "Open the incident").click().run()
    assert "Incident 1 is open." in [it.value for it in sound(app).success]
    (row,) = read_incidents(tmp_path).itertuples()
    assert (row.title, row.journeys, row.started_at) == ("It is slow", ("web", "api"), AT)
    assert row.created_by == "Ada"
    # Without a title nothing is written, and what is wrong is said.
    button(app, "Open the incident").click().run()
    assert "a new incident has no title" in app.error[0].value
    # Said over the page too: its form is far below the place of what went wrong.
    assert "a new incident has no title" in app.toast[0].value


def button(app: AppTest, label: str) -> Any:
    return next(it for it in app.button if it.label == label)


def test_a_suggestion_is_accepted_with_one_click(app: AppTest, tmp_path: Path) -> None:
    write_tables(tmp_path, {"requests": songs(60, 60, HOUR)})
    words = everything(on(app))
    assert "**P1 Song Generation Failure Spike**" in words
    assert ":gray-badge[Document] :gray-badge[Burn alert]" in words
    named(app)
    button(app, "Open an incident").click().run()
    assert "Song Generation Failure Spike" in everything(sound(app))
    assert "Nothing: each alert that fired" in everything(app)
    assert read_incidents(tmp_path)["alert"].tolist() == ["StudioSongGenerationFailureSpike"]


def test_one_incident_with_its_clocks_its_impact_and_its_steps(
    app: AppTest, tmp_path: Path
) -> None:
    rows = [*songs(50, 30, HOUR), *songs(10, 2, HOUR + 7 * DAY)]
    write_tables(tmp_path, {"requests": rows})
    incident(tmp_path)
    app.query_params["incident"] = "1"
    words = everything(on(app))
    assert "**detected**, led by nobody yet" in words
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures["Response: :red[✕ over by 1 h 35 min]"] == "1 h 50 min"
    assert figures["Resolution: :orange[▲ runs]"] == "2 h 10 min left"
    assert (figures["Failed requests"], figures["Beyond the usual"]) == ("30", "28")
    assert (figures["Budget: Song Generation"], figures["Users affected"]) == ("1.2 %", "1")
    assert "✕ Hit" in words
    named(app)
    app.text_input(key="step_at_1_1").set_value("2025-03-30T22:30Z")
    button(app, "Stamp it").click().run()
    sound(app)
    (row,) = read_incidents(tmp_path).itertuples()
    assert row.triaged_at == AT - 90 * MINUTE
    assert "✓ 2025-03-30 22:30 UTC" in everything(app)
    app.text_input(key="action_text").set_value("Mend it")
    button(app, "Add").click().run()
    assert read_table(tmp_path, "tasks")["action"].tolist() == ["Mend it"]
    app.checkbox(key="action_1_1").check().run()
    sound(app)
    assert read_table(tmp_path, "tasks")["done_at"].notna().all()


def test_what_another_wrote_meanwhile_is_shown_and_nothing_is_lost(
    app: AppTest, tmp_path: Path
) -> None:
    write_tables(tmp_path, {"requests": songs(1, 0, HOUR)})
    own = incident(tmp_path)
    app.query_params["incident"] = str(own)
    on(app)
    named(app)
    theirs = {"root_cause": "Bo knows", "commander": "Bo"}
    write(tmp_path, Actor("Bo"), "incidents", theirs, row_id=own, version=1)
    app.text_area(key="incident_1_summary").set_value("of Ada")
    app.text_input(key="incident_1_commander").set_value("Ada")
    button(app, "Save").click().run()
    assert "Bo changed incident 1" in app.error[0].value
    assert "- Root cause: (nothing) → Bo knows (Bo)" in everything(app)
    assert app.text_area(key="incident_1_summary").value == "of Ada"
    assert read_incidents(tmp_path)["version"].tolist() == [2]
    # A step that is stamped meanwhile does not decide whose words hold.
    button(app, "Stamp it").click().run()
    assert read_incidents(tmp_path)["version"].tolist() == [3]
    assert "Bo changed this incident" in everything(app)
    assert "- Led by: (nothing) → Bo (Bo)" in everything(app)
    button(app, "Put mine on top of theirs").click().run()
    assert app.text_area(key="incident_1_root_cause").value == "Bo knows"
    assert app.text_input(key="incident_1_commander").value == "Ada"
    button(app, "Save").click().run()
    (row,) = read_incidents(tmp_path).itertuples()
    assert (row.summary, row.commander, row.root_cause) == ("of Ada", "Ada", "Bo knows")
    assert "Bo knows" in everything(sound(app))  # the history tells it


def test_corrections_are_seen_beside_the_figures_that_they_touch(
    app: AppTest, tmp_path: Path
) -> None:
    write_tables(tmp_path, {"requests": [*songs(1000, 0, DAY), *songs(100, 50, HOUR)]})
    named(on(app))
    app.multiselect(key="correct_of").set_value(["song_generation"])
    for key, typed in (
        ("correct_from", "2025-03-30T22:55Z"),
        ("correct_to", "2025-03-30T23:05Z"),
        ("correct_reason", "load test"),
        ("correct_approver", "Grace"),
    ):
        app.text_input(key=key).set_value(typed)
    button(app, "Leave it out").click().run()
    assert "load test (approved by Grace)" in everything(sound(app))
    app.switch_page("studio_health.py").run()
    words = everything(sound(app)).replace("\u00a0", " ")
    assert "◐ Corrected" in words
    assert "decides; as measured 95.45 %" in words
    assert "As measured: 44.5 failures over the 5.5 allowed" in words
    app.query_params["journey"] = "song_generation"
    app.query_params["objective"] = "success_rate"
    app.switch_page("why.py").run()
    assert "as corrected 100 % (5 of 5 failures left)" in everything(sound(app))


def test_a_window_says_before_it_is_saved_whether_it_counts(app: AppTest, tmp_path: Path) -> None:
    write_tables(tmp_path, {"requests": songs(1, 0, HOUR)})
    named(on(app))
    app.text_input(key="maintain_from").set_value("2025-04-01T00:00Z")
    app.text_input(key="maintain_to").set_value("2025-03-01T00:00Z").run()
    assert "Its end must come after its start." in everything(app)
    app.text_input(key="maintain_to").set_value("2025-04-01T01:00Z").run()
    assert "it is written and shown, but its time counts as any other" in everything(app)
    app.button(key="maintain").click().run()
    assert "▲ announced too late: it counts" in everything(sound(app))
    (row,) = read_maintenance(tmp_path).itertuples()
    assert row.scope == "api"
    app.button(key=f"call_off_{row.id}").click().run()
    assert read_maintenance(tmp_path)["cancelled_at"].notna().all()


@pytest.mark.parametrize(
    "catalog", ["data/studio.yaml", pytest.param("tests/shop.yaml", marks=pytest.mark.long)]
)
def test_full_data_of_any_catalogue_before_and_after_it(
    app: AppTest, tmp_path: Path, catalog: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLO_CATALOG", str(ROOT / catalog))
    loaded = load_catalog(ROOT / catalog)
    write_tables(tmp_path, small_tables(Random(7), loaded, AT))
    journey, severity = loaded.journeys[0].id, loaded.severities[0].id
    incident(tmp_path, journey=journey, severity=severity)
    # What another catalogue has written is shown all the same.
    other = incident(tmp_path, journey="gone", severity="Sev9", started_at=AT - DAY)
    assert "Songs &lt;fail&gt;" in everything(on(app))
    app.query_params["incident"] = str(other)
    app.run()
    assert "**Sev9**" in everything(sound(app))
    app.query_params["incident"] = "1"
    app.text_input(key="at").set_value("2024-01-01T00:00:00Z").run()
    assert "It had not begun at 2024-01-01 00:00 UTC." in everything(sound(app))
