"""Promises that changed: figures before a change are held against what was promised then."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from slo_core.budget.policy import policy_histories
from slo_core.catalog import Catalog, parse_catalog
from slo_core.errors import SloError
from slo_core.figures.rules import target_words
from slo_core.register import read_maintenance
from slo_core.review.month import parse_month
from slo_core.review.targets import count_months, months
from slo_core.rollup import as_of
from slo_core.status import status
from tests.small import ROOT, STUDIO, small_rollup

TEXT = (ROOT / "data" / "studio.yaml").read_text("utf-8")
TARGET = """        target: 0.995
        budgeted: true
"""
DATED = """        target: 0.999
        effective_from: 2025-03-16
        earlier:
          - {effective_from: 2025-01-01, document: 99.0%, target: 0.99}
          - {effective_from: 2025-02-01, document: 99.5%, target: 0.995}
        budgeted: true
"""
SONGS = ("song_generation", "success_rate")


def dated(old: str = TARGET, new: str = DATED) -> Catalog:
    assert old in TEXT
    return parse_catalog(TEXT.replace(old, new, 1), name="studio.yaml")


@pytest.mark.parametrize(
    ("moment", "target", "words", "before"),
    [
        (datetime(2024, 7, 1), 0.99, "99.0%", 0),  # as first promised, also before its date
        (datetime(2025, 1, 15), 0.99, "99.0%", 0),
        (datetime(2025, 2, 1), 0.99, "99.0%", 0),  # a look at midnight is of the day before
        (datetime(2025, 2, 1, 0, 1), 0.995, "99.5%", 1),
        (datetime(2025, 3, 16), 0.995, "99.5%", 1),
        (datetime(2025, 3, 16, 0, 1), 0.999, "99.5%", 2),
    ],
)
def test_the_catalogue_of_a_moment(
    moment: datetime, target: float, words: str, before: int
) -> None:
    found = dated().at(moment).objective(*SONGS)
    assert (found.target, found.document, len(found.earlier)) == (target, words, before)


def test_a_catalogue_without_changes_is_the_same_at_any_time() -> None:
    assert STUDIO.at(datetime(2020, 1, 1)) is STUDIO
    assert STUDIO.changes == ()
    assert dated().changes == (date(2025, 2, 1), date(2025, 3, 16))


def test_the_rule_says_since_when_and_what_was_before() -> None:
    catalog = dated()
    assert target_words(catalog, catalog.objective(*SONGS)) == (
        "At least 99.9 % over 30d, since 2025-03-16; before that, 99.0% from 2025-01-01, 99.5% "
        "from 2025-02-01."
    )


def test_an_earlier_threshold_is_counted_at_still() -> None:
    new = """        threshold: {below: 25000, unit: ms}
        effective_from: 2025-03-16
        earlier:
          - effective_from: 2025-01-01
            document: < 30 seconds
            target: 0.95
            threshold: {below: 30000, unit: ms}
"""
    catalog = dated("        threshold: {below: 30000, unit: ms}\n", new)
    values = {cut.value for cut in catalog.cuts("song_generation")}
    assert {25000.0, 30000.0} <= values
    earlier = catalog.at(datetime(2025, 2, 1)).objective("song_generation", "latency_p95")
    assert earlier.threshold is not None
    assert earlier.threshold.value == 30000


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("        effective_from: 2025-03-16\n", "", "expected the day from which it is promised"),
        ("2025-02-01", "2025-01-01", "found 2025-01-01 before 2025-01-01"),
        ("2025-03-16", "2025-02-01", "found 2025-02-01 before 2025-02-01"),
        ("target: 0.99}", "target: 99}", "expected a share above 0 and below 1, found 99"),
    ],
)
def test_what_cannot_be_is_one_sentence(old: str, new: str, said: str) -> None:
    assert old in DATED
    with pytest.raises(SloError, match=r"song_generation\.success_rate") as raised:
        dated(new=DATED.replace(old, new, 1))
    assert said in str(raised.value)


def test_figures_before_a_change_use_the_target_of_that_time(tmp_path: Path) -> None:
    # 25 songs an hour, and one in every fourth hour fails: 99 %. From 16 March on 99.9 % is
    # promised, before that 99.5 %, of which 1 % bad is twice what is allowed, and 99.0 % at first.
    start = datetime(2025, 1, 10)
    rows = [
        {
            "ts": start + hour * timedelta(hours=1) + timedelta(seconds=number),
            "journey": "song_generation",
            "status": 500 if number == 0 and hour % 4 == 0 else 200,
        }
        for hour in range(24 * 66)
        for number in range(25)
    ]
    rollup = small_rollup(tmp_path, {"requests": rows}, dated())

    def burn(at: datetime) -> tuple[float, float]:
        found = status(rollup, at)["objectives"][0]
        return found["target"], round(found["burn_rate"]["24h"], 9)

    assert burn(datetime(2025, 2, 1)) == (0.99, 1.0)
    assert burn(datetime(2025, 2, 1, 0, 1)) == (0.995, 2.0)
    assert burn(datetime(2025, 3, 17)) == (0.999, 10.0)
    # The first state, after a week at 99.0 %: nothing left, as it was known then. By the target of
    # now it would be -900 %.
    states = policy_histories(rollup, datetime(2025, 3, 17))["song_generation"]
    assert states["remaining_ratio"].iloc[0] == pytest.approx(0.0, abs=1e-9)
    assert as_of(rollup, datetime(2025, 2, 1)) is as_of(rollup, datetime(2025, 1, 20))
    assert as_of(rollup, datetime(2025, 3, 17)) is rollup


SPLIT = """        target: 0.9
        per_platform: true
        effective_from: 2025-02-11
        earlier:
          - {effective_from: 2025-01-01, document: 99.0%, target: 0.9, per_platform: false}
        budgeted: true
