"""A port for a server that a test starts as a process of its own."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def held_port() -> Iterator[int]:
    """A port that nobody else is given while the block runs, and that a server can listen on.

    A port that was merely free a moment ago can be a neighbour's by the time that a server is
    started, or started again, and the test then speaks with the neighbour's.
    """
    with socket.socket() as holder:
        # Bound, never listening, and told to share: a server's own bind is let in beside it.
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        port: int = holder.getsockname()[1]
        yield port
