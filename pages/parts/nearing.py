"""What is drawn when a reader comes to it: drawing costs a browser more than reading.

Until then its place is held by words, a chart's as high as the chart will be: nothing moves when it
is drawn, and who hears the page read misses nothing. A reader without a browser, such as a test or
a script, never comes near anything and gets everything at once.

``nearing.js``, in the head of each document, sees that a reader comes to a place, and presses the
button beside it, which nobody sees: a component of ours would come last of all that a page draws.
"""

from collections.abc import Callable
from html import escape

import streamlit as st

_SEEN = "_seen_places"


def when_near(
    name: str,
    alt: str,
    height: int,
    draw: Callable[[], None],
    *,
    ahead: int = 0,
    image: bool = True,
) -> None:
    """Draw something once a reader comes to its place, and from then on at once.

    ``name`` is unique on the page; ``height`` is that of the place, in pixels, and ``alt`` its
    words, which are an image's unless ``image`` says that there are none of one. A reader comes to
    it who sees a part of it, or is as near to it as ``ahead``, in pixels.
    """
    # A fragment puts its own container around what it draws: the place must be the same later.
    if not st.context.headers or name in _seen():
        with st.container():
            draw()
    else:
        st.fragment(_wait)(name, _place(alt, height, ahead, image), draw)


def _wait(name: str, place: str, draw: Callable[[], None]) -> None:
    if name in _seen():
        draw()
    else:
        st.html(place)
        st.button("Draw", key=f"near_{name}", on_click=_seen().add, args=(name,))


def _place(alt: str, height: int, ahead: int, image: bool) -> str:
    words = escape(alt)
    role = f' role="img" aria-label="{words}"' if image else ""
    size = f'style="height:{height}px" data-ahead="{ahead}"'
    return f'<div class="waiting" {size}{role}><p>{words}</p></div>'


def _seen() -> set[str]:
    """The places that this reader has been near."""
    found: set[str] = st.session_state.setdefault(_SEEN, set())
    return found
