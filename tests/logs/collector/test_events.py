"""What each shape of event becomes: one row of the right table, or a sentence about one field."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from slo_core.catalog import Catalog, load_catalog
from slo_core.logs.collector.events import BadEventError, Reader, Sender, path_of
from tests.small import SHOP, STUDIO

RECEIVED = datetime(2025, 3, 30, 12)
BROWSER = Sender(usual="client")


def row(event: Any, *, sender: Sender = BROWSER, catalog: Catalog = STUDIO) -> dict[str, Any]:
    """An event's one row, its table under ``table``, without what most tests do not ask for."""
    [(table, found)] = Reader(catalog).rows([event], sender, RECEIVED)
    assert found.pop("ts") == RECEIVED
    return {"table": table, **found}


def refused(event: Any, *, sender: Sender = BROWSER, catalog: Catalog = STUDIO) -> str:
    with pytest.raises(BadEventError) as refusal:
        Reader(catalog).rows([event], sender, RECEIVED)
    return str(refusal.value)


BROWSERS = {"journey": "song_generation", "duration": 12345.6, "success": True}
SERVERS = {"endpoint": "/v1/me", "method": "GET", "status": 404, "duration": 12, "success": True}


@pytest.mark.parametrize(
    "event",
    [
        {"event": "studio_performance_metric", **BROWSERS},
        {"event": "studio_performance_metric", "properties": BROWSERS},
        {"name": "studio_performance_metric", "data": BROWSERS},
        {"type": "studio_performance_metric", **BROWSERS},
        {"studio_performance_metric": BROWSERS},
        BROWSERS,
    ],
)
def test_the_browsers_shape_however_a_library_wraps_it(event: dict[str, Any]) -> None:
    assert row(event, sender=Sender()) == {
        "table": "requests",
        "journey": "song_generation",
        "duration_ms": 12345.6,
        "source": "client",
    }


