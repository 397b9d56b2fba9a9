"""``ingest`` and ``retain`` as a person and as a program use them."""

import json
import subprocess
import sys
from pathlib import Path

from tests.commands.test_commands import run, sentence
from tests.logs.ingest.taking import SAMPLES, everything
from tests.small import ROOT


def test_the_report_for_programs(tmp_path: Path) -> None:
    words = ("ingest", str(SAMPLES / "combined.log"), str(SAMPLES / "damaged.log"))
    done = run(*words, "--data", str(tmp_path / "data"), "--report", "json")
    assert (done.returncode, done.stderr) == (0, "")
    said = json.loads(done.stdout)
    assert (said["accepted"], said["quarantined"]) == (13, 6)
    assert said["outcomes"] == {"good": 5, "failed": 6, "excluded": 2}
    assert said["journeys"] == {"api": 13}
    assert (said["first"], said["last"]) == ("2025-03-31T10:00:00Z", "2025-03-31T10:00:07Z")
    again = run(*words, "--data", str(tmp_path / "data"), "--report", "json")
    assert json.loads(again.stdout)["accepted"] == 0
    stated = run("status", "--data", str(tmp_path / "data"), "--format", "json")
    (rate,) = (
        found
        for found in json.loads(stated.stdout)["objectives"]
        if found["objective"] == "error_rate"
    )
    assert (rate["good"], rate["valid"]) == (5, 11)


def test_the_report_for_people(tmp_path: Path) -> None:
    data = ("--data", str(tmp_path / "data"))
    done = run("ingest", str(SAMPLES / "damaged.log"), *data, "--dry-run")
    assert done.returncode == 0
    assert "5 lines would be accepted, 6 quarantined" in done.stdout
    assert "outcomes: 2 good, 3 failed, 0 excluded; 40 % of what is valid is good" in done.stdout
    assert "GET /v1/songs" in done.stdout  # no route of its own
    assert not (tmp_path / "data").exists()
    run("ingest", str(SAMPLES), *data)
    assert "13 of 13" not in run("ingest", str(SAMPLES), *data).stdout
    assert (
        "0 lines accepted, 0 quarantined; 12 of 12 files were in already"
        in run("ingest", str(SAMPLES), *data).stdout
    )


def test_standard_input_is_read_and_leaves_nothing_behind(tmp_path: Path) -> None:
    content = (SAMPLES / "combined.log").read_bytes()
    words = ["ingest", "-", "--data", str(tmp_path), "--report", "json"]
    done = subprocess.run(
        [sys.executable, "-m", "slo_core", *words],
        input=content,
        capture_output=True,
        cwd=ROOT,
        check=True,
    )
    assert json.loads(done.stdout)["accepted"] == 8
    assert not any(content in found for found in everything(tmp_path).values())


def test_what_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    data = ("--data", str(tmp_path / "data"))
    assert "does not exist" in sentence(run("ingest", str(tmp_path / "no.log"), *data))
    (tmp_path / "letter.txt").write_text("Dear Ann,\nthis is no log.\n")
    found = sentence(run("ingest", str(tmp_path / "letter.txt"), *data))
    assert "is none of the logs that are known by their lines" in found
    (tmp_path / "empty").mkdir()
    assert "is a folder without files" in sentence(run("ingest", str(tmp_path / "empty"), *data))
    done = run("ingest", str(tmp_path / "letter.txt"), str(SAMPLES / "common.log"), *data)
    assert done.returncode == 0
    assert "5 lines accepted" in done.stdout
    assert "not read: " in done.stderr


def test_retain_says_what_it_removes(tmp_path: Path) -> None:
    data = ("--data", str(tmp_path / "data"))
    run("ingest", str(SAMPLES / "common.log"), str(SAMPLES / "combined.log"), *data)
    looked = run("retain", *data, "--days", "7", "--dry-run")
    assert "raw logs of 1 day would be removed: 1 file," in looked.stdout
    done = run("retain", *data, "--days", "7")
    assert "raw logs of 1 day removed: 1 file," in done.stdout
    assert "1995-08-01 to 1995-08-01; their figures are kept" in done.stdout
    assert not (tmp_path / "data" / "requests" / "date=1995-08-01").exists()
    assert "--days is 0" in sentence(run("retain", *data, "--days", "0"))
