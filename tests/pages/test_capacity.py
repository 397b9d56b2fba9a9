"""The capacity page as a script: full, empty, of one row and of old data."""

from datetime import datetime, timedelta
from pathlib import Path

from streamlit.testing.v1 import AppTest

from tests.capacity.test_capacity import tables
from tests.random_logs import Tables, write_tables
from tests.words import everything

AT = datetime(2025, 3, 31)


def on_page(app: AppTest, folder: Path, rows: Tables) -> str:
    """Run the page on some rows; what it says."""
    # The first page is another one, which need not read anything.
    app.run()
    app.switch_page("capacity.py")
    write_tables(folder, rows)
    app.run()
    assert not app.exception
    return everything(app)


def test_growth_triggers_costs_and_budgets_are_there(app: AppTest, tmp_path: Path) -> None:
    words = on_page(app, tmp_path, tables())
    assert not app.error
    assert "▲ Scale up" in words
    assert "CPU &gt; 70% for 15 minutes" in words
    assert "1 of 2 hosts" in words
    assert "4,300 songs in the last 30 days" in words
    assert "before 2025-02-10 it was another time" in words
    assert "Disk > 85% would fire first, on b" not in words  # the busy host's CPU does already
    assert "2,411 vCPU seconds" in words  # 30 × 96 × 3600 / 4300
    assert "likely lasts the rest of the month even at 10 times the traffic." in words
    # Long after the newest data nothing is known, and nothing is recommended.
    app.text_input(key="at").set_value("2025-06-30T00:00:00Z").run()
    words = everything(app)
    assert not app.error
    assert "○ No data" in words
    assert "No trigger has data at this moment" in words
    assert "Song Generations/mo: no data in the last 30 days." in words


def test_one_row_is_no_trend(app: AppTest, tmp_path: Path) -> None:
    row = {"ts": AT - timedelta(days=1), "journey": "song_generation", "status": 200}
    words = on_page(app, tmp_path, {"requests": [row]})
    assert not app.error
    assert "1 songs in the last 30 days (data on 1 of them)" in words
    assert "Too little history to project from" in words
    assert "Which trigger would fire first cannot be told" in words


def test_without_logs_the_page_says_what_to_do(app: AppTest) -> None:
    app.run()
    app.switch_page("capacity.py").run()
    assert not app.exception
    assert not app.error
