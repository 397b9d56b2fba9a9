"""The naive computation itself, against small cases worked out by hand from DESIGN."""

import math
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from slo_core.catalog import load_catalog
from tests import oracle
from tests.oracle import Row, compute_status, outcome, percentile, why_not_counted

CATALOG = load_catalog(Path(__file__).parent.parent / "data" / "studio.yaml")
AT = datetime(2025, 3, 31)
TICK = timedelta(microseconds=1)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


def objective(status: dict[str, Any], journey: str, name: str) -> dict[str, Any]:
    """Find an objective's entry."""
    return next(
        entry
        for entry in status["objectives"]
        if (entry["journey"], entry["objective"]) == (journey, name)
    )


def budget(status: dict[str, Any], service: str) -> dict[str, Any]:
    """Find a service's budget."""
    return next(entry for entry in status["budgets"] if entry["service"] == service)


def request(ts: datetime, journey: str = "api", **columns: Any) -> Row:
    """Make a request that is good unless its columns say otherwise."""
    return {"ts": ts, "journey": journey, "status": 200, **columns}


def probe(ts: datetime, ok: bool, target: str = "eu") -> Row:
    """Make a probe of the API."""
    return {"ts": ts, "scope": "api", "target": target, "ok": ok}


# --- Outcomes ----------------------------------------------------------------------------------

GOOD = ("good", None)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        # 1: excluded comes before everything.
        ({"excluded": "user_side", "status": 500}, ("excluded", "user_side")),
        ({"excluded": "third_party_handled", "error": "timeout"}, ("excluded",)),
        # 2: people who are not signed in, before timeouts.
        ({"status": 401, "error": "timeout"}, ("excluded", "auth")),
        ({"status": 403}, ("excluded", "auth")),
        ({"status": 402}, ("failed", "client_error")),
        # 3: a timeout by word or by duration; exactly the timeout is in time.
        ({"error": "timeout", "duration_ms": 5.0}, ("failed", "timeout")),
        ({"status": 500, "duration_ms": 1000.001}, ("failed", "timeout")),
        ({"status": 200, "duration_ms": 1000.0}, GOOD),
        ({"status": 302, "duration_ms": 1001}, ("failed", "timeout")),
        # 4 to 7, in this order.
        ({"error": "network", "status": 503}, ("failed", "network")),
        ({"error": "exception", "status": 503}, ("failed", "server_error")),
        ({"status": 500}, ("failed", "server_error")),
        ({"status": 599}, ("failed", "server_error")),
        ({"error": "exception", "status": 404}, ("failed", "exception")),
        ({"status": 400}, ("failed", "client_error")),
        ({"status": 499, "error": "reported"}, ("failed", "client_error")),
        # 8: redirects and the like, even when empty, invalid or odd.
        ({"status": 302, "response_bytes": 0}, ("excluded", "redirect")),
        ({"status": 199}, ("excluded", "redirect")),
        ({"status": 300, "error": "invalid_response"}, ("excluded", "redirect")),
        ({"status": 304, "error": "reported"}, ("excluded", "redirect")),
        # 9: empty answers, and those that may be empty.
        ({"status": 200, "response_bytes": 0}, ("failed", "invalid_response")),
        ({"status": 200, "response_bytes": 0, "method": "GET"}, ("failed", "invalid_response")),
        ({"response_bytes": 0}, ("failed", "invalid_response")),
        ({"status": 204, "response_bytes": 0}, GOOD),
        ({"status": 205, "response_bytes": 0, "method": "POST"}, GOOD),
        ({"status": 200, "response_bytes": 0, "method": "HEAD"}, GOOD),
        ({"response_bytes": 0, "method": "OPTIONS"}, GOOD),
        ({"status": 204, "error": "invalid_response"}, ("failed", "invalid_response")),
        ({"method": "HEAD", "error": "invalid_response"}, ("failed", "invalid_response")),
        # 10 and 11.
        ({"status": 200, "error": "reported"}, ("failed", "other")),
        ({"error": "reported"}, ("failed", "other")),
        ({"status": 204, "response_bytes": 0, "error": "Gremlins"}, ("failed", "other")),
        ({"status": 200}, GOOD),
        ({"status": 299, "response_bytes": 1}, GOOD),
        ({}, GOOD),
    ],
)
def test_the_first_row_of_the_table_that_matches_is_the_outcome(
    columns: Row, expected: tuple[str | None, ...]
) -> None:
    assert outcome(columns, 1000)[: len(expected)] == expected


