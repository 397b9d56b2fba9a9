"""The audit finds what the document says against itself, all of it, and nothing once repaired."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from slo_core.catalog import Catalog, load_catalog, parse_catalog
from slo_core.catalog.audit import SEVERITIES, Finding, audit
from slo_core.catalog.checks import findings as mistakes
from tests.catalog.repairs import (
    REPAIRS,
    ROOT,
    Data,
    Key,
    Repair,
    allocation,
    catalog_of,
    objective,
    part,
    repaired,
    rewrite,
    studio,
)

STUDIO = audit(load_catalog(ROOT / "data" / "studio.yaml"))


def keys(findings: list[Finding]) -> Counter[Key]:
    return Counter((finding.rule, finding.where) for finding in findings)


# severity, rule, place | figures of the document, worked out by hand, which its sentence has
FOUND = """
error budgets.normal_level budgets.song_generation.allocations[0].hourly.warning_from | 10 failures; 2,500 failures; 3.47 failures; 2.88; 10.4 days
error budgets.normal_level budgets.project_loading.allocations[0].hourly.warning_from | 8 failures; 2,000 failures; 2.78 failures; 2.88; 10.4 days
error budgets.normal_level budgets.audio_playback.allocations[0].hourly.warning_from | 40 failures; 10,000 failures; 13.9 failures; 2.88; 10.4 days
error budgets.normal_level budgets.api.allocations[0].hourly.warning_from | 10 s an hour; 43 min 12 s; 3.6 seconds; 2.78; 10.8 days
error budgets.burn_label budgets.song_generation.allocations[0].hourly.stated | 288 % of an even hour; 12 % of a day; 0.4 % of the month; 1.44 % of the hour's estimated requests; not 1.2 %; 576 %; not 2.4 %
error budgets.exhaustion_claim budgets.api.allocations[0].hourly.stated[0].exhausts_within | 43 min 12 s; 30 s an hour; 86.4 hours; not under 5; 8 min 38 s an hour
error policy.overlap policy.bands.low | “< 50% Remaining”; “< 10% Remaining”; below 10 % both hold
error policy.resolution_target severities.P1.resolution | 100 %; 4 h; 4 h of 43 min 12 s a month, 5.6 months; 2,778 failures of 2,500 failures a month, 1.1 months
error objectives.slow_is_failed definitions.success_rate.slow_is_failed | 1 % slower than 45 s; only 0.5 % failed; 5 % slower than 15 s; only 0.1 % failed
error instrumentation.success_rule instrumentation.middleware.success | res.statusCode < 500; status of 400, 402 and 404 to 499 is a failure by the definition and a success in the code; 100 to 199, 300 to 399, 401 and 403 is neither
error instrumentation.constant_success instrumentation.browser.success | success: true; 8 of 8; 100 %
error instrumentation.mixed_units instrumentation.middleware.spends | 2,592 seconds; 5,000,000 requests; an assumption; 0.1 % are 5,000; 1.93 times
warning budgets.window audio_playback.success_rate.window | 7d; 30d; 10,000 failures; 2,333 failures; 23 %
warning objectives.retired_indicator web.fid_p75.indicator | fid_ms; INP; 2024-03-12; 295 days
warning alerts.absurd_share alerts.StudioSongGenerationFailureSpike.condition | total_failures > 50 in 10 minutes; 43.2 %; 50 of the 116 requests
warning alerts.looser_than_objective alerts.StudioAPIAvailabilityDrop.condition | error_rate > 5% for 3 minutes; 99.9 %; 50×; 3 h 22 min
warning alerts.looser_than_objective alerts.StudioAudioPlaybackFailures.condition | buffering_time_p95 > 2s; < 500ms; 4×
warning alerts.looser_than_objective alerts.StudioLatencyDegradation.condition | p95_latency > 2x SLO; 2×; Sync Latency P95; P95 Publish Time
warning alerts.looser_than_objective alerts.StudioLatencyDegradation.condition | p99_latency > 3x SLO; 3×; < 45 seconds; < 10 seconds
warning alerts.looser_than_objective alerts.StudioExportFailures.condition | export_failure_rate > 2%; 99.9 %; 20×; 1 d 12 h
warning alerts.looser_than_objective alerts.StudioSongGenerationSlow.condition | p50_latency > 20s; < 15 seconds; 1.33×
warning alerts.finer_than_measured alerts.StudioAPIAvailabilityDrop.condition | availability < 99.5% for 5 minutes; 1.5 s; one slice of 10 s; 96.67 %
warning alerts.ambiguous_normal alerts.StudioErrorBudgetBurnRateHigh.condition | burn rate of 5 if normal is 1; 14.4 in Song Generation; 13.9 in API Availability; could never fire on 10 of 32; 2 with a target of 50 %; 4 with a target of 75 %; 72 %
warning instrumentation.unmeasured audio_playback | 3 of 4; buffering_ms; playtime_ms and interrupted_ms; seek_ms
warning instrumentation.unmeasured collaboration | 3 of 4; sync_ms; edits and conflicts
warning instrumentation.unmeasured audio_export | 1 of 4; download_mbps
warning instrumentation.unmeasured publishing | 4 of 4; the column step and the column platform
warning instrumentation.unmeasured web | 4 of 4; fcp_ms; lcp_ms; fid_ms; cls
warning instrumentation.without_probes scopes.api | 99.9% is promised; 0 of 2; 5,000,000
warning instrumentation.without_probes scopes.collaboration | 99.5% is promised; 0 of 2; 1,000,000
warning capacity.outgrown_allocation growth.song_generations | Q2 2025; 1,250,000; 500,000; 0.2 %; 2,500,000; 0.1 %; 5,000,000; 0.05 %
note budgets.stated_share budgets.api.allocations[0].stated[1] | 43 min 12 s; 720 hours; 3.6 seconds; 3.5; 2.8 % less
note budgets.levels budgets | 2.88; 5.76; 5.21 days; 5.4; 5.56 days; 2.78; 8.33; 3.6 days
note policy.gap policy.bands | exactly 50 %
note alerts.only_timeouts alerts.StudioLatencyDegradation.condition | 2 min 15 s; 1 min 30 s; an assumption; 1 %
note alerts.only_timeouts alerts.StudioLatencyDegradation.condition | 30 s; 20 s; an assumption; 1 %
""".strip().splitlines()  # noqa: E501


def test_the_document_has_these_contradictions_and_no_others() -> None:
    written = [tuple(line.split(" | ")[0].split()) for line in FOUND]
    assert [(it.severity, it.rule, it.where) for it in STUDIO] == written


@pytest.mark.parametrize(("index", "line"), list(enumerate(FOUND)))
def test_a_finding_shows_its_arithmetic_with_the_documents_figures(index: int, line: str) -> None:
    finding = STUDIO[index]
    for words in line.split(" | ")[1].split("; "):
        assert words in finding.arithmetic
    for text in (finding.arithmetic, finding.why, finding.suggestion):
        assert text.endswith(".")
    assert finding.section
    assert "nan" not in finding.arithmetic
    assert "inf" not in finding.arithmetic


def test_the_worst_come_first() -> None:
    order = [SEVERITIES.index(finding.severity) for finding in STUDIO]
    assert order == sorted(order)
    assert set(order) == {0, 1, 2}


def test_a_repaired_copy_has_no_findings() -> None:
    assert audit(catalog_of(repaired())) == []


@pytest.mark.parametrize(
    ("repair", "gone"), REPAIRS, ids=[repair.__name__ for repair, _ in REPAIRS]
)
def test_each_repair_removes_its_own_finding_alone(repair: Repair, gone: list[Key]) -> None:
    data = studio()
    repair(data)
    assert keys(audit(catalog_of(data))) == keys(STUDIO) - Counter(gone)


def test_every_finding_has_its_repair() -> None:
    assert sum((Counter(gone) for _, gone in REPAIRS), Counter()) == keys(STUDIO)


# What the document does right, done wrong in the repaired copy ------------------------------------


def broken(change: Repair) -> list[Finding]:
    data = repaired()
    change(data)
    return audit(catalog_of(data))


def only(change: Repair) -> Finding:
    (finding,) = broken(change)
    return finding


def test_an_allocation_is_its_estimate_times_one_minus_the_target() -> None:
    def change(data: Data) -> None:
        allocation(data, "song_generation")["estimated_requests"] = 600_000

    found = only(change)
    assert (found.rule, found.severity) == ("budgets.allocation", "error")
    # 600,000 × 0.005 = 3,000
    said = "2,500 failures a month; 600,000 estimated requests × (1 - 0.995) are 3,000 failures"
    assert said in found.arithmetic


def test_an_allocation_of_time_is_one_minus_the_target_of_the_month() -> None:
    def change(data: Data, allowed: float) -> None:
        own = allocation(data, "api")
        del own["share_of_month"], own["stated"]
        own["allowed"] = allowed

    # 0.1 % of 28 to 31 days is 2,419.2 s to 2,678.4 s.
    assert broken(lambda data: change(data, 2_592)) == []
    found = only(lambda data: change(data, 2_690))
    assert (found.rule, found.where) == ("budgets.allocation", "budgets.api.allocations[0].allowed")
    assert (
        "44 min 50 s a month; 1 - 0.999 of a month is 40 min 19 s to 44 min 38 s"
        in found.arithmetic
    )


def test_a_share_of_the_month_is_one_minus_the_target() -> None:
    def change(data: Data) -> None:
        own = allocation(data, "api")
        own["share_of_month"] = 0.00101
        del own["stated"]

    found = only(change)
    assert found.rule == "budgets.allocation"
    assert "0.101 % of the month's time; 1 - 0.999 is 0.1 %" in found.arithmetic


def test_a_share_that_is_far_off_is_an_error() -> None:
    def change(data: Data) -> None:
        allocation(data, "song_generation")["stated"][0]["amount"] = 830

    found = only(change)
    assert (found.rule, found.severity) == ("budgets.stated_share", "error")
    assert "83.3 failures a day; the document says 830" in found.arithmetic  # 2,500 / 30


def test_a_burn_label_that_fits_a_reading_is_right() -> None:
    def change(data: Data, label: float) -> None:
        allocation(data, "song_generation")["hourly"]["stated"] = [
            {"level": "critical", "burn_rate": label}
        ]

    # 20 an hour: 5.76 of an hour's 3.47, 24 % of a day's 83.3, 0.8 % of 2,500, 2.88 % of 694.
    for label in (5.76, 5.8, 0.24, 0.008, 0.0288, 0.029):
        assert broken(lambda data, label=label: change(data, label)) == []  # type: ignore[misc]
    assert only(lambda data: change(data, 0.024)).rule == "budgets.burn_label"


def test_a_claimed_exhaustion_may_be_slower_than_the_truth() -> None:
    def change(data: Data, claim: str) -> None:
        allocation(data, "api")["hourly"]["stated"] = [
            {"level": "critical", "exhausts_within": claim}
        ]

    # 2,592 s at 20.7 s an hour last 125.2 h.
    assert broken(lambda data: change(data, "126 h")) == []
    assert only(lambda data: change(data, "125 h")).rule == "budgets.exhaustion_claim"


@pytest.mark.parametrize(
    ("bands", "rule", "severity", "said"),
    [
        ({"low": {"above": 0.2}}, "policy.gap", "error", "between 10 % and 20 % remaining, none"),
        (
            {"exhausted": {"above": 0.0, "includes": ["above"]}},
            "policy.gap",
            "error",
            "below 0 % remaining, none",
        ),
        ({"exhausted": {"below": 0.15}}, "policy.overlap", "error", "between 10 % and 15 % both"),
        (
            {"exhausted": {"includes": ["below"]}},
            "policy.overlap",
            "error",
            "exactly 10 % both hold",
        ),
        ({"low": {"includes": []}}, "policy.gap", "note", "exactly 10 % remaining, none"),
        (
            {"healthy": {"below": 0.9}},
            "policy.gap",
            "error",
            "between 90 % and 100 % remaining, none",
        ),
    ],
)
def test_bands_meet_and_do_not_overlap(
    bands: dict[str, Data], rule: str, severity: str, said: str
) -> None:
    def change(data: Data) -> None:
        for name, edges in bands.items():
            part(data["policy"]["bands"], name).update(edges)

    found = only(change)
    assert (found.rule, found.severity) == (rule, severity)
    assert said in found.arithmetic


def test_higher_percentiles_have_wider_thresholds() -> None:
    def change(data: Data) -> None:
        objective(data, "song_generation", "latency_p95")["threshold"]["below"] = 15_000

    found = only(change)
    assert (found.rule, found.where) == (
        "objectives.percentile_order",
        "song_generation.latency_p95.threshold",
    )
    assert "P95 Latency asks for 95 % within 15 s, P50 Latency for 50 % within 15 s" in (
        found.arithmetic
    )


def test_of_speeds_the_higher_share_is_the_slower() -> None:
    def change(data: Data, speed: float) -> None:
        part(data["journeys"], "audio_export")["objectives"].append(
            {
                **objective(data, "audio_export", "download_speed"),
                "id": "download_p50",
                "name": "Half of the downloads",
                "target": 0.5,
                "threshold": {"above": speed, "unit": "Mbps"},
            }
        )

    # 95 % above 5 Mbps: half above 8 is more, half above 4 follows from it.
    assert broken(lambda data: change(data, 8)) == []
    assert only(lambda data: change(data, 4)).rule == "objectives.percentile_order"


def test_a_timeout_is_longer_than_every_percentile() -> None:
    def change(data: Data) -> None:
        part(data["journeys"], "audio_export")["timeout"] = "15 s"

    inside, *alerts = broken(change)
    assert (inside.rule, inside.where) == ("objectives.timeout_inside", "audio_export.timeout")
    assert "given up after 15 s, yet P95 Processing Time lets it take 15 s" in inside.arithmetic
    # P95 > 2 × 15 s, and P95 > 15 s
    assert [alert.rule for alert in alerts] == ["alerts.only_timeouts"] * 2


@pytest.mark.parametrize(
    ("alert", "old", "new", "rule", "said"),
    [
        (
            "StudioErrorBudgetBurnRateHigh",
            "5x normal",
            "200x normal",
            "alerts.never_fires",
            "100 % of Song Generation to fail (a burn rate of 200, at most 200 is possible)",
        ),
        (
            "StudioExportFailures",
            "> 2%",
            "> 40%",
            "alerts.absurd_share",
            "40 % of Audio Export to fail",
        ),
        (
            "StudioExportFailures",
            "> 2%",
            "> 100%",
            "alerts.never_fires",
            "100 % of Audio Export to fail",
        ),
        (
            "StudioSongGenerationFailureSpike",
            "total_failures > 30",
            "total_failures > 120",
            "alerts.never_fires",
            "(120 of the 116 requests estimated in 10 minutes)",
        ),
        (
            "StudioAPIAvailabilityDrop",
            "availability < 99.5%",
            "availability < 0%",
            "alerts.never_fires",
            "100 % of API Availability to fail",
        ),
        (
            "StudioExportFailures",
            "export_failure_rate > 0.1% for 1 day",
            "export_failure_rate > 0.1% for 10 minutes",
            "alerts.finer_than_measured",
            # 300,000 / 4,320 = 69.4 in ten minutes, 0.1 % of which are 0.0694
            "0.1 % of the 69.4 requests estimated in 10 minutes are 0.0694 requests",
        ),
    ],
)
def test_an_alert_that_cannot_do_its_work(
    alert: str, old: str, new: str, rule: str, said: str
) -> None:
    found = only(lambda data: rewrite(data, alert, old, new))
    assert found.rule == rule
    assert said in found.arithmetic


def test_a_burn_alert_on_a_median_can_never_fire() -> None:
    """Two percent of a 30-day budget in an hour are a burn of 14.4; half can burn at most 2."""

    def change(data: Data) -> None:
        songs = objective(data, "song_generation", "success_rate")
        songs["target"] = 0.5
        part(data["budgets"], "song_generation")["allocations"] = [
            {
                "effective_from": "2025-01-01",
                "estimated_requests": 5_000_000,
                "allowed": 2_500_000,
                "hourly": {"warning_from": 3_400, "critical_above": 20_000},
            }
        ]
        rewrite(data, "StudioErrorBudgetBurnRateHigh", "5x normal", "14.4x normal")

    found = only(change)
    assert found.rule == "alerts.never_fires"
    assert "a burn rate of 14.4, at most 2 is possible" in found.arithmetic


def test_what_must_hold_together_is_as_loose_as_its_loosest_part() -> None:
    def change(data: Data) -> None:
        rewrite(data, "StudioExportFailures", "OR", "AND")

    found = only(change)
    assert found.rule == "alerts.looser_than_objective"
    assert "20×" in found.arithmetic


def test_a_condition_that_any_failure_meets_is_no_contradiction() -> None:
    def change(data: Data) -> None:
        rewrite(data, "StudioExportFailures", "> 2%", "> 0%")
        rewrite(data, "StudioAPIAvailabilityDrop", "availability < 99.5%", "availability < 100%")

    assert broken(change) == []


def test_a_speed_below_nought_can_never_be() -> None:
    text = (ROOT / "tests" / "shop.yaml").read_text("utf-8")
    old = "pictures p20 < 6 pictures/s"
    assert old in text
    found = audit(parse_catalog(text.replace(old, "pictures p20 < 0 pictures/s"), name="shop"))
    (never,) = [it for it in found if it.where == "alerts.NoPictures.condition"]
    assert never.rule == "alerts.never_fires"
    assert "needs values below nought in Browsing" in never.arithmetic


def test_a_catalogue_that_is_silent_on_its_code_is_not_accused() -> None:
    def change(data: Data) -> None:
        del data["instrumentation"]

    assert broken(change) == []

    def nothing(data: Data) -> None:
        data["instrumentation"] = []

    found = broken(nothing)
    assert Counter(it.rule for it in found) == {
        "instrumentation.unmeasured": 8,
        "instrumentation.without_probes": 2,
    }


def test_an_indicator_that_was_not_yet_withdrawn_is_kept() -> None:
    def change(data: Data, day: str) -> None:
        data["effective_from"] = day
        objective(data, "web", "inp_p75")["indicator"]["metric"] = "fid_ms"

    assert broken(lambda data: change(data, "2024-03-11")) == []
    found = only(lambda data: change(data, "2024-03-12"))
    assert found.rule == "objectives.retired_indicator"


def test_code_that_spends_failures_on_time_and_time_on_failures() -> None:
    def change(data: Data) -> None:
        part(data["instrumentation"], "middleware")["spends"] = {
            "service": "song_generation",
            "amount": 2,
            "per": "second",
        }

    found = only(change)
    assert found.rule == "instrumentation.mixed_units"
    assert "2,500 failures a month; the code takes 2 from it for each second" in found.arithmetic


def test_another_catalogue_is_audited_by_its_own_numbers() -> None:
    shop: Catalog = load_catalog(Path(ROOT / "tests" / "shop.yaml"))
    found = audit(shop)
    assert keys(found) == Counter(
        {
            ("budgets.normal_level", "budgets.checkout.allocations[0].hourly.warning_from"): 1,
            ("budgets.normal_level", "budgets.checkout.allocations[1].hourly.warning_from"): 1,
            ("budgets.normal_level", "budgets.browse.allocations[0].hourly.warning_from"): 1,
            ("budgets.window", "browse.uptime.window"): 1,
            ("budgets.levels", "budgets"): 1,
            ("alerts.looser_than_objective", "alerts.OrdersLost.condition"): 2,
            ("alerts.looser_than_objective", "alerts.Slow.condition"): 3,
            ("alerts.looser_than_objective", "alerts.NoPictures.condition"): 1,
            ("alerts.finer_than_measured", "alerts.OrdersLost.condition"): 1,
            ("alerts.finer_than_measured", "alerts.Closed.condition"): 1,
            ("alerts.ambiguous_normal", "alerts.OrdersLost.condition"): 1,
            ("alerts.only_timeouts", "alerts.Slow.condition"): 1,
            ("capacity.outgrown_allocation", "growth.orders"): 1,
        }
    )
    said = {finding.where: finding.arithmetic for finding in found}
    # 300 / 720 h = 0.417, 3 / 0.417 = 7.2, 30 / 7.2 = 4.17 days
    normal = said["budgets.checkout.allocations[1].hourly.warning_from"]
    assert "0.417 failures an hour, so that is a burn rate of 7.2" in normal
    assert "4.17 days" in normal
    assert (
        "30,000 orders a month against a budget for 12,000: 300 failures are then 1 % "
        in (said["growth.orders"])
    )


def numbers(part: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all numbers in YAML."""
    if isinstance(part, dict | list):
        items = part.items() if isinstance(part, dict) else enumerate(part)
        for key, value in items:
            yield from numbers(value, (*path, key))
    elif isinstance(part, int | float) and not isinstance(part, bool):
        yield path


@given(
    path=st.sampled_from(list(numbers(studio()))),
    factor=st.sampled_from([0, 1e-6, 0.1, 0.5, 2, 10, 1e6]),
)
def test_whatever_a_number_is_the_audit_has_whole_sentences(
    path: tuple[Any, ...], factor: float
) -> None:
    data = studio()
    place: Any = data
    for key in path[:-1]:
        place = place[key]
    changed = place[path[-1]] * factor
    place[path[-1]] = int(changed) if isinstance(place[path[-1]], int) else changed
    try:
        catalog = Catalog.model_validate(data)
    except ValidationError:
        return  # a catalogue that is refused is not audited
    if list(mistakes(catalog)):
        return
    for finding in audit(catalog):
        for text in (finding.arithmetic, finding.why, finding.suggestion):
            assert text.endswith(".")
            assert not re.search(r"\b(nan|inf|None)\b", text)
