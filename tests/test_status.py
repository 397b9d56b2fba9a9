"""The status object of DESIGN 3: its shape, and figures worked out by hand."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from slo_core.catalog import Catalog
from slo_core.status import status
from tests.small import SHOP, STUDIO, small_rollup

AT = datetime(2025, 3, 31)
SECOND, MINUTE, HOUR, DAY = (
    timedelta(seconds=1),
    timedelta(minutes=1),
    timedelta(hours=1),
    timedelta(days=1),
)
Rows = list[dict[str, Any]]


def stated(
    folder: Path, tables: dict[str, Rows], at: datetime = AT, catalog: Catalog = STUDIO
) -> dict[str, Any]:
    """The status as a program reads it."""
    found = status(small_rollup(folder, tables, catalog), at)
    answer: dict[str, Any] = json.loads(json.dumps(found, allow_nan=False))
    return answer


def of(answer: dict[str, Any], journey: str, objective: str) -> dict[str, Any]:
    """One objective's entry."""
    [found] = [
        entry
        for entry in answer["objectives"]
        if (entry["journey"], entry["objective"]) == (journey, objective)
    ]
    return dict(found)


def budget_of(answer: dict[str, Any], service: str) -> dict[str, Any]:
    """One service's budget."""
    [found] = [entry for entry in answer["budgets"] if entry["service"] == service]
    return dict(found)


def requests(
    good: int,
    bad: int,
    journey: str = "song_generation",
    before: timedelta = 2 * DAY,
    **columns: Any,
) -> Rows:
    """So many good and failed requests of a journey, a while before `AT`."""
    return [
        {"ts": AT - before, "journey": journey, "status": status, **columns}
        for status, count in ((200, good), (500, bad))
        for _ in range(count)
    ]


def measured(journey: str, metric: str, *values: float) -> Rows:
    return [
        {"ts": AT - DAY, "journey": journey, "metric": metric, "value": value} for value in values
    ]


# --- The shape ---------------------------------------------------------------------------------

OBJECTIVES: dict[str, dict[str, tuple[str, float, float | None, str]]] = {
    "song_generation": {
        "success_rate": ("30d", 0.995, None, "ratio"),
        "latency_p50": ("7d", 0.5, 15_000, "ms"),
        "latency_p95": ("7d", 0.95, 30_000, "ms"),
        "latency_p99": ("7d", 0.99, 45_000, "ms"),
    },
    "project_loading": {
        "success_rate": ("30d", 0.999, None, "ratio"),
        "latency_p50": ("7d", 0.5, 2000, "ms"),
        "latency_p95": ("7d", 0.95, 5000, "ms"),
        "latency_p99": ("7d", 0.99, 10_000, "ms"),
    },
    "audio_playback": {
        "success_rate": ("7d", 0.999, None, "ratio"),
        "initial_buffering": ("7d", 0.95, 500, "ms"),
        "interruptions": ("7d", 0.999, 0.001, "ratio"),
        "seek_latency": ("7d", 0.95, 200, "ms"),
    },
    "collaboration": {
        "sync_latency_p50": ("7d", 0.5, 200, "ms"),
        "sync_latency_p95": ("7d", 0.95, 500, "ms"),
        "conflict_rate": ("7d", 0.995, 0.005, "ratio"),
        "session_availability": ("30d", 0.995, None, "ratio"),
    },
    "audio_export": {
        "success_rate": ("30d", 0.999, None, "ratio"),
        "processing_p50": ("7d", 0.5, 5000, "ms"),
        "processing_p95": ("7d", 0.95, 15_000, "ms"),
        "download_speed": ("7d", 0.95, 5, "Mbps"),
    },
    "publishing": {
        "success_rate": ("30d", 0.99, None, "ratio"),
        "publish_time_p50": ("7d", 0.5, 120_000, "ms"),
        "publish_time_p95": ("7d", 0.95, 300_000, "ms"),
        "platform_sync": ("30d", 0.98, None, "ratio"),
    },
    "api": {
        "availability": ("30d", 0.999, None, "ratio"),
        "error_rate": ("7d", 0.999, 0.001, "ratio"),
        "latency_p50": ("7d", 0.5, 200, "ms"),
        "latency_p95": ("7d", 0.95, 1000, "ms"),
    },
    "web": {
        "fcp_p75": ("7d", 0.75, 1500, "ms"),
        "lcp_p75": ("7d", 0.75, 2500, "ms"),
        "fid_p75": ("7d", 0.75, 100, "ms"),
        "cls_p75": ("7d", 0.75, 0.1, "1"),
    },
}
ASSUMED = {
    ("audio_playback", "initial_buffering"),
    ("audio_playback", "seek_latency"),
    ("audio_export", "download_speed"),
    ("web", "cls_p75"),
}
KEYS = {
    *("journey", "objective", "window", "target", "good", "valid", "sli", "met", "value"),
    *("threshold", "unit", "assumption", "budget", "burn_rate"),
}
BUDGET_KEYS = {
    *("service", "month", "allowed", "consumed", "remaining_ratio", "hourly", "policy"),
    *("policy_basis", "policy_remaining_ratio"),
}


