"""The collector as a command: it takes events until it is told to end, and is done then."""

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from slo_core.__main__ import main
from tests.collecting import Client, stored
from tests.small import ROOT


def test_told_to_end_it_leaves_everything_in_the_tables(tmp_path: Path) -> None:
    words = ["collect", "--data", str(tmp_path / "store"), "--port", "0", "--no-rollup"]
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "slo_core", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    said = process.stdout.readline()
    [port] = re.findall(r"http://127\.0\.0\.1:(\d+)/collect/v1/events and /v1/traces", said)
    assert Client(int(port)).send({"journey": "web", "duration": 5}).status == 202
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert len(stored(tmp_path / "store")) == 1
    assert not list((tmp_path / "store" / "collector" / "journal").iterdir())


def test_others_need_tokens(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["collect", "--data", str(tmp_path), "--host", "0.0.0.0"]) == 2
    assert "--host is 0.0.0.0, where others can reach it: say who may" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_port_that_is_taken_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert main(["collect", "--data", str(tmp_path), "--port", port]) == 2
    assert (
        f"--port {port} cannot be listened at (Address already in use)" in capsys.readouterr().err
    )
