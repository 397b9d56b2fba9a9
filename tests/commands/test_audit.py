"""The command audit: findings for people and for programs, and its exit codes."""

import json
from pathlib import Path

import pytest
import yaml

from slo_core.__main__ import main
from slo_core.catalog import load_catalog
from slo_core.catalog.audit import audit
from tests.catalog.repairs import Data, repaired
from tests.small import ROOT

STUDIO = ROOT / "data" / "studio.yaml"
KEYS = {"rule", "severity", "where", "section", "arithmetic", "why", "suggestion"}


def written(folder: Path, data: Data) -> str:
    path = folder / "mine.yaml"
    path.write_text(yaml.safe_dump(data, sort_keys=False, allow_unicode=True), "utf-8")
    return str(path)


def test_json_states_every_finding(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "--catalog", str(STUDIO), "--format", "json"]) == 1
    stated = json.loads(capsys.readouterr().out)
    assert stated["catalog"] == "FlashFusion Studio"
    findings = audit(load_catalog(STUDIO))
    assert len(stated["findings"]) == len(findings)
    for row, finding in zip(stated["findings"], findings, strict=True):
        assert set(row) == KEYS
        assert (row["rule"], row["arithmetic"]) == (finding.rule, finding.arithmetic)


def test_people_read_shape_word_place_arithmetic_reason_and_remedy(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["audit", "--catalog", str(STUDIO)]) == 1
    said = capsys.readouterr().out
    assert said.startswith("FlashFusion Studio: 12 errors, 19 warnings, 5 notes\n")
    assert "✕ Error: policy.bands.low (policy.overlap)" in said
    assert "▲ Warning: growth.song_generations (capacity.outgrown_allocation)" in said
    assert "○ Note: policy.bands (policy.gap)" in said
    flat = " ".join(said.split())
    for finding in audit(load_catalog(STUDIO)):
        assert f"{finding.arithmetic} Why: {finding.why} Do: {finding.suggestion}" in flat
    assert max(map(len, said.splitlines())) <= 100


def test_a_repaired_catalogue_exits_with_0(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", "--catalog", written(tmp_path, repaired())]) == 0
    assert capsys.readouterr().out == "FlashFusion Studio: 0 errors, 0 warnings, 0 notes\n"


def test_warnings_alone_exit_with_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = repaired()
    data["growth"][1]["quarters"]["Q1 2026"] = 9_000_000
    assert main(["audit", "--catalog", written(tmp_path, data)]) == 0
    assert "0 errors, 1 warning, 0 notes" in capsys.readouterr().out


def test_bad_input_exits_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "--catalog", str(tmp_path / "none.yaml")]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "expected a catalogue here, found no such file" in said.err
    assert main(["audit", "--format", "xml"]) == 2
