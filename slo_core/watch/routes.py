"""Where a matter goes: the catalogue's actions, their kinds, and the routes of those."""

from collections.abc import Mapping
from dataclasses import dataclass

from slo_core.alerts.desk import human_actions
from slo_core.catalog import ActionKind, Alert, Catalog, Target
from slo_core.catalog.notifications import variables
from slo_core.watch.matters import Matter

LOG = "log"
"""The target of what is only written down: the log of `watch` itself."""

NOBODY = ""
"""The target of what no route leads anywhere."""


@dataclass(frozen=True)
class Way:
    """What a matter asks for: whom to tell, and what people are to do."""

    tier: int
    targets: tuple[str, ...]
    tasks: tuple[str, ...] = ()


def way(catalog: Catalog, matter: Matter) -> Way | None:
    """The way of a matter by the catalogue as it is now; None where it no longer knows it."""
    notifications = catalog.notifications
    if not matter.alert:
        told = notifications.no_data
        if told is None:
            return None
        own = notifications.targets_of(told.kind, told.tier, None)
        return Way(told.tier, (LOG,) if told.kind == "log" else own or (NOBODY,))
    alert = next((it for it in catalog.alerts if it.id == matter.alert), None)
    return _of_alert(catalog, alert) if alert else None


def _of_alert(catalog: Catalog, alert: Alert) -> Way:
    notifications = catalog.notifications
    kinds = [(catalog.action_kinds.get(action), action) for action in alert.actions]
    asked: list[tuple[ActionKind, str | None]] = [(it, action) for it, action in kinds if it]
    if not asked and (default := notifications.tier(alert.tier).without_actions):
        asked = [(default, None)]
    targets: list[str] = []
    for kind, action in asked:
        if kind == LOG:
            targets.append(LOG)
        elif kind != "incident":
            targets += notifications.targets_of(kind, alert.tier, action)
    return Way(
        alert.tier,
        tuple(dict.fromkeys(targets)) or (NOBODY,),
        human_actions(catalog, alert),
    )


def why_off(target: Target, environment: Mapping[str, str]) -> str | None:
    """Why nothing can go to a target, in a sentence; None where it can."""
    missing = [name for name in variables(target.url) if not environment.get(name)]
    if not missing:
        return None
    verb = "is" if len(missing) == 1 else "are"
    return f"{target.id} is off: {', '.join(missing)} {verb} not set in the environment."
