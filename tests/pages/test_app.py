"""Pages as scripts: what they say without data, and about an address that cannot be read."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from slo_core.catalog import load_catalog
from slo_core.terms import TERMS
from tests.small import small_rollup

MAIN = Path(__file__).parents[2] / "pages" / "main.py"


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The app on an empty data folder, which is ``tmp_path``."""
    monkeypatch.setenv("SLO_DATA", str(tmp_path))
    monkeypatch.delenv("SLO_CATALOG", raising=False)
    return AppTest.from_file(str(MAIN), default_timeout=30)


def one_request(folder: Path) -> None:
    """Write a data folder with one good request."""
    day = folder / "requests" / "date=2025-03-30"
    day.mkdir(parents=True)
    duckdb.sql(
        "COPY (SELECT TIMESTAMP '2025-03-30 10:00:00' AS ts, 'api' AS journey, 200 AS status) "
        f"TO '{day / 'part.parquet'}'"
    )


def is_fine(app: AppTest) -> bool:
    """Whether the page shows no error of any kind."""
    return not app.exception and not app.error


def sentence(app: AppTest) -> str:
    """The one error on the page."""
    assert not app.exception
    (error,) = app.error
    return error.value


@pytest.mark.parametrize("page", ["overview.py", "studio_health.py"])
def test_an_empty_folder_says_what_to_do(app: AppTest, tmp_path: Path, page: str) -> None:
    app.run()
    app.switch_page(page).run()
    assert is_fine(app)
    assert "No logs yet" in app.info[0].value
    commands = [block.value for block in app.code]
    assert f"python -m slo_core sample --data {tmp_path}" in commands
    assert any("requests/date=" in command for command in commands)
    assert [link.value for link in app.page_link] == ["How to turn your logs into tables"]


@pytest.mark.parametrize("address", [{}, {"present": "1"}])
def test_every_word_is_explained_within_reach(
    app: AppTest, tmp_path: Path, address: dict[str, str]
) -> None:
    """In the sidebar, and below each screen of a presentation, which has none."""
    one_request(tmp_path)
    app.query_params["at"] = "2025-04-02T00:00:00Z"
    app.query_params.update(address)
    app.switch_page("review.py").run()
    assert is_fine(app)
    place = app.main if address else app.sidebar
    (words,) = (it for it in place.expander if it.label == "What the words mean")
    told = words.markdown[0].value
    assert "**SLI**: the ratio itself: good over valid events, or seconds." in told
    assert told.count("\n\n") == len(TERMS) - 1


