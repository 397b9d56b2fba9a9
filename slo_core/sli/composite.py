"""Several objectives as one: the state of a journey, and how many get through a chain of journeys.

The chain multiplies what succeeds in each of its steps: of 100 who try every step, assuming that
steps fail independently, so many get all the way. People who never wanted to go on are not lost:
beside it is what attempts of the journeys' own funnels came to, of those that began them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from slo_core.catalog import Catalog

ORDER = ("missed", "at_risk", "no_data", "met")
"""Verdicts, the worst first; what nobody knows is worse than what is met."""


@dataclass(frozen=True)
class Step:
    """A step of the chain. Shares are 0 to 1; None where nothing was counted."""

    name: str
    journey: str
    objective: str
    window: str
    share: float | None
    """The share that succeeds, over the objective's own window."""
    reached: float | None
    """Of 100 who try every step, how many get as far as having done this one."""
    lost: float | None
    """Of 100, how many are lost in this step."""
    part: float | None
    """Its part in all that is lost; None where nothing is."""
    attempts: int | None
    """Real attempts of the journey's funnel; None where it has none, or nobody tried."""
    kept: float | None
    """The share of these that no failed request ended."""
    completed: float | None
    """The share of these that reached the funnel's last step."""


@dataclass(frozen=True)
class Composite:
    """A chain of journeys as a whole."""

    steps: tuple[Step, ...]

    @property
    def share(self) -> float | None:
        """The share of those who try every step that gets all the way; None without all figures."""
        return _product(step.share for step in self.steps)

    @property
    def kept(self) -> float | None:
        """The same by the real attempts, over the steps that have a funnel."""
        return _product(step.kept for step in self.steps if step.attempts is not None)

    @property
    def measured(self) -> tuple[str, ...]:
        """The names of the steps that have real attempts."""
        return tuple(step.name for step in self.steps if step.attempts is not None)

    @property
    def worst(self) -> Step | None:
        """The step in which most are lost; None where nobody is."""
        lossy = [step for step in self.steps if step.lost]
        return max(lossy, key=lambda step: step.lost or 0) if lossy else None


def composite(
    status: Mapping[str, Any], catalog: Catalog, attempts: pd.DataFrame | None = None
) -> Composite | None:
    """The catalogue's chain at the moment of a status (DESIGN 3); None where it has none.

    ``attempts`` are of `slo_core.sli.funnel.read_attempts`, of one window.
    """
    if catalog.chain is None:
        return None
    stated = {(it["journey"], it["objective"]): it for it in status["objectives"]}
    links = catalog.chain.value
    shares = [stated[link.journey, link.objective]["sli"] for link in links]
    total = _product(shares)
    steps, before = [], 100.0
    for link, share in zip(links, shares, strict=True):
        lost = None if total is None else before * (1 - share)
        before = before if lost is None else before - lost
        steps.append(
            Step(
                link.name,
                link.journey,
                link.objective,
                stated[link.journey, link.objective]["window"],
                share,
                None if lost is None else before,
                lost,
                None if lost is None or total is None or total == 1 else lost / (100 * (1 - total)),
                *_measured(attempts, link.journey),
            )
        )
    return Composite(tuple(steps))


def journey_verdicts(standings: pd.DataFrame) -> dict[str, str]:
    """Each journey's verdict: the worst of its objectives'.

    ``standings`` are of `slo_core.budget.standing.standings`, with ``journey`` and ``verdict``.
    """
    return {
        str(journey): min(verdicts, key=ORDER.index)
        for journey, verdicts in standings.groupby("journey", sort=False)["verdict"]
    }


def _measured(
    attempts: pd.DataFrame | None, journey: str
) -> tuple[int | None, float | None, float | None]:
    if attempts is None:
        return None, None, None
    own = attempts[attempts["journey"] == journey]
    total = int(own["attempts"].sum())
    if not total:
        return None, None, None
    by_ending = own.groupby("ending")["attempts"].sum()
    failed, completed = (int(by_ending.get(it, 0)) for it in ("failure", "completed"))
    return total, (total - failed) / total, completed / total


def _product(shares: Iterable[float | None]) -> float | None:
    found: float | None = None
    for share in shares:
        if share is None:
            return None
        found = share if found is None else found * share
    return found
