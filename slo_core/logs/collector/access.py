"""Who may send: tokens, origins of browsers, this machine only without tokens, and how often.

A file of tokens is YAML, and says which code may send what from where::

    tokens:
      - {name: studio-web, token: "...", source: client, origins: ["https://studio.example"]}
      - {name: studio-api, token: "...", source: server}
"""

import hmac
import ipaddress
import time
from collections import OrderedDict
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import Field, ValidationError
from starlette.requests import Request

from slo_core.catalog import Source
from slo_core.catalog.base import Model, Text
from slo_core.errors import SloError
from slo_core.logs.collector.body import RefusedError
from slo_core.logs.collector.events import Sender
from slo_core.logs.collector.limits import Limits

_MOST_CLIENTS = 10_000


class Token(Model):
    """One code that may send, and as what."""

    name: Text
    token: Annotated[str, Field(min_length=16)]
    source: Source | None = None
    """The only source that its events may have; None for any."""
    origins: tuple[Text, ...] = ()
    """The origins of the pages that may send with it, ``https://studio.example``."""


class Tokens(Model):
    """All codes that may send."""

    tokens: Annotated[tuple[Token, ...], Field(min_length=1)]


def read_tokens(path: str | Path) -> tuple[Token, ...]:
    """Read a file of tokens. Raises SloError with one sentence where it is wrong."""
    try:
        data = yaml.safe_load(Path(path).read_text("utf-8"))
        return Tokens.model_validate(data).tokens
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        found = " ".join(str(error).split())
        raise SloError(f"{path}: expected a YAML file of tokens, found: {found}") from None
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise SloError(
            f"{path}, {place}: {first['msg']}; expected tokens with name and token (16 characters "
            "or more), and with source (client or server) and origins where you want them"
        ) from None


class Doorkeeper:
    """Tells who a request is from, or refuses it."""

    def __init__(self, tokens: tuple[Token, ...], limits: Limits) -> None:
        self._tokens = tokens
        self._often = _Often(limits)

    def sender(self, request: Request) -> Sender:
        """Who sends a request. Raises RefusedError: 401, 403, or 429 for too many."""
        token = self._token(request)
        origin = request.headers.get("origin")
        if token is None and not self._tokens:
            _need_this_machine(request)
        if origin is not None and not self._may(origin, token):
            raise RefusedError(
                403, f"pages of {origin[:200]} may not send here: name it under the token's origins"
            )
        # An address is looked at and forgotten; it is written nowhere.
        address = request.client.host if request.client else ""
        self._often.count((token.name if token else "", address))
        usual = "client" if origin is not None else None
        return Sender(token.name if token else "", token.source if token else None, usual)

    def allows(self, origin: str) -> bool:
        """Whether pages of an origin may send at all: what a browser asks beforehand."""
        if not self._tokens:
            return _is_here(_host(origin))
        return any(self._may(origin, token) for token in self._tokens)

    def _may(self, origin: str, token: Token | None) -> bool:
        return origin in token.origins if token else _is_here(_host(origin))

    def _token(self, request: Request) -> Token | None:
        """The token of a request: its header, or for a beacon, which has none, its address."""
        if not self._tokens:
            return None
        word, _, given = request.headers.get("authorization", "").partition(" ")
        if word.lower() != "bearer" or not given:
            given = request.query_params.get("token", "")
        found = None
        for token in self._tokens:
            if hmac.compare_digest(token.token.encode(), given.strip().encode()):
                found = token
        if found is None:
            raise RefusedError(
                401, "expected a token: 'Authorization: Bearer TOKEN', or ?token=TOKEN for a beacon"
            )
        return found


class _Often:
    """A bucket for each client, that fills again with time."""

    def __init__(self, limits: Limits) -> None:
        self._rate, self._burst = limits.per_second, float(limits.burst)
        self._clients: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    def count(self, client: tuple[str, str]) -> None:
        """Count a request. Raises RefusedError (429) where there have been too many."""
        now = time.monotonic()
        left, at = self._clients.pop(client, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._rate)
        self._clients[client] = (max(left - 1, 0), now)
        if len(self._clients) > _MOST_CLIENTS:
            self._clients.popitem(last=False)
        if left < 1:
            raise RefusedError(
                429, f"more than {self._rate:g} requests a second: send more events in each"
            )


def _need_this_machine(request: Request) -> None:
    """Without tokens only this machine may send; through a proxy everybody seems to be on it."""
    proxied = {"forwarded", "x-forwarded-for", "x-real-ip"} & {*request.headers.keys()}
    host = request.client.host if request.client else ""
    # A page elsewhere whose name leads to this machine says so in the host that it asks for.
    if proxied or not _is_here(host) or not _is_here(_host(request.headers.get("host", ""))):
        raise RefusedError(
            403, "without tokens only this machine may send: give the collector a file of tokens"
        )


def _host(address: str) -> str:
    """The host of an origin or a Host header, without its port."""
    host = address.partition("://")[2] or address
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if host.count(":") == 1 else host


def _is_here(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
