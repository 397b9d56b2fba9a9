"""A proposed change of a promise: the YAML with one value changed, and what it would have meant."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from slo_core.catalog import parse_catalog
from slo_core.errors import SloError
from slo_core.logs.store import open_store
from slo_core.register import Actor
from slo_core.review.locks import keep
from slo_core.review.notes import read_notes
from slo_core.review.proposal import (
    Proposal,
    accept,
    accepted,
    day_of,
    decide,
    effect,
    propose,
)
from slo_core.review.quarter import parse_quarter
from slo_core.rollup import Rollup, refresh
from slo_core.status import status
from tests.commands.test_commands import run, sentence
from tests.random_logs import write_tables
from tests.review.first_quarter import END
from tests.small import ROOT, STUDIO

TEXT = (ROOT / "data" / "studio.yaml").read_text("utf-8")
SHOP = (ROOT / "tests" / "shop.yaml").read_text("utf-8")
DAY = date(2025, 4, 1)
ADA, Q1 = Actor("Ada"), parse_quarter("2025-Q1", END)


def proposed(change: str, text: str = TEXT, day: date = DAY) -> Proposal:
    return propose(text, change, day, name="mine.yaml")


def changed(found: Proposal) -> list[str]:
    """The lines that are taken away or added."""
    lines = found.diff.splitlines()[2:]
    return [line[0] + line[1:].strip() for line in lines if line[0] in "+-"]


def test_one_value_is_changed_and_everything_else_stays() -> None:
    found = proposed("target:song_generation.success_rate=99.9%")
    assert changed(found) == [
        "-version: 1",
        "+version: 2",
        "-effective_from: 2025-01-01",
        "+effective_from: 2025-04-01",
        "-document: 99.5%",
        "+document: 99.9%",
        "-target: 0.995",
        "+target: 0.999",
        "+effective_from: 2025-04-01",
        "+earlier:",
        '+- {effective_from: 2025-01-01, document: "99.5%", target: 0.995}',
        # A fifth may fail, and the month's allocation follows: 500 in place of 2,500.
        "+- {effective_from: 2025-04-01, estimated_requests: 500000, allowed: 500, "
        "hourly: {warning_from: 10, critical_above: 20}}",
    ]
    # Comments and order are as they were.
    kept = [line for line in TEXT.splitlines() if line.lstrip().startswith("#")]
    assert [line for line in found.after.splitlines() if line.lstrip().startswith("#")] == kept
    own = found.catalog.objective("song_generation", "success_rate")
    assert (own.target, own.effective_from) == (0.999, DAY)
    assert found.catalog.at(datetime(2025, 3, 1)).objective(*found.key).target == 0.995


@pytest.mark.parametrize(
    ("change", "lines"),
    [
        (
            "threshold:song_generation.latency_p95=25s",
            {"-document: < 30 seconds", "+document: < 25 seconds"}
            | {"-threshold: {below: 30000, unit: ms}", "+threshold: {below: 25000, unit: ms}"},
        ),
        (
            "threshold:publishing.publish_time_p50=90s",
            {"-document: < 2 minutes", "+document: < 1.5 minutes"},
        ),
        (
            "threshold:audio_export.download_speed=7",
            {'-document: "> 5 Mbps"', '+document: "> 7 Mbps"'},
        ),
        (
            "target:api.error_rate=99.5%",
            {"-document: < 0.1%", "+document: < 0.5%"}
            | {
                "-threshold: {below: 0.001, unit: ratio}",
                "+threshold: {below: 0.005, unit: ratio}",
            },
        ),
        (
            "target:publishing.platform_sync=99%",
            {"-document: 98% per platform", "+document: 99% per platform"},
        ),
        (
            "target:api.availability=99.95%",
            {
                "+- {effective_from: 2025-04-01, share_of_month: 0.0005, "
                "hourly: {warning_from: 10, critical_above: 30}}"
            },
        ),
    ],
)
def test_words_and_thresholds_follow(change: str, lines: set[str]) -> None:
    assert lines <= set(changed(proposed(change)))


def test_changes_follow_each_other() -> None:
    first = proposed("threshold:web.lcp_p75=2000")
    # On the same day another promise may change too, and the first one again on a later day.
    other = proposed("target:api.availability=99.95%", first.after)
    again = proposed("threshold:web.lcp_p75=1800", other.after, date(2025, 7, 1))
    own = again.catalog.objective("web", "lcp_p75")
    assert again.catalog.version == 4
    assert [it.effective_from for it in own.earlier] == [date(2025, 1, 1), DAY]
    assert own.threshold is not None
    assert own.threshold.value == 1800
    looks = (datetime(2025, 3, 1), datetime(2025, 5, 1), datetime(2025, 8, 1))
    held = [again.catalog.at(it).objective("web", "lcp_p75").threshold for it in looks]
    assert [it and it.value for it in held] == [2500, 2000, 1800]
    assert again.catalog.changes == (DAY, date(2025, 7, 1))


def test_a_split_is_a_word_more_and_the_allocation_stays() -> None:
    found = proposed("split:song_generation.success_rate")
    assert changed(found) == [
        "-version: 1",
        "+version: 2",
        "-effective_from: 2025-01-01",
        "+effective_from: 2025-04-01",
        "-document: 99.5%",
        "+document: 99.5% per platform",
        "+per_platform: true",
        "+effective_from: 2025-04-01",
        "+earlier:",
        '+- {effective_from: 2025-01-01, document: "99.5%", target: 0.995, per_platform: false}',
    ]
    assert found.text == "split:song_generation.success_rate"


@pytest.mark.parametrize("split_first", [True, False])
def test_a_split_and_another_target_follow_each_other(split_first: bool) -> None:
    key, july = ("song_generation", "success_rate"), date(2025, 7, 1)
    changes = ["split:song_generation.success_rate", "target:song_generation.success_rate=99.9%"]
    one, other = changes if split_first else changes[::-1]
    catalog = proposed(other, proposed(one).after, july).catalog
    looks = (datetime(2025, 3, 1), datetime(2025, 5, 1), datetime(2025, 8, 1))
    own = [catalog.at(it).objective(*key) for it in looks]
    assert [it.per_platform for it in own] == [False, split_first, True]
    assert [it.target for it in own] == [0.995, 0.995 if split_first else 0.999, 0.999]


def test_a_no_becomes_a_yes() -> None:
    text = TEXT.replace(
        "        target: 0.995\n        budgeted: true\n",
        "        target: 0.995\n        per_platform: false\n        budgeted: true\n",
        1,
    )
    assert text != TEXT
    found = proposed("split:song_generation.success_rate", text)
    assert {"-per_platform: false", "+per_platform: true"} <= set(changed(found))
    assert found.catalog.objective(*found.key).per_platform


def test_an_objective_on_one_line_is_changed_on_it() -> None:
    block = """      - id: refused
        name: Refused
        document: under 2%
        window: 14d
        target: 0.98
        indicator: {kind: success}
        threshold: {below: 0.02, unit: ratio}
