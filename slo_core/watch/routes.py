"""Where a matter goes: the catalogue's actions, their kinds, and the routes of those."""

from collections.abc import Mapping
from dataclasses import dataclass

from slo_core.catalog import ActionKind, Catalog, Target
from slo_core.catalog.notifications import variables
from slo_core.watch.matters import Matter
from slo_core.watch.rules import Told, told_of

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
    rule = told_of(catalog, matter.alert)
    return _of_rule(catalog, rule) if rule else None


def _of_rule(catalog: Catalog, rule: Told) -> Way:
    notifications = catalog.notifications
    kinds = [(catalog.action_kinds.get(action), action) for action in rule.known.actions]
    asked: list[tuple[ActionKind, str | None]] = [(it, action) for it, action in kinds if it]
    if not asked and rule.kind:
        asked = [(rule.kind, None)]
    targets: list[str] = []
    for kind, action in asked:
        if kind == LOG:
            targets.append(LOG)
        elif kind != "incident":
            targets += notifications.targets_of(kind, rule.tier, action)
    tasks = tuple(action for action in rule.known.actions if action not in catalog.action_kinds)
    return Way(rule.tier, tuple(dict.fromkeys(targets)) or (NOBODY,), tasks)


def why_off(target: Target, environment: Mapping[str, str]) -> str | None:
    """Why nothing can go to a target, in a sentence; None where it can."""
    missing = [name for name in variables(target.url) if not environment.get(name)]
    if not missing:
        return None
    verb = "is" if len(missing) == 1 else "are"
    return f"{target.id} is off: {', '.join(missing)} {verb} not set in the environment."