# --- Rows that do not count --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "row", "reason"),
    [
        ("requests", {"ts": AT, "journey": "api"}, None),
        ("requests", {"ts": AT, "journey": "api", "date": "2025-03-31"}, None),
        ("requests", {"ts": AT - TICK, "journey": "api", "date": "2025-03-31"}, "another day's"),
        ("requests", {"ts": AT, "journey": "nobody"}, "unknown journey"),
        ("requests", {"ts": AT, "journey": ""}, "no journey"),
        ("requests", {"ts": AT, "journey": "api", "status": 100}, None),
        ("requests", {"ts": AT, "journey": "api", "status": 99}, "status outside"),
        ("requests", {"ts": AT, "journey": "api", "status": 600}, "status outside"),
        ("requests", {"ts": AT, "journey": "api", "duration_ms": math.inf}, "not finite"),
        ("requests", {"ts": AT, "journey": "api", "duration_ms": -0.1}, "negative"),
        ("requests", {"ts": AT, "journey": "api", "response_bytes": -1}, "negative"),
        ("measurements", {"ts": AT, "journey": "web", "metric": "cls", "value": 0.0}, None),
        ("measurements", {"ts": AT, "journey": "web", "metric": "cls"}, "no value"),
        ("measurements", {"ts": AT, "journey": "web", "metric": "cls", "value": math.nan}, "not"),
        ("probes", {"ts": AT, "scope": "api", "target": "eu", "ok": False}, None),
        ("probes", {"ts": AT, "scope": "api", "target": "eu"}, "no ok"),
        ("probes", {"ts": AT, "scope": "web", "target": "eu", "ok": True}, "unknown scope"),
        ("feedback", {"ts": AT, "journey": "web", "rating": 0.9}, "rating outside"),
        ("feedback", {"ts": AT, "journey": "web", "rating": 5}, None),
    ],
)
def test_rows_that_do_not_count_have_a_reason(table: str, row: Row, reason: str | None) -> None:
    found = why_not_counted(table, row, CATALOG)
    assert (found is None) if reason is None else reason in str(found)


def test_rows_of_another_source_are_left_out_and_rows_of_none_or_an_empty_one_count() -> None:
    sources = ["server", "client", "bot", None, ""]
    rows = [request(AT - SECOND, status=500, source=source) for source in sources]
    status = compute_status({"requests": rows}, CATALOG, AT)
    assert objective(status, "api", "error_rate")["valid"] == 3
    assert sum(status["problems"]["requests"].values()) == 0


# --- Windows -----------------------------------------------------------------------------------


def test_a_window_includes_its_start_and_not_its_end() -> None:
    week = timedelta(days=7)
    moments = [AT, AT - TICK, AT - week, AT - week - TICK]
    status = compute_status({"requests": [request(ts) for ts in moments]}, CATALOG, AT)
    assert objective(status, "api", "error_rate")["valid"] == 2
    assert objective(status, "api", "latency_p95")["valid"] == 0  # none has a duration


def test_at_is_floored_to_the_minute() -> None:
    rows = [request(AT + 30 * SECOND), request(AT - TICK)]
    status = compute_status({"requests": rows}, CATALOG, AT + 59 * SECOND)
    assert objective(status, "api", "error_rate")["valid"] == 1


# --- Latency -----------------------------------------------------------------------------------


def test_latency_counts_good_requests_with_a_duration_and_timeouts_below_a_strict_threshold() -> (
    None
):
    rows = [
        request(AT - SECOND, duration_ms=999.999),  # fast
        request(AT - SECOND, duration_ms=1000.0),  # exactly the threshold: slow
        request(AT - SECOND),  # good, no duration: not in the population
        request(AT - SECOND, duration_ms=1.0, status=500),  # failed: not in it
        request(AT - SECOND, duration_ms=1.0, error="timeout"),  # a timeout is slow
        request(AT - SECOND, error="timeout"),
        request(AT - SECOND, duration_ms=1.0, status=302),  # excluded
    ]
    latency = objective(compute_status({"requests": rows}, CATALOG, AT), "api", "latency_p95")
    assert (latency["good"], latency["valid"], latency["met"]) == (1, 4, False)
    assert latency["value"] is None
    assert latency["value_above"] == 30_000


