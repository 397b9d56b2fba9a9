"""What commands that write into the register take: who writes, and moments as people write them."""

import getpass
from collections.abc import Callable
from datetime import datetime
from typing import Any

import click

from slo_core.moments import parse_moment
from slo_core.register import Actor

Command = Callable[..., Any]


def as_option(command: Command) -> Command:
    """``--as NAME``: under whose name it is written; the register's history keeps it."""
    return click.option(
        "--as",
        "name",
        default=_user,
        metavar="NAME",
        help="Under whose name it is written (default: the user of this machine).",
    )(command)


def version_option(command: Command) -> Command:
    """``--version N``: the version that the writer saw; without it what is there now."""
    return click.option(
        "--version",
        type=int,
        help="Write only if it is still at this version (default: whatever is there now).",
    )(command)


def has_subcommand(context: click.Context, **given: object) -> bool:
    """Whether a group of commands goes on with one of them.

    What was ``given`` before its name counts for it too, not only what comes after.
    """
    name = context.invoked_subcommand
    if name is not None:
        context.default_map = {name: {key: it for key, it in given.items() if it is not None}}
    return name is not None


def actor(name: str) -> Actor:
    """Who writes."""
    return Actor(name)


def when(text: str | None, name: str) -> datetime | None:
    """A moment that an option names, None where it is not given."""
    return parse_moment(text, name=name) if text else None


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user without a name, as in some containers
        return ""
