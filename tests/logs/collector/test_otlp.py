"""Traces of OpenTelemetry over real HTTP, in both encodings and both generations of names."""

import gzip
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import Parse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from slo_core.logs.collector import TRACES
from slo_core.logs.collector.otlp import JSON, PROTOBUF, spans
from tests.collecting import Client, collecting, stored
from tests.small import SHOP

ENDED = time.time_ns() - 5_000_000_000
NEW = {
    "http.request.method": "GET",
    "url.path": "/v1/me",
    "url.query": "planted=query",
    "http.response.status_code": 200,
    "client.address": "203.0.113.77",
    "user_agent.original": "PlantedAgent/9",
}
OLD = {
    "http.method": "GET",
    "http.target": "/v1/me?planted=query",
    "http.url": "https://studio.example/v1/me?planted=query",
    "http.status_code": 200,
    "net.peer.ip": "203.0.113.77",
    "http.user_agent": "PlantedAgent/9",
}
BROWSER = {"telemetry.sdk.language": "webjs", "service.name": "studio"}


def value(plain: Any) -> dict[str, Any]:
    kind = {str: "stringValue", int: "intValue", float: "doubleValue"}[type(plain)]
    return {kind: str(plain) if isinstance(plain, int) else plain}


def attributes(plain: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": value(it)} for key, it in plain.items()]


def span(about: dict[str, Any], kind: int = 2, ms: int = 250, **more: Any) -> dict[str, Any]:
    return {
        "name": "GET",
        "kind": kind,
        "traceId": "5b8efff798038103d269b633813fc60c",
        "spanId": "eee19b7ec3c1b174",
        "startTimeUnixNano": str(ENDED - ms * 1_000_000),
        "endTimeUnixNano": str(ENDED),
        "attributes": attributes(about),
        **more,
    }


def export(*found: dict[str, Any], resource: dict[str, Any] | None = None) -> dict[str, Any]:
    about = {"attributes": attributes(resource or {"service.name": "api"})}
    return {"resourceSpans": [{"resource": about, "scopeSpans": [{"spans": list(found)}]}]}


def as_protobuf(exported: dict[str, Any]) -> bytes:
    plain = json.loads(json.dumps(exported))
    for resource in plain["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for each in scope["spans"]:
                del each["traceId"], each["spanId"]  # hexadecimal is OTLP's own way of JSON
    return bytes(Parse(json.dumps(plain), ExportTraceServiceRequest()).SerializeToString())


def events(*found: dict[str, Any], resource: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    return spans(json.dumps(export(*found, resource=resource)).encode(), JSON)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with collecting(tmp_path_factory.mktemp("traces")) as client:
        yield client


@pytest.mark.parametrize("about", [NEW, OLD])
def test_a_servers_span_is_a_request_of_the_api(tmp_path: Path, about: dict[str, Any]) -> None:
    with collecting(tmp_path) as client:
        packed = gzip.compress(as_protobuf(export(span(about))))
        by_protobuf = client.send(
            packed, path=TRACES, content_type=PROTOBUF, content_encoding="gzip"
        )
        assert by_protobuf.status == 200
        assert by_protobuf.headers["content-type"] == PROTOBUF
        assert ExportTraceServiceResponse.FromString(by_protobuf.body).partial_success is not None
        assert client.send(export(span(about)), path=TRACES).json == {}
    one, two = stored(tmp_path)
    assert one == two
    assert {name: found for name, found in one.items() if found is not None and name != "ts"} == {
        "journey": "api",
        "endpoint": "/v1/me",
        "method": "GET",
        "status": 200,
        "duration_ms": 250.0,
        "source": "server",
    }
    assert one["ts"].timestamp() - time.timezone == pytest.approx(ENDED / 1e9, abs=1e-3)
    held = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for word in (b"planted", b"203.0.113", b"PlantedAgent"):
        assert word not in held + repr([one, two]).encode()


def test_an_export_that_comes_again_is_taken_once(tmp_path: Path) -> None:
    """An exporter that was not answered sends the same bytes; a second span differs in its id."""
    other = export(span(NEW, spanId="eee19b7ec3c1b175"))
    with collecting(tmp_path) as client:
        for exported in (export(span(NEW)), export(span(NEW)), other):
            assert client.send(exported, path=TRACES).status == 200
    assert len(stored(tmp_path)) == 2


def test_a_browsers_span_goes_where_its_route_leads(tmp_path: Path) -> None:
    song = {**NEW, "http.request.method": "POST", "http.route": "/v1/songs/{id}/remix"}
    with collecting(tmp_path) as client:
        client.send(export(span(song, kind=3), resource=BROWSER), path=TRACES)
    [found] = stored(tmp_path)
    assert (found["journey"], found["source"]) == ("song_generation", "client")
    assert found["endpoint"] == "/v1/songs/{id}/remix"


@pytest.mark.parametrize(
    "left_out",
    [
        span(NEW, kind=3),  # what a server asks of others
        span(NEW, kind=1),
        span({"db.system": "postgresql"}),
        span({**NEW, "url.path": "/health/live"}),
    ],
)
def test_what_is_nobodys_request_is_left_out(tmp_path: Path, left_out: dict[str, Any]) -> None:
    with collecting(tmp_path) as client:
        assert client.send(export(left_out, span(NEW)), path=TRACES).json == {}
    assert len(stored(tmp_path)) == 1


@pytest.mark.parametrize(
    ("about", "more", "resource", "error"),
    [
        ({"http.response.status_code": 503, "error.type": "503"}, {}, {}, None),
        ({}, {}, {}, None),
        ({"error.type": "java.net.SocketTimeoutException"}, {}, {}, "timeout"),
        ({"error.type": "TypeError"}, {"kind": 3}, BROWSER, "network"),
        ({}, {"kind": 3, "status": {"code": 2}}, BROWSER, "network"),
        ({}, {"status": {"code": 2}}, {}, "exception"),
        ({"http.response.status_code": 200}, {"status": {"code": 2}}, {}, "exception"),
        ({"http.response.status_code": 200}, {"status": {"code": 1}}, {}, None),
        (
            {},
            {"events": [{"attributes": attributes({"exception.type": "asyncio.TimeoutError"})}]},
            {},
            "timeout",
        ),
    ],
)
def test_what_went_wrong(
    about: dict[str, Any], more: dict[str, Any], resource: dict[str, Any], error: str | None
) -> None:
    path = {"url.path": "/v1/songs", "http.request.method": "POST"}
    [event] = events(span({**path, **about}, **more), resource=resource or None)
    assert event.get("error") == error


def test_spans_of_no_journey_are_counted_to_the_exporter(tmp_path: Path) -> None:
    """The shop's catalogue has no routes, and no journey that has all of a server's requests."""
    with collecting(tmp_path, catalog=SHOP) as client:
        answer = client.send(export(span(NEW), span(OLD)), path=TRACES)
        by_protobuf = client.send(
            as_protobuf(export(span(NEW))), path=TRACES, content_type=PROTOBUF
        )
    assert answer.status == 200
    assert answer.json["partialSuccess"]["rejectedSpans"] == "2"
    told = ExportTraceServiceResponse.FromString(by_protobuf.body).partial_success
    assert told.rejected_spans == 1
    assert "fit no route" in told.error_message


@pytest.mark.parametrize(
    ("body", "content_type", "status", "sentence"),
    [
        (b"{", JSON, 400, "the body is no JSON"),
        (b"[]", JSON, 400, "expected an object with resourceSpans, found []"),
        (b'{"resourceSpans": 5}', JSON, 400, "resourceSpans: expected a list of objects, found 5"),
        (
            export({**span(NEW), "endTimeUnixNano": "soon"}),
            JSON,
            400,
            "endTimeUnixNano: expected a",
        ),
        (export({**span(NEW), "endTimeUnixNano": 0}), JSON, 400, "spans.endTimeUnixNano: expected"),
        (export(span({**NEW, "http.response.status_code": "ok"})), JSON, 400, "status: expected a"),
        (export(span(NEW, ms=-5)), JSON, 400, "events[0].duration: expected a number of 0 or more"),
        (b"\xff\xff", PROTOBUF, 400, "the body is no ExportTraceServiceRequest"),
        (b"{}", "text/plain", 415, "Content-Type is 'text/plain': expected application/json or"),
    ],
)
def test_what_is_no_export_is_told_in_the_exporters_encoding(
    client: Client, body: Any, content_type: str, status: int, sentence: str
) -> None:
    answer = client.send(body, path=TRACES, content_type=content_type)
    assert answer.status == status
    said = answer.body[3:].decode() if content_type == PROTOBUF else answer.json["message"]
    assert said.startswith(sentence)
