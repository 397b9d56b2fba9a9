"""Figures without what corrections leave out: worked out by hand, and against rows taken away."""

from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import pytest

from slo_core.budget.corrected import deciding
from slo_core.budget.course import courses
from slo_core.budget.gate import gate
from slo_core.catalog import Catalog
from slo_core.figures.marks import add_marks
from slo_core.figures.theme import LIGHT
from slo_core.logs.store import open_store
from slo_core.register import Actor, write
from slo_core.rollup import refresh
from slo_core.sli.corrections import read_corrections
from slo_core.sli.marks import concerning, marks
from slo_core.sli.windows import Window
from slo_core.status import status
from tests.commands.test_commands import run
from tests.oracle import Tables, compute_status
from tests.random_logs import big_tables, write_tables
from tests.small import SHOP, STUDIO, small_rollup
from tests.test_status_against_oracle import budget_differences, objective_differences

AT = datetime(2025, 3, 31)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ADA = Actor("Ada")


def correct(folder: Path, scope: str, start: datetime, end: datetime, **more: Any) -> int:
    row = {"scope": scope, "starts_at": start, "ends_at": end, "reason": "load test"}
    return write(folder, ADA, "corrections", row | {"approver": "Grace"} | more)


def songs(good: int, bad: int, ago: timedelta) -> list[dict[str, Any]]:
    row = {"ts": AT - ago, "journey": "song_generation", "duration_ms": 9_000.0}
    return [row | {"status": 200}] * good + [row | {"status": 500}] * bad


def of(stated: dict[str, Any], journey: str, objective: str) -> dict[str, Any]:
    return next(
        it
        for it in stated["objectives"]
        if (it["journey"], it["objective"]) == (journey, objective)
    )


def test_measured_stays_and_corrected_stands_beside_it(tmp_path: Path) -> None:
    # 1,000 songs with 4 failures, and a load test of 100 with 90: 1,006 of 1,100 are good, 91.5 %;
    # without it 996 of 1,000, above 99.5 %.
    rows = [*songs(996, 4, 2 * DAY), *songs(10, 90, DAY)]
    rollup = small_rollup(tmp_path, {"requests": rows})
    before = status(rollup, AT)
    assert "corrections" not in before
    start = AT - DAY - MINUTE + timedelta(seconds=30)  # so from its whole minute on
    correct(tmp_path, "song_generation", start, AT - DAY + timedelta(seconds=1))
    stated = status(rollup, AT)
    found = of(stated, "song_generation", "success_rate")
    assert (found["good"], found["valid"], found["met"]) == (1006, 1100, False)
    assert found["decides"] == "corrected"
    corrected = found["corrected"]
    assert (corrected["good"], corrected["valid"], corrected["met"]) == (996, 1000, True)
    assert corrected["budget"]["consumed"] == 4
    assert corrected["budget"]["remaining_ratio"] == pytest.approx(1 / 5)
    assert (deciding(found)["met"], deciding(found)["target"]) == (True, 0.995)
    (budget,) = (it for it in stated["budgets"] if it["service"] == "song_generation")
    assert (budget["consumed"], budget["corrected"]["consumed"]) == (94, 4)
    assert (budget["rolling"]["consumed"], budget["corrected"]["rolling"]["consumed"]) == (94, 4)
    # Nothing else was touched, and of what was nothing changed but what was added.
    for one, other in zip(stated["objectives"], before["objectives"], strict=True):
        added = {"corrected", "decides"} if one["journey"] == "song_generation" else set()
        assert {key: it for key, it in one.items() if key not in added} == other
    assert stated["corrections"][0]["approver"] == "Grace"


def test_a_cancelled_correction_counts_no_more(tmp_path: Path) -> None:
    rollup = small_rollup(tmp_path, {"requests": songs(10, 90, DAY)})
    own = correct(tmp_path, "song_generation", AT - 2 * DAY, AT)
    # All of it is left out: then nothing is known, which is not good.
    found = deciding(of(status(rollup, AT), "song_generation", "success_rate"))
    assert (found["valid"], found["sli"], found["met"]) == (0, None, None)
    # It is on every time axis, and drawn there.
    (mark,) = concerning(marks(rollup, AT - 3 * DAY, AT), "song_generation").itertuples()
    assert (mark.kind, mark.title, mark.start) == (
        "correction",
        "Left out: load test",
        AT - 2 * DAY,
    )
    shown = add_marks(go.Figure(), marks(rollup, AT - 3 * DAY, AT), LIGHT)
    assert [trace.name for trace in shown.data] == ["Correction"]
    write(tmp_path, ADA, "corrections", {"cancelled_at": AT}, row_id=own, version=1)
    assert "corrections" not in status(rollup, AT)
    assert marks(rollup, AT - 3 * DAY, AT).empty


