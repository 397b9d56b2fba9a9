"""The audit's page as a script: every finding with its arithmetic, filtered by the address."""

from datetime import datetime
from pathlib import Path

import pytest
import yaml
from streamlit.testing.v1 import AppTest

from slo_core.catalog import Catalog
from slo_core.catalog.audit import audit
from slo_core.figures import html
from tests.catalog.repairs import repaired
from tests.random_logs import write_tables
from tests.small import ROOT, SHOP, STUDIO
from tests.words import everything


def on_audit(app: AppTest, **address: str) -> str:
    """Run the page; what it says."""
    app.run()
    app.switch_page("audit.py")
    for name, value in address.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return everything(app)


def says_all(words: str, catalog: Catalog) -> bool:
    """Whether every finding's texts are there."""
    return all(
        html.text(text).removeprefix("<span>").removesuffix("</span>") in words
        for finding in audit(catalog)
        for text in (finding.section, finding.arithmetic, finding.why, finding.suggestion)
    )


def counts(app: AppTest) -> dict[str, str]:
    """The counts by severity, by their words without colour."""
    return {metric.label.split(" ")[-1].strip("]"): metric.value for metric in app.metric}


@pytest.mark.parametrize("logs", [True, False], ids=["with logs", "without logs"])
def test_every_finding_is_there_the_worst_first(app: AppTest, tmp_path: Path, logs: bool) -> None:
    if logs:
        row = {"ts": datetime(2025, 3, 30, 10), "journey": "api"}
        write_tables(tmp_path, {"requests": [row]})
    words = on_audit(app)
    assert not app.error
    assert says_all(words, STUDIO)
    assert counts(app) == {"Errors": "12", "Warnings": "19", "Notes": "5"}
    assert [title.value for title in app.header] == ["Errors (12)", "Warnings (19)", "Notes (5)"]
    assert "36 of 36 findings" in words
    for label in ("✕ Error", "▲ Warning", "○ Note"):
        assert label in words


def test_severity_and_words_of_the_address_keep_to_what_they_name(app: AppTest) -> None:
    words = on_audit(app, severity="note")
    assert "5 of 36 findings" in words
    assert [title.value for title in app.header] == ["Notes (5)"]
    app.selectbox(key="choose_severity").set_value("error").run()
    assert app.query_params["severity"] == "error"
    app.text_input(key="find").set_value("10.4 DAYS playback").run()
    assert "1 of 36 findings" in everything(app)
    app.text_input(key="find").set_value("unicorn").run()
    assert "No finding has the words “unicorn”" in app.info[0].value


def test_a_severity_that_is_not_there_is_a_sentence(app: AppTest) -> None:
    on_audit(app, severity="fatal")
    assert '?severity= is "fatal", which is none of error, warning, note' in app.error[0].value


def test_a_catalogue_without_contradictions_is_told_so(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path.parent / f"{tmp_path.name}.yaml"
    mine.write_text(yaml.safe_dump(repaired(), allow_unicode=True), "utf-8")
    monkeypatch.setenv("SLO_CATALOG", str(mine))
    on_audit(app)
    assert not app.error
    assert counts(app) == {"Errors": "0", "Warnings": "0", "Notes": "0"}
    assert "found anything" in app.success[0].value


def test_another_catalogue_is_audited_as_well(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLO_CATALOG", str(ROOT / "tests" / "shop.yaml"))
    words = on_audit(app)
    assert not app.error
    assert "Corner Shop" in words
    assert says_all(words, SHOP)


def test_a_catalogue_that_cannot_be_read_is_a_sentence(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLO_CATALOG", "/nowhere/mine.yaml")
    on_audit(app)
    assert "mine.yaml: expected a catalogue here, found no such file" in app.error[0].value
