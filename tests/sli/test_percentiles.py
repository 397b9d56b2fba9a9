"""Displayed percentiles against sorted lists: nearest rank, 1 %, at one with their verdict."""

import math
import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest

from slo_core.catalog import Catalog, Journey, Latency, Objective
from slo_core.rollup import Rollup
from slo_core.sli.counts import window_counts
from slo_core.sli.histograms import histograms
from slo_core.sli.percentiles import Percentile, of_objective, percentile
from slo_core.sli.windows import Window
from tests.small import SHOP, STUDIO, small_rollup

START = datetime(2025, 3, 1)
DAYS = 200 if os.environ.get("HYPOTHESIS_PROFILE") == "thorough" else 25
CATALOGS = {"studio": STUDIO, "shop": SHOP}


class Answer(NamedTuple):
    """What is said of an objective in one window."""

    shown: Percentile
    good: float
    valid: float


def answers(
    rollup: Rollup, journey: Journey, objective: Objective, windows: Sequence[Window]
) -> list[Answer]:
    """The percentile and the counts of an objective, window by window."""
    counts = window_counts(rollup, windows)
    own = counts[(counts["journey"] == journey.id) & (counts["objective"] == objective.id)]
    sums = own.groupby("window")[["good", "valid"]].sum()
    histogram = histograms(rollup, windows)
    found = []
    for window in windows:
        good, valid = sums.loc[window.name] if window.name in sums.index else (0.0, 0.0)
        rows = histogram[histogram["window"] == window.name]
        rows = of_objective(rows, journey, objective)
        found.append(Answer(percentile(rollup, journey, objective, rows, valid), good, valid))
    return found


def nearest_rank(values: Sequence[float], objective: Objective) -> float:
    """The smallest value that the target's share does not exceed, or for a speed, the largest that
    the target's share reaches."""
    rank = math.ceil(Fraction(repr(objective.target)) * len(values))
    above = objective.threshold is not None and objective.threshold.above is not None
    return sorted(values, reverse=above)[rank - 1]


def some_values(random: Random, objective: Objective) -> list[float]:
    """Values spread widely, or close around the threshold, or on it; few or some hundreds."""
    assert objective.threshold is not None
    threshold = objective.threshold.value
    spread = random.choice((3.0, 0.3, 0.01, 1e-6, 0.0))
    count = random.choice((1, 2, 3, 19, 20, 21, 100, 300))
    special = (threshold, math.nextafter(threshold, 0), math.nextafter(threshold, math.inf), 0.0)
    return [
        random.choice(special)
        if random.random() < 0.1
        else threshold * math.exp(random.gauss(0, spread))
        for _ in range(count)
    ]


def valued(catalog: Catalog) -> list[tuple[Journey, Objective]]:
    """Objectives on values: one a metric, and one a journey's latency."""
    found = {}
    for journey, objective in catalog.objectives:
        metric = getattr(objective.indicator, "metric", None)
        if metric or isinstance(objective.indicator, Latency):
            found[journey.id, metric or ""] = (journey, objective)
    return list(found.values())


