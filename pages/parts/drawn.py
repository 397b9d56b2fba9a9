"""Figures that are drawn once for all readers: building one takes longer than reading its data."""

import hashlib
import io
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
import streamlit as st
from pydantic import BaseModel

from slo_core.figures.theme import Palette, template


class Drawn(go.Figure):
    """A finished figure: what is sent to the browser, and nothing that could change it."""

    def __init__(self, found: dict[str, Any]) -> None:
        self.__dict__["_found"] = found

    def to_dict(self) -> dict[str, Any]:
        """The figure as Plotly's JSON has it."""
        found: dict[str, Any] = self.__dict__["_found"]
        return found


@dataclass(frozen=True)
class Drawing:
    """A figure that is to be drawn unless it was: ``key`` stands for all that it depends on."""

    key: str
    build: Callable[[], go.Figure]

    def finished(self, colours: Palette) -> go.Figure:
        """The figure in the reader's appearance."""
        return _finished(self.key, colours, self.build)


def drawing(build: Callable[..., go.Figure], *given: Any, **named: Any) -> Drawing:
    """A figure by what builds it and from what; the same figure is drawn once."""
    what = (build.__module__, build.__qualname__, given, sorted(named.items()))
    written = io.BytesIO()
    _Pickler(written, protocol=5).dump(what)
    key = hashlib.blake2b(written.getbuffer()).hexdigest()
    return Drawing(key, lambda: build(*given, **named))


class _Pickler(pickle.Pickler):
    """Writes parts of the catalogue as their JSON: types made while it runs have no name."""

    def reducer_override(self, it: Any) -> Any:
        if isinstance(it, BaseModel):
            return str, (type(it).__qualname__ + it.model_dump_json(),)
        return NotImplemented


@st.cache_resource(max_entries=128, show_spinner=False)
def _finished(key: str, colours: Palette, _build: Callable[[], go.Figure]) -> go.Figure:
    figure = _build()
    figure.update_layout(template=template(colours))
    return Drawn(figure.to_dict())
