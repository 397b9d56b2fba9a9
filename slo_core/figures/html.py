"""Small pieces of HTML: a table that becomes cards on a narrow screen, states, sparklines.

Streamlit's own tables draw neither a gap in a sparkline nor a state in shape, word and colour,
and scroll sideways on a phone. Texts are escaped here and nowhere else.
"""

import math
from collections.abc import Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

from slo_core.figures.theme import Palette, Role, State

STYLE = (Path(__file__).parent / "table.css").read_text("utf-8")
"""The style of tables: a document with any of them has it in its head, once."""

Cell = str
"""Safe HTML: made by the functions of this module."""


def text(words: str, *, small: str = "", title: str = "") -> Cell:
    """Words, with smaller ones below; ``title`` is what a pointer that rests on them is told."""
    hint = f' title="{escape(title)}"' if title else ""
    return f"<span{hint}>{escape(words)}</span>{_below(small)}"


def number(words: str, *, small: str = "") -> Cell:
    """A figure with its unit, which no line break may part."""
    whole = escape(words.replace(" ", "\u00a0"))
    return f'<span class="number">{whole}</span>{_below(small)}'


def _below(small: str) -> Cell:
    """Smaller words below, where there are any."""
    return f"<small>{escape(small)}</small>" if small else ""


def state(found: State, colours: Palette, *, words: str = "", small: str = "") -> Cell:
    """A state in shape, word and colour; ``words`` in place of its own word."""
    label = f"{found.symbol} {words}" if words else found.label
    colour = colours.colour(found.role)
    return f'<strong style="color:{colour}">{escape(label)}</strong>{_below(small)}'


def tinted(words: str, role: Role, colours: Palette, *, small: str = "") -> Cell:
    """Words in the colour of a role, which say what the colour says."""
    return f'<strong style="color:{colours.colour(role)}">{escape(words)}</strong>{_below(small)}'


def link(words: str, address: str, *, name: str) -> Cell:
    """A link in the same window; ``name`` tells where it leads to who hears it alone."""
    place = f'href="{escape(address)}" target="_self"'
    return f'<a {place} aria-label="{escape(name)}">{escape(words)}</a>'


def table(
    headers: Sequence[str], rows: Sequence[Sequence[Cell]], colours: Palette, *, caption: str
) -> str:
    """A table of safe cells; ``caption`` is its name for who does not see it.

    Under 700 pixels each row becomes a card, with its headers beside its cells.
    """
    head = "".join(f'<th scope="col">{escape(header)}</th>' for header in headers)
    body = "".join(
        "<tr>"
        + "".join(
            f'<td data-label="{escape(header)}"><div>{cell}</div></td>'
            for header, cell in zip(headers, row, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="slo-table" style="{_variables(colours)}">'
        f'<table aria-label="{escape(caption)}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def sparkline(
    values: Sequence[float], target: float, colours: Palette, role: Role, *, name: str
) -> Cell:
    """A line of ratios from 0 to 1 with its target dashed; NaN is a gap, a lone value a dot.

    The scale holds the values and the target; ``name`` says in words what is to be seen.
    """
    known = [value for value in values if not math.isnan(value)]
    if not known:
        return text("no data")
    low, high = min([*known, target]), max([*known, target])
    room = (high - low) or 1e-6
    across, up = 120, 28

    def place(index: int, value: float) -> tuple[float, float]:
        x = 3 + index * (across - 6) / max(len(values) - 1, 1)
        return round(x, 1), round(3 + (up - 6) * (high - value) / room, 1)

    colour = colours.colour(role) if role in ("bad", "warn") else colours.series[0]
    drawn = "".join(
        f'<circle cx="{run[0][0]}" cy="{run[0][1]}" r="1.7" fill="{colour}"/>'
        if len(run) == 1
        else '<polyline fill="none" stroke="'
        + colour
        + '" stroke-width="1.6" stroke-linejoin="round" points="'
        + " ".join(f"{x},{y}" for x, y in run)
        + '"/>'
        for run in _runs([None if math.isnan(v) else place(i, v) for i, v in enumerate(values)])
    )
    line = place(0, target)[1]
    target_line = (
        f'<line x1="0" x2="{across}" y1="{line}" y2="{line}" stroke="{colours.muted}" '
        'stroke-dasharray="3 3"/>'
    )
    return _picture(target_line + drawn, across, up, name=name)


def gauge(
    ratio: float | None,
    marks: Sequence[float],
    colours: Palette,
    role: Role,
    *,
    name: str,
    lowest: float | None = None,
) -> Cell:
    """What is left of a budget as a bar from a zero line, left of it where it is overspent.

    ``marks`` are the policy's shares, drawn as lines. Without a ratio the bar is empty. ``lowest``
    is the lowest ratio of several bars that are to be compared: all have its scale then.
    """
    deepest = min(0.0, max(-1.0, ratio or 0.0)) if lowest is None else min(0.0, lowest)
    low = deepest - (0.02 if deepest < 0 else 0.0)

    def x(share: float) -> float:
        return round(200 * (min(max(share, low), 1.0) - low) / (1.0 - low), 1)

    bar = ""
    if ratio is not None:
        start, end = sorted((x(0.0), x(ratio)))
        bar = (
            f'<rect x="{start}" y="4" width="{max(end - start, 1)}" height="10" rx="2" '
            f'fill="{colours.colour(role)}"/>'
        )
    lines = "".join(
        f'<line x1="{x(mark)}" x2="{x(mark)}" y1="1" y2="17" stroke="{colours.text}" '
        'stroke-width="1" stroke-dasharray="2 2"/>'
        for mark in marks
    )
    zero = (
        f'<line x1="{x(0)}" x2="{x(0)}" y1="0" y2="18" stroke="{colours.text}" stroke-width="2"/>'
    )
    trough = f'<rect x="0" y="4" width="200" height="10" rx="2" fill="{colours.grid}"/>'
    return _picture(trough + bar + lines + zero, 200, 18, name=name, stretch=True)


def _picture(drawing: str, width: int, height: int, *, name: str, stretch: bool = False) -> Cell:
    """A drawing as a picture, since pages let no SVG through in their text."""
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" preserveAspectRatio="none">{drawing}</svg>'
    )
    size = f'style="width:100%;height:{height}px"' if stretch else f'width="{width}"'
    return (
        f'<img alt="{escape(name)}" title="{escape(name)}" {size} '
        f'src="data:image/svg+xml,{quote(svg)}">'
    )


def _runs(
    places: Sequence[tuple[float, float] | None],
) -> list[list[tuple[float, float]]]:
    """Neighbouring places together, split where there is none."""
    runs: list[list[tuple[float, float]]] = [[]]
    for place in places:
        if place is None:
            runs.append([])
        else:
            runs[-1].append(place)
    return [run for run in runs if run]


def _variables(colours: Palette) -> str:
    return (
        f"--slo-text:{colours.text};--slo-muted:{colours.muted};--slo-border:{colours.border};"
        f"--slo-grid:{colours.grid};--slo-link:{colours.series[0]}"
    )
