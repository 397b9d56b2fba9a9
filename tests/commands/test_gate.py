"""``gate``: its exit code in each state of the policy, and the example workflow of its page."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from slo_core.budget.exits import check_off
from slo_core.budget.gate_calls import read_gate_calls
from slo_core.register import Actor
from tests.commands.test_commands import run, sentence
from tests.random_logs import write_tables
from tests.small import ROOT, SHOP, STUDIO

AT = datetime(2025, 3, 31)
DAY = timedelta(days=1)
SHOP_FILE = str(ROOT / "tests" / "shop.yaml")
EXHAUSTED_AT = AT - 35 * DAY + timedelta(hours=1)

# What each state means for each kind: the exit code and the document's sentence.
FREEZE = "Feature Freeze: All new features blocked"
LOCK = "Deploy Lock: Only critical bug fixes allowed"
DEFER = "Defer risky changes to next cycle"
RULINGS = {
    "healthy": {
        "feature": (0, "Ship new features"),
        "fix": (0, "Deploy during business hours"),
        "experiment": (0, "Experimental A/B tests"),
        "load_test": (0, "Conduct load testing in production"),
        "refactor": (0, "Refactoring and tech debt work"),
    },
    "low": {
        "feature": (1, "Freeze non-critical feature launches"),
        "fix": (0, "Focus on reliability improvements"),
        "experiment": (1, DEFER),
        "load_test": (1, DEFER),
        "refactor": (1, DEFER),
    },
    "exhausted": {
        "feature": (1, FREEZE),
        "fix": (0, LOCK),
        "experiment": (1, LOCK),
        "load_test": (1, LOCK),
        "refactor": (1, LOCK),
    },
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A service in each state: each has 2,000 requests ten days ago, and loading 40 days ago too.

    Songs may fail 10 times and did 4 times, healthy; loading may 2 times and did so 35 days ago,
    never since: low, its exit not confirmed; playback may 2 times and did 4 times: exhausted.
    """
    folder = tmp_path_factory.mktemp("store")

    def rows(journey: str, good: int, bad: int, before: timedelta) -> list[dict[str, Any]]:
        row = {"ts": AT - before, "journey": journey}
        return [row | {"status": 200}] * good + [row | {"status": 500}] * bad

    requests = [
        *rows("song_generation", 1996, 4, 10 * DAY),
        *rows("project_loading", 1000, 0, 45 * DAY),
        *rows("project_loading", 0, 3, 35 * DAY),
        *rows("project_loading", 2000, 0, 10 * DAY),
        *rows("audio_playback", 1996, 4, 10 * DAY),
        *rows("publishing", 1, 0, timedelta(minutes=1)),  # so that the data end at `AT`
    ]
    write_tables(folder, {"requests": requests})
    return folder


UNITS = ("failures", "rolling 30d")
SERVICES = {"healthy": "song_generation", "low": "project_loading", "exhausted": "audio_playback"}


def ask(store: Path, service: str, kind: str, *arguments: str) -> Any:
    return run(
        *("gate", "--data", str(store), "--service", service, "--kind", kind),
        *("--at", "2025-03-31T00:00:00Z", *arguments),
    )


@pytest.mark.parametrize(
    ("state", "kind"), [(state, kind) for state, kinds in RULINGS.items() for kind in kinds]
)
def test_every_state_rules_on_every_kind(store: Path, state: str, kind: str) -> None:
    done = ask(store, SERVICES[state], kind, "--format", "json")
    code, because = RULINGS[state][kind]
    answer = json.loads(done.stdout)
    assert (answer["state"], done.returncode) == (state, code)
    assert (answer["allowed"], answer["because"]) == (code == 0, because)
    band = STUDIO.policy.band(state)
    assert because in (*band.allowed, *band.restrictions)


