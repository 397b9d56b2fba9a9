"""The outcome table of DESIGN 2.2, a case a minute, worked out by hand."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from slo_core.rollup import Rollup
from tests.small import SHOP, STUDIO, small_rollup

NOON = datetime(2025, 3, 31, 12)
MINUTE = timedelta(minutes=1)

# Columns of a song (timeout 90 s, client counts) and its outcome, by the rule that decides.
CASES: list[tuple[dict[str, Any], str]] = [
    # 1: excluded comes before everything, whatever the word.
    ({"excluded": "user_side", "status": 500, "error": "timeout"}, "excluded"),
    ({"excluded": "third_party_handled", "status": 401}, "excluded"),
    ({"excluded": "our own reasons", "status": 200}, "excluded"),
    ({"excluded": "", "status": 200}, "good"),  # an empty string is null
    # 2: 401 and 403, even if they timed out.
    ({"status": 401}, "auth"),
    ({"status": 403, "error": "timeout", "duration_ms": 100_000.0}, "auth"),
    ({"status": 402}, "client_error"),
    # 3: the timeout itself is not over the timeout.
    ({"status": 200, "duration_ms": 90_000.0}, "good"),
    ({"status": 200, "duration_ms": 90_000.001}, "timeout"),
    ({"error": "timeout"}, "timeout"),
    ({"status": 500, "error": "timeout"}, "timeout"),
    ({"status": 503, "duration_ms": 95_000.0, "error": "network"}, "timeout"),
    # 4 to 7.
    ({"error": "network"}, "network"),
    ({"status": 500, "error": "network"}, "network"),
    ({"status": 500}, "server_error"),
    ({"status": 599, "error": "exception"}, "server_error"),
    ({"error": "exception"}, "exception"),
    ({"status": 404, "error": "exception"}, "exception"),
    ({"status": 200, "error": "exception"}, "exception"),
    ({"status": 400}, "client_error"),
    ({"status": 404, "error": "invalid_response"}, "client_error"),
    ({"status": 499}, "client_error"),
    # 8: a redirect is excluded, though it has no body, or says that something is odd.
    ({"status": 302, "response_bytes": 0}, "redirect"),
    ({"status": 304, "error": "invalid_response"}, "redirect"),
    ({"status": 199}, "redirect"),
    ({"status": 300, "error": "reported"}, "redirect"),
    ({"status": 100}, "redirect"),
    # 9: an empty body, unless that is what was asked for.
    ({"status": 200, "response_bytes": 0}, "invalid_response"),
    ({"status": 200, "response_bytes": 0, "method": "GET"}, "invalid_response"),
    ({"status": 200, "response_bytes": 0, "method": "HEAD"}, "good"),
    ({"status": 200, "response_bytes": 0, "method": "OPTIONS"}, "good"),
    ({"status": 204, "response_bytes": 0, "method": "DELETE"}, "good"),
    ({"status": 205, "response_bytes": 0}, "good"),
    ({"response_bytes": 0}, "invalid_response"),  # null status, null method: exempt from nothing
    ({"response_bytes": 0, "method": "HEAD"}, "good"),
    ({"status": 200, "response_bytes": 1}, "good"),
    ({"status": 204, "error": "invalid_response"}, "invalid_response"),
    ({"error": "invalid_response"}, "invalid_response"),
    # 10: any other word.
    ({"status": 200, "error": "reported"}, "other"),
    ({"error": "Gremlins"}, "other"),
    ({"status": 200, "error": "TIMEOUT"}, "other"),  # words are as they are written
    ({"status": 200, "error": ""}, "good"),
    # 11: otherwise good; a client's event may have neither status nor error.
    ({}, "good"),
    ({"status": 200}, "good"),
    ({"status": 299, "duration_ms": 0.0}, "good"),
    ({"status": 204}, "good"),
    ({"duration_ms": 5000.0}, "good"),
]
OUTCOMES = [
    *("good", "excluded", "auth", "redirect", "timeout", "network", "server_error", "exception"),
    *("client_error", "invalid_response", "other"),
]
FAILED = OUTCOMES[4:]


def minutes(rollup: Rollup) -> pd.DataFrame:
    """The rows of the minute rollup, in order of time."""
    source = rollup.source("requests", "minute", [(NOON - MINUTE, NOON + 60 * MINUTE)])
    assert source is not None
    return rollup.cursor().execute(f"SELECT * FROM ({source}) ORDER BY minute").df()


def test_the_first_rule_that_matches_decides(tmp_path: Path) -> None:
    songs = [
        {"ts": NOON + number * MINUTE, "journey": "song_generation", "source": "client", **columns}
        for number, (columns, _) in enumerate(CASES)
    ]
    rows = minutes(small_rollup(tmp_path, {"requests": songs}))
    assert len(rows) == len(CASES)
    wrong = []
    for (columns, expected), row in zip(CASES, rows.to_dict("records"), strict=True):
        found = [outcome for outcome in OUTCOMES if row[outcome]]
        assert row["requests"] == 1
        if found != [expected]:
            wrong.append(f"{columns} is {found}, expected {expected}")
    assert not wrong, "\n".join(wrong)


def test_latency_takes_good_requests_with_a_duration_and_timeouts(tmp_path: Path) -> None:
    songs = [
        {"ts": NOON + number * MINUTE, "journey": "song_generation", **columns}
        for number, (columns, _) in enumerate(CASES)
    ]
    rows = minutes(small_rollup(tmp_path, {"requests": songs}))
    for (columns, outcome), row in zip(CASES, rows.to_dict("records"), strict=True):
        is_good_and_timed = outcome == "good" and columns.get("duration_ms") is not None
        assert row["timed"] == (is_good_and_timed or outcome == "timeout"), columns
        assert (row["bins"] is not None) == is_good_and_timed, columns


@pytest.mark.parametrize(
    ("journey", "source", "counts"),
    [
        ("song_generation", "client", True),
        ("song_generation", "server", False),
        ("song_generation", None, True),
        ("song_generation", "", True),
        ("song_generation", "edge", False),
        ("api", "server", True),
        ("api", "client", False),
        ("api", None, True),
    ],
)
def test_a_journeys_own_source_counts(
    tmp_path: Path, journey: str, source: str | None, counts: bool
) -> None:
    row = {"ts": NOON, "journey": journey, "status": 200, "source": source}
    beside = {"ts": NOON, "journey": "web", "status": 200}
    rollup = small_rollup(tmp_path, {"requests": [row, beside]})
    found = minutes(rollup)
    assert set(found["journey"]) == ({journey, "web"} if counts else {"web"})
    assert rollup.problems == []


def test_a_journey_without_a_source_or_timeout_counts_every_row(tmp_path: Path) -> None:
    rows = [
        {"ts": NOON, "journey": "browse", "source": source, "duration_ms": 1e9}
        for source in ("client", "server", "edge", None)
    ]
    found = minutes(small_rollup(tmp_path, {"requests": rows}, SHOP))
    assert (found["requests"].sum(), found["good"].sum()) == (4, 4)


def test_each_journey_has_its_own_timeout(tmp_path: Path) -> None:
    # A second over each journey's timeout fails; at the timeout it does not.
    journeys = [journey for journey in STUDIO.journeys if journey.timeout]
    rows = [
        {
            "ts": NOON,
            "journey": journey.id,
            "duration_ms": journey.timeout.value / timedelta(milliseconds=1) + more,
        }
        for journey in journeys
        if journey.timeout
        for more in (0.0, 1000.0)
    ]
    found = minutes(small_rollup(tmp_path, {"requests": rows}))
    assert len(found) == len(journeys) >= 7
    assert set(zip(found["good"], found["timeout"], strict=True)) == {(1, 1)}
