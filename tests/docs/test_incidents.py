"""The commands of the page on incidents, one after the other, as it shows them."""

import re
import shlex
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from slo_core.__main__ import main
from slo_core.register import read_incidents, read_maintenance, read_table
from tests.random_logs import write_tables
from tests.small import ROOT


def test_its_commands_do_what_they_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start = datetime(2025, 3, 30, 9)
    songs = [
        {"ts": start + n * timedelta(minutes=1), "journey": "song_generation", "status": 500}
        for n in range(60)
    ]
    write_tables(tmp_path, {"requests": songs})
    monkeypatch.setenv("SLO_DATA", str(tmp_path))
    monkeypatch.delenv("SLO_CATALOG", raising=False)
    text = (ROOT / "docs" / "incidents.md").read_text("utf-8")
    commands = re.findall(r"^python -m slo_core (.*)$", text, re.MULTILINE)
    for command in commands:
        assert main(shlex.split(command.partition("  #")[0])) == 0, command
    assert len(commands) == 16
    second, first = read_incidents(tmp_path).itertuples()
    assert (first.id, first.commander, first.five_whys) == (1, "Ada", ("no memory", "a leak"))
    assert (second.id, second.status) == (2, "open")
    # The other one's time came with it, and stays.
    assert first.started_at == datetime(2025, 3, 30, 8)
    for table in (read_table(tmp_path, "corrections"), read_maintenance(tmp_path)):
        assert table["cancelled_at"].notna().tolist() == [True]
