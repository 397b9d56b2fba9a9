"""The catalogue in plain words, against what the document says."""

import pandas as pd
import pytest

from slo_core.catalog import Catalog
from slo_core.figures.rules import assumptions, budget_rows, facts, readings, rules
from tests.small import SHOP, STUDIO


def rule(catalog: Catalog, journey: str, objective: str) -> pd.Series:
    table = rules(catalog)
    found = table[(table["journey"] == journey) & (table["objective"] == objective)]
    assert len(found) == 1
    return found.iloc[0]


def test_every_objective_has_a_rule_in_the_documents_order() -> None:
    table = rules(STUDIO)
    assert len(table) == 32
    expected = [(journey.id, objective.id) for journey, objective in STUDIO.objectives]
    assert list(zip(table["journey"], table["objective"], strict=True)) == expected
    assert (table[["Good", "Valid", "Must be good", "Promise"]] != "").all(axis=None)


def test_a_success_rate() -> None:
    row = rule(STUDIO, "song_generation", "success_rate")
    assert row["Good"] == (
        "A request that ends with a 2xx status, or without one, within 1 min 30 s, with a valid "
        "body that is not empty, and without an error."
    )
    assert row["Valid"] == (
        "All requests of the journey from the client, without those that the log marks as "
        "excluded, 401 and 403, and redirects."
    )
    assert row["Must be good"] == "At least 99.5 % over 30d."
    assert (row["Source that counts"], row["Timeout"], row["Budgeted"]) == (
        *("client", "1 min 30 s", "yes"),
    )
    assert row["Rationale"] == "Users expect near-instant results. 15s P50 keeps engagement high."
    assert row["User expectation"] == "Fast, reliable music generation"
    assert row["Threshold"] == ""


@pytest.mark.parametrize(
    ("journey", "objective", "column", "words"),
    [
        ("api", "latency_p95", "Good", "less than 1 s; exactly 1 s is not good"),
        ("api", "latency_p95", "Threshold", "below 1 s"),
        ("api", "latency_p95", "Valid", "from the server that have a duration, and timeouts"),
        ("audio_export", "download_speed", "Good", "A value of download_mbps above 5 Mbps"),
        ("audio_export", "download_speed", "Assumption", "95 % of downloads must be faster"),
        ("web", "cls_p75", "Good", "A value of cls below 0.1; exactly 0.1 is not good."),
        ("web", "cls_p75", "Timeout", "the log's own"),
        ("audio_playback", "interruptions", "Good", "playtime_ms without the sum of interrupted"),
        ("publishing", "publish_time_p50", "Valid", "of its step publish"),
        ("publishing", "platform_sync", "Must be good", "each platform that has at least 100"),
        ("api", "availability", "Good", "nor do all of Song Generation (of at least 5)"),
        ("api", "availability", "Good", "at most 50 % of its requests fail in a minute"),
        ("api", "availability", "Valid", "announced 2 d ahead is left out"),
        ("collaboration", "session_availability", "Good", "(each holds for 1 min)"),
    ],
)
def test_rules_name_what_decides(journey: str, objective: str, column: str, words: str) -> None:
    assert words in rule(STUDIO, journey, objective)[column]


def test_another_catalogue_has_its_own_numbers() -> None:
    assert "at most 40 % of its requests" in rule(SHOP, "browse", "uptime")["Good"]
    assert "all of Checkout (of at least 8)" in rule(SHOP, "browse", "uptime")["Good"]
    assert rule(SHOP, "browse", "picture_rate")["Threshold"] == "above 12 pictures/s"
    assert rule(SHOP, "browse", "page_p90")["Source that counts"] == "any"


def test_facts_of_a_journey_carry_their_assumption() -> None:
    found = {name: (value, why) for name, value, why in facts(STUDIO.journey("song_generation"))}
    assert found["Requests expected in a month"] == ("500,000", "")
    assert found["Steps of an attempt"][0] == "prompt, generate, listen, save"
    assert found["Timeout"] == (
        "1 min 30 s",
        "The document names no timeout; 90 s is twice the P99 objective.",
    )
    assert facts(SHOP.journey("browse")) == []


def test_budgets_are_the_documents() -> None:
    table = budget_rows(STUDIO).set_index("journey")
    assert table.loc["song_generation", "Allowed a month"] == "2,500 failures"
    assert table.loc["project_loading", "Estimated requests"] == "2,000,000"
    assert table.loc["api", "Allowed a month"] == "0.1 % of the month's seconds"
    assert "Critical: > 30 seconds downtime/hour" in table.loc["api", "Hourly levels"]
    shop = budget_rows(SHOP)
    assert shop["From"].tolist() == ["2025-02-15", "2025-07-01", "2025-02-15"]
    assert shop["Hourly levels"].iloc[0] == "warning from 2, critical above 5 failures an hour"
    assert set(shop["Policy looks at"]) == {"the calendar month"}


def test_assumptions_are_all_there_once() -> None:
    table = assumptions(STUDIO).set_index("Where")
    assert table.loc["rules.availability.probe_interval", "Value"] == "1 min"
    assert table.loc["policy.basis", "Value"] == "rolling"
    assert "web.cls_p75" in table.index
    sources = [where for where in table.index if "song_generation.source" in where]
    assert sources[0].split(", ")[-1] == "web.source"
    stated = sum(objective.assumption is not None for _, objective in STUDIO.objectives)
    assert stated == 4
    in_the_shop = [
        *("checkout.source", "checkout.timeout", "rules.min_percentile_events"),
        "rules.corrections_decide",
        *("rules.usual_weeks", "rules.one_incident", "policy.without_state"),
    ]
    assert assumptions(SHOP)["Where"].tolist() == in_the_shop


def test_readings_have_a_reason() -> None:
    table = readings(STUDIO)
    assert len(table) == len(STUDIO.readings) > 10
    assert readings(SHOP).columns.tolist() == ["Reading", "Reason"]
