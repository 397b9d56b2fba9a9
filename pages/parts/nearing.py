"""What is drawn when a reader comes to it: drawing costs a browser more than reading.

Until then its place is held by words, a chart's as high as the chart will be: nothing moves when it
is drawn, and who hears the page read misses nothing. A reader without a browser, such as a test or
a script, never comes near anything and gets everything at once.
"""

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import streamlit as st

_SEEN = "_seen_places"

_PART = 0.25
"""Which part of a place a reader must see to have come to it: its edge alone shows nothing."""

# A chart's is an image once it has its words: who comes between hears nothing without a name.
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
  if (data.image) {
    place.setAttribute("aria-label", data.alt);
    place.setAttribute("role", "img");
  }
  place.querySelector("p").textContent = data.alt;
  // Told again until it is there: a run of the page may begin just then and miss it.
  let telling;
  const tell = () => setTriggerValue("near", true);
  const watch = new IntersectionObserver(
    (found) => {
      clearInterval(telling);
      if (!found.at(-1).isIntersecting) return;
      tell();
      telling = setInterval(tell, 2000);
    },
    {
      root: place.closest('[data-testid="stMain"]'),
      rootMargin: `${data.ahead}px 0px`,
      threshold: data.ahead ? 0 : data.part,
    },
  );
  watch.observe(place);
  // Paper has no place to come to: who prints the page, and then again, has all of it.
  window.addEventListener("beforeprint", tell);
  return () => {
    window.removeEventListener("beforeprint", tell);
    watch.disconnect();
    clearInterval(telling);
  };
}
"""


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
        data = {"alt": alt, "height": height, "ahead": ahead, "image": image, "part": _PART}
        st.fragment(_wait)(name, data, draw)


def _wait(name: str, data: dict[str, Any], draw: Callable[[], None]) -> None:
    if name in _seen():
        draw()
    else:
        _place()(
            key=f"near_{name}",
            data=data,
            height=data["height"],
            on_near_change=partial(_seen().add, name),
        )


def _seen() -> set[str]:
    """The places that this reader has been near."""
    found: set[str] = st.session_state.setdefault(_SEEN, set())
    return found


@cache
def _place() -> Any:
    """The place of what is not drawn yet."""
    return st.components.v2.component("place", html=_HTML, css=_CSS, js=_JS, isolate_styles=False)
