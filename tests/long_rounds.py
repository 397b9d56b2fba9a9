"""The long rounds for real, and what came of them in docs/long-rounds.md: ``make long-rounds``.

python -m tests.long_rounds [TEST ...]

Tests that take the fixture ``came_of`` say what they did how often, what was taken, and what of it
was lost or doubled, before they judge it; so a round that fails is in the table with its figures.
Files of tests are run one after the other, and the table is written after each: it has the latest
run of every one.
"""

import os
import platform
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from pathlib import Path

from tabulate import tabulate

CameOf = Callable[..., None]
"""The fixture ``came_of`` (`tests.conftest`)."""

ROOT = Path(__file__).resolve().parents[1]
REPORT = ROOT / "docs" / "long-rounds.md"
RESULTS = ROOT / "build" / "long-rounds"
FIGURES = ("rounds", "taken", "lost", "doubled")
TESTS = (
    "tests/logs/collector/test_killed.py",
    "tests/logs/collector/test_drain.py",
    "tests/logs/collector/test_fuzz.py",
    "tests/logs/ingest/test_lines.py",
    "tests/logs/ingest/test_taken_once.py",
    "tests/watch/test_killed.py",
)


def main(tests: list[str]) -> int:
    """Run the rounds of some test files and write the table; answers 1 where any failed."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    failed = False
    for test in tests or TESTS:
        results = RESULTS / f"{test.replace('/', '.')}.xml"
        options = ["-m", "long", "-o", "junit_family=xunit1", f"--junitxml={results}"]
        done = subprocess.run([sys.executable, "-m", "pytest", *options, test], cwd=ROOT)
        failed |= done.returncode != 0
        roots = (ElementTree.parse(path).getroot() for path in sorted(RESULTS.glob("*.xml")))
        REPORT.write_text(_report([row for root in roots for row in _rows(root)]), "utf-8")
    print(f"written to {REPORT}")
    return int(failed)


def _rows(results: ElementTree.Element) -> Iterator[list[str]]:
    """A row for each test that said what came of it, and for each that failed before it did."""
    when = next((suite.get("timestamp", "") for suite in results.iter("testsuite")), "")
    for case in results.iter("testcase"):
        said = {it.get("name"): it.get("value") or "" for it in case.iter("property")}
        failed = case.find("failure") is not None or case.find("error") is not None
        if "what" not in said and not failed:
            continue
        figures = [said.get(name, "") for name in FIGURES]
        seconds = float(case.get("time") or 0)
        yield [
            when[:10],
            said.get("what", f"`{case.get('name')}`"),
            *(f"{int(it):,}" if it.isdigit() else it for it in figures),
            f"{seconds / 60:.1f} min" if seconds >= 60 else f"{seconds:.0f} s",
            "**failed**" if failed else "held",
        ]


def _report(rows: list[list[str]]) -> str:
    table = tabulate(
        rows,
        headers=["date", "what", *FIGURES, "time", ""],
        tablefmt="github",
        colalign=("left", "left", *("right",) * 5, "left"),
        disable_numparse=True,
    )
    return f"""# The long rounds

Written by `make long-rounds` ({os.cpu_count()} cores, {platform.system()}, Python
{platform.python_version()}). *Taken* are the events, lines or messages that were acknowledged or
counted; *lost* are those that were missing afterwards, *doubled* those that were there more than
once. The same tests run in `make test-all`, shorter ones of each kind in `make test`.

{table}
"""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