@pytest.mark.parametrize("event", [{"event": "studio_api_request", **SERVERS}, SERVERS])
def test_the_servers_shape_is_a_request_of_the_api(event: dict[str, Any]) -> None:
    """The middleware calls a 404 a success; the outcome is the status's to say, and it is kept."""
    assert row(event) == {
        "table": "requests",
        "journey": "api",
        "endpoint": "/v1/me",
        "method": "GET",
        "status": 404,
        "duration_ms": 12,
        "source": "server",
    }


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"success": False}, "reported"),
        ({"success": False, "status": 200}, "reported"),
        ({"success": False, "status": 503}, None),
        ({"success": False, "error": "network"}, "network"),
        ({"success": True, "error": "timeout"}, "timeout"),
        ({"success": True}, None),
    ],
)
def test_a_failure_with_nothing_else_is_reported(fields: dict[str, Any], error: str) -> None:
    assert row({"journey": "song_generation", "duration": 1, **fields}).get("error") == error


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (
            {"name": "LCP", "value": 1234.5, "rating": "good", "id": "v5-1", "delta": 3},
            {"table": "measurements", "journey": "web", "metric": "lcp_ms", "value": 1234.5},
        ),
        (
            {"name": "CLS", "value": 0.03},
            {"table": "measurements", "journey": "web", "metric": "cls", "value": 0.03},
        ),
        (  # no objective of the document's has it; kept beside those that have one
            {"name": "INP", "value": 80},
            {"table": "measurements", "journey": "web", "metric": "inp_ms", "value": 80},
        ),
        (
            {"event": "measurement", "journey": "collaboration", "metric": "sync_ms", "value": 9},
            {"table": "measurements", "journey": "collaboration", "metric": "sync_ms", "value": 9},
        ),
        (
            {"journey": "song_generation", "attempt_id": "a1", "step": "listen"},
            {
                "table": "steps",
                "journey": "song_generation",
                "attempt_id": "a1",
                "step": "listen",
            },
        ),
        (
            {"scope": "api", "target": "https://eu/health?key=1", "ok": True, "latency_ms": 3},
            {
                "table": "probes",
                "scope": "api",
                "target": "https://eu/health",
                "ok": True,
                "latency_ms": 3,
            },
        ),
        (
            {"event": "resources", "host": "web-1", "metric": "cpu_percent", "value": 71.5},
            {"table": "resources", "host": "web-1", "metric": "cpu_percent", "value": 71.5},
        ),
        (
            {"journey": "publishing", "rating": 4, "comment": "fast"},
            {"table": "feedback", "journey": "publishing", "rating": 4, "comment": "fast"},
        ),
        (
            {"kind": "deploy", "service": "api", "version": "1.2", "actor": "ci"},
            {
                "table": "changes",
                "kind": "deploy",
                "service": "api",
                "version": "1.2",
                "actor": "ci",
            },
        ),
    ],
)
def test_everything_else_that_a_log_table_holds(
    event: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert row(event) == expected


def test_every_column_of_a_request_arrives_and_nothing_else() -> None:
    full = {
        "journey": "publishing",
        "step": "platform_sync",
        "session_id": "s1",
        "user_id": "u1",
        "platform": "ios",
        "endpoint": "/v1/publications/7/sync",
        "method": "POST",
        "status": 200,
        "duration_ms": 5.5,
        "error": "exception",
        "response_bytes": 12,
        "excluded": "user_side",
        "source": "client",
    }
    extra = {"ip": "203.0.113.9", "user_agent": "Mozilla", "query": "q=1", "headers": {"a": "b"}}
    assert row({"event": "request", **full, **extra}) == {"table": "requests", **full}


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        (7, "events[0]: expected an object, found 7"),
        ({}, "events[0]: expected a name under `event`, or the fields of one of requests"),
        ({"event": "page_view"}, "events[0]: expected an event called one of studio_performance_"),
        ({"event": "request", "duration": 1}, "events[0].journey: expected a journey, or an endp"),
        ({**BROWSERS, "journey": "songs"}, "events[0].journey: expected a journey of the catalog"),
        ({**BROWSERS, "journey": 3}, "events[0].journey: expected text, found 3"),
        ({**BROWSERS, "duration": "1"}, "events[0].duration: expected a number, found '1'"),
        ({**BROWSERS, "duration": True}, "events[0].duration: expected a number, found True"),
        ({**BROWSERS, "duration": -1}, "events[0].duration: expected a number of 0 or more, fou"),
        ({**BROWSERS, "duration": 10**400}, "events[0].duration: expected a finite number, found"),
        ({**BROWSERS, "duration_ms": 1}, "events[0].duration: expected the same as duration_ms"),
        ({**BROWSERS, "success": "yes"}, "events[0].success: expected true or false, found 'yes'"),
        ({**SERVERS, "status": 600}, "events[0].status: expected a whole number from 100 to 599"),
        ({**SERVERS, "status": 200.5}, "events[0].status: expected a whole number, found 200.5"),
        ({**BROWSERS, "source": "bot"}, "events[0].source: expected client or server, found 'bot'"),
        ({**BROWSERS, "user_id": "a" * 2001}, "events[0].user_id: expected at most 2000 characte"),
        ({**BROWSERS, "user_id": "\ud800"}, "events[0].user_id: expected text of whole character"),
        ({**BROWSERS, "ts": "yesterday"}, "events[0].ts: expected ISO 8601 in UTC or millisecond"),
        ({**BROWSERS, "ts": "2025-03-01"}, "events[0].ts: expected a time from 7 days ago to 10"),
        ({**BROWSERS, "ts": "2025-03-30T12:11Z"}, "events[0].ts: expected a time from 7 days ago"),
        ({**BROWSERS, "ts": 1e300}, "events[0].ts: expected ISO 8601 in UTC or milliseconds"),
        ({**BROWSERS, "age_ms": -1}, "events[0].age_ms: expected from 0 to 7 days, found -1"),
        ({**BROWSERS, "ts": 1, "age_ms": 1}, "events[0].age_ms: expected either ts or age_ms"),
        ({"scope": "moon", "target": "t", "ok": True}, "events[0].scope: expected one of api, co"),
        ({"scope": "api", "target": "t", "ok": 1}, "events[0].ok: expected true or false, found 1"),
        ({"name": "LCP", "value": None}, "events[0].value: expected a number, found nothing"),
        ({"journey": "api", "rating": 6}, "events[0].rating: expected a number from 1 to 5, found"),
        (
            {"journey": "song_generation", "attempt_id": "a", "step": "cry"},
            "events[0].step: expected one of prompt, generate, listen, save, found 'cry'",
        ),
    ],
)
def test_a_wrong_event_is_refused_with_its_field(event: Any, sentence: str) -> None:
    assert refused(event).startswith(sentence)


def test_the_place_in_the_batch_is_named() -> None:
    with pytest.raises(BadEventError) as refusal:
        Reader(STUDIO).rows([BROWSERS, BROWSERS, {**BROWSERS, "duration": []}], BROWSER, RECEIVED)
    assert (refusal.value.index, refusal.value.field) == (2, "duration")


