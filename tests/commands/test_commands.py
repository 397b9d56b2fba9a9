"""The command line: exit codes, one sentence on stderr, and the JSON of DESIGN 3."""

import json
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from slo_core.commands import cli
from tests.random_logs import write_tables
from tests.small import ROOT

AT = datetime(2025, 3, 31)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "slo_core", *arguments], capture_output=True, text=True, cwd=ROOT
    )


def sentence(done: subprocess.CompletedProcess[str]) -> str:
    """The one line on stderr of a command that was refused."""
    assert done.returncode == 2
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    return line


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """The document's own example at a thousandth: 499 of 500 songs are good in thirty days."""
    songs = [
        {
            "ts": AT - timedelta(hours=1, seconds=60 * number),
            "journey": "song_generation",
            "status": 500 if number == 0 else 200,
            "duration_ms": 1000.0,
        }
        for number in range(500)
    ]
    write_tables(tmp_path, {"requests": songs})
    return tmp_path


def stated(*arguments: str) -> dict[str, Any]:
    done = run("status", "--format", "json", *arguments)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_calculate_answers_the_documents_example() -> None:
    done = run("calculate", "--good", "499000", "--total", "500000", "--target", "99.5")
    assert done.returncode == 0
    assert "99.8 %" in done.stdout
    assert "met" in done.stdout
    assert "1,500 failures left" in done.stdout
    arguments = ("--good", "499000", "--total", "500000", "--target", "99.5", "--format", "json")
    assert json.loads(run("calculate", *arguments).stdout) == {
        "sli": 0.998,
        "met": True,
        "budget": {
            "allowed": 2500.0,
            "consumed": 1000.0,
            "remaining": 1500.0,
            "remaining_ratio": 0.6,
        },
    }


def test_calculate_says_no_data_without_requests() -> None:
    done = run("calculate", "--good", "0", "--total", "0", "--target", "99.5")
    assert done.returncode == 0
    assert "no data" in done.stdout


@pytest.mark.parametrize(
    ("good", "total", "target", "said"),
    [
        ("5", "4", "99", "more than --total"),
        ("-1", "4", "99", "expected 0 or more"),
        ("1", "4", "100", "above 0 and below 100"),
        ("1", "4", "x", "not a valid float"),
    ],
)
def test_calculate_refuses_what_cannot_be(good: str, total: str, target: str, said: str) -> None:
    done = run("calculate", "--good", good, "--total", total, "--target", target)
    assert said in sentence(done)


def test_status_states_the_contracts_keys(store: Path) -> None:
    answer = stated("--data", str(store), "--at", "2025-03-31T00:00:00Z")
    assert answer["at"] == "2025-03-31T00:00:00Z"
    assert len(answer["objectives"]) == 32
    song = answer["objectives"][0]
    assert {key: song[key] for key in ("journey", "objective", "window", "target")} == {
        "journey": "song_generation",
        "objective": "success_rate",
        "window": "30d",
        "target": 0.995,
    }
    assert (song["good"], song["valid"], song["sli"], song["met"]) == (499, 500, 0.998, True)
    assert (song["value"], song["threshold"], song["unit"]) == (0.998, None, "ratio")
    assert song["assumption"] is False
    assert song["budget"] == {
        "allowed": 2.5,
        "consumed": 1,
        "remaining": 1.5,
        "remaining_ratio": 0.6,
    }
    # The newest song is the one that failed, at 23:00:00: the first moment of the last hour. It is
    # alone there: all of one failed, 1 / 0.005.
    assert song["burn_rate"]["1h"] == pytest.approx(200)
    assert song["burn_rate"]["24h"] == pytest.approx(0.002 / 0.005)
    [budget] = [b for b in answer["budgets"] if b["service"] == "song_generation"]
    assert (budget["month"], budget["allowed"], budget["consumed"]) == ("2025-03", 2500.0, 1)
    assert budget["hourly"] == {"count": 1, "unit": "failures", "level": "normal"}
    assert (budget["policy"], budget["policy_basis"]) == ("healthy", "rolling 30d")
    assert budget["policy_remaining_ratio"] == pytest.approx(0.6)
    assert answer["studio_policy"] == "healthy"
    assert answer["freshness"]["song_generation"]["last_event"] == "2025-03-30T23:00:00Z"
    assert answer["freshness"]["web"] == {"last_event": None, "stale": None}
    assert answer["problems"] == []


def test_status_before_all_data_says_no_data(store: Path) -> None:
    answer = stated("--data", str(store), "--at", "2024-01-01")
    for objective in answer["objectives"]:
        assert (objective["valid"], objective["sli"], objective["met"]) == (0, None, None)
        assert (objective["value"], objective["budget"]["remaining_ratio"]) == (None, None)
    assert answer["studio_policy"] is None


def test_status_looks_at_the_end_of_old_data(store: Path) -> None:
    # The newest song is of 23:00:00 exactly: the end of the data, a whole minute already.
    assert stated("--data", str(store))["at"] == "2025-03-30T23:00:00Z"


def test_check_exits_with_1_where_an_objective_is_missed(store: Path) -> None:
    arguments = ("--data", str(store), "--at", "2025-03-31", "--check")
    assert run("status", *arguments).returncode == 0
    slow = [{"ts": AT - timedelta(hours=2), "journey": "api", "status": 200, "duration_ms": 900.0}]
    write_tables(store, {"requests": slow})
    done = run("status", *arguments)
    assert done.returncode == 1
    assert "MISSED" in done.stdout


def test_another_catalogue_needs_no_change_of_code(tmp_path: Path) -> None:
    rows = [{"ts": AT - timedelta(hours=1), "journey": "checkout", "status": 200}]
    write_tables(tmp_path, {"requests": rows})
    shop = str(ROOT / "tests" / "shop.yaml")
    answer = stated("--data", str(tmp_path), "--catalog", shop, "--at", "2025-03-31")
    assert {objective["journey"] for objective in answer["objectives"]} >= {"checkout"}
    assert not {objective["journey"] for objective in answer["objectives"]} & {"song_generation"}


def test_a_damaged_file_is_named_by_status(store: Path) -> None:
    path = store / "requests" / "date=2025-03-20" / "x.parquet"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"not Parquet")
    answer = stated("--data", str(store), "--at", "2025-03-31")
    [problem] = answer["problems"]
    assert problem["file"] == "requests/date=2025-03-20/x.parquet"
    assert problem["rows"] is None
    assert answer["objectives"][0]["valid"] == 500
    assert "x.parquet" in run("status", "--data", str(store), "--at", "2025-03-31").stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("status", "--data", "/nowhere"), "does not exist"),
        (("status", "--at", "yesterday"), "--at"),
        (("status", "--catalog", "/nowhere.yaml"), "nowhere.yaml"),
        (("status", "--format", "xml"), "xml"),
        (("states",), "No such command"),
        (("sample", "--days", "0"), "--days"),
    ],
)
def test_bad_use_gets_one_sentence(store: Path, arguments: tuple[str, ...], said: str) -> None:
    if "--data" not in arguments and len(arguments) > 1:
        arguments = (*arguments, "--data", str(store))
    assert said in sentence(run(*arguments))


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_every_command_says_what_it_does(name: str) -> None:
    done = run(name, "--help")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) > 4
