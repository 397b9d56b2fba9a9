"""The hours that nobody observed, worked out by hand."""

from datetime import datetime, timedelta
from pathlib import Path

from slo_core.register import Actor, write
from slo_core.sli.coverage import unobserved
from tests.small import small_rollup

AT = datetime(2025, 3, 31)
HOUR = timedelta(hours=1)


def test_spans_without_a_probe_or_request_are_named(tmp_path: Path) -> None:
    # One probe, which observes the minute that it ends in; maintenance is nobody's to observe.
    probe = {"ts": AT - HOUR, "scope": "api", "target": "a", "ok": True}
    rollup = small_rollup(tmp_path, {"probes": [probe]})
    maintenance = {
        "scope": "api",
        "starts_at": AT - 30 * 24 * HOUR,
        "ends_at": AT - 2 * HOUR,
        "announced_at": AT - 60 * 24 * HOUR,
    }
    write(tmp_path, Actor("Ada"), "maintenance", maintenance)
    found = unobserved(rollup, "api", "30d", AT)
    assert list(found["start"]) == [AT - 2 * HOUR, AT - HOUR + timedelta(minutes=1)]
    assert list(found["end"]) == [AT - HOUR, AT]
    assert list(found["seconds"]) == [3600, 3540]
