"""Each format's sample, a line after the other, with what it says worked out by hand."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from slo_core.logs.ingest import quarantined
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
