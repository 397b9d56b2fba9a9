"""Each format's sample, a line after the other, with what it says worked out by hand."""

import functools
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from slo_core.errors import SloError
from slo_core.logs.ingest import quarantined, run
from slo_core.logs.ingest.blocks import blocks
from tests.logs.ingest.taking import SAMPLES, filled_lines, mapping, rows, take

NOON = datetime(2025, 3, 31, 10)


def at(second: float, **columns: Any) -> dict[str, Any]:
    """A row of journey api, so many seconds after ten."""
    ts = NOON + timedelta(seconds=second)
    return {"ts": ts, "journey": "api", **columns}


def served(second: float, path: str, status: int, size: int | None, **columns: Any) -> Any:
    """A row of a server's log; without a method it is GET."""
    method = columns.pop("method", "GET")
    found = at(second, endpoint=path, method=method, status=status, source="server", **columns)
    return found if size is None else {**found, "response_bytes": size}


def moment(hour: int, second: int) -> datetime:
    return datetime(1995, 8, 1, hour, 0, second)


SONGS = "/v1/songs"
COMBINED = [
    served(0, SONGS, 200, 512),
    served(1, SONGS, 201, 64, method="POST"),
    served(2, SONGS, 500, 21),
    served(3, "/nothing", 404, 9),
    served(4, "/old", 301, 0),  # a size of - is no bytes
    served(5, "/v1/me", 401, 12),
    served(6, "/v1/empty", 200, 0),
    served(7, SONGS, 200, 0, method="HEAD"),
]
COMMON = [
    {**served(0, path, status, size), "ts": moment(4, second)}  # four hours behind UTC
    for second, path, status, size in [
        (1, "/shuttle/countdown/", 200, 1839),
        (7, "/", 304, 0),
        (8, "/images/logo.gif", 200, 786),
        (9, "/htbin/wais.pl", 200, 7321),
        (10, '/"images"/x.gif"', 404, 0),  # quotes in a request that nobody escaped
    ]
]
TIMED = [
    served(0, SONGS, 200, 512, duration_ms=150.0),
    served(1, SONGS, 200, 512, duration_ms=250.0),
    served(2, SONGS, 200, 512, duration_ms=350.0),
    served(3, SONGS, 504, 160, duration_ms=31001.0),
]
DAMAGED = [
    # A request that cannot be read, with a time and a status that can.
    at(0, status=400, response_bytes=226, source="server"),
    at(1, status=408, response_bytes=0, source="server"),
    served(2, SONGS, 200, 7),
    at(3, status=400, response_bytes=0, source="server"),
    served(4, SONGS, 200, None),  # cut off after the status
]
ALB = [
    served(0.186641, SONGS, 200, 57, duration_ms=171.0),  # 0.086 s + 0.048 s + 0.037 s
    served(1, SONGS, 503, 366),
    served(2, SONGS, 504, 366, method="POST"),
]
JSON = [
    {
        **at(0.25, status=200, duration_ms=12000.0, source="client", platform="web"),
        "journey": "song_generation",
    },
    {**at(1, error="timeout", source="client"), "journey": "song_generation"},
    at(2, endpoint=SONGS, method="GET", status=200, duration_ms=80.5),  # seconds, status_code
    at(3, endpoint=SONGS, method="GET", status=503, error="reported"),  # milliseconds, as text
    at(4, status=200, error="reported"),
]
CSV = [
    at(0, endpoint=SONGS, method="GET", status=200, duration_ms=80.5),
    at(1, endpoint=SONGS, method="POST", status=500, duration_ms=120.0, error="exception"),
    at(
        2,
        endpoint="/v1/a, b",
        method="GET",
        status=200,
        duration_ms=7.0,
        error="refused by ADDRESS\nand once more",
    ),
    at(6, endpoint=SONGS, method="GET", status=404, duration_ms=7.0),
]
JTL = [
    at(0, endpoint=SONGS, status=200, duration_ms=170.0, response_bytes=1430),
    at(1, endpoint=SONGS, status=200, duration_ms=44.0, response_bytes=12, error="reported"),
    at(2, endpoint="/v1/gone", status=404, duration_ms=43.0, response_bytes=430, error="reported"),
    at(3, endpoint=SONGS, duration_ms=20043.0, response_bytes=2122, error="timeout"),
    at(4, endpoint=SONGS, duration_ms=3.0, response_bytes=2122, error="network"),
    at(5, endpoint="Log in", status=200, duration_ms=8.0, response_bytes=430),
]
JTL_XML = [
    at(0, endpoint=SONGS, status=200, duration_ms=170.0, response_bytes=1430),
    at(
        1,
        endpoint=SONGS,
        method="POST",
        status=200,
        duration_ms=44.0,
        response_bytes=12,
        error="reported",
    ),
    at(
        2,
        endpoint='Gone & "lost"',
        status=404,
        duration_ms=43.0,
        response_bytes=430,
        error="reported",
    ),
    at(3, endpoint=SONGS, duration_ms=20043.0, response_bytes=2122, error="timeout"),
    # A transaction of two requests, which are parts of it.
    at(4, endpoint="Log in", status=200, duration_ms=310.0, response_bytes=900),
    at(5, endpoint="/v1/me", status=200, duration_ms=8.0, response_bytes=64),
    at(7, endpoint="/v1/last", status=200, duration_ms=7.0, response_bytes=64),
    # The file ends within its address, so that it goes by its label.
    at(8, endpoint="Songs", status=503, duration_ms=90.0, response_bytes=64),
]
K6_CSV = [
    at(0, endpoint=SONGS, method="GET", status=200, duration_ms=221.899),
    at(1, endpoint=SONGS, method="GET", duration_ms=60000.1, error="timeout"),
    at(2, endpoint=SONGS, method="GET", duration_ms=0.0, error="network"),
    at(3, endpoint=SONGS, method="GET", status=503, duration_ms=15.5),
]
K6_JSON = [
    at(0.625742, endpoint=SONGS, method="GET", status=200, duration_ms=459.865729),
    at(1, endpoint=SONGS, method="GET", duration_ms=60000.0, error="timeout"),
]
GET = {"endpoint": SONGS, "method": "GET"}
LOCUST = [
    *(at(0, **GET) for _ in range(3)),
    # From 3 to 7, one of them failed; a POST comes twice, and fails.
    *(at(1, **GET) for _ in range(3)),
    at(1, **GET, error="reported"),
    *(at(1, endpoint=SONGS, method="POST", error="reported") for _ in range(2)),
    *(at(3, **GET) for _ in range(2)),  # began anew
]

