"""Success by platform: how sure each rate is, and on which days it was too low."""

import math

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from slo_core.figures import html
from slo_core.figures.legend import legend_above
from slo_core.figures.theme import STATES, Palette, scale
from slo_core.sli.chance import CONFIDENCE
from slo_core.sli.platforms import Platforms
from slo_core.text import count, percent

# In pixels, so that labels have room whatever the number of platforms.
_ROW = 34
_BETWEEN = 92
_BELOW = 62
_AROUND = 220


def platforms_figure(found: Platforms, colours: Palette, enough: int) -> go.Figure:
    """Above, each platform's rate with its interval and the target; below, platform × day.

    A day below the target has a cross, one with too few events a ring, one without any a dash.
    """
    names = list(found.rates["platform"])[::-1]  # the first is drawn at the bottom
    plot = max(_ROW * len(names), 90)
    between = 2 * plot + _BETWEEN
    figure = make_subplots(
        rows=2,
        cols=1,
        vertical_spacing=_BETWEEN / between,
        subplot_titles=[
            f"Rate over {found.objective.window} with its {percent(CONFIDENCE)} interval",
            "Day by day: share that failed",
        ],
    )
    _rates(figure, found, colours)
    _days(figure, found, colours, enough, _BELOW / between)
    figure.update_annotations(x=0, xanchor="left", font={"size": 13, "color": colours.text})
    figure.update_layout(height=between + _AROUND, hovermode="closest")
    legend_above(figure)
    for row in (1, 2):
        figure.update_yaxes(
            categoryorder="array", categoryarray=names, showgrid=False, row=row, col=1
        )
    figure.update_xaxes(title_text="Successful, of valid", tickformat=".2~%", showgrid=True, row=1)
    figure.update_xaxes(title_text="Day (UTC)", row=2)
    return figure


def _rates(figure: go.Figure, found: Platforms, colours: Palette) -> None:
    target = found.objective.target
    rates = found.rates
    for name, rows in (
        ("missed", rates[rates["decides"] & (rates["sli"] < target)]),
        ("met", rates[rates["decides"] & (rates["sli"] >= target)]),
        ("no_data", rates[~rates["decides"]]),
    ):
        state = STATES[name]
        colour = colours.colour(state.role)
        figure.add_scatter(
            x=rows["sli"],
            y=rows["platform"],
            mode="markers",
            name="Too few events" if name == "no_data" else state.word,
            marker={"symbol": state.marker, "size": 11, "color": colour},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": rows["high"] - rows["sli"],
                "arrayminus": rows["sli"] - rows["low"],
                "color": colour,
                "thickness": 2,
                "width": 6,
            },
            customdata=[
                [percent(r.sli, against=target), percent(r.low), percent(r.high), count(r.valid)]
                for r in rows.itertuples()
            ],
            hovertemplate="%{y}: %{customdata[0]} (%{customdata[1]} to %{customdata[2]}) of "
            "%{customdata[3]}<extra></extra>",
            row=1,
            col=1,
        )
    figure.add_vline(
        x=target, line={"color": colours.text, "width": 1.5, "dash": "dash"}, row=1, col=1
    )


def _days(figure: go.Figure, found: Platforms, colours: Palette, enough: int, below: float) -> None:
    days = found.days.assign(failed=(1 - found.days["sli"]) * 100)
    grid = days.pivot(index="platform", columns="at", values="failed")
    valid = days.pivot(index="platform", columns="at", values="valid")
    limit = found.objective.error_rate * 100
    most = max(3 * limit, 0.0 if grid.isna().all(axis=None) else math.ceil(grid.max(axis=None)))
    figure.add_heatmap(
        x=grid.columns,
        y=grid.index,
        z=grid.to_numpy(),
        customdata=valid.to_numpy(),
        colorscale=scale(colours),
        zmin=0,
        zmax=min(most, 100),
        xgap=2,
        ygap=2,
        hoverongaps=False,
        hovertemplate="%{y}, %{x|%Y-%m-%d}: %{z:.2f} % of %{customdata:,.0f} failed<extra></extra>",
        colorbar={
            "title": {"text": "% failed", "side": "top"},
            "orientation": "h",
            "thickness": 10,
            "len": 0.5,
            "x": 0,
            "xanchor": "left",
            "y": -below,
            "yanchor": "top",
        },
        name="Failed",
        row=2,
        col=1,
    )
    few = days["valid"] < enough
    for name, rows, symbol, colour in (
        ("Day below the target", days[(days["failed"] > limit) & ~few], "x", "bad"),
        ("Day with too few events", days[few & days["valid"].notna()], "circle-open", "none"),
        ("Day without data", days[days["valid"].isna()], "line-ew-open", "none"),
    ):
        figure.add_scatter(
            x=rows["at"],
            y=rows["platform"],
            mode="markers",
            name=name,
            marker={
                "symbol": symbol,
                "size": 8,
                "color": colours.colour(colour),  # type: ignore[arg-type]
                "line": {"width": 1.5, "color": colours.colour(colour)},  # type: ignore[arg-type]
            },
            hoverinfo="skip",
            row=2,
            col=1,
        )


def platforms_words(found: Platforms) -> str:
    """The takeaway: which platform is worst, and whether it meets the target."""
    target = percent(found.objective.target, digits=4)
    if found.worst is None:
        return "No platform has enough events to be judged"
    deciding = found.rates[found.rates["decides"]]
    missed = deciding[deciding["sli"] < found.objective.target]
    worst = deciding.iloc[0]
    rate = percent(worst["sli"], against=found.objective.target)
    sure = f"{percent(worst['low'])} to {percent(worst['high'])}"
    verdict = (
        f"{len(missed)} of {len(deciding)} platforms miss {target}"
        if len(missed)
        else f"none of {len(deciding)} misses {target}"
    )
    return f"{found.worst} is the worst with {rate} ({sure}); {verdict}"


def platforms_table(
    found: Platforms, colours: Palette, enough: int, address: dict[str, str]
) -> str:
    """Each platform with its verdict, rate, interval and failures, and a link to their causes."""
    rows = []
    for row in found.rates.itertuples():
        met = row.sli >= found.objective.target
        if not row.decides:
            state = html.state(STATES["no_data"], colours, words="Too few", small=f"under {enough}")
        else:
            unsure = (row.low < found.objective.target) and (row.high >= found.objective.target)
            state = html.state(
                STATES["met" if met else "missed"],
                colours,
                small="the interval reaches the target's other side" if unsure else "",
            )
        rate = percent(row.sli, against=found.objective.target)
        rows.append(
            [
                html.text(row.platform),
                state,
                html.number(rate, small=_interval(row.low, row.high)),
                html.number(f"{count(row.valid - row.good)} of {count(row.valid)}"),
                html.link("Why?", address[row.platform], name=f"Why: {row.platform}"),
            ]
        )
    headers = ("Platform", "State", "Rate and interval", "Failed", "Cause")
    return html.table(headers, rows, colours, caption="Platforms, the worst first")


def _interval(low: float, high: float) -> str:
    """Its two ends, between which alone a line may break."""
    return " to ".join(percent(end).replace(" ", "\u00a0") for end in (low, high))


def platforms_rows(found: Platforms) -> pd.DataFrame:
    """The matrix as plain numbers, for a file."""
    return found.days[["platform", "at", "good", "valid", "sli"]]
