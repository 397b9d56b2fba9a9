"""The chain of journeys as a whole, worked out by hand."""

from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo_core.sli.composite import Composite, composite, journey_verdicts
from tests.small import SHOP, STUDIO

assert STUDIO.chain is not None
LINKS = STUDIO.chain.value


def at(*shares: float | None) -> dict[str, Any]:
    """A status in which the chain's objectives have these SLIs."""
    return {
        "objectives": [
            {
                "journey": link.journey,
                "objective": link.objective,
                "window": "30d",
                "sli": share,
            }
            for link, share in zip(LINKS, shares, strict=True)
        ]
    }


def chain(*shares: float | None, attempts: pd.DataFrame | None = None) -> Composite:
    found = composite(at(*shares), STUDIO, attempts)
    assert found is not None
    return found


def test_of_a_hundred_each_step_loses_its_part() -> None:
    # 100 → 90 → 81 → 81 → 40.5: of 59.5 that are lost, ten in the first step.
    found = chain(0.9, 0.9, 1.0, 0.5)
    assert found.share == pytest.approx(0.405)
    assert [step.reached for step in found.steps] == pytest.approx([90, 81, 81, 40.5])
    assert [step.lost for step in found.steps] == pytest.approx([10, 9, 0, 40.5])
    assert found.steps[0].part == pytest.approx(10 / 59.5)
    assert found.worst is found.steps[3]


def test_a_step_without_data_makes_no_whole() -> None:
    found = chain(0.9, None, 1.0, 0.5)
    assert found.share is None
    assert found.worst is None
    assert found.steps[0].share == 0.9


def test_nobody_is_lost_where_nothing_fails() -> None:
    found = chain(1.0, 1.0, 1.0, 1.0)
    assert found.share == 1
    assert found.worst is None
    assert {step.part for step in found.steps} == {None}


def test_who_left_by_themselves_is_not_lost() -> None:
    # Of ten attempts at a song four were completed, one ended by a failure, five people left.
    attempts = pd.DataFrame(
        {
            "journey": ["song_generation"] * 3,
            "ending": ["completed", "failure", "left"],
            "attempts": [4, 1, 5],
        }
    )
    found = chain(0.9, 0.9, 1.0, 0.5, attempts=attempts)
    song = found.steps[0]
    assert (song.attempts, song.kept, song.completed) == (10, 0.9, 0.4)
    assert found.steps[1].attempts is None
    assert (found.kept, found.measured) == (0.9, ("Song",))


@given(st.lists(st.floats(0, 1), min_size=len(LINKS), max_size=len(LINKS)))
def test_what_is_lost_and_what_arrives_are_all(shares: list[float]) -> None:
    found = chain(*shares)
    lost = sum(step.lost or 0 for step in found.steps)
    assert lost + 100 * (found.share or 0) == pytest.approx(100)


def test_a_catalogue_without_a_chain_has_no_composite() -> None:
    assert SHOP.chain is None
    assert composite({"objectives": []}, SHOP) is None


def test_a_journey_is_as_its_worst_objective() -> None:
    frame = pd.DataFrame(
        {
            "journey": ["a", "a", "b", "b", "c"],
            "verdict": ["met", "missed", "met", "no_data", "at_risk"],
        }
    )
    assert journey_verdicts(frame) == {"a": "missed", "b": "no_data", "c": "at_risk"}
