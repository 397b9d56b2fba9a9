"""Charts of user journeys: what is drawn, and the words that state the takeaway."""

from datetime import datetime, timedelta

import pandas as pd
import pytest

from slo_core.figures.courses import Percentiles, Rate, Spent, course_figure
from slo_core.figures.distribution import distribution_figure, limit_words
from slo_core.figures.funnel import funnel_figure, funnel_words, irregular_words
from slo_core.figures.platforms import platforms_figure, platforms_words
from slo_core.figures.theme import DARK, LIGHT
from slo_core.sli.funnel import Funnel
from slo_core.sli.marks import COLUMNS
from slo_core.sli.platforms import Platforms
from slo_core.sli.windows import Window
from tests.small import SHOP, STUDIO

AT = datetime(2025, 3, 10, 12)
HOUR = timedelta(hours=1)
NAN = float("nan")
SUCCESS = STUDIO.objective("song_generation", "success_rate")
P95 = STUDIO.objective("song_generation", "latency_p95")
NO_MARKS = pd.DataFrame({name: [] for name in COLUMNS})


def funnel(furthest: tuple[int, int, int]) -> Funnel:
    """A funnel of three steps whose dropped attempts all left."""
    steps = pd.DataFrame({"step": ["one", "two", "three"], "furthest": furthest})
    steps["attempts"] = steps["furthest"][::-1].cumsum()[::-1]
    steps["share"] = steps["attempts"] / max(steps["attempts"].iloc[0], 1)
    steps["conversion"] = steps["attempts"] / steps["attempts"].shift()
    steps[["failure", "slow"]] = 0
    steps["left"] = [*furthest[:2], 0]
    platforms = pd.DataFrame({"platform": [], "attempts": [], "completed": [], "rate": []})
    return Funnel(steps, platforms, {"out_of_order": 1, "repeated": 0, "missing": 2})


def test_the_bars_of_a_step_add_up_to_who_got_there() -> None:
    figure = funnel_figure(funnel((5, 3, 2)), funnel((1, 1, 2)), LIGHT)
    bars = [trace for trace in figure.data if trace.type == "bar"]
    assert sum(bar.x[0] for bar in bars) == pytest.approx(1.0)
    assert sum(bar.x[1] for bar in bars) == pytest.approx(0.5)
    assert sum(bar.x[2] for bar in bars) == pytest.approx(0.2)
    (before,) = [trace for trace in figure.data if trace.type == "scatter"]
    assert list(before.x) == [1.0, 0.75, 0.5]


def test_a_funnel_in_words() -> None:
    assert funnel_words("Songs", funnel((5, 3, 2))) == (
        "Songs: 2 of 10 attempts arrive, 20 %; most drop off after one, 5 of them (100 %: left)"
    )
    assert funnel_words("Songs", funnel((0, 0, 4))) == "Songs: 4 of 4 attempts arrive, 100 %"
    assert funnel_words("Songs", funnel((0, 0, 0))) == "Songs: no attempt began in this range"
    assert irregular_words(funnel((5, 3, 2))) == (
        "Of 10 attempts 1 with steps out of order (10 %), 0 with a step repeated (0 %), "
        "2 with a step missing (20 %); they count by their furthest step."
    )


def test_a_course_has_its_target_its_budget_and_its_misses() -> None:
    moments = pd.Series(pd.date_range(AT - 4 * HOUR, periods=4, freq="h", unit="us"))
    course = pd.DataFrame(
        {
            "at": moments,
            "good": [100.0, NAN, 98.0, 100.0],
            "valid": [100.0, NAN, 100.0, 100.0],
            "sli": [1.0, NAN, 0.98, 1.0],
            "bad": [0.0, NAN, 2.0, 0.0],
            "bad_so_far": [0.0, NAN, 2.0, 2.0],
            "allowed_so_far": [0.5, NAN, 1.0, 1.5],
        }
    )
    latency = pd.DataFrame(
        {
            "objective": P95.id,
            "at": moments,
            "value": [20_000.0, NAN, 31_000.0, 90_000.0],
            "above": [False, False, False, True],
        }
    )
    figure = course_figure(
        [Rate(SUCCESS, course), Spent(SUCCESS, course), Percentiles("Time", (P95,), latency, HOUR)],
        NO_MARKS,
        DARK,
        moments=moments,
        step=HOUR,
        empty=moments[:0],
        at=AT,
    )
    lines = {shape.y0 for shape in figure.layout.shapes if shape.type == "line"}
    assert {0.995, 30_000} <= lines
    missed = [trace for trace in figure.data if trace.name == "Missed"]
    assert [list(trace.y) for trace in missed] == [[0.98], [31_000.0, 90_000.0]]
    assert [trace.showlegend for trace in missed] == [True, False]
    (rate,) = [trace for trace in figure.data if trace.name == SUCCESS.name]
    assert rate.connectgaps is False
    (p95,) = [trace for trace in figure.data if trace.name == "P95"]
    assert p95.text[3].startswith("over 90 s")
    titles = [annotation.text for annotation in figure.layout.annotations]
    assert "Failures so far, and allowed (dashed)" in titles


