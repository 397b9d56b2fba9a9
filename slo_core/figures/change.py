"""A change against the period before, coloured and worded by whether it got better."""

import math

from slo_core.figures import html
from slo_core.figures.theme import Palette
from slo_core.sli.chance import within_chance
from slo_core.text import percent

_SAME = 5e-5
"""Changes of a share by less than so much are none."""

_NEAR = 0.025
"""Displayed percentiles are up to 1 % off each, so that nearer ones cannot be told apart."""


def change_cell(
    now: float | None,
    before: float | None,
    colours: Palette,
    events: tuple[float, float] | None = None,
) -> html.Cell:
    """The change of a share of which more is better, in percentage points.

    ``events`` are how many each share is of: a change that chance does alone has no colour.
    """
    if now is None or math.isnan(now):
        return html.text("no data")
    if before is None or math.isnan(before):
        return html.text("–", small="no data before")
    from_words = f"from {percent(before, digits=2)}"
    points = now - before
    if abs(points) < _SAME:
        return html.text("= same", small=from_words)
    if events and within_chance(now, events[0], before, events[1]):
        return html.text("≈ within chance", small=from_words)
    size = f"{abs(points) * 100:.2f}".rstrip("0").rstrip(".")
    if points > 0:
        return html.tinted(f"▲ {size} points better", "good", colours, small=from_words)
    return html.tinted(f"▼ {size} points worse", "bad", colours, small=from_words)


def amount_change(
    now: float | None,
    before: float | None,
    words_before: str,
    colours: Palette,
    *,
    more_is_better: bool,
) -> html.Cell:
    """The change of an amount, as a share of what it was; ``words_before`` is what that was."""
    if now is None or math.isnan(now):
        return html.text("no data")
    if before is None or math.isnan(before) or before <= 0:
        return html.text("–", small="no data before")
    change = now / before - 1
    if abs(change) < _NEAR:
        return html.text("≈ same", small=f"from {words_before}")
    better = (change > 0) == more_is_better
    arrow, side = ("▲", "more") if change > 0 else ("▼", "less")
    words = f"{arrow} {percent(abs(change), digits=1)} {side}"
    small = f"{'better' if better else 'worse'}, from {words_before}"
    return html.tinted(words, "good" if better else "bad", colours, small=small)
