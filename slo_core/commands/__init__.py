"""The commands, a module each; tables for people by default, ``--format json`` for programs.

A command's module is imported when the command is asked for: a pipeline that calls one every minute
need not load what draws figures for the others.
"""

from importlib import import_module

import click

_NAMES = (
    *("sample", "ingest", "rollup", "retain", "status", "forecast", "calculate"),
    *("alerts", "desk", "handover", "replay", "incidents", "corrections", "maintenance"),
    *("audit", "gate", "watch", "whatif", "export", "review", "capacity", "propose"),
    *("collect", "live"),
)
"""In the order of the list that people see; ``NAME`` is ``NAME_command`` in the module ``NAME``."""


class _Commands(click.Group):
    """A group whose commands are imported by name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_NAMES)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in _NAMES:
            return None
        found: click.Command = getattr(import_module(f"{__name__}.{name}"), f"{name}_command")
        return found


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Service level objectives and error budgets from request logs."""
