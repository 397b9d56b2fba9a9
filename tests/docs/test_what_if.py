"""The page on what-ifs names every kind of change, and its commands run."""

import json
import re
import shlex
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from slo_core.whatif import KINDS, Scenario
from tests.commands.test_commands import run, sentence
from tests.random_logs import write_tables
from tests.small import ROOT, STUDIO

TEXT = (ROOT / "docs" / "what-if.md").read_text("utf-8")
COMMANDS = re.findall(r"^python -m slo_core (.*)$", TEXT, re.MULTILINE)
AT = datetime(2025, 3, 31)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Three days of songs, one every ten minutes; the last one failed."""
    songs = [
        {
            "ts": AT - number * timedelta(minutes=10),
            "journey": "song_generation",
            "status": 500 if number == 1 else 200,
            "duration_ms": 900.0,
        }
        for number in range(1, 433)
    ]
    write_tables(tmp_path, {"requests": songs})
    return tmp_path


def test_every_kind_is_written_down_with_examples_that_are_read() -> None:
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (.*?) \|", TEXT, re.MULTILINE))
    assert list(rows) == list(KINDS)
    for kind, examples in rows.items():
        for example in re.findall(r"`([^`]+)`", examples):
            assert Scenario.parse(f"{kind}:{example}", STUDIO).changes


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_run(store: Path, command: str) -> None:
    done = run(*shlex.split(command), "--data", str(store), "--at", "2025-03-31T00:00:00Z")
    assert done.returncode == 0, done.stderr
    assert "Song Generation" in done.stdout


def test_json_has_both_worlds_and_other_scenarios(store: Path) -> None:
    done = run(
        *("whatif", "--data", str(store), "--at", "2025-03-31T00:00:00Z", "--format", "json"),
        *("--target", "song_generation.success_rate=99%", "--compare", "traffic:2", "--ask"),
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["at"] == "2025-03-31T00:00:00Z"
    assert found["scenario"]["text"] == "target:song_generation.success_rate=99%"
    real, changed = (found[world]["objectives"][0] for world in ("real", "changed"))
    # One of 432: 2.16 may fail at 99.5 %, 4.32 at 99 %.
    assert real["budget"]["remaining"] == pytest.approx(1.16)
    assert changed["budget"]["remaining"] == pytest.approx(3.32)
    assert any("of the rolling 30d budget" in it for it in found["difference"])
    assert found["others"][0]["scenario"]["text"] == "traffic:2"
    assert found["answers"][0]["words"]


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--traffic", "many", "no number"),
        ("--without-incident", "7", "no incident 7"),
        ("--replay-month", "2024-01", "nothing was counted"),
        ("--objective", "song_generation", "--objective"),
        ("--scenario", "nowhere.yaml", "cannot be read"),
    ],
)
def test_what_cannot_be_is_one_sentence(store: Path, option: str, value: str, words: str) -> None:
    done = run("whatif", "--data", str(store), "--at", "2025-03-31T00:00:00Z", option, value)
    assert words in sentence(done)
