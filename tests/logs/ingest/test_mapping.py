"""What a person's mapping decides, and what it is refused for."""

import json
import random
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import duckdb
import pytest

from slo_core.errors import SloError
from slo_core.logs.ingest import ingest
from slo_core.logs.ingest.blocks import Progress, blocks
from slo_core.logs.ingest.held import Held
from slo_core.logs.ingest.mapping import FORMATS, format_mapping, load_mapping
from slo_core.logs.ingest.readers import JsonReader
from slo_core.logs.ingest.report import Report
from tests.logs.ingest.taking import mapping, rows, take
from tests.small import SHOP, STUDIO

LOG = """\
203.0.113.7 - - [31/Mar/2025:10:00:00 +0000] "POST /v1/songs HTTP/1.1" 200 5 "-" "Mozilla/5.0"
203.0.113.7 - - [31/Mar/2025:10:00:01 +0000] "GET /v1/songs/4711 HTTP/1.1" 200 5 "-" "Mozilla/5.0"
203.0.113.7 - - [31/Mar/2025:10:00:02 +0000] "GET /v1/projects/5 HTTP/1.1" 200 5 "-" "Googlebot/2.1"
203.0.113.7 - - [31/Mar/2025:10:00:03 +0000] "GET /healthz HTTP/1.1" 200 5 "-" "kube-probe"
203.0.113.7 - - [31/Mar/2025:10:00:04 +0000] "GET /healthz HTTP/1.1" 503 5 "-" "kube-probe"
203.0.113.7 - - [31/Mar/2025:10:00:05 +0000] "GET /other/7 HTTP/1.1" 200 5 "-" "curl"
"""
ROUTES = [
    {"journey": "song_generation", "path": "^/v1/songs$", "method": "post", "step": "publish"},
    {"journey": "project_loading", "path": "^/v1/projects"},
]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "access.log"
    path.write_text(LOG, "utf-8")
    return path


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_a_mapping_that_can_be_read(name: str) -> None:
    assert format_mapping(name).columns


def test_routes_give_journeys_and_steps(tmp_path: Path, log: Path) -> None:
    total = take(tmp_path / "data", log, mapping=mapping(journeys={"routes": ROUTES})).total
    assert total.journeys == {"api": 4, "song_generation": 1, "project_loading": 1}
    # By their shape, the most frequent first: what no route has.
    assert total.unmapped == {
        ("GET", "/healthz"): 2,
        ("GET", "/v1/songs/:id"): 1,
        ("GET", "/other/:id"): 1,
    }
    # The catalogue counts what browsers say of these two journeys, and this is a server's log.
    assert total.other_source == {"song_generation": 1, "project_loading": 1}
    assert rows(tmp_path / "data")[0]["step"] == "publish"


def test_health_checks_are_probes_and_bots_count_on_neither_side(tmp_path: Path, log: Path) -> None:
    own = mapping(
        health_checks=[{"path": "^/healthz$", "scope": "api", "target": "edge"}], bots=["(?i)bot"]
    )
    total = take(tmp_path / "data", log, mapping=own).total
    assert total.outcomes == {"good": 3, "excluded": 3}
    assert rows(tmp_path / "data", "probes") == [
        {"ts": datetime(2025, 3, 31, 10, 0, second), "scope": "api", "target": "edge", "ok": ok}
        for second, ok in [(3, True), (4, False)]
    ]
    assert [row.get("excluded") for row in rows(tmp_path / "data")] == [
        *(None, None, "bot", "health_check", "health_check", None)
    ]


def test_ids_are_hashed_with_a_salt_and_shortened_in_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "log.csv"
    log.write_text(
        "ts,url,session_id,user_id\n"
        "2025-03-31T10:00:00Z,/users/550e8400-e29b-41d4-a716-446655440000/songs/17,s1,ann\n"
        "2025-03-31T10:00:01Z,/users/deadbeefdeadbeef00/a-long-title-about-nothing,s1,bob\n"
    )
    own = mapping(ids={"salt": "OUR_SALT", "shorten": True})
    monkeypatch.delenv("OUR_SALT", raising=False)
    with pytest.raises(SloError, match=r"\$OUR_SALT, which is not set"):
        take(tmp_path / "data", log, mapping=own)
    monkeypatch.setenv("OUR_SALT", "it's salt")
    take(tmp_path / "data", log, mapping=own)
    one, two = rows(tmp_path / "data")
    assert one["endpoint"] == "/users/:id/songs/:id"
    assert two["endpoint"] == "/users/:id/a-long-title-about-nothing"
    assert one["session_id"] == two["session_id"]
    assert len({one["session_id"], one["user_id"], two["user_id"], "s1", "ann", "bob"}) == 6


