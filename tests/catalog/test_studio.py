"""data/studio.yaml says what the document says: each table here is copied from it by hand."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from slo_core.alerts.conditions import comparisons
from slo_core.catalog import Catalog, Objective, load_catalog

STUDIO = Path(__file__).parents[2] / "data" / "studio.yaml"
HOUR = timedelta(hours=1)

# journey, objective, name, document, window, target, kind of indicator, what it counts,
# threshold, its side, its unit
OBJECTIVES = """
song_generation success_rate | Success Rate | 99.5% | 30d 0.995 success - - - ratio
song_generation latency_p50 | P50 Latency | < 15 seconds | 7d 0.5 latency - 15000 below ms
song_generation latency_p95 | P95 Latency | < 30 seconds | 7d 0.95 latency - 30000 below ms
song_generation latency_p99 | P99 Latency | < 45 seconds | 7d 0.99 latency - 45000 below ms
project_loading success_rate | Success Rate | 99.9% | 30d 0.999 success - - - ratio
project_loading latency_p50 | P50 Latency | < 2 seconds | 7d 0.5 latency - 2000 below ms
project_loading latency_p95 | P95 Latency | < 5 seconds | 7d 0.95 latency - 5000 below ms
project_loading latency_p99 | P99 Latency | < 10 seconds | 7d 0.99 latency - 10000 below ms
audio_playback success_rate | Success Rate | 99.9% | 7d 0.999 success - - - ratio
audio_playback initial_buffering | Initial Buffering | < 500ms | 7d 0.95 measurement buffering_ms 500 below ms
audio_playback interruptions | Playback Interruptions | < 0.1% of playtime | 7d 0.999 share playtime_ms,interrupted_ms 0.001 below ratio
audio_playback seek_latency | Seek Latency | < 200ms | 7d 0.95 measurement seek_ms 200 below ms
collaboration sync_latency_p50 | Sync Latency P50 | < 200ms | 7d 0.5 measurement sync_ms 200 below ms
collaboration sync_latency_p95 | Sync Latency P95 | < 500ms | 7d 0.95 measurement sync_ms 500 below ms
collaboration conflict_rate | Conflict Rate | < 0.5% of edits | 7d 0.995 share edits,conflicts 0.005 below ratio
collaboration session_availability | Session Availability | 99.5% | 30d 0.995 availability collaboration - - ratio
audio_export success_rate | Success Rate | 99.9% | 30d 0.999 success - - - ratio
audio_export processing_p50 | P50 Processing Time | < 5 seconds | 7d 0.5 latency - 5000 below ms
audio_export processing_p95 | P95 Processing Time | < 15 seconds | 7d 0.95 latency - 15000 below ms
audio_export download_speed | Download Speed | > 5 Mbps | 7d 0.95 measurement download_mbps 5 above Mbps
publishing success_rate | Success Rate | 99.0% | 30d 0.99 success publish - - ratio
publishing publish_time_p50 | P50 Publish Time | < 2 minutes | 7d 0.5 latency publish 120000 below ms
publishing publish_time_p95 | P95 Publish Time | < 5 minutes | 7d 0.95 latency publish 300000 below ms
publishing platform_sync | Platform Sync Success | 98% per platform | 30d 0.98 success platform_sync - - ratio
api availability | Overall Availability | 99.9% | 30d 0.999 availability api - - ratio
api error_rate | Error Rate | < 0.1% | 7d 0.999 success - 0.001 below ratio
api latency_p50 | API P50 Latency | < 200ms | 7d 0.5 latency - 200 below ms
api latency_p95 | API P95 Latency | < 1 second | 7d 0.95 latency - 1000 below ms
web fcp_p75 | Page Load (P75 FCP) | < 1.5 seconds | 7d 0.75 measurement fcp_ms 1500 below ms
web lcp_p75 | Page Load (P75 LCP) | < 2.5 seconds | 7d 0.75 measurement lcp_ms 2500 below ms
web fid_p75 | Interaction (P75 FID) | < 100ms | 7d 0.75 measurement fid_ms 100 below ms
web cls_p75 | Visual Stability (CLS) | < 0.1 | 7d 0.75 measurement cls 0.1 below 1
""".strip().splitlines()  # noqa: E501


@pytest.fixture(scope="module")
def studio() -> Catalog:
    return load_catalog(STUDIO)


def counted(objective: Objective) -> str:
    """What an indicator counts, as the table above writes it."""
    said = objective.indicator.model_dump(exclude={"kind"}, exclude_none=True)
    return ",".join(said.values()) or "-"


def test_there_are_32_objectives_in_8_groups_in_the_documents_order(studio: Catalog) -> None:
    ids = [f"{journey.id} {objective.id}" for journey, objective in studio.objectives]
    assert len(studio.journeys) == 8
    assert len(ids) == 32
    assert ids == [line.split(" | ")[0] for line in OBJECTIVES]


@pytest.mark.parametrize("line", OBJECTIVES)
def test_an_objective_has_the_documents_numbers(studio: Catalog, line: str) -> None:
    ids, name, document, rest = line.split(" | ")
    window, target, kind, counts, threshold, side, unit = rest.split()
    objective = studio.objective(*ids.split())
    assert (objective.name, objective.document) == (name, document)
    assert (objective.window, objective.target) == (window, float(target))
    assert objective.window_length == timedelta(days=int(window[:-1]))
    assert (objective.indicator.kind, counted(objective)) == (kind, counts)
    assert objective.unit == unit
    if threshold == "-":
        assert objective.threshold is None
    else:
        assert objective.threshold is not None
        assert getattr(objective.threshold, side) == float(threshold)
        assert objective.threshold.value == float(threshold)


def test_error_rates_are_exact_in_decimals(studio: Catalog) -> None:
    rates = {o.target: o.error_rate for _, o in studio.objectives}
    expected = {0.995: 0.005, 0.999: 0.001, 0.99: 0.01, 0.98: 0.02}
    expected |= {0.95: 0.05, 0.75: 0.25, 0.5: 0.5}
    assert rates == expected
    assert 1 - 0.995 != 0.005  # floats alone would not do


def test_four_statistics_are_assumptions(studio: Catalog) -> None:
    assumed = [objective.id for _, objective in studio.objectives if objective.assumption]
    assert assumed == ["initial_buffering", "seek_latency", "download_speed", "cls_p75"]


def test_only_platform_sync_is_judged_by_platform(studio: Catalog) -> None:
    assert [o.id for _, o in studio.objectives if o.per_platform] == ["platform_sync"]


def test_journeys_have_the_documents_words(studio: Catalog) -> None:
    said = {j.id: (j.user_expectation, j.rationale) for j in studio.journeys}
    assert said == {
        "song_generation": (
            "Fast, reliable music generation",
            "Users expect near-instant results. 15s P50 keeps engagement high.",
        ),
        "project_loading": (
            "Instant access to saved work",
            "Saved projects are critical. Sub-2s P50 feels instantaneous.",
        ),
        "audio_playback": (
            "Smooth, uninterrupted playback",
            "Audio glitches destroy creative flow. Near-perfect playback essential.",
        ),
        "collaboration": (
            "Instant sync between collaborators",
            "Real-time collaboration requires sub-second sync for natural interaction.",
        ),
        "audio_export": (
            "Fast, reliable downloads",
            "Users need quick exports to iterate. Failed exports are major friction.",
        ),
        "publishing": (
            "Seamless platform distribution",
            "Publishing is the culmination of work. High success rate critical.",
        ),
        "api": (None, None),
        "web": (None, "Web Vitals directly impact user experience and SEO."),
    }
    groups = [journey.group for journey in studio.journeys]
    assert groups == ["journey"] * 6 + ["system"] * 2


# journey, source, timeout in seconds, requests a month where the document estimates them
JOURNEYS = [
    ("song_generation", "client", 90, 500_000),
    ("project_loading", "client", 20, 2_000_000),
    ("audio_playback", "client", 10, 10_000_000),
    ("collaboration", "client", 10, None),
    ("audio_export", "client", 60, None),
    ("publishing", "client", 900, None),
    ("api", "server", 30, None),
    ("web", "client", None, None),
]


@pytest.mark.parametrize(("journey_id", "source", "timeout", "estimate"), JOURNEYS)
def test_what_the_document_leaves_open_is_marked(
    studio: Catalog, journey_id: str, source: str, timeout: int | None, estimate: int | None
) -> None:
    journey = studio.journey(journey_id)
    assert journey.source is not None
    assert journey.source.value == source
    assert journey.source.assumption
    if timeout is None:
        assert journey.timeout is None
    else:
        assert journey.timeout is not None
        assert journey.timeout.value == timedelta(seconds=timeout)
        assert journey.timeout.assumption
    assert journey.monthly_requests is not None
    if estimate is None:
        assert journey.monthly_requests.assumption
    else:
        assert journey.monthly_requests.value == estimate
        assert journey.monthly_requests.assumption is None


def test_five_journeys_have_the_documents_panels_in_its_order(studio: Catalog) -> None:
    assert [journey.panel for journey in studio.journeys if journey.panel] == [
        "Song generation funnel & drop-off",
        "Project loading success rate",
        "Playback quality metrics",
        "Export completion rate",
        "Publishing success by platform",
    ]


def test_funnels_are_assumptions(studio: Catalog) -> None:
    funnels = {j.id: j.funnel for j in studio.journeys if j.funnel}
    assert {name: funnel.value for name, funnel in funnels.items()} == {
        "song_generation": ("prompt", "generate", "listen", "save"),
        "audio_export": ("requested", "processed", "downloaded"),
    }
    assert all(funnel.assumption for funnel in funnels.values())


def test_scopes(studio: Catalog) -> None:
    scopes = [(s.id, s.journey, s.critical_journey) for s in studio.scopes]
    assert scopes == [
        ("api", "api", "song_generation"),
        ("collaboration", "collaboration", None),
    ]


# service, objective, unit, estimate, allowed in a 31-day month, warning from, critical above
BUDGETS = [
    ("song_generation", "success_rate", "failures", 500_000, 2500, 10, 20),
    ("project_loading", "success_rate", "failures", 2_000_000, 2000, 8, 15),
    ("audio_playback", "success_rate", "failures", 10_000_000, 10_000, 40, 80),
    ("api", "availability", "seconds", None, 2678.4, 10, 30),
]


def test_four_budgets_with_their_hourly_levels(studio: Catalog) -> None:
    found = []
    for budget in studio.budgets:
        allocation = budget.allocation_on(date(2025, 3, 31))
        found.append(
            (
                budget.service,
                budget.objective,
                budget.unit,
                allocation.estimated_requests,
                allocation.allowed_in(31 * 86_400),
                allocation.hourly.warning_from,
                allocation.hourly.critical_above,
            )
        )
        assert budget.policy_window == "30d"
        assert studio.budget(budget.service) is budget
    assert found == BUDGETS
    budgeted = [(j.id, o.id) for j, o in studio.objectives if o.budgeted]
    assert sorted(budgeted) == sorted((row[0], row[1]) for row in BUDGETS)
    assert studio.budget("web") is None


@pytest.mark.parametrize(
    ("service", "count", "level"),
    [
        ("song_generation", 0, "normal"),
        ("song_generation", 9, "normal"),
        ("song_generation", 10, "warning"),
        ("song_generation", 20, "warning"),
        ("song_generation", 21, "critical"),
        ("api", 9.99, "normal"),
        ("api", 30, "warning"),
        ("api", 30.01, "critical"),
    ],
)
def test_an_hours_level_at_its_edges(
    studio: Catalog, service: str, count: float, level: str
) -> None:
    budget = studio.budget(service)
    assert budget is not None
    assert budget.allocation_on(date(2025, 1, 1)).hourly.level(count) == level


def test_policy(studio: Catalog) -> None:
    policy = studio.policy
    assert (policy.healthy_from, policy.exhausted_below, policy.exit_above) == (0.5, 0.1, 0.3)
    assert (policy.basis.value, policy.min_history.value) == ("rolling", timedelta(days=7))
    assert [band.title for band in policy.bands] == [
        "When Budget is Healthy",
        "When Budget is Low",
        "When Budget is Exhausted",
    ]
    assert policy.band("healthy").allowed == (
        "Ship new features",
        "Deploy during business hours",
        "Conduct load testing in production",
        "Experimental A/B tests",
        "Refactoring and tech debt work",
    )
    assert policy.band("low").restrictions == (
        "Freeze non-critical feature launches",
        "Require extra approval for deploys",
        "Increase monitoring and alerting",
        "Focus on reliability improvements",
        "Defer risky changes to next cycle",
    )
    assert policy.band("exhausted").restrictions == (
        "Feature Freeze: All new features blocked",
        "Deploy Lock: Only critical bug fixes allowed",
        "War Room: Daily incident reviews",
        "Reliability Sprint: All hands on stability",
        "Postmortem Required: Root cause analysis for all incidents",
    )
    assert [(c.text, c.kind) for c in policy.exit_criteria] == [
        ("Error budget restored to > 30%", "computed"),
        ("Root causes addressed", "human"),
        ("Monitoring gaps closed", "human"),
        ("Runbooks updated", "human"),
    ]


def test_rules(studio: Catalog) -> None:
    rules, availability = studio.rules, studio.rules.availability
    assert availability.probe_interval.value == timedelta(seconds=60)
    assert availability.error_share.value == 0.5
    assert availability.min_requests.value == 5
    assert availability.maintenance_notice.value == timedelta(hours=48)
    assert rules.min_valid.value == 100
    assert rules.stale_after.value == timedelta(minutes=10)
    assert rules.stale_gap_factor.value == 5
    assert rules.stale_history.value == timedelta(days=7)
    assert rules.at_risk_probability.value == 0.5
    assert rules.at_risk_within.value == timedelta(days=7)
    assert rules.at_risk_remaining.value == 0.3
    assert (rules.min_events.value, rules.min_failures.value) == (10, 3)
    assert rules.episode_merge.value == timedelta(minutes=5)
    assert rules.estimate_tolerance.value == 0.2
    assert rules.burn_windows.value == ("1h", "6h", "24h", "72h")
    assert rules.resource_coverage.value == 0.8


def test_every_rule_that_the_document_does_not_give_is_an_assumption(studio: Catalog) -> None:
    availability = studio.rules.availability
    assert availability.error_share.assumption is None
    assert availability.maintenance_notice.assumption is None
    assert availability.probe_interval.assumption
    assert availability.min_requests.assumption
    others = [getattr(studio.rules, name) for name in type(studio.rules).model_fields]
    assert all(rule.assumption for rule in others if rule is not availability)


ALERTS = [
    (
        "StudioSongGenerationFailureSpike",
        1,
        "P1",
        "song_generation",
        ["failure_rate > 5% for 5 minutes", "total_failures > 50 in 10 minutes"],
        ["Page on-call engineer", "Post to #studio-alerts Slack", "Create incident ticket"],
    ),
    (
        "StudioAPIAvailabilityDrop",
        1,
        "P1",
        "api",
        ["availability < 99.5% for 5 minutes", "error_rate > 5% for 3 minutes"],
        ["Page on-call engineer", "Auto-create incident", "Notify engineering leadership"],
    ),
    (
        "StudioAudioPlaybackFailures",
        1,
        "P1",
        "audio_playback",
        ["playback_failure_rate > 2% for 5 minutes", "buffering_time_p95 > 2s for 10 minutes"],
        ["Page on-call engineer", "Check CDN health", "Verify origin servers"],
    ),
    (
        "StudioLatencyDegradation",
        2,
        "P2",
        None,
        ["p95_latency > 2x SLO for 10 minutes", "p99_latency > 3x SLO for 5 minutes"],
        ["Slack notification to #studio-eng", "Create Jira ticket", "Monitor for escalation"],
    ),
    (
        "StudioErrorBudgetBurnRateHigh",
        2,
        "P2",
        None,
        ["error_budget_burn_rate > 5x normal for 1 hour"],
        ["Notify engineering team", "Flag in daily standup", "Consider deploy freeze"],
    ),
    (
        "StudioExportFailures",
        2,
        "P2",
        "audio_export",
        ["export_failure_rate > 2% for 15 minutes"],
        ["Notify engineering team", "Check storage systems", "Verify export queue health"],
    ),
    (
        "StudioSongGenerationSlow",
        3,
        "P3",
        "song_generation",
        ["p50_latency > 20s for 30 minutes"],
        ["Log to monitoring system", "Add to weekly review", "Investigate AI model performance"],
    ),
    (
        "StudioErrorBudgetWarning",
        3,
        "P3",
        None,
        ["error_budget_remaining < 30%"],
        ["Email engineering team", "Flag in weekly planning", "Consider reliability sprint"],
    ),
]


def test_eight_alerts_as_written(studio: Catalog) -> None:
    found = [
        (
            alert.id,
            alert.tier,
            alert.severity,
            alert.journey,
            [comparison.text for comparison in comparisons(alert.parsed)],
            list(alert.actions),
        )
        for alert in studio.alerts
    ]
    assert found == ALERTS
    assert studio.alerts[0].condition.splitlines() == [
        "failure_rate > 5% for 5 minutes",
        "OR",
        "total_failures > 50 in 10 minutes",
    ]
    assert all(a.owner.assumption and a.runbook.assumption for a in studio.alerts)
    tiers = [(t.tier, t.name, t.response) for t in studio.tiers]
    assert tiers == [
        (1, "Critical Alerts", "Page On-Call"),
        (2, "High Priority Alerts", "Notify Team"),
        (3, "Warning Alerts", "Log & Monitor"),
    ]


def test_what_a_program_does_of_the_alerts_actions(studio: Catalog) -> None:
    kinds = [
        "".join(studio.action_kinds.get(action, "-")[0] for action in alert.actions)
        for alert in studio.alerts
    ]
    # page, post or mail, ticket, incident, log; the rest is people's.
    assert kinds == ["ppi", "pim", "p--", "pt-", "p--", "p--", "l--", "m--"]


def test_scale_triggers_as_written(studio: Catalog) -> None:
    assert [(t.direction, t.condition) for t in studio.triggers] == [
        ("up", "CPU > 70% for 15 minutes"),
        ("up", "Memory > 80% for 10 minutes"),
        ("up", "Disk > 85%"),
        ("up", "API latency P95 > 1.5x SLO for 10 minutes"),
        ("down", "CPU < 30% for 1 hour"),
        ("down", "Memory < 40% for 1 hour"),
        ("down", "API latency P95 < 0.5x SLO for 1 hour"),
    ]


def test_severities_and_lifecycle(studio: Catalog) -> None:
    hours = [
        (s.id, s.name, s.response / HOUR, s.resolution / HOUR, s.update_every / HOUR)
        for s in studio.severities
    ]
    assert hours == [
        ("P1", "Critical", 0.25, 4, 1),
        ("P2", "High", 1, 24, 4),
        ("P3", "Medium", 4, 72, 24),
    ]
    assert [s.communication for s in studio.severities] == [
        "Hourly updates to stakeholders",
        "Updates every 4 hours",
        "Daily updates",
    ]
    assert [s.impact for s in studio.severities] == [
        "Service down or severely degraded for all users",
        "Significant degradation affecting many users",
        "Minor degradation or isolated issues",
    ]
    assert [s.example for s in studio.severities] == [
        "Song generation completely failing (100% error rate)",
        "Song generation slow (P95 latency 2x SLO)",
        "One platform publishing failing, others working",
    ]
    assert [(step.name, step.text) for step in studio.lifecycle] == [
        ("Detection", "Alert fires or user reports issue"),
        ("Triage", "On-call assesses severity and impact"),
        ("Mitigation", "Immediate actions to restore service"),
        ("Communication", "Update status page and notify users"),
        ("Resolution", "Root cause fixed and verified"),
        ("Postmortem", "5 Why's analysis and action items"),
    ]


def test_growth_projections(studio: Catalog) -> None:
    quarters = [date(2025, 1, 1), date(2025, 4, 1), date(2025, 7, 1), date(2025, 10, 1)]
    assert {line.id: [figure for _, figure in line.points()] for line in studio.growth} == {
        "monthly_active_users": [10_000, 25_000, 50_000, 100_000],
        "song_generations": [500_000, 1_250_000, 2_500_000, 5_000_000],
        "storage": [2, 5, 10, 20],
        "compute": [50_000, 125_000, 250_000, 500_000],
    }
    assert all([day for day, _ in line.points()] == quarters for line in studio.growth)


def test_reviews_and_people(studio: Catalog) -> None:
    assert {review.name: list(review.agenda) for review in studio.reviews} == {
        "Monthly Review": [
            "Actual vs. target SLO performance",
            "Error budget consumption analysis",
            "Incident impact assessment",
            "User feedback on perceived performance",
        ],
        "Quarterly Review": [
            "SLO relevance validation",
            "Adjust targets based on user expectations",
            "Review and update alert thresholds",
            "Capacity planning adjustments",
        ],
    }
    assert studio.owner == "FlashFusion Engineering & Operations"
    assert studio.document_owner == "FlashFusion SRE Team"
    assert studio.stakeholders == ("Engineering", "Product", "Support")
    assert studio.effective_from == date(2025, 1, 1)


def test_every_reading_has_its_reason(studio: Catalog) -> None:
    assert len(studio.readings) >= 9
    assert all(reading.reading and reading.reason for reading in studio.readings)
