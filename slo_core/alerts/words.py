"""What episodes say to people: a peak and a threshold in their unit."""

from collections.abc import Mapping
from typing import Any

from slo_core.text import counted, factor, figure


def amount(value: float | None, unit: str, threshold: float) -> str:
    """A peak or a threshold in its unit, as people read it."""
    if unit == "burn_rate":
        return factor(value, against=threshold)
    if unit == "failures":
        return counted(value, "failure")
    return figure(value, unit, against=threshold)


def peak(episode: Mapping[str, Any]) -> str:
    """How far an episode went, a row of `slo_core.alerts.episodes.episodes`: ``above 90 s``."""
    unit, threshold = episode["unit"], episode["threshold"]
    if episode["peak_above"] == episode["peak_above"]:
        return f"above {amount(episode['peak_above'], unit, threshold)}"
    return amount(episode["peak"], unit, threshold)