def test_the_documents_32_objectives_in_its_order(tmp_path: Path) -> None:
    answer = stated(tmp_path, {"requests": requests(1, 0)})
    expected = [
        (journey, objective, *figures)
        for journey, objectives in OBJECTIVES.items()
        for objective, figures in objectives.items()
    ]
    assert len(expected) == 32
    assert [
        tuple(
            entry[key] for key in ("journey", "objective", "window", "target", "threshold", "unit")
        )
        for entry in answer["objectives"]
    ] == expected
    found = {(o["journey"], o["objective"]) for o in answer["objectives"] if o["assumption"]}
    assert found == ASSUMED


@pytest.mark.parametrize("catalog", [STUDIO, SHOP], ids=lambda catalog: catalog.name)
def test_every_key_of_the_contract_is_there(tmp_path: Path, catalog: Catalog) -> None:
    journey = catalog.journeys[-1].id
    answer = stated(tmp_path, {"requests": requests(3, 1, journey)}, catalog=catalog)
    assert answer["at"] == "2025-03-31T00:00:00Z"
    assert {*("objectives", "budgets", "studio_policy", "freshness", "problems")} <= set(answer)
    for entry in answer["objectives"]:
        assert set(entry) >= KEYS
        assert set(entry["budget"]) == {"allowed", "consumed", "remaining", "remaining_ratio"}
        assert tuple(entry["burn_rate"]) == catalog.rules.burn_windows.value
        kind = catalog.objective(entry["journey"], entry["objective"]).indicator.kind
        assert ("coverage" in entry) == (kind == "availability")
    for entry in answer["budgets"]:
        assert set(entry) >= BUDGET_KEYS
        assert set(entry["hourly"]) >= {"count", "unit", "level"}
    assert set(answer["freshness"]) == {journey.id for journey in catalog.journeys}
    for found in answer["freshness"].values():
        assert set(found) >= {"last_event", "stale"}


@pytest.mark.parametrize("catalog", [STUDIO, SHOP], ids=lambda catalog: catalog.name)
@pytest.mark.parametrize("at", [AT - 400 * DAY, AT + 400 * DAY], ids=["before", "after"])
def test_without_data_there_are_no_figures(tmp_path: Path, catalog: Catalog, at: datetime) -> None:
    journey = catalog.journeys[0].id
    tables = {
        "requests": requests(3, 1, journey, duration_ms=1.0),
        "probes": [{"ts": AT - DAY, "scope": catalog.scopes[0].id, "target": "eu", "ok": False}],
    }
    answer = stated(tmp_path, tables, at, catalog)
    for entry in answer["objectives"]:
        assert (entry["good"], entry["valid"]) == (0, 0)
        assert {entry[key] for key in ("sli", "met", "value")} == {None}
        assert entry["budget"]["remaining_ratio"] is None
        assert set(entry["burn_rate"].values()) == {None}
        assert entry.get("platforms", {}) == {}
        assert entry.get("coverage", 0) == 0
    for entry in answer["budgets"]:
        figures = ("consumed", "remaining_ratio", "policy_remaining_ratio")
        assert {entry[key] for key in figures} == {None}
        assert entry["hourly"]["level"] is None
    # Hours without a figure keep a state that there was: what had data then was not judged since.
    states = {entry["policy"] for entry in answer["budgets"]}
    assert (answer["studio_policy"] is None) == (states == {None})
    assert at > AT or states == {None}
    stale = {found["stale"] for found in answer["freshness"].values()}
    assert stale == ({None} if at < AT else {None, True})


