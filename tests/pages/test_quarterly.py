"""The page of the quarterly review as a script: full, a proposal, empty, of one row."""

from datetime import datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.random_logs import Tables, write_tables
from tests.review.first_quarter import tables
from tests.small import ROOT
from tests.words import everything


def on_page(app: AppTest, folder: Path, rows: Tables, **address: str) -> str:
    """Run the page on some rows; what it says."""
    app.query_params["at"] = "2025-04-01T00:00:00Z"
    # The first page is another one, which need not read anything.
    app.run()
    app.switch_page("quarterly.py")
    write_tables(folder, rows)
    for name, value in address.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return everything(app)


def test_a_quarter_and_a_proposed_change(app: AppTest, tmp_path: Path) -> None:
    change = "target:song_generation.success_rate=98%"
    words = on_page(app, tmp_path, tables(), quarter="2025-Q1", change=change)
    assert not app.error
    titles = [title.value for title in app.header]
    assert titles == [
        # Who comes by a link to a change sees that first.
        *("A proposed change", "What to change", "Every promise", "The gate", "Capacity"),
        *("Alert thresholds", "Notes, decisions and action items"),
    ]
    assert "Split by platform Song Generation: Success Rate." in words
    assert "Met in 2 of 3 months of the quarter as it is, in 3 as proposed." in words
    assert "+        target: 0.98" in app.code[0].value
    # A decision is kept in the register under the reader's name, and told from then on.
    app.text_input(key="your_name_typed").set_value("Ada").run()
    app.button(key="decide").click().run()
    assert not app.exception
    assert "**Decided:** target:song" in everything(app).replace("\\", "")
    app.text_input(key="change").set_value("target:song_generation.success_rate=much").run()
    assert len(app.error) == 1
    assert "much" in app.error[0].value
    app.text_input(key="change").set_value("split:song_generation.success_rate").run()
    assert not app.error
    assert "+        per_platform: true" in app.code[0].value


@pytest.mark.long
def test_a_change_is_accepted_and_a_quarter_locked(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text((ROOT / "data" / "studio.yaml").read_text("utf-8"), "utf-8")
    monkeypatch.setenv("SLO_CATALOG", str(file))
    change = "target:song_generation.success_rate=98%"
    on_page(app, tmp_path, tables(), quarter="2025-Q1", change=change)
    app.text_input(key="your_name_typed").set_value("Ada").run()
    # Accepted, it is the catalogue's next version; there is nothing left to propose.
    app.button(key="accept").click().run()
    assert not app.exception
    assert not app.error
    assert "version: 2" in file.read_text("utf-8")
    assert "version 2 of mine.yaml, accepted by Ada" in str([it.label for it in app.expander])
    assert app.text_input(key="change").value == ""
    # Locked, the page shows the figures as they were, and says that nothing has changed.
    app.button(key="review_lock").click().run()
    assert not app.exception
    assert "Locked by Ada" in everything(app)
    app.button(key="compare").click().run()
    assert not app.exception
    words = everything(app)
    assert "Locked by Ada" in words
    assert "today's data and entries give the same figures" in words
    app.button(key="review_open").click().run()
    assert "Locked by Ada" not in everything(app)
    # One question a screen, with the same document.
    app.query_params["present"], app.query_params["slide"] = "1", "3"
    app.run()
    assert not app.exception
    assert "Did the error budget policy ever stop a deploy?" in [it.value for it in app.title]
    assert "No deploy asked the gate in the quarter" in everything(app)


def test_one_row_is_no_history(app: AppTest, tmp_path: Path) -> None:
    row = {"ts": datetime(2025, 3, 30, 10), "journey": "song_generation", "status": 200}
    words = on_page(app, tmp_path, {"requests": [row]})
    assert not app.error
    # One song at 99.5 % allows 0.005 to fail; of seconds up there is none at all.
    assert "So little was counted in the quarter that not one bad event is allowed" in words
    assert "Nothing is suggested: keep every promise." in words
    app.query_params["quarter"] = "2025-Q9"
    app.run()
    assert "no quarter" in app.error[0].value


def test_without_logs_the_page_says_what_to_do(app: AppTest) -> None:
    app.run()
    app.switch_page("quarterly.py").run()
    assert not app.exception
    assert not app.error
