"""Traces of OpenTelemetry as requests: spans with HTTP's attributes, of servers and of browsers.

Both encodings of OTLP/HTTP become the same dicts, those of its JSON. Attributes are read under
their names in today's semantic conventions and in those before 2023.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from google.protobuf.json_format import MessageToDict, MessageToJson
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from slo_core.logs.collector.body import RefusedError, parse_json
from slo_core.logs.collector.fields import shown

PROTOBUF = "application/x-protobuf"
JSON = "application/json"

_SERVER, _CLIENT = 2, 3
_ERROR = 2
_EPOCH = datetime(1970, 1, 1)
_METHOD = ("http.request.method", "http.method")
_STATUS = ("http.response.status_code", "http.status_code")
_PATH = ("http.route", "url.path", "http.target", "url.full", "http.url")
_BYTES = ("http.response.body.size", "http.response_content_length")
_USER = ("user.id", "enduser.id")
_BROWSER_LANGUAGE = "webjs"


def spans(body: bytes, kind: str) -> list[dict[str, Any]]:
    """The requests among the spans of an export, as events of the collector.

    ``kind`` is the media type, JSON or PROTOBUF. Other spans are left out: the inner parts of a
    request, and what a server asks of others. Raises RefusedError (400) for what is no export.
    """
    found = _spans(_export(body, kind))
    return [event for resource, span in found if (event := _request(resource, span))]


def answer(kind: str, unmapped: int = 0) -> bytes:
    """What an exporter is answered, in its own encoding; some spans may be of no journey."""
    answered = ExportTraceServiceResponse()
    if unmapped:
        answered.partial_success.rejected_spans = unmapped
        answered.partial_success.error_message = (
            "these requests fit no route of the catalogue, and no journey has all of their source"
        )
    return bytes(
        answered.SerializeToString() if kind == PROTOBUF else MessageToJson(answered).encode()
    )


def refusal(kind: str, sentence: str) -> bytes:
    """What an exporter is told of a request that is not taken: a ``google.rpc.Status``."""
    if kind != PROTOBUF:
        return json.dumps({"message": sentence}).encode()
    words = sentence.encode()[:2_000]
    length = bytes([len(words) & 0x7F | 0x80, len(words) >> 7])
    return b"\x12" + length + words  # its second field is the message


def _export(body: bytes, kind: str) -> dict[str, Any]:
    if kind == PROTOBUF:
        try:
            message = ExportTraceServiceRequest.FromString(body)
        except DecodeError:
            raise RefusedError(400, "the body is no ExportTraceServiceRequest") from None
        found = MessageToDict(message, use_integers_for_enums=True)
    else:
        try:
            found = parse_json(body)
        except ValueError as error:
            raise RefusedError(400, f"the body is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise RefusedError(400, f"expected an object with resourceSpans, found {shown(found)}")
    return found


def _spans(export: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each span with the attributes of the resource that it is of."""
    for resource in _objects(export, "resourceSpans"):
        about = resource.get("resource")
        attributes = _attributes(about) if isinstance(about, dict) else {}
        for scope in _objects(resource, "scopeSpans"):
            for span in _objects(scope, "spans"):
                yield attributes, span


def _objects(parent: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    found = parent.get(key)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise RefusedError(400, f"{key}: expected a list of objects, found {shown(found)}")
    return found


def _attributes(of: Mapping[str, Any]) -> dict[str, Any]:
    """Plain values of attributes; lists and the like are nobody's business here."""
    found: dict[str, Any] = {}
    for attribute in _objects(of, "attributes"):
        value = attribute.get("value")
        for kind, plain in value.items() if isinstance(value, dict) else ():
            if kind in ("stringValue", "intValue", "doubleValue", "boolValue"):
                found[str(attribute.get("key"))] = plain
    return found


def _request(resource: Mapping[str, Any], span: Mapping[str, Any]) -> dict[str, Any] | None:
    """A span as an event, None where it is nobody's request."""
    attributes = _attributes(span)
    path = _first(attributes, _PATH)
    method, status = _first(attributes, _METHOD), _whole("status", _first(attributes, _STATUS))
    if (path is None and method is None) or (source := _source(resource, span)) is None:
        return None
    started, ended = _nanoseconds(span, "startTimeUnixNano"), _nanoseconds(span, "endTimeUnixNano")
    event = {
        "event": "request",
        "ts": _moment(ended),
        "endpoint": _words(path),
        "method": _words(method),
        "status": status,
        "duration_ms": (ended - started) / 1e6,
        "error": _error(attributes, span, source, status),
        "response_bytes": _whole("response_bytes", _first(attributes, _BYTES)),
        "session_id": _words(attributes.get("session.id")),
        "user_id": _words(_first(attributes, _USER)),
        "source": source,
    }
    return {key: value for key, value in event.items() if value is not None}


def _source(resource: Mapping[str, Any], span: Mapping[str, Any]) -> str | None:
    """Who tells: a server of what it answered, a browser of what it asked; else nobody."""
    if span.get("kind") == _SERVER:
        return "server"
    in_browser = resource.get("telemetry.sdk.language") == _BROWSER_LANGUAGE or any(
        name.startswith("browser.") for name in resource
    )
    return "client" if span.get("kind") == _CLIENT and in_browser else None


def _error(
    attributes: Mapping[str, Any], span: Mapping[str, Any], source: str, status: int | None
) -> str | None:
    """What went wrong, where the status does not say it: in the words of the outcome table."""
    if status is not None and not 200 <= status <= 299:
        return None
    thrown = [_attributes(event) for event in _objects(span, "events")]
    words = [attributes.get("error.type"), *(each.get("exception.type") for each in thrown)]
    said = " ".join(str(word) for word in words if word).lower()
    state = span.get("status")
    if not said and not (isinstance(state, dict) and state.get("code") == _ERROR):
        return None
    if "timeout" in said or "timed out" in said:
        return "timeout"
    return "network" if source == "client" and status is None else "exception"


def _first(attributes: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((attributes[name] for name in names if attributes.get(name) is not None), None)


def _words(value: Any) -> str | None:
    return None if value is None else str(value)


def _whole(word: str, value: Any) -> int | None:
    """A whole number, which JSON may have as text."""
    try:
        return None if value is None else int(value)
    except (ValueError, TypeError, OverflowError):
        raise RefusedError(400, f"{word}: expected a whole number, found {shown(value)}") from None


def _nanoseconds(span: Mapping[str, Any], key: str) -> int:
    found = _whole(key, span.get(key))
    if found is None or not 0 < found < 2**63:
        raise RefusedError(
            400, f"spans.{key}: expected nanoseconds since 1970, found {shown(span.get(key))}"
        )
    return found


def _moment(nanoseconds: int) -> str:
    return (_EPOCH + timedelta(microseconds=nanoseconds // 1000)).isoformat()
