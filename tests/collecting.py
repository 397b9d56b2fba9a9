"""A collector to send to: in this process, or as one of its own that can be killed.

python -m tests.collecting DATA PORT '{"drain_every": 0.1}'
"""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import uvicorn
from starlette.applications import Starlette

from slo_core.catalog import Catalog, load_catalog
from slo_core.logs.collector import EVENTS, Collector, Limits, Token, collector_routes
from slo_core.logs.store import Store

ROOT = Path(__file__).resolve().parents[1]
CATALOG = ROOT / "data" / "studio.yaml"


@dataclass(frozen=True)
class Answer:
    """What came back: the status, the headers by their small names, the body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        """The body as JSON."""
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass
class Client:
    """Sends to a port of this machine; with ``keep`` on one connection, while that holds."""

    port: int
    timeout: float = 20.0
    keep: bool = False
    _connection: http.client.HTTPConnection | None = field(default=None, repr=False)

    def send(
        self, body: Any, *, path: str = EVENTS, method: str = "POST", **headers: str
    ) -> Answer:
        """Send a body, as JSON unless it is bytes; ``content_type`` becomes Content-Type."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        found = {name.replace("_", "-"): value for name, value in headers.items()}
        found.setdefault("content-type", "application/json")
        if self._connection is None:
            self._connection = http.client.HTTPConnection(
                "127.0.0.1", self.port, timeout=self.timeout
            )
        try:
            self._connection.request(method, path, data, found)
            response = self._connection.getresponse()
            headers_ = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, headers_, response.read())
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        finally:
            if not self.keep:
                self.close()

    def close(self) -> None:
        """Let the connection go."""
        if self._connection:
            self._connection.close()
            self._connection = None


@contextmanager
def collecting(
    root: Path,
    *,
    limits: Limits | None = None,
    tokens: tuple[Token, ...] = (),
    catalog: Catalog | None = None,
    port: int = 0,
) -> Iterator[Client]:
    """A collector over real HTTP, in a thread; once the block ends all of it is in the tables."""
    catalog = catalog or load_catalog(CATALOG)
    with Collector(root, catalog, limits or Limits(spare=0, drain_every=0.1)) as collector:
        app = Starlette(routes=collector_routes(lambda: collector, tokens))
        with socket.create_server(("127.0.0.1", port)) as listener:
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            config = uvicorn.Config(
                app,
                log_level="error",
                access_log=False,
                timeout_keep_alive=60,  # a sender may think for a while
                timeout_graceful_shutdown=1,
            )
            server = uvicorn.Server(config)
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
            thread.start()
            client = Client(listener.getsockname()[1])
            try:
                yield client
            finally:
                client.close()
                server.should_exit = True
                thread.join()


def start(root: Path, port: int, limits: dict[str, Any], **options: Any) -> subprocess.Popen[bytes]:
    """A collector as a process of its own; it listens, or has ended, once this returns."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.collecting", str(root), str(port), json.dumps(limits)],
        cwd=ROOT,
        start_new_session=True,
        **options,
    )
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return process
        except OSError:
            time.sleep(0.01)
    kill(process)
    raise RuntimeError(f"The collector did not come up on port {port}.")


def kill(process: subprocess.Popen[bytes]) -> None:
    """kill -9."""
    if process.poll() is None:
        os.kill(process.pid, signal.SIGKILL)
    process.wait()


def stored(root: Path, table: str = "requests") -> list[dict[str, Any]]:
    """All rows that the tables hold, as the product finds the files."""
    rows: list[dict[str, Any]] = []
    for files in Store(root).listing(table).files.values():
        for file in files:
            rows += pq.ParquetFile(file.path).read().to_pylist()
    return rows


if __name__ == "__main__":
    data, port, limits = sys.argv[1:]
    with Collector(Path(data), load_catalog(CATALOG), Limits(**json.loads(limits))) as here:
        routes = collector_routes(lambda: here)
        uvicorn.run(
            Starlette(routes=routes),
            host="127.0.0.1",
            port=int(port),
            log_level="error",
            access_log=False,
        )