def test_times_without_a_zone_are_of_the_mappings(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    # The second is after the clocks went forward; the third is counted from the epoch, in UTC.
    log.write_text("when,st\n2025-03-29 12:00:00,200\n2025-03-31 12:00:00,200\n1743415200,200\n")
    own = mapping(reader="csv", time_zone="Europe/Berlin", columns={"ts": "when", "status": "st"})
    take(tmp_path / "data", log, mapping=own)
    assert [row["ts"] for row in rows(tmp_path / "data")] == [
        datetime(2025, 3, 29, 11),
        datetime(2025, 3, 31, 10),
        datetime(2025, 3, 31, 10),
    ]


def test_units_formats_and_words(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("d;took;result\n31.03.2025 10:00:00;1500000;OK\n31.03.2025 10:00:01;7;GONE\n")
    own = mapping(
        reader="csv",
        columns={
            "ts": {"field": "d", "format": "%d.%m.%Y %H:%M:%S"},
            "duration_ms": {"field": "took", "unit": "us"},
            "error": {
                "field": "result",
                "words": [{"pattern": "^OK$"}, {"pattern": "^GONE$", "means": "network"}],
            },
        },
    )
    assert take(tmp_path / "data", log, mapping=own).total.outcomes == {"good": 1, "failed": 1}
    found = rows(tmp_path / "data")
    assert [row["duration_ms"] for row in found] == [1500.0, pytest.approx(0.007)]
    assert [row.get("error") for row in found] == [None, "network"]


def test_a_pattern_of_ones_own(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text(
        "2025-03-31T10:00:00,250 INFO served /v1/songs in 12ms: 200\n"
        "2025-03-31T10:00:01,000 INFO started\n"
    )
    own = mapping(
        reader="pattern",
        pattern=r"^(?P<at>\S+) \w+ served (?P<path>\S+) in (?P<took>\d+)ms: (?P<st>\d+)$",
        columns={"ts": "at", "endpoint": "path", "status": "st", "duration_ms": "took"}
        | {"response_bytes": [], "source": {"value": "client"}},
        request=None,
        user_agent=None,
        diagnoses=[],
    )
    total = take(tmp_path / "data", log, mapping=own).total
    assert (total.accepted, total.quarantined) == (1, 1)
    assert rows(tmp_path / "data") == [
        {
            "ts": datetime(2025, 3, 31, 10, 0, 0, 250_000),
            "journey": "api",
            "endpoint": "/v1/songs",
            "status": 200,
            "duration_ms": 12.0,
            "source": "client",
        }
    ]


def test_another_table(tmp_path: Path) -> None:
    log = tmp_path / "vitals.jsonl"
    log.write_text(
        '{"t": 1743415200123, "name": "lcp_ms", "v": 2100.5}\n{"t": 1743415201000, "v": "x"}\n'
    )
    own = mapping(
        table="measurements",
        columns={"ts": "t", "metric": "name", "value": "v", "journey": {"value": "web"}},
    )
    total = take(tmp_path / "data", log, mapping=own).total
    assert (total.accepted, dict(total.reasons)) == (1, {"metric is null": 1})
    assert rows(tmp_path / "data", "measurements") == [
        {
            "ts": datetime(2025, 3, 31, 10, 0, 0, 123_000),
            "journey": "web",
            "metric": "lcp_ms",
            "value": 2100.5,
        }
    ]


def test_another_catalogue_has_journeys_of_its_own(tmp_path: Path, log: Path) -> None:
    with pytest.raises(SloError, match="to journey 'api', which the catalogue does not have"):
        ingest([str(log)], tmp_path / "data", SHOP)
    journey = SHOP.journeys[0].id
    own = mapping(journeys={"default": journey})
    total = ingest([str(log)], tmp_path / "data", SHOP, mapping=own).total
    assert total.journeys == {journey: 6}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "tabel: requests",
            r"map.yaml, line 1, tabel: unknown key 'tabel', did you mean 'table'",
        ),
        ("table: songs", r"line 1, table: expected one of requests, .* found 'songs'"),
        ("columns: {colour: red}", r"columns.colour: expected one of ts, journey"),
        ("time_zone: Mars/Olympus", r"time_zone: expected a time zone such as Europe/Berlin"),
        ("bots: ['(']", r"bots.*: expected a regular expression, found '\('"),
        ("bots: ['(?!x)bot']", r"without looking ahead or behind"),
        ("journeys: {routes: [{path: x}]}", r"expected `journey` here, found nothing"),
        ("- a", r"expected the keys of a mapping, such as journeys, found"),
        ("", "is empty"),
        ("a: [", "expected YAML"),
    ],
)
def test_a_mistake_in_a_mapping_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "map.yaml").write_text(text, "utf-8")
    with pytest.raises(SloError, match=sentence):
        load_mapping(tmp_path / "map.yaml")


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            {"journeys": {"default": "nowhere"}},
            "to journey 'nowhere', which the catalogue does not",
        ),
        ({"journeys": {"routes": [{"journey": "x", "path": "^/"}]}}, "to journey 'x'"),
        ({"health_checks": [{"path": "^/h", "scope": "moon"}]}, "no scope is called 'moon'"),
        ({"columns": {"ts": "nothing"}}, "has no group of that name"),
    ],
)
def test_a_mapping_that_does_not_fit_is_one_sentence(
    tmp_path: Path, log: Path, said: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(SloError, match=sentence):
        ingest([str(log)], tmp_path / "data", STUDIO, mapping=mapping(**said))


def test_keys_that_lines_begin_to_have_later_are_found_and_learnt() -> None:
    """Every line by itself, whatever was in those before: one name of a column's, some damaged."""
    names = {
        "session_id": ["session_id", "sessionId"],
        "status": ["status", "http_status", "http.response.status_code"],
        "duration_ms": ["duration_ms", "latency_ms"],
        "error": ["error"],
        "platform": ["platform"],
    }
    chance = random.Random(7)
    lines, expected = [], []
    for number in range(200):
        row: dict[str, Any] = {}
        said: dict[str, Any] = {"ts": f"2025-03-31T10:00:00.{number:03}Z"}
        for column, keys in names.items():
            # The first lines have no more than a time; the later ones ever more.
            if chance.randrange(200) < number:
                value: Any = 100 + chance.randrange(400) if column != "error" else "timeout"
                row[column] = value if column in ("status", "duration_ms") else str(value)
                key = chance.choice(keys)
                if key.startswith("http.") and chance.random() < 0.5:
                    said["http"] = {"response": {"status_code": value}}
                else:
                    said[key] = value
        damaged = chance.randrange(50) == 0
        lines.append("{" if damaged else json.dumps(said))
        expected.append(None if damaged else tuple(row.get(column) for column in names))
    json_lines = format_mapping("json")
    reader = JsonReader(json_lines, {"ts"})
    with duckdb.connect() as connection:
        held = Held(connection, json_lines, STUDIO, None, (), Report())
        for block in blocks(BytesIO("\n".join(lines).encode()), Progress(), block=2_500):
            held.show(reader.take_apart(block)[0])
            reader.read(held)
        found = connection.execute(
            f"SELECT ts IS NULL, {', '.join(names)} FROM held ORDER BY n"
        ).fetchall()
    assert [None if no_time else tuple(values) for no_time, *values in found] == expected


def test_of_several_names_the_first_counts_whatever_lines_came_before(tmp_path: Path) -> None:
    usual = '{"ts": "2025-03-10T00:00:00Z", "path": "/a", "status_code": 200}\n'
    both = '{"ts": "2025-03-10T01:00:00Z", "path": "/a", "status": 500, "status_code": 200}\n'
    log = tmp_path / "log.ndjson"
    log.write_text(usual * 250 + both, "utf-8")
    found = ingest([str(log)], tmp_path / "data", STUDIO).total
    assert (found.accepted, found.outcomes["good"], found.outcomes["failed"]) == (251, 250, 1)


def test_false_is_no_error_and_excludes_nothing(tmp_path: Path) -> None:
    log = tmp_path / "log.ndjson"
    log.write_text(
        '{"ts": "2025-03-10T00:00:00Z", "path": "/a", "status": 200, "error": false}\n'
        '{"ts": "2025-03-10T00:00:01Z", "path": "/a", "status": 500, "excluded": false}\n'
        '{"ts": "2025-03-10T00:00:02Z", "path": "/a", "status": 200, "error": "timeout"}\n'
        '{"ts": "2025-03-10T00:00:03Z", "path": "/a", "status": 500, "excluded": "user_side"}\n',
        "utf-8",
    )
    found = ingest([str(log)], tmp_path / "data", STUDIO).total.outcomes
    assert (found["good"], found["failed"], found["excluded"]) == (1, 2, 1)