def test_a_percentile_is_a_figure_of_the_population_by_nearest_rank() -> None:
    figures = [float(number) for number in range(1, 21)]
    assert percentile(figures, Fraction(1, 2)) == 10
    assert percentile(figures, Fraction(95, 100)) == 19
    assert percentile(figures[:19], Fraction(95, 100)) == 19  # the 18.05th is the 19th
    assert percentile([7.0], Fraction(1, 2)) == 7
    assert percentile(figures, Fraction(95, 100), largest_first=True) == 2


def test_nineteen_fast_of_twenty_meet_a_p95_and_eighteen_do_not() -> None:
    fast, slow = 500.0, 1500.0
    for count, met, value in [(19, True, 500.0), (18, False, 1500.0)]:
        durations = [fast] * count + [slow] * (20 - count)
        rows = [request(AT - SECOND, duration_ms=duration) for duration in durations]
        latency = objective(compute_status({"requests": rows}, CATALOG, AT), "api", "latency_p95")
        assert (latency["met"], latency["value"]) == (met, value)
        assert latency["burn_rate"]["1h"] == pytest.approx((20 - count) / 20 / 0.05)


def test_download_speed_is_what_95_percent_reach_and_must_be_above() -> None:
    speeds = [5.0, *[6.0] * 19]
    rows = [
        {"ts": AT - SECOND, "journey": "audio_export", "metric": "download_mbps", "value": speed}
        for speed in speeds
    ]
    status = compute_status({"measurements": rows}, CATALOG, AT)
    speed = objective(status, "audio_export", "download_speed")
    assert (speed["good"], speed["valid"], speed["met"], speed["value"]) == (19, 20, True, 6.0)
    assert speed["unit"] == "Mbps"


# --- Shares ------------------------------------------------------------------------------------


def test_interruptions_are_a_share_of_playtime_and_met_at_exactly_the_target() -> None:
    for interrupted, met in [(1000.0, True), (1001.0, False)]:
        amounts = [("playtime_ms", 1_000_000.0), ("interrupted_ms", interrupted)]
        rows = [
            {"ts": AT - SECOND, "journey": "audio_playback", "metric": metric, "value": value}
            for metric, value in amounts
        ]
        status = compute_status({"measurements": rows}, CATALOG, AT)
        entry = objective(status, "audio_playback", "interruptions")
        assert entry["good"] == 1_000_000 - interrupted
        assert entry["valid"] == 1_000_000
        assert entry["met"] is met
        assert entry["value"] == pytest.approx(interrupted / 1e6)
        assert (entry["threshold"], entry["unit"]) == (0.001, "ratio")


# --- Budgets -----------------------------------------------------------------------------------


def songs(good: int, failed: int, ts: datetime = AT - SECOND) -> list[Row]:
    """Make so many good and failed song generations at one moment."""
    ok = request(ts, "song_generation")
    return [ok] * good + [{**ok, "status": 500}] * failed


def test_the_documents_own_example_at_a_thousandth() -> None:
    # A week before there was a song, so that the policy has a state.
    rows = songs(399, 0, AT - 8 * DAY) + songs(100, 1)
    status = compute_status({"requests": rows}, CATALOG, AT)
    entry = objective(status, "song_generation", "success_rate")
    assert (entry["good"], entry["valid"], entry["sli"], entry["met"]) == (499, 500, 0.998, True)
    assert entry["budget"] == {
        "allowed": 2.5,
        "consumed": 1,
        "remaining": 1.5,
        "remaining_ratio": 0.6,
    }
    # 1 of 101 in each of the last windows.
    burns = dict.fromkeys(("1h", "6h", "24h", "72h"), 200 / 101)
    assert entry["burn_rate"] == pytest.approx(burns)
    service = budget(status, "song_generation")
    assert service["policy"] == "healthy"
    assert service["policy_remaining_ratio"] == 0.6
    assert (service["allowed"], service["consumed"]) == (2500, 1)
    assert service["remaining_ratio"] == 2499 / 2500
    assert service["hourly"] == {"count": 1, "unit": "failures", "level": "normal"}