@pytest.mark.parametrize("name", CATALOGS)
def test_percentiles_are_those_of_the_sorted_values(tmp_path: Path, name: str) -> None:
    catalog = CATALOGS[name]
    random = Random(4)
    tables: dict[str, list[dict[str, Any]]] = {"requests": [], "measurements": []}
    drawn: dict[tuple[str, str], list[list[float]]] = {}
    for journey, objective in valued(catalog):
        timeout = journey.timeout.value / timedelta(milliseconds=1) if journey.timeout else math.inf
        metric = getattr(objective.indicator, "metric", None)
        for day in range(DAYS):
            values = some_values(random, objective)
            if not metric:
                values = [min(value, timeout) for value in values]
            drawn.setdefault((journey.id, objective.id), []).append(values)
            for value in values:
                row = {
                    "ts": START + timedelta(days=day, seconds=random.randrange(86_400)),
                    "journey": journey.id,
                    "platform": random.choice(("web", "ios", None)),
                }
                if metric:
                    tables["measurements"].append(row | {"metric": metric, "value": value})
                else:
                    step = getattr(objective.indicator, "step", None)
                    request = {"status": 200, "duration_ms": value, "step": step}
                    tables["requests"].append(row | request)
    rollup = small_rollup(tmp_path, tables, catalog)
    midnights = [START + timedelta(days=day) for day in range(DAYS + 1)]
    windows = [Window(str(day), midnights[day], midnights[day + 1]) for day in range(DAYS)]
    compared = 0
    for journey, objective in valued(catalog):
        threshold = objective.threshold
        assert threshold is not None
        found = answers(rollup, journey, objective, windows)
        for values, answer in zip(drawn[journey.id, objective.id], found, strict=True):
            expected = nearest_rank(values, objective)
            assert answer.shown.above is None
            shown = answer.shown.value
            assert shown is not None
            assert shown == pytest.approx(expected, rel=0.01, abs=1e-6), objective.id
            if threshold.above is None:
                good, holds = sum(v < threshold.value for v in values), shown < threshold.value
            else:
                good, holds = sum(v > threshold.value for v in values), shown > threshold.value
            assert (answer.good, answer.valid) == (good, len(values))
            met = Fraction(good, len(values)) >= Fraction(repr(objective.target))
            assert holds == met, (objective.id, shown, good, len(values))
            compared += 1
    assert compared == DAYS * len(valued(catalog))


# --- By hand -----------------------------------------------------------------------------------

SONGS = STUDIO.journey("song_generation")
DAY = Window("day", START, START + timedelta(days=1))


def a_song(second: int, **columns: Any) -> dict[str, Any]:
    return {
        "ts": START + timedelta(seconds=second),
        "journey": "song_generation",
        "status": 200,
        **columns,
    }


def songs_at(folder: Path, rows: list[dict[str, Any]], objective: str) -> Answer:
    rollup = small_rollup(folder, {"requests": rows})
    own = STUDIO.objective("song_generation", objective)
    return answers(rollup, SONGS, own, [DAY])[0]


def test_a_percentile_among_timeouts_lies_above_the_timeout(tmp_path: Path) -> None:
    # 94 songs of 1 s and 6 timeouts: the 95th of 100 is a timeout. So the median is 1 s.
    rows = [a_song(second, duration_ms=1000.0) for second in range(94)]
    rows += [a_song(100 + n, duration_ms=90_001.0) for n in range(3)]
    rows += [a_song(200 + n, status=None, error="timeout") for n in range(3)]
    late = songs_at(tmp_path / "p95", rows, "latency_p95")
    assert late == (Percentile(None, 90_000.0), 94, 100)
    middle = songs_at(tmp_path / "p50", rows, "latency_p50")
    assert middle.shown.above is None
    assert middle.shown.value == pytest.approx(1000, rel=0.01)


def test_at_exactly_the_timeout_a_request_is_good_and_slow(tmp_path: Path) -> None:
    answer = songs_at(tmp_path, [a_song(0, duration_ms=90_000.0)], "latency_p50")
    assert answer.shown.value == pytest.approx(90_000, rel=0.01)
    assert (answer.good, answer.valid) == (0, 1)


def test_failures_and_missing_durations_are_no_part_of_latency(tmp_path: Path) -> None:
    rows = [
        a_song(0, duration_ms=20_000.0),
        a_song(1, duration_ms=1.0, status=500),  # a quick failure improves nothing
        a_song(2, duration_ms=1.0, status=404),
        a_song(3, duration_ms=1.0, status=401),
        a_song(4),  # good, and nobody timed it
    ]
    answer = songs_at(tmp_path, rows, "latency_p50")
    assert answer.shown.value == pytest.approx(20_000, rel=0.01)
    assert (answer.good, answer.valid) == (0, 1)


@pytest.mark.parametrize(
    ("durations", "good"),
    [([15_000.0], 0), ([math.nextafter(15_000.0, 0)], 1), ([0.0], 1), ([14_999.999, 15_000.0], 1)],
)
def test_a_threshold_is_strict(tmp_path: Path, durations: list[float], good: int) -> None:
    rows = [a_song(second, duration_ms=value) for second, value in enumerate(durations)]
    answer = songs_at(tmp_path, rows, "latency_p50")
    assert answer.good == good
    assert answer.shown.value is not None
    assert (answer.shown.value < 15_000) is bool(good)


