"""A request's body as events: received within limits, unpacked within limits, and read as JSON."""

import asyncio
import json
import zlib
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NoReturn

from starlette.requests import Request

from slo_core.errors import SloError
from slo_core.logs.collector.fields import is_whole
from slo_core.logs.collector.limits import MIB, Limits

LINES = (
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "application/x-jsonlines",
)
JSON = ("application/json",)
EITHER = ("text/plain", "")
"""What `navigator.sendBeacon` sends of a string, and what says nothing: looked at to find out."""

LONGEST_BATCH_ID = 200

_DISCARD_SECONDS = 2.0

MOST_PACKED = 1_040
"""So many bytes at most come out of one of gzip's."""


class RefusedError(SloError):
    """A request that is not taken: the HTTP status, and the sentence that says why."""

    def __init__(self, status: int, sentence: str) -> None:
        self.status = status
        super().__init__(sentence)


class Held:
    """How many bytes of bodies are in memory, over all requests of a process."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.bytes = 0

    def take(self, count: int) -> None:
        """Make room for so many more; RefusedError (429) where there is none."""
        if self.bytes + count > self._limit:
            raise RefusedError(
                429, "too much is being sent at once: send this again a little later"
            )
        self.bytes += count

    def give_back(self, count: int) -> None:
        """Say that so many are gone."""
        self.bytes -= count


@dataclass(frozen=True)
class Batch:
    """The events of one body; ``id`` is the sender's own name for it, None where it has none."""

    events: list[Any]
    id: str | None


async def receive(request: Request, limits: Limits, held: Held) -> bytes:
    """A body as it was sent. The caller gives its length back to ``held``.

    Raises RefusedError: 413 beyond the limit, at once where its length is announced; 408 where it
    takes too long; 400 where it breaks off; 429 where too many arrive at once.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > limits.body:
        raise _too_large(limits)
    body = bytearray()
    try:
        async with asyncio.timeout(limits.patience):
            while not _received(request):
                chunk = await _chunk(request)
                if len(body) + len(chunk) > limits.body:
                    raise _too_large(limits)
                held.take(len(chunk))
                body += chunk
        return bytes(body)
    except TimeoutError:
        held.give_back(len(body))
        raise RefusedError(
            408, f"the body took more than {limits.patience:g} s to arrive: send it again"
        ) from None
    except BaseException:
        held.give_back(len(body))
        raise


async def discard(request: Request, limits: Limits) -> bool:
    """Read what is left of a body that is refused, within limits, and keep nothing of it.

    Who is answered while still sending finds the connection broken, and not the answer. Returns
    whether that was all, so that the connection is good for more.
    """
    if "expect" in request.headers:
        return _received(request)  # it waits for our answer before it sends
    thrown_away = 0
    with suppress(TimeoutError, RefusedError):
        async with asyncio.timeout(min(limits.patience, _DISCARD_SECONDS)):
            while not _received(request) and thrown_away <= limits.text:
                thrown_away += len(await _chunk(request))
    return _received(request)


def _received(request: Request) -> bool:
    return bool(getattr(request.state, "received", False))


async def _chunk(request: Request) -> bytes:
    """The next part of a body; RefusedError (400) where it breaks off."""
    message = await request.receive()
    request.state.received = not message.get("more_body", False)
    if message["type"] == "http.disconnect":
        raise RefusedError(400, "the body broke off: send it again")
    part: bytes = message.get("body", b"")
    return part


def unpacked(body: bytes, encoding: str, limits: Limits) -> bytes:
    """A body without its compression, never more than the limit of it in memory.

    Raises RefusedError: 415 for another compression than gzip, 400 for broken gzip, 413 beyond the
    limit.
    """
    if encoding in ("", "identity"):
        return body
    if encoding not in ("gzip", "x-gzip"):
        raise RefusedError(415, f"Content-Encoding is {encoding[:40]!r}: expected gzip, or none")
    text = bytearray()
    while body:
        unpack = zlib.decompressobj(wbits=31)
        try:
            text += unpack.decompress(body, limits.text + 1 - len(text))
        except zlib.error:
            raise RefusedError(400, "Content-Encoding is gzip, but the body is not") from None
        if len(text) > limits.text or unpack.unconsumed_tail:
            raise RefusedError(
                413, f"expected at most {limits.text / MIB:g} MiB once unpacked: send it in parts"
            )
        if not unpack.eof:
            raise RefusedError(400, "the gzip body breaks off: send it again")
        body = unpack.unused_data
    return bytes(text)


def kind_of(content_type: str) -> str:
    """The media type without its parameters; RefusedError (415) for one that is not ours."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in (*LINES, *JSON, *EITHER):
        raise RefusedError(
            415,
            f"Content-Type is {kind[:80]!r}: expected application/json, application/x-ndjson, or "
            "text/plain with either",
        )
    return kind


def batch(text: bytes, kind: str, limits: Limits) -> Batch:
    """The events of a body: one object, a list, ``{"batch_id", "events"}``, or one in each line.

    Raises RefusedError (400) for what is no JSON, and (413) for too many events.
    """
    found: Any = None
    if kind in LINES:
        events = _lines(text)
    else:
        try:
            found = parse_json(text)
        except ValueError as error:
            if kind in JSON or text.strip().count(b"\n") == 0:
                raise RefusedError(400, f"the body is no JSON: {error}") from None
            events = _lines(text)
        else:
            events = found if isinstance(found, list) else [found]
    id_ = None
    if isinstance(found, dict) and isinstance(found.get("events"), list):
        events, id_ = found["events"], found.get("batch_id")
    if len(events) > limits.events:
        raise RefusedError(
            413, f"expected at most {limits.events} events, found {len(events)}: send it in parts"
        )
    return Batch(events, batch_id(id_, "batch_id"))


def batch_id(found: Any, word: str) -> str | None:
    """A sender's name for a batch, None where it has none; RefusedError (400) for a bad one."""
    if found is None:
        return None
    if not isinstance(found, str) or not 1 <= len(found) <= LONGEST_BATCH_ID:
        raise RefusedError(400, f"{word}: expected text of 1 to {LONGEST_BATCH_ID} characters")
    if not is_whole(found):
        raise RefusedError(400, f"{word}: expected text of whole characters")
    return found


def parse_json(text: bytes | str) -> Any:
    """JSON as it is defined: UTF-8, no NaN; ValueError with what is wrong."""
    try:
        return json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise ValueError(f"{error.msg.lower()} in {place}") from None


def _lines(text: bytes) -> list[Any]:
    events = []
    for number, line in enumerate(text.split(b"\n"), start=1):
        if line.strip():
            try:
                events.append(parse_json(line))
            except ValueError as error:
                what = str(error).replace(" in line 1,", ",")
                raise RefusedError(400, f"line {number} is no JSON: {what}") from None
    return events


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON number")


def _too_large(limits: Limits) -> RefusedError:
    size = f"{limits.body / MIB:g} MiB"
    return RefusedError(413, f"expected at most {size}: send it in parts, or gzip it")