def test_the_documents_own_example_in_full() -> None:
    sums = oracle.Tally(499_000, 500_000, [])
    assert oracle.budget_of(Fraction("0.995"), sums) == {
        "allowed": 2500.0,
        "consumed": 1000,
        "remaining": 1500.0,
        "remaining_ratio": 0.6,
    }


def test_an_overspent_budget_is_negative() -> None:
    entry = objective(
        compute_status({"requests": songs(190, 10)}, CATALOG, AT), "song_generation", "success_rate"
    )
    assert entry["budget"]["remaining_ratio"] == -9.0
    assert entry["burn_rate"]["1h"] == pytest.approx(10)


@pytest.mark.parametrize(
    ("failures", "level"),
    [
        (0, "normal"),
        (9.99, "normal"),
        (10, "warning"),
        (20, "warning"),
        (20.01, "critical"),
        (21, "critical"),
    ],
)
def test_hourly_levels_at_their_bounds(failures: float, level: str) -> None:
    hourly = CATALOG.budget("song_generation").allocation_on(AT.date()).hourly  # type: ignore[union-attr]
    assert oracle.level_of(Fraction(str(failures)), hourly) == level


def test_the_hour_trails_and_without_valid_events_has_no_level() -> None:
    hour = timedelta(hours=1)
    rows = songs(0, 12, AT - hour) + songs(0, 30, AT - hour - TICK)
    assert budget(compute_status({"requests": rows}, CATALOG, AT), "song_generation")["hourly"] == {
        "count": 12,
        "unit": "failures",
        "level": "warning",
    }
    late = compute_status({"requests": rows}, CATALOG, AT + hour)
    assert budget(late, "song_generation")["hourly"]["level"] is None


def test_the_month_is_that_of_the_last_minute_before_at() -> None:
    april = datetime(2025, 4, 1)
    rows = songs(1, 2, datetime(2025, 3, 1)) + songs(1, 4, april - TICK) + songs(1, 8, april)
    tables = {"requests": rows}
    at_midnight = budget(compute_status(tables, CATALOG, april), "song_generation")
    assert (at_midnight["month"], at_midnight["consumed"]) == ("2025-03", 6)
    later = compute_status(tables, CATALOG, april + timedelta(minutes=1))
    service = budget(later, "song_generation")
    assert (service["month"], service["consumed"]) == ("2025-04", 8)
    # February has its own seconds: 0.1 % of 28 days.
    february = budget(compute_status({}, CATALOG, datetime(2025, 3, 1)), "api")
    assert february["allowed"] == pytest.approx(28 * 86.4)
    assert february["month"] == "2025-02"


@pytest.mark.parametrize(
    ("failed", "band"), [(5, "healthy"), (6, "low"), (9, "low"), (10, "exhausted")]
)
def test_policy_bands(failed: int, band: str) -> None:
    # 2000 requests allow 10 failures; half remaining is healthy, under a tenth is exhausted.
    rows = songs(2000 - failed, failed, AT - 7 * DAY)
    status = compute_status({"requests": rows}, CATALOG, AT)
    assert budget(status, "song_generation")["policy"] == band
    young = compute_status({"requests": rows}, CATALOG, AT - timedelta(minutes=1))
    assert budget(young, "song_generation")["policy"] is None
    assert status["studio_policy"] == band


def test_a_policy_s_state_depends_on_its_history() -> None:
    # 1,000 songs allow 5 failures: 4 at ten days leave 20 %, one more nothing; at 30 days the first
    # thousand leaves, and at 31 those 5 of 100 later ones, of which none failed: all remains.
    begin = AT - 50 * DAY
    rows = songs(996, 4, begin) + songs(0, 1, begin + DAY) + songs(100, 0, begin + 29 * DAY)
    hour = timedelta(hours=1)
    entered, left = begin + 7 * DAY, begin + 31 * DAY + hour
    for at, confirmed, expected in [
        (begin + 7 * DAY - hour, None, (None, None, None, None)),
        (begin + 8 * DAY, None, ("exhausted", entered, None, entered)),
        (left - hour, None, ("exhausted", entered, None, entered)),
        (left, None, ("low", left, False, entered)),
        (AT, None, ("low", left, False, entered)),
        (AT, AT - DAY, ("healthy", AT - DAY, True, entered)),
        (AT, left - DAY, ("healthy", left, True, entered)),
    ]:
        known = {"song_generation": {entered: confirmed}} if confirmed else {}
        status = compute_status({"requests": rows}, CATALOG, at, confirmed=known)
        found = budget(status, "song_generation")
        keys = ("policy", "policy_since", "exit_confirmed", "exhausted_at")
        assert tuple(found[key] for key in keys) == expected, at


