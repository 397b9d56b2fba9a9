"""The collector over real HTTP: what is let in, in which forms, and what is said of the rest."""

import gzip
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from slo_core.catalog import load_catalog
from slo_core.errors import SloError
from slo_core.logs.collector import EVENTS, HEALTH, Limits, Token, read_tokens
from tests.collecting import ROOT, Client, collecting, stored

SONG = {"event": "studio_performance_metric", "journey": "song_generation", "duration": 1}
SMALL = Limits(
    spare=0, drain_every=0.1, body=20_000, text=60_000, events=100, patience=1.0, burst=10_000
)
TOKENS = (
    Token(name="web", token="w" * 16, source="client", origins=("https://studio.example",)),
    Token(name="api", token="a" * 16, source="server"),
)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with collecting(tmp_path_factory.mktemp("open"), limits=SMALL) as client:
        yield client


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with collecting(tmp_path_factory.mktemp("tokens"), limits=SMALL, tokens=TOKENS) as client:
        yield client


def lines(*events: Any) -> bytes:
    return b"\n".join(json.dumps(event).encode() for event in events)


@pytest.mark.parametrize(
    ("body", "content_type", "count"),
    [
        (SONG, "application/json", 1),
        ([SONG, SONG], "application/json; charset=utf-8", 2),
        ({"events": [SONG, SONG, SONG]}, "application/json", 3),
        ([], "application/json", 0),
        (lines(SONG, SONG), "application/x-ndjson", 2),
        (lines(SONG) + b"\r\n\n", "application/jsonl", 1),
        (SONG, "text/plain;charset=UTF-8", 1),  # a beacon's
        (lines(SONG, SONG), "text/plain", 2),
        (lines(SONG), "", 1),
    ],
)
def test_one_event_or_many_in_every_form(
    client: Client, body: Any, content_type: str, count: int
) -> None:
    answer = client.send(body, content_type=content_type)
    assert (answer.status, answer.json) == (
        202,
        {"accepted": count, "left_out": 0, "duplicate": False},
    )


def test_gzip_in_one_piece_or_several(client: Client) -> None:
    packed = gzip.compress(lines(SONG) + b"\n") + gzip.compress(lines(SONG))
    answer = client.send(packed, content_type="application/x-ndjson", content_encoding="gzip")
    assert answer.json["accepted"] == 2


@pytest.mark.parametrize(
    ("status", "body", "headers", "sentence"),
    [
        (400, b"{", {}, "the body is no JSON: expecting property name"),
        (400, b'{"a": NaN}', {}, "the body is no JSON: NaN is no JSON number"),
        (400, b"\xff\xfe{", {}, "the body is no JSON"),
        (400, b"[" * 19_000, {}, "the body is no JSON: it is nested too deeply"),
        (400, lines(SONG, SONG) + b"\n{", {"content_type": "text/plain"}, "line 3 is no JSON"),
        (400, [SONG, 5], {}, "events[1]: expected an object, found 5"),
        (400, SONG, {"idempotency_key": "k" * 201}, "Idempotency-Key: expected text of 1 to 200"),
        (400, {"batch_id": 5, "events": []}, {}, "batch_id: expected text of 1 to 200"),
        (400, {"batch_id": "\ud88d", "events": [SONG]}, {}, "batch_id: expected text of whole"),
        (400, b"no gzip", {"content_encoding": "gzip"}, "Content-Encoding is gzip, but the body"),
        (
            400,
            gzip.compress(b"{}", mtime=0)[:-4],
            {"content_encoding": "gzip"},
            "the gzip body breaks off",
        ),
        (413, b" " * 20_001, {}, "expected at most 0.0190735 MiB: send it in parts, or gzip it"),
        (
            413,
            gzip.compress(b" " * 60_001, mtime=0),
            {"content_encoding": "gzip"},
            "expected at most 0.05",
        ),
        (413, [SONG] * 101, {}, "expected at most 100 events, found 101: send it in parts"),
        (415, SONG, {"content_type": "application/xml"}, "Content-Type is 'application/xml': exp"),
        (415, SONG, {"content_encoding": "br"}, "Content-Encoding is 'br': expected gzip, or none"),
    ],
)
def test_what_cannot_be_taken_is_told_in_one_sentence(
    client: Client, status: int, body: Any, headers: dict[str, str], sentence: str
) -> None:
    answer = client.send(body, **headers)
    assert (answer.status, answer.json["error"][: len(sentence)]) == (status, sentence)


def test_a_wrong_event_is_named_for_programs_too(client: Client) -> None:
    answer = client.send([SONG, {**SONG, "duration": "long"}])
    assert answer.status == 400
    assert answer.json["index"] == 1
    assert answer.json["field"] == "duration"


