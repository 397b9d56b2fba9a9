"""`watch` as people start it, stop it and ask it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from slo_core.__main__ import main
from tests.random_logs import write_tables
from tests.watch.sink import ROOT, Sink, sink
from tests.watch.stories import requests


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Songs failed until noon of a day long ago."""
    write_tables(tmp_path / "data", {"requests": requests()})
    return tmp_path / "data"


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Sink]:
    """A receiver of everything."""
    with sink(tmp_path / "sink") as found:
        yield found


def test_it_watches_alone_until_it_is_stopped(data: Path, receiver: Sink) -> None:
    command = [sys.executable, "-m", "slo_core", "watch", "--data", str(data)]
    environment = os.environ | receiver.environment
    process = subprocess.Popen(
        [*command, "--every", "1s"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 60
    while len(receiver.titles()) < 4 and time.monotonic() < until:
        time.sleep(0.05)
    second = subprocess.run(
        [*command, "--once"], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    process.send_signal(signal.SIGTERM)
    said, warned = process.communicate(timeout=60)
    assert process.returncode == 0, warned
    assert "sent to on_call: FIRING P1: Song Generation Failure Spike" in said
    assert warned.count("leadership is off: STUDIO_LEADERSHIP_URL is not set") == 1
    assert second.returncode == 2
    assert f"{data} is watched by another process" in second.stderr
    assert len(set(receiver.titles())) == len(receiver.titles()) == 4


def test_status_says_what_was_sent_and_what_was_not(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ON_CALL", "ALERTS", "ENG", "ENGINEERING", "LEADERSHIP", "JIRA"):
        monkeypatch.delenv(f"STUDIO_{name}_URL", raising=False)
    ask = ["watch", "--data", str(data), "--status"]
    assert main(ask) == 1
    assert (
        capsys.readouterr().out
        == "watch does not run; its last look: no data\nNothing was told yet.\n"
    )
    at = ["--once", "--at", "2025-03-31T12:00:00Z"]
    assert main(["watch", "--data", str(data), *at]) == 0
    assert capsys.readouterr().err.count(" is off: ") == 6
    assert main(ask) == 0
    assert "on_call is off: STUDIO_ON_CALL_URL is not set" in capsys.readouterr().out
    main([*ask, "--format", "json"])
    told = json.loads(capsys.readouterr().out)
    assert told["running"] is True
    assert {it["state"] for it in told["notifications"]} == {"held"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--every", "soon"], '--every is "soon": expected 1s to 1d, for example 30s.'),
        (["--at", "2025-03-31T12:00:00Z"], "--at is one moment: use it with --once"),
        (["--base-url", "here"], '--base-url is "here": expected where the dashboards are'),
    ],
)
def test_bad_use_is_one_sentence(
    data: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert main(["watch", "--data", str(data), *arguments]) == 2
    assert sentence in capsys.readouterr().err