def test_no_data_is_no_data() -> None:
    status = compute_status({}, CATALOG, AT)
    assert len(status["objectives"]) == 32
    for entry in status["objectives"]:
        for figure in ("sli", "met", "value"):
            assert entry[figure] is None
        assert entry["budget"]["remaining_ratio"] is None
        assert set(entry["burn_rate"].values()) == {None}
    for entry in status["budgets"]:
        assert entry["policy"] is entry["remaining_ratio"] is entry["hourly"]["level"] is None
    assert status["studio_policy"] is None
    assert all(fresh["last_event"] is None for fresh in status["freshness"].values())


# --- Platforms ---------------------------------------------------------------------------------


def synced(platform: str | None, good: int, failed: int, ts: datetime = AT - SECOND) -> list[Row]:
    """Make so many platform syncs."""
    row = request(ts, "publishing", step="platform_sync", platform=platform)
    return [row] * good + [{**row, "error": "reported"}] * failed


def test_the_worst_platform_with_enough_events_decides() -> None:
    rows = synced("b", 98, 2) + synced("a", 49, 50) + synced("c", 100, 1) + synced(None, 120, 2)
    entry = objective(
        compute_status({"requests": rows}, CATALOG, AT), "publishing", "platform_sync"
    )
    assert (entry["good"], entry["valid"], entry["met"]) == (98, 100, True)
    assert set(entry["platforms"]) == {"a", "b", "c", "unknown"}
    assert entry["platforms"]["a"] == {"good": 49, "valid": 99, "sli": 49 / 99, "met": None}
    assert entry["platforms"]["unknown"]["valid"] == 122


def test_platforms_tie_by_name_and_each_window_has_its_own_worst() -> None:
    old = AT - timedelta(hours=2)
    rows = synced("z", 99, 1) + synced("b", 198, 2) + synced("y", 80, 20, old)
    entry = objective(
        compute_status({"requests": rows}, CATALOG, AT), "publishing", "platform_sync"
    )
    assert (entry["good"], entry["valid"]) == (80, 100)  # over 30 days it is y
    assert entry["burn_rate"]["1h"] == pytest.approx(0.5)
    assert entry["burn_rate"]["6h"] == pytest.approx(10)
    tied = compute_status({"requests": synced("z", 99, 1) + synced("b", 198, 2)}, CATALOG, AT)
    assert objective(tied, "publishing", "platform_sync")["valid"] == 200  # b comes before z


def test_no_platform_with_enough_events_is_no_data() -> None:
    rows = synced("a", 0, 99) + synced("b", 99, 0)
    entry = objective(
        compute_status({"requests": rows}, CATALOG, AT), "publishing", "platform_sync"
    )
    assert entry["sli"] is None
    assert set(entry["platforms"]) == {"a", "b"}


# --- Availability ------------------------------------------------------------------------------


def api(
    probes: list[Row] | None = None,
    requests: list[Row] | None = None,
    at: datetime = AT,
    maintenance: list[Row] | None = None,
) -> dict[str, Any]:
    """Compute the API's availability."""
    tables = {"probes": probes or [], "requests": requests or []}
    return objective(compute_status(tables, CATALOG, at, maintenance or []), "api", "availability")


NOON = AT - timedelta(hours=12)


def test_a_probe_is_held_for_the_minute_that_begins_with_its_slice() -> None:
    entry = api([probe(NOON + 3 * SECOND, True)])
    assert (entry["good"], entry["valid"]) == (60, 60)
    assert entry["coverage"] == pytest.approx(60 / (30 * 86_400))
    down = api([probe(NOON + 3 * SECOND, False)])
    assert (down["good"], down["valid"]) == (0, 60)


def test_a_later_probe_of_the_same_target_replaces_the_earlier() -> None:
    # Failed from 0 s; works again from the slice of 20 s: two slices down of eight.
    entry = api([probe(NOON, False), probe(NOON + 29 * SECOND, True)])
    assert (entry["good"], entry["valid"]) == (60, 80)


