"""Conditions in words, with other numbers, and what is wrong with those that people write."""

from datetime import timedelta

import pytest

from slo_core.alerts.conditions import parse
from slo_core.alerts.meaning import Move, alert_of, condition_words, moved, with_condition
from slo_core.catalog import Catalog
from slo_core.errors import SloError
from tests.small import SHOP, STUDIO

MINUTES = {n: timedelta(minutes=n) for n in (1, 10)}


@pytest.mark.parametrize(
    ("catalog", "alert", "said"),
    [
        (
            STUDIO,
            "StudioAPIAvailabilityDrop",
            [
                "Seconds up over seconds observed of the API: below 99.5 %, over the last 5 min.",
                "or: Failed requests over valid requests of the alert's journey: above 5 %, over "
                "the last 3 min (with at least 10 valid events and 3 failures).",
            ],
        ),
        (
            STUDIO,
            "StudioErrorBudgetWarning",
            ["The share of an error budget that is left: below 30 %, of its rolling window."],
        ),
        (
            SHOP,
            "OrdersLost",
            [
                "Orders that failed: above 4, over the last 15 min.",
                "and either: Failed requests over valid ones: above 10 %, over the last 15 min "
                "(with at least 6 valid events and 2 failures).",
                "or: How fast the budget goes: above 6× normal, over the last 2 h (with at least "
                "6 valid events and 2 failures).",
            ],
        ),
    ],
)
def test_a_condition_in_words(catalog: Catalog, alert: str, said: list[str]) -> None:
    assert condition_words(catalog, alert_of(catalog, alert)) == said


@pytest.mark.parametrize(
    ("text", "moves", "found"),
    [
        ("a > 5% for 5 minutes", {0: Move(2.5, MINUTES[10])}, "a > 2.5% for 10 minutes"),
        ("a > 50 in 10 minutes", {0: Move(20, MINUTES[1])}, "a > 20 in 1 minute"),
        ("b < 2x SLO for 1 hour", {0: Move(2, timedelta(hours=1))}, "b < 2x SLO for 1 hour"),
        ("p95 > 2s for 5 min OR c < 30%", {1: Move(10, None)}, "p95 > 2s for 5 min OR c < 10%"),
        (
            "a > 1 in 1 h and (b > 2 in 1 h or c > 3 in 1 h)",
            {2: Move(4, timedelta(hours=1))},
            "a > 1 in 1 h AND (b > 2 in 1 h OR c > 4 in 1 h)",
        ),
    ],
)
def test_a_condition_with_other_numbers_keeps_its_words(
    text: str, moves: dict[int, Move], found: str
) -> None:
    assert moved(parse(text), moves) == found


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("failure_rte > 5% for 5 minutes", "column 1: .* did you mean 'failure_rate'"),
        ("failure_rate > 5% for", "column 22: expected a number, found the end"),
        ("failure_rate > 5s for 5 minutes", "expected a percentage for 'failure_rate'"),
        ("failure_rate > 5%", "expected a window such as 'for 5 minutes'"),
        ("export_failure_rate > 5% for 5 minutes", "expected a condition about song_generation"),
    ],
)
def test_a_condition_that_does_not_fit_is_told(condition: str, said: str) -> None:
    with pytest.raises(SloError, match=said):
        with_condition(STUDIO, "StudioSongGenerationFailureSpike", condition)


def test_a_condition_that_fits_changes_nothing_else() -> None:
    own = alert_of(STUDIO, "StudioExportFailures")
    tried = with_condition(STUDIO, own.id, "export_failure_rate > 4% for 5 minutes")
    assert tried.model_copy(update={"condition": own.condition}) == own
    with pytest.raises(SloError, match="no alert is called 'Exports', the catalogue has: Studio"):
        alert_of(STUDIO, "Exports")
