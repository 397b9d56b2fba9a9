"""Things that were read, kept by name while there is room for them."""

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Memory(Generic[T]):
    """Keeps so many bytes; what nobody asked for longest is let go first. For many threads."""

    def __init__(self, room: int) -> None:
        self._room, self._size = room, 0
        self._kept: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, name: Hashable) -> T | None:
        """The thing of that name, if it is kept."""
        with self._lock:
            if name not in self._kept:
                return None
            self._kept.move_to_end(name)
            return self._kept[name][0]

    def put(self, name: Hashable, thing: T, size: int) -> None:
        """Keep a thing of a size in bytes; one of that name stays as it is."""
        with self._lock:
            if name in self._kept:
                return
            self._kept[name] = thing, size
            self._size += size
            while self._size > self._room:
                _, (_, gone) = self._kept.popitem(last=False)
                self._size -= gone

    def clear(self) -> None:
        """Let all go."""
        with self._lock:
            self._kept.clear()
            self._size = 0