def test_a_body_without_end_is_cut_off_at_the_limit(client: Client) -> None:
    """A line of a gigabyte, announced or not, is answered after the first 20 kB of it."""
    announced = client.send(b"x" * 20_001, content_length=str(10**9))
    assert announced.status == 413
    client.close()
    with socket.create_connection(("127.0.0.1", client.port), timeout=10) as raw:
        head = f"POST {EVENTS} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        raw.sendall(head.encode())
        sent, chunk = 0, b"8000\r\n" + b"x" * 0x8000 + b"\r\n"
        try:
            while sent < 1 << 30:
                raw.sendall(chunk)
                sent += len(chunk)
        except OSError:
            pass
    assert sent < 1 << 24


def test_a_body_that_does_not_come_is_waited_for_only_so_long(client: Client) -> None:
    """Slow senders hold nobody up meanwhile, and are told to try again after `patience`."""
    slow = [socket.create_connection(("127.0.0.1", client.port), timeout=10) for _ in range(50)]
    head = f"POST {EVENTS} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{{"
    for raw in slow:
        raw.sendall(head.encode())
    assert client.send(SONG).status == 202
    assert [raw.recv(100).split(b" ")[1] for raw in slow] == [b"408"] * 50
    for raw in slow:
        raw.close()


def test_a_batch_that_comes_again_is_taken_once(tmp_path: Path) -> None:
    with collecting(tmp_path) as client:
        first = client.send({"batch_id": "b-1", "events": [SONG, SONG]})
        again = client.send({"batch_id": "b-1", "events": [SONG, SONG]})
        by_header = client.send([SONG], idempotency_key="b-1")
        other = client.send([SONG], idempotency_key="b-2")
    duplicates = [answer.json["duplicate"] for answer in (first, again, by_header, other)]
    assert duplicates == [False, True, True, False]
    assert len(stored(tmp_path)) == 3
    # Another process, tomorrow's or beside this one, knows it too.
    with collecting(tmp_path) as client:
        assert client.send([SONG], idempotency_key="b-1").json["duplicate"]
    assert len(stored(tmp_path)) == 3


def test_of_a_batch_with_a_wrong_event_nothing_is_kept(tmp_path: Path) -> None:
    with collecting(tmp_path) as client:
        assert client.send({"batch_id": "b", "events": [SONG, {}]}).status == 400
        assert client.send({"batch_id": "b", "events": [SONG]}).json["duplicate"] is False
    assert len(stored(tmp_path)) == 1


def test_many_requests_of_one_client_are_slowed_down(tmp_path: Path) -> None:
    limits = Limits(spare=0, burst=5, per_second=5.0)
    with collecting(tmp_path, limits=limits) as client:
        answers = [client.send(SONG) for _ in range(20)]
        refused = [answer for answer in answers if answer.status == 429]
        assert {answer.status for answer in answers} == {202, 429}
        assert refused[0].headers["retry-after"] == "2"
        time.sleep(0.3)
        assert client.send(SONG).status == 202
    assert len(stored(tmp_path)) == 21 - len(refused)


@pytest.mark.parametrize(
    "limits",
    [
        Limits(spare=0, journal=-1),  # journals pile up
        Limits(spare=0, queued=10),  # the disk is slow
        Limits(spare=0, bodies=10),  # too much is being read
    ],
)
def test_under_pressure_senders_are_asked_to_come_again(tmp_path: Path, limits: Limits) -> None:
    with collecting(tmp_path, limits=limits) as client:
        answer = client.send(SONG)
        assert answer.status == 429
        assert answer.headers["retry-after"] == "2"
        assert "send this again" in answer.json["error"]


def test_a_token_opens_the_door_and_says_who_sends(guarded: Client) -> None:
    assert guarded.send(SONG).status == 401
    assert guarded.send(SONG, authorization="Bearer " + "x" * 16).status == 401
    assert guarded.send(SONG, authorization="Bearer " + "w" * 16).status == 202
    assert guarded.send(SONG, path=f"{EVENTS}?token={'w' * 16}").status == 202
    wrong = guarded.send(SONG, authorization="Bearer " + "a" * 16)
    assert wrong.json["error"] == (
        "events[0].source: expected server, for which the token is, found client"
    )


def test_pages_of_named_origins_may_send(guarded: Client) -> None:
    token = {"authorization": "Bearer " + "w" * 16}
    ours = guarded.send(SONG, origin="https://studio.example", **token)
    assert ours.status == 202
    assert ours.headers["access-control-allow-origin"] == "https://studio.example"
    theirs = guarded.send(SONG, origin="https://evil.example", **token)
    assert theirs.status == 403
    assert "access-control-allow-origin" not in theirs.headers
    asked = guarded.send(b"", method="OPTIONS", origin="https://studio.example")
    assert asked.status == 204
    assert "idempotency-key" in asked.headers["access-control-allow-headers"]
    assert guarded.send(b"", method="OPTIONS", origin="https://evil.example").status == 403