# Sample, format, rows, quarantined lines with reasons, lines passed over, (good, failed, excluded).
CASES: dict[str, tuple[str, list[Any], dict[int, str], int, tuple[int, int, int]]] = {
    "combined.log": ("access", COMBINED, {}, 0, (3, 3, 2)),
    "common.log": ("access", COMMON, {}, 0, (3, 1, 1)),
    "nginx_timed.log": ("access", TIMED, {}, 0, (3, 1, 0)),
    "damaged.log": (
        "access",
        DAMAGED,
        {
            6: "no request in quotes after the time",
            7: "no time that can be read",
            8: "status is not a whole number from 100 to 599",
            9: "no status after the request",
            10: "no time in brackets that can be read",
            13: "no time in brackets that can be read",
        },
        0,
        (2, 3, 0),
    ),
    "alb.log": ("alb", ALB, {}, 0, (1, 2, 0)),
    "events.jsonl": (
        "json",
        JSON,
        {
            6: "journey nobody_knows is not in the catalogue",
            7: "status is not a whole number from 100 to 599",
            8: "duration_ms is not a number of 0 or more",
            9: "no time that can be read",
            10: "no time that can be read",
            11: "is no JSON object",
            12: "is no JSON object",
        },
        0,
        (2, 3, 0),
    ),
    "events.csv": (
        "csv",
        CSV,
        {
            6: "has not as many values as the first line has names",
            7: "has not as many values as the first line has names",
            8: "status is not a whole number from 100 to 599",
        },
        2,  # the names, and the second line of a value
        (1, 3, 0),
    ),
    "jmeter.jtl": ("jtl", JTL, {}, 2, (2, 4, 0)),
    "jmeter.xml": (
        "jtl_xml",
        JTL_XML,
        {
            42: "begins a sample whose attributes are damaged",
            45: "is no sample of JMeter's, and within none",
            46: "no time that can be read",
        },
        37,
        (4, 4, 0),
    ),
    "k6.csv": ("k6_csv", K6_CSV, {}, 4, (1, 3, 0)),
    "k6.json": ("k6_json", K6_JSON, {5: "is no JSON object"}, 2, (1, 1, 0)),
    "locust_stats_history.csv": ("locust", LOCUST, {}, 3, (8, 3, 0)),
}


