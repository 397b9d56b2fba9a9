"""What a condition is about, where it does not say so itself."""

from pathlib import Path

import pytest

from slo_core.alerts.conditions import comparisons, parse
from slo_core.catalog import Catalog, load_catalog, subjects

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def catalogs() -> dict[str, Catalog]:
    return {
        "studio": load_catalog(ROOT / "data" / "studio.yaml"),
        "shop": load_catalog(ROOT / "tests" / "shop.yaml"),
    }


# catalogue, the alert's journey, condition -> journey, objective, metric, step, threshold of each
CASES = [
    (
        "studio",
        None,
        "p95_latency > 2x SLO for 10 minutes",
        [
            ("song_generation", "latency_p95", None, None, 60_000),
            ("project_loading", "latency_p95", None, None, 10_000),
            ("collaboration", "sync_latency_p95", "sync_ms", None, 1_000),
            ("audio_export", "processing_p95", None, None, 30_000),
            ("publishing", "publish_time_p95", None, "publish", 600_000),
            ("api", "latency_p95", None, None, 2_000),
        ],
    ),
    (
        "studio",
        None,
        "p99_latency > 3x SLO for 5 minutes",
        [
            ("song_generation", "latency_p99", None, None, 135_000),
            ("project_loading", "latency_p99", None, None, 30_000),
        ],
    ),
    (
        "studio",
        "song_generation",
        "p50_latency > 20s for 30 minutes",
        [("song_generation", None, None, None, 20_000)],
    ),
    (
        "studio",
        None,
        "failure_rate > 5% for 5 minutes",
        [
            (name, None, None, None, 0.05)
            for name in (
                "song_generation",
                "project_loading",
                "audio_playback",
                "audio_export",
                "publishing",
                "api",
            )
        ],
    ),
    (
        "studio",
        "audio_playback",
        "buffering_time_p95 > 2s for 10 minutes",
        [("audio_playback", "initial_buffering", "buffering_ms", None, 2_000)],
    ),
    (
        "studio",
        "api",
        "availability < 99.5% for 5 minutes",
        [("api", "availability", None, None, 0.995)],
    ),
    (
        "studio",
        None,
        "error_budget_burn_rate > 5x normal for 1 hour",
        [
            ("song_generation", "success_rate", None, None, 5),
            ("project_loading", "success_rate", None, None, 5),
            ("audio_playback", "success_rate", None, None, 5),
            ("api", "availability", None, None, 5),
        ],
    ),
    ("studio", None, "CPU > 70% for 15 minutes", [(None, None, None, None, 70)]),
    (
        "studio",
        None,
        "API latency P95 < 0.5x SLO for 1 hour",
        [("api", "latency_p95", None, None, 500)],
    ),
    (
        "shop",
        "checkout",
        "lost orders > 4 in 15 minutes",
        [("checkout", None, None, "payment", 4)],
    ),
    ("shop", None, "open < 99% for 5 minutes", [("browse", "uptime", None, None, 0.99)]),
    ("shop", "checkout", "open < 99% for 5 minutes", []),
    ("shop", "browse", "left < 25%", [("browse", "uptime", None, None, 0.25)]),
    (
        "shop",
        None,
        "p50 > 1 s for 5 minutes",
        [
            ("browse", None, None, None, 1_000),
            ("search", None, None, None, 1_000),
            ("search", None, "suggest_ms", None, 1_000),
        ],
    ),
    # a journey that has no objective on durations has durations all the same
    ("shop", "checkout", "p50 > 1 s for 5 minutes", [("checkout", None, None, None, 1_000)]),
    (
        "shop",
        None,
        "pictures p20 < 6 pictures/s for 10 minutes",
        [("browse", "picture_rate", "pictures_per_second", None, 6)],
    ),
    ("shop", None, "shelf > 3 TB for 1 day", [(None, None, None, None, 3)]),
]


@pytest.mark.parametrize(("name", "journey", "condition", "expected"), CASES)
def test_subjects(
    catalogs: dict[str, Catalog],
    name: str,
    journey: str | None,
    condition: str,
    expected: list[tuple[object, ...]],
) -> None:
    (comparison,) = comparisons(parse(condition))
    found = [
        (s.journey, s.objective.id if s.objective else None, s.metric, s.step, s.threshold)
        for s in subjects(catalogs[name], journey, comparison)
    ]
    assert found == expected
