"""What each document carries in its head before Streamlit draws anything.

The style of ``head.css`` holds room for what comes late: Streamlit's elements come one after
another, and the code of many only when the first of its kind does; what was drawn before jumps
then. A style that came as an element would come too late itself. That of tables is there once, not
with each of them. The script of ``head.js`` says where the server is.
"""

from html import escape
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.parts.addresses import base_path
from slo_core.figures import html


def _read(name: str) -> str:
    return (Path(__file__).parent / name).read_text("utf-8")


_OF = ("head", "nearing")
_STYLE = "".join(_read(f"{name}.css") for name in _OF) + html.STYLE
_SCRIPT = "".join(_read(f"{name}.js") for name in _OF)
_ASIDE = ("accept-encoding", "if-none-match", "if-modified-since")
"""What a request for a document goes without: it is to come whole, as text."""


class Head:
    """Middleware that writes style and script into each HTML document's head."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and the document back with both in it."""
        if scope["type"] != "http" or "text/html" not in Headers(scope=scope).get("accept", ""):
            await self._app(scope, receive, send)
            return
        kept = [(name, value) for name, value in scope["headers"] if name.decode() not in _ASIDE]
        # What a server offers beside HTTP, such as sending a file by its path, passes by the body.
        inner: Scope = {**scope, "headers": kept, "extensions": {}}
        await self._app(inner, receive, _Written(send).send)


def _written() -> bytes:
    script = f'<script data-base="{escape(base_path())}">{_SCRIPT}</script>'
    return f"<style>{_STYLE}</style>{script}</head>".encode()


class _Written:
    """A response whose head is written into, where it is HTML."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._body = b""

    async def send(self, message: Message) -> None:
        """Send on what is no document, and a document once it is whole."""
        if message["type"] == "http.response.start":
            kind = Headers(raw=message["headers"]).get("content-type", "")
            if kind.startswith("text/html"):
                self._start = message
                return
        if self._start is None:
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if not message.get("more_body", False):
            await self._finish(self._start)

    async def _finish(self, start: Message) -> None:
        body = self._body.replace(b"</head>", _written(), 1)
        headers = MutableHeaders(raw=list(start["headers"]))
        # The file's own mark would vouch for a style or script that has changed since.
        for name in ("etag", "last-modified"):
            if name in headers:
                del headers[name]
        if "content-length" in headers and self._body:
            headers["content-length"] = str(len(body))
        await self._send({**start, "headers": headers.raw})
        await self._send({"type": "http.response.body", "body": body})
