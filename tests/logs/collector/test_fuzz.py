"""Random and mutated requests: no answer of 500, and each event is in the tables or was refused."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slo_core.logs.collector import EVENTS, TRACES, Limits
from slo_core.logs.tables import TABLES
from tests.collecting import Client, collecting, stored
from tests.effort import one_in
from tests.logs.collector.test_otlp import NEW, as_protobuf, export, span
from tests.long_rounds import CameOf

LIMITS = Limits(spare=0, drain_every=0.3, burst=10**9, body=50_000, text=100_000, patience=2)
ANSWERS = {200, 202, 400, 413, 415}

GOOD: list[dict[str, Any]] = [
    {"event": "studio_performance_metric", "journey": "web", "duration": 5, "success": False},
    {"event": "studio_api_request", "endpoint": "/v1/me?x", "method": "GET", "status": 404},
    {"event": "studio_api_request", "endpoint": "/health/live", "status": 200},
    {"name": "CLS", "value": 0.1, "id": "v5"},
    {"journey": "song_generation", "attempt_id": "a", "step": "listen"},
    {"scope": "api", "target": "eu", "ok": True, "latency_ms": 7},
    {"host": "web-1", "metric": "cpu_percent", "value": 50},
    {"journey": "api", "rating": 3, "comment": "é\n"},
    {"kind": "deploy", "version": "1", "age_ms": 5000},
    {"event": "request", "properties": {"journey": "api", "response_bytes": 0}},
]
NAMES = sorted(
    {column.name for table in TABLES.values() for column in table.columns}
    | {"event", "name", "type", "properties", "data", "duration", "success", "age_ms", "timestamp"}
)
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from([2**63, -(2**70), 10**400, "\ud800", "\0", "a" * 3000, "client", "2025"]),
)
VALUES = st.recursive(
    ODD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)
MUTATED = st.builds(
    lambda good, changes: good | changes,
    st.sampled_from(GOOD),
    st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=2),
)
GOODS = st.sampled_from(GOOD)
EVENT = st.one_of(GOODS, GOODS, GOODS, MUTATED, VALUES)
BATCH = st.one_of(st.lists(GOODS, min_size=1, max_size=4), st.lists(EVENT, max_size=4))
TRACED = {**NEW, "url.path": "/v1/traced"}
KINDS = [
    "text/plain",
    "text/plain",
    "",
    "application/json",
    "application/x-ndjson",
    "application/xml",
]


@st.composite
def requests(draw: Any) -> tuple[str, bytes, dict[str, str], bool]:
    """A path, a body and headers: usually nearly right; and whether bytes of it were changed."""
    path, headers = EVENTS, {"content_type": draw(st.sampled_from(KINDS))}
    events = draw(BATCH)
    if draw(st.integers(0, 5)) == 0:
        path, headers = TRACES, {"content_type": "application/x-protobuf"}
        body = as_protobuf(export(span(TRACED)))
        if draw(st.booleans()):
            headers["content_type"] = "application/json"
            body = dumped(export(span(TRACED) | draw(st.dictionaries(st.text(max_size=9), VALUES))))
    elif draw(st.booleans()):
        body = b"\n".join(map(dumped, events))
    else:
        envelopes = [events, {"events": events, "batch_id": draw(st.text(max_size=3))}]
        body = dumped(draw(st.sampled_from([*envelopes, *events])))
    torn = draw(st.integers(0, 3)) == 0
    if torn:
        at = draw(st.integers(0, len(body)))
        body = body[:at] + draw(st.binary(max_size=4)) + body[at + draw(st.integers(0, 4)) :]
    if draw(st.integers(0, 3)) == 0:
        headers["content_encoding"] = draw(st.sampled_from(["gzip", "gzip", "br"]))
        body = gzip.compress(body, 1)
        if draw(st.integers(0, 3)) == 0:
            body = body[: draw(st.integers(0, len(body)))]
    return path, body, headers, torn


def dumped(value: Any) -> bytes:
    return json.dumps(value).encode("utf-8", "surrogatepass")


def batter(root: Path, examples: int) -> tuple[int, int, int]:
    """Send so many requests; answers how many events were accepted, were lost, and are too many."""
    taken = torn_traces = 0

    with collecting(root, limits=LIMITS) as server:
        client = Client(server.port, keep=True)

        @settings(max_examples=examples, suppress_health_check=[HealthCheck.too_slow])
        @given(requests())
        def send(request: tuple[str, bytes, dict[str, str], bool]) -> None:
            nonlocal taken, torn_traces
            path, body, headers, torn = request
            answer = client.send(body, path=path, **headers)
            assert answer.status in ANSWERS, answer
            if answer.status == 202 and not answer.json["duplicate"]:
                taken += answer.json["accepted"] - answer.json["left_out"]
            elif answer.status >= 400 and path == EVENTS:
                assert answer.json["error"]
            torn_traces += torn and answer.status == 200

        send()
        client.close()
    # Traces are not counted in their answers; ours are told apart by their path, which may be what
    # was changed of one.
    rows = [row for table in TABLES for row in stored(root, table)]
    kept = sum(row.get("endpoint") != TRACED["url.path"] for row in rows)
    return taken, max(taken - kept, 0), max(kept - taken - torn_traces, 0)


def test_some_odd_requests(tmp_path: Path) -> None:
    taken, lost, more = batter(tmp_path, one_in(1))
    assert taken > 0
    assert (lost, more) == (0, 0)


@pytest.mark.long
def test_ten_thousand_odd_requests(tmp_path: Path, came_of: CameOf) -> None:
    taken, lost, more = batter(tmp_path, 10_000)
    came_of("Odd requests to a collector", rounds=10_000, taken=taken, lost=lost, doubled=more)
    assert (lost, more) == (0, 0)
