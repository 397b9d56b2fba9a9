"""Projections made again on past hours, against what happened: ``make bench-forecast``.

    python -m benchmarks.forecast [--data DIR] [--seeds 5] [--services 4]

Replays generated worlds, generated outages of services and the history of a data folder, and writes
``docs/forecast-calibration.md``.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tabulate import tabulate

from benchmarks.forecast.plain import Budget, replay_plain
from benchmarks.forecast.services import CHOSEN_ON, HELD_OUT, make_service
from benchmarks.forecast.worlds import WORLDS, make
from slo_core.catalog import load_catalog
from slo_core.durations import parse_duration
from slo_core.forecast import history
from slo_core.forecast.budgets import counts
from slo_core.forecast.replay import LEVELS, Fixed, brier, coverage, pinball, replay
from slo_core.logs.store import open_store
from slo_core.rollup import refresh
from slo_core.sli.steps import HOUR

ROOT = Path(__file__).parents[2]
REPORT = ROOT / "docs" / "forecast-calibration.md"
HORIZON = MONTH = 720
BURN_HOURS = (1, 6, 24, 72)
ALLOWANCES = (0.8, 1.2, 1.8, 2.5)
"""How much is allowed, in multiples of what fails on the average month of the world."""
EVERY = 13 * 24 + 5
"""Hours between projections; no whole days, so that they fall on all times of day."""
BEGIN = 90 * 24

Maker = Callable[[str, int], tuple[NDArray[np.float64], NDArray[np.float64]]]
"""Makes the hourly failures and events of a history from its kind and a seed."""


def main() -> None:
    """Replay every world and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT / "data" / "store")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--services", type=int, default=4, help="histories of each kind")
    options = parser.parse_args()
    frames = {}
    for name in WORLDS:
        frames[name] = _all(name, make, EVERY, options.seeds)
    frames["all worlds"] = pd.concat(frames.values())
    services = {it: _all(it, make_service, 3 * EVERY, options.services) for it in HELD_OUT}
    services["all held out"] = pd.concat(services.values())
    chosen = [_all(it, make_service, 5 * EVERY, options.services) for it in CHOSEN_ON]
    services["chosen on"] = pd.concat(chosen)
    sample = [_replayed(it) for it in _of_data(options.data)]
    sample = [frame for frame in sample if len(frame)]
    if sample:
        frames["sample data"] = pd.concat(sample)
    table, outages = _table(frames), _table(services)
    REPORT.write_text(
        _TEXT.format(table=table, services=outages, reliability=_reliability(frames["all worlds"]))
    )
    print(table, outages, sep="\n\n")


def _all(name: str, make: Maker, every: int, seeds: int) -> pd.DataFrame:
    """The projections of all budgets over some histories of a kind."""
    found = pd.concat([_replayed(it, every) for it in _budgets(name, make, seeds)])
    print(f"{name}: {len(found)} projections", flush=True)
    return found


def _table(frames: Mapping[str, pd.DataFrame]) -> str:
    rows = [_row(name, frame) for name, frame in frames.items()]
    return tabulate(rows, headers="keys", tablefmt="github", disable_numparse=True)


def _budgets(name: str, make: Maker, seeds: int) -> Iterator[Budget]:
    for seed in range(seeds):
        bad, valid = make(name, seed)
        for number, times in enumerate(ALLOWANCES):
            error_rate = min(0.5, times * bad.sum() / valid.sum())
            allowed = error_rate * valid.mean() * MONTH
            spent = np.concatenate([[0.0], np.cumsum(bad)])
            fixed = _monthly(allowed, spent) if (seed + number) % 2 else None
            yield Budget(bad, valid, 1 - error_rate, MONTH, fixed)


