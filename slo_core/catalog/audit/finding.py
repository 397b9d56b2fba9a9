"""What an audit finds: one contradiction, with its arithmetic."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""The worst first: what cannot be true, what will mislead, what should be known."""


@dataclass(frozen=True)
class Finding:
    """One place where a catalogue contradicts itself or promises what cannot be kept.

    All texts are whole sentences for people, except the first three and `section`.
    """

    rule: str
    """What is broken, as an id: ``budgets.normal_level``."""
    severity: Severity
    where: str
    """The place in the catalogue, as its error sentences write it: ``api.latency_p95.target``."""
    section: str
    """The same place in the document's own headings."""
    arithmetic: str
    """The figures that show it, computed from the catalogue."""
    why: str
    suggestion: str
