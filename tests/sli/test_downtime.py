"""When a scope was down and what says so: worked out by hand."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from slo_core.sli.downtime import downtime
from tests.small import small_rollup

AT = datetime(2025, 3, 10, 12, 30)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def probes(start: datetime, count: int, *, failing: range = range(0), target: str = "eu") -> Any:
    return [
        {"ts": start + 10 * n * SECOND, "scope": "api", "target": target, "ok": n not in failing}
        for n in range(count)
    ]


def requests(start: datetime, count: int, status: int) -> Any:
    return [
        {"ts": start + 2 * n * SECOND, "journey": "api", "status": status} for n in range(count)
    ]


def test_probes_that_all_fail_are_a_period(tmp_path: Path) -> None:
    start = AT - HOUR
    tables = {
        "probes": [
            *probes(start, 30, failing=range(6, 12)),
            *probes(start, 30, failing=range(6, 9), target="us"),
        ]
    }
    found = downtime(small_rollup(tmp_path, tables), "api", "30d", AT)
    # Both fail in the slices 6 to 8; then only one of two does.
    (only,) = found.periods.itertuples()
    assert (only.start, only.end) == (start + MINUTE, start + MINUTE + 30 * SECOND)
    assert (only.seconds, only.reason, only.targets) == (30, "probes", "eu, us")
    assert (only.probes, only.failed_probes, only.valid, only.failed) == (6, 6, 0, 0)
    assert found.reasons.values.tolist() == [["probes", 30.0, 1.0]]
    hours = found.course.dropna()
    assert hours["at"].tolist() == [datetime(2025, 3, 10, 11)]
    # The last probe at 4 min 50 s holds for 60 s.
    assert (hours["bad"].tolist(), hours["valid"].tolist()) == ([30], [350])


def test_failing_requests_are_a_period_and_the_longest_comes_first(tmp_path: Path) -> None:
    early, late = AT - 3 * HOUR, AT - 2 * HOUR
    tables = {
        "requests": [
            *requests(early, 5, 503),  # from 0 s to 8 s: one slice
            *requests(late, 10, 503),  # from 0 s to 18 s: two slices
            *requests(late + 20 * SECOND, 3, 200),
        ],
        "probes": probes(late, 2, failing=range(2)),
    }
    found = downtime(small_rollup(tmp_path, tables), "api", "30d", AT)
    first, second = found.periods.itertuples()
    # The failed probes hold for 60 s after the last of them.
    assert (first.start, first.seconds, first.reason) == (late, 70, "both")
    assert (first.valid, first.failed, first.failed_probes, first.targets) == (13, 10, 2, "eu")
    assert (second.start, second.seconds, second.reason) == (early, 10, "errors")
    assert (second.valid, second.failed, second.failed_probes, second.targets) == (5, 5, 0, "")
    by_reason = dict(zip(found.reasons["value"], found.reasons["bad"], strict=True))
    assert by_reason == {"probes": 50.0, "both": 20.0, "errors": 10.0}
    assert found.periods["seconds"].sum() == found.course["bad"].sum() == 80


def test_without_downtime_there_are_no_periods(tmp_path: Path) -> None:
    found = downtime(small_rollup(tmp_path, {"probes": probes(AT - HOUR, 6)}), "api", "7d", AT)
    assert found.periods.empty
    assert found.reasons.empty
    assert list(found.periods.columns) == [
        *("start", "end", "seconds", "reason"),
        *("probes", "failed_probes", "targets", "valid", "failed"),
    ]
    assert found.course["bad"].sum() == 0
    assert pd.isna(found.course["bad"].iloc[0])  # nobody looked
