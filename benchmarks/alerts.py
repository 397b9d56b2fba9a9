"""How good the alerts are, on the sample's truth: ``python -m benchmarks.alerts --data DIR``.

Replays the catalogue's own alerts and its multiwindow burn alerts over the same days, against the
incidents that the sample was made with and those of the register, times an evaluation, and writes
``docs/alert-quality.md``.
"""

import argparse
import os
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
from tabulate import tabulate

from slo_core.alerts.episodes import episodes
from slo_core.alerts.evaluate import evaluate
from slo_core.alerts.multiwindow import steps
from slo_core.alerts.replay import AFTER, Replayed, register_incidents, replay, scenario_incidents
from slo_core.catalog import Catalog, load_catalog
from slo_core.logs.store import open_store
from slo_core.moments import iso, parse_moment, parse_range
from slo_core.rollup import refresh
from slo_core.text import NO_DATA, duration, factor, percent

ROOT = Path(__file__).parents[1]
REPORT = ROOT / "docs" / "alert-quality.md"


def main() -> None:
    """Replay, measure, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=os.environ.get("SLO_DATA", "data/store"))
    parser.add_argument("--catalog", default=str(ROOT / "data" / "studio.yaml"))
    parser.add_argument("--at")
    parser.add_argument("--range", default="60d")
    options = parser.parse_args()
    rollup = refresh(open_store(options.data), load_catalog(options.catalog))
    assert rollup.span is not None
    at = parse_moment(options.at or f"{rollup.span[1]}", name="--at")
    length = parse_range(options.range, name="--range")
    begun = time.perf_counter()
    evaluated = evaluate(rollup, at, length)
    minutes = time.perf_counter() - begun
    found = episodes(evaluated)
    whole = time.perf_counter() - begun
    scenario = replay(rollup, at, length, scenario_incidents(rollup.store.root))
    register = replay(rollup, at, length, register_incidents(rollup.store.root))
    pairs = len(evaluated.evaluations)
    count = len(evaluated.evaluations[0].firing) if pairs else 0
    text = f"""# How good the alerts are

Written by `python -m benchmarks.alerts` on {datetime.now(UTC):%Y-%m-%d}: the {options.range}
before {iso(at)} of sample data, replayed minute by minute. *document* are the alerts of the
catalogue as the document writes them; *multiwindow* are the catalogue's burn alerts, on each of the
four budgets. Truth are the incidents that the sample was made with, but for the hour in which there
is no data at all; an episode is about an incident if it is of one of its journeys and touches its
time or the {duration(AFTER.total_seconds())} after it, else it is false. Precision is the share of
episodes about an incident, recall the share of incidents with an episode that began after they did.
A page is an episode of the first tier.

{_summary(scenario, rollup.catalog)}

Against the register's incidents, which people wrote:

{_summary(register, rollup.catalog)}

## Each incident

Minutes from its start to the first alert, and what of the month's budget had failed by then (where
its journeys have a budget).

{_incidents(scenario)}

An incident of a journey that no condition is about cannot be found by that set: burn alerts are
about the budgets, and none of the document's is about web vitals or the availability of
collaboration. Where an alert often fires for nothing, finding an incident by it may be chance.

## Each alert

{_alerts(scenario)}

## The factors

A burn alert says which share of a budget is spent in its long window; its factor is that share ×
the objective's window / the long window. Slower than on budget (under 1) is no alert and is left
out; so is what exceeds the largest possible burn, 1 / (1 - target).

{_factors(rollup.catalog)}

## Speed

{count:,} minutes of {pairs} alerts and journeys took {minutes:.1f} s, with peaks and costs of
the {len(found)} episodes {whole:.1f} s ({os.cpu_count()} cores, other work going on).
"""
    REPORT.write_text(text, encoding="utf-8")
    print(text)


def _summary(sets: Mapping[str, Replayed], catalog: Catalog) -> str:
    first = min((tier.tier for tier in catalog.tiers), default=1)
    rows = []
    for it in sets.values():
        pages = it.episodes[it.episodes["tier"] == first]
        rows.append(
            [
                it.name,
                f"{len(it.episodes)}",
                f"{it.false}",
                f"{len(pages)}",
                f"{int(pages['incident'].isna().sum())}",
                percent(it.precision, digits=0),
                f"{it.found} of {len(it.detections)}",
                percent(it.recall, digits=0),
                NO_DATA if it.median_minutes is None else f"{it.median_minutes:g} min",
                percent(it.detections["budget_gone"].median(), digits=1),
            ]
        )
    headers = [
        *("alerts", "episodes", "false", "pages", "false pages", "precision", "found", "recall"),
        *("time to detect (median)", "budget gone (median)"),
    ]
    return _table(rows, headers)


def _incidents(sets: Mapping[str, Replayed]) -> str:
    rows: dict[object, list[str]] = {}
    for it in sets.values():
        for row in it.detections.to_dict("records"):
            cells = rows.setdefault(row["id"], [f"{row['id']} ({row['severity']})"])
            if pd.isna(row["alert"]):
                cells += ["not found", ""]
            else:
                cells += [
                    f"{row['minutes']:g} min, {row['alert']}",
                    "" if row["budget_gone"] != row["budget_gone"] else percent(row["budget_gone"]),
                ]
    headers = ["incident", *(cell for name in sets for cell in (name, "budget gone"))]
    return _table(list(rows.values()), headers)


def _alerts(sets: Mapping[str, Replayed]) -> str:
    rows = [
        [name, journey or "hosts", f"{len(own)}", f"{int(own['incident'].isna().sum())}"]
        for it in sets.values()
        for (name, journey), own in it.episodes.groupby(["alert", "journey"], dropna=False)
    ]
    return _table(rows, ["alert", "journey", "episodes", "false"])


def _factors(catalog: Catalog) -> str:
    return _table(list(_factor_rows(catalog)), ["alert", "service", "spends", "in", "factor"])


def _factor_rows(catalog: Catalog) -> Iterator[list[str]]:
    for step in steps(catalog):
        alert = step.burn_alert
        yield [
            alert.id,
            step.journey.id,
            percent(alert.spends, digits=0),
            f"{alert.long} and {alert.short}",
            factor(float(step.factor)) + ("" if step.is_kept else ", left out"),
        ]


def _table(rows: list[list[str]], headers: list[str]) -> str:
    return tabulate(rows, headers=headers, tablefmt="github", disable_numparse=True)


if __name__ == "__main__":
    main()
