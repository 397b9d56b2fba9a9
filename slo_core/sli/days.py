"""Figures of whole days that were worked out of the rollup, kept so that no process does it again.

In memory while there is room, and, once a day is settled, in a file beside the rollups. A day lies
under all that made it, so that a change of any of it is never answered with something old. The
files can be deleted at any time: they are made again.
"""

import hashlib
import json
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
        if found is None and (found := _load(self._path(store, day, made_of))) is not None:
            self._memory.put(name, found, found.array.nbytes)
        return found

    def put(
        self, store: Store, day: date, made_of: Hashable, figures: Figures, *, settled: bool
    ) -> None:
        """Keep a day's figures; in a file, too, where nothing more is expected of the day."""
        self._memory.put((store.rollup, day, made_of), figures, figures.array.nbytes)
        if settled:
            _save(self._path(store, day, made_of), figures)

    def forget(self) -> None:
        """Let go what is in memory, as a new process has nothing there."""
        self._memory.clear()

    def _path(self, store: Store, day: date, made_of: Hashable) -> Path:
        stamp = hashlib.sha256(repr(made_of).encode()).hexdigest()[:16]
        return store.rollup / FOLDER / self._kind / f"{day}.{stamp}.arrow"


def _save(path: Path, figures: Figures) -> None:
    """Write a day in place of what older figures made of it; a full or locked disk stays so."""
    about = {
        "labels": json.dumps(figures.labels),
        "type": figures.array.dtype.str,
        "shape": json.dumps(figures.array.shape),
    }
    values = pa.array(figures.array.reshape(-1).view(np.uint8))
    batch = pa.record_batch([values], pa.schema([("bytes", pa.uint8())], metadata=about))
    compressed = pa.ipc.IpcWriteOptions(compression="lz4")
    part = path.with_name(f".{path.name}.{os.getpid()}.{get_ident()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with (
            pa.OSFile(str(part), "wb") as file,
            pa.ipc.new_file(file, batch.schema, options=compressed) as to,
        ):
            to.write_batch(batch)
        for old in path.parent.glob(f"{path.name.split('.')[0]}.*"):
            old.unlink(missing_ok=True)
        part.replace(path)
    except OSError:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _load(path: Path) -> Figures | None:
    """Read a day; None where there is no such file, or none that can be read."""
    try:
        with pa.OSFile(str(path)) as file:
            batch = pa.ipc.open_file(file).get_batch(0)
        about = {key.decode(): value for key, value in batch.schema.metadata.items()}
        values = batch.column(0).to_numpy().view(np.dtype(about["type"].decode()))
        labels = tuple(tuple(label) for label in json.loads(about["labels"]))
        return Figures(labels, values.reshape(json.loads(about["shape"])))
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None
