"""What a document's code records and claims, as data: read strictly, refused in one sentence."""

from pathlib import Path

import pytest

from slo_core.budget.burn import burn_alerts
from slo_core.catalog import load_catalog, parse_catalog
from slo_core.errors import SloError

STUDIO = Path(__file__).parents[2] / "data" / "studio.yaml"
TEXT = STUDIO.read_text("utf-8")


def test_studios_code_is_the_documents() -> None:
    browser, middleware = load_catalog(STUDIO).instrumentation or ()
    assert browser.records_requests_of("web")
    assert middleware.records_requests_of("api")
    assert not middleware.records_requests_of("web")
    assert middleware.document[0] == "const success = res.statusCode < 500;"
    assert middleware.spends is not None
    assert (middleware.spends.service, middleware.spends.per) == ("api", "request")


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (199, None),
        (200, "good"),
        (299, "good"),
        (300, None),
        (400, "failed"),
        (401, None),
        (402, "failed"),
        (403, None),
        (599, "failed"),
    ],
)
def test_the_definition_says_which_statuses_fail(status: int, verdict: str | None) -> None:
    definition = load_catalog(STUDIO).definitions[0]
    assert definition.statuses is not None
    assert definition.statuses.verdict(status) == verdict


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("journeys: [api]", "journeys: [apy]",
         "instrumentation.middleware.journeys[0]: expected a journey of this catalogue, found "
         "'apy', did you mean 'api'?"),
        ("    journeys: [api]", "    journeys: [api]\n    probes: [moon]",
         "instrumentation.middleware.probes[0]: expected a scope of this catalogue, found 'moon', "
         "there is api, collaboration"),
        ("spends: {service: api,", "spends: {service: web,",
         "instrumentation.middleware.spends.service: expected a service with a budget, found "
         "'web', there is song_generation, project_loading, audio_playback, api"),
        ("id: middleware", "id: browser",
         "instrumentation.browser.id: expected each id once, found 'browser' again"),
        ("good: [[100, 499]]", "good: [[499, 100]]",
         "instrumentation.middleware.success.good[0]: expected statuses from 100 to 599 in order, "
         "found [499, 100]"),
        ("{per: hour, amount: 3.5, unit: seconds}", "{per: hour, amount: 3.5, unit: failures}",
         "budgets.api.allocations[0].stated[1].unit: expected a share of a budget in seconds, "
         "found failures"),
        ("failing: 1\n", "failing: 2\n",
         "severities.P1.failing: expected less than or equal to 1, found 2"),
    ],
)  # fmt: skip
def test_a_mistake_gets_one_sentence(old: str, new: str, sentence: str) -> None:
    assert TEXT.count(old) == 1
    with pytest.raises(SloError) as caught:
        parse_catalog(TEXT.replace(old, new), name="x.yaml")
    assert str(caught.value).partition(", ")[2].partition(", ")[2] == sentence


@pytest.mark.parametrize(
    ("normal", "burn"), [("normal: 1", 5), ("normal: 2", 10), ("meaning: Fast.", 5)]
)
def test_a_multiple_of_normal_is_that_burn_rate(normal: str, burn: float) -> None:
    shop = (STUDIO.parents[1] / "tests" / "shop.yaml").read_text("utf-8")
    old = "{id: burn, kind: burn_rate, meaning: How fast the budget goes.}"
    assert shop.count(old) == 1
    extra = normal if normal.startswith("meaning") else f"meaning: Fast., {normal}"
    text = shop.replace(old, f"{{id: burn, kind: burn_rate, {extra}}}")
    text = text.replace("burn > 6x normal", "burn > 5x normal")
    catalog = parse_catalog(text, name="shop.yaml")
    (alert,) = burn_alerts(catalog, "checkout", catalog.objective("checkout", "orders"))
    assert alert.burn == burn
