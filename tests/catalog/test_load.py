"""Every mistake in a catalogue gets one sentence: file, line, path, what was expected and found."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from slo_core.catalog import Assumed, Catalog, load_catalog, parse_catalog
from slo_core.errors import SloError

SHOP = Path(__file__).parents[1] / "shop.yaml"
JOURNEY_KEYS = (
    "id, name, document, group, user_expectation, rationale, source, timeout, monthly_requests, "
    "funnel, panel, objectives"
)

# what stands in tests/shop.yaml -> what somebody writes in its place -> the sentence after the
# file's name and line
MISTAKES = [
    # keys
    ("name: Corner Shop", "nmae: Corner Shop", "nmae: unknown key 'nmae', did you mean 'name'?"),
    (
        "journeys:\n  - id: browse",
        "journey:\n  - id: browse",
        "journey: unknown key 'journey', did you mean 'journeys'?",
    ),
    (
        "rationale: An order",
        "because: An order",
        f"checkout.because: unknown key 'because', expected one of {JOURNEY_KEYS}",
    ),
    (
        "per_platform: true",
        "per_plattform: true",
        "checkout.every_card.per_plattform: unknown key 'per_plattform', "
        "did you mean 'per_platform'?",
    ),
    (
        "{value: 2 min, assumption",
        "{valu: 2 min, assumption",
        "checkout.timeout.valu: unknown key 'valu', did you mean 'value'?",
    ),
    ("  min_valid: 20\n", "", "rules.min_valid: expected `min_valid` here, found nothing"),
    # plain values
    ("name: Corner Shop", "name: ''", "name: expected some text, found ''"),
    (
        "effective_from: 2025-07-01",
        "effective_from: soon",
        "budgets.checkout.allocations[1].effective_from: expected a date such as 2025-01-31, "
        "found 'soon'",
    ),
    (
        "  - id: search\n",
        "  - id: Search it\n",
        "Search it.id: expected a short name of small letters, digits and underscores, "
        "found 'Search it'",
    ),
    (
        "id: OrdersLost",
        "id: Orders lost",
        "alerts.Orders lost.id: expected a name of letters, digits and underscores, "
        "found 'Orders lost'",
    ),
    (
        "monthly_requests: 90000",
        "monthly_requests: many",
        "search.monthly_requests: expected a whole number, found 'many'",
    ),
    (
        "error_share: 0.4",
        "error_share: 40",
        "rules.availability.error_share: expected less than or equal to 1, found 40",
    ),
    (
        "source: server",
        "source: both",
        "search.source: expected 'client' or 'server', found 'both'",
    ),
    (
        "[What sold, What broke]",
        "What sold",
        "reviews.spring.agenda: expected a list, found 'What sold'",
    ),
    # targets
    (
        "target: 0.998",
        "target: 99.8",
        "browse.uptime.target: expected a share above 0 and below 1, found 99.8",
    ),
    (
        "target: 0.998",
        "target: 1",
        "browse.uptime.target: expected a share above 0 and below 1, found 1.0",
    ),
    (
        "target: 0.998",
        "target: 0",
        "browse.uptime.target: expected a share above 0 and below 1, found 0.0",
    ),
    ("target: 0.998", "target: high", "browse.uptime.target: expected a number, found 'high'"),
    ("target: 0.998", "target: .nan", "browse.uptime.target: expected a finite number, found nan"),
    # windows and durations
    *(
        (
            "window: 14d\n        target: 0.8",
            f"window: {window}\n        target: 0.8",
            "browse.picture_rate.window: expected a window such as 15m, 1h, 7d or 30d, "
            f"found '{window}'",
        )
        for window in ("two weeks", "0d", "14 days", "1.5h")
    ),
    (
        "[30m, 2h, 12h]",
        "[30m, 2x]",
        "rules.burn_windows[1]: expected a window such as 15m, 1h, 7d or 30d, found '2x'",
    ),
    (
        "timeout: 1500 ms",
        "timeout: 1500",
        "search.timeout: expected a duration such as 90 s, 15 min, 48 h or 30d, found '1500'",
    ),
    (
        "timeout: 1500 ms",
        "timeout: 0 ms",
        "search.timeout: expected a duration above zero, found '0 ms'",
    ),
    # thresholds
    (
        "{below: 800, unit: ms}",
        "{below: 800}",
        "browse.page_p90.threshold.unit: expected a unit beside the threshold, such as "
        "`unit: ms`, found none",
    ),
    (
        "{below: 800, unit: ms}",
        "800",
        "browse.page_p90.threshold: expected `{below: 30000, unit: ms}`, found 800",
    ),
    (
        "{below: 800, unit: ms}",
        "{below: 800, above: 3, unit: ms}",
        "browse.page_p90.threshold: expected either `below` or `above`, found both",
    ),
    (
        "{below: 800, unit: ms}",
        "{unit: ms}",
        "browse.page_p90.threshold: expected either `below` or `above`, found neither",
    ),
    (
        "{below: 800, unit: ms}",
        "{below: 0, unit: ms}",
        "browse.page_p90.threshold: expected a threshold above zero, found 0.0",
    ),
    (
        "{below: 800, unit: ms}",
        "{below: 0.8, unit: s}",
        "browse.page_p90.threshold: expected `below` in ms for a latency objective, "
        "found {below: 0.8, unit: s}",
    ),
    (
        "{below: 60, unit: ms}",
        "{below: 0.06, unit: s}",
        "search.suggestions_p50.threshold.unit: expected times in ms, found 's'",
    ),
    (
        "        threshold: {below: 800, unit: ms}\n",
        "",
        "browse.page_p90.threshold: expected a threshold with its unit for a latency objective, "
        "found none",
    ),
    (
        "        threshold: {below: 0.04, unit: ratio}\n",
        "",
        "search.empty_results.threshold: expected a threshold such as "
        "`{below: 0.001, unit: ratio}` for a share objective, found none",
    ),
    (
        "{below: 0.04, unit: ratio}",
        "{below: 0.05, unit: ratio}",
        "search.empty_results.threshold.below: expected 0.04 to agree with the target 0.96 "
        "(1 - target), found 0.05",
    ),
    (
        "{below: 0.02, unit: ratio}",
        "{below: 2, unit: '%'}",
        "checkout.refused.threshold: expected `below` with unit ratio for a success objective, "
        "found {below: 2, unit: %}",
    ),
    (
        "{kind: availability, scope: storefront}",
        "{kind: availability, scope: storefront}\n        threshold: {below: 0.002, unit: ratio}",
        "browse.uptime.threshold: expected no threshold for an availability objective, "
        "found {below: 0.002, unit: ratio}",
    ),
    # indicators
    (
        "{kind: share, total",
        "{kind: shares, total",
        "search.empty_results.indicator.kind: expected one of 'success', 'latency', "
        "'measurement', 'share', 'availability', found 'shares'",
    ),
    (
        "{kind: share, total: searches",
        "{total: searches",
        "search.empty_results.indicator.kind: expected `kind` here, found nothing",
    ),
    (
        "{kind: measurement, metric: suggest_ms}",
        "{kind: measurement}",
        "search.suggestions_p50.indicator.metric: expected `metric` here, found nothing",
    ),
    (
        "{kind: latency, step: answer}",
        "{kind: latency, stp: answer}",
        "search.answer_p99.indicator.stp: unknown key 'stp', did you mean 'step'?",
    ),
    # names
    (
        "scope: storefront}",
        "scope: storefrnt}",
        "browse.uptime.indicator.scope: expected a scope of this catalogue, found 'storefrnt', "
        "did you mean 'storefront'?",
    ),
    (
        "    journey: browse\n    critical",
        "    journey: brows\n    critical",
        "scopes.storefront.journey: expected a journey of this catalogue, found 'brows', "
        "did you mean 'browse'?",
    ),
    (
        "critical_journey: checkout",
        "critical_journey: pay",
        "scopes.storefront.critical_journey: expected a journey of this catalogue, found 'pay', "
        "there is browse, search, checkout",
    ),
    (
        "[basket, address, payment, receipt]",
        "[basket, basket]",
        "checkout.funnel: expected two or more different steps, found [basket, basket]",
    ),
    (
        "{kind: requests, journey: checkout}",
        "{kind: requests, journey: checkin}",
        "growth.orders.measure.journey: expected a journey of this catalogue, found 'checkin', "
        "did you mean 'checkout'?",
    ),
    (
        "{Q3 2025: 12000",
        "{third: 12000",
        "growth.orders.quarters.third: expected a quarter such as Q1 2025, found 'third'",
    ),
    # repetition
    (
        "  - id: search\n",
        "  - id: browse\n",
        "browse.id: expected each id once, found 'browse' again",
    ),
    (
        "- id: answer_p99",
        "- id: empty_results",
        "search.empty_results.id: expected each id once, found 'empty_results' again",
    ),
    (
        "- id: Slow",
        "- id: OrdersLost",
        "alerts.OrdersLost.id: expected each id once, found 'OrdersLost' again",
    ),
    (
        "- service: browse\n    objective: uptime",
        "- service: checkout\n    objective: orders",
        "budgets.checkout.service: expected each service once, found 'checkout' again",
    ),
    # budgets
    (
        "objective: orders",
        "objective: order",
        "budgets.checkout.objective: expected an objective of checkout, found 'order', "
        "did you mean 'orders'?",
    ),
    (
        "service: checkout",
        "service: check",
        "budgets.check.service: expected a journey of this catalogue, found 'check', "
        "did you mean 'checkout'?",
    ),
    (
        "objective: orders",
        "objective: refused",
        "budgets.checkout.objective: expected an objective with `budgeted: true`, "
        "found 'refused' without",
    ),
    (
        "{kind: success, step: card}",
        "{kind: success, step: card}\n        budgeted: true",
        "checkout.every_card.budgeted: expected a budget for it under `budgets`, found none",
    ),
    (
        "unit: seconds",
        "unit: failures",
        "budgets.browse.unit: expected seconds for a budget on 'uptime', found 'failures'",
    ),
    (
        "share_of_month: 0.002",
        "share_of_month: 0.002\n        allowed: 4",
        "budgets.browse.allocations[0]: expected either `allowed` or `share_of_month`, found both",
    ),
    (
        "allowed: 300",
        "share_of_month: 0.3",
        "budgets.checkout.allocations[1].share_of_month: expected `allowed` for a budget in "
        "failures, found a share of the month",
    ),
    (
        "effective_from: 2025-07-01",
        "effective_from: 2025-01-01",
        "budgets.checkout.allocations: expected allocations in the order of their dates, "
        "found 2025-02-15 before 2025-01-01",
    ),
    (
        "warning_from: 3, critical_above: 7",
        "warning_from: 9, critical_above: 7",
        "budgets.checkout.allocations[1].hourly.critical_above: expected at least warning_from, "
        "9.0, found 7.0",
    ),
    # policy
    (
        "id: low, title",
        "id: exhausted, title",
        "policy.bands: expected the bands healthy, low and exhausted, "
        "found healthy, exhausted, exhausted",
    ),
    (
        "document: from 60%, above: 0.6,",
        "document: from 60%,",
        "policy.bands.healthy.above: expected the share above which it holds, found none",
    ),
    (
        "exit_above: 0.4",
        "exit_above: 0.7",
        "policy.exit_above: expected a share between exhausted, 0.2, and healthy, 0.6, found 0.7",
    ),
    # conditions
    (
        "open < 99% for 10 minutes or",
        "open << 99% for 10 minutes or",
        "alerts.Closed.condition: column 7: expected a number, found '<'",
    ),
    (
        "open < 99% for",
        "opne < 99% for",
        "alerts.Closed.condition: column 1: no metric is called 'opne', did you mean 'open'?",
    ),
    (
        "open < 99% for",
        "open < 99 s for",
        "alerts.Closed.condition: column 1: expected a percentage for 'open', "
        "found 'open < 99 s for 10 minutes'",
    ),
    (
        "lost orders > 4 in",
        "lost orders > 4% in",
        "alerts.OrdersLost.condition: column 1: expected a plain number for 'lost orders', "
        "found 'lost orders > 4% in 15 minutes'",
    ),
    (
        "burn > 6x normal",
        "burn > 6x SLO",
        "alerts.OrdersLost.condition: column 65: expected a multiple of normal for 'burn', "
        "found 'burn > 6x SLO for 2 hours'",
    ),
    (
        "p90 > 1.5x SLO",
        "p90 > 15%",
        "alerts.Slow.condition: column 1: expected a duration or a multiple of the SLO for 'p90', "
        "found 'p90 > 15% for 20 minutes'",
    ),
    (
        "pictures p20 < 6 pictures/s",
        "pictures p20 < 6 s",
        "alerts.NoPictures.condition: column 1: expected a number in pictures/s or a multiple of "
        "the SLO for 'pictures p20', found 'pictures p20 < 6 s for 10 minutes'",
    ),
    (
        "shelf > 3 TB",
        "shelf > 3 GB",
        "triggers.shelf_full.condition: column 1: expected a number in TB for 'shelf', "
        "found 'shelf > 3 GB for 1 day'",
    ),
    (
        "open < 99% for 10 minutes",
        "open < 99%",
        "alerts.Closed.condition: column 1: expected a window such as 'for 5 minutes', "
        "found 'open < 99%' without",
    ),
    (
        "percentile: 99, meaning",
        "percentile: 99.9, meaning",
        "alerts.Slow.condition: column 34: expected something that 'p99 > 1.25x SLO for 20 "
        "minutes' is about, found nothing anywhere in the catalogue",
    ),
    (
        "    journey: browse\n    owner",
        "    journey: search\n    owner",
        "alerts.Closed.condition: column 1: expected something that 'open < 99% for 10 minutes' is "
        "about, found nothing in search",
    ),
    (
        "    journey: checkout\n    actions",
        "    journey: search\n    actions",
        "alerts.OrdersLost.condition: column 1: expected a condition about search, "
        "found 'lost orders > 4 in 15 minutes', which is about checkout",
    ),
    (
        "    journey: browse\n    owner",
        "    journey: brwse\n    owner",
        "alerts.Closed.journey: expected a journey of this catalogue, found 'brwse', "
        "did you mean 'browse'?",
    ),
    (
        "severity: S2\n    condition: p90",
        "severity: S3\n    condition: p90",
        "alerts.Slow.severity: expected a severity of this catalogue, found 'S3', there is S1, S2",
    ),
    (
        "tier: 2\n    severity: S2\n    condition: p90",
        "tier: 3\n    severity: S2\n    condition: p90",
        "alerts.Slow.tier: expected one of the tiers 1, 2, found 3",
    ),
    (
        "{Ring the bell: page}",
        "{Ring the bel: page}",
        "action_kinds.Ring the bel: expected an action of an alert, found 'Ring the bel', "
        "did you mean 'Ring the bell'?",
    ),
    (
        "{Ring the bell: page}",
        "{Ring the bell: phone}",
        "action_kinds.Ring the bell: expected 'page', 'post', 'mail', 'ticket', 'incident' or "
        "'log', found 'phone'",
    ),
    # terms
    (
        "objective: picture_rate,",
        "objective: page_p90,",
        "terms.pictures p20.objective: expected a measurement objective of browse, "
        "found 'page_p90', there is picture_rate",
    ),
    (
        "journey: checkout, step: payment, meaning",
        "journey: checkin, step: payment, meaning",
        "terms.lost orders.journey: expected a journey of this catalogue, found 'checkin', "
        "did you mean 'checkout'?",
    ),
    (
        "metrics: [suggest_ms]",
        "metrics: [suggests]",
        "terms.p50.metrics[0]: expected a metric with an objective in ms, found 'suggests', "
        "did you mean 'suggest_ms'?",
    ),
    (
        "kind: availability, meaning",
        "kind: availability, scope: store, meaning",
        "terms.open.scope: expected a scope of this catalogue, found 'store', "
        "did you mean 'storefront'?",
    ),
    (
        "percentile: 90",
        "percentile: 100",
        "terms.p90.percentile: expected less than 100, found 100",
    ),
]


def mistaken(old: str, new: str) -> tuple[str, int]:
    """The shop's catalogue with one change, and the line of that change."""
    text = SHOP.read_text()
    assert text.count(old) >= 1, old
    return text.replace(old, new, 1), text[: text.index(old)].count("\n") + 1