@pytest.mark.parametrize("name", CASES)
def test_a_sample_is_read_as_it_was_worked_out_by_hand(tmp_path: Path, name: str) -> None:
    found_format, expected, apart, passed_over, outcomes = CASES[name]
    taken = take(tmp_path, SAMPLES / name)
    (file,) = taken.files
    total = taken.total
    assert file.format == found_format
    assert rows(tmp_path) == sorted(expected, key=lambda row: (row["ts"], str(row)))
    lines = quarantined(tmp_path)
    assert dict(zip(lines["line"], lines["reason"], strict=True)) == apart
    assert tuple(total.outcomes[word] for word in ("good", "failed", "excluded")) == outcomes
    assert total.rows == len(expected)
    assert sum(total.skipped.values()) == passed_over
    content = (SAMPLES / name).read_bytes()
    assert total.accepted + total.quarantined + passed_over == filled_lines(content)


@pytest.mark.parametrize("name", CASES)
def test_where_blocks_end_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    _, expected, apart, passed_over, _ = CASES[name]
    monkeypatch.setattr(run, "blocks", functools.partial(blocks, block=1500))
    total = take(tmp_path, SAMPLES / name).total
    assert rows(tmp_path) == sorted(expected, key=lambda row: (row["ts"], str(row)))
    lines = quarantined(tmp_path)
    assert dict(zip(lines["line"], lines["reason"], strict=True)) == apart
    assert sum(total.skipped.values()) == passed_over


def test_a_sample_longer_than_a_block_counts_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is told after the block's end, as its address, is not known of it; nothing else ends."""
    page = "".join(f"line {number}\n" for number in range(400))
    attributes = 't="1" ts="{}" s="true" rc="200" lb="Page"'
    first, last = (attributes.format(1743415200000 + ms) for ms in (0, 1000))
    (tmp_path / "long.xml").write_text(
        f"<testResults>\n<httpSample {first}>\n  <responseData>{page}</responseData>\n"
        "  <java.net.URL>https://studio.example/page</java.net.URL>\n</httpSample>\n"
        f"<httpSample {last}/>\n</testResults>\n"
    )
    monkeypatch.setattr(run, "blocks", functools.partial(blocks, block=1000))
    total = take(tmp_path / "data", tmp_path / "long.xml").total
    assert (total.accepted, total.quarantined) == (2, 0)
    assert rows(tmp_path / "data") == [
        at(second, endpoint="Page", status=200, duration_ms=1.0) for second in (0, 1)
    ]


@pytest.mark.parametrize(
    ("written", "second"),
    [
        ("31/Mar/2025:12:00:05 +0200", 5),
        ("31/Mar/2025:15:30:05 +05:30", 5),
        ("31/Mar/2025:07:00:05 -03", 5),
        ("31/Mar/2025:12:00:05.250 +0200", 5.25),
        ("31/Mar/2025:10:00:05 UTC", 5),
        ("31/Mar/2025:10:00:05 GMT", 5),
        ("31/Mar/2025:10:00:05Z", None),  # a mixture that nobody writes
        ("31/Mar/2025:06:00:05 EDT", None),  # which of the zones that are called so?
        ("31/Mar/25:10:00:05 +0000", None),
        ("2025-03-31T12:00:05+02:00", 5),
        # Without a zone it is the mapping's.
        ("31/Mar/2025:12:00:05", 5),
        ("31/Mar/2025:12:00:05.250", 5.25),
        ("2025-03-31 12:00:05", 5),
    ],
)
def test_times_of_an_access_log(tmp_path: Path, written: str, second: float | None) -> None:
    (tmp_path / "log").write_text(f'::1 - - [{written}] "get /a http/1.1" 200 5\n', "utf-8")
    berlin = mapping(time_zone="Europe/Berlin")
    total = take(tmp_path / "data", tmp_path / "log", format="common", mapping=berlin).total
    assert total.accepted + total.quarantined == 1
    expected = [] if second is None else [served(second, "/a", 200, 5)]
    assert rows(tmp_path / "data") == expected


