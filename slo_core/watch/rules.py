"""What people can be told of, by the catalogue as it is now: alerts, burn alerts, triggers."""

from collections.abc import Iterator
from dataclasses import dataclass

from slo_core.alerts.evaluate import Rule
from slo_core.alerts.multiwindow import headroom_id, headroom_name, headroom_steps, multiwindow
from slo_core.catalog import ActionKind, Catalog
from slo_core.rollup import Rollup


@dataclass(frozen=True)
class Told:
    """How a rule is told, by its id."""

    name: str
    severity: str | None
    """None for triggers."""
    tier: int
    owner: str
    runbook: str | None = None
    actions: tuple[str, ...] = ()
    kind: ActionKind | None = None
    """As which action it is told where it names none that a program does."""
    is_beside: bool = False
    """Whether it is a burn alert beside the document's own, which say the same with more reason."""
    page: str = "alerts"
    """The page that shows it."""


def rules_to_tell(rollup: Rollup) -> tuple[Rollup, list[Rule]]:
    """The rules that people may be told of, and the rollup with all their terms."""
    widened, burn, headroom = multiwindow(rollup)
    told = rollup.catalog.notifications.triggers
    triggers = [it for it in rollup.catalog.triggers if it.direction in told]
    return widened, [*rollup.catalog.alerts, *burn, *headroom, *triggers]


def told_of(catalog: Catalog, rule: str) -> Told | None:
    """How a rule is told; None where the catalogue has none of that id, or tells nobody of it."""
    return next(_found(catalog, rule), None)


def _found(catalog: Catalog, rule: str) -> Iterator[Told]:
    notifications = catalog.notifications
    for alert in catalog.alerts:
        if alert.id == rule:
            kind = notifications.tier(alert.tier).without_actions
            own = (alert.owner.value, alert.runbook.value, alert.actions)
            yield Told(alert.name, alert.severity, alert.tier, *own, kind)
    for burn in catalog.burn_alerts:
        if burn.id == rule:
            kind = notifications.tier(burn.tier).without_actions
            page = "studio-error-budget"
            yield Told(
                *(burn.name, burn.severity, burn.tier, catalog.owner),
                kind=kind,
                is_beside=True,
                page=page,
            )
    for trigger in catalog.triggers:
        if trigger.id == rule and (told := notifications.triggers.get(trigger.direction)):
            name = f"Scale {trigger.direction}, {trigger.condition}"
            yield Told(name, None, told.tier, catalog.owner, kind=told.kind, page="capacity")
    if grade := catalog.headroom_alerts:
        kind = notifications.tier(grade.tier).without_actions
        for step in headroom_steps(catalog):
            if headroom_id(step) == rule:
                name = headroom_name(step)
                yield Told(
                    *(name, grade.severity, grade.tier, catalog.owner),
                    kind=kind,
                    is_beside=True,
                    page="why",
                )
