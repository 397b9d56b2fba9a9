"""The page on taking logs in: its commands and mappings work, and it names every format and key."""

import re
import shlex
from pathlib import Path

import pytest

from slo_core.logs.ingest.detect import CHOICES
from slo_core.logs.ingest.mapping import load_mapping
from slo_core.logs.ingest.report import Report
from tests.commands.test_commands import run
from tests.logs.ingest.taking import SAMPLES, mapping, rows, take
from tests.small import ROOT

TEXT = (ROOT / "docs" / "ingest.md").read_text("utf-8")
README = (ROOT / "README.md").read_text("utf-8")
MAPPINGS = dict(re.findall(r"```yaml\n# (\w+\.yaml)\n(.*?)```", TEXT, re.DOTALL))


def test_every_format_and_key_is_written_down() -> None:
    formats = TEXT.partition("## What is read")[2].partition("## The report")[0]
    assert all(f"`{choice}`" in formats for choice in CHOICES if choice != "auto")
    keys = TEXT.partition("## The report")[2].partition("## A mapping")[0]
    assert all(f"`{key}`" in keys for key in Report().as_dict())


def test_every_mapping_can_be_read(tmp_path: Path) -> None:
    assert set(MAPPINGS) == {"map.yaml", "columns.yaml", "lines.yaml"}
    for name, text in MAPPINGS.items():
        (tmp_path / name).write_text(text, "utf-8")
        assert load_mapping(tmp_path / name)


def test_the_mapping_of_lines_takes_them_apart(tmp_path: Path) -> None:
    (tmp_path / "lines.yaml").write_text(MAPPINGS["lines.yaml"], "utf-8")
    (tmp_path / "app.log").write_text("2025-03-31T10:00:00Z INFO GET /v1/songs?x=1 200 12ms\n")
    own = load_mapping(tmp_path / "lines.yaml")
    assert take(tmp_path / "data", tmp_path / "app.log", mapping=own).total.accepted == 1
    (row,) = rows(tmp_path / "data")
    assert (row["endpoint"], row["method"], row["duration_ms"]) == ("/v1/songs", "GET", 12.0)


def test_a_size_may_be_no_column_at_all(tmp_path: Path) -> None:
    own = mapping(columns={"response_bytes": []})
    total = take(tmp_path / "data", SAMPLES / "combined.log", mapping=own).total
    # Without sizes the 200 with nothing in it cannot be told from the others.
    assert total.outcomes == {"good": 4, "failed": 2, "excluded": 2}


@pytest.mark.parametrize("text", [TEXT, README], ids=["docs", "readme"])
def test_the_commands_run_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    commands = re.findall(r"^python -m slo_core ((?:ingest|retain|status) .*)$", text, re.MULTILINE)
    assert len(commands) >= 3
    (tmp_path / "access.log").write_bytes((SAMPLES / "damaged.log").read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SLO_DATA", "my-logs")
    for command in commands:
        done = run(*shlex.split(command))
        assert done.returncode == 0, (command, done.stderr)
    assert len(rows(tmp_path / "my-logs")) == 5