def _monthly(allowed: float, spent: NDArray[np.float64]) -> Fixed:
    """A fixed budget that began afresh at the last multiple of 30 days."""
    return lambda origin: (allowed, float(spent[origin] - spent[origin // MONTH * MONTH]))


def _of_data(folder: Path) -> Iterator[Budget]:
    """The budgeted services of a data folder, over the policy's window."""
    rollup = refresh(open_store(folder), load_catalog(ROOT / "data" / "studio.yaml"))
    at = rollup.default_at()
    read = history(rollup, at, only_budgeted=True)
    for budget in rollup.catalog.budgets:
        key = (budget.service, budget.objective)
        course = read[key]
        bad, valid = counts(course[course["until"] == course["at"] + HOUR])
        window = round(parse_duration(budget.policy_window) / HOUR)
        yield Budget(bad, valid, rollup.catalog.objective(*key).target, window, None)


def _replayed(budget: Budget, every: int = EVERY) -> pd.DataFrame:
    origins = range(BEGIN, len(budget.bad) - HORIZON, every)
    frame = replay(
        budget.bad,
        budget.valid,
        origins,
        target=budget.target,
        window_hours=budget.window,
        fixed=budget.fixed,
        horizon_hours=HORIZON,
    )
    plain = replay_plain(budget, frame["origin"].to_numpy(dtype=int), HORIZON)
    frame = frame.join(plain.add_prefix("plain "))
    spent = np.concatenate([[0.0], np.cumsum(budget.bad)])
    events = np.concatenate([[0.0], np.cumsum(budget.valid)])
    at = frame["origin"].to_numpy(dtype=int)
    for hours in BURN_HOURS:
        with np.errstate(divide="ignore", invalid="ignore"):
            rate = (spent[at] - spent[at - hours]) / (events[at] - events[at - hours])
            whole = budget.window / (rate / (1 - budget.target))
            if budget.fixed:
                # As a team with a fixed allocation reads it: at this many failures an hour.
                allowed = np.array([budget.fixed(int(origin))[0] for origin in at])
                whole = allowed / ((spent[at] - spent[at - hours]) / hours)
        line = whole * frame["remaining_ratio"].to_numpy()
        for name, dates in (("straight", line), ("window/burn", whole)):
            frame[f"{name} {hours}"] = np.nan_to_num(dates, nan=HORIZON).clip(max=HORIZON)
    return frame


def _row(name: str, frame: pd.DataFrame) -> dict[str, str]:
    loss = pinball(frame, {level: frame[level] for level in LEVELS})
    plain = frame[["hours", "ran_out"]].assign(
        **{name: frame[f"plain {name}"] for name in (*LEVELS, "probability")}
    )
    plain_loss = pinball(plain, {level: plain[level] for level in LEVELS})
    straight, straight_hours = _best(frame, "straight")
    whole, _ = _best(frame, "window/burn")
    share, asked = coverage(frame)
    own, climatology = brier(frame)
    dated = frame[frame["ran_out"]]
    error = (dated["p50"] - dated["hours"]).abs().median()
    line_error = (dated[f"straight {straight_hours}"] - dated["hours"]).abs().median()
    return {
        "world": name,
        "projections": f"{len(frame):,}",
        "ran out": f"{frame['ran_out'].mean():.0%}",
        "P10 within 30 d": f"{asked:.0%}",
        "coverage": f"{share:.0%}" if asked else "-",
        "pinball, h": f"{loss:.1f}",
        "straight line": f"{straight:.1f}",
        "window ÷ burn": f"{whole:.1f}",
        "against the better": f"{loss / min(straight, whole):.2f}",
        "never": f"{_single(frame, pd.Series(HORIZON, frame.index)):.1f}",
        "plain bootstrap": f"{plain_loss:.1f}",
        "Brier ÷ climatology": f"{own / climatology:.2f}" if climatology else "-",
        "of the plain": f"{brier(plain)[0] / climatology:.2f}" if climatology else "-",
        "date error, h": f"{error:.0f} (line {line_error:.0f})",
    }


def _single(frame: pd.DataFrame, date: pd.Series) -> float:
    return pinball(frame, dict.fromkeys(("p10", "p50", "p90"), date))


def _best(frame: pd.DataFrame, name: str) -> tuple[float, int]:
    return min((_single(frame, frame[f"{name} {hours}"]), hours) for hours in BURN_HOURS)


def _reliability(frame: pd.DataFrame) -> str:
    edges = [0, 0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0]
    band = pd.cut(frame["probability"], edges, include_lowest=True)
    rows = [
        {
            "said": f"{found['probability'].mean():.0%}",
            "ran out": f"{found['ran_out'].mean():.0%}",
            "projections": f"{len(found):,}",
        }
        for _, found in frame.groupby(band, observed=True)
    ]
    return tabulate(rows, headers="keys", tablefmt="github", disable_numparse=True)


_TEXT = """# How good projected exhaustion is

Written by `make bench-forecast`: projections made again at past hours from what was known then, and
held against what happened in the 30 days after. The worlds are generated (`benchmarks/forecast`:
two years each, budgets from 0.8 to 2.5 times what fails on average, rolling and fixed). They and
the sample come from other generators than the histories on which the model's parameters were
chosen, with two exceptions: that closed intervals are drawn in was decided after a first run of it,
and weights by likeness were given up after other seeds of these worlds, as well as recorded
outages, had shown that they gained little ([how](forecast.md#how-its-numbers-were-chosen)).

{table}

The same on generated outages of services (`benchmarks/forecast/services.py`: hourly, one and a half
to four years each, bursty, half of them in minutes of the hour as status pages have them). The
kinds by name took no part in choosing the model's numbers; those of the last row did, with other
seeds.

{services}

- "Not within 30 days", and any later date, count as 30 days. Hours at which the budget was
  exhausted already are left out.
- **Coverage** is the share of outcomes from P10 to P90, over the projections whose P10 lies within
  the 30 days; their share is beside it. P10 and P90 are 18 and 85 % of the futures (why, see
  [forecast](forecast.md)).
- **Pinball** is the mean loss of the three dates, in hours: lower is better. The straight line
  (what is left at the current burn) and window ÷ burn are single dates, each with the best of burn
  over 1, 6, 24 and 72 h; "never" says 30 days always. The plain bootstrap draws blocks of 72 h of
  the history, late ones first (half-life 30 days), and takes 10, 50 and 90 % of 400 futures.
- **Brier** is that of the probability, divided by that of always saying the world's own share;
  beside it the same of the plain bootstrap.
- **Date error** is the median distance of the P50 date from the day it ran out, where it did.

## When it says so many per cent

All generated worlds together.

{reliability}
"""


if __name__ == "__main__":
    main()