@pytest.mark.parametrize(("old", "new", "sentence"), MISTAKES)
def test_a_mistake_gets_one_sentence(old: str, new: str, sentence: str) -> None:
    text, _ = mistaken(old, new)
    with pytest.raises(SloError) as caught:
        parse_catalog(text, name="shop.yaml")
    found = str(caught.value)
    assert "\n" not in found
    assert found.startswith("shop.yaml, line ")
    assert found.split(", ", 2)[2] == sentence


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("target: 0.998", "target: 99.8"),
        ("per_platform: true", "per_plattform: true"),
        ("objective: orders", "objective: order"),
        ("timeout: 1500 ms", "timeout: 1500"),
        ("{value: 2 min, assumption", "{valu: 2 min, assumption"),
        ("scope: storefront}", "scope: storefrnt}"),
        ("condition: open < 99%", "condition: opne < 99%"),
    ],
)
def test_the_sentence_names_the_line_of_the_mistake(old: str, new: str) -> None:
    text, line = mistaken(old, new)
    with pytest.raises(SloError, match=f"^shop.yaml, line {line}, "):
        parse_catalog(text, name="shop.yaml")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "x.yaml: expected the keys of a catalogue, such as journeys, found an empty file"),
        ("# only words", "x.yaml: expected the keys of a catalogue, such as journeys, found an "
         "empty file"),
        ("- 1", "x.yaml: expected the keys of a catalogue, such as journeys, found [1]"),
        ("a: 1\nb: [", "x.yaml, line 2: expected YAML, found: expected the node content, but found "
         "'<stream end>'"),
        ("a: 1\nb: c: d", "x.yaml, line 2: expected YAML, found: mapping values are not allowed "
         "here"),
        ("a: 1\nb: 2\na: 3", "x.yaml, line 3: expected YAML, found: the key 'a' appears twice"),
        ("a: 1\n---\nb: 2", "x.yaml, line 2: expected YAML, found: but found another document"),
        ("a: *b", "x.yaml, line 1: expected YAML, found: found undefined alias 'b'"),
        ("a: 2025-13-45", "x.yaml: expected YAML, found: month must be in 1..12"),
        ("? [a, b]\n: 1", "x.yaml, line 1: expected YAML, found: found unhashable key"),
        ("a: !!python/object:os.system 1", "x.yaml, line 1: expected YAML, found: could not "
         "determine a constructor for the tag 'tag:yaml.org,2002:python/object:os.system'"),
        ("1: 2", "x.yaml, line 1, 1: unknown key '1', expected one of version, "),
    ],
)  # fmt: skip
def test_what_is_not_a_catalogue_at_all(text: str, sentence: str) -> None:
    with pytest.raises(SloError) as caught:
        parse_catalog(text, name="x.yaml")
    assert str(caught.value).startswith(sentence)