# --- Values in the document's own terms --------------------------------------------------------


@pytest.mark.parametrize("catalog", [STUDIO, SHOP], ids=lambda catalog: catalog.name)
def test_a_look_at_an_earlier_moment_has_the_same_verdicts_and_budgets(
    tmp_path: Path, catalog: Catalog
) -> None:
    journeys = [journey.id for journey in catalog.journeys]
    rows = [
        row
        for number, journey in enumerate(journeys)
        for ago in (30 * MINUTE, 5 * HOUR, 30 * HOUR, 6 * DAY)
        for row in requests(50, number % 3, journey, ago, duration_ms=900.0)
    ]
    rollup = small_rollup(tmp_path, {"requests": rows}, catalog)
    whole, brief = status(rollup, AT), status(rollup, AT, values=False)
    assert (brief["budgets"], brief["freshness"]) == (whole["budgets"], {})
    shown = {"value", "value_above", "burn_rate"}
    for one, other in zip(whole["objectives"], brief["objectives"], strict=True):
        assert one.keys() == other.keys()
        assert {k: v for k, v in one.items() if k not in shown} == {
            k: v for k, v in other.items() if k not in shown
        }
        # The document's short window and the one that decides on risk.
        kept = {name: one["burn_rate"][name] for name in other["burn_rate"]}
        assert other["burn_rate"] == kept
        assert len(kept) == 2
        assert one["burn_rate"].keys() > kept.keys()


def test_ratios_are_shown_as_the_document_words_them(tmp_path: Path) -> None:
    tables = {
        "requests": [*requests(998, 2, "api"), *requests(199, 1)],
        "measurements": [
            *measured("audio_playback", "playtime_ms", 400_000),
            *measured("audio_playback", "interrupted_ms", 100),
            *measured("collaboration", "edits", 50, 150),
            *measured("collaboration", "conflicts", 2),
        ],
    }
    answer = stated(tmp_path, tables)
    error_rate = of(answer, "api", "error_rate")
    assert (error_rate["value"], error_rate["sli"], error_rate["met"]) == (0.002, 0.998, False)
    interruptions = of(answer, "audio_playback", "interruptions")
    assert (interruptions["good"], interruptions["valid"]) == (399_900, 400_000)
    assert (interruptions["value"], interruptions["met"]) == (0.00025, True)
    conflicts = of(answer, "collaboration", "conflict_rate")
    assert (conflicts["value"], conflicts["sli"], conflicts["met"]) == (0.01, 0.99, False)
    success = of(answer, "song_generation", "success_rate")
    assert success["value"] == success["sli"] == 0.995


@pytest.mark.parametrize(
    ("journey", "objective", "good", "bad"),
    [
        ("song_generation", "success_rate", 995, 5),
        ("project_loading", "success_rate", 999, 1),
        ("audio_playback", "success_rate", 2997, 3),
        ("audio_export", "success_rate", 6993, 7),
        ("api", "error_rate", 999, 1),  # "< 0.1 %" is met at exactly 0.1 %
    ],
)
def test_at_exactly_its_target_an_objective_is_met(
    tmp_path: Path, journey: str, objective: str, good: int, bad: int
) -> None:
    met = of(
        stated(tmp_path / "met", {"requests": requests(good, bad, journey)}), journey, objective
    )
    assert (met["met"], met["budget"]["remaining"]) == (True, pytest.approx(0, abs=1e-9))
    rows = requests(good - 1, bad + 1, journey)
    missed = of(stated(tmp_path / "missed", {"requests": rows}), journey, objective)
    assert missed["met"] is False
    assert missed["budget"]["remaining"] == pytest.approx(-1)


