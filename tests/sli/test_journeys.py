"""What the page of user journeys counts over a range: worked out by hand."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from slo_core.sli.funnel import whole_hours
from slo_core.sli.histograms import histograms
from slo_core.sli.journeys import (
    BEFORE,
    NOW,
    by_platform,
    compared,
    count_ranges,
    course,
    course_step,
    heard,
    panel_journeys,
    platforms_of,
    sections,
    total,
)
from slo_core.sli.range_figures import range_figures
from slo_core.sli.windows import Window
from tests.small import SHOP, STUDIO, small_rollup

AT = datetime(2025, 3, 10, 12)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SONGS = STUDIO.journey("song_generation")
PLAYBACK = STUDIO.journey("audio_playback")
PUBLISHING = STUDIO.journey("publishing")

Row = dict[str, Any]


def song(ago: timedelta, status: int = 200, **more: Any) -> Row:
    row = {"ts": AT - ago, "journey": "song_generation", "status": status, "duration_ms": 9_000.0}
    return row | more


def sync(platform: str, good: int, bad: int, ago: timedelta = HOUR) -> list[Row]:
    row = {"ts": AT - ago, "journey": "publishing", "step": "platform_sync", "platform": platform}
    return [row | {"status": 200}] * good + [row | {"status": 500}] * bad


def test_the_documents_five_panels_come_first_and_nothing_of_users_is_lost() -> None:
    named, others = panel_journeys(STUDIO)
    assert [journey.id for journey in named] == [
        "song_generation",
        "project_loading",
        "audio_playback",
        "audio_export",
        "publishing",
    ]
    assert [journey.id for journey in others] == ["collaboration"]


def test_without_headings_every_journey_of_users_and_every_funnel_has_a_panel() -> None:
    named, others = panel_journeys(SHOP)
    assert [journey.id for journey in named] == ["browse", "search", "checkout"]
    assert others == ()


def test_what_a_panel_shows_follows_from_the_objectives() -> None:
    publishing = sections(PUBLISHING)
    assert [it.id for it in publishing.success] == ["success_rate"]
    assert [it.id for it in publishing.per_platform] == ["platform_sync"]
    assert [(it.step, len(it.objectives)) for it in publishing.timed] == [("publish", 2)]
    playback = sections(PLAYBACK)
    assert [it.metric for it in playback.measured] == ["buffering_ms", "seek_ms"]
    assert [it.id for it in playback.shares] == ["interruptions"]
    browse = sections(SHOP.journey("browse"))
    assert (browse.success, len(browse.timed), len(browse.measured)) == ((), 1, 1)
    checkout = sections(SHOP.journey("checkout"))
    assert [it.id for it in checkout.success] == ["orders", "refused"]
    assert [it.id for it in checkout.per_platform] == ["every_card"]


@pytest.mark.parametrize(
    ("length", "comparison", "back"),
    [
        (DAY, "period", DAY),
        (DAY, "weeks", 7 * DAY),
        (7 * DAY, "weeks", 7 * DAY),
        (30 * DAY, "period", 30 * DAY),
        (30 * DAY, "weeks", 35 * DAY),
    ],
)
def test_a_range_is_compared_with_one_as_long(
    length: timedelta, comparison: str, back: timedelta
) -> None:
    assert compared(AT, length, comparison) == [
        Window(NOW, AT - length, AT),
        Window(BEFORE, AT - length - back, AT - back),
    ]


def test_a_range_may_be_compared_with_nothing() -> None:
    assert compared(AT, DAY, "nothing") == [Window(NOW, AT - DAY, AT)]


def test_the_step_follows_the_range() -> None:
    assert course_step(HOUR) == MINUTE
    assert course_step(6 * HOUR) == 5 * MINUTE
    assert course_step(7 * DAY) == HOUR
    assert course_step(30 * DAY) == 6 * HOUR
    assert course_step(365 * DAY) == DAY


def test_both_periods_are_counted_to_the_minute(tmp_path: Path) -> None:
    rows = [
        song(timedelta(0), 500),  # at the end: not yet
        song(MINUTE, 500, platform="ios"),
        song(DAY, platform="web"),  # at the start
        song(DAY + MINUTE, 500),  # in the period before, on an unknown platform
        song(2 * DAY),
        song(2 * DAY + MINUTE, 500),  # before both
        song(HOUR, 500, source="server"),  # another source: never added
    ]
    rollup = small_rollup(tmp_path, {"requests": rows})
    counts = count_ranges(rollup, compared(AT, DAY, "period"), [SONGS], HOUR)
    objective = STUDIO.objective("song_generation", "success_rate")
    assert total(counts, NOW, SONGS, objective, None, 100) == (1, 2)
    assert total(counts, BEFORE, SONGS, objective, None, 100) == (1, 2)
    assert total(counts, NOW, SONGS, objective, "web", 100) == (1, 1)
    assert sorted(platforms_of(counts)) == ["ios", "unknown", "web"]
    assert platforms_of(counts, "publishing") == []


def test_a_course_has_gaps_and_sums_what_was_bad_so_far(tmp_path: Path) -> None:
    rows = [*[song(3 * HOUR)] * 3, song(3 * HOUR, 500), song(HOUR, 500), song(HOUR)]
    rollup = small_rollup(tmp_path, {"requests": rows})
    window = Window(NOW, AT - 3 * HOUR, AT)
    counts = count_ranges(rollup, [window], [SONGS], HOUR)
    objective = STUDIO.objective("song_generation", "success_rate")
    frame = course(counts, window, "song_generation", objective, HOUR)
    assert frame["at"].tolist() == [AT - 3 * HOUR, AT - 2 * HOUR, AT - HOUR]
    assert frame["sli"].tolist()[::2] == [0.75, 0.5]
    assert frame["bad_so_far"].tolist()[::2] == [1, 2]
    # 0.5 % of 4 and of 6 requests may fail.
    assert frame["allowed_so_far"].tolist()[::2] == pytest.approx([0.02, 0.03])
    gap = frame.iloc[1]
    assert gap[["good", "valid", "sli", "bad", "bad_so_far", "allowed_so_far"]].isna().all()
    assert heard(counts, window, "song_generation", HOUR)["heard"].tolist() == [True, False, True]


def test_where_each_platform_must_hold_it_is_the_worst_with_enough(tmp_path: Path) -> None:
    rows = [*sync("big", 190, 10), *sync("fine", 100, 0), *sync("few", 1, 98)]
    rollup = small_rollup(tmp_path, {"requests": rows})
    counts = count_ranges(rollup, [Window(NOW, AT - DAY, AT)], [PUBLISHING], HOUR)
    objective = STUDIO.objective("publishing", "platform_sync")
    frame = by_platform(counts, NOW, "publishing", "platform_sync", 100)
    assert frame["platform"].tolist() == ["big", "fine", "few"]
    assert frame["decides"].tolist() == [True, True, False]
    assert total(counts, NOW, PUBLISHING, objective, None, 100) == (190, 200)
    assert total(counts, NOW, PUBLISHING, objective, "few", 100) == (1, 99)
    assert total(counts, NOW, PUBLISHING, objective, None, 1000) == (0, 0)


def test_figures_of_a_range_are_in_the_documents_terms(tmp_path: Path) -> None:
    def value(metric: str, amount: float, ago: timedelta = HOUR, platform: str = "web") -> Row:
        return {
            "ts": AT - ago,
            "journey": "audio_playback",
            "metric": metric,
            "value": amount,
            "platform": platform,
        }

    measurements = [
        *(value("buffering_ms", 100.0 * number) for number in range(1, 21)),  # 100 ms to 2 s
        value("playtime_ms", 100_000.0),
        value("interrupted_ms", 250.0),
        value("buffering_ms", 300.0, DAY + HOUR),
        value("buffering_ms", 5_000.0, HOUR, "ios"),
    ]
    requests = [
        {"ts": AT - HOUR, "journey": "audio_playback", "status": status, "platform": "web"}
        for status in (200, 200, 200, 500)
    ]
    rollup = small_rollup(tmp_path, {"measurements": measurements, "requests": requests})
    windows = compared(AT, DAY, "period")
    counts = count_ranges(rollup, windows, [PLAYBACK], HOUR)

    def figures(platform: str | None) -> pd.DataFrame:
        found = histograms(rollup, windows, platform)
        frame = range_figures(rollup, counts, found, PLAYBACK, platform)
        return frame.set_index(["objective", "window"])

    web = figures("web")
    assert web.loc[("success_rate", NOW), "value"] == 0.75
    # Of 20 values the 19th is the P95; 4 of them lie below 500 ms.
    assert web.loc[("initial_buffering", NOW), "value"] == pytest.approx(1900, rel=0.01)
    assert web.loc[("initial_buffering", NOW), "sli"] == 0.2
    assert web.loc[("interruptions", NOW), "value"] == pytest.approx(0.0025)
    assert web.loc[("initial_buffering", BEFORE), "value"] == pytest.approx(300, rel=0.01)
    assert web.loc[("seek_latency", NOW), ["sli", "value"]].isna().all()
    everyone = figures(None)
    assert everyone.loc[("initial_buffering", NOW), "valid"] == 21
    assert everyone.loc[("initial_buffering", NOW), "value"] == pytest.approx(2000, rel=0.01)


def test_objectives_of_availability_have_no_events(tmp_path: Path) -> None:
    rollup = small_rollup(tmp_path, {"requests": [song(HOUR)]})
    journey = STUDIO.journey("collaboration")
    windows = compared(AT, DAY, "period")
    counts = count_ranges(rollup, windows, [journey], HOUR)
    assert counts.empty
    frame = range_figures(rollup, counts, histograms(rollup, windows), journey)
    assert set(frame["objective"]) == {"sync_latency_p50", "sync_latency_p95", "conflict_rate"}
    assert frame["sli"].isna().all()


def test_whole_hours_contain_a_range() -> None:
    window = Window(NOW, AT - DAY + MINUTE, AT + MINUTE)
    assert whole_hours(window) == Window(NOW, AT - DAY, AT + HOUR)
