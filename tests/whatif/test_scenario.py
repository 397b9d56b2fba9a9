"""Scenarios as text: what is written comes back, and what is wrong is one sentence."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo_core.errors import SloError
from slo_core.whatif import KINDS, Scenario, highest_target, shorter_by
from tests.small import SHOP, STUDIO


@pytest.mark.parametrize("kind", KINDS)
def test_every_example_is_read_and_written_again(kind: str) -> None:
    scenario = Scenario.parse(f"{kind}:{KINDS[kind].example}", STUDIO)
    assert Scenario.parse(str(scenario), STUDIO) == scenario
    assert scenario.words(STUDIO).startswith("What if ")


@given(st.text(max_size=40), st.sampled_from(list(KINDS)))
def test_anything_else_is_one_sentence(text: str, kind: str) -> None:
    for written in (text, f"{kind}:{text}", f"{kind}:song_generation={text}"):
        # Some text may happen to be a scenario; whatever is none is told in our own words.
        with contextlib.suppress(SloError):
            Scenario.parse(written, STUDIO)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("traffic", "expected kind:value"),
        ("colour:blue", 'no change "colour"'),
        ("traffic:-1", "0 to 1000 times"),
        ("traffic:nan", "no number"),
        ("traffic:2@soon", "no moment"),
        ("traffic:nobody=2", "no journey"),
        ("failure-rate:song_generation=0.3", "no share in percent"),
        ("failure-rate:song_generation=+101%", "0 % to 100 %"),
        ("failure-rate:web=+1%", "no objective on failed requests"),
        ("target:song_generation.success_rate=100%", "below 100 %"),
        ("target:song_generation.p17=99%", "no objective"),
        ("threshold:song_generation.success_rate=3s", "no threshold"),
        ("threshold:song_generation.latency_p95=25 apples", "a time"),
        ("maintenance:moon=2025-04-01/2025-04-02", "expected a scope"),
        ("maintenance:api=2025-04-02/2025-04-01", "an end after the start"),
        ("replay-month:March", "a month"),
        ("shorter-incident:3=0min", "above zero"),
        ("repeat-incident:3", "after an @"),
        (
            "target:api.availability=99%; target:api.availability=98%",
            "two targets",
        ),
    ],
)
def test_what_is_wrong_is_told(text: str, words: str) -> None:
    with pytest.raises(SloError, match=words):
        Scenario.parse(text, STUDIO)


def test_a_plus_that_an_address_lost_is_no_matter() -> None:
    assert Scenario.parse("failure-rate:song_generation= 0.3%", STUDIO) == Scenario.parse(
        "failure-rate:song_generation=+0.3%", STUDIO
    )


def test_a_file_has_kinds_and_values(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("traffic: 2\nfailure-rate:\n  - song_generation=+0.3%\n", "utf-8")
    assert str(Scenario.read(path, STUDIO)) == ("traffic:2; failure-rate:song_generation=+0.3%")
    path.write_text("- traffic", "utf-8")
    with pytest.raises(SloError, match=r"mine\.yaml: expected kinds"):
        Scenario.read(path, STUDIO)
    with pytest.raises(SloError, match="cannot be read"):
        Scenario.read(tmp_path / "none.yaml", STUDIO)


def test_another_catalogue_has_its_own_names() -> None:
    journey, objective = SHOP.objectives[0]
    text = f"target:{journey.id}.{objective.id}=97.5%"
    assert str(Scenario.parse(text, SHOP)) == text
    with pytest.raises(SloError, match="no journey"):
        Scenario.parse(text, STUDIO)


@pytest.mark.parametrize(
    ("good", "valid", "target"),
    [
        # 0.127 % failed: 0.13 % at two digits.
        (99_873, 100_000, 0.9987),
        (998, 1000, 0.998),
        (1, 3, 0.33),
        (0, 10, 0.0),
        (10, 10, None),
        (0, 0, None),
    ],
)
def test_the_highest_target_that_was_met(good: int, valid: int, target: float | None) -> None:
    assert highest_target(good, valid) == target


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_the_highest_target_was_met(bad: int, valid: int) -> None:
    good = max(valid - bad, 0)
    found = highest_target(good, valid)
    assert found is None or found <= good / valid + 1e-12


def test_how_much_shorter_incidents_must_be() -> None:
    # 70 of 100 are spent, 50 may be; incidents took 40, so half of them must go.
    assert shorter_by(70, 40, 100, 0.5) == 0.5
    assert shorter_by(50, 40, 100, 0.5) == 0
    assert shorter_by(100, 40, 100, 0.5) == 1.25
    assert shorter_by(70, 0, 100, 0.5) is None