def test_values_of_latencies_and_measurements(tmp_path: Path) -> None:
    # Nine loads of 1 s and one of 8 s: P50 1 s; P95 and P99 are the tenth, 8 s.
    loads = [
        {"ts": AT - DAY, "journey": "project_loading", "status": 200, "duration_ms": duration}
        for duration in [1000.0] * 9 + [8000.0]
    ]
    tables = {
        "requests": loads,
        "measurements": [
            *measured("web", "cls", 0.01, 0.02, 0.03, 0.4),
            *measured("audio_export", "download_mbps", *[2.0] * 1, *[20.0] * 19),
        ],
    }
    answer = stated(tmp_path, tables)
    p50, p95, p99 = (
        of(answer, "project_loading", name)
        for name in ("latency_p50", "latency_p95", "latency_p99")
    )
    assert p50["value"] == pytest.approx(1000, rel=0.01)
    assert (p50["good"], p50["valid"], p50["met"]) == (9, 10, True)
    assert p95["value"] == pytest.approx(8000, rel=0.01)
    assert (p95["good"], p95["met"]) == (9, False)
    assert p99["value"] == pytest.approx(8000, rel=0.01)
    assert (p99["good"], p99["met"]) == (10, True)  # under 10 s
    cls = of(answer, "web", "cls_p75")
    assert cls["value"] == pytest.approx(0.03, rel=0.01)
    assert (cls["good"], cls["valid"], cls["met"]) == (3, 4, True)
    speed = of(answer, "audio_export", "download_speed")
    assert speed["value"] == pytest.approx(20, rel=0.01)  # the largest that 19 of 20 reach
    assert (speed["good"], speed["valid"], speed["met"]) == (19, 20, True)


def test_a_percentile_among_timeouts_has_no_value_and_lies_above_one(tmp_path: Path) -> None:
    rows = [{"ts": AT - DAY, "journey": "api", "error": "timeout"}]
    found = of(stated(tmp_path, {"requests": rows}), "api", "latency_p50")
    assert (found["value"], found["value_above"]) == (None, 30_000)
    assert (found["good"], found["valid"], found["met"]) == (0, 1, False)


def test_more_interrupted_than_played_is_bad_data_and_reported(tmp_path: Path) -> None:
    tables = {
        "measurements": [
            *measured("audio_playback", "playtime_ms", 1000),
            *measured("audio_playback", "interrupted_ms", 1500),
        ]
    }
    answer = stated(tmp_path, tables)
    [problem] = answer["problems"]
    assert "audio_playback.interruptions has more bad than valid" in problem["reason"]


# --- Budget and burn ---------------------------------------------------------------------------


def test_the_documents_calculator_is_the_budget(tmp_path: Path) -> None:
    # 499,000 of 500,000 at 99.5 %, at a thousandth: 2.5 allowed, 1 consumed, 1.5 left.
    found = of(stated(tmp_path, {"requests": requests(499, 1)}), "song_generation", "success_rate")
    assert found["budget"] == {
        "allowed": 2.5,
        "consumed": 1,
        "remaining": 1.5,
        "remaining_ratio": 0.6,
    }


def test_burn_rates_take_their_own_windows(tmp_path: Path) -> None:
    rows = [
        *requests(99, 1, before=HOUR / 2),  # 1 % of the hour: burn 2
        *requests(300, 0, before=5 * HOUR),  # 1 of 400: 0.5
        *requests(596, 4, before=20 * HOUR),  # 5 of 1,000: 1
        *requests(0, 0, before=70 * HOUR),
        *requests(0, 1000, before=72 * HOUR + SECOND),  # before the longest
    ]
    burn = of(stated(tmp_path, {"requests": rows}), "song_generation", "success_rate")["burn_rate"]
    assert burn == {
        name: pytest.approx(rate) for name, rate in {"1h": 2, "6h": 0.5, "24h": 1, "72h": 1}.items()
    }


