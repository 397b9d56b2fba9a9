"""Who is told of an alert, where, how often: what `python -m slo_core watch` goes by.

The document says what is to be done ("Page on-call engineer"), not how; so all of this is the
catalogue's own choice. A target's address names environment variables instead of secrets.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Literal

from jinja2 import TemplateSyntaxError
from jinja2.sandbox import SandboxedEnvironment
from pydantic import AfterValidator, Field

from slo_core.catalog.base import Assumed, Duration, Id, Model, Text, problem
from slo_core.catalog.operations import ActionKind

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_PASSWORD = re.compile(r"://[^/@\s]*:(?!\$\{)[^/@\s]+@")


def variables(url: str) -> tuple[str, ...]:
    """The environment variables that an address names, each once."""
    return tuple(dict.fromkeys(_VARIABLE.findall(url)))


def filled(url: str, values: dict[str, str]) -> str:
    """An address with the values of its variables; all must be there."""
    return _VARIABLE.sub(lambda match: values[match[1]], url)


def _address(url: str) -> str:
    if "://" not in url and not _VARIABLE.match(url):
        raise problem(
            f"expected an address such as json://host/path or ${{SLACK_URL}}, found {url!r}"
        )
    if _PASSWORD.search(url):
        raise problem(
            "expected no password in this file: name an environment variable, as in "
            "mailto://watch:${MAIL_PASSWORD}@host"
        )
    return url


def _template(text: str) -> str:
    try:
        SandboxedEnvironment().parse(text)
    except TemplateSyntaxError as error:
        raise problem(f"expected a Jinja2 template, line {error.lineno}: {error.message}") from None
    return text


class Target(Model):
    """Where notifications go: a channel, a mailbox, a pager, a tracker."""

    id: Id
    name: Text
    """What people call it: "#studio-alerts"."""
    url: Annotated[str, AfterValidator(_address)]
    """An Apprise address, or with `template` an http(s) one; ``${NAME}`` is an environment
    variable. While one of these is not set, the target is off."""
    template: Annotated[str, AfterValidator(_template)] | None = None
    """A Jinja2 template of the JSON that is posted to `url`, one for each episode: a ticket."""
    drops_repeats: bool | None = None
    """Whether the receiver drops a message whose `Idempotency-Key` it has had; one that may not
    have arrived is sent again at once then. None: PagerDuty and Opsgenie do, others do not."""


class Route(Model):
    """Which actions go to a target: those of a kind, of a tier, or one by its text."""

    target: Id
    kind: ActionKind | None = None
    tier: int | None = None
    action: Text | None = None
    """The text of an action: where a route names it, it goes by that alone."""


class TierNotices(Model):
    """How alerts of one tier are told."""

    tier: int
    repeat: Duration | None = None
    """How often an episode that lasts is told again while nobody has acknowledged it."""
    group: Duration | None = None
    """After a message, how long the next ones of the tier are gathered into one."""
    without_actions: ActionKind | None = None
    """What an alert of the tier that names no action asks for."""


class Retries(Model):
    """How a failed delivery is tried again: after `first`, then twice as long each time."""

    first: Duration = timedelta(seconds=30)
    longest: Duration = timedelta(minutes=30)
    give_up_after: Duration = timedelta(hours=24)


class AsAction(Model):
    """How something is told that is no alert: as an action of a tier and a kind."""

    tier: int
    kind: ActionKind


class Notifications(Model):
    """Targets, routes and times of notifications; nothing is sent without any."""

    targets: tuple[Target, ...] = ()
    routes: tuple[Route, ...] = ()
    tiers: tuple[TierNotices, ...] = ()
    no_data: AsAction | None = None
    """Who is told when data stops; None: nobody."""
    triggers: dict[Literal["up", "down"], AsAction] = Field(default_factory=dict)
    """Who is told of scale triggers, by their direction; of one that is not there, nobody."""
    look_back: Assumed[Duration] = Assumed[timedelta](value=timedelta(days=1))
    """How far back each look evaluates: what has come and gone before that is no news."""
    unconfirmed_after: Assumed[Duration] = Assumed[timedelta](value=timedelta(minutes=5))
    """How soon an episode is told again whose last message may not have arrived."""
    retries: Assumed[Retries] = Assumed[Retries](value=Retries())
    assumption: Text | None = None
    """Why all of this is as it is, where the document does not say."""

    def target(self, target_id: str) -> Target | None:
        """The target of that id."""
        return next((target for target in self.targets if target.id == target_id), None)

    def tier(self, tier: int) -> TierNotices:
        """How a tier is told; without repetition or grouping where nothing is said."""
        return next((it for it in self.tiers if it.tier == tier), TierNotices(tier=tier))

    def targets_of(self, kind: ActionKind, tier: int, action: str | None) -> tuple[str, ...]:
        """The ids of the targets of an action, each once, in the order of the routes.

        The routes that name the action's text; where none does, those of its kind and tier.
        """
        named = [it for it in self.routes if it.action is not None and it.action == action]
        fitting = named or [
            it
            for it in self.routes
            if it.action is None and it.kind in (kind, None) and it.tier in (tier, None)
        ]
        return tuple(dict.fromkeys(route.target for route in fitting))


def unknown_names(
    notifications: Notifications, tiers: list[int], actions: list[str]
) -> Iterator[tuple[tuple[str | int, ...], str, str, list[str]]]:
    """Names that the rest of the catalogue must know: place, what it is, the name, those known."""
    targets: list[str] = [target.id for target in notifications.targets]
    levels = [str(tier) for tier in tiers]
    for i, route in enumerate(notifications.routes):
        yield ("routes", i, "target"), "a target of `notifications`", route.target, targets
        if route.tier is not None:
            yield ("routes", i, "tier"), "a tier of this catalogue", str(route.tier), levels
        if route.action is not None:
            yield ("routes", i, "action"), "an action of an alert", route.action, actions
    for i, own in enumerate(notifications.tiers):
        yield ("tiers", i, "tier"), "a tier of this catalogue", str(own.tier), levels
    told: dict[tuple[str, ...], AsAction] = {
        ("triggers", direction): it for direction, it in notifications.triggers.items()
    }
    if notifications.no_data:
        told["no_data",] = notifications.no_data
    for place, it in told.items():
        yield (*place, "tier"), "a tier of this catalogue", str(it.tier), levels