def test_the_figures_behind_it_are_said(store: Path) -> None:
    answer = json.loads(ask(store, "song_generation", "feature", "--format", "json").stdout)
    assert answer["since"] == "2025-03-28T00:00:00Z"  # once there was a week of data
    assert answer["remaining_ratio"] == pytest.approx(0.6)
    # 2,000 songs allow 10 failures.
    assert (answer["remaining"], answer["allowed_bad"]) == (pytest.approx(6), pytest.approx(10))
    assert (answer["unit"], answer["basis"]) == ("failures", "rolling 30d")
    assert answer["at"] == "2025-03-31T00:00:00Z"
    done = ask(store, "audio_playback", "feature")
    assert done.returncode == 1
    first, second, third = done.stdout.splitlines()
    assert first == f'FORBIDDEN: feature of Audio Playback, by the policy: "{FREEZE}"'
    assert second.startswith("Exhausted since 2025-03-28T00:00:00Z")
    assert third == "-100 % left, rolling 30d: 2 failures over the 2 allowed"
    assert "audio_playback is silent since 2025-03-21T00:00:00Z" in done.stderr


def test_answers_are_kept_with_their_figures_unless_one_only_looks(store: Path) -> None:
    before = len(read_gate_calls(store))
    ask(store, "song_generation", "feature", "--no-record")
    assert len(read_gate_calls(store)) == before
    ask(store, "audio_playback", "experiment")
    calls = read_gate_calls(store)
    assert len(calls) == before + 1
    own = calls.iloc[-1]
    assert own[["service", "kind", "allowed", "because", "state"]].tolist() == [
        *("audio_playback", "experiment", False),
        *(LOCK, "exhausted"),
    ]
    # 4 failures where 2 are allowed.
    figures = own[["remaining", "allowed_bad", "remaining_ratio", "unit", "basis"]].tolist()
    assert figures == [pytest.approx(-2), pytest.approx(2), pytest.approx(-1), *UNITS]
    assert own["at"] == AT
    assert own["asked_at"] > AT
    # What has no state has no sentence of the policy either.
    ask(store, "api", "fix")
    own = read_gate_calls(store).iloc[-1]
    assert own[["because", "state", "remaining"]].isna().all()
    assert own["allowed"]


def test_where_nothing_can_be_written_the_answer_is_given_all_the_same(tmp_path: Path) -> None:
    row = {"ts": AT - DAY, "journey": "song_generation", "status": 200}
    write_tables(tmp_path, {"requests": [row]})
    with closing(sqlite3.connect(tmp_path / "studio.sqlite")) as connection, connection:
        connection.execute("CREATE VIEW gate_calls AS SELECT 1 AS id")
    done = ask(tmp_path, "song_generation", "fix")
    assert done.returncode == 0
    assert done.stdout.startswith("ALLOWED: fix of Song Generation")
    assert "this answer is not kept for reviews: " in done.stderr
    assert "view" in done.stderr


def test_low_after_an_exhaustion_until_its_exit_is_confirmed(store: Path) -> None:
    done = ask(store, "project_loading", "feature")
    assert done.returncode == 1
    assert "Low, exit not confirmed since " in done.stdout
    for criterion in STUDIO.policy.human_criteria:
        args = (store, Actor("Ada"), STUDIO, "project_loading", EXHAUSTED_AT, criterion.id)
        check_off(*args, at=AT)
    done = ask(store, "project_loading", "feature")
    for criterion in STUDIO.policy.human_criteria:
        args = (store, Actor("Ada"), STUDIO, "project_loading", EXHAUSTED_AT, criterion.id)
        check_off(*args, at=None, version=1)
    assert done.returncode == 0
    assert "Healthy since 2025-03-31T00:00:00Z" in done.stdout


