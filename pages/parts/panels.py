"""Panels: a title that is a question, its figures, and a sentence where there are none."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import plotly.graph_objects as go
import streamlit as st

from pages.parts.drawn import Drawing
from pages.parts.nearing import when_near
from slo_core.errors import SloError
from slo_core.figures.theme import Palette, template
from slo_core.text import plain as plain

_LOG = logging.getLogger(__name__)

_HEIGHT = 450
"""Plotly's own height of a chart, in pixels, where a figure has none."""

_SKELETON = 160
"""How high the place is, in pixels, that a panel takes while its figures are read."""

_AHEAD = 300
"""How near a reader is, in pixels, who gets a panel's inside: it is there before it is seen."""


@contextmanager
def told_in_words() -> Iterator[None]:
    """Show what goes wrong inside as one sentence, never as a traceback.

    A SloError is a sentence already. Anything else is a fault of the program: the page says so,
    and the traceback goes to the server's log.
    """
    try:
        yield
    except SloError as problem:
        st.error(plain(str(problem)), icon=":material/error:")
    except Exception:
        _LOG.exception("A page failed")
        st.error(
            "This could not be shown because of a fault in the program; its log has the details. "
            "Reload the page, and report it if that does not help.",
            icon=":material/bug_report:",
        )


@contextmanager
def panel(
    title: str, question: str, *, anchor: str | None = None, ready: bool = False
) -> Iterator[None]:
    """Draw a card with a title and the question that it answers; what fails stays inside it.

    ``anchor`` is what an address ends with that leads to it; made from the title where not given.
    What is ``ready`` was worked out before: nobody waits for it.
    """
    with _card(title, question, anchor), told_in_words() if ready else _waited_for():
        yield


@contextmanager
def _card(title: str, question: str, anchor: str | None) -> Iterator[None]:
    with st.container(border=True):
        st.header(title, anchor=anchor)
        st.caption(question)
        yield


@contextmanager
def _waited_for() -> Iterator[None]:
    # The skeleton is shown only where what follows takes a while.
    with st.skeleton(height=_SKELETON), told_in_words():
        yield


def panel_when_near(
    title: str,
    question: str,
    draw: Callable[[], None],
    *,
    name: str,
    height: int,
    anchor: str | None = None,
) -> None:
    """Draw a card whose title and question are there at once, and the rest as a reader comes near.

    ``draw`` draws the rest, ``height`` is about how high that is, in pixels; ``name`` is unique
    on the page. Use it for what lies below the first screen.
    """
    with _card(title, question, anchor):
        words = "What answers this comes as you scroll to it."
        rest = partial(_told, draw)
        when_near(f"panel_{name}", words, height, rest, ahead=_AHEAD, image=False)


def _told(draw: Callable[[], None]) -> None:
    with _waited_for():
        draw()


def chart(figure: go.Figure | Drawing, colours: Palette, *, alt: str, name: str) -> None:
    """Draw a figure in the reader's appearance; a drawing is kept for the next reader.

    ``alt`` states the takeaway for a screen reader; ``name`` is unique on the page and the name
    of the picture that a reader saves. It is drawn when the reader comes to it.
    """
    if isinstance(figure, Drawing):
        figure = figure.finished(colours)
    else:
        figure.update_layout(template=template(colours))
    height = figure.to_dict()["layout"].get("height", _HEIGHT)
    when_near(name, alt, height, partial(_draw, figure, height, alt=alt, name=name))


def _draw(figure: go.Figure, height: int, *, alt: str, name: str) -> None:
    st.plotly_chart(
        figure,
        theme=None,
        height=height,  # holds the place until the browser has drawn it
        key=name,
        alt=alt,
        config={
            "displaylogo": False,
            "modeBarButtonsToRemove": ["lasso2d", "select2d", "autoScale2d"],
            "toImageButtonOptions": {"format": "png", "filename": name, "scale": 2},
        },
    )
