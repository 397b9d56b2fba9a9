"""Evaluation against the document's alerts in plain Python, each minute of random tables."""

import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from slo_core.alerts.evaluate import Rule, evaluate
from tests.alerts.naive import MINUTE, Naive
from tests.effort import one_in
from tests.small import STUDIO, small_rollup

MIDNIGHT = datetime(2025, 3, 12)
LENGTH = 130
AT = MIDNIGHT + 65 * MINUTE

DURATIONS = {
    "song_generation": (9e3, 2e4, 20_000.001, 6e4, 60_000.001, 89_000, 91_000, None),
    "project_loading": (900, 1e4, 10_000.001, 19_999, 21_000, None),
    "audio_export": (900, 3e4, 30_000.001, 59_000, 61_000, None),
    "publishing": (6e4, 6e5, 600_000.001, 850_000, 910_000, None),
    "api": (90, 499.999, 500, 1500, 1500.001, 31_000, None),
    "audio_playback": (50, 11_000, None),
}
STATUSES = (200, 500, 404, 401, 302, None)


def random_tables(random: Random) -> dict[str, list[dict[str, Any]]]:
    """Two hours and more over midnight: each quarter of an hour of each journey is of one kind."""
    tables: dict[str, list[dict[str, Any]]] = {
        name: [] for name in ("requests", "measurements", "probes", "resources")
    }
    for block in range(-4, LENGTH // 15 + 1):
        start = AT - LENGTH * MINUTE + block * 15 * MINUTE
        for journey, durations in DURATIONS.items():
            failing = random.choice((0, 0, 0.02, 0.05, 0.5, 1))
            weights = [random.choice((0, 1, 20)) for _ in durations]
            for ts in _moments(random, start, random.choice((0, 0, 5, 40, 100))):
                row = {"ts": ts, "journey": journey, "step": random.choice(("publish", None))}
                row["duration_ms"] = random.choices(durations, weights if any(weights) else None)[0]
                status = random.choice(STATUSES) if random.random() < 0.1 else 200
                row["status"] = 503 if random.random() < failing else status
                tables["requests"].append(row)
        for journey, metric, limit in (
            ("collaboration", "sync_ms", 1000.0),
            ("audio_playback", "buffering_ms", 2000.0),
        ):
            slow = random.choice((0, 0.04, 0.06, 1))
            for ts in _moments(random, start, random.choice((0, 1, 20, 50))):
                value = limit * (1.000001 if random.random() < slow else random.choice((0.1, 1)))
                row = {"ts": ts, "journey": journey, "metric": metric, "value": value}
                tables["measurements"].append(row)
        probed = random.choice((0, 1, 1))
        failing = random.choice((0, 0, 0.3, 1))
        for number in range(90 * probed):
            ts = start + number * timedelta(seconds=10)
            row = {"ts": ts, "scope": "api", "target": "eu", "ok": random.random() >= failing}
            tables["probes"].append(row)
        for host in ("a", "b"):
            for metric in ("cpu_percent", "memory_percent", "disk_percent"):
                level, sends = random.choice((20, 29.9, 30, 40, 70, 80, 80.1, 85)), random.random()
                for minute in range(15 if sends < 0.8 else 0):
                    value = level + random.choice((0, 0, 0, 0.1, -0.1))
                    ts = start + minute * MINUTE + timedelta(seconds=7)
                    row = {"ts": ts, "host": host, "metric": metric, "value": round(value, 1)}
                    tables["resources"].append(row)
    return tables


def _moments(random: Random, start: datetime, count: int) -> list[datetime]:
    """So many moments of a quarter of an hour, on whole minutes more often than by chance."""
    seconds = [
        random.choice((random.randrange(900), random.randrange(15) * 60)) for _ in range(count)
    ]
    return [start + timedelta(seconds=second) for second in seconds]


@settings(
    max_examples=one_in(50),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(seed=st.integers(0, 10**6))
def test_every_minute_of_every_alert_is_as_in_plain_python(seed: int) -> None:
    tables = random_tables(Random(seed))
    with tempfile.TemporaryDirectory() as folder:
        rollup = small_rollup(Path(folder), tables)
        rules: list[Rule] = [*STUDIO.alerts, *STUDIO.triggers]
        found = evaluate(rollup, AT, LENGTH * MINUTE, rules)
        fired = {(it.rule.id, it.journey): it.firing for it in found.evaluations}
    naive = Naive(tables, STUDIO).alerts()
    assert fired.keys() == naive.keys()
    minutes = [AT - back * MINUTE for back in reversed(range(LENGTH))]
    for key, fires in naive.items():
        expected = np.array([fires(at) for at in minutes])
        differing = np.flatnonzero(fired[key][-LENGTH:] != expected)
        assert not len(differing), (key, minutes[differing[0]], expected[differing[0]])
