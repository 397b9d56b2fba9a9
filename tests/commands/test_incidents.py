"""Incidents, corrections and maintenance on the command line."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from slo_core.__main__ import main
from slo_core.register import read_incidents, read_maintenance, read_table
from tests.random_logs import write_tables

AT = datetime(2025, 3, 31)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs a command on a folder in which every song of ten minutes failed."""
    row = {"journey": "song_generation", "status": 500, "user_id": "u"}
    write_tables(tmp_path, {"requests": [row | {"ts": AT - n * MINUTE / 6} for n in range(1, 61)]})

    def run(*words: str, code: int = 0) -> str:
        line = [*words, "--data", str(tmp_path)]
        assert main(line) == code
        found = capsys.readouterr()
        return found.err if code else found.out

    return run


def test_an_incident_from_its_suggestion_to_its_end(said: Any, tmp_path: Path) -> None:
    at = ("--at", "2025-03-31T00:00:00Z")
    assert "No incident is in the register" in said("incidents", *at)
    asked = json.loads(said("incidents", "suggested", *at, "--format", "json"))
    assert [it["journey"] for it in asked["suggestions"]] == ["song_generation"]
    assert "Incident 1 is open" in said("incidents", "suggested", *at, "--accept", "1", "--as", "A")
    assert (
        said("incidents", "suggested", *at, "--create") == "Opened: none.\nNothing is suggested.\n"
    )
    said("incidents", "step", "1", "triage", "--when", "2025-03-31T00:10Z", "--as", "A")
    said("incidents", "edit", "1", "--set", "five_whys=a; b", "--set", "commander=Bo", "--as", "A")
    said("incidents", "todo", "1", "Mend it", "--owner", "Bo", "--as", "A")
    (row,) = read_incidents(tmp_path).itertuples()
    assert (row.five_whys, row.commander, row.updated_by) == (("a", "b"), "Bo", "A")
    shown = json.loads(said("incidents", "show", "1", *at, "--format", "json"))
    assert (shown["impact"]["failed"], shown["impact"]["users"]["distinct"]) == (60, 1)
    assert shown["impact"]["excess"] is None  # no week before has data
    assert [it["action"] for it in shown["actions"]] == ["Mend it"]
    told = said("incidents", "show", "1", *at)
    assert "Users affected: 1." in told
    assert "Led by: Bo" in told
    assert "Why 1: a\nWhy 2: b\naction 1: Mend it (open)\n\nLatest changes:\n" in told
    assert "A: commander – → Bo" in told
    assert "\nResponse: " in told
    (listed,) = json.loads(said("incidents", "--open", *at, "--format", "json"))["incidents"]
    assert (listed["active"], listed["response"]["limit_seconds"]) == (True, 900)
    old = said("incidents", "edit", "1", "--set", "commander=C", "--version", "1", code=2)
    assert "A changed incident 1" in old
    assert "expected FIELD=VALUE" in said("incidents", "edit", "1", "--set", "x", code=2)
    assert "has no incident 9" in said("incidents", "reopen", "9", code=2)


def test_opened_merged_and_reopened(said: Any, tmp_path: Path) -> None:
    words = ("--title", "Slow", "--severity", "P3", "--journey", "web", "--journey", "api")
    for started in ("2025-03-30T10:00Z", "2025-03-30T09:00Z"):
        said("incidents", "open", *words, "--started", started, "--as", "A")
    said("incidents", "merge", "1", "2", "--as", "A")
    assert set(read_incidents(tmp_path)["status"]) == {"merged", "open"}
    said("incidents", "reopen", "1", "--as", "A")
    assert read_incidents(tmp_path)["journeys"].tolist() == [("web", "api")] * 2
    # Neither journey has a request: nobody knows what failed, or whom it hit.
    told = said("incidents", "show", "1", "--at", "2025-03-30T11:00Z")
    assert "Failed: no data, beyond the usual no data" in told
    assert "Journeys hit: no data." in told
    assert "Users affected: no data." in told


def test_corrections_and_maintenance(said: Any, tmp_path: Path) -> None:
    assert "every figure is as measured" in said("corrections")
    span = ("--from", "2025-03-30T23:50Z", "--to", "2025-03-31T00:00Z")
    said(
        "corrections",
        "add",
        "--journey",
        "song_generation",
        *span,
        "--reason",
        "load test",
        "--approver",
        "Grace",
        "--as",
        "A",
    )
    stated = json.loads(said("status", "--at", "2025-03-31T00:00Z", "--format", "json"))
    (song, *_) = stated["objectives"]
    assert (song["valid"], song["corrected"]["valid"], song["decides"]) == (60, 0, "corrected")
    told = said("status", "--at", "2025-03-31T00:00Z")
    assert "success_rate: as measured 0 %, as corrected no data; the figure as corrected" in told
    assert "MISSED" not in said("status", "--at", "2025-03-31T00:00Z", "--check")
    assert "Grace" in said("corrections")
    said("corrections", "cancel", "1", "--as", "A")
    assert read_table(tmp_path, "corrections")["cancelled_at"].notna().all()
    ahead = ("--from", "2199-01-01T00:00Z", "--to", "2199-01-01T01:00Z", "--as", "A")
    assert "its time is left out" in said("maintenance", "announce", "--scope", "api", *ahead)
    said("maintenance", "cancel", "1", "--as", "A")
    assert read_maintenance(tmp_path)["cancelled_at"].notna().all()
    assert "cancelled" in said("maintenance")
    assert "has no maintenance 7" in said("maintenance", "cancel", "7", code=2)
