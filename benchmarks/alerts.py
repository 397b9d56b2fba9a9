"""How good the alerts are, on the sample's truth: ``python -m benchmarks.alerts --data DIR``.

Replays the catalogue's own alerts and its multiwindow burn alerts over the same days, against the
incidents that the sample was made with and those of the register, times an evaluation, and writes
``docs/alert-quality.md``.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pandas as pd
from tabulate import tabulate

from slo_core.alerts.conditions import comparisons
from slo_core.alerts.episodes import episodes
from slo_core.alerts.evaluate import Rule, evaluate
from slo_core.alerts.meaning import Move, moved, with_condition
from slo_core.alerts.multiwindow import multiwindow, steps
from slo_core.alerts.quieter import LATER, quieter
from slo_core.alerts.replay import AFTER, Replayed, register_incidents, replay, scenario_incidents
from slo_core.alerts.trial import trial
from slo_core.catalog import Catalog, load_catalog
from slo_core.logs.store import open_store
from slo_core.moments import iso, parse_moment, parse_range
from slo_core.rollup import Rollup, refresh
from slo_core.text import NO_DATA, duration, factor, percent

ROOT = Path(__file__).parents[1]
REPORT = ROOT / "docs" / "alert-quality.md"

_RUNS = 3
_MOVED = 0.85
"""To which part of itself a threshold is moved."""


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
    speed = _speed(rollup, at, length)
    scenario = replay(rollup, at, length, scenario_incidents(rollup.store.root))
    register = replay(rollup, at, length, register_incidents(rollup.store.root))
    for sets in (scenario, register):
        sets["together"] = _together(sets)
    text = f"""# How good the alerts are

Written by `python -m benchmarks.alerts` on {datetime.now(UTC):%Y-%m-%d}: the {options.range}
before {iso(at)} of sample data, replayed minute by minute. *document* are the alerts of the
catalogue as the document writes them; *multiwindow* are the catalogue's burn alerts, on each of the
four budgets; *headroom* the same on every objective without a budget, which page nobody. Truth are
the incidents that the sample was made with, but for the hour in which there is no data at all; an
episode is about an incident if it is of one of its journeys and touches its time or the
{duration(AFTER.total_seconds())} after it, else it is false. Precision is the share of episodes
about an incident, recall the share of incidents with an episode that began after they did.
A page is an episode of the first tier.

{_summary(scenario, rollup.catalog)}

Against the register's incidents, which people wrote, the hour without data too:

{_summary(register, rollup.catalog)}

## Each incident

Minutes from its start to the first alert, and what of the month's budget had failed by then (where
its journeys have a budget).

{_incidents(scenario)}

An incident of a journey that no condition is about cannot be found by that set: none of the
document's is about web vitals or the availability of collaboration, and neither is any budget. That
a platform is down shows in no condition of the document but, hours later, by chance: its latency
alert on publishing often fires for nothing. The burn alerts on headroom find all three. The hour
without data is no alert's to find; `watch` tells of it as NO DATA.

## Each alert

{_alerts(scenario)}

## What would make them quieter

One change at a time of each alert of the document, replayed over the same days: that which leaves
the fewest false episodes among those that lose no incident and delay none by over
{duration(LATER.total_seconds())}, else the one that costs least.

{_quieter(rollup, at, length)}

## The factors

A burn alert says which share of a budget is spent in its long window; its factor is that share ×
the objective's window / the long window. Slower than on budget (under 1) is no alert and is left
out; so is what exceeds the largest possible burn, 1 / (1 - target).

{_factors(rollup.catalog)}

## Speed

