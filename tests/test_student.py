"""Student's t against the tables of textbooks, and against another program's."""

from random import Random

import pytest
from scipy.special import stdtrit

from slo_core.student import quantile


@pytest.mark.parametrize(
    ("freedom", "part", "value"),
    [
        (1, 0.975, 12.706),
        (2, 0.95, 2.920),
        (4, 0.975, 2.776),
        (10, 0.9, 1.372),
        (30, 0.995, 2.750),
        (120, 0.975, 1.980),
        (10, 0.1, -1.372),
        (7, 0.5, 0),
    ],
)
def test_textbooks_have_the_same(freedom: float, part: float, value: float) -> None:
    assert quantile(freedom, part) == pytest.approx(value, abs=5e-4)


def test_one_degree_has_a_formula() -> None:
    # Of one degree it is tan(pi (part - 1/2)); a quarter of outcomes is beyond 1.
    assert quantile(1, 0.75) == pytest.approx(1, rel=1e-12)


def test_any_degrees_and_parts_are_as_another_program_has_them() -> None:
    random = Random(4)
    for _ in range(500):
        freedom, part = 10 ** random.uniform(-0.3, 4), random.uniform(0.0005, 0.9995)
        expected = float(stdtrit(freedom, part))
        assert quantile(freedom, part) == pytest.approx(expected, rel=1e-9), (freedom, part)