def test_without_tokens_only_this_machine_and_its_pages_send(client: Client) -> None:
    assert client.send(SONG, origin="http://localhost:3000").status == 202
    assert client.send(SONG, origin="http://[::1]:3000").status == 202
    assert client.send(SONG, origin="https://evil.example").status == 403
    assert client.send(SONG, origin="null").status == 403
    # A name that leads here, and a proxy on this machine, do not make others local.
    assert client.send(SONG, host="rebound.example:80").status == 403
    assert client.send(SONG, x_forwarded_for="203.0.113.9").status == 403


def test_other_methods_and_addresses_are_nobodys(client: Client) -> None:
    assert client.send(b"", method="GET").status == 405
    assert client.send(SONG, path="/collect/v2/events").status == 404


def test_health_says_whether_events_are_taken(client: Client, tmp_path: Path) -> None:
    assert client.send(b"", method="GET", path=HEALTH).json["taking"] is True
    with collecting(tmp_path, limits=Limits(spare=1 << 60)) as full:
        answer = full.send(b"", method="GET", path=HEALTH)
        assert (answer.status, answer.json["taking"]) == (503, False)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "expected a YAML file of tokens, found: "),
        ("tokens: [", "expected a YAML file of tokens, found: "),
        ("tokens: []", "tokens: Tuple should have at least 1 item"),
        ("tokens: [{name: web, token: short}]", "tokens.0.token: String should have at least 16"),
        (f"tokens: [{{name: a, token: {'t' * 16}, source: bot}}]", "tokens.0.source: Input should"),
    ],
)
def test_a_bad_file_of_tokens_is_told_without_its_secrets(
    tmp_path: Path, text: str | None, sentence: str
) -> None:
    path = tmp_path / "tokens.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(SloError) as refusal:
        read_tokens(path)
    assert sentence in str(refusal.value)
    assert "short" not in str(refusal.value)


def test_a_file_of_tokens(tmp_path: Path) -> None:
    path = tmp_path / "tokens.yaml"
    path.write_text(f"tokens: [{{name: web, token: {'t' * 16}, origins: [https://a.example]}}]")
    [token] = read_tokens(path)
    assert (token.name, token.source, token.origins) == ("web", None, ("https://a.example",))


def test_nothing_of_who_sent_it_is_stored(tmp_path: Path) -> None:
    """An address, a query and a browser's name, planted wherever they can come from."""
    planted = {
        "ip": "203.0.113.77",
        "user_agent": "PlantedAgent/9",
        "query": "planted=query",
        "endpoint": "https://studio.example/v1/me?planted=query#planted-fragment",
    }
    event = {"event": "studio_api_request", "status": 200, "duration": 3, **planted}
    limits = Limits(spare=0, drain_every=60)
    with collecting(tmp_path, limits=limits) as client:
        answer = client.send(
            event,
            path=f"{EVENTS}?planted=query",
            user_agent="PlantedAgent/9",
            referer="https://studio.example/?planted=query",
        )
        assert answer.status == 202
        in_journal = everything(tmp_path)
        assert b"/v1/me" in in_journal
    in_tables = everything(tmp_path)
    for word in (b"203.0.113", b"PlantedAgent", b"planted", b"127.0.0.1"):
        assert word not in in_journal + in_tables
    assert [row["endpoint"] for row in stored(tmp_path)] == ["/v1/me"]


def test_ids_are_hidden_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same id is the same word, for the salt that a folder has or that is given."""
    text = (ROOT / "data" / "studio.yaml").read_text("utf-8")
    (tmp_path / "hides.yaml").write_text(text.replace("hash_ids: false", "hash_ids: true"))
    catalog = load_catalog(tmp_path / "hides.yaml")
    event = {**SONG, "session_id": "planted-session", "user_id": "planted-user"}
    found = []
    for salt, folder in (("", "one"), ("", "one"), ("", "two"), ("pepper", "three")):
        monkeypatch.setenv("SLO_SALT", salt)
        root = tmp_path / folder
        with collecting(root, catalog=catalog, limits=Limits(spare=0, drain_every=60)) as client:
            assert client.send(event).status == 202
            assert b"planted" not in everything(root)
        assert b"planted" not in everything(root)
        found.append(stored(root)[-1]["user_id"])
    assert found[0] == found[1]
    assert len({*found}) == 3
    # Worked out by another tool: printf pepperplanted-user | sha256sum
    assert found[3] == "e2be07f352620a4a09475062fc613958"


def everything(folder: Path) -> bytes:
    """What all files hold, those of Parquet as text too, since they are compressed."""
    found = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    return found + repr(stored(folder)).encode()
