"""What people can be told of, by the catalogue as it is now: alerts, burn alerts, triggers."""

from dataclasses import dataclass

from slo_core.alerts.evaluate import Rule
from slo_core.alerts.sets import Known, known_rule, sets_of
from slo_core.catalog import ActionKind, Catalog
from slo_core.rollup import Rollup


@dataclass(frozen=True)
class Told:
    """How a rule is told."""

    known: Known
    tier: int
    kind: ActionKind | None
    """As which action it is told where it names none that a program does."""

    @property
    def is_beside(self) -> bool:
        """Whether it is a burn alert beside the document's own, which say it with more reason."""
        return self.known.set in ("burn", "headroom")


def rules_to_tell(rollup: Rollup) -> tuple[Rollup, list[Rule]]:
    """The rules that people may be told of, and the rollup with all their terms."""
    every = sets_of(rollup)
    told = rollup.catalog.notifications.triggers
    triggers = [it for it in rollup.catalog.triggers if it.direction in told]
    return every.rollup, [*every.of(("document", "burn", "headroom")), *triggers]


def told_of(catalog: Catalog, rule: str) -> Told | None:
    """How a rule is told; None where the catalogue has none of that id, or tells nobody of it."""
    known = known_rule(catalog, rule)
    if known is None or known.tier is None:
        return None
    if known.set != "triggers":
        return Told(known, known.tier, catalog.notifications.tier(known.tier).without_actions)
    own = next(it for it in catalog.triggers if it.id == rule)
    return Told(known, known.tier, catalog.notifications.triggers[own.direction].kind)
