"""What documents are made of: sections, each one question, of words, lists, tables and charts.

Every format renders these, so that a figure is written in one place and reads the same on the page
and in HTML, PDF and Markdown.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import plotly.graph_objects as go

from slo_core.figures.theme import STATES, Palette, Role


@dataclass(frozen=True)
class Cell:
    """A cell of a table: words, smaller ones below, and the role that colours what they say."""

    words: str
    small: str = ""
    role: Role | None = None


@dataclass(frozen=True)
class Words:
    """A paragraph. ``tone`` is ``info`` for what a reader must know before the figures."""

    text: str
    tone: Literal["plain", "small", "info"] = "plain"
    kind: Literal["words"] = "words"


@dataclass(frozen=True)
class Point:
    """One sentence of a list with what it rests on, and where to look on (or nothing)."""

    text: str
    evidence: str = ""
    role: Role | None = None
    address: str = ""

    @property
    def symbol(self) -> str:
        """The shape of its role."""
        return next((it.symbol for it in STATES.values() if it.role == self.role), "")


@dataclass(frozen=True)
class Points:
    """A list, the most important first; ``noun`` is what each of them is."""

    points: tuple[Point, ...]
    noun: str = "Finding"
    kind: Literal["points"] = "points"


@dataclass(frozen=True)
class Table:
    """A table; ``caption`` is its name for who does not see it, ``name`` that of its file.

    One that is ``folded`` is beside its section's answer: a page opens it when it is asked to.
    """

    name: str
    caption: str
    headers: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    folded: bool = False
    kind: Literal["table"] = "table"


@dataclass(frozen=True)
class Chart:
    """A chart: what builds it in an appearance, and its takeaway in words."""

    name: str
    title: str
    alt: str
    build: Callable[[Palette], go.Figure]
    kind: Literal["chart"] = "chart"


Block = Words | Points | Table | Chart


@dataclass(frozen=True)
class Section:
    """One question and what answers it: a panel of the page, a chapter on paper, a screen."""

    id: str
    title: str
    question: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """A review as it is sent round.

    ``facts`` are what it is of, as pairs of words; ``notices`` what a reader must know first, such
    as that the month is not over.
    """

    title: str
    subtitle: str
    facts: Mapping[str, str]
    sections: tuple[Section, ...]
    notices: tuple[str, ...] = field(default=())
    dashboards: str = ""
    """Where its readers find the dashboards, ``https://HOST/dashboards``: points link to pages
    there. Empty where nobody said."""

    @property
    def charts(self) -> list[Chart]:
        """All charts, in their order; their names are unique."""
        return [it for section in self.sections for it in section.blocks if isinstance(it, Chart)]


def cells(*words: str | Cell) -> tuple[Cell, ...]:
    """A row of a table; plain words become cells."""
    return tuple(it if isinstance(it, Cell) else Cell(it) for it in words)


def state_cell(state: str, words: str = "", small: str = "") -> Cell:
    """A state of `slo_core.figures.theme.STATES` in shape and word."""
    found = STATES[state]
    return Cell(f"{found.symbol} {words or found.word}", small, found.role)


def several(blocks: Sequence[Block | None]) -> tuple[Block, ...]:
    """The blocks that are there."""
    return tuple(it for it in blocks if it is not None)
