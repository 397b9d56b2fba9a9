"""The condition language: every condition of the document, its grammar, and its errors."""

from datetime import timedelta

import pytest

from slo_core.alerts.conditions import All, Any, Comparison, comparisons, parse
from slo_core.errors import SloError

MINUTE = timedelta(minutes=1)

# text -> metric, op, value, unit, relative, window in minutes, amount
DOCUMENT = [
    ("failure_rate > 5% for 5 minutes", "failure_rate", ">", 5, "%", None, 5, 0.05),
    ("total_failures > 50 in 10 minutes", "total_failures", ">", 50, "count", None, 10, 50),
    ("availability < 99.5% for 5 minutes", "availability", "<", 99.5, "%", None, 5, 0.995),
    ("error_rate > 5% for 3 minutes", "error_rate", ">", 5, "%", None, 3, 0.05),
    (
        "playback_failure_rate > 2% for 5 minutes",
        *("playback_failure_rate", ">", 2, "%", None, 5, 0.02),
    ),
    (
        "buffering_time_p95 > 2s for 10 minutes",
        *("buffering_time_p95", ">", 2, "s", None, 10, 2000),
    ),
    ("p95_latency > 2x SLO for 10 minutes", "p95_latency", ">", 2, "x", "slo", 10, 2),
    ("p99_latency > 3x SLO for 5 minutes", "p99_latency", ">", 3, "x", "slo", 5, 3),
    (
        "error_budget_burn_rate > 5x normal for 1 hour",
        *("error_budget_burn_rate", ">", 5, "x", "normal", 60, 5),
    ),
    (
        "export_failure_rate > 2% for 15 minutes",
        *("export_failure_rate", ">", 2, "%", None, 15, 0.02),
    ),
    ("p50_latency > 20s for 30 minutes", "p50_latency", ">", 20, "s", None, 30, 20_000),
    ("error_budget_remaining < 30%", "error_budget_remaining", "<", 30, "%", None, None, 0.3),
    ("CPU > 70% for 15 minutes", "CPU", ">", 70, "%", None, 15, 0.7),
    ("Memory > 80% for 10 minutes", "Memory", ">", 80, "%", None, 10, 0.8),
    ("Disk > 85%", "Disk", ">", 85, "%", None, None, 0.85),
    (
        "API latency P95 > 1.5x SLO for 10 minutes",
        *("API latency P95", ">", 1.5, "x", "slo", 10, 1.5),
    ),
    ("CPU < 30% for 1 hour", "CPU", "<", 30, "%", None, 60, 0.3),
    ("Memory < 40% for 1 hour", "Memory", "<", 40, "%", None, 60, 0.4),
    (
        "API latency P95 < 0.5x SLO for 1 hour",
        *("API latency P95", "<", 0.5, "x", "slo", 60, 0.5),
    ),
]


@pytest.mark.parametrize(
    ("text", "metric", "op", "value", "unit", "relative", "minutes", "amount"), DOCUMENT
)
def test_each_comparison_of_the_document(
    text: str,
    metric: str,
    op: str,
    value: float,
    unit: str,
    relative: str | None,
    minutes: int | None,
    amount: float,
) -> None:
    parsed = parse(text)
    assert isinstance(parsed, Comparison)
    assert (parsed.metric, parsed.op, parsed.value, parsed.unit) == (metric, op, value, unit)
    assert parsed.relative == relative
    assert parsed.window == (None if minutes is None else minutes * MINUTE)
    assert parsed.amount == amount
    assert parsed.text == text


def test_alternatives_over_several_lines() -> None:
    text = "failure_rate > 5% for 5 minutes\nOR\ntotal_failures > 50 in 10 minutes\n"
    parsed = parse(text)
    assert isinstance(parsed, Any)
    assert parsed.parts == (
        parse("failure_rate > 5% for 5 minutes"),
        parse("total_failures > 50 in 10 minutes"),
    )


def test_and_binds_tighter_than_or_and_parentheses_group() -> None:
    a, b, c = parse("a > 1"), parse("b > 2"), parse("c > 3")
    assert parse("a > 1 OR b > 2 AND c > 3") == Any((a, All((b, c))))
    assert parse("(a > 1 OR b > 2) AND c > 3") == All((Any((a, b)), c))
    assert parse("((a > 1))") == a
    assert [found.metric for found in comparisons(parse("a > 1 or (b > 2 and c > 3)"))] == [
        "a",
        "b",
        "c",
    ]


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("a>2s for 5m", "a > 2 s for 5 minutes"),
        ("a > 2x slo for 1h", "a > 2x SLO for 60 min"),
        ("  a  >  5 %   FOR  1 day ", "a > 5% for 24 hours"),
        ("two  words > 1", "two words > 1"),
    ],
)
def test_spelling_does_not_matter(text: str, same: str) -> None:
    def meaning(comparison: Comparison) -> tuple[object, ...]:
        return (comparison.metric, comparison.op, comparison.amount, comparison.window)

    assert meaning(*comparisons(parse(text))) == meaning(*comparisons(parse(same)))