def test_the_largest_burn_is_one_over_what_may_be_bad(tmp_path: Path) -> None:
    rows = requests(1, 0, before=HOUR / 2, duration_ms=80_000.0)
    answer = stated(tmp_path, {"requests": rows})
    largest = {
        name: of(answer, "song_generation", name)["burn_rate"]["1h"]
        for name in ("latency_p50", "latency_p95", "latency_p99")
    }
    assert largest == {
        "latency_p50": pytest.approx(2),
        "latency_p95": pytest.approx(20),
        "latency_p99": pytest.approx(100),
    }


def test_no_failures_burn_nothing_and_no_events_are_no_burn(tmp_path: Path) -> None:
    answer = stated(tmp_path, {"requests": requests(5, 0, before=5 * HOUR)})
    burn = of(answer, "song_generation", "success_rate")["burn_rate"]
    assert burn == {"1h": None, "6h": 0, "24h": 0, "72h": 0}


# --- The month, the hour, the policy -----------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "month", "consumed"),
    [
        (datetime(2025, 4, 1), "2025-03", 2),
        (datetime(2025, 4, 1, 0, 1), "2025-04", 3),
        (datetime(2025, 3, 1, 0, 1), "2025-03", None),
    ],
)
def test_a_month_is_consumed_by_its_own_failures(
    tmp_path: Path, at: datetime, month: str, consumed: int | None
) -> None:
    moments = [
        *[datetime(2025, 2, 28, 23, 59, 59, 999_999)] * 5,
        datetime(2025, 3, 1, 0, 1),  # the first minute of March is without any
        datetime(2025, 3, 31, 23, 59, 59, 999_999),
        *[datetime(2025, 4, 1)] * 3,
    ]
    rows = [{"ts": ts, "journey": "song_generation", "status": 500} for ts in moments]
    found = budget_of(stated(tmp_path, {"requests": rows}, at), "song_generation")
    assert (found["month"], found["consumed"], found["allowed"]) == (month, consumed, 2500)
    ratio = None if consumed is None else pytest.approx(1 - consumed / 2500)
    assert found["remaining_ratio"] == ratio


def test_the_documents_four_allocations(tmp_path: Path) -> None:
    answer = stated(tmp_path, {"requests": requests(1, 0)})
    assert {entry["service"]: entry["allowed"] for entry in answer["budgets"]} == {
        "song_generation": 2500,
        "project_loading": 2000,
        "audio_playback": 10_000,
        "api": pytest.approx(0.001 * 31 * 86_400),
    }
    february = stated(tmp_path, {"requests": requests(1, 0)}, datetime(2025, 3, 1))
    assert budget_of(february, "api")["allowed"] == pytest.approx(0.001 * 28 * 86_400)


@pytest.mark.parametrize(
    ("journey", "failures", "level"),
    [
        ("song_generation", 0, "normal"),
        ("song_generation", 9, "normal"),
        ("song_generation", 10, "warning"),
        ("song_generation", 20, "warning"),
        ("song_generation", 21, "critical"),
        ("project_loading", 7, "normal"),
        ("project_loading", 8, "warning"),
        ("project_loading", 15, "warning"),
        ("project_loading", 16, "critical"),
        ("audio_playback", 39, "normal"),
        ("audio_playback", 40, "warning"),
        ("audio_playback", 80, "warning"),
        ("audio_playback", 81, "critical"),
    ],
)
def test_the_documents_hourly_levels(
    tmp_path: Path, journey: str, failures: int, level: str
) -> None:
    rows = requests(5, failures, journey, before=HOUR)
    rows += requests(0, 99, journey, before=HOUR + timedelta(microseconds=1))
    found = budget_of(stated(tmp_path, {"requests": rows}), journey)["hourly"]
    assert found == {"count": failures, "unit": "failures", "level": level}