def test_a_missing_file_a_folder_and_bytes(tmp_path: Path) -> None:
    with pytest.raises(SloError) as caught:
        load_catalog(tmp_path / "none.yaml")
    assert str(caught.value) == (
        f"{tmp_path}/none.yaml: expected a catalogue here, found no such file; name one with "
        "--catalog or SLO_CATALOG"
    )
    with pytest.raises(SloError, match=r"expected a catalogue file, found a folder$"):
        load_catalog(tmp_path)
    (tmp_path / "bytes.yaml").write_bytes(b"name: \xff\xfe")
    with pytest.raises(SloError, match=r"expected a readable UTF-8 text file, found: "):
        load_catalog(tmp_path / "bytes.yaml")


def test_the_path_of_the_file_is_in_the_sentence(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(SHOP.read_text().replace("target: 0.998", "target: 2"))
    with pytest.raises(SloError) as caught:
        load_catalog(path)
    assert str(caught.value).startswith(f"{path}, line 24, browse.uptime.target: ")


@pytest.fixture(scope="module")
def shop() -> Catalog:
    return load_catalog(SHOP)


def test_the_shop_loads_with_its_own_numbers(shop: Catalog) -> None:
    assert [f"{j.id}.{o.id}" for j, o in shop.objectives] == [
        "browse.uptime",
        "browse.page_p90",
        "browse.picture_rate",
        "search.empty_results",
        "search.answer_p99",
        "search.suggestions_p50",
        "checkout.orders",
        "checkout.refused",
        "checkout.every_card",
    ]
    assert shop.objective("search", "empty_results").error_rate == 0.04
    assert shop.objective("browse", "picture_rate").unit == "pictures/s"
    assert shop.objective("browse", "page_p90").window_length == timedelta(days=1)
    assert shop.rules.burn_windows.value == ("30m", "2h", "12h")


def test_a_value_is_plain_or_an_assumption(shop: Catalog) -> None:
    assert shop.journey("search").timeout == Assumed(value=timedelta(milliseconds=1500))
    timeout = shop.journey("checkout").timeout
    assert timeout is not None
    assert (timeout.value, timeout.assumption) == (timedelta(minutes=2), "Banks may take a minute.")
    assert shop.journey("browse").source is None


def test_an_allocation_counts_from_its_date(shop: Catalog) -> None:
    budget = shop.budget("checkout")
    assert budget is not None
    allowed = {
        day: budget.allocation_on(day).allowed
        for day in (date(2024, 12, 31), date(2025, 6, 30), date(2025, 7, 1), date(2026, 1, 1))
    }
    assert list(allowed.values()) == [200, 200, 300, 300]


def test_a_share_of_the_month_is_exact(shop: Catalog) -> None:
    budget = shop.budget("browse")
    assert budget is not None
    allocation = budget.allocation_on(date(2025, 3, 1))
    assert allocation.allowed_in(31 * 86_400) == 5356.8


def test_a_catalogue_never_changes(shop: Catalog) -> None:
    with pytest.raises(ValidationError, match=r"frozen"):
        shop.name = "Other"


def test_names_that_do_not_exist_are_told_with_those_that_do(shop: Catalog) -> None:
    with pytest.raises(SloError, match=r"no journey is called 'sell', the catalogue has: browse, "):
        shop.journey("sell")
    with pytest.raises(SloError, match=r"search has no objective 'p1', it has: empty_results, "):
        shop.objective("search", "p1")
    with pytest.raises(SloError, match=r"no scope is called 'api', the catalogue has: storefront"):
        shop.scope("api")