def test_without_data_there_is_no_state_and_the_catalogue_decides(store: Path) -> None:
    done = ask(store, "api", "feature")
    assert done.returncode == 0
    assert "ALLOWED" in done.stdout
    assert "no data: the policy has no state for api" in done.stdout
    done = ask(store, "api", "feature", "--format", "json")
    answer = json.loads(done.stdout)
    assert (answer["state"], answer["because"], answer["allowed"]) == (None, None, True)
    assert "no data: the policy has no state for api" in done.stderr
    # The shop forbids what nobody has counted yet; and it has kinds of its own.
    done = ask(store, "checkout", "offer", "--catalog", SHOP_FILE)
    assert done.returncode == 1
    assert "without one the catalogue says forbid" in done.stdout
    assert SHOP.policy.kinds == ("offer", "repair")


def test_what_cannot_be_asked_is_told_in_one_sentence(store: Path) -> None:
    assert "publishing has no error budget; expected one of: song" in sentence(
        ask(store, "publishing", "feature")
    )
    assert "--kind party is none that the policy rules on; expected one of: feature" in sentence(
        ask(store, "api", "party")
    )


def test_a_catalogue_without_rulings_is_told_what_to_add(store: Path, tmp_path: Path) -> None:
    plain = yaml.safe_load(Path(SHOP_FILE).read_text("utf-8"))
    for band in plain["policy"]["bands"]:
        del band["rulings"]
    file = tmp_path / "plain.yaml"
    file.write_text(yaml.safe_dump(plain), "utf-8")
    done = ask(store, "checkout", "offer", "--catalog", str(file))
    assert "does not say what its policy means for deploys; add `rulings`" in sentence(done)


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ({"because": "Anything goes"}, "found 'Anything goes'"),
        ({"kind": "party"}, "expected each of the kinds of the first band once, offer, repair"),
    ],
)
def test_rulings_that_cannot_be_are_refused(
    store: Path, tmp_path: Path, edit: dict[str, str], said: str
) -> None:
    data = yaml.safe_load(Path(SHOP_FILE).read_text("utf-8"))
    data["policy"]["bands"][1]["rulings"][0] |= edit
    file = tmp_path / "wrong.yaml"
    file.write_text(yaml.safe_dump(data), "utf-8")
    assert said in sentence(ask(store, "checkout", "offer", "--catalog", str(file)))


def workflow() -> dict[str, Any]:
    """The example workflow of the gate's page."""
    text = (ROOT / "docs" / "gate.md").read_text("utf-8")
    found: dict[str, Any] = yaml.safe_load(text.split("```yaml\n")[1].split("```")[0])
    return found


@pytest.mark.parametrize(("kind", "deployed"), [("feature", False), ("fix", True)])
def test_the_example_workflow_stops_what_is_forbidden(
    store: Path, tmp_path: Path, kind: str, deployed: bool
) -> None:
    job = workflow()["jobs"]["deploy"]
    assert set(job["env"]) == {"SLO_DATA", "KIND"}
    (tmp_path / "deploy.sh").write_text("#!/bin/sh\ntouch deployed\n")
    (tmp_path / "deploy.sh").chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "SLO_DATA": str(store),
        "KIND": kind,
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
    }
    failed = False
    for step in job["steps"]:
        if "run" not in step or (failed and step.get("if") != "always()"):
            continue
        command = step["run"].replace("song_generation", "audio_playback")
        done = subprocess.run(
            ["bash", "-e", "-c", command], cwd=tmp_path, env=environment, check=False
        )
        failed = failed or done.returncode != 0
    assert (tmp_path / "deployed").exists() is deployed
    verdict = "ALLOWED" if deployed else "FORBIDDEN"
    assert (tmp_path / "summary.md").read_text().startswith(f"{verdict}: {kind} of Audio Playback")


def test_the_page_s_table_is_the_catalogue_s() -> None:
    text = (ROOT / "docs" / "gate.md").read_text("utf-8")
    for kind in STUDIO.policy.kinds:
        found = [band.ruling(kind) for band in STUDIO.policy.bands]
        words = ["allowed" if it and it.allowed else "forbidden" for it in found]
        assert f"| `{kind}` | {' | '.join(words)} |" in text