@pytest.mark.parametrize(
    ("when", "ts"),
    [
        ({"ts": "2025-03-30T11:59:00.250Z"}, datetime(2025, 3, 30, 11, 59, 0, 250_000)),
        ({"ts": "2025-03-30T13:59:00+02:00"}, datetime(2025, 3, 30, 11, 59)),
        ({"timestamp": 1743335940000}, datetime(2025, 3, 30, 11, 59)),
        ({"age_ms": 90_000}, datetime(2025, 3, 30, 11, 58, 30)),
        ({"ts": "2025-03-29T23:59:59.999999"}, datetime(2025, 3, 29, 23, 59, 59, 999_999)),
        ({}, RECEIVED),
    ],
)
def test_an_event_has_its_own_time(when: dict[str, Any], ts: datetime) -> None:
    [(_, found)] = Reader(STUDIO).rows([{**BROWSERS, **when}], BROWSER, RECEIVED)
    assert found["ts"] == ts


@pytest.mark.parametrize(
    ("event", "sender", "source"),
    [
        ({"journey": "web", "status": 200}, Sender(), None),  # a row without a source counts
        ({"journey": "web", "status": 200}, BROWSER, "client"),
        ({"journey": "web", "status": 200}, Sender(only="server"), "server"),
        ({"journey": "web", "status": 200, "source": "server"}, BROWSER, "server"),
        (SERVERS, BROWSER, "server"),
    ],
)
def test_whose_word_a_request_is(event: dict[str, Any], sender: Sender, source: str) -> None:
    assert row(event, sender=sender).get("source") == source


def test_a_browsers_token_speaks_for_no_server() -> None:
    sentence = refused(SERVERS, sender=Sender(only="client"))
    assert sentence == "events[0].source: expected client, for which the token is, found server"


@pytest.mark.parametrize(
    ("endpoint", "method", "journey", "step"),
    [
        ("/v1/songs", "POST", "song_generation", None),
        ("https://studio.example/v1/songs/17/extend?draft=1", "POST", "song_generation", None),
        ("/v1/projects/17/tracks", "GET", "project_loading", None),
        ("/v1/publications/", "POST", "publishing", "publish"),
        ("/v1/publications/9/sync", "POST", "publishing", "platform_sync"),
    ],
)
def test_a_request_without_a_journey_goes_where_its_route_leads(
    endpoint: str, method: str, journey: str, step: str | None
) -> None:
    found = row({"endpoint": endpoint, "method": method, "status": 200})
    assert (found["journey"], found.get("step")) == (journey, step)
    assert "?" not in found["endpoint"]
    assert "example" not in found["endpoint"]


def test_a_health_check_is_nobodys_request() -> None:
    event = {"event": "studio_api_request", **SERVERS, "endpoint": "/health/live?probe=1"}
    assert Reader(STUDIO).rows([event], BROWSER, RECEIVED) == []


def test_ids_are_hidden_where_the_catalogue_says_so(tmp_path: Path) -> None:
    text = Path("data/studio.yaml").read_text("utf-8")
    (tmp_path / "hides.yaml").write_text(text.replace("hash_ids: false", "hash_ids: true"))
    catalog = load_catalog(tmp_path / "hides.yaml")
    event = {**BROWSERS, "session_id": "ada", "user_id": "ada"}
    [(_, found)] = Reader(catalog, str.upper).rows([event], BROWSER, RECEIVED)
    assert (found["session_id"], found["user_id"]) == ("ADA", "ADA")
    [(_, plain)] = Reader(STUDIO, str.upper).rows([event], BROWSER, RECEIVED)
    assert plain["session_id"] == "ada"


def test_another_teams_catalogue_needs_no_change_of_code() -> None:
    """The shop's document has no instrumentation and no vitals: rows of its own journeys work."""
    assert row({"journey": "search", "duration": 5, "step": "answer"}, catalog=SHOP) == {
        "table": "requests",
        "journey": "search",
        "step": "answer",
        "duration_ms": 5,
        "source": "client",
    }
    assert refused({"name": "LCP", "value": 5}, catalog=SHOP).startswith(
        "events[0].journey: expected text, found nothing"
    )
    assert "expected an event called one of request" in refused(
        {"event": "studio_api_request", **SERVERS}, catalog=SHOP
    )


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("/a/b?c=d#e", "/a/b"),
        ("https://host:8/a?c", "/a"),
        ("https://host", "/"),
        ("", "/"),
        ("/a#b?c", "/a"),
        ("?x", "/"),
    ],
)
def test_of_an_address_only_the_path_is_kept(address: str, path: str) -> None:
    assert path_of(address) == path


def test_a_weeks_late_event_is_as_late_as_one_may_be() -> None:
    week = RECEIVED - timedelta(days=7)
    rows = Reader(STUDIO).rows([{**BROWSERS, "ts": week.isoformat()}], BROWSER, RECEIVED)
    assert rows[0][1]["ts"] == week
