"""``--set``: which sets of alerts a command is about."""

from collections.abc import Callable, Sequence
from typing import Any

import click

from slo_core.alerts.sets import ALL, AlertSet

EVERY = "all"


def set_option(default: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``--set NAME``, as often as wanted; ``all`` is every one."""
    return click.option(
        "--set",
        "named",
        type=click.Choice([*ALL, EVERY]),
        multiple=True,
        default=(default,),
        show_default=True,
        help="The document's alerts, burn alerts, those on headroom, scale triggers, or all; "
        "more than once for several.",
    )


def wanted_sets(named: Sequence[str]) -> tuple[AlertSet, ...]:
    """The sets that ``--set`` names, in the order of `slo_core.alerts.sets.SETS`."""
    return tuple(name for name in ALL if name in named or EVERY in named)