def test_names_that_begin_like_keywords_are_names() -> None:
    names = [found.metric for found in comparisons(parse("orders > 5 OR android_share < 3%"))]
    assert names == ["orders", "android_share"]


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("a > 0.07% for 1 hour", 0.0007),
        ("a > 1.1 s for 1 hour", 1100),
        ("a > 250 ms for 1 hour", 250),
        ("a > 2 min for 1 hour", 120_000),
        ("a > 12 Mbps for 1 hour", 12),
        ("a > 6 pictures/s for 1 hour", 6),
    ],
)
def test_amounts_are_exact_ratios_milliseconds_or_plain(text: str, amount: float) -> None:
    (comparison,) = comparisons(parse(text))
    assert comparison.amount == amount


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "column 1: expected ( or a metric, found the end"),
        ("failure_rate", "column 13: expected > or <, found the end"),
        ("failure_rate = 5%", "column 14: expected > or <, found '='"),
        ("failure_rate >= 5%", "column 15: expected a number, found '='"),
        ("> 5%", "column 1: expected ( or a metric, found '>'"),
        ("a > -3", "column 5: expected a number, found '-'"),
        ("a > five", "column 5: expected a number, found 'five'"),
        ("a > 5 OR", "column 9: expected ( or a metric, found the end"),
        ("a > 5 AND (b < 3", "column 17: expected ), found the end"),
        ("a > 5% for 1 h; b", "column 15: expected AND or OR, found ';'"),
        ("(a > 5% for 1 h; b", "column 16: expected ), AND or OR, found ';'"),
        ("a > 5% for", "column 11: expected a number, found the end"),
        ("a > 5% for 5", "column 13: expected a unit, found the end"),
        (
            "a > 5% for 5 parsecs",
            "column 12: expected a duration such as 90 s, 15 min, 48 h or 30d, found '5 parsecs'",
        ),
        ("a > 5% for 90 s", "column 12: expected whole minutes, found '90 s'"),
        ("a > 5x for 1 hour", "column 6: expected a multiple as '2x SLO' or '5x normal'"),
        ("a > 5 SLO", "column 5: expected a multiple as '2x SLO' or '5x normal'"),
        ("a > 5% in 1 h\nOR\nb ! 3", "line 3, column 3: expected > or <, found '!'"),
    ],
)
def test_what_does_not_parse_is_told_with_its_column(text: str, sentence: str) -> None:
    with pytest.raises(SloError) as caught:
        parse(text)
    assert str(caught.value).startswith(sentence)


def test_an_unknown_metric_is_told_with_the_nearest() -> None:
    known = ["failure_rate", "total_failures"]
    with pytest.raises(SloError) as caught:
        parse("total_failures > 5 in 1 hour OR failur_rate > 5% for 5 minutes", known)
    assert str(caught.value) == (
        "column 33: no metric is called 'failur_rate', did you mean 'failure_rate'?"
    )
    with pytest.raises(SloError) as caught:
        parse("zzz > 5", known)
    assert str(caught.value) == (
        "column 1: no metric is called 'zzz', the catalogue's terms are: "
        "failure_rate, total_failures"
    )


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("latency_p50", "'p50_latency'"),  # p95_latency looks as much like it
        ("P95 Latency", "'p95_latency'"),
        ("p95latency", "'p95_latency'"),
        ("p95_latenzy", "'p95_latency'"),
        ("cpu", "'CPU'"),
        (
            "burn_rate",
            "'error_budget_burn_rate'",
        ),  # not 'error_rate', which is nearer letter by letter
        ("latency", "'p50_latency' or 'p95_latency'"),
    ],
)
def test_the_metric_that_was_meant_is_suggested(name: str, meant: str) -> None:
    known = ["p50_latency", "p95_latency", "error_budget_burn_rate", "error_rate", "CPU"]
    with pytest.raises(SloError) as caught:
        parse(f"{name} > 5", known)
    assert str(caught.value).endswith(f"did you mean {meant}?")


def test_a_comparison_knows_its_place() -> None:
    places = [it.place for it in comparisons(parse("a > 1 OR\n  (b > 2 AND c > 3)"))]
    assert places == ["line 1, column 1", "line 2, column 4", "line 2, column 14"]
