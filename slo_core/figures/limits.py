"""Thresholds as lines across a plot, named where they are drawn."""

import math

import plotly.graph_objects as go

from slo_core.figures.theme import Palette


def limit_line(
    figure: go.Figure,
    y: float,
    words: str,
    colour: str,
    colours: Palette,
    *,
    row: int | None = None,
    log: bool = False,
    dash: str = "dash",
    width: float = 1.4,
    size: int = 12,
    place: str = "top left",
) -> None:
    """Draw a horizontal line in one row of plots, with its words on the page's own background.

    ``row`` is None in a figure that is one plot; ``log`` says that its axis is logarithmic.
    """
    figure.add_hline(
        y=y,
        line={"color": colour, "width": width, "dash": dash},
        annotation={
            "text": words,
            "font": {"color": colour, "size": size},
            "bgcolor": colours.background,
        },
        annotation_position=place,
        row=row,
        col=None if row is None else 1,
    )
    if log:
        # There words are placed by the exponent, though lines are by the value.
        figure.layout.annotations[-1].y = math.log10(y)
