"""The one look of every chart: two palettes, and a Plotly template made from each.

The same colours stand in ``.streamlit/config.toml``, because Streamlit reads nothing else; a test
holds the two together, measures the contrast of every colour on both of its backgrounds, and
looks at the status colours through the eyes of the colour-blind.
"""

from dataclasses import dataclass
from typing import Literal

import plotly.graph_objects as go

Role = Literal["good", "warn", "bad", "none", "stale"]

FONT = '"Source Sans", sans-serif'  # Streamlit's own, so that text and charts are one


@dataclass(frozen=True)
class Palette:
    """The colours of one appearance, as ``#RRGGBB``."""

    name: Literal["light", "dark"]
    background: str
    panel: str  # the sidebar, input fields, hover labels
    text: str
    muted: str  # captions and axis labels: still 4.5:1
    border: str  # outlines that carry meaning: 3:1
    grid: str  # lines that carry none
    primary: str
    roles: dict[Role, str]  # what a state is drawn and written in: 4.5:1
    series: tuple[str, ...]  # what lines and bars are drawn in: 3:1
    sequential: tuple[str, ...]  # ten steps from "little" to "much" for heatmaps

    def colour(self, role: Role) -> str:
        """Return the colour of a state's role."""
        return self.roles[role]


LIGHT = Palette(
    name="light",
    background="#FFFFFF",
    panel="#F3F6FA",
    text="#0B1520",
    muted="#51606F",
    border="#7F8C9A",
    grid="#E1E7EE",
    primary="#1B5EBF",
    roles={
        "good": "#006A4E",
        "warn": "#AD5700",
        "bad": "#8F0A26",
        "none": "#667080",
        "stale": "#8A2FD6",
    },
    series=("#2F74D0", "#B87A00", "#008A6E", "#8C1D50", "#4A1486", "#4E4A12"),
    sequential=(
        "#EAF1FB",
        "#D0E0F6",
        "#B3CDF0",
        "#94B8E8",
        "#74A2DE",
        "#558BD2",
        "#3A74C2",
        "#265DAB",
        "#18478C",
        "#0D326A",
    ),
)
DARK = Palette(
    name="dark",
    background="#0F1620",
    panel="#18222F",
    text="#E9EEF5",
    muted="#A5B1C0",
    border="#66758A",
    grid="#283444",
    primary="#3A72D8",
    roles={
        "good": "#86E8CC",
        "warn": "#FFC02E",
        "bad": "#F2624F",
        "none": "#8A96A8",
        "stale": "#BC84F2",
    },
    series=("#79AEF2", "#EDA63C", "#A6F0DC", "#DD4F78", "#9A6BEF", "#F5EE4A"),
    sequential=(
        "#16263D",
        "#1B355A",
        "#214679",
        "#2A5998",
        "#376EB6",
        "#4B85CF",
        "#679DE0",
        "#88B6EC",
        "#ADCFF5",
        "#D5E7FC",
    ),
)


def palette(name: str | None) -> Palette:
    """Return the palette of an appearance; light where a browser has not said which it shows."""
    return DARK if name == "dark" else LIGHT


@dataclass(frozen=True)
class State:
    """How a state is told: a word, a shape in text, a shape in charts, and a colour's role."""

    word: str
    symbol: str
    marker: str  # Plotly's name of the shape
    role: Role

    @property
    def label(self) -> str:
        """Return shape and word together: ``▲ At risk``."""
        return f"{self.symbol} {self.word}"


# Five shapes for five roles: a state survives greyscale, and a screen reader gets the word.
_SHAPES: dict[Role, tuple[str, str]] = {
    "good": ("✓", "circle"),
    "warn": ("▲", "triangle-up"),
    "bad": ("✕", "x"),
    "none": ("○", "circle-open"),
    "stale": ("◌", "circle-open-dot"),
}


def _state(word: str, role: Role) -> State:
    return State(word, *_SHAPES[role], role)


STATES: dict[str, State] = {
    # an objective
    "met": _state("Met", "good"),
    "at_risk": _state("At risk", "warn"),
    "missed": _state("Missed", "bad"),
    "no_data": _state("No data", "none"),
    "stale": _state("Stale", "stale"),
    "too_few": State("Too few to tell", "◇", "diamond-open", "none"),
    # the policy of a budget
    "healthy": _state("Healthy", "good"),
    "low": _state("Low", "warn"),
    "exhausted": _state("Exhausted", "bad"),
    # the level of an hour
    "normal": _state("Normal", "good"),
    "warning": _state("Warning", "warn"),
    "critical": _state("Critical", "bad"),
    # a finding of the audit; a warning is told as an hour's
    "error": _state("Error", "bad"),
    "note": _state("Note", "none"),
}


def template(colours: Palette) -> go.layout.Template:
    """Make the Plotly template of an appearance: give it to a figure as ``layout.template``.

    Backgrounds are transparent, so that a chart lies on page and card alike; every time axis
    says UTC, because all times are.
    """
    axis = {
        "gridcolor": colours.grid,
        "linecolor": colours.border,
        "tickcolor": colours.border,
        "tickfont": {"color": colours.muted},
        "title": {"font": {"color": colours.muted, "size": 13}},
        "zeroline": False,
        "automargin": True,
    }
    return go.layout.Template(
        layout={
            "font": {"family": FONT, "size": 13, "color": colours.text},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "colorway": list(colours.series),
            "colorscale": {"sequential": scale(colours)},
            "margin": {"l": 8, "r": 8, "t": 36, "b": 8},
            "title": {"x": 0, "xanchor": "left", "font": {"size": 15}},
            "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
            "hovermode": "x unified",
            "hoverlabel": {
                "bgcolor": colours.panel,
                "bordercolor": colours.border,
                "font": {"family": FONT, "color": colours.text},
            },
            "xaxis": {**axis, "showgrid": False, "ticks": "outside", "showline": True},
            "yaxis": {**axis, "showline": False},
            "modebar": {
                "bgcolor": "rgba(0,0,0,0)",
                "color": colours.muted,
                "activecolor": colours.text,
            },
        },
        data={"heatmap": [{"colorbar": {"thickness": 12, "outlinewidth": 0}}]},
    )


def scale(colours: Palette) -> list[tuple[float, str]]:
    """Return the sequential colours as a Plotly colour scale from 0 to 1."""
    last = len(colours.sequential) - 1
    return [(step / last, colour) for step, colour in enumerate(colours.sequential)]


def hatched(shape: str, colours: Palette) -> dict[str, object]:
    """A bar's hatching over its own colour, so that it is told apart in greyscale; "" for none."""
    return {"shape": shape, "fillmode": "overlay", "fgcolor": colours.background, "size": 6}