@pytest.mark.parametrize(
    ("down", "level"), [(0, "normal"), (10, "warning"), (30, "warning"), (40, "critical")]
)
def test_the_api_spends_seconds(tmp_path: Path, down: int, level: str) -> None:
    # Probes every ten seconds of the last hour, the first of them after a minute of failures.
    probes = [
        {
            "ts": AT - HOUR + 10 * number * SECOND,
            "scope": "api",
            "target": "eu",
            "ok": not 60 <= 10 * number < 60 + down,
        }
        for number in range(360)
    ]
    answer = stated(tmp_path, {"probes": probes})
    found = budget_of(answer, "api")
    assert found["hourly"] == {"count": down, "unit": "seconds", "level": level}
    assert found["consumed"] == down
    # One observed hour allows 3.6 s.
    rolling = of(answer, "api", "availability")
    assert rolling["coverage"] == pytest.approx(1 / 720)
    assert rolling["budget"]["allowed"] == pytest.approx(3.6)
    assert rolling["met"] is (down == 0)


@pytest.mark.parametrize(
    ("bad", "policy"),
    [(0, "healthy"), (5, "healthy"), (6, "low"), (9, "low"), (10, "exhausted"), (99, "exhausted")],
)
def test_the_policy_follows_the_rolling_budget(tmp_path: Path, bad: int, policy: str) -> None:
    # 2,000 songs in 30 days allow 10 failures: 5 leave exactly half, which is healthy; 9 leave
    # exactly a tenth, which is low.
    answer = stated(tmp_path, {"requests": requests(2000 - bad, bad, before=29 * DAY)})
    found = budget_of(answer, "song_generation")
    assert (found["policy"], found["policy_basis"]) == (policy, "rolling 30d")
    assert found["policy_remaining_ratio"] == pytest.approx(1 - bad / 10)
    assert answer["studio_policy"] == policy


def test_the_studio_is_as_its_worst_service(tmp_path: Path) -> None:
    rows = [
        *requests(2000, 0, before=8 * DAY),
        *requests(9993, 7, "project_loading", 8 * DAY),  # 10 allowed
        *requests(1000, 0, "audio_playback", 8 * DAY),
    ]
    answer = stated(tmp_path, {"requests": rows})
    assert [entry["policy"] for entry in answer["budgets"]] == ["healthy", "low", "healthy", None]
    assert answer["studio_policy"] == "low"


def test_another_catalogues_policy_and_budgets(tmp_path: Path) -> None:
    # The calendar month decides: 200 orders may be lost, 90 are, 55 % is left: low, under 60 %.
    rows = requests(10, 90, "checkout", before=4 * DAY, step="payment")
    rows += requests(0, 3, "checkout", before=HOUR / 2, step="payment")
    answer = stated(tmp_path, {"requests": rows}, catalog=SHOP)
    found = budget_of(answer, "checkout")
    assert (found["month"], found["allowed"], found["consumed"]) == ("2025-03", 200, 93)
    assert found["remaining_ratio"] == found["policy_remaining_ratio"] == pytest.approx(0.535)
    assert (found["policy"], found["policy_basis"]) == ("low", "calendar month")
    assert found["hourly"] == {"count": 3, "unit": "failures", "level": "warning"}


def test_a_dated_allocation_takes_over_with_its_month(tmp_path: Path) -> None:
    rollup = small_rollup(tmp_path, {"requests": requests(1, 0, "checkout")}, SHOP)
    moments = {datetime(2025, 2, 1): 200, datetime(2025, 7, 1): 200, datetime(2025, 7, 2): 300}
    for at, allowed in moments.items():
        assert budget_of(status(rollup, at), "checkout")["allowed"] == allowed


