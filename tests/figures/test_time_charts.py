"""Charts over time: what is drawn, from frames worked out by hand."""

import math
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from slo_core.figures.gaps import add_gaps, lone_points
from slo_core.figures.heatmap import heatmap_figure
from slo_core.figures.theme import LIGHT
from slo_core.figures.traffic import traffic_figure
from slo_core.sli.heatmap import heatmap, subjects
from slo_core.sli.marks import marks
from slo_core.sli.traffic import traffic
from tests.small import STUDIO, small_rollup

AT = datetime(2025, 3, 10, 12)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def song(ago: timedelta, status: int = 200, **more: Any) -> dict[str, Any]:
    return {"ts": AT - ago, "journey": "song_generation", "status": status} | more


def names(figure: Any) -> list[str]:
    return [trace.name for trace in figure.data]


def test_reasons_are_stacked_and_those_that_never_came_up_left_out(tmp_path: Path) -> None:
    rows = [song(MINUTE, 503), song(MINUTE, 503), song(MINUTE, error="timeout"), song(MINUTE)]
    rows += [song(timedelta(days=7) + MINUTE)]
    rollup = small_rollup(tmp_path, {"requests": rows})
    frame = traffic(rollup, AT - HOUR, AT)
    before = traffic(rollup, AT - HOUR - timedelta(days=7), AT - timedelta(days=7))
    empty = marks(rollup, AT - HOUR, AT)
    figure = traffic_figure(frame, before, empty, LIGHT, allowed=0.005, at=AT)
    assert names(figure) == [
        "A week before",
        "Requests",
        "Server error",
        "Timeout",
        "A week before",
    ]
    server, timeout = figure.data[2], figure.data[3]
    assert (server.y[-1], timeout.y[-1]) == (0.5, 0.25)
    assert math.isnan(server.y[0])
    # The week before is drawn where it would be today.
    week = figure.data[0]
    assert pd.Timestamp(week.x[-1]) == AT - MINUTE
    assert figure.layout.annotations[0].text == "allowed: 0.5 %"


def test_gaps_of_three_steps_are_named() -> None:
    moments = pd.Series([AT, AT + MINUTE, AT + 2 * MINUTE, AT + 5 * MINUTE])
    (band,) = add_gaps(go.Figure(), moments, MINUTE, LIGHT).layout.shapes
    assert (band.x0, band.x1) == (AT, AT + 3 * MINUTE)
    assert band.label.text == "no data"


def test_a_value_between_gaps_is_a_point() -> None:
    nan = float("nan")
    assert lone_points(pd.Series([1.0, 2.0, nan])) == "lines"
    assert lone_points(pd.Series([1.0, nan, 2.0, 3.0])) == "lines+markers"


def test_the_heatmap_draws_percentiles_objectives_and_what_was_missed(tmp_path: Path) -> None:
    rows = [song(90 * MINUTE, duration_ms=10_000)] * 3 + [song(90 * MINUTE, duration_ms=50_000)]
    rollup = small_rollup(tmp_path, {"requests": rows})
    subject = subjects(STUDIO)[0]
    found = heatmap(rollup, subject, AT - timedelta(days=1), AT)
    empty = marks(rollup, AT - HOUR, AT)
    figure = heatmap_figure(found, subject.objectives, empty, LIGHT, at=AT)
    assert names(figure) == ["Share of events", "P50", "P95", "P99", "Missed"]
    density, median, _, _, missed = figure.data
    shares = [value for row in density.z for value in row if not math.isnan(value)]
    assert shares == [75.0, 25.0]
    events = [cell[0] for row in density.customdata for cell in row]
    assert [number for number in events if number != "0"] == ["3", "1"]  # on hover
    assert list(median.text).count("timed out") == 23  # nothing was timed in the other hours
    assert len(missed.x) == 2  # P95 and P99, in one hour
    texts = [note.text for note in figure.layout.annotations]
    assert "P95 objective < 30 seconds" in texts
    # The axis is logarithmic and holds every objective.
    low, high = figure.layout.yaxis.range
    assert low < math.log10(10_000)
    assert high > math.log10(50_000)
