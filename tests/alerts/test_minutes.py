"""Counts below any threshold, minute by minute, against plain counting of the values themselves."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pytest

from slo_core.alerts.minutes import tallies
from slo_core.alerts.tally import Durations, Key, Values
from slo_core.catalog import Cut
from slo_core.register import read_maintenance
from slo_core.rollup import Rollup
from tests.small import small_rollup

AT = datetime(2025, 3, 12, 0, 7)
MINUTE = timedelta(minutes=1)
COUNT = 30
TIMEOUT_MS = {"song_generation": 90_000, "publishing": 900_000}
BIN = 1.02
"""How much larger the largest value of a bin is than the smallest."""


@pytest.fixture(scope="module")
def rows() -> dict[str, list[dict[str, Any]]]:
    """Values around, at and far from the document's thresholds; one in twenty is a timeout."""
    random = Random(6)
    tables: dict[str, list[dict[str, Any]]] = {"requests": [], "measurements": []}
    for number in range(4000):
        ts = AT - COUNT * MINUTE + number * COUNT * MINUTE / 4000
        journey = random.choice(list(TIMEOUT_MS))
        near = random.choice((15_000, 20_000, 30_000, 45_000, 120_000, 300_000))
        value = random.choice((near, near * random.uniform(0.2, 5)))
        if random.random() < 0.05:
            value = TIMEOUT_MS[journey] + 1
        row = {"ts": ts, "journey": journey, "step": random.choice(("publish", None))}
        tables["requests"].append(row | {"status": 200, "duration_ms": value})
        row = {"ts": ts, "journey": "collaboration", "metric": "sync_ms"}
        value = random.choice((0.0, 200.0, 500.0, random.uniform(0.01, 3000)))
        tables["measurements"].append(row | {"value": value})
    return tables


@pytest.fixture(scope="module")
def rollup(tmp_path_factory: pytest.TempPathFactory, rows: dict[str, Any]) -> Rollup:
    return small_rollup(tmp_path_factory.mktemp("minutes"), rows)


def counted(rollup: Rollup, keys: list[Key]) -> dict[Key, tuple[Any, Any]]:
    """Good and valid of each key in each minute."""
    maintenance: pd.DataFrame = read_maintenance(rollup.store.root)
    found = tallies(rollup, AT, COUNT, dict.fromkeys(keys, 1), maintenance)
    return {key: it.trailing(1, COUNT) for key, it in found.items()}


def values_of(rows: dict[str, Any], key: Durations | Values) -> list[list[float]]:
    """The values of each minute that a key counts; endless ones for timeouts."""
    found: list[list[float]] = [[] for _ in range(COUNT)]
    is_metric = isinstance(key, Values)
    table, name = ("measurements", "value") if is_metric else ("requests", "duration_ms")
    for row in rows[table]:
        step = getattr(key, "step", None)
        if row["journey"] == key.journey and step in (None, row.get("step")):
            value = row[name]
            if table == "requests" and value > TIMEOUT_MS[key.journey]:
                value = float("inf")
            found[(row["ts"] - AT + COUNT * MINUTE) // MINUTE].append(value)
    return found


THRESHOLDS = (0.5, 3_000, 14_999, 15_000, 17_500, 20_000, 29_000, 31_000, 52_000, 89_000, 400_000)
SYNC = (0.3, 150, 200, 210, 499, 501, 900, 2_500, 90_000)


def test_counts_below_any_threshold_are_those_of_the_values_but_for_the_bin_it_splits(
    rollup: Rollup, rows: dict[str, Any]
) -> None:
    keys: list[Durations | Values] = [
        Durations(journey, step, Cut(limit, inclusive=inclusive))
        for journey, step in (("song_generation", None), ("publishing", "publish"))
        for limit in THRESHOLDS
        for inclusive in (False, True)
    ]
    keys += [Values("collaboration", "sync_ms", Cut(limit, inclusive=True)) for limit in SYNC]
    together = counted(rollup, [*keys])
    split = 0
    for key in keys:
        good, valid = together[key]
        minutes = values_of(rows, key)
        assert valid.tolist() == [len(it) for it in minutes]
        limit, inclusive = key.cut.value, key.cut.inclusive
        exact = [sum(v <= limit if inclusive else v < limit for v in it) for it in minutes]
        least = [sum(v < limit / BIN for v in it) for it in minutes]
        most = [sum(v < limit * BIN or v <= limit for v in it) for it in minutes]
        assert (np.array(least) <= good + 1e-9).all(), key
        assert (good <= np.array(most) + 1e-9).all(), key
        # Where no value is so near that its bin is split, the count is exact.
        clear = np.array(least) == np.array(most)
        assert (good[clear] == np.array(exact)[clear]).all(), key
        split += int((~clear).sum())
    assert split > 100


def test_a_threshold_asked_for_alone_is_answered_as_beside_others(rollup: Rollup) -> None:
    keys: list[Key] = [
        Durations("song_generation", None, Cut(limit, inclusive=False)) for limit in THRESHOLDS
    ]
    together = counted(rollup, keys)
    for key in keys:
        assert (counted(rollup, [key])[key][0] == together[key][0]).all()
