"""A month whose figures are worked out by hand (`tests.review.march`), and months without any."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from slo_core.catalog import Catalog
from slo_core.errors import SloError
from slo_core.logs.ingest import ingest
from slo_core.logs.store import open_store
from slo_core.review.document import document
from slo_core.review.frames import table
from slo_core.review.month import Month, last_month, parse_month
from slo_core.review.monthly import Review, monthly
from slo_core.review.parts import Points
from slo_core.review.quality import set_apart
from slo_core.review.sections_answers import quality_section
from slo_core.rollup import Rollup, refresh
from tests.review.march import AT, HOUR, OUTAGE, SONG, request
from tests.small import STUDIO, small_rollup


def of(review: Review, frame: str, journey: str, objective: str) -> pd.DataFrame:
    found = review[frame]
    return found[(found["journey"] == journey) & (found["objective"] == objective)]


def test_actual_against_target_and_the_month_before(march: Review) -> None:
    row = of(march, "objectives", *SONG).iloc[0]
    assert (row["good"], row["valid"], row["sli"], row["met"]) == (1980, 2000, 0.99, False)
    # Half a percent of 2,000 might fail; twice as many did.
    assert (row["allowed"], row["consumed"], row["used"]) == (10, 20, 2)
    assert (row["valid_before"], row["sli_before"], row["met_before"]) == (1000, 0.998, True)
    # 1,980 good songs took 10 s, and the 5 timeouts are slower than anything.
    latency = of(march, "objectives", "song_generation", "latency_p50").iloc[0]
    assert (latency["good"], latency["valid"]) == (1980, 1985)
    assert latency["value"] == pytest.approx(10_000, rel=0.01)
    without = of(march, "objectives", "api", "availability").iloc[0]
    assert pd.isna(without["met"])
    assert pd.isna(without["sli"])


def test_the_strip_has_twelve_months_and_knows_nothing_of_those_without_data(march: Review) -> None:
    own = of(march, "months", *SONG)
    assert own["month"].iloc[0] == "2024-04"
    assert list(own["month"])[-2:] == ["2025-02", "2025-03"]
    assert list(own["met"])[-2:] == [True, False]
    assert own["met"].iloc[:-2].isna().all()


def test_where_the_budget_went(march: Review) -> None:
    (budget,) = march["budgets"][march["budgets"]["service"] == "song_generation"].to_dict(
        "records"
    )
    # 2,500 are allocated for an estimate of 500,000, which 2,000 are far from.
    assert (budget["allowed"], budget["consumed"], budget["remaining"]) == (2500, 20, 2480)
    assert (budget["requests"], budget["expected"], budget["off_estimate"]) == (2000, 500_000, True)
    assert budget["by_traffic_ratio"] == -1
    days = march["days"][march["days"]["service"] == "song_generation"].set_index("day")
    assert len(days) == 31
    assert days.loc["2025-03-14", "consumed"] == 16
    assert days.loc["2025-03-03", "consumed"] == 1
    assert pd.isna(days.loc["2025-03-04", "consumed"])
    impact = march["impact"][march["impact"]["service"] == "song_generation"]
    # On other days nothing failed at ten, so that all 15 are over the usual.
    assert list(impact["total"]) == [15, 5]
    assert list(impact["excess"].dropna()) == [15]
    parts = of(march, "parts", *SONG)
    found = {(row.dimension, row.value): (row.bad, row.share) for row in parts.itertuples()}
    assert found["reason", "server_error"] == (15, 0.75)
    assert found["reason", "timeout"] == (5, 0.25)
    assert found["endpoint", "/v1/songs"] == (15, 0.75)
    assert found["platform", "ios"] == (15, 0.75)
    platforms = of(march, "platforms", *SONG).set_index("platform")
    assert tuple(platforms.loc["web", ["good", "valid"]]) == (1495, 1500)


def test_where_each_platform_must_hold_causes_are_the_worst_s(tmp_path: Path) -> None:
    def syncs(platform: str, count: int, **more: Any) -> list[dict[str, Any]]:
        own = {"journey": "publishing", "step": "platform_sync", "platform": platform} | more
        return [request(OUTAGE, **own) for _ in range(count)]

    rollup = small_rollup(
        tmp_path,
        {
            "requests": [
                *syncs("a", 190),
                *syncs("a", 10, status=500),
                *syncs("b", 970),
                *syncs("b", 30, status=502),
            ]
        },
    )
    review = monthly(rollup, "2025-03", AT)
    row = of(review, "objectives", "publishing", "platform_sync").iloc[0]
    # b has more failures, but 97 % of it was good, of a 95 %.
    assert (row["platform"], row["valid"], row["consumed"]) == ("a", 200, 10)
    parts = of(review, "parts", "publishing", "platform_sync")
    found = {(it.dimension, it.value): (it.bad, it.share) for it in parts.itertuples()}
    assert found["status", "500"] == (10, 1)
    assert ("status", "502") not in found
    # Beside it what the others had, as on the page that says why.
    assert found["platform", "b"] == (30, 0.75)


def test_incidents_against_what_their_severity_promises(march: Review) -> None:
    (row,) = march["incidents"].to_dict("records")
    assert (row["detect"], row["mitigate"], row["resolve"]) == (300, 600, 5 * 3600 + 55 * 60)
    assert (row["response_kept"], row["resolution_kept"]) == (True, False)
    assert len(march["detections"]) == 1
    assert march["detections"]["detected"].iloc[0] > OUTAGE


def test_what_people_said(march: Review) -> None:
    (row,) = march["feedback"].to_dict("records")
    # 12 fives, 12 fours and 6 ones: 114 of 30.
    assert (row["ratings"], row["mean"], row["low_ratings"]) == (30, 3.8, 6)
    assert (row["ratings_before"], row["mean_before"]) == (10, 5)
    # The mean square of what they differ by is 64.8 / 29, so the mean's error is 0.2729; of 29
    # degrees of freedom 95 % lie within 2.045 errors.
    assert row["change_low"] == pytest.approx(-1.2 - 2.0452 * 0.27291, abs=1e-3)
    assert row["change_high"] == pytest.approx(-1.2 + 2.0452 * 0.27291, abs=1e-3)
    assert (row["days"], row["why_not"]) == (5, "too few days to say")


def test_the_policy_states_of_the_month(march: Review) -> None:
    # At 11 on the 14th 19 of 2,480 songs and more have failed: 5 in February and on the days
    # before, 15 in the outage. That is more than 12; nothing is left until the month ends.
    own = march["policy"][march["policy"]["service"] == "song_generation"]
    assert list(own["state"]) == ["healthy", "exhausted"]
    assert own["start"].iloc[0] == datetime(2025, 3, 1)
    assert own["start"].iloc[1] == OUTAGE + HOUR


def test_a_month_that_is_not_over_is_said_to_be_a_part(march_rollup: Rollup) -> None:
    part = monthly(march_rollup, "2025-03", OUTAGE)
    assert part.month.is_partial
    # Three days of 400, and of the 14th two hours: 120 songs on the web and 40 on iOS.
    row = of(part, "objectives", *SONG).iloc[0]
    assert row["valid"] == 1200 + 160
    assert "March 2025 is not over" in document(part).notices[0]


def test_a_month_before_the_data_is_no_month_without_failures(march_rollup: Rollup) -> None:
    review = monthly(march_rollup, "2024-11", AT)
    told = document(review)
    assert not review.has_data
    assert "the data begin at 2025-02-20 08:00 UTC, after it" in told.notices[0]
    assert [it.id for it in told.sections] == ["findings", "incidents", "feedback", "quality"]


def test_lines_in_quarantine_are_of_the_months_of_their_file(tmp_path: Path) -> None:
    """Twenty lines of March, and two that nobody can read."""
    log = tmp_path / "access.log"
    good = '10.0.0.1 - - [%s/2025:10:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "-"\n'
    log.write_text((good % "30/Mar") * 20 + "nonsense\nmore of it\n", "utf-8")
    ingest([str(log)], tmp_path / "store", STUDIO)
    rollup = refresh(open_store(tmp_path / "store"), STUDIO)
    assert list(set_apart(rollup, parse_month("2025-02", AT))) == []
    (found,) = set_apart(rollup, parse_month("2025-03", AT))
    assert (found["kind"], found["amount"]) == ("set_apart", 2)


def test_data_quality_says_too_that_nothing_is_missing(march: Review) -> None:
    """No word of rows that could not be counted might mean that nobody looked."""
    told = "Every file and row was counted, and no journey had a gap of three hours."

    def said(*rows: dict[str, Any]) -> list[str]:
        """The points of the section where this is all that is known of the month's data."""
        frames = march.frames | {"quality": table("quality", list(rows))}
        (block,) = quality_section(replace(march, frames=frames)).blocks
        assert isinstance(block, Points)
        return [it.text for it in block.points]

    watched = {"kind": "coverage", "subject": "api", "amount": 1.0, "note": "api"}
    assert said(watched) == ["API Availability: 100 % of the time was observed.", told]
    (apart,) = said({"kind": "set_apart", "subject": "ingest", "amount": 2, "note": "no time"})
    assert apart == (
        "2 lines of files that reach into the month are in quarantine, most because: no time."
    )
    for kind in ("unread", "not_counted", "set_apart", "gap"):
        assert told not in said(watched, watched | {"kind": kind, "note": "2025-03-02"})


