"""Every command that README and docs show runs, as it stands there, on one small folder."""

import re
import shlex
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

import click
import pytest

from slo_core.catalog import parse_catalog
from slo_core.catalog.audit import audit
from slo_core.commands import cli
from slo_core.terms import TERMS
from tests.commands.test_commands import run
from tests.promtool import need_promtool
from tests.random_logs import write_tables
from tests.small import ROOT

AT = datetime(2025, 3, 31)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

ELSEWHERE = {"incidents.md", "review.md", "what-if.md"}
"""Pages whose commands have a test of their own, beside what they say."""

SERVERS = {"collect", "live", "watch"}
"""Commands that go on until they are stopped: of these only the options are read."""


def commands() -> list[tuple[str, str]]:
    """Each page with each of its commands, once; those inside a pipeline's YAML are its own."""
    found: dict[tuple[str, str], None] = {}
    for page in PAGES:
        text = re.sub(r"```yaml.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
        for line in re.findall(r"^ *python -m slo_core (.*)$", text, re.MULTILINE):
            if page.name not in ELSEWHERE:
                found[page.name, line.partition("  #")[0].strip()] = None
    return list(found)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten days of songs, one of which failed; with a catalogue, and a server's log, beside it."""
    folder = tmp_path_factory.mktemp("docs")
    songs = [
        {
            "ts": AT - n * timedelta(minutes=30),
            "journey": "song_generation",
            "status": 500 if n == 5 else 200,
            "duration_ms": 900.0,
        }
        for n in range(1, 481)
    ]
    for name in ("store", "my-logs"):
        write_tables(folder / name, {"requests": songs})
    (folder / "access.log").write_text(
        '203.0.113.9 - - [30/Mar/2025:09:15:00 +0000] "GET /songs HTTP/1.1" 200 512 "-" "-"\n',
        "utf-8",
    )
    (folder / "my.yaml").write_text((ROOT / "data" / "studio.yaml").read_text("utf-8"), "utf-8")
    return folder


@pytest.mark.parametrize(("page", "command"), commands(), ids=lambda it: str(it)[:60])
def test_a_command_of_the_docs_runs(
    store: Path, page: str, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = shlex.split(command)
    name = arguments[0]
    known = cli.get_command(click.Context(cli), name)
    assert known, f"{page} names a command that is not there"
    if name in SERVERS and not {"--once", "--dry-run", "--status"} & set(arguments):
        assert known.make_context(name, arguments[1:])
        return
    # DIR stands for the reader's own folder.
    arguments = ["store" if it == "DIR" else it for it in arguments]
    if name == "sample":
        pytest.fail(f"{page}: a sample takes too long for this test; show it as `make sample`.")
    monkeypatch.chdir(store)
    monkeypatch.setenv("SLO_DATA", "store")
    monkeypatch.delenv("SLO_CATALOG", raising=False)
    done = run(*arguments)
    # A gate that says no, or an audit that found errors, has done what it was asked.
    assert done.returncode in (0, 1), f"{page}: {command}: {done.stderr}"
    assert "Traceback" not in done.stderr
    assert done.stdout or "--out" in arguments


def shell_lines() -> list[tuple[str, str]]:
    """Each line that a page's shell blocks show, with its page; without the comment behind it."""
    found = []
    for page in PAGES:
        for block in re.findall(r"```(?:sh|bash)\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
            lines = (line.partition("  #")[0].strip() for line in block.splitlines())
            found += [(page.name, line) for line in lines if line]
    return found


def test_the_docs_show_no_command_of_another_kind() -> None:
    # Each of these kinds has a test that runs it; a new kind needs one of its own.
    known = re.compile(r"python -m slo_core |([A-Z_]+=\S+ )?make |promtool |export [A-Z_]+=")
    assert not [it for it in shell_lines() if not known.match(it[1])]


def test_every_make_target_that_the_docs_name_can_be_made() -> None:
    inline = [
        f"make {target}"
        for page in PAGES
        for target in re.findall(r"`make ([a-z-]+)`", page.read_text("utf-8"))
    ]
    shown = [line for _, line in shell_lines() if "make " in line]
    targets = sorted({line.partition("make ")[2].split()[0] for line in [*shown, *inline]})
    assert {"run", "test", "live", "help"} <= set(targets)
    # Only told, not done: a target that is not there ends with 2.
    done = subprocess.run(
        ["make", "--dry-run", *targets], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.long
def test_promtool_takes_what_the_docs_have_it_take(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(store)
    for page, line in shell_lines():
        if page != "prometheus.md":
            continue
        program, *arguments = shlex.split(line)
        if program == "promtool":
            own = subprocess.run([need_promtool(), *arguments], capture_output=True, check=False)
            assert own.returncode == 0, (line, own.stderr)
        else:
            assert run(*arguments[2:]).returncode == 0, line


def test_the_catalogue_that_the_docs_begin_with_holds_together() -> None:
    text = (ROOT / "docs" / "your-own-catalogue.md").read_text("utf-8")
    [written] = re.findall(r"```yaml\n(.*?)```", text, flags=re.DOTALL)
    catalog = parse_catalog(written, name="the docs' catalogue")
    assert catalog.objective("order", "success_rate").target == 0.99
    assert not [it for it in audit(catalog) if it.severity == "error"]


def test_the_handbook_lists_the_words_that_every_page_explains() -> None:
    text = (ROOT / "docs" / "handbook.md").read_text("utf-8").partition("## Words")[2]
    rows = re.findall(r"^\| (.+?) \| (.+?) \|$", text, re.MULTILINE)[1:]
    assert dict(rows) == dict(TERMS)
    assert len(rows) == len(TERMS)


def test_the_handbook_says_how_good_projections_were() -> None:
    report = (ROOT / "docs" / "forecast-calibration.md").read_text("utf-8")
    [row] = re.findall(r"^\| all worlds .*$", report, re.MULTILINE)
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    told = " ".join((ROOT / "docs" / "handbook.md").read_text("utf-8").split())
    assert f"of the outcomes {cells[4].replace('%', ' %')} lay from P10 to P90" in told
    assert f"its error was {cells[8]} of the better straight line's" in told


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+?\.md)(?:#[^)]*)?\)", page.read_text("utf-8")):
        assert (page.parent / target).is_file(), f"{page.name} links to {target}"
