"""What an objective decided in a quarter: alerts, hours of the policy, deploys that it stopped.

decisions = Decisions(rollup, quarter, maintenance, replays(rollup, quarter).attributed)
decisions.of(journey, objective).anything
"""

from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from slo_core.alerts.episodes import runs_of
from slo_core.alerts.evaluate import Evaluation
from slo_core.budget.gate_calls import read_gate_calls, tally
from slo_core.budget.policy import policy_histories
from slo_core.catalog import (
    Availability,
    AvailabilityTerm,
    Catalog,
    Journey,
    Objective,
    RequestsTerm,
    Success,
)
from slo_core.review.quarter import Quarter
from slo_core.rollup import Rollup
from slo_core.sli.corrections import Corrections

Attributed = tuple[str, tuple[str, str]]
"""An episode: its alert, and the journey and the objective that it is about, by their ids."""


@dataclass(frozen=True)
class Decided:
    """What an objective decided in the quarter: episodes of alerts, and hours of the policy.

    ``hours`` are those in a state in which the gate refuses some kind of deploy, which are
    ``refused``; of ``asked`` deploys that asked it in the quarter it ``stopped`` so many. 0 and
    none for objectives without a budget.
    """

    episodes: int
    alerts: tuple[str, ...]
    hours: float
    refused: tuple[str, ...]
    asked: int = 0
    stopped: int = 0

    @property
    def anything(self) -> bool:
        """Whether it decided anything."""
        return bool(self.episodes or self.hours or self.stopped)


class Decisions:
    """The alerts and the policy of the quarter."""

    def __init__(
        self,
        rollup: Rollup,
        quarter: Quarter,
        maintenance: pd.DataFrame,
        episodes: Sequence[Attributed],
    ) -> None:
        """``episodes`` are those of the catalogue's alerts in the quarter (`attributed`)."""
        self.catalog, self.quarter = rollup.catalog, quarter
        self.episodes = episodes
        self.rollup, self.maintenance = rollup, maintenance
        self.policies = policy_histories(rollup, quarter.until, maintenance)
        self.deploys = tally(read_gate_calls(rollup.store.root), quarter.start, quarter.until)

    def without(self, corrections: Corrections) -> "Decisions":
        """The same with the policy's states without what corrections leave out.

        Alerts look at what was measured, and the gate has answered what it has.
        """
        other = copy(self)
        other.policies = policy_histories(
            self.rollup, self.quarter.until, self.maintenance, corrections
        )
        return other

    def of(self, journey: Journey, objective: Objective) -> Decided:
        own = [alert for alert, key in self.episodes if key == (journey.id, objective.id)]
        hours, refused = 0.0, set()
        asked = stopped = 0
        budget = self.catalog.budget(journey.id)
        if budget is not None and budget.objective == objective.id:
            for row in self.policies[journey.id].itertuples():
                kinds = self._refused(row.state)
                hours += self._hours(row.start, row.end) if kinds else 0.0
                refused |= kinds if self._hours(row.start, row.end) else set()
            deploys = [it for it in self.deploys if it.service == journey.id]
            asked, stopped = (sum(getattr(it, n) for it in deploys) for n in ("asked", "refused"))
        names = tuple(dict.fromkeys(own))
        return Decided(len(own), names, hours, tuple(sorted(refused)), asked, stopped)

    def _refused(self, state: str) -> set[str]:
        return {it.kind for it in self.catalog.policy.band(state).rulings if not it.allowed}

    def _hours(self, start: datetime, end: Any) -> float:
        until = self.quarter.until if pd.isna(end) else min(end, self.quarter.until)
        since = max(start, self.quarter.start)
        return max(0.0, (until - since).total_seconds() / 3600)


def attributed(catalog: Catalog, evaluations: Iterable[Evaluation]) -> Iterator[Attributed]:
    """Each episode's alert with the objective that it is about.

    Rates of requests are about the journey's success, as availability is about its own.
    """
    for own in evaluations:
        if own.journey is None:
            continue
        for first, _ in runs_of(own.firing, catalog.rules.episode_merge.value):
            subject = next(part for part in own.parts if part.holds[first]).subject
            if subject.objective is not None:
                yield own.rule.id, (own.journey, subject.objective.id)
                continue
            for objective in catalog.journey(own.journey).objectives:
                wanted = Success if isinstance(subject.term, RequestsTerm) else Availability
                if isinstance(objective.indicator, wanted) and isinstance(
                    subject.term, RequestsTerm | AvailabilityTerm
                ):
                    yield own.rule.id, (own.journey, objective.id)
