"""The collector's addresses, for `streamlit.App(routes=...)` and for a server of its own.

POST /collect/v1/events     the document's two shapes and everything else: 202 once on disk
POST /v1/traces             OpenTelemetry's traces over HTTP, in JSON or protobuf: 200
GET  /collect/v1/health     whether events are taken: 200 or 503
"""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from slo_core.errors import SloError
from slo_core.logs.collector import otlp
from slo_core.logs.collector.access import Doorkeeper, Token
from slo_core.logs.collector.body import (
    MOST_PACKED,
    RefusedError,
    batch,
    batch_id,
    discard,
    kind_of,
    receive,
    unpacked,
)
from slo_core.logs.collector.events import BadEventError, Sender, UnmappedError
from slo_core.logs.collector.fields import Row
from slo_core.logs.collector.service import BusyError, Collector, NoRoomError, batch_key
from slo_core.moments import utc_now

EVENTS, TRACES, HEALTH = "/collect/v1/events", "/v1/traces", "/collect/v1/health"

_RETRY_AFTER = {429: "2", 503: "5", 507: "30"}

Found = TypeVar("Found")
Made = Callable[[], Collector]
"""Gives the collector, which is made when something is sent for the first time."""


def collector_routes(collector: Made, tokens: tuple[Token, ...] = ()) -> list[Route]:
    """The routes of a collector.

    Without ``tokens`` only this machine, and pages that come from it, may send.
    Requests get a SloError that ``collector`` raises as their answer, with 503.
    """
    door = _Door(collector, tokens)
    return [
        Route(EVENTS, door.events, methods=["POST", "OPTIONS"]),
        Route(TRACES, door.traces, methods=["POST", "OPTIONS"]),
        Route(HEALTH, door.health, methods=["GET"]),
    ]


class _Door:
    def __init__(self, collector: Made, tokens: tuple[Token, ...]) -> None:
        self._made = collector
        self._tokens = tokens
        self._keeper: Doorkeeper | None = None

    async def events(self, request: Request) -> Response:
        """Take a batch of events."""
        return await self._answer(request, self._events, _told)

    async def traces(self, request: Request) -> Response:
        """Take an export of traces."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()

        def told(status: int, answer: dict[str, Any]) -> Response:
            sentence = str(answer.get("error", ""))
            return Response(otlp.refusal(kind, sentence), status, media_type=kind or otlp.JSON)

        return await self._answer(request, self._traces, told)

    async def health(self, request: Request) -> Response:
        """Say whether events are taken."""
        try:
            state = (await run_in_threadpool(self._made)).state()
        except (SloError, OSError) as error:
            return JSONResponse({"taking": False, "error": str(error)}, 503)
        return JSONResponse(state, 200 if state["taking"] else 503)

    async def _answer(
        self,
        request: Request,
        take: Callable[[Request, Sender], Awaitable[Response]],
        told: Callable[[int, dict[str, Any]], Response],
    ) -> Response:
        """Let in, take, and tell what went wrong in the words of who asks."""
        try:
            # Its limits are the collector's, which may not be there yet.
            collector = await run_in_threadpool(self._made)
        except (SloError, OSError) as error:
            return told(503, {"error": str(error)})
        self._keeper = self._keeper or Doorkeeper(self._tokens, collector.limits)
        origin = request.headers.get("origin", "")
        if request.method == "OPTIONS":
            return _preflight(origin, self._keeper.allows(origin))
        try:
            response = await take(request, self._keeper.sender(request))
        except BadEventError as error:
            answer = {"error": str(error), "index": error.index, "field": error.field}
            response = told(400, answer)
        except RefusedError as error:
            response = told(error.status, {"error": str(error)})
        except NoRoomError as error:
            response = told(507, {"error": str(error)})
        except BusyError as error:
            response = told(429, {"error": str(error)})
        status = response.status_code
        if status == 408 or (status >= 400 and not await discard(request, collector.limits)):
            response.headers["Connection"] = "close"
        if after := _RETRY_AFTER.get(status):
            response.headers["Retry-After"] = after
        if origin and self._keeper.allows(origin):
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Vary"] = "Origin"
        return response

    async def _events(self, request: Request, sender: Sender) -> Response:
        collector = self._made()
        kind = kind_of(request.headers.get("content-type", ""))
        named = batch_id(request.headers.get("idempotency-key"), "Idempotency-Key")

        def read(body: bytes) -> tuple[list[Row], str | None, int]:
            found = batch(body, kind, collector.limits)
            rows = collector.reader.rows(found.events, sender, utc_now())
            return rows, named or found.id, len(found.events)

        rows, name, count = await self._read(request, read)
        key = batch_key(sender.name, name) if name else None
        new = await collector.keep(rows, key) if rows else True
        answer = {"accepted": count, "left_out": count - len(rows), "duplicate": not new}
        return JSONResponse(answer, 202)

    async def _traces(self, request: Request, sender: Sender) -> Response:
        collector = self._made()
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in (otlp.JSON, otlp.PROTOBUF):
            raise RefusedError(
                415, f"Content-Type is {kind[:80]!r}: expected {otlp.JSON} or {otlp.PROTOBUF}"
            )

        def read(body: bytes) -> tuple[list[Row], str, int]:
            rows: list[Row] = []
            unmapped = 0
            received = utc_now()
            for span in otlp.spans(body, kind):
                try:
                    rows += collector.reader.rows([span], sender, received)
                except UnmappedError:
                    unmapped += 1
            # An exporter that hears nothing sends the same bytes, which have the spans' own ids.
            return rows, hashlib.sha256(body).hexdigest(), unmapped

        rows, name, unmapped = await self._read(request, read)
        if rows:
            await collector.keep(rows, batch_key(sender.name, name))
        return Response(otlp.answer(kind, unmapped), 200, media_type=kind)

    async def _read(self, request: Request, read: Callable[[bytes], Found]) -> Found:
        """Receive a body and read it beside the event loop, counting what is held meanwhile."""
        collector = self._made()
        limits, held = collector.limits, collector.held
        encoding = request.headers.get("content-encoding", "").strip().lower()
        body = await receive(request, limits, held)
        taken = len(body)
        try:
            if encoding not in ("", "identity"):
                room = min(limits.text, len(body) * MOST_PACKED)
                held.take(room)
                taken += room
            return await run_in_threadpool(lambda: read(unpacked(body, encoding, limits)))
        finally:
            held.give_back(taken)


def _told(status: int, answer: dict[str, Any]) -> Response:
    return JSONResponse(answer, status)


def _preflight(origin: str, allowed: bool) -> Response:
    """What a browser asks before it sends anything but a beacon."""
    if not allowed:
        return JSONResponse({"error": f"pages of {origin[:200]} may not send here"}, 403)
    return Response(
        status_code=204,
        headers={
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Methods": "POST",
            "Access-Control-Allow-Headers": (
                "authorization, content-type, content-encoding, idempotency-key"
            ),
            "Access-Control-Max-Age": "3600",
            "Vary": "Origin",
        },
    )