def test_an_allocation_from_within_a_month_counts_after_its_first_minute(tmp_path: Path) -> None:
    checkout = SHOP.budget("checkout")
    assert checkout is not None
    first, second = checkout.allocations
    dated = (first, second.model_copy(update={"effective_from": date(2025, 3, 16)}))
    changed = checkout.model_copy(update={"allocations": dated})
    budgets = [changed if budget is checkout else budget for budget in SHOP.budgets]
    catalog = SHOP.model_copy(update={"budgets": tuple(budgets)})
    # Two orders lost in an hour are a warning on the first allocation's levels, 2 to 5, and normal
    # on the second's, from 3 on.
    rows = requests(0, 2, "checkout", before=MINUTE, step="payment")
    moved = [row | {"ts": row["ts"] - AT + datetime(2025, 3, 16)} for row in rows]
    rollup = small_rollup(tmp_path, {"requests": moved}, catalog)
    for at, allowed, level in (
        (datetime(2025, 3, 15, 23), 200, None),
        (datetime(2025, 3, 16), 200, "warning"),
        (datetime(2025, 3, 16, 0, 1), 300, "normal"),
        (datetime(2025, 4, 1), 300, None),
    ):
        found = budget_of(status(rollup, at), "checkout")
        assert (found["allowed"], found["hourly"]["level"]) == (allowed, level), at


# --- By platform -------------------------------------------------------------------------------


def syncs(platform: str | None, good: int, bad: int, before: timedelta = 2 * DAY) -> Rows:
    columns = {"step": "platform_sync", "platform": platform}
    return requests(good, bad, "publishing", before, **columns)


def test_the_worst_platform_decides(tmp_path: Path) -> None:
    rows = [
        *syncs("spotify", 990, 10),
        *syncs("deezer", 97, 3),
        *syncs("tidal", 0, 99),  # too few to decide
        *syncs(None, 100, 0),
    ]
    found = of(stated(tmp_path, {"requests": rows}), "publishing", "platform_sync")
    assert (found["good"], found["valid"], found["sli"], found["met"]) == (97, 100, 0.97, False)
    assert found["value"] == 0.97
    platforms = {
        name: tuple(platform[key] for key in ("good", "valid", "sli", "met"))
        for name, platform in found["platforms"].items()
    }
    assert platforms == {
        "spotify": (990, 1000, 0.99, True),
        "deezer": (97, 100, 0.97, False),
        "tidal": (0, 99, 0.0, None),
        "unknown": (100, 100, 1.0, True),
    }
    assert found["budget"]["allowed"] == pytest.approx(2)
    assert found["budget"]["consumed"] == 3


def test_the_worst_platform_is_another_in_another_window(tmp_path: Path) -> None:
    rows = [
        *syncs("a", 100, 0, HOUR / 2),
        *syncs("b", 99, 1, HOUR / 2),
        *syncs("a", 100, 100, 40 * HOUR),
        *syncs("b", 100, 0, 40 * HOUR),
    ]
    found = of(stated(tmp_path, {"requests": rows}), "publishing", "platform_sync")
    assert (found["good"], found["valid"]) == (200, 300)  # a, over 30 days
    assert found["burn_rate"]["1h"] == pytest.approx(0.01 / 0.02)  # b
    assert found["burn_rate"]["72h"] == pytest.approx((1 / 3) / 0.02)


def test_ties_go_by_name(tmp_path: Path) -> None:
    rows = [*syncs("b", 190, 10), *syncs("a", 380, 20), *syncs("c", 95, 5)]
    found = of(stated(tmp_path, {"requests": rows}), "publishing", "platform_sync")
    assert (found["good"], found["valid"]) == (380, 400)


def test_platforms_that_are_all_too_few_are_no_data(tmp_path: Path) -> None:
    rows = [*syncs("a", 0, 99), *syncs("b", 99, 0)]
    found = of(stated(tmp_path, {"requests": rows}), "publishing", "platform_sync")
    assert (found["good"], found["valid"], found["sli"], found["met"]) == (0, 0, None, None)
    assert set(found["platforms"]) == {"a", "b"}
    assert {platform["met"] for platform in found["platforms"].values()} == {None}