def test_a_distribution_marks_its_objective_and_what_is_off_it() -> None:
    objective = STUDIO.objective("audio_export", "download_speed")
    bars = pd.DataFrame(
        {
            "low": [0.0, 4.0, 5.0, 6.0],
            "high": [0.0, 5.0, 6.0, 7.2],
            "events": [1, 2, 3, 4],
            "share": [0.1, 0.2, 0.3, 0.4],
            "good": [False, False, True, True],
        }
    )
    figure = distribution_figure([("Speed", (objective,), bars, None)], LIGHT)
    good, off = (trace for trace in figure.data if trace.type == "bar")
    assert list(good.x) == [5.0, 6.0]
    assert list(off.x) == [4.0]  # nought has no place on a logarithmic axis
    assert [shape.x0 for shape in figure.layout.shapes] == [5]
    assert any("95 % must be above 5 Mbps" in note.text for note in figure.layout.annotations)
    assert figure.layout.xaxis.title.text == "Mbps"
    nothing = distribution_figure([("Speed", (objective,), bars.iloc[:0], bars)], LIGHT)
    assert len(nothing.data) == 3


def test_limits_are_said_by_their_figure_whatever_the_document_writes() -> None:
    assert limit_words(SHOP.objective("browse", "picture_rate")) == "above 12 pictures/s"
    assert limit_words(STUDIO.objective("audio_playback", "seek_latency")) == "below 200 ms"


def of_platforms(rates: list[tuple[str, float, float, bool]]) -> Platforms:
    objective = STUDIO.objective("publishing", "platform_sync")
    frame = pd.DataFrame(rates, columns=["platform", "good", "valid", "decides"])
    frame["sli"] = frame["good"] / frame["valid"]
    frame["low"], frame["high"] = frame["sli"] - 0.01, frame["sli"] + 0.01
    days = pd.DataFrame(
        [
            (name, datetime(2025, 3, 8 + day), good, valid)
            for name, *_ in rates
            for day, (good, valid) in enumerate([(90.0, 100.0), (1.0, 1.0), (NAN, NAN)])
        ],
        columns=["platform", "at", "good", "valid"],
    )
    days["sli"] = days["good"] / days["valid"]
    return Platforms(objective, Window("now", AT - timedelta(days=30), AT), frame, days)


def test_days_below_the_target_too_few_and_without_data_are_told_apart() -> None:
    found = of_platforms([("alpha", 90, 100, True), ("beta", 1, 1, False)])
    figure = platforms_figure(found, LIGHT, 100)
    marks = {trace.name: list(trace.x) for trace in figure.data if trace.type == "scatter"}
    assert marks["Missed"] == [0.9]
    assert marks["Met"] == []
    assert marks["Too few events"] == [1.0]
    assert [len(marks[f"Day {name}"]) for name in _DAYS] == [2, 2, 2]
    (matrix,) = [trace for trace in figure.data if trace.type == "heatmap"]
    assert matrix.z[0][0] == pytest.approx(10)
    assert matrix.zmin == 0


_DAYS = ("below the target", "with too few events", "without data")


def test_the_worst_platform_is_named() -> None:
    found = of_platforms([("alpha", 97, 100, True), ("beta", 99, 100, True)])
    assert platforms_words(found) == (
        "alpha is the worst with 97 % (96 % to 98 %); 1 of 2 platforms miss 98 %"
    )
    fine = of_platforms([("beta", 99, 100, True)])
    assert platforms_words(fine).endswith("none of 1 misses 98 %")
    few = of_platforms([("beta", 1, 1, False)])
    assert platforms_words(few) == "No platform has enough events to be judged"
