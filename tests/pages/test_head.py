"""What is written into the head of documents, and into nothing else."""

import asyncio

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Message

from pages.parts.head import Head

PAGE = "<html><head><title>é</title></head><body></head></body></html>"


def document(request: Request) -> Response:
    """A page that a browser may keep, in two parts."""
    encoded = PAGE.encode()
    headers = {"etag": "abc", "content-length": str(len(encoded))}
    parts = (part for part in (encoded[:9], encoded[9:]))
    return StreamingResponse(parts, media_type="text/html", headers=headers)


def script(request: Request) -> Response:
    return PlainTextResponse("let it = '</head>';", headers={"etag": "abc"})


def answer(path: str, **headers: str) -> tuple[dict[str, str], str]:
    """The headers and the text of what a small app answers."""
    routes = [Route("/", document), Route("/script", script)]
    # As Streamlit's own middleware, inside of ours.
    inside = Middleware(GZipMiddleware, minimum_size=1)
    app = Starlette(routes=routes, middleware=[Middleware(Head), inside])
    sent: list[Message] = []

    asked: list[None] = []

    async def receive() -> Message:
        if asked:
            await asyncio.Event().wait()  # nobody hangs up
        asked.append(None)
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    given = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": given}
    asyncio.run(app(scope, receive, send))
    start, *rest = sent
    found = {name.decode(): value.decode() for name, value in start["headers"]}
    return found, b"".join(message.get("body", b"") for message in rest).decode()


def test_a_document_has_style_and_script_once_and_whole() -> None:
    headers, text = answer("/", accept="text/html,*/*", accept_encoding="gzip")
    before, _, after = text.partition("<style>")
    assert before == "<html><head><title>é</title>"
    assert ".st-key-at" in after
    assert ".slo-table th" in after
    script, _, rest = after.partition("</style>")[2].partition("</script>")
    assert script.startswith('<script data-base="/dashboards">')
    assert rest == "</head><body></head></body></html>"
    assert headers["content-length"] == str(len(text.encode()))
    assert "etag" not in headers
    assert "content-encoding" not in headers


@pytest.mark.parametrize("accept", ["*/*", "text/html"])
def test_anything_else_passes_as_it_is(accept: str) -> None:
    headers, text = answer("/script", accept=accept)
    assert text == "let it = '</head>';"
    assert headers["etag"] == "abc"