SUMMARIES = {
    "stats": "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,"
    "Min Response Time,Max Response Time,Average Content Size,Requests/s,Failures/s,50%,100%\n"
    "GET,/v1/songs,100,2,120,130.5,10,400,512,8.9,0.1,120,400\n",
    "requests": '"Method","Name","# requests","# failures","Median response time",'
    '"Average response time","Min response time","Max response time","Average Content Size",'
    '"Requests/s"\n"GET","/v1/songs",100,2,120,130,10,400,512,8.90\n',
    "failures": "Method,Name,Error,Occurrences\nGET,/v1/songs,HTTPError('500'),2\n",
    "exceptions": "Count,Message,Traceback,Nodes\n",
}


@pytest.mark.parametrize("name", SUMMARIES)
@pytest.mark.parametrize("said", ["auto", "locust"])
def test_locust_without_times_is_refused_with_what_to_take(
    tmp_path: Path, name: str, said: str
) -> None:
    (tmp_path / f"run_{name}.csv").write_text(SUMMARIES[name], "utf-8")
    with pytest.raises(SloError, match=r"does not say when .*_stats_history\.csv"):
        take(tmp_path / "data", tmp_path / f"run_{name}.csv", format=said)


def test_every_sample_is_used() -> None:
    assert {path.name for path in SAMPLES.iterdir()} == CASES.keys()


def test_a_quarantined_line_is_found_by_its_place(tmp_path: Path) -> None:
    take(tmp_path, SAMPLES / "damaged.log")
    content = (SAMPLES / "damaged.log").read_bytes()
    for line in quarantined(tmp_path).itertuples():
        start = int(str(line.byte_offset))
        assert content[:start].count(b"\n") == int(str(line.line)) - 1
        assert start == 0 or content[start - 1 : start] == b"\n"


@pytest.mark.parametrize(
    ("names", "rows_in_all"),
    [("Aggregated", 9), ("GET,/a", 9)],
)
def test_locust_without_routes_is_read_from_its_sums(
    tmp_path: Path, names: str, rows_in_all: int
) -> None:
    header, *_ = (SAMPLES / "locust_stats_history.csv").read_text("utf-8").splitlines()
    kind, _, name = names.rpartition(",") if "," in names else ("", "", names)
    lines = [header]
    for second, (total, failed) in enumerate([(4, 0), (9, 2)]):
        counts = f"{total},{failed},1,1,1,1,1"
        lines.append(f"{1743415200 + second},5,{kind},{name},1,0{',1' * 11},{counts}")
    (tmp_path / "history.csv").write_text("\n".join(lines), "utf-8")
    total_of = take(tmp_path / "data", tmp_path / "history.csv").total
    assert (total_of.accepted, total_of.rows) == (2, rows_in_all)
    assert total_of.outcomes == {"good": 7, "failed": 2}


def test_parquet_of_another_shape(tmp_path: Path) -> None:
    path = tmp_path / "theirs.parquet"
    duckdb.sql(
        "COPY (SELECT TIMESTAMPTZ '2025-03-31 12:00:00+02' + INTERVAL 1 SECOND * i AS time, "
        "{'path': '/v1/songs?x=1', 'method': 'GET'} AS http, 200 + 300 * (i % 2) AS status_code, "
        f"CASE WHEN i < 3 THEN 0.5 ELSE -1 END AS request_time FROM range(4) t(i)) TO '{path}'"
    )
    own = mapping(columns={"endpoint": "http.path", "method": "http.method"})
    taken = take(tmp_path / "data", path, mapping=own)
    assert taken.files[0].format == "parquet"
    assert rows(tmp_path / "data") == [
        at(second, endpoint=SONGS, method="GET", status=status, duration_ms=500.0)
        for second, status in [(0, 200), (1, 500), (2, 200)]
    ]
    (apart,) = quarantined(tmp_path / "data").to_dict("records")
    assert (apart["line"], apart["reason"]) == (4, "duration_ms is not a number of 0 or more")
