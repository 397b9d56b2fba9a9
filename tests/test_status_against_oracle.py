"""`status` against the naive computation of `tests.oracle`, over the same random rows.

The big tables are written in every style that another program might write, and asked for on the
command line. The small ones are hypothesis's, who looks for the row that makes the two disagree.
"""

import json
import math
import subprocess
import sys
import tempfile
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from slo_core.catalog import Catalog, load_catalog
from slo_core.logs.store import open_store
from slo_core.register import Actor, write
from slo_core.rollup import refresh
from slo_core.status import status
from tests import random_logs
from tests.effort import one_in
from tests.oracle import Row, Tables, compute_status, why_not_counted

ROOT = Path(__file__).parent.parent
CATALOGS = {"studio": ROOT / "data" / "studio.yaml", "shop": ROOT / "tests" / "shop.yaml"}
LOADED = {name: load_catalog(path) for name, path in CATALOGS.items()}

AT = datetime(2025, 3, 31)
MOMENTS = [  # the command line is asked for the first two
    AT,  # midnight
    datetime(2025, 3, 28, 23, 59, 59),  # floored to its minute
    datetime(2025, 3, 30, 14),  # an hour
    datetime(2025, 3, 29, 7, 43),  # an odd minute
    datetime(2025, 3, 1),  # the last moment of February
    datetime(2024, 1, 1),  # before all data
    datetime(2025, 6, 1),  # long after it
]


# --- Comparing ---------------------------------------------------------------------------------


def same(found: Any, expected: Any, scale: float = 0.0) -> bool:
    """Compare two figures, floats to a relative 1e-9 (of `scale` where they are differences)."""
    if isinstance(expected, bool) or expected is None or isinstance(expected, str):
        return bool(found == expected)
    if not isinstance(found, int | float) or isinstance(found, bool):
        return False
    return math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-9 * abs(scale))


def same_or_silent(found: Any, expected: Any, scale: float = 0.0) -> bool:
    """Compare two amounts of which there is no data: nothing, or none of it."""
    return found is None or same(found, expected, scale)


