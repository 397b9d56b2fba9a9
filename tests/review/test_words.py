"""The words of a review: one of anything is one, in whatever section it is told."""

import re
from dataclasses import replace

import pytest

from slo_core.review import quarterly_document
from slo_core.review.document import document
from slo_core.review.export import to_markdown
from slo_core.review.frames import table
from slo_core.review.monthly import Review
from slo_core.review.quarterly import quarterly
from slo_core.review.thresholds import AS_IS, LATER, SOONER, Thresholds, Tried
from slo_core.rollup import Rollup
from tests.review.first_quarter import END
from tests.small import STUDIO

MANY = re.compile(
    r"(?<![\d.,#])1 (?:more )?(?:alerts|days|deploys|episodes|failures|files|hosts|incidents|months"
    r"|promises|ratings|rows|times)\b"
)


def test_one_is_singular_in_a_quarter(first_quarter: Rollup) -> None:
    words = to_markdown(quarterly_document.document(quarterly(first_quarter, "2025-Q1", END)))
    assert "1 incident" in words
    assert not MANY.findall(words)


def test_one_is_singular_in_a_month(march: Review) -> None:
    alone = {
        # Each alert fired once; one file and one row could not be read, one day rests on history.
        "alerts": march["alerts"].assign(episodes=1, about=1, false=0),
        "budgets": march["budgets"].assign(consumed=1.0),
        "feedback": march["feedback"].assign(ratings=1, ratings_before=1, low_ratings=1, days=1),
        "quality": table(
            "quality",
            [
                {"kind": kind, "subject": "requests", "amount": 1, "note": "2025-03-01"}
                for kind in ("unread", "not_counted", "kept")
            ],
        ),
    }
    words = to_markdown(document(replace(march, frames=march.frames | alone)))
    for said in (
        "1 of 1 incident was found by an alert",
        "1 rating, ",
        "1 of 2,500 failures was spent: ",
        "1 file of requests could not be read",
        "1 row of requests could not be counted",
        "1 day rests on kept history",
    ):
        assert said in words
    assert not MANY.findall(words)


@pytest.mark.parametrize(
    ("sooner", "own", "later", "said"),
    [
        ((1, 0, 1), (0, 0, 0), (0, 0, 0), "would have fired 1 time, and found 1 of 1 incident."),
        ((2, 1, 1), (1, 1, 0), (0, 0, 0), "1 of 1 episode was about no incident that is known;"),
        ((2, 0, 1), (1, 0, 0), (1, 0, 0), "finds 1 more incident for 0 more false episodes."),
        # Most are false, with other numbers fewer, but those find less: no reason to keep it.
        (
            *((9, 8, 1), (3, 2, 1), (1, 1, 0)),
            "2 of 3 episodes were about no incident that is known; with twice its numbers 1, but "
            "it finds 0 of 1 incident in place of 1.",
        ),
        ((1, 0, 1), (1, 0, 1), (1, 0, 1), "Keep: it found 1 of 1 incident of its journeys."),
    ],
)
def test_advice_on_one_alert(
    sooner: tuple[int, int, int],
    own: tuple[int, int, int],
    later: tuple[int, int, int],
    said: str,
) -> None:
    """Each is how many episodes, how many of them false, and how many incidents of 1 were found."""
    tried = {
        name: Tried("x", episodes, false, found, 1)
        for name, (episodes, false, found) in zip(
            (SOONER, AS_IS, LATER), (sooner, own, later), strict=True
        )
    }
    assert said in Thresholds(STUDIO.alerts[0], tried).advice
