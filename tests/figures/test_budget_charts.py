"""Charts of budgets: what is drawn, from frames worked out by hand."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from slo_core.budget.burn import burn_alerts
from slo_core.budget.straight_line import End
from slo_core.figures.burn import burn_figure
from slo_core.figures.burn_down import Axis, Pace, Projection, burn_down_figure
from slo_core.figures.exhaustion import (
    end_words,
    exhaustion_figure,
    projection_words,
)
from slo_core.figures.spending import days_figure, pace_class, waterfall_figure
from slo_core.figures.squeezed import squeezed, ticks
from slo_core.figures.theme import LIGHT
from slo_core.figures.words import chance_words
from slo_core.sli.marks import COLUMNS
from tests.small import STUDIO

AT = datetime(2025, 3, 10)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SONG = STUDIO.objective("song_generation", "success_rate")
BUDGET = STUDIO.budget("song_generation")
NAN = float("nan")
STRAIGHT = "Straight line at the current burn, for reference"
NO_MARKS = pd.DataFrame(columns=COLUMNS)


def hours(*bad: float, valid: float = 1000) -> pd.DataFrame:
    """A course that ends at `AT`; NaN is an hour in a long gap."""
    at = pd.date_range(AT - len(bad) * HOUR, periods=len(bad), freq="h", unit="us")
    frame = pd.DataFrame({"at": at, "until": at + HOUR, "bad": bad})
    frame["gap"] = frame["bad"].isna()
    frame["valid"] = np.where(frame["gap"], 0, valid)
    frame["good"] = (frame["valid"] - frame["bad"]).fillna(0)
    return frame


def left(*ratios: float) -> pd.DataFrame:
    at = pd.date_range(AT - (len(ratios) - 1) * HOUR, periods=len(ratios), freq="h", unit="us")
    frame = pd.DataFrame({"at": at, "remaining_ratio": ratios, "allowed": 100.0})
    frame["remaining"] = frame["remaining_ratio"] * 100
    return frame.assign(gap=frame["remaining_ratio"].isna())


def drawn(figure: Any, name: str) -> Any:
    return next(trace for trace in figure.data if trace.name == name)


def notes(figure: Any) -> list[str]:
    return [note.text for note in figure.layout.annotations]


def test_the_scale_has_a_zero_and_keeps_the_order() -> None:
    places = squeezed(pd.Series([0.0, 1.0, 5.0, 500.0]), 1.0)
    assert places[0] == 0
    assert (np.diff(places) > 0).all()
    assert ticks(6, 1.0) == [0, 1, 2, 5, 10]
    assert ticks(70, 20.0) == [0, 10, 20, 50, 100]
    # Where there would be too many, every other one is left.
    assert ticks(1000, 1.0) == [0, 2, 10, 50, 200, 1000]


def test_burn_has_its_target_its_alert_and_says_what_it_costs() -> None:
    course = hours(0, 3, 30, NAN, NAN, NAN, 12)
    rates = pd.DataFrame({"at": course["until"], "gap": course["gap"], "1h": 14.4})
    figure = burn_figure(
        rates,
        course,
        SONG,
        BUDGET,
        burn_alerts(STUDIO, "song_generation", SONG),
        {"1h": HOUR},
        NO_MARKS,
        LIGHT,
        at=AT,
    )
    line = drawn(figure, "Over 1h")
    assert line.customdata[0] == "14.4×, 2 % of the 30d budget in 1h"
    assert np.isnan(line.y[3])  # a gap in the data is one in the line
    told = notes(figure)
    assert "target: at most 1×" in told
    assert "P2 alert above 5× over 1 h" in told
    assert "warning from 10" in told
    assert "critical above 20" in told
    levels = {name: len(drawn(figure, f"{name} hour").x) for name in ("Normal", "Warning")}
    assert levels == {"Normal": 2, "Warning": 1}
    assert list(drawn(figure, "Critical hour").customdata) == ["30 failures"]
    assert "no data" in [shape.label.text for shape in figure.layout.shapes]


def test_headroom_has_neither_alert_nor_levels() -> None:
    course = hours(0, 3)
    rates = pd.DataFrame({"at": course["until"], "gap": course["gap"], "1h": [NAN, 0.5]})
    p95 = STUDIO.objective("song_generation", "latency_p95")
    figure = burn_figure(rates, course, p95, None, [], {"1h": HOUR}, NO_MARKS, LIGHT, at=AT)
    assert notes(figure) == ["target: at most 1×"]
    assert drawn(figure, "Hour").customdata[1] == "3 slow requests"


def projected(**own: Any) -> pd.Series:
    """A row of forecasts: a rolling budget that runs out in half of the futures."""
    row = {
        "service": "song_generation",
        "basis": "rolling",
        "window": "30d",
        "remaining_ratio": 0.4,
        "exhausted": False,
        "p10": AT + 6 * HOUR,
        "p50": AT + DAY,
        "p90": pd.NaT,
        "probability": 0.62,
        "linear": AT + DAY,
        "recovery": pd.NaT,
        "until": AT + 30 * DAY,
        "note": "",
    }
    row |= own
    dates = {it: pd.Timestamp(row[it]) for it in ("p10", "p50", "p90", "recovery", "until")}
    return pd.Series(row | dates, dtype=object)


def course(*shares: tuple[float, float, float]) -> pd.DataFrame:
    """What may be left at the ends of the coming days: low, middle, high."""
    frame = pd.DataFrame(shares, columns=["low", "middle", "high"])
    frame.insert(0, "at", [pd.Timestamp(AT + (day + 1) * DAY) for day in range(len(shares))])
    return frame


def burn_down(
    frame: pd.DataFrame,
    end: End,
    states: pd.DataFrame | None = None,
    row: pd.Series | None = None,
    coming: pd.DataFrame | None = None,
) -> Any:
    return burn_down_figure(
        frame,
        pd.DataFrame() if states is None else states,
        SONG,
        STUDIO.policy,
        Pace(AT - 2 * DAY, 1.0, 10 * DAY, "Even pace"),
        end,
        Projection(projected() if row is None else row, course() if coming is None else coming),
        NO_MARKS,
        LIGHT,
        axis=Axis(AT - 2 * DAY, AT, AT + 2 * DAY),
    )


def test_a_burn_down_has_its_thresholds_its_pace_and_the_straight_line() -> None:
    figure = burn_down(left(0.8, 0.6, 0.4), End("ends", AT + DAY))
    told = notes(figure)
    assert "low below 50 %" in told
    assert "exhausted below 10 %" in told
    assert "exhaustion ends above 30 %" in told
    line = drawn(figure, STRAIGHT)
    assert list(line.y) == [0.4, 0]
    assert line.text[1] == "Straight line: 0 % on 2025-03-11 00:00 UTC"
    # Ten days for the whole, of which four are drawn.
    assert list(drawn(figure, "Even pace").y) == pytest.approx([1, 0.6])
    assert any(shape.y0 == shape.y1 == 0 for shape in figure.layout.shapes)


def test_the_line_goes_on_beyond_the_chart() -> None:
    figure = burn_down(left(0.8), End("ends", AT + 8 * DAY))
    assert list(drawn(figure, STRAIGHT).y) == pytest.approx([0.8, 0.6])
    never = burn_down(left(0.8), End("never"))
    assert list(drawn(never, STRAIGHT).y) == [0.8, 0.8]
    assert drawn(never, STRAIGHT).text[1] == "Straight line: never, at the current burn"


def test_a_projection_is_dashed_with_its_range_and_its_dates() -> None:
    coming = course((-0.5, 0, 0.2), (-3, -0.1, 0.3), (-9, -0.9, 0.4))
    figure = burn_down(left(0.8, 0.4), End("spent"), coming=coming)
    line = drawn(figure, "Projection")
    assert line.line.dash == "dash"
    assert list(line.y) == [0.4, 0, -0.1]  # the third day is beyond the chart
    assert line.customdata[2] == "-10 % in the middle future, -300 % to 30 %"
    assert list(drawn(figure, "Range of what may be left").y) == [0.4, 0.2, 0.3, -3, -0.5, 0.4]
    dates = drawn(figure, "Runs out, P10 to P90")
    # P90 lies beyond the horizon, so that the interval goes on to the edge.
    assert list(dates.x) == [AT + 6 * HOUR, AT + DAY, AT + 2 * DAY]
    assert dates.marker.symbol == ("line-ns", "diamond", "line-ns")
    assert "P50: 0 % on 2025-03-11 (62 %)" in notes(figure)
    # Two days of what is unlikely do not press the past flat.
    assert figure.layout.yaxis.range[0] == pytest.approx(-1.13)


def test_a_projection_without_dates_says_so() -> None:
    row = projected(p10=pd.NaT, p50=pd.NaT, probability=0.004)
    figure = burn_down(left(0.8), End("never"), row=row, coming=course((0.7, 0.8, 0.9)))
    assert "not 0 % within 30 days (under 1 %)" in notes(figure)
    assert "Runs out, P10 to P90" not in [trace.name for trace in figure.data]


def test_an_exhausted_budget_has_the_date_on_which_something_is_left_again() -> None:
    row = projected(exhausted=True, p10=AT, p50=AT, p90=AT, probability=1, recovery=AT + DAY)
    figure = burn_down(left(-0.2), End("spent"), row=row, coming=course((-0.4, 0, 0.1)))
    assert list(drawn(figure, "Left again").x) == [AT, AT + DAY]
    assert "left again 2025-03-11" in notes(figure)


NAMES = {"song_generation": "Songs"}


def test_budgets_have_intervals_on_one_axis() -> None:
    rows = [
        projected(),
        projected(basis="calendar", window="2025-03", p90=AT + 2 * DAY, until=AT + 22 * DAY),
        projected(window="7d", exhausted=True, probability=1, recovery=AT + 3 * DAY),
        projected(window="1d", p10=pd.NaT, p50=pd.NaT, probability=0.09, linear=pd.NaT),
        projected(window="2d", p10=pd.NaT, p50=pd.NaT, probability=NAN, note="too little history"),
        projected(window="3d", p10=pd.NaT, p50=pd.NaT, probability=NAN, remaining_ratio=NAN),
    ]
    figure = exhaustion_figure(pd.DataFrame(rows), NAMES, LIGHT, at=AT)
    open_, closed = drawn(figure, "P10 to beyond the end"), drawn(figure, "P10 to P90")
    assert list(open_.y) == ["Songs<br>rolling 30d"]
    assert list(open_.x) == [(30 * 24 - 6) * 3_600_000]
    assert list(closed.y) == ["Songs<br>month 2025-03"]
    assert list(closed.x) == [42 * 3_600_000]
    assert list(drawn(figure, "Exhausted, until something is left again").x) == [3 * 86_400_000]
    assert list(drawn(figure, "P50").x) == [AT + DAY] * 2
    assert len(drawn(figure, "Straight line, for reference").x) == 4
    told = notes(figure)
    assert "not within 30 days (9 %)" in told
    assert told.count("too little history") == 1
    assert told.count("no data") == 1
    assert "horizon: 30 days" in told
    assert "2025-03 ends" in told
    assert figure.layout.xaxis.range[1] < AT + 31 * DAY


@pytest.mark.parametrize(
    ("own", "words"),
    [
        (
            {},
            "62 % likely to run out within 30 days: P10 2025-03-10 06:00 UTC, P50 2025-03-11 00:00 "
            "UTC, P90 not within 30 days",
        ),
        (
            {"p10": pd.NaT, "p50": pd.NaT, "probability": 0.0},
            "under 1 % likely to run out within 30 days",
        ),
        (
            {
                "p10": pd.NaT,
                "p50": pd.NaT,
                "probability": 0.02,
                "basis": "calendar",
                "window": "2025-03",
                "until": datetime(2025, 4, 1),
            },
            "2 % likely to run out in 2025-03",
        ),
        (
            {"exhausted": True, "recovery": AT + DAY},
            "exhausted; something left again 2025-03-11 00:00 UTC, as likely before as after",
        ),
        ({"exhausted": True}, "exhausted; nothing left again before 2025-04-09 00:00 UTC"),
        (
            {"exhausted": True, "recovery": datetime(2025, 4, 1), "basis": "calendar"},
            "exhausted; the next month's begins 2025-04-01 00:00 UTC",
        ),
        (
            {"probability": NAN, "note": "too little history: 5 h, and 24 h are needed"},
            "none, too little history: 5 h, and 24 h are needed",
        ),
    ],
)
def test_a_projection_in_words(own: dict[str, Any], words: str) -> None:
    assert projection_words(projected(**own), AT) == words


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (0, "under 1 %"),
        (0.0099, "under 1 %"),
        (0.01, "1 %"),
        (0.494, "49 %"),
        (0.99, "99 %"),
        (0.991, "over 99 %"),
        (1, "over 99 %"),
        (NAN, "no data"),
        (None, "no data"),
    ],
)
def test_a_probability_is_never_certain(probability: float | None, words: str) -> None:
    assert chance_words(probability) == words


def test_what_is_overspent_is_drawn_below_zero_and_gaps_are_gaps() -> None:
    figure = burn_down(left(0.1, NAN, -3.0), End("spent"))
    line = drawn(figure, "Left")
    assert line.y[2] == -3
    assert np.isnan(line.y[1])
    assert figure.layout.yaxis.range[0] < -3
    assert STRAIGHT not in [trace.name for trace in figure.data]


def test_states_of_the_policy_are_a_strip() -> None:
    states = pd.DataFrame(
        {
            "state": ["low", "exhausted"],
            "start": [AT - 2 * DAY, AT - HOUR],
            "end": [AT - HOUR, pd.NaT],
            "exit_confirmed": [False, None],
        }
    )
    figure = burn_down(left(0.4, 0.05), End("never"), states)
    bars = [trace for trace in figure.data if trace.type == "bar"]
    assert [bar.x[0] for bar in bars] == [47 * 3_600_000, 3_600_000]
    assert "▲ Low, exit not confirmed" in notes(figure)
    assert "✕ Exhausted" not in notes(figure)  # an hour is too narrow for its word
    assert bars[1].customdata[0].startswith("Policy: ✕ Exhausted from 2025-03-09 23:00 UTC")


def test_days_without_data_are_no_days_without_failures() -> None:
    days = pd.DataFrame(
        {
            "day": [AT, AT + DAY, AT + 2 * DAY],
            "consumed": [0.0, NAN, 250.0],
            "share": [0.0, NAN, 0.1],
            "pace": [0.0, NAN, 3.1],
        }
    )
    figure = days_figure(days, SONG, LIGHT)
    classes = list(figure.data[0].z)
    assert classes[0] == 0
    assert classes[1] is None or np.isnan(classes[1])
    assert classes[2] == 4
    assert list(figure.data[1].x) == [11]
    assert figure.data[0].text[1].endswith("no data")
    assert figure.data[0].text[2] == (
        "Wed 12 Mar 2025: 250 failures, 10 % of the month's budget, 3.1× an even day's part"
    )
    assert [pace_class(pace) for pace in (0, 0.5, 0.51, 1, 5, 5.1)] == [0, 1, 2, 2, 4, 5]


def test_a_waterfall_goes_from_all_to_what_is_left() -> None:
    impact = pd.DataFrame(
        {
            "id": [7, 8, None],
            "title": ["Songs fail", "Nothing is logged", "Everything else"],
            "start": [AT, AT + HOUR, pd.NaT],
            "seen": [True, False, True],
            "total": [60.0, 0.0, 50.0],
            "excess": [45.0, NAN, NAN],
        }
    )
    figure = waterfall_figure(impact, 100.0, SONG, LIGHT)
    over, usual, rest = (
        drawn(figure, name)
        for name in ("Incident, over the usual", "Incident, usual at that hour", "Everything else")
    )
    assert (over.base[0], over.x[0]) == pytest.approx((0.55, 0.45))
    assert (usual.base[0], usual.x[0]) == pytest.approx((0.4, 0.15))
    assert (rest.base[0], rest.x[0]) == pytest.approx((-0.1, 0.5))
    assert list(figure.data[0].x) == pytest.approx([1, -0.1])
    assert notes(figure) == ["−60 %", "no data", "−50 %"]
    # The words of the lowest step, left of its end, have room in a phone's chart too.
    assert figure.layout.xaxis.range[0] == pytest.approx(-0.1 - 0.36)


@pytest.mark.parametrize(
    ("end", "since", "exactly", "words"),
    [
        (End("no_data"), None, True, "no data"),
        (End("never"), None, True, "never, at the current burn"),
        (End("spent"), None, True, "spent already"),
        (End("spent"), AT, True, "spent since 2025-03-10 00:00 UTC"),
        (End("spent"), AT, False, "spent since before 2025-03-10 00:00 UTC"),
        (End("ends", AT + 76 * HOUR), None, True, "2025-03-13 04:00 UTC, in 3 d 4 h"),
        (End("ends", AT + 100 * DAY), None, True, "2025-06-18, in 100 d"),
        (End("lasts", AT + 90 * DAY), None, True, "not this month, the line ends 2025-06-08"),
    ],
)
def test_where_a_line_ends(end: End, since: datetime | None, exactly: bool, words: str) -> None:
    assert end_words(end, AT, since, exactly=exactly) == words