{speed}
"""
    REPORT.write_text(text, encoding="utf-8")
    print(text)


def _speed(rollup: Rollup, at: datetime, length: timedelta) -> str:
    """What an evaluation takes, and what it takes to move a threshold, in sentences and a table."""
    evaluated = evaluate(rollup, at, length)
    plain = _timed(lambda: evaluate(rollup, at, length))
    found = episodes(evaluated)
    widened, burn, headroom = multiwindow(rollup)
    rules: list[Rule] = [*rollup.catalog.alerts, *burn, *headroom, *rollup.catalog.triggers]
    every = evaluate(widened, at, length, rules)
    whole = _timed(lambda: evaluate(widened, at, length, rules))
    peaks = _timed(lambda: episodes(evaluated))
    incidents = register_incidents(rollup.store.root)
    rows = []
    for alert in rollup.catalog.alerts:
        trial(rollup, at, length, alert, incidents)
        first = comparisons(alert.parsed)[0]
        move = Move(round(first.value * _MOVED, 4), first.window)
        tried = with_condition(rollup.catalog, alert.id, moved(alert.parsed, {0: move}))
        seconds = _timed(partial(trial, rollup, at, length, tried, incidents))
        rows.append([alert.id, f"`{comparisons(tried.parsed)[0].text}`", _seconds(seconds)])
    pairs, count = len(evaluated.evaluations), len(evaluated.evaluations[0].firing)
    table = _table(rows, ["alert", "with its first threshold moved to", "replayed in"])
    cores, load = os.cpu_count(), os.getloadavg()[0]
    return f"""Medians of {_RUNS} runs on {cores} cores, with a load of {load:.0f}; in brackets the
processor's time on all cores, which other work changes less.

{count:,} minutes of {pairs} alerts and journeys, the document's,
took {_seconds(plain)}; with burn alerts and scale triggers {len(every.evaluations)} took
{_seconds(whole)}; peaks and costs of the document's {len(found)} episodes {_seconds(peaks)}.

One alert with another threshold over the same days, as **Move a threshold** on the alerts page
replays it beside the alert as it is:

{table}"""


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds, and the processor's on all cores: medians."""
    runs = []
    for _ in range(_RUNS):
        begun, worked = time.perf_counter(), time.process_time()
        work()
        runs.append((time.perf_counter() - begun, time.process_time() - worked))
    passed, spent = zip(*runs, strict=True)
    return statistics.median(passed), statistics.median(spent)


def _seconds(pair: tuple[float, float]) -> str:
    return f"{pair[0]:.1f} s ({pair[1]:.1f} s)"


def _together(sets: Mapping[str, Replayed]) -> Replayed:
    """All sets as one: an incident is found by the first alert of any."""
    every = pd.concat([it.detections for it in sets.values()])
    first = every.sort_values("detected", kind="stable").drop_duplicates("id")
    own = pd.concat([it.episodes for it in sets.values()], ignore_index=True)
    return Replayed("together", own, first.sort_values("start", ignore_index=True))


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
    single = {name: it for name, it in sets.items() if name != "together"}
    for it in single.values():
        for row in it.detections.to_dict("records"):
            cells = rows.setdefault(row["id"], [f"{row['id']} ({row['severity']})"])
            if pd.isna(row["alert"]):
                cells += ["not found", ""]
            else:
                cells += [
                    f"{row['minutes']:g} min, {row['alert']}",
                    "" if row["budget_gone"] != row["budget_gone"] else percent(row["budget_gone"]),
                ]
    headers = ["incident", *(cell for name in single for cell in (name, "budget gone"))]
    return _table(list(rows.values()), headers)


def _alerts(sets: Mapping[str, Replayed]) -> str:
    rows = [
        [name, journey or "hosts", f"{len(own)}", f"{int(own['incident'].isna().sum())}"]
        for it in [sets["together"]]
        for (name, journey), own in it.episodes.groupby(["alert", "journey"], dropna=False)
    ]
    return _table(rows, ["alert", "journey", "episodes", "false"])


def _quieter(rollup: Rollup, at: datetime, length: timedelta) -> str:
    incidents = scenario_incidents(rollup.store.root)
    rows = []
    for alert in rollup.catalog.alerts:
        found = quieter(rollup, at, length, alert, incidents)
        rows.append([alert.id, f"{found.as_is.false} of {found.as_is.episodes}", found.sentence])
    return _table(rows, ["alert", "false", "what the replays say"])


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