"""


def test_a_split_is_no_promise_of_the_time_before_it(tmp_path: Path) -> None:
    # Of 8 songs on the web an hour none fails, of 2 on iOS one: 10 % of all, 50 % of those on iOS.
    # That is all of what 90 % allow, and, once each platform counts, five times as much.
    start = datetime(2025, 1, 10)
    rows = [
        {
            "ts": start + hour * timedelta(hours=1) + timedelta(seconds=number),
            "journey": "song_generation",
            "platform": "web" if number < 8 else "ios",
            "status": 500 if number == 9 else 200,
        }
        for hour in range(24 * 40)
        for number in range(10)
    ]
    catalog = dated(new=SPLIT)
    assert catalog.objective(*SONGS).split_since == date(2025, 2, 11)
    rollup = small_rollup(tmp_path, {"requests": rows}, catalog)
    split = status(rollup, datetime(2025, 2, 11, 0, 1))["objectives"][0]
    before = status(rollup, datetime(2025, 2, 11))["objectives"][0]
    assert (before["sli"], split["sli"]) == (0.9, 0.5)

    def left(at: datetime) -> list[float]:
        found = policy_histories(rollup, at)["song_generation"]["remaining_ratio"]
        return [float(it) for it in found]

    assert left(datetime(2025, 2, 11)) == pytest.approx([0.0], abs=1e-9)
    # Of the state that lasts, what was left when it began: on 17 January, by the promise of then.
    assert left(datetime(2025, 2, 18)) == pytest.approx([0.0], abs=1e-9)
    # The strip of months: January's is of all songs, and February, at whose end it is split, of
    # those on iOS.
    month = parse_month("2025-02", datetime(2025, 3, 1))
    counted = count_months(rollup, month, read_maintenance(tmp_path))
    strip = {
        it["month"]: it["sli"]
        for it in months(counted)
        if (it["journey"], it["objective"]) == SONGS
    }
    assert (strip["2025-01"], strip["2025-02"]) == (0.9, 0.5)


def test_since_when_a_promise_is_split() -> None:
    two = SPLIT.replace(
        "          - {effective_from: 2025-01-01, document: 99.0%, target: 0.9, "
        "per_platform: false}\n",
        "          - {effective_from: 2025-01-01, document: 99.0%, target: 0.9}\n"
        "          - {effective_from: 2025-01-15, document: 99.0%, target: 0.8, "
        "per_platform: false}\n"
        "          - {effective_from: 2025-02-01, document: 99.0%, target: 0.8}\n",
    )
    own = dated(new=two).objective(*SONGS)
    # The one of 1 February was split already; the first one was not, as the next one says.
    assert own.split_since == date(2025, 2, 1)
    assert own.on(date(2025, 1, 2)).per_platform is False
    assert own.on(date(2025, 2, 1)).per_platform is True
    assert STUDIO.objective("publishing", "platform_sync").split_since is None
    assert dated().objective(*SONGS).split_since is None
