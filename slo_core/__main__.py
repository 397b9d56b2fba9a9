"""The same answers on the command line: ``python -m slo_core <command>`` (DESIGN 3).

Exit 0 done, 1 an objective is not met where ``--check`` asks for it, 2 bad use or bad input with
one sentence on stderr.
"""

import sys

import click

from slo_core.commands import cli
from slo_core.errors import SloError


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns its exit code and never raises for what a person can mend."""
    try:
        result = cli.main(args=arguments, prog_name="python -m slo_core", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except SloError as error:
        return _refuse(str(error))
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return 2
    except click.ClickException as error:
        return _refuse(error.format_message())
    except click.Abort:
        return _refuse("stopped; what was finished is kept.")
    except BrokenPipeError:
        return 0


def _refuse(sentence: str) -> int:
    click.echo(f"slo_core: {' '.join(sentence.split())}", err=True)
    return 2


if __name__ == "__main__":
    sys.exit(main())
