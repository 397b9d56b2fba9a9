"""Charts that are drawn when a reader comes to them: drawing costs a browser more than reading.

Until then a chart's place is held, as high as the chart will be, by what it says in words: nothing
moves when it is drawn, and who searches the page or hears it read misses nothing. A reader without
a browser, such as a test or a script, never comes near anything and gets every chart at once.
"""

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import streamlit as st

_SEEN = "_seen_charts"

# It is an image once it has its words: a reader who comes between hears nothing without a name.
_HTML = '<div class="waiting"><p></p></div>'

_CSS = """
.waiting {
  box-sizing: border-box; padding: 1rem; overflow: hidden;
  display: flex; align-items: center; justify-content: center;
  background: var(--st-secondary-background-color); border-radius: var(--st-base-radius);
}
.waiting p { margin: 0; max-width: 60ch; color: var(--st-gray-text-color); font-size: 0.9rem; }
"""

_JS = """
export default function ({ parentElement, data, setTriggerValue }) {
  const place = parentElement.querySelector(".waiting");
  place.style.height = `${data.height}px`;
  place.setAttribute("aria-label", data.alt);
  place.setAttribute("role", "img");
  place.querySelector("p").textContent = data.alt;
  // Told again until the chart is there: a run of the page may begin just then and miss it.
  let telling;
  const tell = () => setTriggerValue("near", true);
  const watch = new IntersectionObserver(
    (found) => {
      clearInterval(telling);
      if (!found.at(-1).isIntersecting) return;
      tell();
      telling = setInterval(tell, 2000);
    },
    { root: place.closest('[data-testid="stMain"]') },
  );
  watch.observe(place);
  return () => {
    watch.disconnect();
    clearInterval(telling);
  };
}
"""


def when_near(name: str, alt: str, height: int, draw: Callable[[], None]) -> None:
    """Draw a chart once its place comes into the window, and from then on at once.

    ``name`` is unique on the page; ``height`` is the chart's, in pixels.
    """
    # A fragment puts its own container around what it draws: the place must be the same later.
    if not st.context.headers or name in _seen():
        with st.container():
            draw()
    else:
        st.fragment(_wait)(name, alt, height, draw)


def _wait(name: str, alt: str, height: int, draw: Callable[[], None]) -> None:
    if name in _seen():
        draw()
    else:
        _place()(
            key=f"near_{name}",
            data={"alt": alt, "height": height},
            height=height,
            on_near_change=partial(_seen().add, name),
        )


def _seen() -> set[str]:
    """The charts that this reader has been near."""
    found: set[str] = st.session_state.setdefault(_SEEN, set())
    return found


@cache
def _place() -> Any:
    """The place of a chart that is not drawn yet."""
    return st.components.v2.component(
        "place_of_a_chart", html=_HTML, css=_CSS, js=_JS, isolate_styles=False
    )
