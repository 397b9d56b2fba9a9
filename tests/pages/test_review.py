"""The monthly review as a script: full, empty, one row, long silent; what the meeting writes."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.addresses import below, shared_base
from pages.parts.review_present import screen
from slo_core.register import Actor, read_table, write
from slo_core.review.month import Month
from slo_core.review.notes import add_item
from tests.random_logs import write_tables
from tests.review.march import request, write_march
from tests.words import everything

MARCH = Month(datetime(2025, 3, 1), datetime(2025, 4, 1))


def on_page(app: AppTest, **address: str) -> str:
    """Run the page and return its words, those in tables of ours too."""
    app.query_params["at"] = "2025-04-02T00:00:00Z"
    for name, value in address.items():
        app.query_params[name] = value
    app.switch_page("review.py").run()
    assert not app.exception
    return everything(app).replace("\u00a0", " ")


def again(app: AppTest) -> str:
    app.run()
    assert not app.exception
    assert not app.error
    return everything(app).replace("\u00a0", " ")


def test_a_month_on_the_page_is_what_the_core_says(app: AppTest, tmp_path: Path) -> None:
    write_march(tmp_path)
    add_item(tmp_path, Actor("Ada"), MARCH, "Look at *iOS*", owner="Bea")
    words = on_page(app)
    assert not app.error
    # The last month that is over is the one that is meant.
    assert app.selectbox(key="choose_month").value == "2025-03"
    assert app.query_params["month"] in ("2025-03", ["2025-03"])
    assert "on ios cost 150 % of the budget; without it the target was met." in words
    assert "20 of 10 failures" in words
    assert "in pixels" not in words  # a bare string in a page's script is written on the page
    alts = [chart.proto.alt for chart in app.get("plotly_chart")]
    assert all(alts)
    assert any("incidents took 0.6 % of the allocation" in alt for alt in alts)
    _write(app, tmp_path)


def _write(app: AppTest, folder: Path) -> None:
    """A note, an item done, the lock; nothing before there is a name."""
    assert app.button(key="review_lock").disabled
    app.text_input(key="your_name_typed").set_value("Ada").run()
    app.text_area[0].set_value("Freeze *everything*")
    submit = next(it for it in app.button if it.label == "Write it down")
    submit.click()
    assert "Freeze \\*everything\\*" in again(app)
    (box,) = (it for it in app.checkbox if "Look at" in it.label)
    assert "Bea, no date" in box.label
    box.check()
    again(app)
    assert read_table(folder, "tasks")["done_at"].notna().all()
    app.button(key="review_lock").click()
    words = again(app)
    assert "Locked by Ada" in words
    assert "today's data and entries give the same figures" not in words
    app.button(key="compare").click()
    words = again(app)
    assert "Locked by Ada" in words
    assert "today's data and entries give the same figures" in words
    assert not [it for it in app.button if it.label == "Write it down"]
    app.button(key="review_open").click()
    assert "Locked by Ada" not in again(app)


@pytest.mark.parametrize(
    ("text", "number"), [("1", 1), ("3", 3), ("99", 14), ("0", 1), ("-2", 1), ("x", 1), ("²", 1)]
)
def test_an_address_names_a_screen_that_there_is(text: str, number: int) -> None:
    assert screen(text, 14) == number


def test_who_gets_a_file_is_led_to_an_address_that_is_theirs_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SLO_BASE_URL", raising=False)
    assert shared_base() == ""
    monkeypatch.setenv("SLO_BASE_URL", "https://slo.example.com/")
    assert shared_base() == f"https://slo.example.com{below('').rstrip('/')}"


def test_one_row_is_no_verdict_that_hides_how_little_it_is(app: AppTest, tmp_path: Path) -> None:
    write_tables(tmp_path, {"requests": [request(datetime(2025, 3, 10, 9), status=500)]})
    words = on_page(app)
    assert not app.error
    assert "rests on few events" in words
    assert "Nobody knows of" in words
    assert "The data begin at 2025-03-10 09:00 UTC" in words


def test_a_month_after_the_data_have_ended(app: AppTest, tmp_path: Path) -> None:
    at = datetime(2025, 2, 10)
    write_tables(tmp_path, {"requests": [request(at - timedelta(hours=n)) for n in range(9)]})
    words = on_page(app, month="2025-03")
    assert "No data of March 2025: the data end at 2025-02-10 00:00 UTC, before it." in words
    assert "✓" not in words


def test_a_lock_that_cannot_be_read_is_said_and_can_be_opened(app: AppTest, tmp_path: Path) -> None:
    write_tables(tmp_path, {"requests": [request(datetime(2025, 3, 10, 9))]})
    locked = {"period": "2025-03", "locked_at": datetime(2025, 4, 1), "figures": "{}"}
    write(tmp_path, Actor("Ada"), "reviews", locked)
    on_page(app)
    (error,) = app.error
    assert "the locked review of 2025-03 cannot be read" in error.value
    app.text_input(key="your_name_typed").set_value("Bea").run()
    app.button(key="review_open").click()
    again(app)
    assert "Actual against target" in [it.value for it in app.header]


def test_what_is_no_month_is_one_sentence(app: AppTest, tmp_path: Path) -> None:
    write_tables(tmp_path, {"requests": [request(datetime(2025, 3, 10, 9))]})
    on_page(app, month="soon")
    (error,) = app.error
    assert "write one as 2025-03" in error.value


def test_without_logs_the_page_says_what_to_do(app: AppTest) -> None:
    on_page(app)
    assert not app.error
    assert "No logs yet" in app.info[0].value