def test_a_month_in_which_the_data_begin_or_before_which_they_end_says_so(march: Review) -> None:
    late = replace(march, span=(datetime(2025, 3, 5, 8), datetime(2025, 3, 20)))
    assert "The data begin at 2025-03-05 08:00 UTC" in document(late).notices[0]
    silent = march["objectives"].assign(valid=0.0)
    early = replace(
        march,
        span=(datetime(2025, 1, 1), datetime(2025, 2, 20, 9)),
        frames=march.frames | {"objectives": silent},
    )
    assert "the data end at 2025-02-20 09:00 UTC, before it" in document(early).notices[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [("2025-3", "write one as 2025-03"), ("March", "no month"), ("2025-05", "has not begun")],
)
def test_what_is_no_month_is_one_sentence(text: str, words: str) -> None:
    with pytest.raises(SloError, match=words):
        parse_month(text, AT)


def test_the_month_that_is_meant_where_none_is_named() -> None:
    assert last_month(AT, datetime(2025, 1, 1)) == "2025-03"
    # At midnight the month before has just ended.
    assert last_month(datetime(2025, 4, 1), datetime(2025, 1, 1)) == "2025-03"
    # Without data in any month that is over, it is the month that there is.
    assert last_month(AT, datetime(2025, 4, 1, 5)) == "2025-04"


