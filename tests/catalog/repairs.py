"""What would have to change in the document for its audit to find nothing, one repair at a time.

Each repair edits the YAML of data/studio.yaml as plain dicts and lists, and says which findings it
removes: those and no others.
"""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

from slo_core.catalog import Catalog
from slo_core.catalog.checks import findings

ROOT = Path(__file__).parents[2]
STUDIO: dict[str, Any] = yaml.safe_load((ROOT / "data" / "studio.yaml").read_text("utf-8"))

Data = dict[str, Any]
Repair = Callable[[Data], None]
Key = tuple[str, str]
"""A finding's rule and place."""

REPAIRS: list[tuple[Repair, list[Key]]] = []


def catalog_of(data: Data) -> Catalog:
    """The catalogue of edited YAML, which must still be one that loads."""
    catalog = Catalog.model_validate(data)
    assert list(findings(catalog)) == []
    return catalog


def studio() -> Data:
    """The document's catalogue as YAML, to be edited."""
    return deepcopy(STUDIO)


def repaired() -> Data:
    """The document's catalogue with every repair made."""
    data = studio()
    for repair, _ in REPAIRS:
        repair(data)
    return data


def part(items: list[Data], name: str) -> Data:
    """The one of a list that has this id, or is of this service."""
    return next(item for item in items if name in (item.get("id"), item.get("service")))


def allocation(data: Data, service: str) -> Data:
    """A service's first allocation."""
    first: Data = part(data["budgets"], service)["allocations"][0]
    return first


def objective(data: Data, journey: str, name: str) -> Data:
    """An objective of a journey."""
    return part(part(data["journeys"], journey)["objectives"], name)


def rewrite(data: Data, alert: str, old: str, new: str) -> None:
    """Change a part of an alert's condition."""
    found = part(data["alerts"], alert)
    assert old in found["condition"]
    found["condition"] = found["condition"].replace(old, new)


def removes(*keys: Key) -> Callable[[Repair], Repair]:
    """Register a repair with what it removes."""

    def register(repair: Repair) -> Repair:
        REPAIRS.append((repair, list(keys)))
        return repair

    return register


# Budgets ------------------------------------------------------------------------------------------


@removes(("budgets.normal_level", "budgets.song_generation.allocations[0].hourly.warning_from"))
def songs_normal_hours_fit_the_month(data: Data) -> None:
    allocation(data, "song_generation")["hourly"]["warning_from"] = 3.4  # 2,500 / 720 h = 3.47


@removes(("budgets.normal_level", "budgets.project_loading.allocations[0].hourly.warning_from"))
def loadings_normal_hours_fit_the_month(data: Data) -> None:
    allocation(data, "project_loading")["hourly"]["warning_from"] = 2.7  # 2,000 / 720 h = 2.78


@removes(("budgets.normal_level", "budgets.audio_playback.allocations[0].hourly.warning_from"))
def playbacks_normal_hours_fit_the_month(data: Data) -> None:
    allocation(data, "audio_playback")["hourly"]["warning_from"] = 13.6  # 10,000 / 720 h = 13.9


@removes(("budgets.normal_level", "budgets.api.allocations[0].hourly.warning_from"))
def the_apis_normal_hours_fit_the_month(data: Data) -> None:
    allocation(data, "api")["hourly"]["warning_from"] = 3.5  # 2,592 s / 720 h = 3.6 s


@removes(("budgets.levels", "budgets"))
def critical_means_the_same_burn_everywhere(data: Data) -> None:
    # Songs and playback are critical above a burn of 5.76.
    allocation(data, "project_loading")["hourly"]["critical_above"] = 16  # 16 / 2.78 = 5.76
    allocation(data, "api")["hourly"]["critical_above"] = 20.7  # 20.7 / 3.6 = 5.75


@removes(("budgets.burn_label", "budgets.song_generation.allocations[0].hourly.stated"))
def songs_levels_have_no_wrong_burn_rate(data: Data) -> None:
    del allocation(data, "song_generation")["hourly"]["stated"]


@removes(
    ("budgets.exhaustion_claim", "budgets.api.allocations[0].hourly.stated[0].exhausts_within")
)
def the_apis_critical_level_lasts_days(data: Data) -> None:
    # 2,592 s at 30 s an hour last 86.4 h, at 20.7 s an hour 125.2 h.
    allocation(data, "api")["hourly"]["stated"][0]["exhausts_within"] = "130 h"