"""
    line = (
        "      - {id: refused, name: Refused, document: under 2%, window: 14d, target: 0.98, "
        "indicator: {kind: success}, threshold: {below: 0.02, unit: ratio}}\n"
    )
    assert block in SHOP
    found = proposed("target:checkout.refused=99%", SHOP.replace(block, line), date(2026, 1, 1))
    own = found.catalog.objective("checkout", "refused")
    assert (own.target, own.document, own.earlier[0].target) == (0.99, "under 1%", 0.98)
    found = proposed("split:checkout.refused", SHOP.replace(block, line), date(2026, 1, 1))
    own = found.catalog.objective("checkout", "refused")
    assert (own.per_platform, own.earlier[0].per_platform) == (True, False)
    assert own.document == "under 2% per platform"


@pytest.mark.parametrize(
    ("change", "text", "day", "said"),
    [
        ("traffic:2", TEXT, DAY, "is no proposal"),
        ("target:api.availability=99.9%", TEXT, DAY, "is promised so already"),
        ("target:api.availability=99%; target:web.lcp_p75=80%", TEXT, DAY, "is no proposal"),
        ("target:nowhere.x=99%", TEXT, DAY, "nowhere"),
        ("split:publishing.platform_sync", TEXT, DAY, "is promised so already"),
        ("split:api.availability", TEXT, DAY, "only a success rate is split"),
        ("split:api.latency_p95", TEXT, DAY, "only a success rate is split"),
        ("split:nowhere.x", TEXT, DAY, "nowhere"),
        ("target:api.availability=99%", TEXT, date(2024, 6, 1), "must be of a later day"),
        (
            "target:api.availability=99%",
            TEXT.replace(
                "target: 0.999\n        budgeted: true\n        indicator: {kind: avail",
                "target: &t 0.999\n        budgeted: true\n        indicator: {kind: avail",
            ).replace(
                "target: 0.999\n        indicator: {kind: success}\n        threshold: {below: "
                "0.001",
                "target: *t\n        indicator: {kind: success}\n        threshold: {below: 0.001",
            ),
            DAY,
            "anchor",
        ),
    ],
)
def test_what_cannot_be_is_one_sentence(change: str, text: str, day: date, said: str) -> None:
    with pytest.raises(SloError, match=said):
        proposed(change, text, day)


def test_the_effect_on_a_quarter_is_worked_out(first_quarter: Rollup) -> None:
    # February: 4 of 280 songs fail. At 99.5 % that is 2.86 times what may; at 98 % 71 %.
    found = effect(
        first_quarter,
        parse_quarter("2025-Q1", END),
        proposed("target:song_generation.success_rate=98%"),
    )
    months = found.months.set_index("month")
    assert months["met"].tolist() == [True, False, True]
    assert months["met_after"].tolist() == [True, True, True]
    assert months.loc["2025-02", "used"] == pytest.approx(4 / 1.4)
    assert months.loc["2025-02", "used_after"] == pytest.approx(4 / 5.6)
    assert months.loc["2025-02", ["allowed", "allowed_after"]].tolist() == [2500, 10000]
    assert not months["approximate"].any()
    assert found.words[0].startswith("Met in 2 of 3 months of the quarter as it is, in 3")
    assert "The month's allocation goes from 2,500 failures to 10,000 failures." in found.words
    alerts = found.alerts.set_index("alert")
    # Of 300 songs in 30 days 1.5 may fail at 99.5 %, and two do at once; of the 6 at 98 % a third
    # is left after all four, and the alert is about under 30 %.
    assert alerts.loc["StudioErrorBudgetWarning", "before"] >= 1
    assert alerts.loc["StudioErrorBudgetWarning", "after"] == 0
    assert "StudioExportFailures" not in alerts.index


def test_the_effect_of_a_split_is_that_of_the_worst_platform(first_quarter: Rollup) -> None:
    found = effect(
        first_quarter,
        parse_quarter("2025-Q1", END),
        proposed("split:song_generation.success_rate"),
    )
    # February: all four failures are among the 28 x 4 songs on iOS, of which 0.56 may fail.
    months = found.months.set_index("month")
    assert months["met_after"].tolist() == [True, False, True]
    assert months["sli_after"].tolist() == pytest.approx([1, 108 / 112, 1])
    assert months.loc["2025-02", "used_after"] == pytest.approx(4 / 0.56)
    assert months["allowed_after"].tolist() == [2500, 2500, 2500]
    assert found.words[1] == (
        "The worst month used 286 % of what its traffic allows, and would have used 714 %."
    )
    assert "The month's allocation stays 2,500 failures." in found.words


def test_another_threshold_is_answered_from_the_histogram(first_quarter: Rollup) -> None:
    found = effect(
        first_quarter,
        parse_quarter("2025-Q1", END),
        proposed("threshold:song_generation.latency_p95=9s"),
    )
    # Songs take 8 to 12.5 s: two of ten are surely under 9 s, and the one of 9 s is not.
    assert found.months["sli"].tolist() == [1.0, 1.0, 1.0]
    assert found.months["sli_after"].max() < 0.35
    assert found.months["met_after"].tolist() == [False] * 3
    assert any("within 2 %" in sentence for sentence in found.words)


def test_accepted_it_is_the_next_version(tmp_path: Path) -> None:
    folder, file = tmp_path / "data", tmp_path / "mine.yaml"
    file.write_text(TEXT, "utf-8")
    songs = [
        {"ts": END - n * timedelta(hours=8), "journey": "song_generation", "status": status}
        for n, status in enumerate([200, 500] + [200] * 98)
    ]
    write_tables(folder, {"requests": songs})
    given = ("--data", str(folder), "--catalog", str(file), "--at", "2025-04-01T00:00:00Z")
    change = "target:song_generation.success_rate=98%"
    asked = run("propose", change, *given, "--from", "2025-03-01", "--format", "json")
    assert asked.returncode == 0, asked.stderr
    stated = json.loads(asked.stdout)
    assert stated["quarter"] == "2025-Q1"
    assert "+        target: 0.98" in stated["diff"]
    assert file.read_text("utf-8") == TEXT  # asking changes nothing
    done = run("propose", change, *given, "--from", "2025-03-01", "--accept", "--as", "Ada")
    assert done.returncode == 0, done.stderr
    assert "version 2, from 2025-03-01 on" in done.stderr
    assert accepted(folder)["created_by"].tolist() == ["Ada"]
    rollup = refresh_of(folder, file)
    for day, target in ((datetime(2025, 3, 1), 0.995), (END, 0.98)):
        found = status(rollup, day)["objectives"][0]
        assert found["target"] == target
        assert found["met"] is (found["sli"] >= target)
    assert "promised so already" in sentence(run("propose", change, *given))


def refresh_of(folder: Path, file: Path) -> Rollup:
    return refresh(open_store(folder), parse_catalog(file.read_text("utf-8"), name=str(file)))


def test_a_file_that_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(TEXT + "# mine\n", "utf-8")
    with pytest.raises(SloError, match="changed meanwhile"):
        accept(tmp_path, ADA, Q1, file, proposed("target:api.availability=99.95%"))
    assert file.read_text("utf-8") == TEXT + "# mine\n"
    assert accepted(tmp_path).empty


def test_who_accepted_what_is_kept_and_a_decision_of_the_review(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(TEXT, "utf-8")
    file.chmod(0o640)
    found = proposed("target:api.availability=99.95%")
    with pytest.raises(SloError, match="may not write catalogue_changes: ask a manager"):
        accept(tmp_path, Actor("Rob", "responder"), Q1, file, found)
    assert file.read_text("utf-8") == TEXT
    accept(tmp_path, ADA, Q1, file, found)
    assert file.read_text("utf-8") == found.after
    assert file.stat().st_mode & 0o777 == 0o640
    assert sorted(it.name for it in tmp_path.iterdir() if "yaml" in it.name) == ["mine.yaml"]
    [own] = accepted(tmp_path).to_dict("records")
    assert own | {"created_at": None} == {
        "period": "2025-Q1",
        "catalogue": "mine.yaml",
        "catalogue_version": 2,
        "effective_from": "2025-04-01",
        "change": "target:api.availability=99.95%",
        "diff": found.diff,
        "created_at": None,
        "created_by": "Ada",
    }
    notes = read_notes(tmp_path, Q1).notes
    assert notes[["kind", "topic", "body"]].to_numpy().tolist() == [
        [
            "decision",
            "api/availability",
            "target:api.availability=99.95% from 2025-04-01 on: accepted, version 2 of mine.yaml.",
        ]
    ]


def test_after_the_lock_a_change_is_accepted_all_the_same(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(TEXT, "utf-8")
    keep(tmp_path, ADA, Q1, END, "{}")
    accept(tmp_path, ADA, Q1, file, proposed("target:api.availability=99.95%"))
    assert len(accepted(tmp_path)) == 1
    assert read_notes(tmp_path, Q1).notes.empty  # the locked review stays as it was
    with pytest.raises(SloError, match="is locked since"):
        decide(tmp_path, ADA, Q1, proposed("target:api.availability=99%"))


def test_a_decision_is_kept_in_the_register(tmp_path: Path) -> None:
    decide(tmp_path, ADA, Q1, proposed("target:api.availability=99.95%"))
    kept = read_notes(tmp_path, Q1).notes
    assert kept[["kind", "topic", "created_by"]].to_numpy().tolist() == [
        ["decision", "api/availability", "Ada"]
    ]
    assert kept["body"].tolist() == ["target:api.availability=99.95% from 2025-04-01 on."]
    assert read_notes(tmp_path, parse_quarter("2024-Q4", END)).notes.empty


def test_the_day_is_the_next_month_unless_it_is_named() -> None:
    assert day_of(None, datetime(2025, 1, 31)) == date(2025, 2, 1)
    assert day_of("2025-04-15", END) == date(2025, 4, 15)
    with pytest.raises(SloError, match='--from is "soon"'):
        day_of("soon", END, name="--from")


def test_the_catalogue_of_the_product_has_no_earlier_promises() -> None:
    assert STUDIO.changes == ()
