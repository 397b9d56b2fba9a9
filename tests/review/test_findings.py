"""Every kind of finding where it must appear, in its very words, and where it must not.

Figures are those of `tests.review.march`, but for what a case says.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import pandas as pd
import pytest

from slo_core.review.findings import KINDS, findings
from slo_core.review.frames import table
from slo_core.review.month import Month
from slo_core.review.monthly import Review
from slo_core.sli.breakdown import NOT_LOGGED
from tests.review.march import SONG

Change = Callable[[Review], Review]
Where = Mapping[str, Any]

SONGS = {"journey": SONG[0], "objective": SONG[1]}
SERVICE = {"service": SONG[0]}


def given(frame: str, where: Where, **values: Any) -> Change:
    """A review in which some rows of a frame are otherwise."""

    def change(review: Review) -> Review:
        rows = review[frame].astype("object").copy()
        chosen = pd.Series(True, index=rows.index)
        for column, value in where.items():
            chosen &= rows[column] == value
        assert chosen.any()
        for column, value in values.items():
            rows.loc[chosen, column] = value
        return replace(review, frames=review.frames | {frame: table(frame, rows)})

    return change


def only(frame: str, *rows: Mapping[str, Any]) -> Change:
    """A review whose frame has these rows and no others."""
    return lambda review: replace(review, frames=review.frames | {frame: table(frame, rows)})


def both(*changes: Change) -> Change:
    def change(review: Review) -> Review:
        for one in changes:
            review = one(review)
        return review

    return change


def as_it_is(review: Review) -> Review:
    return review


def cut_short(review: Review) -> Review:
    """The same, of a month that is not over."""
    return replace(review, month=Month(review.month.start, datetime(2025, 3, 20)))


def sides(ios: tuple[int, int], web: tuple[int, int]) -> Change:
    """Good and valid songs on two platforms, with what they come to."""
    good, valid = ios[0] + web[0], ios[1] + web[1]
    return both(
        only(
            "platforms",
            SONGS | {"platform": "ios", "good": ios[0], "valid": ios[1], "sli": ios[0] / ios[1]},
            SONGS | {"platform": "web", "good": web[0], "valid": web[1], "sli": web[0] / web[1]},
        ),
        given(
            "objectives",
            SONGS,
            sli=good / valid,
            met=good / valid >= 0.995,
            allowed=valid * 0.005,
            consumed=valid - good,
            used=(valid - good) / (valid * 0.005),
        ),
    )


def causes(first: float, second: float) -> Change:
    """What so many failures of two reasons, at two endpoints, have in common."""
    rows = [
        SONGS | {"dimension": dimension, "value": value, "bad": bad, "share": bad / 20}
        for dimension, values in (
            ("reason", ("server_error", "timeout")),
            ("endpoint", ("/v1/songs", "/v1/remix")),
        )
        for value, bad in zip(values, (first, second), strict=True)
    ]
    return only("parts", *rows)


CAUSE = SONGS | {"bad": 15, "share": 0.75}


def traffic(requests: int) -> Change:
    """A budget alone, whose estimate of 500,000 so many requests are far off."""
    more = {"objective": SONG[1], "name": "Song Generation", "unit": "failures", "allowed": 2500}
    more |= {"requests": requests, "expected": 500_000, "by_traffic": requests / 200}
    return only("budgets", SERVICE | more | {"off_estimate": True})


def gap(hours: float) -> Change:
    """So many hours in which no song was logged, and nothing else that is missing."""
    return only("quality", {"kind": "gap", "subject": SONG[0], "amount": hours, "note": "x"})


def begun(review: Review) -> Review:
    """The same where the first event of all is of the 10th."""
    assert review.span is not None
    return replace(review, span=(datetime(2025, 3, 10), review.span[1]))


def budget(allowed: float, consumed: float = 20) -> Change:
    left = allowed - consumed
    values = {"allowed": allowed, "consumed": consumed, "remaining": left}
    return given("budgets", SERVICE, **values, remaining_ratio=left / allowed)


def taken(incident: float, rest: float) -> Change:
    return both(
        given("impact", SERVICE | {"severity": "P1"}, total=incident, excess=incident),
        given("impact", SERVICE | {"title": "Everything else"}, total=rest),
    )


SYNC = {"journey": "publishing", "objective": "platform_sync"}


def synced(*platforms: tuple[str, float, int]) -> Change:
    """Platform sync on some platforms, each with its SLI and its valid events; a is the worst."""
    return both(
        given("objectives", SYNC, met=False, platform="a", sli=0.97, valid=200, used=1.5),
        only(
            "platforms",
            *(
                SYNC | {"platform": name, "good": sli * valid, "valid": valid, "sli": sli}
                for name, sli, valid in platforms
            ),
        ),
    )


# Of the 6 syncs that failed on a, the worst platform, whose budget is 4.
on_the_worst = both(
    synced(("a", 0.97, 200), ("b", 0.99, 200)),
    given("objectives", SYNC, consumed=6, allowed=4),
    only("parts", SYNC | {"dimension": "reason", "value": "timeout", "bad": 5, "share": 5 / 6}),
)


def fired(about: int, false: int) -> Change:
    row = {"alert": "A", "name": "Too slow", "severity": "P2", "minutes": None}
    return only("alerts", row | {"episodes": about + false, "about": about, "false": false})


def rated(**values: Any) -> Change:
    return given("feedback", {"journey": SONG[0]}, **values)


MISSED = "Song Generation: Success Rate was missed"
CASES: list[tuple[str, Change, list[str]]] = [
    (
        "missed",
        as_it_is,
        [f"{MISSED}, after it was met the month before: 99 % of at least 99.5 %."],
    ),
    (
        "missed",
        both(
            given("objectives", SONGS, met_before=False),
            given("months", SONGS | {"month": "2025-02"}, met=False),
        ),
        [f"{MISSED}, for the second month in a row: 99 % of at least 99.5 %."],
    ),
    (
        "missed",
        given("objectives", SONGS, allowed=0.8, met_before=None),
        [
            f"{MISSED}: 99 % of at least 99.5 %; it rests on few events, of which less than one "
            "might fail."
        ],
    ),
    ("missed", given("objectives", SONGS, met=True), []),
    ("missed", given("objectives", SONGS, met=None), []),
    (
        "overspent",
        budget(2500, 3000),
        ["Song Generation spent 120 % of its month's allocation: 3,000 of 2,500 failures."],
    ),
    ("overspent", as_it_is, []),
    ("overspent", budget(20), []),  # all of it is not more than all of it
    ("overspent", given("budgets", SERVICE, remaining=None, consumed=None), []),
    (
        "one_platform",
        as_it_is,
        [
            "Song Generation: Success Rate on ios cost 150 % of the budget; without it the target "
            "was met."
        ],
    ),
    (
        "one_platform",
        sides((485, 500), (1490, 1500)),
        [
            "Song Generation: Success Rate on ios cost 150 % of the budget; without it the target "
            "was missed all the same."
        ],
    ),
    (
        "one_platform",
        sides((494, 500), (1498, 1500)),
        ["Song Generation: Success Rate on ios cost 60 % of the budget."],
    ),
    ("one_platform", sides((495, 500), (1485, 1500)), []),  # each as its traffic
    ("one_platform", sides((500, 500), (1480, 1500)), []),  # all of it, but three quarters go there
    ("one_platform", sides((497, 500), (1500, 1500)), []),  # under a third of the budget
    ("one_platform", sides((80, 99), (1900, 1901)), []),  # too few went there to say
    (
        "some_platforms",
        synced(("a", 0.97, 200), ("b", 0.99, 200)),
        [
            "Publishing Workflow: Platform Sync Success was missed on a alone; the other platform "
            "met it."
        ],
    ),
    (
        "some_platforms",
        synced(("a", 0.97, 200), ("b", 0.99, 200), ("c", 0.98, 200), ("d", 0.9, 99)),
        [
            "Publishing Workflow: Platform Sync Success was missed on a alone; the other 2 "
            "platforms met it."
        ],
    ),
    ("some_platforms", synced(("a", 0.97, 200), ("b", 0.975, 200)), []),
    ("some_platforms", synced(("a", 0.97, 200), ("b", 0.99, 99)), []),  # b has too few to decide
    ("some_platforms", as_it_is, []),
    (
        "some_platforms",
        both(synced(("a", 0.97, 200), ("b", 0.99, 200)), given("objectives", SYNC, met=True)),
        [],
    ),
    (
        "one_cause",
        as_it_is,
        [
            "75 % of what was bad in Song Generation: Success Rate has one reason, server error: "
            "150 % of the budget."
        ],
    ),
    (
        "one_cause",
        on_the_worst,
        [
            "83 % of what was bad in Publishing Workflow: Platform Sync Success on a has one "
            "reason, timeout: 125 % of the budget."
        ],
    ),
    ("one_cause", causes(10, 10), []),
    ("one_cause", only("parts", CAUSE | {"dimension": "reason", "value": NOT_LOGGED}), []),
    # How much of the traffic an endpoint has nobody kept: most of the failures may be its part.
    ("one_cause", only("parts", CAUSE | {"dimension": "endpoint", "value": "/v1"}), []),
    ("one_cause", only("parts", CAUSE | {"dimension": "status", "value": "500"}), []),
    ("one_cause", given("objectives", SONGS, consumed=2), []),  # two failures tell nothing
    ("one_cause", given("objectives", SONGS, used=0.4), []),
    (
        "incident_cost",
        budget(50),
        ["Incident #1, A GPU pool fails, took 30 % of the month's allocation of Song Generation."],
    ),
    (
        "incident_cost",
        budget(12),
        [
            "Incident #1, A GPU pool fails, took 125 % of the month's allocation of Song "
            "Generation; without it the allocation would have lasted."
        ],
    ),
    (
        "incident_cost",
        budget(4),
        [
            "Incident #1, A GPU pool fails, took 375 % of the month's allocation of Song "
            "Generation; without it the allocation would have been overspent all the same."
        ],
    ),
    (
        "incident_cost",  # how much less it would have been without either nobody knows
        both(budget(12), given("impact", SERVICE | {"severity": "P1"}, shared=True)),
        ["Incident #1, A GPU pool fails, took 125 % of the month's allocation of Song Generation."],
    ),
    (
        "incident_cost",
        both(budget(12), given("impact", SERVICE | {"severity": "P1"}, excess=None)),
        ["Incident #1, A GPU pool fails, took 125 % of the month's allocation of Song Generation."],
    ),
    ("incident_cost", as_it_is, []),
    ("incident_cost", both(budget(50), taken(5, 15)), []),
    (
        "background",
        both(budget(40), taken(5, 15)),
        ["75 % of what Song Generation spent was outside of every incident of the register."],
    ),
    ("background", both(budget(40), taken(10, 10)), []),
    ("background", taken(5, 15), []),  # nothing to speak of was spent
    ("background", given("budgets", SERVICE, consumed=None), []),
    (
        "worst_day",
        budget(40),
        ["One day, 14 March, took 80 % of what Song Generation spent in the month."],
    ),
    ("worst_day", as_it_is, []),
    (
        "worst_day",
        both(budget(40), given("days", SERVICE | {"day": pd.Timestamp(2025, 3, 14)}, consumed=10)),
        [],
    ),
    (
        "off_estimate",
        both(traffic(requests=600_000), gap(24)),
        [
            "Song Generation had 20 % more requests than the estimate behind its allocation: the "
            "allocation is strict."
        ],
    ),
    (
        "off_estimate",
        both(traffic(requests=300_000), only("quality")),
        [
            "Song Generation had 40 % fewer requests than the estimate behind its allocation: the "
            "allocation is generous."
        ],
    ),
    # That little was counted is not that little came, where logs are missing.
    ("off_estimate", both(traffic(requests=300_000), gap(24)), []),
    ("off_estimate", both(traffic(requests=300_000), only("quality"), begun), []),
    ("off_estimate", given("budgets", {}, off_estimate=False), []),
    ("off_estimate", given("budgets", {}, requests=0), []),
    (
        "met_again",
        given("objectives", SONGS, met=True, sli=0.996, met_before=False),
        ["Song Generation: Success Rate is met again: 99.6 % of at least 99.5 %."],
    ),
    ("met_again", given("objectives", SONGS, met=True), []),
    ("met_again", given("objectives", SONGS, met=True, met_before=None), []),
    ("all_met", given("objectives", {}, met=True), ["All 32 objectives were met."]),
    (
        "all_met",
        both(
            given("objectives", {}, met=True),
            given("objectives", {"journey": "api", "objective": "availability"}, provable=False),
        ),
        ["All 32 objectives were met; 1 of them cannot be proved."],
    ),
    ("all_met", both(given("objectives", {}, met=True), given("objectives", SONGS, met=None)), []),
    ("all_met", both(given("objectives", {}, met=True), cut_short), []),
    ("all_met", as_it_is, []),
    (
        "broken_promises",
        as_it_is,
        ["1 of 1 incident was resolved later than its severity promises."],
    ),
    (
        "broken_promises",
        both(
            given("severities", {"severity": "all"}, resolution_kept=1, response_kept=0),
            given("incidents", {}, response_kept=False),
        ),
        ["1 of 1 incident was answered later than its severity promises."],
    ),
    ("broken_promises", given("severities", {"severity": "all"}, resolution_kept=1), []),
    (
        "broken_promises",  # one that nobody could judge is not late
        given("severities", {"severity": "all"}, resolution_kept=0, resolution_judged=0),
        [],
    ),
    ("undetected", given("detections", {}, detected=None), ["No alert fired for 1 of 1 incident."]),
    ("undetected", as_it_is, []),
    ("undetected", both(given("detections", {}, detected=None), only("alerts")), []),
    (
        "false_alerts",
        fired(2, 8),
        [
            "8 of 10 episodes of alerts were about no incident of the register, 8 of them of Too "
            "slow."
        ],
    ),
    ("false_alerts", fired(5, 5), []),
    ("false_alerts", fired(0, 4), []),
    (
        "restricted",
        as_it_is,
        ["The budget policy of Song Generation was exhausted for 17 d 13 h of the month."],
    ),
    (
        "restricted",
        only("policy", SERVICE | {"state": "healthy", "start": datetime(2025, 3, 1)}),
        [],
    ),
    ("restricted", only("policy"), []),
    (
        "restricted",
        only(
            "policy",
            SERVICE | {"state": "low", "start": datetime(2025, 3, 1), "end": datetime(2025, 3, 3)},
            SERVICE | {"state": "healthy", "start": datetime(2025, 3, 3)},
        ),
        ["The budget policy of Song Generation was low for 2 d of the month."],
    ),
    (
        "felt",
        as_it_is,
        ["People rated Song Generation lower than the month before: 3.80 of 5, from 5.00."],
    ),
    (
        "felt",
        rated(change_low=0.1, change_high=0.4, mean=4.2, mean_before=4.0),
        ["People rated Song Generation higher than the month before: 4.20 of 5, from 4.00."],
    ),
    ("felt", rated(change_low=-0.2, change_high=0.1), []),
    ("felt", rated(change_low=None, change_high=None), []),
    (
        "followed",
        rated(correlation=0.6, correlation_low=0.2, correlation_high=0.8),
        [
            "People felt it: on days when Song Generation: Success Rate was worse, ratings were "
            "lower."
        ],
    ),
    (
        "followed",
        rated(correlation=-0.6, correlation_low=-0.8, correlation_high=-0.2),
        [
            "Ratings of Song Generation ran against Song Generation: Success Rate: they were lower "
            "on its better days, so it may not measure what people feel."
        ],
    ),
    ("followed", rated(correlation=0.3, correlation_low=-0.1, correlation_high=0.6), []),
    ("followed", as_it_is, []),
    (
        "silent",
        both(given("objectives", {}, met=True), given("objectives", SONGS, met=None)),
        ["Nobody knows of 1 of 32 objectives: it had no valid event in the month."],
    ),
    ("silent", given("objectives", {}, met=True), []),
    (
        "unproved",
        given("objectives", SONGS, provable=False, coverage=0.9),
        [
            "Whether Song Generation: Success Rate was met cannot be proved: 10 % of the time "
            "nobody observed it."
        ],
    ),
    ("unproved", as_it_is, []),
    ("unproved", given("objectives", SONGS, provable=False, met=None), []),
    (
        "gaps",
        only("quality", {"kind": "gap", "subject": "web", "amount": 24, "note": "x"}),
        [
            "A day and more of the month has no data of Web Application Performance: the figures "
            "rest on what there is."
        ],
    ),
    ("gaps", only("quality", {"kind": "gap", "subject": "web", "amount": 23, "note": "x"}), []),
    (
        "not_counted",
        only(
            "quality",
            {"kind": "unread", "subject": "requests", "amount": 1, "note": "not a Parquet file"},
            {"kind": "not_counted", "subject": "requests", "amount": 3, "note": "status 999"},
        ),
        ["1 file and 3 rows of the month could not be counted."],
    ),
    (
        "not_counted",
        only(
            "quality",
            {"kind": "unread", "subject": "requests", "amount": 1, "note": "not a Parquet file"},
            {"kind": "not_counted", "subject": "requests", "amount": 3, "note": "status 999"},
            {"kind": "set_apart", "subject": "ingest", "amount": 2, "note": "no time"},
        ),
        ["1 file, 3 rows and 2 lines of the month could not be counted."],
    ),
    ("not_counted", as_it_is, []),
]


@pytest.mark.parametrize(("kind", "change", "expected"), CASES)
def test_a_finding_says_what_the_figures_show_and_no_more(
    march: Review, kind: str, change: Change, expected: list[str]
) -> None:
    found = list(KINDS[kind](change(march)))
    assert [it.sentence for it in found] == expected
    for it in found:
        assert it.kind == kind
        assert it.evidence
        assert "nan" not in str(it).lower()


def test_what_cannot_be_proved_says_which_hours_nobody_observed(march: Review) -> None:
    up = {"journey": "api", "objective": "availability"}
    missing = "2025-03-30 02:00 to 2025-03-30 03:00 UTC (1 h)"
    change = both(
        given("objectives", up, met=True, provable=False, sli=1.0, coverage=743 / 744),
        only("quality", {"kind": "unobserved", "subject": "api", "amount": 1, "note": missing}),
    )
    (found,) = KINDS["unproved"](change(march))
    assert dict(found.evidence)["Not observed"] == missing


def test_platforms_with_too_few_events_are_named_and_not_counted(march: Review) -> None:
    (found,) = KINDS["some_platforms"](synced(("a", 0.97, 200), ("b", 1, 200), ("c", 1, 9))(march))
    assert dict(found.evidence)["Too few events to say"] == "c"


def test_an_incident_that_shares_its_minutes_says_so(march: Review) -> None:
    shared = given("impact", SERVICE | {"severity": "P1"}, shared=True)
    (found,) = KINDS["incident_cost"](both(budget(50), shared)(march))
    assert "another incident" in dict(found.evidence)["Shared"]
    (alone,) = KINDS["incident_cost"](budget(50)(march))
    assert "Shared" not in dict(alone.evidence)


def test_every_kind_has_data_where_it_appears_and_data_where_it_does_not() -> None:
    assert {kind for kind, _, expected in CASES if expected} == set(KINDS)
    assert {kind for kind, _, expected in CASES if not expected} == set(KINDS)


def test_what_matters_most_comes_first(march: Review) -> None:
    found = findings(budget(12)(march))
    assert [it.kind for it in found[:4]] == [
        "overspent",  # 20 of 12
        "missed",
        "one_platform",
        "incident_cost",
    ]
    assert found[2].address == (
        "why?at=2025-04-01T00%3A00%3A00Z&journey=song_generation&objective=success_rate"
        "&platform=ios"
    )


def test_without_data_there_is_nothing_to_find(march: Review) -> None:
    assert findings(given("objectives", {}, valid=0)(march)) == []
