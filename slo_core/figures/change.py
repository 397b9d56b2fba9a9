"""A change against the period before, coloured and worded by whether it got better."""

import math
from dataclasses import dataclass

from slo_core.figures import html
from slo_core.figures.theme import Palette, Role
from slo_core.sli.chance import within_chance
from slo_core.text import percent

_SAME = 5e-5
"""Changes of a share by less than so much are none."""

_NEAR = 0.025
"""Displayed percentiles are up to 1 % off each, so that nearer ones cannot be told apart."""


@dataclass(frozen=True)
class Change:
    """A change in words: what it is, from what, and whether that is better; None is neither."""

    words: str
    small: str = ""
    role: Role | None = None


def change(
    now: float | None, before: float | None, events: tuple[float, float] | None = None
) -> Change:
    """The change of a share of which more is better, in percentage points.

    ``events`` are how many each share is of: a change that chance does alone is neither better nor
    worse.
    """
    if now is None or math.isnan(now):
        return Change("no data")
    if before is None or math.isnan(before):
        return Change("–", "no data before")
    from_words = f"from {percent(before, digits=2)}"
    points = now - before
    if abs(points) < _SAME:
        return Change("= same", from_words)
    if events and within_chance(now, events[0], before, events[1]):
        return Change("≈ within chance", from_words)
    size = f"{abs(points) * 100:.2f}".rstrip("0").rstrip(".")
    if points > 0:
        return Change(f"▲ {size} points better", from_words, "good")
    return Change(f"▼ {size} points worse", from_words, "bad")


def change_cell(
    now: float | None,
    before: float | None,
    colours: Palette,
    events: tuple[float, float] | None = None,
) -> html.Cell:
    """A `change` as a cell of a table, in its colour."""
    found = change(now, before, events)
    if found.role is None:
        return html.text(found.words, small=found.small)
    return html.tinted(found.words, found.role, colours, small=found.small)


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
    ratio = now / before - 1
    if abs(ratio) < _NEAR:
        return html.text("≈ same", small=f"from {words_before}")
    better = (ratio > 0) == more_is_better
    arrow, side = ("▲", "more") if ratio > 0 else ("▼", "less")
    words = f"{arrow} {percent(abs(ratio), digits=1)} {side}"
    small = f"{'better' if better else 'worse'}, from {words_before}"
    return html.tinted(words, "good" if better else "bad", colours, small=small)