def test_months_back_over_a_new_year() -> None:
    month = Month(datetime(2025, 1, 1), datetime(2025, 2, 1))
    assert [it.name for it in month.strip()][:2] == ["2024-02", "2024-03"]
    assert month.back(1).end == month.start


def test_another_catalogue_has_a_review_too(shop: Review) -> None:
    told = document(shop)
    words = str(told)
    assert told.title == "Monthly review: March 2025"
    assert "Song" not in words
    assert "Browsing" in words


def test_months_before_a_change_are_held_against_the_promise_of_their_time(
    march_rollup: Rollup,
) -> None:
    # Until March 99.9 % of songs were promised: 99.8 % in February missed that.
    stated = STUDIO.model_dump()
    songs = stated["journeys"][0]["objectives"][0]
    songs["effective_from"] = date(2025, 3, 1)
    first = {"effective_from": date(2025, 1, 1), "target": 0.999, "document": "99.9%"}
    songs["earlier"] = [first]
    dated = replace(march_rollup, catalog=Catalog.model_validate(stated))
    review = monthly(dated, "2025-03", AT)
    row = of(review, "objectives", *SONG).iloc[0]
    assert (row["target"], row["met"], row["met_before"]) == (0.995, False, False)
    own = of(review, "months", *SONG)
    assert list(own["target"])[-2:] == [0.999, 0.995]
    assert list(own["met"])[-2:] == [False, False]
    assert of(review, "objectives", "project_loading", "latency_p50").iloc[0]["met"]


def test_ratings_lie_beside_the_availability_of_the_month_alone(tmp_path: Path) -> None:
    """The API is observed on the last day of February and on the fifth of March, and rated then."""
    days = [datetime(2025, 2, 28), datetime(2025, 3, 5)]
    probes = [
        {"ts": day + n * timedelta(minutes=1), "scope": "api", "target": "eu", "ok": n >= 144}
        for day in days
        for n in range(1440)
    ]
    rated = [{"ts": day + HOUR, "journey": "api", "rating": 4} for day in days for _ in range(5)]
    found = monthly(small_rollup(tmp_path, {"probes": probes, "feedback": rated}), "2025-03", AT)
    (day,) = found["ratings"].itertuples()
    # Down in 144 of 1,440 minutes.
    assert (day.journey, day.day, day.ratings, day.sli) == ("api", days[1], 5, 0.9)
