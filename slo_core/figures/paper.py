"""Figures on paper: a Plotly figure's own traces drawn as vectors, with nothing but Matplotlib.

    text = svg(figure, colours)

Plotly draws in a browser only. A document that is made where there is none has the very same
series, since they are read from the figure: bars, lines and markers, on one or several plots.
"""

import io
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.dates import AutoDateLocator, DateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from slo_core.figures.theme import Palette

# Letters as outlines, and the same bytes for the same figure. Nobody else here uses Matplotlib.
rcParams["svg.fonttype"] = "path"
rcParams["svg.hashsalt"] = "slo"
rcParams["hatch.linewidth"] = 0.6

WIDTH = 7.0
"""Inches: between the margins of a page of A4."""

_PIXELS = 110.0
"""A figure's pixels of height that make an inch on paper."""

_DASHES = {"dash": "--", "dot": ":", "dashdot": "-.", "solid": "-", None: "-"}
_MARKERS = {
    "circle": "o",
    "circle-open": "o",
    "circle-open-dot": "o",
    "triangle-up": "^",
    "triangle-down": "v",
    "x": "X",
    "x-thin": "x",
    "diamond": "D",
    "diamond-open": "D",
    "square-open": "s",
}
_HATCHES = {"/": "///", ".": "...", "": "", None: ""}


def svg(figure: go.Figure, colours: Palette) -> str:
    """A figure as SVG text, its letters as outlines, so that it needs no font and no browser."""
    text = io.StringIO()
    draw(figure, colours).savefig(text, format="svg", metadata={"Date": None}, transparent=True)
    return text.getvalue()


def draw(figure: go.Figure, colours: Palette) -> Figure:
    """The same series as a Matplotlib figure: an `Axes` for each of the figure's plots.

    Each line and each group of bars has the name of its trace as its label. Raises TypeError for a
    trace that is neither bars nor a line or markers.
    """
    given = figure.to_dict()
    layout = given["layout"]
    height = layout.get("height", 400) / _PIXELS
    drawn = Figure(figsize=(WIDTH, max(height, 1.5)))
    FigureCanvasSVG(drawn)
    plots = _plots(given, drawn)
    for name, axes in plots.items():
        _prepare(axes, layout, name, given["data"], colours)
    stacked: dict[Any, Any] = {}
    for trace in given["data"]:
        axes = plots[_plot_of(trace)]
        places = _places(layout, _plot_of(trace), given["data"])
        if trace["type"] == "bar":
            _bars(axes, trace, places, stacked, layout.get("barmode"))
        elif trace["type"] == "scatter":
            _line(axes, trace, places)
        else:
            raise TypeError(f"a trace of type {trace['type']} cannot be drawn on paper")
    for shape in layout.get("shapes", ()):
        _shape(plots, shape)
    _annotations(plots, layout, given["data"], colours)
    for name, axes in plots.items():
        _finish(axes, layout, name)
    if layout.get("showlegend", True):
        _legend(drawn, plots.values(), colours)
    return drawn


def _plot_of(trace: dict[str, Any]) -> str:
    """The number of the plot that a trace is on, as Plotly's axes have it: "" for the first."""
    return str(trace.get("xaxis") or "x")[1:]


def _plots(given: dict[str, Any], drawn: Figure) -> dict[str, Axes]:
    """The plots in rows and columns, by where their axes lie."""
    names = list(dict.fromkeys(_plot_of(trace) for trace in given["data"])) or [""]
    if len(names) == 1:
        drawn.set_layout_engine("constrained")
        return {names[0]: drawn.subplots()}
    layout = given["layout"]
    corners = {
        name: (
            round(layout[f"xaxis{name}"]["domain"][0], 3),
            round(layout[f"yaxis{name}"]["domain"][0], 3),
        )
        for name in names
    }
    columns = sorted({x for x, _ in corners.values()})
    rows = sorted({y for _, y in corners.values()}, reverse=True)
    grid = drawn.subplots(len(rows), len(columns), squeeze=False)
    # Room for titles and ticks, in inches: to work it out for many plots takes seconds.
    high = drawn.get_figheight()
    drawn.subplots_adjust(0.07, 0.3 / high, 0.95, 1 - 0.3 / high, wspace=0.25, hspace=0.75)
    return {name: grid[rows.index(y)][columns.index(x)] for name, (x, y) in corners.items()}