def test_one_target_down_of_two_is_not_down() -> None:
    entry = api([probe(NOON, False, "eu"), probe(NOON + SECOND, True, "us")])
    assert (entry["good"], entry["valid"]) == (60, 60)
    # The second target is first heard of at 30 s: until then the first alone decides.
    late = api([probe(NOON, False, "eu"), probe(NOON + 30 * SECOND, True, "us")])
    assert (late["good"], late["valid"]) == (60, 90)
    # When the first one's answer no longer holds, the other alone decides.
    both = api([probe(NOON, True, "eu"), probe(NOON + 30 * SECOND, False, "us")])
    assert (both["good"], both["valid"]) == (60, 90)


def test_a_failing_minute_is_down_from_its_first_failure_to_its_last() -> None:
    # Good at 0 s and 50 s, failures at 10, 20 and 40 s: 3 of 5 fail in the minute from 0 s,
    # 3 of 5 nowhere else (the minute from 10 s has 3 of 4: too few). Down: 10 to 49 s.
    failures = [request(NOON + s * SECOND, status=500) for s in (10, 20, 40)]
    goods = [request(NOON + s * SECOND) for s in (0, 50)]
    entry = api(requests=failures + goods)
    # Requests at 0 to 50 s are seen by the minutes that end 10 to 110 s after noon.
    assert (entry["valid"], entry["valid"] - entry["good"]) == (110, 40)


@pytest.mark.parametrize(
    ("good", "failed", "down"),
    [(2, 3, 10), (3, 3, 0), (1, 3, 0), (0, 4, 0), (0, 5, 10), (49, 51, 10), (50, 50, 0)],
)
def test_a_minute_fails_above_half_of_at_least_five(good: int, failed: int, down: int) -> None:
    rows = [request(NOON)] * good + [request(NOON, status=500)] * failed
    entry = api(requests=rows)
    assert (entry["valid"], entry["valid"] - entry["good"]) == (60, down)


def test_excluded_requests_are_seen_and_are_not_valid() -> None:
    # Five would be enough, but two are excluded: three valid ones are too few.
    rows = [request(NOON, status=500)] * 3 + [request(NOON, status=500, excluded="user_side")] * 2
    entry = api(requests=rows)
    assert (entry["good"], entry["valid"]) == (60, 60)
    seen = api(requests=[request(NOON, status=401)])
    assert (seen["good"], seen["valid"]) == (60, 60)
    other = api(requests=[request(NOON, source="client")])
    assert other["valid"] == 0


def test_the_api_is_down_when_no_song_can_be_generated_where_it_is_observed() -> None:
    rows = songs(0, 5, NOON)
    assert api(requests=rows)["valid"] == 0  # nothing of the API itself was seen
    observed = api([probe(NOON - 50 * SECOND, True)], rows)
    assert (observed["good"], observed["valid"]) == (50, 60)
    saved = api([probe(NOON - 50 * SECOND, True)], rows + songs(1, 0, NOON + 59 * SECOND))
    # The minute from noon has a song; the one that ends with noon's first slice has none.
    assert (saved["good"], saved["valid"]) == (50, 60)
    few = api([probe(NOON - 50 * SECOND, True)], songs(0, 4, NOON))
    assert (few["good"], few["valid"]) == (60, 60)


def test_an_outage_over_midnight_is_one_outage() -> None:
    midnight = AT - timedelta(days=3)
    rows = [request(midnight + s * SECOND, status=500) for s in (-21, -11, -1, 9, 19)]
    entry = api(requests=rows)
    # Slices from -30 s to 20 s hold failures; all five are in one minute: 50 s down.
    assert (entry["valid"], entry["valid"] - entry["good"]) == (100, 50)
    probes = [probe(midnight + s * SECOND, s >= 30) for s in range(-60, 60, 10)]
    entry = api(probes)
    assert (entry["valid"], entry["valid"] - entry["good"]) == (170, 90)


def test_minutes_end_at_or_before_at() -> None:
    # Three failures before `at`, two more right after it: not yet a failing minute.
    rows = [request(AT + s * SECOND, status=500) for s in (-3, -2, -1, 0, 1)]
    assert (api(requests=rows)["good"], api(requests=rows)["valid"]) == (10, 10)
    later = api(requests=rows, at=AT + timedelta(minutes=1))
    # Now the minute that ends with the slice after `at` is known: both slices are down.
    assert (later["good"], later["valid"]) == (50, 70)


