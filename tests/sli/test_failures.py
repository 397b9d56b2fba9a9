"""Failures of a range by endpoint and reason: counted by hand."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from slo_core.sli.failures import by_reason_and_endpoint, failures
from slo_core.sli.windows import Window
from tests.small import small_rollup

AT = datetime(2025, 3, 10, 12, 30)
HOUR = timedelta(hours=1)
WINDOW = Window("now", AT - 2 * HOUR, AT)


def request(ago: timedelta = HOUR, journey: str = "publishing", **more: Any) -> dict[str, Any]:
    row = {"ts": AT - ago, "journey": journey, "status": 500, "step": "publish"}
    return row | {"endpoint": "/a", "platform": "one"} | more


def test_failures_are_counted_by_endpoint_and_reason(tmp_path: Path) -> None:
    rows = [
        request(),
        request(),
        request(error="timeout"),
        request(endpoint="/b", status=404),
        request(endpoint=None, error="network"),
        request(status=200, duration_ms=1.0),  # good
        request(status=401),  # excluded
        request(step="platform_sync", platform="two"),
        request(timedelta(minutes=-29)),  # in the hour that the range ends in
        request(2 * HOUR + timedelta(minutes=30)),  # and in the one that it begins in
        request(3 * HOUR),
        request(journey="api"),
    ]
    found = failures(small_rollup(tmp_path, {"requests": rows}), WINDOW)
    everything = by_reason_and_endpoint(found, "publishing", [None], None)
    assert everything.to_dict("list") == {
        "endpoint": ["/a", "/b", "none"],
        "server_error": [5, 0, 0],
        "client_error": [0, 1, 0],
        "network": [0, 0, 1],
        "timeout": [1, 0, 0],
        "events": [6, 1, 1],
    }
    publish = by_reason_and_endpoint(found, "publishing", ["publish"], None)
    assert publish["events"].tolist() == [5, 1, 1]
    two = by_reason_and_endpoint(found, "publishing", ["publish", "platform_sync"], "two")
    assert two.to_dict("list") == {"endpoint": ["/a"], "server_error": [1], "events": [1]}


def test_where_nothing_failed_there_are_no_rows(tmp_path: Path) -> None:
    found = failures(small_rollup(tmp_path, {"requests": [request(status=200)]}), WINDOW)
    assert by_reason_and_endpoint(found, "publishing", [None], None).empty
    assert failures(small_rollup(tmp_path, {}), Window("w", AT - 99 * HOUR, AT - 90 * HOUR)).empty