@removes(("budgets.window", "audio_playback.success_rate.window"))
def playback_has_one_window(data: Data) -> None:
    objective(data, "audio_playback", "success_rate")["window"] = "30d"


@removes(("budgets.stated_share", "budgets.api.allocations[0].stated[1]"))
def the_apis_hour_is_a_720th(data: Data) -> None:
    allocation(data, "api")["stated"][1]["amount"] = 3.6


# Policy and incidents -----------------------------------------------------------------------------


@removes(("policy.overlap", "policy.bands.low"))
def low_ends_where_exhausted_begins(data: Data) -> None:
    part(data["policy"]["bands"], "low").update(above=0.1, includes=["above"])


@removes(("policy.gap", "policy.bands"))
def half_is_healthy(data: Data) -> None:
    part(data["policy"]["bands"], "healthy")["includes"] = ["above"]


@removes(("policy.resolution_target", "severities.P1.resolution"))
def an_incident_fits_a_months_budget(data: Data) -> None:
    part(data["severities"], "P1")["resolution"] = "40 min"  # of 43.2


# Objectives ---------------------------------------------------------------------------------------


@removes(("objectives.slow_is_failed", "definitions.success_rate.slow_is_failed"))
def slow_requests_have_not_failed(data: Data) -> None:
    part(data["definitions"], "success_rate")["slow_is_failed"] = False


@removes(("objectives.retired_indicator", "web.fid_p75.indicator"))
def the_web_measures_inp(data: Data) -> None:
    objective(data, "web", "fid_p75").update(
        id="inp_p75",
        name="Interaction (P75 INP)",
        indicator={"kind": "measurement", "metric": "inp_ms"},
        threshold={"below": 200, "unit": "ms"},
    )


# Alerts -------------------------------------------------------------------------------------------


@removes(("alerts.absurd_share", "alerts.StudioSongGenerationFailureSpike.condition"))
def thirty_songs_are_a_quarter_of_ten_minutes(data: Data) -> None:
    rewrite(data, "StudioSongGenerationFailureSpike", "total_failures > 50", "total_failures > 30")


@removes(("alerts.looser_than_objective", "alerts.StudioAPIAvailabilityDrop.condition"))
def the_apis_errors_have_a_slow_alert(data: Data) -> None:
    quick = "error_rate > 5% for 3 minutes"
    slow = f"{quick} OR error_rate > 0.1% for 60 minutes"
    rewrite(data, "StudioAPIAvailabilityDrop", quick, slow)


@removes(("alerts.looser_than_objective", "alerts.StudioAudioPlaybackFailures.condition"))
def buffering_has_a_slow_alert(data: Data) -> None:
    quick = "buffering_time_p95 > 2s for 10 minutes"
    slow = f"{quick} OR buffering_time_p95 > 500ms for 1 hour"
    rewrite(data, "StudioAudioPlaybackFailures", quick, slow)


@removes(("alerts.looser_than_objective", "alerts.StudioLatencyDegradation.condition"))
def p95_has_a_slow_alert(data: Data) -> None:
    quick = "p95_latency > 2x SLO for 10 minutes"
    rewrite(data, "StudioLatencyDegradation", quick, f"{quick} OR p95_latency > 1x SLO for 1 hour")


@removes(("alerts.looser_than_objective", "alerts.StudioLatencyDegradation.condition"))
def p99_has_a_slow_alert(data: Data) -> None:
    quick = "p99_latency > 3x SLO for 5 minutes"
    rewrite(data, "StudioLatencyDegradation", quick, f"{quick} OR p99_latency > 1x SLO for 1 hour")


@removes(("alerts.looser_than_objective", "alerts.StudioExportFailures.condition"))
def exports_have_a_slow_alert(data: Data) -> None:
    quick = "export_failure_rate > 2% for 15 minutes"
    slow = f"{quick} OR export_failure_rate > 0.1% for 1 day"
    rewrite(data, "StudioExportFailures", quick, slow)


@removes(("alerts.looser_than_objective", "alerts.StudioSongGenerationSlow.condition"))
def slow_songs_are_told_at_the_objective(data: Data) -> None:
    rewrite(data, "StudioSongGenerationSlow", "p50_latency > 20s", "p50_latency > 15s")