def test_what_decides_is_the_catalogues(tmp_path: Path) -> None:
    rules = STUDIO.rules
    decides = rules.corrections_decide.model_copy(update={"value": False})
    rules = rules.model_copy(update={"corrections_decide": decides})
    catalog = STUDIO.model_copy(update={"rules": rules})
    rollup = small_rollup(tmp_path, {"requests": songs(996, 4, DAY)}, catalog)
    correct(tmp_path, "song_generation", AT - 2 * DAY, AT)
    found = of(status(rollup, AT), "song_generation", "success_rate")
    assert found["decides"] == "measured"
    assert deciding(found)["valid"] == 1000


def test_downtime_is_left_out_with_its_observed_time(tmp_path: Path) -> None:
    # An hour of probes every ten seconds, of which ten minutes fail, five of them corrected.
    probes = [
        {
            "ts": AT - HOUR + timedelta(seconds=10 * n),
            "scope": "api",
            "target": "a",
            "ok": not 60 <= n < 120,
        }
        for n in range(360)
    ]
    rollup = small_rollup(tmp_path, {"probes": probes})
    correct(tmp_path, "api", AT - 50 * MINUTE, AT - 45 * MINUTE)
    found = of(status(rollup, AT), "api", "availability")
    assert (found["good"], found["valid"]) == (3000, 3600)
    assert (found["corrected"]["good"], found["corrected"]["valid"]) == (3000, 3300)


def test_the_policy_without_what_is_left_out_lets_deploys_go_ahead(tmp_path: Path) -> None:
    rows = [*songs(1000, 0, 10 * DAY), *songs(10, 90, DAY)]
    rollup = small_rollup(tmp_path, {"requests": rows})
    correct(tmp_path, "song_generation", AT - DAY - MINUTE, AT - DAY + MINUTE)
    stated = status(rollup, AT)
    (budget,) = (it for it in stated["budgets"] if it["service"] == "song_generation")
    assert (budget["policy"], budget["corrected"]["policy"]) == ("exhausted", "healthy")
    assert (stated["studio_policy"], deciding(stated)["studio_policy"]) == ("exhausted", "healthy")
    found = gate(stated, STUDIO, "song_generation", "feature")
    assert (found.allowed, found.state, found.remaining_ratio) == (True, "healthy", 1.0)
    # As measured 90 of 1,100 songs failed where 5.5 may: 84.5 over, more than 15 budgets.
    beside = found.beside
    assert beside is not None
    assert (found.decides, beside.figures) == ("corrected", "measured")
    assert (beside.allowed, beside.state) == (False, "exhausted")
    assert beside.remaining == pytest.approx(-84.5)
    assert beside.remaining_ratio == pytest.approx(-84.5 / 5.5)
    untouched = gate(stated, STUDIO, "api", "feature")
    assert (untouched.decides, untouched.beside) == (None, None)
    asked = ("gate", "--service", "song_generation", "--kind", "feature", "--no-record")
    told = run(*asked, "--data", str(tmp_path), "--at", "2025-03-31T00:00:00Z").stdout
    assert "the figure as corrected decides; as measured: " in told
    assert "84.5 failures over the 5.5 allowed, policy exhausted, it would be forbidden" in told


