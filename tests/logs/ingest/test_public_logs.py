"""Odd lines as public access logs have them, each with what it says, worked out by hand."""

from datetime import datetime
from pathlib import Path
from typing import Any

from slo_core.logs.ingest import quarantined
from slo_core.logs.store import open_store
from slo_core.rollup import refresh
from slo_core.status import status
from tests.logs.ingest.taking import filled_lines, mapping, rows, take
from tests.small import STUDIO

AT = b"[31/Mar/2025:10:%02d:00 +0000]"
BOT = b'"Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.example/bot.htm)"'

NO_TIME = "no time in brackets that can be read"
NO_REQUEST = "no request in quotes after the time"
NO_STATUS = "no status after the request"


def got(endpoint: str | None, status: int, size: int | None = 5, **columns: Any) -> dict[str, Any]:
    """A GET of a path that was answered with so many bytes; None for what is not known."""
    known = {} if endpoint is None else {"endpoint": endpoint, "method": "GET"}
    sized = {} if size is None else {"response_bytes": size}
    return {"journey": "api", "source": "server", "status": status, **known, **sized, **columns}


# Each line with `@` for its time, and what it says: a row, the reason why it is none, or None for a
# line that is empty.
LINES: list[tuple[bytes, dict[str, Any] | str | None]] = [
    (b'2001:db8::1 - - @ "GET /a HTTP/2.0" 200 5 "-" "curl/8"', got("/a", 200)),
    (b'::ffff:192.0.2.1 - - @ "GET /a HTTP/3.0" 200 5', got("/a", 200)),
    (b'192.0.2.1, 10.0.0.1 - - @ "GET /a HTTP/1.1" 200 5', got("/a", 200)),
    (b'studio.example:80 192.0.2.1 - - @ "GET /a HTTP/1.1" 200 5', got("/a", 200)),
    (b'192.0.2.1 - "Ann [Bee] Smith" @ "GET /a HTTP/1.1" 200 5', got("/a", 200)),
    (b'192.0.2.1 - CN=Ann Smith,O=x @ "GET /a HTTP/1.1" 200 5', got("/a", 200)),
    (b'192.0.2.1 - - @ "GET https://x.example:8080/a?b=1#c HTTP/1.1" 200 5', got("/a", 200)),
    (b'192.0.2.1 - - @ "GET https://x.example?b=1 HTTP/1.1" 200 5', got("/", 200)),
    (b'192.0.2.1 - - @ "GET /a;jsessionid=7?b HTTP/1.1" 200 5', got("/a", 200)),
    (b'192.0.2.1 - - @ "GET /a b HTTP/1.1" 404 5', got("/a b", 404)),
    (b'192.0.2.1 - - @ "GET /a" 200 5', got("/a", 200)),
    (b'192.0.2.1 - - @ "get /a http/1.0" 200 5', got("/a", 200)),
    (b'192.0.2.1 - - @ "GET /\\"a\\" HTTP/1.1" 200 5 "-" "a \\"b\\""', got('/\\"a\\"', 200)),
    (b'192.0.2.1 - - @ "GET /caf\xe9 HTTP/1.1" 200 5', got("/caf\N{REPLACEMENT CHARACTER}", 200)),
    (b'192.0.2.1 - - @ "GET /caf\xc3\xa9 HTTP/1.1" 200 5', got("/caf\xe9", 200)),
    (b'  192.0.2.1 - - @  "GET /a HTTP/1.1"  200  5  \r', got("/a", 200)),
    (b'192.0.2.1\t-\t-\t@\t"GET /a HTTP/1.1"\t200\t5', got("/a", 200)),
    (b'192.0.2.1 - - @ "OPTIONS * HTTP/1.0" 200 5', got("*", 200, method="OPTIONS")),
    (b'192.0.2.1 - - @ "GET /a HTTP/1.1" 304 -', got("/a", 304, 0)),
    (
        b'192.0.2.1 - - @ "GET /a HTTP/1.1" 200 - "-" "curl/8" 0.120',
        got("/a", 200, 0, duration_ms=120.0),
    ),
    (b'192.0.2.1 - - @ "GET /a HTTP/1.1" 200', got("/a", 200, None)),
    (b'192.0.2.1 - - @ "GET /a HTTP/1.1" 200 5 "https://x', got("/a", 200)),
    (b'192.0.2.1 - - @ "GET /a HTTP/1.1" 200 5 "-" ' + BOT, got("/a", 200, excluded="bot")),
    # A request that cannot be read, with a status that can.
    (b'192.0.2.1 - - @ "\\x16\\x03\\x01\\x00\\xEE" 400 5', got(None, 400)),
    (b'192.0.2.1 - - @ "\x16\x03\x01\x00\xee\xff" 400 5', got(None, 400)),
    (b'192.0.2.1 - - @ "-" 408 -', got(None, 408, 0)),
    (b'192.0.2.1 - - @ "" 400 0', got(None, 400, 0)),
    (b'192.0.2.1 - - @ "CONNECT x.example:443 HTTP/1.1" 405 5', got(None, 405)),
    # No row.
    (b'192.0.2.1 - - [31/Mar/25:10:00:00 +0000] "GET /a HTTP/1.1" 200 5', NO_TIME),
    (b'192.0.2.1 - - [31/Mar/2025:10:00:00 +0000 "GET /a HTTP/1.1" 200 5', NO_TIME),
    (b"192.0.2.1 - - [31/Mar", NO_TIME),
    (b"192.0", NO_TIME),
    (b"\x00\x01\xff\xfe", NO_TIME),
    (b"# a comment", NO_TIME),
    (b'192.0.2.1 - - @ "GET /a', NO_REQUEST),
    (b"192.0.2.1 - - @ GET /a HTTP/1.1 200 5", NO_REQUEST),
    (b'192.0.2.1 - - @ "GET /a HTTP/1.1"', NO_STATUS),
    (b'192.0.2.1 - - @ "GET /a HTTP/1.1" 20', NO_STATUS),
    (b'192.0.2.1 - - @ "GET /a HTTP/1.1" - 5', NO_STATUS),
    (b'192.0.2.1 - - @ "GET /a HTTP/1.1" 600 5', "status is not a whole number from 100 to 599"),
    (b"", None),
    (b" \t ", None),
    (b"\r", None),
]


def test_odd_lines_of_public_logs(tmp_path: Path) -> None:
    lines = [line.replace(b"@", AT % number) for number, (line, _) in enumerate(LINES)]
    content = b"\xef\xbb\xbf" + b"\n".join(lines)
    (tmp_path / "access.log").write_bytes(content)
    data = tmp_path / "data"
    bots = mapping(bots=["(?i)bot|crawler|spider"])
    total = take(data, tmp_path / "access.log", mapping=bots).total
    assert total.accepted + total.quarantined == filled_lines(content)

    found = {row.pop("ts").minute: row for row in rows(data)}
    apart = quarantined(data)
    found |= {int(line) - 1: why for line, why in zip(apart["line"], apart["reason"], strict=True)}
    for number, (line, expected) in enumerate(LINES):
        assert found.get(number) == expected, line

    # What ingest says is what status counts.
    stated = status(refresh(open_store(data), STUDIO), datetime(2025, 3, 31, 11))
    (rate,) = (it for it in stated["objectives"] if it["objective"] == "error_rate")
    outcomes = total.outcomes
    assert (rate["good"], rate["valid"]) == (
        outcomes["good"],
        outcomes.total() - outcomes["excluded"],
    )
    assert stated["problems"] == []
    assert take(data, tmp_path / "access.log", mapping=bots).total.accepted == 0
