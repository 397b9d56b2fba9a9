"""The review on the command line: the month it takes, the lock, the guide, and what is refused."""

import json
import re
import shlex
from pathlib import Path

import pytest

from slo_core.commands.review import put, review_command
from slo_core.errors import SloError
from slo_core.logs.store import open_store
from slo_core.register import Actor
from slo_core.review.held import MONTHLY
from slo_core.review.monthly import monthly
from slo_core.review.notes import add_item
from slo_core.rollup import refresh
from tests.commands.test_commands import run, sentence
from tests.review.march import AT, write_march
from tests.small import ROOT, STUDIO

GUIDE = (ROOT / "docs" / "review.md").read_text("utf-8")
ADA = Actor("Ada")
IN_GUIDE = re.findall(r"^python -m slo_core review (.*)$", GUIDE, re.MULTILINE)
WHEN = ("--at", "2025-04-02T00:00:00Z")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("march")
    write_march(folder)
    return folder


def test_the_last_month_that_is_over_as_it_was_locked_and_what_the_next_carries(
    store: Path,
) -> None:
    march = monthly(refresh(open_store(store), STUDIO), "2025-03", AT)
    add_item(store, ADA, march.month, "Add a pool")
    MONTHLY.lock(store, ADA, march)
    done = run("review", "--data", str(store), *WHEN, "--format", "json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["month"] == "2025-03"
    assert found["locked_at"]
    assert found["objectives"][0]["sli"] == 0.99
    assert [(it["action"], it["done_at"]) for it in found["items"]] == [("Add a pool", None)]
    assert (found["notes"], found["changed"]) == ([], None)
    compared = run("review", "--data", str(store), *WHEN, "--format", "json", "--changes")
    assert json.loads(compared.stdout) == found | {"changed": []}
    told = run("review", "--data", str(store), *WHEN, "--changes").stdout
    assert "Nothing: today's data and entries give the same figures." in told
    april = run("review", "--data", str(store), *WHEN, "--month", "2025-04", "--changes")
    assert "Add a pool (carried from 2025-03)" in april.stdout
    assert "The review of April 2025 is not locked: nothing to compare." in april.stderr


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        (("--month", "March"), "--month is"),
        (("--month", "2025-09"), "has not begun"),
        (("--format", "pdf"), "needs --out FILE"),
        (("--base-url", "here"), '--base-url is "here"'),
    ],
)
def test_what_is_refused_is_one_sentence(store: Path, words: tuple[str, ...], refusal: str) -> None:
    assert refusal in sentence(run("review", "--data", str(store), *WHEN, *words))


def test_a_file_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SloError, match="expected a file that can be written"):
        put("words", "A review", str(tmp_path / "nowhere" / "review.md"))


def test_the_guide_names_options_that_there_are() -> None:
    assert len(IN_GUIDE) >= 3
    for words in IN_GUIDE:
        assert review_command.make_context("review", shlex.split(words))


@pytest.mark.long
def test_the_guide_names_commands_that_run(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for words in IN_GUIDE:
        done = run("review", *shlex.split(words), "--data", str(store), *WHEN)
        assert done.returncode == 0, done.stderr
    assert {it.suffix for it in tmp_path.iterdir()} >= {".html", ".pdf"}
