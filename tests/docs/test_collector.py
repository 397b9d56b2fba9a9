"""What the page on the collector shows can be sent, and what it says of limits is so."""

import json
import re
from datetime import datetime

import yaml

from slo_core.catalog import Collecting
from slo_core.logs.collector import EVENTS, HEALTH, TRACES, Limits
from slo_core.logs.collector.access import Tokens
from slo_core.logs.collector.events import Reader, Sender
from slo_core.logs.tables import TABLES
from tests.small import ROOT, STUDIO

TEXT = (ROOT / "docs" / "collector.md").read_text("utf-8")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)


def test_the_events_that_it_shows_are_taken_each_into_its_table() -> None:
    batch, lines = blocks("json")
    events = [*json.loads(batch)["events"], *map(json.loads, lines.splitlines())]
    rows = Reader(STUDIO).rows(events, Sender(), datetime(2025, 3, 30))
    assert len(rows) == len(events)
    assert {table for table, _ in rows} == {*TABLES}


def test_the_files_that_it_shows_can_be_read() -> None:
    _, routes, tokens = blocks("yaml")
    collecting = Collecting.model_validate(yaml.safe_load(routes)["collecting"])
    found = collecting.route("/v1/songs/7", "POST", "client")
    assert found is not None
    assert found.journey == "song_generation"
    assert [it.name for it in Tokens.model_validate(yaml.safe_load(tokens)).tokens] == [
        "studio-web",
        "studio-api",
    ]


def test_its_addresses_and_limits_are_those_of_the_code() -> None:
    for address in (EVENTS, TRACES, HEALTH):
        assert f"{address}`" in TEXT
    limits, mib = Limits(), 1 << 20
    assert f"{limits.body // mib} MiB sent, {limits.text // mib} MiB unpacked" in TEXT
    assert f"{limits.events:,} events" in TEXT
    assert f"{limits.spare // mib} MiB are left" in TEXT
    assert f"{limits.per_second:g} requests a second" in TEXT
