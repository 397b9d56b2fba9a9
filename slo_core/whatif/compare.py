"""A changed world against the real one, side by side: what a scenario would do to budgets."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from slo_core.budget.corrected import known_corrections, which_decides
from slo_core.budget.course import Key
from slo_core.budget.policy import worst_state
from slo_core.catalog import Catalog
from slo_core.forecast.budgets import HORIZON
from slo_core.moments import iso
from slo_core.rollup import Rollup, as_of
from slo_core.sli.corrections import Corrections
from slo_core.whatif.reality import Reality, read_reality
from slo_core.whatif.scenario import Scenario
from slo_core.whatif.standing import Affordable, Amounts, Outlook, Standing, stand
from slo_core.whatif.words import affordable_words, differences, notes
from slo_core.whatif.world import (
    changed_catalog,
    changed_world,
    check,
    incidents_in,
    named,
    real_world,
)


@dataclass(frozen=True)
class Comparison:
    """The real world and a changed one at a moment, objective by objective."""

    at: datetime
    start: datetime
    """When the hours of the standings begin."""
    scenario: Scenario
    catalog: Catalog
    """The real one."""
    real: tuple[Standing, ...]
    changed: tuple[Standing, ...]
    difference: tuple[str, ...]
    """What differs, in sentences, the most important first."""
    notes: tuple[str, ...]
    """What a reader must know: what is approximate, what the scenario does not reach."""
    corrected: "Comparison | None" = None
    """The same two worlds without what corrections leave out; None where they touch neither."""
    touched: frozenset[Key] = frozenset()
    """The objectives that corrections touch."""
    corrections: Corrections | None = None
    """What is left out of these worlds; None where they are as measured."""

    @property
    def sides(self) -> dict[str, "Comparison"]:
        """The comparison ``measured`` and ``corrected``, that which decides first.

        ``measured`` alone where there is only that.
        """
        if self.corrected is None:
            return {"measured": self}
        both = {"measured": self, "corrected": self.corrected}
        decides = which_decides(self.catalog)
        return {decides: both.pop(decides)} | both

    def pair(self, key: Key) -> tuple[Standing, Standing]:
        """An objective in both worlds."""
        place = [it.key for it in self.real].index(key)
        return self.real[place], self.changed[place]

    def worlds_of(self, key: Key) -> dict[str, "Comparison"]:
        """The comparison that has an objective's figures, by what its worlds are called there.

        Both, ``, as measured`` and ``, as corrected``, where a correction touches the objective.
        """
        if key not in self.touched:
            return {"": self}
        return {f", as {figures}": it for figures, it in self.sides.items()}

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON has it: ISO moments and nulls."""
        return {
            "at": iso(self.at),
            "scenario": {
                "text": str(self.scenario),
                "words": self.scenario.words(self.catalog),
                "changes": [
                    {"kind": it.kind, "value": str(it), "words": it.words(self.catalog)}
                    for it in self.scenario.changes
                ],
            },
            "real": _world(self.real, self.catalog, self.at),
            "changed": _world(self.changed, self.catalog, self.at),
            "difference": list(self.difference),
            "notes": list(self.notes),
        } | self._both()

    def _both(self) -> dict[str, Any]:
        """The corrected worlds beside the measured ones, and which of them decide."""
        if self.corrected is None:
            return {}
        beside = self.corrected.as_dict()
        for name in ("at", "scenario"):
            del beside[name]
        return {"corrected": beside, "decides": which_decides(self.catalog)}


def what_if(
    rollup: Rollup,
    at: datetime,
    scenario: Scenario,
    *,
    status: dict[str, Any] | None = None,
    also: Collection[Key] = (),
    horizon: timedelta = HORIZON,
    seed: int = 0,
) -> Comparison:
    """Hold a changed world against the real one, seen from a moment.

    Every budgeted objective is there, those that the scenario is about, and those of ``also``. An
    objective that the scenario does not change is the same in both worlds, and a figure of the real
    world is that of the status. Where corrections touch any of them, `Comparison.corrected` has
    both worlds without what they leave out. ``status`` is that of the moment, where it is known
    already. Raises SloError with one sentence for an incident or a month that this data does not
    have.
    """
    return what_ifs(rollup, at, [scenario], status=status, also=also, horizon=horizon, seed=seed)[0]


