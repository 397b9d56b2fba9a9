"""The catalogue's page as a script: everything in it can be read, found and filtered."""

import shutil
from datetime import datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from slo_core.catalog import load_catalog
from tests.random_logs import write_tables
from tests.small import ROOT, STUDIO


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The app on a data folder with one request."""
    monkeypatch.setenv("SLO_DATA", str(tmp_path))
    monkeypatch.delenv("SLO_CATALOG", raising=False)
    write_tables(tmp_path, {"requests": [{"ts": datetime(2025, 3, 30, 10), "journey": "api"}]})
    return AppTest.from_file(str(ROOT / "pages" / "main.py"), default_timeout=60)


def on_catalogue(app: AppTest, **address: str) -> str:
    """Run the page and return its words, those in tables of ours too."""
    app.run()
    app.switch_page("catalogue.py")
    for name, value in address.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    blocks = [*app.markdown, *app.caption, *app.info]
    html = [element.proto.body for element in app.get("html")]
    return "\n".join([str(block.value) for block in blocks] + html)


def test_everything_of_the_document_can_be_read(app: AppTest) -> None:
    words = on_catalogue(app)
    assert not app.error
    assert "32 of 32 objectives" in words
    titles = [title.value for title in app.header]
    assert titles[:8] == [journey.name for journey in STUDIO.journeys]
    for journey, objective in STUDIO.objectives:
        assert objective.name in words
        assert (journey.rationale or "").split(".")[0] in words
    for band in STUDIO.policy.bands:
        assert all(text in words for text in (*band.allowed, *band.restrictions))
    for reading in STUDIO.readings:
        assert reading.reason.split("'")[0].split('"')[0].split("<")[0] in words


def test_a_journey_of_the_address_is_shown_alone(app: AppTest) -> None:
    words = on_catalogue(app, journey="web")
    assert "4 of 32 objectives" in words
    assert "Song Generation" not in [title.value for title in app.header]
    assert "no error budget" in words
    app.selectbox(key="choose_journey").set_value("api").run()
    assert app.query_params["journey"] == "api"
    assert "API Availability" in [title.value for title in app.header]


def test_words_are_searched_for_everywhere(app: AppTest) -> None:
    words = on_catalogue(app, find="p75 LCP")
    assert "1 of 32 objectives" in words
    assert "None that has these words." in words  # of readings
    app.text_input(key="find").set_value("unicorn").run()
    assert "No objective has the words “unicorn”" in app.info[0].value


def test_a_journey_that_is_not_there_is_a_sentence(app: AppTest) -> None:
    on_catalogue(app, journey="nowhere")
    assert "no journey is called 'nowhere'" in app.error[0].value


def test_another_catalogue_reads_as_well(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLO_CATALOG", str(ROOT / "tests" / "shop.yaml"))
    shop = load_catalog(ROOT / "tests" / "shop.yaml")
    words = on_catalogue(app)
    assert not app.error
    assert f"{len(shop.objectives)} of {len(shop.objectives)} objectives" in words
    assert "over 12 pictures a second for 80% of pages" in words


def test_it_can_be_read_before_there_are_logs(app: AppTest, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "requests")
    assert "32 of 32 objectives" in on_catalogue(app)
    assert not app.error
