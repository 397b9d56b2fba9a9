"""All that can fire, in four sets, and what people must know of each rule by its id.

The document's alerts, the burn alerts on budgets beside them, those on the headroom of objectives
without one, and the scale triggers. Pages, messages and hand-overs name a rule by this.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from slo_core.alerts.conditions import comparisons
from slo_core.alerts.evaluate import Rule
from slo_core.alerts.multiwindow import headroom_id, headroom_name, headroom_steps, multiwindow
from slo_core.catalog import BudgetTerm, Catalog
from slo_core.errors import SloError
from slo_core.rollup import Rollup

AlertSet = Literal["document", "burn", "headroom", "triggers"]

SETS: Mapping[AlertSet, str] = MappingProxyType(
    {
        "document": "Document",
        "burn": "Burn alert",
        "headroom": "Headroom",
        "triggers": "Scale trigger",
    }
)
"""What a set is called on a label, the document's own first."""

DOCUMENT: tuple[AlertSet, ...] = ("document",)

ALL: tuple[AlertSet, ...] = tuple(SETS)


@dataclass(frozen=True)
class Known:
    """What people must know of a rule."""

    set: AlertSet
    name: str
    severity: str | None
    """None for triggers."""
    tier: int | None
    """Of a trigger that which it is told as; None where nobody is told of it."""
    owner: str
    runbook: str | None
    """Its address; None where the catalogue has none for it."""
    actions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sets:
    """The rules of a catalogue by set, and the rollup with all their terms in its catalogue."""

    rollup: Rollup
    rules: Mapping[AlertSet, tuple[Rule, ...]]

    def of(self, wanted: Sequence[AlertSet]) -> list[Rule]:
        """The rules of some sets, in the order of `SETS`."""
        return [rule for name in SETS if name in wanted for rule in self.rules[name]]

    def rule(self, rule_id: str, journey: str | None) -> Rule:
        """The rule of that id that is about a journey (None: about hosts).

        Burn alerts are one for each journey. Raises SloError where there is none.
        """
        for rule in self.of(ALL):
            if rule.id == rule_id and rule.journey in (None, journey):
                return rule
        raise SloError(f"no alert is called '{rule_id}' of {journey or 'hosts'}.")


def sets_of(rollup: Rollup) -> Sets:
    """All that can fire by the catalogue of a rollup."""
    widened, burn, headroom = multiwindow(rollup)
    catalog = rollup.catalog
    rules: dict[AlertSet, tuple[Rule, ...]] = {"document": catalog.alerts, "burn": burn}
    return Sets(widened, rules | {"headroom": headroom, "triggers": catalog.triggers})


@dataclass(frozen=True)
class KnownRules:
    """What people must know of every rule of a catalogue."""

    by: Mapping[tuple[str, str | None], Known]
    """By id and journey; of None the first of that id."""

    def of(self, rule_id: str, journey: object = None) -> Known | None:
        """The rule of that id, as it is about a journey; None where there is none of that id."""
        own = journey if isinstance(journey, str) else None
        return self.by.get((rule_id, own)) or self.by.get((rule_id, None))

    @property
    def names(self) -> dict[str, str]:
        """The names of all rules by their ids, in the order of `SETS`."""
        return {rule: known.name for (rule, journey), known in self.by.items() if journey is None}


_KEPT: list[tuple[Catalog, KnownRules]] = []
"""Of the catalogues last asked for: every rule that fires is looked up, again and again."""

_CATALOGUES = 4


def known_rules(catalog: Catalog) -> KnownRules:
    """What people must know of every rule. An id of two sets means the first's."""
    for own, kept in tuple(_KEPT):
        if own is catalog:
            return kept
    by: dict[tuple[str, str | None], Known] = {}
    for rule_id, journey, known in _known(catalog):
        if by.setdefault((rule_id, None), known).set == known.set:
            by.setdefault((rule_id, journey), known)
    found = KnownRules(by)
    _KEPT.insert(0, (catalog, found))
    del _KEPT[_CATALOGUES:]
    return found


def known_rule(catalog: Catalog, rule_id: str, journey: str = "") -> Known | None:
    """The same of one rule, as it is about a journey; None where there is none of that id."""
    return known_rules(catalog).of(rule_id, journey)


def _known(catalog: Catalog) -> Iterator[tuple[str, str | None, Known]]:
    """The id of each rule, the journey that it is about, and what is to be known."""
    for alert in catalog.alerts:
        own = (alert.owner.value, alert.runbook.value, alert.actions)
        yield alert.id, None, Known("document", alert.name, alert.severity, alert.tier, *own)
    runbook = burn_runbook(catalog)
    for burn in catalog.burn_alerts:
        grade = (burn.severity, burn.tier)
        yield burn.id, None, Known("burn", burn.name, *grade, catalog.owner, runbook)
    if headroom := catalog.headroom_alerts:
        grade = (headroom.severity, headroom.tier)
        for it in headroom_steps(catalog):
            known = Known("headroom", headroom_name(it), *grade, catalog.owner, runbook)
            yield headroom_id(it), it.journey.id, known
    for trigger in catalog.triggers:
        name = f"Scale {trigger.direction}, {trigger.condition}"
        told = catalog.notifications.triggers.get(trigger.direction)
        tier = told.tier if told else None
        yield trigger.id, None, Known("triggers", name, None, tier, catalog.owner, None)


def burn_runbook(catalog: Catalog) -> str | None:
    """The runbook of the document's own alert on burn rates, which is that of all burn alerts."""
    for alert in catalog.alerts:
        terms = (catalog.term(it.metric) for it in comparisons(alert.parsed))
        if any(isinstance(term, BudgetTerm) and term.kind == "burn_rate" for term in terms):
            return alert.runbook.value
    return None
