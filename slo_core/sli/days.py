"""Figures of whole days that were worked out of the rollup, kept so that no process does it again.

In memory while there is room, and, once a day is settled, in a file beside the rollups. A day lies
under all that made it, so that a change of any of it is never answered with something old. The
files can be deleted at any time: they are made again.
"""

import hashlib
import json
import math
import os
from collections.abc import Hashable
from contextlib import suppress
from datetime import date
from pathlib import Path
from threading import get_ident
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from slo_core.logs.store import Store
from slo_core.sli.memory import Memory

FOLDER = "days"
"""Where the files are, in the folder of the rollups; a folder for each kind of figures."""

Label = tuple[str | None, ...]


class Figures(NamedTuple):
    """A day's figures: an array, and the labels of what one of its axes counts off."""

    labels: tuple[Label, ...]
    array: NDArray[np.generic]


class Days:
    """Figures of one kind, by day and by what made them. For many threads."""

    def __init__(self, kind: str, room: int) -> None:
        """``kind`` names the folder; ``room`` are the bytes that are kept in memory."""
        self._kind, self._memory = kind, Memory[Figures](room)

    def get(self, store: Store, day: date, made_of: Hashable) -> Figures | None:
        """A day's figures, if they are kept."""
        name = (store.rollup, day, made_of)
        found = self._memory.get(name)
        if found is None and (found := load(self._path(store, day), _stamp(made_of))) is not None:
            self._memory.put(name, found, found.array.nbytes)
        return found

    def put(
        self, store: Store, day: date, made_of: Hashable, figures: Figures, *, settled: bool
    ) -> None:
        """Keep a day's figures; in a file, too, where nothing more is expected of the day."""
        self._memory.put((store.rollup, day, made_of), figures, figures.array.nbytes)
        if settled:
            _save(self._path(store, day), _stamp(made_of), figures)

    def forget(self) -> None:
        """Let go what is in memory, as a new process has nothing there."""
        self._memory.clear()

    def _path(self, store: Store, day: date) -> Path:
        return store.rollup / FOLDER / self._kind / f"{day}.day"


def _stamp(made_of: Hashable) -> str:
    return hashlib.sha256(repr(made_of).encode()).hexdigest()


def _save(path: Path, stamp: str, figures: Figures) -> None:
    """Write a day in place of what was there; a full or locked disk stays so."""
    about = {
        "made_of": stamp,
        "labels": figures.labels,
        "type": figures.array.dtype.str,
        "shape": figures.array.shape,
    }
    body = _CODEC.compress(np.ascontiguousarray(figures.array).tobytes(), asbytes=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.{get_ident()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(json.dumps(about).encode() + b"\n" + body)
        part.replace(path)
    except OSError:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def load(path: Path, stamp: str) -> Figures | None:
    """Read a day; None where there is no file of it, or one that is of another stamp or damaged."""
    try:
        head, _, body = path.read_bytes().partition(b"\n")
        about = json.loads(head)
        if about["made_of"] != stamp:
            return None
        kind, shape = np.dtype(about["type"]), about["shape"]
        values = _CODEC.decompress(body, math.prod(shape) * kind.itemsize)
        labels = tuple(tuple(label) for label in about["labels"])
        return Figures(labels, np.frombuffer(values, kind).reshape(shape))
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None


_CODEC = pa.Codec("lz4")
