"""ASGI middleware that tells a collector of every request, as the SLO document has it.

    app.add_middleware(StudioSlo, url="http://localhost:8501/collect/v1/events", token="...")

For Starlette, FastAPI, Litestar, Quart, Django and others. Nothing to install: Python 3.11 or
newer. A request never waits for the collector.
"""

import json
import threading
import time
import uuid
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

_MOST = 1_000


class StudioSlo:
    """Records each request when it has been answered, and sends what there is every second."""

    def __init__(
        self, app: App, url: str, token: str | None = None, every: float = 1.0, most: int = 10_000
    ) -> None:
        self.app = app
        self._url = url
        self._headers = {"Content-Type": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._events: deque[dict[str, Any]] = deque(maxlen=most)
        self._batch: tuple[str, list[dict[str, Any]]] | None = None
        self._sending = threading.Lock()
        threading.Thread(target=self._keep_sending, args=(every,), daemon=True).start()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass a request on, and record how it went."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        event = {
            "event": "studio_api_request",
            "endpoint": scope["path"],
            "method": scope["method"],
            "status": 500,
        }
        start = time.perf_counter()

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                event["status"] = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, answer)
        except Exception:
            event["error"] = "exception"
            raise
        finally:
            event["duration"] = (time.perf_counter() - start) * 1000
            event["success"] = event["status"] < 500
            event["at"] = time.time()
            self._events.append(event)

    def flush(self) -> None:
        """Send what there is; before the process ends, for example."""
        with self._sending:
            while self._batch or self._events:
                if self._batch is None:
                    count = min(len(self._events), _MOST)
                    found = [self._events.popleft() for _ in range(count)]
                    self._batch = str(uuid.uuid4()), found
                if not self._send(*self._batch):
                    return  # the same batch comes again, under the same id
                self._batch = None

    def _keep_sending(self, every: float) -> None:
        while True:
            time.sleep(every)
            self.flush()

    def _send(self, batch: str, events: list[dict[str, Any]]) -> bool:
        """Whether a batch need not come again: it was taken, or it never would be."""
        now = time.time()
        aged = [
            {key: value for key, value in event.items() if key != "at"}
            | {"age_ms": max(0.0, now - event["at"]) * 1000}
            for event in events
        ]
        body = json.dumps({"batch_id": batch, "events": aged}).encode()
        try:
            with urlopen(Request(self._url, body, self._headers), timeout=10):
                return True
        except HTTPError as refusal:
            return refusal.code < 500 and refusal.code not in (408, 429)
        except OSError:
            return False