def what_ifs(
    rollup: Rollup,
    at: datetime,
    scenarios: Sequence[Scenario],
    *,
    status: dict[str, Any] | None = None,
    also: Collection[Key] = (),
    horizon: timedelta = HORIZON,
    seed: int = 0,
) -> list[Comparison]:
    """Several scenarios against the same real world, each with the same objectives."""
    rollup = as_of(rollup, at)
    asked = (rollup, at, named(scenarios, rollup.catalog) | set(also), incidents_in(scenarios))
    reality = read_reality(*asked, status=status, horizon=horizon)
    for scenario in scenarios:
        check(reality, scenario)
    found = _compare(reality, scenarios, seed)
    corrections = known_corrections(rollup, reality.stated)
    touched = reality.touched(corrections) if corrections else frozenset()
    if not touched:
        return found
    stated = reality.stated
    other = read_reality(*asked, status=stated, horizon=horizon, corrections=corrections)
    return [
        replace(own, corrected=it, touched=touched)
        for own, it in zip(found, _compare(other, scenarios, seed), strict=True)
    ]


def _compare(reality: Reality, scenarios: Sequence[Scenario], seed: int) -> list[Comparison]:
    real = tuple(
        stand(reality, real_world(reality, key), reality.catalog, key, seed)
        for key in reality.hours
    )
    return [_compared(reality, real, scenario, seed) for scenario in scenarios]


def _compared(
    reality: Reality, real: tuple[Standing, ...], scenario: Scenario, seed: int
) -> Comparison:
    catalog = changed_catalog(reality.catalog, scenario)
    changed, touched = [], set()
    for own in real:
        world = changed_world(reality, scenario, catalog, own.key)
        if world.touched:
            touched.add(own.key)
        changed.append(stand(reality, world, catalog, own.key, seed) if world.touched else own)
    return Comparison(
        reality.at,
        reality.grid.start,
        scenario,
        reality.catalog,
        real,
        tuple(changed),
        tuple(differences(reality.catalog, reality.at, list(zip(real, changed, strict=True)))),
        tuple(notes(reality, scenario, changed, touched)),
        corrections=reality.corrections,
    )


def _world(standings: Sequence[Standing], catalog: Catalog, at: datetime) -> dict[str, Any]:
    states = [it.policy for it in standings if it.service]
    return {
        "studio_policy": worst_state(states, catalog.policy),
        "objectives": [_standing(it, catalog, at) for it in standings],
    }


def _standing(own: Standing, catalog: Catalog, at: datetime) -> dict[str, Any]:
    threshold = own.objective.threshold
    return {
        "journey": own.key[0],
        "objective": own.key[1],
        "service": own.service,
        "target": own.objective.target,
        "threshold": threshold.value if threshold else None,
        "approximate": own.approximate,
        "window": own.objective.window,
        "good": _count(own.good),
        "valid": _count(own.valid),
        "sli": own.sli,
        "met": own.met,
        "budget": _amounts(own.budget),
        "rolling": _amounts(own.rolling),
        "calendar": None if own.calendar is None else _amounts(own.calendar),
        "policy": own.policy,
        "policy_since": _iso(own.policy_since),
        "exit_confirmed": own.exit_confirmed,
        "policy_history": [
            {
                "state": row.state,
                "start": iso(row.start.to_pydatetime()),
                "end": None if row.end != row.end else iso(row.end.to_pydatetime()),
            }
            for row in own.history.itertuples()
        ],
        "exhaustion": {
            "rolling": _outlook(own.rolling_outlook),
            "calendar": own.calendar_outlook and _outlook(own.calendar_outlook),
        },
        "affordable": _affordable(own.affordable) | {"words": affordable_words(own, catalog, at)},
    }


def _amounts(amounts: Amounts) -> dict[str, Any]:
    return {
        "window": amounts.window,
        "allowed": amounts.allowed,
        "consumed": None if amounts.consumed is None else _count(amounts.consumed),
        "remaining": amounts.remaining,
        "remaining_ratio": amounts.remaining_ratio,
    }


def _outlook(found: Outlook) -> dict[str, Any]:
    return {
        "exhausted": found.exhausted,
        "p10": _iso(found.p10),
        "p50": _iso(found.p50),
        "p90": _iso(found.p90),
        "probability": found.probability,
        "recovery": _iso(found.recovery),
        "until": iso(found.until),
        "expected": found.expected,
        "note": found.note,
    }


def _affordable(found: Affordable) -> dict[str, Any]:
    return {
        "amount": found.amount,
        "until": _iso(found.until),
        "outage_seconds_at_peak": found.at_peak,
        "outage_seconds_at_present": found.at_present,
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)


def _count(number: float) -> float | int:
    return int(number) if float(number).is_integer() else number