def value_differences(entry: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """Compare displayed figures: percentiles within 1 %, never at odds with their verdict."""
    value, expected = found["value"], entry["value"]
    differences = []
    percentile = entry["unit"] != "ratio"
    if value is None or expected is None:
        if value != expected:
            differences.append(f"value {value}, expected {expected}")
    elif not percentile and not math.isclose(value, expected, rel_tol=1e-9, abs_tol=1e-12):
        differences.append(f"value {value}, expected {expected}")
    elif percentile and not math.isclose(value, expected, rel_tol=0.01, abs_tol=1e-6):
        differences.append(f"percentile {value}, expected {expected}")
    if not same(found.get("value_above"), entry["value_above"]):
        differences.append(f"value_above {found.get('value_above')}, not {entry['value_above']}")
    return differences


def objective_differences(
    objective: Any, entry: dict[str, Any], found: dict[str, Any], min_valid: int
) -> list[str]:
    """Compare one objective's entry with the expected one."""
    differences = value_differences(entry, found)
    for key in ("window", "target", "sli", "met", "threshold", "unit", "assumption", "coverage"):
        if key in entry and not same(found[key], entry[key]):
            differences.append(f"{key} {found[key]}, expected {entry[key]}")
    silent = entry["sli"] is None
    compare = same_or_silent if silent else same
    for key in ("good", "valid"):
        if not compare(found[key], entry[key], scale=entry["valid"]):
            differences.append(f"{key} {found[key]}, expected {entry[key]}")
    budget = entry["budget"]
    scale = max(budget["allowed"], abs(budget["consumed"]))
    for key in ("allowed", "consumed", "remaining"):
        if not compare(found["budget"][key], budget[key], scale=scale):
            differences.append(f"{key} {found['budget'][key]}, expected {budget[key]}")
    for key, ratios, expected in [
        ("remaining_ratio", found["budget"], budget),
        *((name, found["burn_rate"], entry["burn_rate"]) for name in entry["burn_rate"]),
    ]:
        largest = 1 / (1 - objective.target)
        if not same(ratios[key], expected[key], scale=largest):
            differences.append(f"{key} {ratios[key]}, expected {expected[key]}")
    if found["value"] is not None and objective.threshold is not None and not silent:
        below, above = objective.threshold.below, objective.threshold.above
        ratio = objective.threshold.unit == "ratio"
        holds = found["value"] < below if above is None else found["value"] > above
        if not ratio and holds != found["met"]:
            differences.append(f"value {found['value']} contradicts met {found['met']}")
    if "platforms" in entry:
        differences += platform_differences(entry["platforms"], found["platforms"], min_valid)
    return differences


def platform_differences(
    expected: dict[str, Any], found: dict[str, Any], min_valid: int
) -> list[str]:
    """Compare the platforms that had valid events; those that are too few do not say `met`."""
    differences = []
    silent = {name for name, platform in expected.items() if not platform["valid"]}
    unheard = {name for name, platform in found.items() if not platform["valid"]}
    if found.keys() - unheard != expected.keys() - silent:
        differences.append(f"platforms {sorted(found)}, expected {sorted(expected)}")
    for name in sorted((found.keys() & expected.keys()) - silent):
        for key in ("good", "valid", "sli", "met"):
            if key == "sli" and expected[name]["valid"] < min_valid:
                continue
            if not same(found[name][key], expected[name][key]):
                differences.append(f"{name} {key} {found[name][key]}, not {expected[name][key]}")
    return differences


def budget_differences(entry: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """Compare a service's budget with the expected one."""
    differences = []
    for key in ("policy_since", "exhausted_at"):
        expected = None if entry[key] is None else f"{entry[key].isoformat()}Z"
        if found[key] != expected:
            differences.append(f"{key} {found[key]}, expected {expected}")
    for key in ("service", "month", "allowed", "policy", "policy_basis", "exit_confirmed"):
        if not same(found[key], entry[key]):
            differences.append(f"{key} {found[key]}, expected {entry[key]}")
    for key in ("remaining_ratio", "policy_remaining_ratio"):
        if not same(found[key], entry[key], scale=1000):
            differences.append(f"{key} {found[key]}, expected {entry[key]}")
    compare = same_or_silent if entry["remaining_ratio"] is None else same
    if not compare(found["consumed"], entry["consumed"]):
        differences.append(f"consumed {found['consumed']}, expected {entry['consumed']}")
    hourly, expected = found["hourly"], entry["hourly"]
    compare = same_or_silent if expected["level"] is None else same
    if not compare(hourly["count"], expected["count"]):
        differences.append(f"hourly {hourly}, expected {expected}")
    if (hourly["unit"], hourly["level"]) != (expected["unit"], expected["level"]):
        differences.append(f"hourly {hourly}, expected {expected}")
    return differences


def freshness_differences(entry: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """Compare a journey's freshness: the last event to the second, stale where there is one."""
    last = found["last_event"]
    if last is None or entry["last_event"] is None:
        return [] if last == entry["last_event"] else [f"{found}, expected {entry}"]
    assert last.endswith("Z"), last
    age = entry["last_event"] - datetime.fromisoformat(last.removesuffix("Z"))
    if not timedelta(0) <= age < timedelta(seconds=1) or found["stale"] != entry["stale"]:
        return [f"{found}, expected {entry}"]
    return []


def differences_of(catalog: Catalog, found: dict[str, Any], expected: dict[str, Any]) -> list[str]:
    """List every difference between `status` and the naive computation, in words."""
    differences = []
    if found["at"] != f"{expected['at'].isoformat()}Z":
        differences.append(f"at {found['at']}, expected {expected['at']}")
    if found["studio_policy"] != expected["studio_policy"]:
        differences.append(f"studio_policy {found['studio_policy']}")
    names = [(entry["journey"], entry["objective"]) for entry in found["objectives"]]
    if names != [(journey.id, objective.id) for journey, objective in catalog.objectives]:
        differences.append(f"objectives {names}")
    for (journey, objective), entry, got in zip(
        catalog.objectives, expected["objectives"], found["objectives"], strict=True
    ):
        words = objective_differences(objective, entry, got, catalog.rules.min_valid.value)
        differences += [f"{journey.id} {objective.id}: {word}" for word in words]
    for entry, got in zip(expected["budgets"], found["budgets"], strict=True):
        words = budget_differences(entry, got)
        differences += [f"budget of {entry['service']}: {word}" for word in words]
    if found["freshness"].keys() != expected["freshness"].keys():
        differences.append(f"freshness of {sorted(found['freshness'])}")
    for name, entry in expected["freshness"].items():
        words = freshness_differences(entry, found["freshness"].get(name, {}))
        differences += [f"freshness of {name}: {word}" for word in words]
    return differences


def problem_differences(
    catalog: Catalog, problems: list[dict[str, Any]], files: dict[str, list[Row]]
) -> list[str]:
    """Compare the numbers of rows that are reported as not counted, file by file."""
    expected: Counter[str] = Counter()
    for file, rows in files.items():
        table = file.split("/")[0]
        expected[file] = sum(why_not_counted(table, row, catalog) is not None for row in rows)
    reported: Counter[str] = Counter()
    for problem in problems:
        reported[problem["file"]] += problem["rows"] or 0
    return [
        f"problems of {file}: {reported[file]} rows, expected {expected[file]}"
        for file in sorted(expected.keys() | reported.keys())
        if reported[file] != expected[file]
    ]


# --- Writing and asking ------------------------------------------------------------------------


def write_maintenance(data_dir: Path, windows: list[Row]) -> None:
    """Write maintenance windows into the register."""
    for window in windows:
        write(data_dir, Actor("Test"), "maintenance", window)


def ask_on_the_command_line(data_dir: Path, catalog: Path, at: datetime) -> dict[str, Any]:
    """Run `status --format json`."""
    command = [sys.executable, "-m", "slo_core", "status", "--data", str(data_dir)]
    command += ["--catalog", str(catalog), "--at", f"{at.isoformat()}Z", "--format", "json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def ask(data_dir: Path, catalog: Catalog, at: datetime) -> dict[str, Any]:
    """Compute the same in this process."""
    stated = status(refresh(open_store(data_dir), catalog), at.replace(second=0))
    answer: dict[str, Any] = json.loads(json.dumps(stated, allow_nan=False))
    return answer


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("studio", 1_200),
        pytest.param("studio", 2_000, marks=pytest.mark.long),
        pytest.param("studio", 40_000, marks=pytest.mark.long),
        pytest.param("shop", 20_000, marks=pytest.mark.long),
    ],
)
def test_status_agrees_over_big_tables_that_another_program_wrote(
    name: str, rows: int, tmp_path: Path
) -> None:
    catalog = LOADED[name]
    tables = random_logs.big_tables(catalog, AT, rows=rows, seed=20250331)
    files = random_logs.write_tables(tmp_path, tables, random_logs.STYLES, files_a_date=3)
    windows = random_logs.some_maintenance(Random(3), catalog, AT, 12)
    write_maintenance(tmp_path, windows)
    differences = []
    for number, at in enumerate(MOMENTS):
        if number < 2:
            found = ask_on_the_command_line(tmp_path, CATALOGS[name], at)
        else:
            found = ask(tmp_path, catalog, at)
        expected = compute_status(tables, catalog, at, windows)
        differences += [f"at {at}: {word}" for word in differences_of(catalog, found, expected)]
        words = problem_differences(catalog, found["problems"], files)
        differences += [f"at {at}: {word}" for word in words]
    assert not differences, "\n".join(differences)


def row(seconds: float, journey: str = "api", **columns: Any) -> Row:
    """Make a request, so many seconds after noon."""
    moment = AT - timedelta(hours=12) + timedelta(seconds=seconds)
    return {"ts": moment, "journey": journey, "status": 200, **columns}


def probe(seconds: float, target: str, ok: bool) -> Row:
    """Make a probe of the API, so many seconds after noon."""
    return {"ts": row(seconds)["ts"], "scope": "api", "target": target, "ok": ok}


def measured(seconds: float, value: float) -> Row:
    """Make a layout shift, so many seconds after noon."""
    return {"ts": row(seconds)["ts"], "journey": "web", "metric": "cls", "value": value}


ONCE_DISAGREED: dict[str, tuple[str, Tables]] = {
    "one target fails in a slice where the other was not probed": (
        "studio",
        {"probes": [probe(0, "eu", True), probe(1, "us", True), probe(10, "eu", False)]},
    ),
    "a target is first heard of after another failed": (
        "studio",
        {"probes": [probe(0, "us", False), probe(13, "eu", True), probe(17, "us", True)]},
    ),
    "requests of which none has a latency": ("studio", {"requests": [row(0, status=500)]}),
    "a platform of which no request has a latency": (
        "studio",
        {"requests": [row(0, platform="web", duration_ms=5.0), row(1, platform="ios")]},
    ),
    "a timeout where the catalogue has none": (
        "shop",
        {"requests": [row(0, journey="browse", error="timeout")]},
    ),
    "a table of which no row counts": ("studio", {"measurements": [measured(0, -1.0)]}),
    "a date of which no row counts, in a table that has others": (
        "studio",
        {"measurements": [measured(0, 1.0), measured(-86_400, -1.0)]},
    ),
    "values that are not finite among many": (
        "studio",
        {
            "measurements": [
                *(measured(second, 0.01 * second) for second in range(600)),
                measured(5, math.nan),
                measured(6, math.inf),
            ]
        },
    ),
}


@pytest.mark.parametrize("story", ONCE_DISAGREED)
def test_status_agrees_over_rows_where_it_once_did_not(story: str, tmp_path: Path) -> None:
    name, tables = ONCE_DISAGREED[story]
    files = random_logs.write_tables(tmp_path, tables)
    found = ask(tmp_path, LOADED[name], AT)
    differences = differences_of(LOADED[name], found, compute_status(tables, LOADED[name], AT))
    differences += problem_differences(LOADED[name], found["problems"], files)
    assert not differences, "\n".join(differences)


# Each example is a folder, its rollup and a status.
@settings(
    max_examples=one_in(5),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    derandomize=True,
)
@given(data=st.data())
@pytest.mark.parametrize("name", CATALOGS)
def test_status_agrees_over_whatever_rows_hypothesis_finds(name: str, data: st.DataObject) -> None:
    catalog = LOADED[name]
    at = data.draw(st.sampled_from(MOMENTS[:5]), label="at").replace(second=0)
    tables = data.draw(random_logs.tables(catalog, at), label="tables")
    windows = data.draw(random_logs.maintenances(catalog, at), label="maintenance")
    style = data.draw(st.sampled_from(random_logs.STYLES), label="style")
    with tempfile.TemporaryDirectory() as folder:
        files = random_logs.write_tables(Path(folder), tables, (random_logs.PLAIN, style))
        write_maintenance(Path(folder), windows)
        found = ask(Path(folder), catalog, at)
    differences = differences_of(catalog, found, compute_status(tables, catalog, at, windows))
    differences += problem_differences(catalog, found["problems"], files)
    assert not differences, "\n".join(differences)