def _axis(layout: dict[str, Any], letter: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = layout.get(f"{letter}axis{name}") or {}
    return found


def _categories(layout: dict[str, Any], letter: str, name: str, traces: Sequence[Any]) -> list[str]:
    """The names along an axis of words, in their order; none for one of numbers or moments."""
    axis = _axis(layout, letter, name)
    if axis.get("categoryarray") is not None:
        return [str(it) for it in axis["categoryarray"]]
    values = [it for trace in traces if _plot_of(trace) == name for it in _list(trace.get(letter))]
    return list(dict.fromkeys(it for it in values if isinstance(it, str)))


def _places(layout: dict[str, Any], name: str, traces: Sequence[Any]) -> dict[str, dict[str, int]]:
    """For each axis of words the place of each word."""
    return {
        letter: {word: place for place, word in enumerate(words)}
        for letter in "xy"
        if (words := _categories(layout, letter, name, traces))
    }


def _list(values: Any) -> list[Any]:
    return [] if values is None else list(values)


def _along(values: Any, places: dict[str, int] | None) -> Any:
    """Values as Matplotlib places them: words by their place, None as a gap."""
    if places:
        return [places[str(it)] for it in _list(values)]
    found = _list(values)
    if found and isinstance(found[0], pd.Timestamp | np.datetime64):
        return pd.to_datetime(pd.Series(found)).to_numpy()
    return [np.nan if it is None else it for it in found]


def _bars(
    axes: Axes,
    trace: dict[str, Any],
    places: dict[str, dict[str, int]],
    stacked: dict[Any, Any],
    mode: str | None,
) -> None:
    level = trace.get("orientation") == "h"
    where, size = ("y", "x") if level else ("x", "y")
    along = _along(trace.get(where), places.get(where))
    lengths = [float(it) for it in _list(trace.get(size))]
    bases = _bases(trace, where, lengths, stacked, mode)
    marker = trace.get("marker", {})
    look: dict[str, Any] = {
        "color": marker.get("color"),
        "hatch": _HATCHES.get((marker.get("pattern") or {}).get("shape"), ""),
        "edgecolor": "white",
        "linewidth": 0,
        "label": trace.get("name") or "",
    }
    if not len(lengths):
        return
    if level:
        axes.barh(along, lengths, left=bases, height=0.7, **look)
    else:
        axes.bar(along, lengths, bottom=bases, width=0.8, **look)
    texts = trace.get("text")
    if texts is not None and trace.get("textposition") != "none" and level:
        for place, length, base, text in zip(along, lengths, bases, _list(texts), strict=False):
            axes.annotate(
                str(text), (base + length, place), xytext=(-3, 0), textcoords="offset points",
                ha="right" if length > 0.2 else "left", va="center", fontsize=7.5,
                color="white" if length > 0.2 else "black",
            )  # fmt: skip


def _bases(
    trace: dict[str, Any],
    where: str,
    lengths: list[float],
    stacked: dict[Any, Any],
    mode: str | None,
) -> list[float]:
    """Where each bar begins: as the trace says, or on top of those before it."""
    if trace.get("base") is not None:
        return [float(it) for it in _list(trace["base"])]
    if mode != "stack":
        return [0.0] * len(lengths)
    bases = []
    for place, length in zip(_list(trace.get(where)), lengths, strict=True):
        key = (_plot_of(trace), place)
        bases.append(stacked.get(key, 0.0))
        stacked[key] = bases[-1] + length
    return bases


def _line(axes: Axes, trace: dict[str, Any], places: dict[str, dict[str, int]]) -> None:
    mode = trace.get("mode") or "lines"
    line, marker = trace.get("line") or {}, trace.get("marker") or {}
    symbol = marker.get("symbol") or "circle"
    colour = line.get("color") if "lines" in mode else marker.get("color")
    is_open = "open" in symbol
    axes.plot(
        _along(trace.get("x"), places.get("x")),
        _along(trace.get("y"), places.get("y")),
        linestyle=_DASHES.get(line.get("dash"), "-") if "lines" in mode else "none",
        linewidth=(line.get("width") or 1.5) * 0.7,
        color=colour,
        marker=_MARKERS.get(symbol, "o") if "markers" in mode else None,
        markersize=float(marker.get("size") or 6) * 0.55,
        markerfacecolor="none" if is_open else marker.get("color") or colour,
        markeredgewidth=0.9 if is_open or symbol == "x-thin" else 0,
        label=trace.get("name") or "",
        clip_on=False,
    )


def _prepare(
    axes: Axes, layout: dict[str, Any], name: str, traces: Sequence[Any], colours: Palette
) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(colours.border)
    axes.tick_params(labelsize=7.5, labelcolor=colours.muted, color=colours.border, length=3)
    axes.set_axisbelow(True)
    for letter in "xy":
        words = _categories(layout, letter, name, traces)
        if words:
            setter = axes.set_xticks if letter == "x" else axes.set_yticks
            setter(range(len(words)), _named(_axis(layout, letter, name), words))
            limits = axes.set_xlim if letter == "x" else axes.set_ylim
            limits(-0.6, len(words) - 0.4)
        else:
            axes.grid(axis=letter, color=colours.grid, linewidth=0.6)  # type: ignore[arg-type]


def _named(axis: dict[str, Any], words: Sequence[str]) -> list[str]:
    """What the words along an axis are called, where its ticks have names of their own."""
    known = dict(zip(_list(axis.get("tickvals")), _list(axis.get("ticktext")), strict=False))
    return [str(known.get(word, word)) for word in words]


def _finish(axes: Axes, layout: dict[str, Any], name: str) -> None:
    """Titles, ranges and ticks as the figure has them."""
    for letter, sheet in (("x", axes.xaxis), ("y", axes.yaxis)):
        axis = _axis(layout, letter, name)
        title = (axis.get("title") or {}).get("text")
        if title:
            sheet.set_label_text(_plain(title), fontsize=8)
        given = axis.get("range")
        if given is not None and not axis.get("categoryarray"):
            (axes.set_xlim if letter == "x" else axes.set_ylim)(*given)
        elif axis.get("rangemode") == "tozero":
            axes.set_xlim(left=0) if letter == "x" else axes.set_ylim(bottom=0)
        form = axis.get("tickformat") or ""
        if axis.get("tickvals") is not None and not axis.get("categoryarray"):
            texts = axis.get("ticktext")
            values = _list(axis["tickvals"])
            sheet.set_ticks(values, [str(it) for it in _list(texts)] if texts is not None else None)
        elif "%" in form and form.startswith("."):
            digits = int(re.sub(r"\D", "", form) or 0)
            trim = "~" in form
            sheet.set_major_locator(MaxNLocator(axis.get("nticks") or 6))
            sheet.set_major_formatter(
                FuncFormatter(lambda it, _, d=digits, t=trim: _percent(it, d, trim=t))
            )
        elif form.startswith("%"):
            sheet.set_major_locator(AutoDateLocator(maxticks=axis.get("nticks") or 9))
            sheet.set_major_formatter(DateFormatter(form))


def _percent(share: float, digits: int, *, trim: bool) -> str:
    """A share as an axis of that format has it; trimmed of zeros that say nothing."""
    text = f"{100 * share:.{digits}f}"
    return f"{text.rstrip('0').rstrip('.') if trim and '.' in text else text}%"


def _shape(plots: dict[str, Axes], shape: dict[str, Any]) -> None:
    """Lines right across a plot, at a value of one of its axes."""
    if shape.get("type") != "line":
        return
    across, up = str(shape.get("xref", "x")), str(shape.get("yref", "y"))
    line = shape.get("line") or {}
    look: dict[str, Any] = {
        "color": line.get("color"),
        "linewidth": (line.get("width") or 1) * 0.7,
        "linestyle": _DASHES.get(line.get("dash"), "-"),
    }
    if "domain" in up or up == "paper":
        plots[across[1:].removesuffix(" domain")].axvline(shape["x0"], **look)
    elif "domain" in across or across == "paper":
        plots[up[1:].removesuffix(" domain")].axhline(shape["y0"], **look)


def _annotations(
    plots: dict[str, Axes], layout: dict[str, Any], traces: Sequence[Any], colours: Palette
) -> None:
    """Words at a place of a plot, or beside it; of several plots also their titles, in order."""
    notes = list(layout.get("annotations", ()))
    if len(plots) > 1:
        titles = [it for it in notes if it.get("xref") == "paper"]
        for axes, title in zip(plots.values(), titles, strict=False):
            axes.set_title(_plain(title.get("text")), fontsize=8, loc="left", color=colours.text)
        notes = [it for it in notes if it.get("xref") != "paper"]
    for note in notes:
        beside = note.get("xref") == "paper"
        name = next(iter(plots)) if beside else str(note.get("xref") or "x")[1:]
        places = _places(layout, name, traces)
        x, y = (
            places[letter].get(str(note[letter]))
            if letter in places and not (beside and letter == "x")
            else note[letter]
            for letter in "xy"
        )
        plots[name].annotate(
            _plain(note.get("text")),
            (x, y),
            xycoords=("axes fraction" if beside else "data", "data"),
            xytext=(float(note.get("xshift") or 0), float(note.get("yshift") or 0)),
            textcoords="offset points",
            ha={"left": "left", "right": "right"}.get(note.get("xanchor", ""), "center"),
            va="center",
            fontsize=7.5,
            fontweight="bold" if "<b>" in (note.get("text") or "") else "normal",
            color=colours.text,
        )


def _legend(drawn: Figure, plots: Any, colours: Palette) -> None:
    named: dict[str, Any] = {}
    for axes in plots:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            named.setdefault(label, handle)
    if len(named) > 1:
        drawn.legend(
            named.values(),
            named.keys(),
            loc="outside upper left",
            ncols=4,
            fontsize=7.5,
            frameon=False,
            labelcolor=colours.text,
        )


def _plain(text: str | None) -> str:
    """Words without Plotly's markup."""
    return re.sub(r"<[^>]+>", " ", text or "").strip()
