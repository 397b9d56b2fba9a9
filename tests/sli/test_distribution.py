"""Distributions whose bars end at the objectives, so that good ones are exactly the good values."""

from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from slo_core.catalog import Catalog
from slo_core.rollup import Rollup
from slo_core.sli.distribution import COLUMNS, distribution
from slo_core.sli.histograms import histograms
from slo_core.sli.journeys import Measured, sections
from slo_core.sli.windows import Window
from tests.small import SHOP, STUDIO, small_rollup

AT = datetime(2025, 3, 10, 12)
WINDOW = Window("now", AT - timedelta(days=1), AT)


def value(journey: str, metric: str, amount: float) -> dict[str, Any]:
    return {"ts": AT - timedelta(hours=1), "journey": journey, "metric": metric, "value": amount}


def subject(catalog: Catalog, journey: str, metric: str) -> Measured:
    found = sections(catalog.journey(journey)).measured
    return next(it for it in found if it.metric == metric)


def spread(rollup: Rollup, it: Measured) -> Any:
    return distribution(rollup, histograms(rollup, [WINDOW]), it, "now")


def test_bars_are_good_up_to_the_objective(tmp_path: Path) -> None:
    amounts = [100.0, 499.9, 500.0, 501.0, 2_000.0, 0.0]
    rows = [value("audio_playback", "buffering_ms", amount) for amount in amounts]
    it = subject(STUDIO, "audio_playback", "buffering_ms")
    frame = spread(small_rollup(tmp_path, {"measurements": rows}), it)
    assert list(frame.columns) == COLUMNS
    assert frame["events"].sum() == 6
    assert frame.loc[frame["good"], "events"].sum() == 3  # 500 ms is not below 500 ms
    assert frame.loc[frame["good"], "high"].max() == 500
    assert frame.loc[~frame["good"], "low"].min() == 500
    assert frame["low"].tolist()[0] == 0  # nought lies in a bar of its own
    assert frame["share"].sum() == pytest.approx(1)


def test_of_speeds_the_high_ones_are_good(tmp_path: Path) -> None:
    rows = [value("audio_export", "download_mbps", amount) for amount in (4.0, 5.0, 5.1, 80.0)]
    it = subject(STUDIO, "audio_export", "download_mbps")
    frame = spread(small_rollup(tmp_path, {"measurements": rows}), it)
    assert frame.loc[frame["good"], "events"].sum() == 2  # 5 Mbps is not above 5 Mbps
    assert (it.unit, frame["good"].tolist()[-1]) == ("Mbps", True)


def test_many_values_make_few_bars(tmp_path: Path) -> None:
    random = Random(5)
    amounts = [random.lognormvariate(5, 1) for _ in range(3_000)]
    rows = [value("audio_playback", "seek_ms", amount) for amount in amounts]
    it = subject(STUDIO, "audio_playback", "seek_ms")
    frame = spread(small_rollup(tmp_path, {"measurements": rows}), it)
    assert 30 < len(frame) < 52
    assert frame.loc[frame["good"], "events"].sum() == sum(amount < 200 for amount in amounts)
    assert (frame["low"].to_numpy()[1:] >= frame["high"].to_numpy()[:-1] * 0.999).all()


def test_another_catalogue(tmp_path: Path) -> None:
    rows = [value("browse", "pictures_per_second", amount) for amount in (11.0, 12.0, 13.0)]
    it = subject(SHOP, "browse", "pictures_per_second")
    frame = spread(small_rollup(tmp_path, {"measurements": rows}, SHOP), it)
    assert frame.loc[frame["good"], "events"].sum() == 1


def test_without_values_there_are_no_bars(tmp_path: Path) -> None:
    rows = [value("audio_playback", "seek_ms", 1.0)]
    it = subject(STUDIO, "audio_playback", "buffering_ms")
    assert spread(small_rollup(tmp_path, {"measurements": rows}), it).empty
