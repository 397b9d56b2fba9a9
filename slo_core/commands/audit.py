"""``audit``: where a catalogue contradicts itself."""

import json
import textwrap
from dataclasses import asdict

import click

from slo_core.catalog import Catalog, load_catalog
from slo_core.catalog.audit import SEVERITIES, Finding, audit
from slo_core.commands.options import catalog_option, format_option
from slo_core.figures.theme import STATES

_WIDTH = 96


@click.command("audit")
@catalog_option
@format_option
def audit_command(catalog: str, output: str) -> int:
    """Find where a catalogue contradicts itself; exit with 1 if there are errors."""
    loaded = load_catalog(catalog)
    findings = audit(loaded)
    if output == "json":
        stated = {"catalog": loaded.name, "findings": [asdict(finding) for finding in findings]}
        click.echo(json.dumps(stated, indent=1, ensure_ascii=False))
    else:
        _print(loaded, findings)
    return 1 if any(finding.severity == "error" for finding in findings) else 0


def _print(catalog: Catalog, findings: list[Finding]) -> None:
    counts = [sum(it.severity == severity for it in findings) for severity in SEVERITIES]
    said = ", ".join(
        f"{count} {severity}{'' if count == 1 else 's'}"
        for count, severity in zip(counts, SEVERITIES, strict=True)
    )
    click.echo(f"{catalog.name}: {said}")
    for finding in findings:
        click.echo(f"\n{STATES[finding.severity].label}: {finding.where} ({finding.rule})")
        click.echo(_wrapped("", finding.section))
        click.echo(_wrapped("", finding.arithmetic))
        click.echo(_wrapped("Why: ", finding.why))
        click.echo(_wrapped("Do: ", finding.suggestion))


def _wrapped(label: str, text: str) -> str:
    return textwrap.fill(
        label + text,
        _WIDTH,
        initial_indent="  ",
        subsequent_indent="  " + " " * len(label),
        break_on_hyphens=False,
        break_long_words=False,
    )
