"""Reviews as files that stand alone: HTML, PDF, Markdown, and their figures as tables.

    html = to_html(document(review))

HTML has interactive charts, light or dark as its reader's other pages are, and needs nothing else;
PDF is made without a browser: Typst sets it, and the charts are drawn as vectors from the very
series that the HTML has.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import plotly.io
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from slo_core.errors import SloError
from slo_core.figures.theme import DARK, LIGHT, Palette, template
from slo_core.review.parts import Cell, Chart, Document, Table

_TEMPLATES = Path(__file__).parent / "templates"
_LETTERS = 100
"""How many letters of a table's size a page of A4 has beside each other, without gutters."""

_SMALL = 0.93
"""How wide a letter of the smaller words is beside one of the others."""

_CONFIG = {"displaylogo": False, "responsive": True}
_PALETTES = (LIGHT, DARK)
_HEIGHT = 400  # pixels, of a chart that has none of its own


def to_html(document: Document) -> str:
    """The document as one HTML file with interactive charts; nothing is fetched from anywhere."""
    from plotly.offline import get_plotlyjs

    figures = {
        chart.name: {colours.name: _interactive(chart, colours) for colours in _PALETTES}
        for chart in document.charts
    }
    layouts = {name: own[LIGHT.name]["layout"] for name, own in figures.items()}
    given = json.dumps({"figures": figures, "config": _CONFIG}, allow_nan=False)
    page = _environment().get_template("review.html.j2")
    return page.render(
        document=document,
        light=LIGHT,
        dark=DARK,
        heights={name: layout.get("height", _HEIGHT) for name, layout in layouts.items()},
        # Plotly's own script is no text to be escaped; neither are its figures, but no tag in what
        # people typed may end the script that they are in.
        plotly=Markup(get_plotlyjs()),
        charts=Markup(given.replace("<", "\\u003c")),
    )


def _interactive(chart: Chart, colours: Palette) -> dict[str, Any]:
    """A chart as Plotly's JSON has it."""
    figure = chart.build(colours)
    figure.update_layout(template=template(colours))
    told: dict[str, Any] = json.loads(plotly.io.to_json(figure, engine="json"))
    return told


def to_markdown(document: Document) -> str:
    """The document as Markdown with tables; charts are told in words."""
    text = _environment().get_template("review.md.j2").render(document=document)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def to_pdf(document: Document, made: datetime | None = None) -> bytes:
    """The document as PDF with page numbers and vector charts; ``made`` is when (default: now).

    Raises SloError with one sentence where it cannot be set.
    """
    import typst
    from matplotlib import get_data_path

    from slo_core.figures.paper import svg

    stamp = (made or datetime.now(UTC)).replace(tzinfo=UTC, microsecond=0)
    with TemporaryDirectory() as folder:
        place = Path(folder)
        files = {}
        for number, chart in enumerate(document.charts):
            files[chart.name] = f"chart-{number}.svg"
            (place / files[chart.name]).write_text(svg(chart.build(LIGHT), LIGHT), "utf-8")
        (place / "document.json").write_text(json.dumps(_for_typst(document, files)), "utf-8")
        (place / "review.typ").write_text((_TEMPLATES / "review.typ").read_text("utf-8"), "utf-8")
        try:
            # One font that has every sign, from a package that is there anyhow.
            compiler = typst.Compiler(
                place / "review.typ",
                root=place,
                font_paths=[Path(get_data_path()) / "fonts" / "ttf"],
                ignore_system_fonts=True,
            )
            pdf = compiler.compile(format="pdf", timestamp=stamp, pdf_standards="ua-1")
        except RuntimeError as error:
            raise SloError(f"The PDF could not be set: {error}; HTML and Markdown can.") from error
    assert isinstance(pdf, bytes)
    return pdf


def _for_typst(document: Document, files: Mapping[str, str]) -> dict[str, Any]:
    """The document as the template reads it; a chart is its file."""
    return {
        "title": document.title,
        "subtitle": document.subtitle,
        "facts": dict(document.facts),
        "notices": list(document.notices),
        "roles": dict(LIGHT.roles),
        **{name: getattr(LIGHT, name) for name in ("text", "muted", "border", "panel")},
        "sections": [
            {
                "title": section.title,
                "question": section.question,
                "blocks": [_block(it, files, document.dashboards) for it in section.blocks],
            }
            for section in document.sections
        ],
    }


def _block(block: Any, files: Mapping[str, str], dashboards: str) -> dict[str, Any]:
    if isinstance(block, Chart):
        own = {"kind": block.kind, "title": block.title, "alt": block.alt}
        return own | {"file": files[block.name]}
    found = asdict(block)
    if isinstance(block, Table):
        found["widths"] = widths(block)
    if block.kind == "points":
        for told, point in zip(found["points"], block.points, strict=True):
            told["symbol"] = point.symbol
            linked = dashboards and point.address
            told["link"] = f"{dashboards}/{point.address}" if linked else ""
    return found


def widths(table: Table) -> list[float]:
    """What part of a page's width each column of a table takes, in letters of its own.

    No column is narrower than its longest word. What is left goes to those that have more to say:
    on one line where all of them fit beside each other, else by what they say in an average row, so
    that rows are low.
    """
    rows = [*table.rows, tuple(Cell(it) for it in table.headers)]
    least, longest, average = [], [], []
    for column in zip(*rows, strict=True):
        texts = [(it.words, 1.0) for it in column] + [(it.small, _SMALL) for it in column]
        sizes = [_letters(text) * size for text, size in texts]
        least.append(
            max(max(map(_letters, re.split(r"[ /]", text))) * size for text, size in texts) + 1
        )
        longest.append(max(sizes) + 1)
        average.append(sum(sizes) / len(column) + 1)
    wanted = longest if sum(longest) <= _LETTERS else average
    more = [max(0.0, most - word) for most, word in zip(wanted, least, strict=True)]
    left = max(0.0, _LETTERS - sum(least)) / (sum(more) or 1)
    return [round(word + left * own, 1) for word, own in zip(least, more, strict=True)]


def _letters(text: str) -> float:
    """How wide a text is; ticks, crosses and the like are wider than letters."""
    return sum(1.0 if it.isascii() else 1.4 for it in text)


def write_tables(frames: Mapping[str, pd.DataFrame], folder: str | Path) -> list[Path]:
    """Each table of a review as CSV and as Parquet in a folder, which is made where missing.

    Answers the files. Raises SloError where the folder cannot be written.
    """
    place = Path(folder)
    written = []
    try:
        place.mkdir(parents=True, exist_ok=True)
        for name, frame in frames.items():
            csv, parquet = place / f"{name}.csv", place / f"{name}.parquet"
            frame.to_csv(csv, index=False, date_format="%Y-%m-%dT%H:%M:%SZ")
            frame.to_parquet(parquet, index=False)
            written += [csv, parquet]
    except OSError as error:
        raise SloError(
            f"{place}: expected a folder that can be written ({error.strerror}); name another one "
            "with --tables."
        ) from None
    return written


@cache
def _environment() -> Environment:
    found = Environment(
        loader=PackageLoader("slo_core.review"),
        autoescape=lambda name: bool(name and ".html" in name),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., Any]] = found.filters
    filters["md"] = markdown
    return found


def markdown(text: str) -> str:
    """Write text so that Markdown shows it as it is, in a table too: people typed some of it."""
    return re.sub(r"([\\`*_\[\]<>|~#$])", r"\\\1", " ".join(str(text).split()))
