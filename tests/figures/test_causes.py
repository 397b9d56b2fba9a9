"""Causes in words, as ranked tables, and over time."""

from datetime import datetime, timedelta

import pandas as pd
import pytest

from slo_core.figures.causes import gap_words, ranking, value_words, when_figure
from slo_core.figures.theme import LIGHT
from slo_core.figures.words import amount_words
from tests.small import SHOP, STUDIO

AT = datetime(2025, 3, 10, 12)
HOUR = timedelta(hours=1)
SONGS = STUDIO.journey("song_generation")
SUCCESS = STUDIO.objective("song_generation", "success_rate")
NO_MARKS = pd.DataFrame({name: [] for name in ("kind", "title", "start", "end", "journeys")})


@pytest.mark.parametrize(
    ("dimension", "value", "words"),
    [
        ("reason", "server_error", "Server error"),
        ("endpoint", "/v1/songs", "/v1/songs"),
        ("endpoint", "other", "All other routes"),
        ("endpoint", "none", "Not logged"),
        ("status", "503", "503"),
        ("status", "none", "Not logged"),
        ("platform", "unknown", "unknown"),
        # The cuts: 15, 20, 30, 45, 60 and 135 s; the timeout: 90 s.
        ("reached", "15000", "15 s to 20 s"),
        ("reached", "45000", "45 s to 60 s"),
        ("reached", "60000", "60 s to 90 s"),
        ("reached", "timeout", "Timeout (over 90 s)"),
    ],
)
def test_values_have_words(dimension: str, value: str, words: str) -> None:
    assert value_words(dimension, value, SONGS, STUDIO.cuts("song_generation")) == words


def test_without_a_timeout_the_slowest_have_no_end() -> None:
    browse = SHOP.journey("browse")
    last = SHOP.cuts("browse")[-1].value
    assert value_words("reached", f"{last:g}", browse, SHOP.cuts("browse")).endswith("and more")
    assert value_words("reached", "timeout", browse, SHOP.cuts("browse")) == "Timeout"


@pytest.mark.parametrize(
    ("journey", "objective", "bad", "words"),
    [
        ("song_generation", "success_rate", 135, "135 failures"),
        ("song_generation", "latency_p95", 1, "1 slow request"),
        ("api", "availability", 410, "6 min 50 s"),
        ("audio_playback", "interruptions", 90_000, "1 min 30 s"),
        ("collaboration", "conflict_rate", 12, "12 conflicts"),
        ("web", "lcp_p75", 7, "7 values off the mark"),
        ("web", "lcp_p75", None, "no data"),
    ],
)
def test_amounts_have_their_unit(journey: str, objective: str, bad: float, words: str) -> None:
    assert amount_words(STUDIO.objective(journey, objective), bad) == words


def test_a_ranking_says_how_much_its_share_and_its_part_of_the_budget() -> None:
    ranked = pd.DataFrame({"value": ["<b>", "/b"], "bad": [30.0, 10.0], "share": [0.75, 0.25]})
    html = ranking(
        ranked,
        "Endpoints",
        str,
        SUCCESS,
        LIGHT,
        allowed=20.0,
        address=lambda value: f"?endpoint={value}" if value else "?",
        chosen="/b",
        more=("SLI", {"/b": "99 %"}),
    )
    assert "30\u00a0failures" in html
    assert "75 %" in html
    assert "150\u00a0%" in html  # 30 of the 20 that are allowed
    assert "99\u00a0%" in html
    assert "&lt;b&gt;" in html
    assert "<b>" not in html
    assert '<a href="?endpoint=&lt;b&gt;"' in html
    assert '<a href="?" target="_self" aria-label="Endpoints: show all again">✓ /b</a>' in html


def test_a_ranking_is_short() -> None:
    ranked = pd.DataFrame({"value": list("abcdefghijkl"), "bad": 1.0, "share": 1 / 12})
    html = ranking(ranked, "Endpoints", str, SUCCESS, LIGHT, allowed=None, most=3)
    assert html.count("<tr>") == 4
    assert "no\u00a0data" in html  # of no budget


def test_the_worst_hours_are_told_apart_and_what_is_allowed_is_drawn() -> None:
    course = pd.DataFrame(
        {
            "at": [AT + n * HOUR for n in range(4)],
            "bad": [1.0, None, 8.0, 0.0],
            "valid": [100.0, None, 200.0, 50.0],
        }
    )
    worst = (AT + 2 * HOUR, AT + 3 * HOUR)
    figure = when_figure(course, worst, NO_MARKS, SUCCESS, LIGHT, at=AT + 4 * HOUR)
    usual, bad, allowed = figure.data
    assert [list(usual.x), list(bad.x)] == [[AT, AT + HOUR, AT + 3 * HOUR], [AT + 2 * HOUR]]
    assert list(bad.y) == [8]
    assert allowed.name == "What the target allows (0.5 %)"
    assert list(allowed.y)[::2] == pytest.approx([0.5, 1.0])
    assert figure.layout.yaxis.title.text == "Failures an hour"


def test_time_is_drawn_in_seconds() -> None:
    course = pd.DataFrame({"at": [AT], "bad": [5_000.0], "valid": [1e6]})
    interruptions = STUDIO.objective("audio_playback", "interruptions")
    figure = when_figure(course, None, NO_MARKS, interruptions, LIGHT, at=AT + HOUR)
    assert list(figure.data[0].y) == [5]
    assert figure.layout.yaxis.title.text == "Seconds an hour"


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (-90, "1 h 30 min before"),
        (0, "at its start"),
        (20, "during, 20 min in"),
        (60, "at its end"),
        (65, "5 min after"),
    ],
)
def test_how_near_a_change_is(minutes: int, words: str) -> None:
    assert gap_words(AT + timedelta(minutes=minutes), (AT, AT + HOUR)) == words
