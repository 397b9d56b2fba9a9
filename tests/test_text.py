"""Numbers as people read them. Every expected text is worked out by hand."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from slo_core import text

NAN = float("nan")


@pytest.mark.parametrize(
    ("ratio", "shown"),
    [
        (0.9995, "99.95 %"),
        (0.998, "99.8 %"),
        (0.6, "60 %"),
        (1.0, "100 %"),
        (0.0, "0 %"),
        (0.99996, "99.996 %"),  # two decimals would say 100
        (0.999999999, "99.9999999 %"),  # one failure in a thousand million is not none
        (0.0000123, "0.001 %"),  # two decimals would say 0
        (-4.69e-14, "0 %"),  # noise of floats, not a debt
        (-0.25, "-25 %"),
        (1.2, "120 %"),
        (12.345678, "1,234.57 %"),
        (None, "no data"),
        (NAN, "no data"),
    ],
)
def test_percent(ratio: float | None, shown: str) -> None:
    assert text.percent(ratio) == shown


@pytest.mark.parametrize(
    ("ratio", "target", "shown"),
    [
        (0.994999, 0.995, "99.4999 %"),  # missed, so it may not read 99.5 %
        (0.995, 0.995, "99.5 %"),
        (0.9950004, 0.995, "99.50004 %"),  # met by a hair
        (0.998, 0.995, "99.8 %"),
        (0.07, 0.07, "7 %"),  # 0.07 * 100 is 7.000000000000001
        (0.00100004, 0.001, "0.100004 %"),
    ],
)
def test_percent_never_reaches_the_target_by_rounding(
    ratio: float, target: float, shown: str
) -> None:
    assert text.percent(ratio, against=target) == shown


def test_percent_with_fewer_digits() -> None:
    assert text.percent(0.43216, digits=0) == "43 %"
    assert text.percent(0.996, digits=0) == "99.6 %"  # not 100
    assert text.percent(0.3004, digits=0, against=0.3) == "30.04 %"


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (1240, "1,240"),
        (2500.0, "2,500"),
        (2500.0000000000005, "2,500"),
        (1499.9999999999998, "1,500"),
        (83.33333, "83.3"),
        (2.5, "2.5"),
        (0.04, "0.04"),  # fewer than one failure allowed is not none
        (0, "0"),
        (-310, "-310"),
        (-0.0, "0"),
        (None, "no data"),
        (NAN, "no data"),
    ],
)
def test_count(number: float | None, shown: str) -> None:
    assert text.count(number) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [(1, "1 day"), (0, "0 days"), (2, "2 days"), (1500, "1,500 days"), (None, "no data")],
)
def test_counted(number: float | None, shown: str) -> None:
    assert text.counted(number, "day") == shown


def test_several_words_are_one_list_in_a_sentence() -> None:
    told = [text.listed(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])]
    assert told == ["", "a", "a and b", "a, b and c"]
    assert text.listed(["a", "b", "c"], "or") == "a, b or c"


def test_counted_with_an_odd_plural() -> None:
    assert [text.counted(n, "entry", "entries") for n in (1, 2)] == ["1 entry", "2 entries"]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (84, "1 min 24 s"),
        (2592, "43 min 12 s"),  # 0.1 % of 30 days
        (59.7, "1 min"),
        (3599.9, "1 h"),
        (3600, "1 h"),
        (7500, "2 h 5 min"),
        (86_399, "1 d"),
        (273_600, "3 d 4 h"),
        (0.35, "350 ms"),
        (0.0004, "0.4 ms"),
        (1.24, "1.2 s"),
        (12.4, "12 s"),
        (0, "0 s"),
        (-84, "-1 min 24 s"),
        (-1e-12, "0 s"),
        (None, "no data"),
    ],
)
def test_duration(seconds: float | None, shown: str) -> None:
    assert text.duration(seconds) == shown


@pytest.mark.parametrize(
    ("milliseconds", "against", "shown"),
    [
        (350.4, None, "350 ms"),
        (3.44, None, "3.4 ms"),
        (999.6, None, "1 s"),
        (1240, None, "1.24 s"),
        (12_400, None, "12.4 s"),
        (125_000, None, "2 min 5 s"),
        (0, None, "0 ms"),
        (29_996, 30_000, "29.996 s"),  # met, so it may not read 30 s
        (30_000, 30_000, "30 s"),
        (30_004, 30_000, "30.004 s"),
        (199.8, 200, "199.8 ms"),
        (119_999, 120_000, "119.999 s"),
        (299_800, 300_000, "299.8 s"),  # whole seconds would say 5 min
        (299_000, 300_000, "4 min 59 s"),
        (None, None, "no data"),
    ],
)
def test_latency(milliseconds: float | None, against: float | None, shown: str) -> None:
    assert text.latency(milliseconds, against=against) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (0, "0 B"),
        (512, "512 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (1_240_000, "1.2 MB"),
        (999_960, "1 MB"),
        (123_456_789, "123 MB"),
        (5_000_000_000_000_000, "5,000 TB"),
        (None, "no data"),
    ],
)
def test_size(number: float | None, shown: str) -> None:
    assert text.size(number) == shown


@pytest.mark.parametrize(
    ("times", "shown"),
    [
        (0.4, "0.4×"),
        (2.884, "2.88×"),
        (14.44, "14.4×"),
        (1, "1×"),
        (0.9996, "0.9996×"),  # under budget
        (1.0004, "1.0004×"),  # over budget
        (0, "0×"),
        (0.0012, "0.001×"),
        (None, "no data"),
    ],
)
def test_factor(times: float | None, shown: str) -> None:
    assert text.factor(times) == shown


@pytest.mark.parametrize(
    ("value", "unit", "against", "shown"),
    [
        (0.0004, "ratio", 0.001, "0.04 %"),
        (28_412.7, "ms", 30_000, "28.4 s"),
        (0.0996, "1", 0.1, "0.0996"),  # CLS under 0.1
        (5.004, "Mbps", 5, "5.004 Mbps"),
        (12.34, "Mbps", 5, "12.3 Mbps"),
        (84, "seconds", None, "1 min 24 s"),
        (None, "ms", 30_000, "no data"),
    ],
)
def test_figure_speaks_the_documents_units(
    value: float | None, unit: str, against: float | None, shown: str
) -> None:
    assert text.figure(value, unit, against=against) == shown


@pytest.mark.parametrize(
    ("remaining", "allowed", "unit", "shown"),
    [
        (1240, 2500, "failures", "1,240 of 2,500 failures left"),
        (-310, 2500, "failures", "310 failures over the 2,500 allowed"),
        (0, 2500, "failures", "0 of 2,500 failures left"),
        (-4.69e-12, 2500, "failures", "0 of 2,500 failures left"),
        (1872, 2592, "seconds", "31 min 12 s of 43 min 12 s left"),
        (-84, 2592, "seconds", "1 min 24 s over the 43 min 12 s allowed"),
        (None, 2500, "failures", "no data"),
    ],
)
def test_budget_left(remaining: float | None, allowed: float | None, unit: str, shown: str) -> None:
    assert text.budget_left(remaining, allowed, unit) == shown


@pytest.mark.parametrize(
    ("number", "unit", "shown"),
    [
        (1, "failures", "1 failure"),
        (0, "failures", "0 failures"),
        (1240, "failures", "1,240 failures"),
        (1.0, "slow requests", "1 slow request"),
        (1, "values off the mark", "1 value off the mark"),
        (84, "seconds", "1 min 24 s"),
        (None, "failures", "no data"),
    ],
)
def test_an_amount_of_one_is_in_the_singular(number: float | None, unit: str, shown: str) -> None:
    assert text.amount(number, unit) == shown


def test_clock_and_span_say_utc() -> None:
    assert text.clock(datetime(2025, 3, 31)) == "2025-03-31 00:00 UTC"
    assert text.clock(datetime(2025, 3, 30, 23, 59, 58)) == "2025-03-30 23:59:58 UTC"
    assert text.clock(None) == "no data"
    week = text.span(datetime(2025, 3, 31), timedelta(days=7))
    assert week == "2025-03-24 00:00 to 2025-03-31 00:00 UTC"


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (datetime(2025, 3, 1), datetime(2025, 4, 1), "1 to 31 March 2025"),
        (datetime(2025, 1, 1), datetime(2025, 4, 1), "1 January to 31 March 2025"),
        (datetime(2024, 12, 1), datetime(2025, 1, 2), "1 December 2024 to 1 January 2025"),
        (datetime(2025, 3, 1), datetime(2025, 3, 20, 14, 30), "1 to 20 March 2025, 14:30"),
        (datetime(2025, 3, 1), datetime(2025, 3, 20), "1 to 19 March 2025"),
    ],
)
def test_whole_days_are_told_with_the_last_one_included(
    start: datetime, end: datetime, words: str
) -> None:
    assert text.dates(start, end) == words


def test_the_longest_of_some_spans_are_listed_in_order_of_time() -> None:
    day = datetime(2025, 3, 1)
    spans = [(day + timedelta(hours=n), day + timedelta(hours=n, minutes=n)) for n in (1, 3, 2)]
    assert text.longest(spans, 2) == (
        "2025-03-01 02:00 to 2025-03-01 02:02 UTC (2 min); "
        "2025-03-01 03:00 to 2025-03-01 03:03 UTC (3 min) and 1 shorter one"
    )
    assert text.longest(spans[:1]) == "2025-03-01 01:00 to 2025-03-01 01:01 UTC (1 min)"
    assert text.longest([]) == ""


@pytest.mark.parametrize(
    "show", [text.percent, text.count, text.duration, text.latency, text.size, text.factor]
)
def test_an_absent_number_is_no_data_never_zero(show: Callable[[float | None], str]) -> None:
    assert show(None) == show(NAN) == "no data"
