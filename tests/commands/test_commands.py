"""The command line: exit codes, one sentence on stderr, and the JSON of DESIGN 3."""

import contextlib
import io
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import pytest

from slo_core.__main__ import main
from slo_core.commands import cli
from tests.random_logs import write_tables
from tests.small import ROOT

AT = datetime(2025, 3, 31)
NAMES = cli.list_commands(click.Context(cli))


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command in this process, which is many times quicker than in one of its own."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(list(arguments))
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


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


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("calculate", "--good", "499000", "--total", "500000", "--target", "99.5"), 0),
        (("calculate", "--good", "5", "--total", "4", "--target", "99.5"), 2),
        (("status", "--data", "/nowhere"), 2),
    ],
)
def test_a_process_says_and_exits_as_the_function(arguments: tuple[str, ...], code: int) -> None:
    command = [sys.executable, "-m", "slo_core", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    inside = run(*arguments)
    assert done.returncode == inside.returncode == code
    assert (done.stdout, done.stderr) == (inside.stdout, inside.stderr)


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
        ("nan", "4", "99", "expected 0 or more"),
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
    # Less than a week of data has no policy yet.
    assert (budget["policy"], budget["policy_basis"]) == (None, "rolling 30d")
    assert budget["policy_remaining_ratio"] == pytest.approx(0.6)
    assert answer["studio_policy"] is None
    assert answer["freshness"]["song_generation"]["last_event"] == "2025-03-30T23:00:00Z"
    assert answer["freshness"]["web"] == {"last_event": None, "stale": None}
    assert answer["problems"] == []


def test_status_before_all_data_says_no_data(store: Path) -> None:
    answer = stated("--data", str(store), "--at", "2024-01-01")
    for objective in answer["objectives"]:
        assert (objective["valid"], objective["sli"], objective["met"]) == (0, None, None)
        assert (objective["value"], objective["budget"]["remaining_ratio"]) == (None, None)
    assert answer["studio_policy"] is None


def test_status_looks_at_now_where_the_newest_data_is_under_a_day_old(tmp_path: Path) -> None:
    before = datetime.now(UTC).replace(tzinfo=None)
    fresh = before - timedelta(hours=23)
    write_tables(tmp_path, {"requests": [{"ts": fresh, "journey": "api", "status": 200}]})
    at = datetime.fromisoformat(stated("--data", str(tmp_path))["at"]).replace(tzinfo=None)
    assert before.replace(second=0, microsecond=0) <= at <= before + timedelta(minutes=5)
    assert (at.second, at.microsecond) == (0, 0)


def test_the_end_of_old_data_is_rounded_up_to_the_minute(tmp_path: Path) -> None:
    rows = [{"ts": AT + timedelta(microseconds=1), "journey": "api", "status": 200}]
    write_tables(tmp_path, {"requests": rows})
    answer = stated("--data", str(tmp_path))
    assert answer["at"] == "2025-03-31T00:01:00Z"
    assert answer["freshness"]["api"]["last_event"] == "2025-03-31T00:00:00.000001Z"


def test_a_moment_may_have_a_zone_and_is_floored_to_its_minute(store: Path) -> None:
    arguments = ("--data", str(store), "--at")
    utc = stated(*arguments, "2025-03-31T00:00:00Z")
    assert stated(*arguments, "2025-03-31T05:30:59+05:30") == utc


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


def test_check_asks_no_more_than_what_is_known(store: Path) -> None:
    # Without data nothing is missed; with --check JSON is printed all the same.
    none = run("status", "--data", str(store), "--at", "2024-01-01", "--check")
    assert none.returncode == 0
    slow = [{"ts": AT - timedelta(hours=2), "journey": "api", "status": 200, "duration_ms": 900.0}]
    write_tables(store, {"requests": slow})
    arguments = ("--data", str(store), "--at", "2025-03-31", "--format", "json")
    done = run("status", *arguments, "--check")
    assert done.returncode == 1
    assert json.loads(done.stdout)["objectives"][0]["journey"] == "song_generation"
    assert run("status", *arguments).returncode == 0


def test_a_folder_without_tables_or_of_another_version_is_refused(tmp_path: Path) -> None:
    assert "holds none of the tables" in sentence(run("status", "--data", str(tmp_path)))
    (tmp_path / "requests").mkdir()
    assert run("status", "--data", str(tmp_path)).returncode == 0
    (tmp_path / "version").write_text("2")
    for command in ("status", "rollup"):
        said = sentence(run(command, "--data", str(tmp_path)))
        assert "says version '2': this program reads version 1" in said


def test_a_broken_catalogue_is_told_with_its_line(store: Path, tmp_path: Path) -> None:
    catalog = tmp_path / "mine.yaml"
    text = (ROOT / "tests" / "shop.yaml").read_text("utf-8")
    catalog.write_text(text.replace("target: 0.998", "target: 1.5"), "utf-8")
    said = sentence(run("status", "--data", str(store), "--catalog", str(catalog)))
    assert "mine.yaml" in said
    assert "target" in said
    assert "1.5" in said


def test_without_a_command_there_is_help() -> None:
    done = run()
    assert done.returncode == 2
    assert {line.split()[0] for line in done.stderr.splitlines() if line} >= set(NAMES)


def test_rows_that_are_not_counted_are_told_on_stderr(store: Path) -> None:
    rows = [{"ts": AT - timedelta(days=2), "journey": "opera", "date": "2025-03-29"}]
    write_tables(store / "more", {"requests": rows})
    path = next((store / "more").glob("requests/*/*.parquet"))
    path.rename(store / "requests" / "date=2025-03-30" / "opera.parquet")
    for command in ("status", "rollup"):
        done = run(command, "--data", str(store))
        assert done.returncode == 0
        assert done.stderr.splitlines() == [
            "not counted: requests/date=2025-03-30/opera.parquet: 1 row: "
            "ts is of another day than the folder date=2025-03-30 (first in row 1)"
        ]


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
        (("status", "--at", "9999-12-31"), "not a time from"),
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


@pytest.mark.parametrize("name", NAMES)
def test_every_command_says_what_it_does(name: str) -> None:
    done = run(name, "--help")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) > 4
