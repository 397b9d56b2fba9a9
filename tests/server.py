"""Starts the real dashboards as a process of their own, for browser tests and pictures."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.ports import held_port

ROOT = Path(__file__).resolve().parents[1]
_PATIENCE = 60.0


@contextmanager
def serve(
    data: Path, *, catalog: Path | None = None, cwd: Path = ROOT, script: Path = ROOT / "app.py"
) -> Iterator[str]:
    """Serve a data folder on a free port of localhost; yields ``http://localhost:PORT``.

    The server starts as a person starts it, ``streamlit run app.py``, from the folder ``cwd``; it
    is up when it answers, and gone when the block ends, its children too. ``script`` is another one
    than ours, to compare with. Raises RuntimeError with what it printed where it does not come up.
    """
    with held_port() as port:
        yield from _serve(port, data, catalog, cwd, script)


def _serve(port: int, data: Path, catalog: Path | None, cwd: Path, script: Path) -> Iterator[str]:
    environment = os.environ | {"SLO_DATA": str(data)}
    environment.pop("SLO_CATALOG", None)
    if catalog:
        environment["SLO_CATALOG"] = str(catalog)
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    options = ["--server.port", str(port), "--server.headless", "true"]
    process = subprocess.Popen(
        [*command, *options, "--server.fileWatcherType", "none"],
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    address = f"http://localhost:{port}"
    try:
        _wait(process, f"{address}/dashboards/_stcore/health")
        yield address
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def _wait(process: subprocess.Popen[str], health: str) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            with urlopen(health, timeout=1):
                return
        except (URLError, OSError):
            time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL) if process.poll() is None else None
    printed, _ = process.communicate()
    raise RuntimeError(f"The dashboards did not come up at {health}:\n{printed}")