def test_a_duration_of_zero_is_shown_as_zero(tmp_path: Path) -> None:
    answer = songs_at(tmp_path, [a_song(0, duration_ms=0.0)], "latency_p50")
    assert answer.shown.value == pytest.approx(0, abs=1e-6)


def test_without_timed_requests_there_is_no_percentile(tmp_path: Path) -> None:
    assert songs_at(tmp_path, [a_song(0, status=500)], "latency_p50") == (Percentile(None), 0, 0)


@pytest.mark.parametrize(
    ("speeds", "shown", "good"),
    [
        # The largest speed that 19 of 20 reach is the second slowest.
        ([1.0, 6.0] + [9.0] * 18, 6.0, 19),
        ([1.0, 4.0] + [9.0] * 18, 4.0, 18),
        ([5.0] * 20, 5.0, 0),  # exactly 5 Mbps is not above 5 Mbps
    ],
)
def test_a_speed_is_read_from_its_slow_side(
    tmp_path: Path, speeds: list[float], shown: float, good: int
) -> None:
    rows = [
        {
            "ts": START + timedelta(seconds=second),
            "journey": "audio_export",
            "metric": "download_mbps",
            "value": speed,
        }
        for second, speed in enumerate(speeds)
    ]
    rollup = small_rollup(tmp_path, {"measurements": rows})
    journey = STUDIO.journey("audio_export")
    objective = STUDIO.objective("audio_export", "download_speed")
    [answer] = answers(rollup, journey, objective, [DAY])
    assert answer.shown.value is not None
    assert answer.shown.value == pytest.approx(shown, rel=0.01)
    assert (answer.good, answer.valid) == (good, 20)
    assert (answer.shown.value > 5) is (good >= 19)


def test_a_window_on_odd_minutes_counts_its_own_values_only(tmp_path: Path) -> None:
    # A song a minute whose duration in seconds is its number; the window has numbers 7 to 126:
    # minutes, an hour, minutes. Its median, the 60th of 120, is 66.
    rows = [a_song(60 * n, duration_ms=1000.0 * n) for n in range(200) if n <= 90]
    rows += [a_song(60 * n, duration_ms=80_000.0) for n in range(91, 200)]
    rollup = small_rollup(tmp_path, {"requests": rows})
    minute = timedelta(minutes=1)
    window = Window("odd", START + 7 * minute, START + 127 * minute)
    objective = STUDIO.objective("song_generation", "latency_p50")
    [answer] = answers(rollup, SONGS, objective, [window])
    assert answer.valid == 120
    assert answer.good == 8  # 7 s to 14 s
    assert answer.shown.value == pytest.approx(66_000, rel=0.01)


def test_windows_that_overlap_touch_or_lie_apart_each_have_their_own(tmp_path: Path) -> None:
    seconds = [60 * number + 7 * (number % 5) for number in range(0, 3 * 1_440, 11)]
    rows = [
        {"ts": START + timedelta(seconds=it), "journey": "api", "duration_ms": 1.0 + it % 977}
        for it in seconds
    ]
    rollup = small_rollup(tmp_path, {"requests": rows})
    bounds = [(0, 2_000), (100, 4_000), (2_000, 2_500), (2_500, 2_501), (0, 4_320), (0, 60)]
    windows = [
        Window(f"{first}-{last}", START + timedelta(minutes=first), START + timedelta(minutes=last))
        for first, last in bounds
    ]
    together = histograms(rollup, windows)
    events = together.groupby("window")["events"].sum()
    for window, (first, last) in zip(windows, bounds, strict=True):
        assert events.get(window.name, 0) == sum(60 * first <= it < 60 * last for it in seconds)
        alone = histograms(rollup, [window])
        own = together[together["window"] == window.name].reset_index(drop=True)
        assert own.sort_values(["bin"]).to_dict("list") == alone.to_dict("list")
