"""Finds a Chromium for the browser tests, or installs one, or says what to do.

    python -m tests.chromium

In this order: ``$CHROMIUM``; one on the PATH; Playwright's own; else Playwright's is installed,
and where its download is refused, Debian's. There is no silent skip: without a browser the tests
fail with a sentence.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.executables import starts

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# As root Chromium refuses its sandbox; the rest keeps it from talking to anybody but us.
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class NoChromiumError(Exception):
    """One sentence that says how to get a browser."""


def find_chromium() -> Path | None:
    """Return a Chromium that starts, or None.

    Raises NoChromiumError if ``$CHROMIUM`` names something else: a wish is not passed over.
    """
    wished = os.environ.get("CHROMIUM")
    if wished:
        if starts(Path(wished)):
            return Path(wished)
        raise NoChromiumError(
            f"$CHROMIUM is {wished}, which does not start: name an executable Chromium or Chrome, "
            "or unset it."
        )
    return next((path for path in candidates() if starts(path)), None)


def candidates() -> Iterator[Path]:
    """List where a Chromium may be: on the PATH, then where Playwright keeps its own."""
    for name in NAMES:
        found = shutil.which(name)
        if found:
            yield Path(found)
    with sync_playwright() as playwright:
        yield Path(playwright.chromium.executable_path)


def install_chromium() -> None:
    """Install Playwright's Chromium, or Debian's where that is refused; quietly if it works."""
    ways = {"playwright install chromium": [sys.executable, "-m"]}
    if shutil.which("apt-get"):
        ways["apt-get update && apt-get install -y chromium"] = ["sh", "-c"]
    for words, runner in ways.items():
        print(f"No Chromium found, trying: {words}", flush=True)
        command = [*runner, words] if runner[-1] == "-c" else [*runner, *words.split()]
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900
            )
        except subprocess.TimeoutExpired:
            print("  It took more than 15 minutes.")
            continue
        if done.returncode == 0 and find_chromium():
            return
        said = [line for line in (done.stderr + done.stdout).splitlines() if "rror" in line]
        print("  It did not work:", said[0].strip() if said else "no Chromium came of it")


def need_chromium() -> Path:
    """Return a Chromium that starts, after installing one if there is none.

    Raises NoChromiumError with one sentence where that fails too.
    """
    found = find_chromium()
    if found is None:
        install_chromium()
        found = find_chromium()
    if found is None:
        raise NoChromiumError(
            "The browser tests need Chromium, and none could be installed: install it yourself "
            "('apt-get install chromium', or Chrome from its makers) or name one with "
            "CHROMIUM=/path/to/chromium make test."
        )
    return found


if __name__ == "__main__":
    try:
        print("Chromium:", need_chromium())
    except NoChromiumError as problem:
        sys.exit(str(problem))
