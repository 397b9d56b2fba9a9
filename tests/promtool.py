"""Finds promtool, which judges our Prometheus rules, or fetches it, or says what to do.

    python -m tests.promtool

In this order: ``$PROMTOOL``; one on the PATH; the one in ``.venv/promtool``; else Debian's package
``prometheus`` is fetched and promtool taken out of it, without installing a server. There is no
silent skip: without it the tests fail with a sentence.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.executables import starts

OWN = Path(__file__).resolve().parents[1] / ".venv" / "promtool" / "promtool"


class NoPromtoolError(Exception):
    """One sentence that says how to get promtool."""


def find_promtool() -> Path | None:
    """Return a promtool that starts, or None.

    Raises NoPromtoolError if ``$PROMTOOL`` names something else: a wish is not passed over.
    """
    wished = os.environ.get("PROMTOOL")
    if wished:
        if starts(Path(wished)):
            return Path(wished)
        raise NoPromtoolError(
            f"$PROMTOOL is {wished}, which does not start: name an executable promtool, or unset "
            "it."
        )
    on_path = shutil.which("promtool")
    places = [Path(on_path)] if on_path else []
    return next((path for path in [*places, OWN] if starts(path)), None)


def fetch_promtool() -> None:
    """Take promtool out of Debian's package; quietly if it works."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        return
    with tempfile.TemporaryDirectory() as folder:
        # Package lists may be missing or old; only root can renew them.
        for words in ("apt-get download prometheus", "apt-get update", None):
            if words:
                print(f"No promtool found, trying: {words}", flush=True)
            said = _run(words or "apt-get download prometheus", folder)
            packages = list(Path(folder).glob("prometheus_*.deb"))
            if packages and _run(f"dpkg-deb -x {packages[0].name} out", folder) is None:
                OWN.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(Path(folder) / "out" / "usr" / "bin" / "promtool", OWN)
                return
            if said:
                print("  It did not work:", said)


def _run(words: str, folder: str) -> str | None:
    """Run a command; what it said where it failed."""
    try:
        done = subprocess.run(
            words.split(), cwd=folder, capture_output=True, text=True, timeout=600
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return None
    lines = (done.stderr + done.stdout).strip().splitlines()
    return lines[-1] if lines else f"it ended with {done.returncode}"


def need_promtool() -> Path:
    """Return a promtool that starts, after fetching one if there is none.

    Raises NoPromtoolError with one sentence where that fails too.
    """
    found = find_promtool()
    if found is None:
        fetch_promtool()
        found = find_promtool()
    if found is None:
        raise NoPromtoolError(
            "The tests of Prometheus rules need promtool, and it could not be fetched: install it "
            "yourself ('apt-get install prometheus') or name one with PROMTOOL=/path/to/promtool "
            "make test."
        )
    return found


if __name__ == "__main__":
    try:
        print("promtool:", need_promtool())
    except NoPromtoolError as problem:
        sys.exit(str(problem))