def test_minutes_may_begin_before_the_window() -> None:
    start = AT - timedelta(days=30)
    entry = api([probe(start - 30 * SECOND, False)])
    assert (entry["good"], entry["valid"]) == (0, 30)
    rows = [request(start + s * SECOND, status=500) for s in (-12, -11, -2, -1, 1)]
    entry = api(requests=rows)
    assert (entry["good"], entry["valid"]) == (50, 60)


def closure(starts: datetime, ends: datetime, **columns: Any) -> Row:
    """Make a maintenance window that was announced in time."""
    return {
        "scope": "api",
        "starts_at": starts,
        "ends_at": ends,
        "announced_at": starts - timedelta(hours=48),
        "cancelled_at": None,
        **columns,
    }


def test_slices_that_touch_announced_maintenance_are_left_out() -> None:
    probes = [probe(NOON + s * SECOND, False) for s in range(0, 120, 10)]  # 170 s observed
    hit = closure(NOON + 15 * SECOND, NOON + 40 * SECOND)  # touches the slices of 10, 20, 30 s
    entry = api(probes, maintenance=[hit])
    assert (entry["good"], entry["valid"]) == (0, 140)
    assert entry["coverage"] == pytest.approx(140 / (30 * 86_400 - 30))
    touching = closure(NOON + 39 * SECOND, NOON + 40 * SECOND + TICK)
    assert api(probes, maintenance=[touching])["valid"] == 150
    assert api(probes, maintenance=[hit, touching])["valid"] == 130
    for columns in (
        {"announced_at": hit["starts_at"] - timedelta(hours=48) + TICK},
        {"announced_at": None},
        {"cancelled_at": NOON - timedelta(days=1)},
        {"scope": "collaboration"},
    ):
        assert api(probes, maintenance=[{**hit, **columns}])["valid"] == 170


def test_the_api_budget_counts_seconds() -> None:
    probes = [probe(AT - 40 * SECOND, False), probe(AT - 30 * SECOND, True)]
    status = compute_status({"probes": probes}, CATALOG, AT)
    service = budget(status, "api")
    assert service["hourly"] == {"count": 10, "unit": "seconds", "level": "warning"}
    assert service["consumed"] == 10
    assert service["allowed"] == pytest.approx(31 * 86.4)
    assert objective(status, "api", "availability")["burn_rate"]["1h"] == pytest.approx(250)


# --- Freshness ---------------------------------------------------------------------------------


def fresh(rows: list[Row], at: datetime = AT) -> dict[str, Any]:
    """Compute the API's freshness."""
    found: dict[str, Any] = compute_status({"requests": rows}, CATALOG, at)["freshness"]["api"]
    return found


def test_a_journey_is_stale_after_ten_minutes_and_five_usual_gaps() -> None:
    at = AT + timedelta(minutes=30)
    minute = timedelta(minutes=1)
    # Yesterday in this hour one event every four minutes: 20 minutes of silence are usual.
    usual = [request(at - timedelta(days=1) + n * 4 * minute) for n in range(7)]
    for silence, stale in [(20, False), (21, True), (5, False)]:
        last = at - silence * minute
        assert fresh([*usual, request(last)], at) == {"last_event": last, "stale": stale}
    # With an event each second, ten minutes decide.
    busy = [request(at - timedelta(days=1) + n * SECOND) for n in range(100)]
    assert fresh([*busy, request(at - 10 * minute)], at)["stale"] is False
    assert fresh([*busy, request(at - 10 * minute - TICK)], at)["stale"] is True


def test_excluded_requests_and_measurements_are_events_and_other_sources_are_not() -> None:
    rows = [
        request(AT - 3 * SECOND, status=401),
        request(AT - 2 * SECOND, source="client"),
        request(AT),
    ]
    assert fresh(rows)["last_event"] == AT - 3 * SECOND
    measured = {"ts": AT - SECOND, "journey": "web", "metric": "cls", "value": 0.5}
    status = compute_status({"measurements": [measured]}, CATALOG, AT)
    assert status["freshness"]["web"]["last_event"] == AT - SECOND