def test_spans_meet_and_windows_are_cut(tmp_path: Path) -> None:
    correct(tmp_path, "web", AT - 3 * HOUR, AT - 2 * HOUR)
    correct(tmp_path, "web", AT - 2 * HOUR, AT - HOUR)
    correct(tmp_path, "web", AT - 9 * HOUR, AT - 8 * HOUR)
    correct(tmp_path, "elsewhere", AT - 9 * HOUR, AT)
    found = read_corrections(tmp_path)
    assert found is not None
    assert found.spans["web"] == ((AT - 9 * HOUR, AT - 8 * HOUR), (AT - 3 * HOUR, AT - HOUR))
    window = Window("w", AT - 2 * HOUR, AT)
    assert found.left("web", window) == [Window("w", AT - HOUR, AT)]
    assert found.touches("web", window)
    assert not found.touches("web", Window("w", AT - HOUR, AT))
    assert found.journeys(STUDIO) == ["web"]
    # A journey that the catalogue does not know is left alone.
    assert status(small_rollup(tmp_path, {"requests": songs(1, 0, HOUR)}), AT)["corrections"]


@pytest.mark.parametrize("catalog", [STUDIO, SHOP], ids=["studio", "shop"])
def test_corrected_is_what_would_be_measured_without_those_rows(
    catalog: Catalog, tmp_path: Path
) -> None:
    random = Random(20250331)
    tables = big_tables(catalog, AT, rows=1_500, seed=11)
    write_tables(tmp_path, tables)
    rollup = refresh(open_store(tmp_path), catalog)
    spans: list[tuple[str, datetime, datetime]] = []
    for journey in catalog.journeys[1:]:
        for _ in range(2):
            start = AT - random.randrange(20 * 24 * 60) * MINUTE
            spans.append((journey.id, start, start + random.randrange(1, 3000) * MINUTE))
            correct(tmp_path, *spans[-1])
    left = without(tables, spans)
    compared = 0
    at = AT - 2 * DAY - 443 * MINUTE
    found, expected = status(rollup, at), compute_status(left, catalog, at)
    for (journey, objective), got, entry in zip(
        catalog.objectives, found["objectives"], expected["objectives"], strict=True
    ):
        if "corrected" not in got or objective.indicator.kind == "availability":
            continue
        own = {**got, **got["corrected"]}
        minimum = catalog.rules.min_valid.value
        assert not objective_differences(objective, entry, own, minimum), journey.id
        compared += 1
    for budget, got, entry in zip(
        catalog.budgets, found["budgets"], expected["budgets"], strict=True
    ):
        if "corrected" in got and budget.unit == "failures":
            assert not budget_differences(entry, {**got, **got["corrected"]})
            compared += 1
    assert compared >= 4


def without(tables: Tables, spans: list[tuple[str, datetime, datetime]]) -> Tables:
    """Rows of requests and measurements that no span of their journey has."""

    def is_left(row: dict[str, Any]) -> bool:
        return not any(
            row.get("journey") == journey and row.get("ts") and start <= row["ts"] < end
            for journey, start, end in spans
        )

    kept = {name: [row for row in tables[name] if is_left(row)] for name in _CORRECTED}
    return {**tables, **kept}


_CORRECTED = ("requests", "measurements")


@pytest.mark.long
def test_hours_corrected_are_those_that_would_be_measured_without_those_rows(
    tmp_path: Path,
) -> None:
    random = Random(31)
    tables = big_tables(STUDIO, AT, rows=1_000, seed=12)
    spans: list[tuple[str, datetime, datetime]] = []
    for journey in STUDIO.journeys:
        start = AT - random.randrange(10 * 24 * 60) * MINUTE
        spans.append((journey.id, start, start + random.randrange(1, 3000) * MINUTE))
    rollups = []
    for name, own in (("all", tables), ("left", without(tables, spans))):
        write_tables(tmp_path / name, own)
        rollups.append(refresh(open_store(tmp_path / name), STUDIO))
    for span in spans:
        correct(tmp_path / "all", *span)
    whole, left = rollups
    pairs = [it for it in STUDIO.objectives if it[1].indicator.kind != "availability"]
    at = AT - 443 * MINUTE
    found, expected = (
        courses(rollup, pairs, AT - 20 * DAY, at, corrections=own)
        for rollup, own in ((whole, read_corrections(tmp_path / "all")), (left, None))
    )
    measured = courses(whole, pairs, AT - 20 * DAY, at)
    for key, course in expected.items():
        figures = course.drop(columns="gap")
        pd.testing.assert_frame_equal(
            found[key].drop(columns="gap"), figures, check_exact=False, atol=1e-6
        )
        # What is left out is no gap: data there were.
        pd.testing.assert_series_equal(found[key]["gap"], measured[key]["gap"])
