"""Where a legend lies: above the titles of a figure's plots."""

import plotly.graph_objects as go

_TITLE = 26
_MARGINS = 44


def legend_above(figure: go.Figure) -> None:
    """Lift the legend above the title of the first plot; the figure has its height."""
    plots = max(figure.layout.height - _MARGINS - _TITLE, 1)
    figure.update_layout(
        legend={"y": 1 + _TITLE / plots, "traceorder": "normal"}, margin={"t": 36 + _TITLE}
    )