def test_a_folder_that_is_not_there_says_the_same(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLO_DATA", str(tmp_path / "nowhere"))
    app.run()
    assert is_fine(app)
    assert "not there yet" in app.info[0].value


def test_logs_that_arrive_are_seen(app: AppTest, tmp_path: Path) -> None:
    app.run()
    assert app.info
    one_request(tmp_path)
    app.run()
    assert not app.info
    assert is_fine(app)


def test_how_to_bring_logs_can_be_read_without_any(app: AppTest) -> None:
    app.run()
    app.switch_page("your_own_logs.py").run()
    assert is_fine(app)
    assert "## The tables" in app.markdown[0].value


@pytest.mark.parametrize("at", ["rubbish", "31.3.2025", "1743379200"])
def test_a_bad_moment_is_one_sentence(app: AppTest, tmp_path: Path, at: str) -> None:
    one_request(tmp_path)
    app.query_params["at"] = at
    app.run()
    assert sentence(app) == (
        f'?at= is "{at}", which is not a time from 1981 to 2199: write it as ISO 8601 in UTC, '
        "for example 2025-03-31T00:00:00Z."
    )


def test_a_bad_range_is_one_sentence(app: AppTest, tmp_path: Path) -> None:
    one_request(tmp_path)
    app.query_params["range"] = "fortnight"
    app.run()
    assert sentence(app).startswith('?range= is "fortnight", which is not a length of time')


def test_a_bad_catalogue_is_one_sentence(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_request(tmp_path)
    monkeypatch.setenv("SLO_CATALOG", str(tmp_path / "missing.yaml"))
    app.run()
    assert "missing.yaml: expected a catalogue here, found no such file" in sentence(app)


def test_what_people_typed_is_shown_as_they_typed_it(app: AppTest, tmp_path: Path) -> None:
    one_request(tmp_path)
    app.query_params["at"] = "$5 *now* [x](y)"
    app.run()
    assert r"\$5 \*now\* \[x\](y)" in sentence(app)  # Markdown shows it without the strokes


def test_moment_and_range_come_from_the_address(app: AppTest, tmp_path: Path) -> None:
    one_request(tmp_path)
    app.query_params["at"] = "2025-03-31T02:00:00+02:00"
    app.query_params["range"] = "36h"
    app.run()
    assert is_fine(app)
    captions = [caption.value for caption in app.caption]
    window = "Charts show 2025-03-29 12:00 to 2025-03-31 00:00 UTC."
    assert f"{window} Newest data: 2025-03-30 10:00 UTC, 14 h before." in captions


def test_a_look_back_says_how_far_the_data_reach_on(app: AppTest, tmp_path: Path) -> None:
    one_request(tmp_path)
    app.query_params["at"] = "2025-03-30T08:00:00Z"
    app.run()
    assert is_fine(app)
    assert any("Data reach on to 2025-03-30 10:00 UTC." in it.value for it in app.caption)


def test_a_look_at_now_says_how_old_the_data_are_now(app: AppTest, tmp_path: Path) -> None:
    # The look is one at the end of this minute, up to 60 s ahead; the data are as old as they are.
    ts = datetime.now(UTC).replace(tzinfo=None) - timedelta(seconds=61)
    small_rollup(tmp_path, {"requests": [{"ts": ts, "journey": "api", "status": 200}]})
    app.run()
    assert is_fine(app)
    (words,) = [it.value for it in app.caption if "Newest data" in it.value]
    assert re.search(r" UTC, 1 min [1-5]?\d s ago\.$", words)


def test_a_silent_journey_is_said_first(app: AppTest, tmp_path: Path) -> None:
    one_request(tmp_path)
    app.query_params["at"] = "2025-03-31T00:00:00Z"
    app.run()
    assert is_fine(app)
    (silence,) = app.warning
    name = load_catalog(MAIN.parents[1] / "data" / "studio.yaml").journey("api").name
    assert silence.value == f"no data of **{name}** since 2025-03-30 10:00 UTC"
    app.text_input(key="at").set_value("2025-03-30T10:01:00Z").run()
    assert is_fine(app)
    assert not app.warning


def test_what_was_not_counted_is_named_and_the_rest_counts(app: AppTest, tmp_path: Path) -> None:
    one_request(tmp_path)
    (tmp_path / "requests" / "date=2025-03-30" / "broken.parquet").write_text("not Parquet")
    app.query_params["at"] = "2025-03-31T00:00:00Z"
    app.run()
    assert is_fine(app)
    (expander,) = app.main.expander
    assert expander.label == "Not counted: requests/date=2025-03-30/broken.parquet"
    named = expander.dataframe[0].value
    assert list(named["File"]) == ["requests/date=2025-03-30/broken.parquet"]
    assert any("Newest data: 2025-03-30 10:00 UTC" in caption.value for caption in app.caption)


def test_a_folder_of_an_unknown_version_is_one_sentence(app: AppTest, tmp_path: Path) -> None:
    one_request(tmp_path)
    (tmp_path / "version").write_text("99")
    app.run()
    assert "says version '99'" in sentence(app)


def test_the_moment_steps_by_the_range(app: AppTest, tmp_path: Path) -> None:
    one_request(tmp_path)
    app.query_params["at"] = "2025-03-31T00:00:00Z"
    app.query_params["range"] = "24h"
    app.run()
    app.button(key="step_earlier").click().run()
    assert app.text_input(key="at").value == "2025-03-30T00:00:00Z"
    app.button(key="step_later").click().run()
    app.button(key="step_later").click().run()
    assert app.text_input(key="at").value == "2025-04-01T00:00:00Z"


def test_ranges_are_the_catalogues_windows(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_request(tmp_path)
    app.run()
    assert app.selectbox(key="range").options == ["1h", "6h", "24h", "72h", "7d", "30d"]
    assert app.selectbox(key="range").value == "7d"
    monkeypatch.setenv("SLO_CATALOG", str(MAIN.parents[1] / "tests" / "shop.yaml"))
    shop = AppTest.from_file(str(MAIN), default_timeout=30).run()
    assert is_fine(shop)
    # tests/shop.yaml: burn windows 30m, 2h and 12h; objectives over 24h (also written 1d) to 28d.
    assert shop.selectbox(key="range").options == ["30m", "2h", "12h", "24h", "7d", "14d", "28d"]
    assert shop.selectbox(key="range").value == "24h"


@pytest.mark.parametrize("sample", [True, False])
def test_sample_data_are_labelled(app: AppTest, tmp_path: Path, sample: bool) -> None:
    one_request(tmp_path)
    if sample:
        (tmp_path / "scenario.json").write_text('{"sample": true}')
    app.run()
    labels = [markdown.value for markdown in app.markdown if "Sample data" in markdown.value]
    assert len(labels) == sample
