"""Steps of time: runs of neighbouring places, by hand."""

import pytest

from slo_core.sli.steps import runs


@pytest.mark.parametrize(
    ("places", "found"),
    [
        ([], []),
        ([4], [(4, 4)]),
        ([0, 1, 2], [(0, 2)]),
        ([1, 2, 5, 8, 9], [(1, 2), (5, 5), (8, 9)]),
    ],
)
def test_neighbours_are_one_run(places: list[int], found: list[tuple[int, int]]) -> None:
    assert list(runs(places)) == found