@removes(("alerts.finer_than_measured", "alerts.StudioAPIAvailabilityDrop.condition"))
def availability_is_judged_over_an_hour(data: Data) -> None:
    quick = "availability < 99.5% for 5 minutes"
    rewrite(data, "StudioAPIAvailabilityDrop", quick, "availability < 99.5% for 1 hour")  # 18 s


@removes(("alerts.ambiguous_normal", "alerts.StudioErrorBudgetBurnRateHigh.condition"))
def the_document_says_what_is_normal(data: Data) -> None:
    part(data["terms"], "error_budget_burn_rate")["normal"] = 1


@removes(
    ("alerts.only_timeouts", "alerts.StudioLatencyDegradation.condition"),
    ("alerts.only_timeouts", "alerts.StudioLatencyDegradation.condition"),
)
def requests_may_take_three_times_their_p99(data: Data) -> None:
    part(data["journeys"], "song_generation")["timeout"] = "140 s"  # 3 × 45 s = 135 s
    part(data["journeys"], "project_loading")["timeout"] = "31 s"  # 3 × 10 s = 30 s


# Instrumentation ----------------------------------------------------------------------------------

RULE = {"good": [[200, 299]], "failed": [[400, 599]], "excluded": [[401, 401], [403, 403]]}


@removes(("instrumentation.success_rule", "instrumentation.middleware.success"))
def the_middleware_follows_the_definition(data: Data) -> None:
    part(data["instrumentation"], "middleware")["success"] = {"kind": "statuses", **RULE}


@removes(("instrumentation.constant_success", "instrumentation.browser.success"))
def the_browser_records_failures(data: Data) -> None:
    part(data["instrumentation"], "browser")["success"] = {"kind": "statuses", **RULE}


@removes(("instrumentation.mixed_units", "instrumentation.middleware.spends"))
def the_middleware_spends_seconds(data: Data) -> None:
    part(data["instrumentation"], "middleware")["spends"]["per"] = "second"


def _measured(data: Data, *metrics: str) -> None:
    part(data["instrumentation"], "browser").setdefault("measurements", []).extend(metrics)


@removes(("instrumentation.unmeasured", "audio_playback"))
def playback_is_measured(data: Data) -> None:
    _measured(data, "buffering_ms", "playtime_ms", "interrupted_ms", "seek_ms")


@removes(("instrumentation.unmeasured", "collaboration"))
def collaboration_is_measured(data: Data) -> None:
    _measured(data, "sync_ms", "edits", "conflicts")


@removes(("instrumentation.unmeasured", "audio_export"))
def downloads_are_measured(data: Data) -> None:
    _measured(data, "download_mbps")


@removes(("instrumentation.unmeasured", "publishing"))
def publishing_says_its_step_and_platform(data: Data) -> None:
    part(data["instrumentation"], "browser")["fields"] += ["step", "platform"]


@removes(("instrumentation.unmeasured", "web"))
def the_web_is_measured(data: Data) -> None:
    _measured(data, "fcp_ms", "lcp_ms", "fid_ms", "inp_ms", "cls")


def _probed(data: Data, scope: str) -> None:
    check = {"id": f"check_{scope}", "name": "Health check", "document": ["GET /health"]}
    data["instrumentation"].append({**check, "probes": [scope]})


@removes(("instrumentation.without_probes", "scopes.api"))
def the_apis_health_is_checked(data: Data) -> None:
    _probed(data, "api")


@removes(("instrumentation.without_probes", "scopes.collaboration"))
def collaborations_health_is_checked(data: Data) -> None:
    _probed(data, "collaboration")


# Capacity -----------------------------------------------------------------------------------------


@removes(("capacity.outgrown_allocation", "growth.song_generations"))
def each_quarter_has_its_allocation(data: Data) -> None:
    allocations = part(data["budgets"], "song_generation")["allocations"]
    for start, times in (("2025-04-01", 2.5), ("2025-07-01", 5), ("2025-10-01", 10)):
        allocations.append(
            {
                "effective_from": start,
                "estimated_requests": int(500_000 * times),
                "allowed": 2_500 * times,
                "hourly": {"warning_from": 3.4 * times, "critical_above": 20 * times},
            }
        )
