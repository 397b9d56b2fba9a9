"""The client pieces, each for real: middleware in a server that answers requests."""

import asyncio
import os
import shutil
import socket
import subprocess
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request as Asked
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from clients.asgi.studio_slo import StudioSlo
from slo_core.logs.collector import EVENTS, Token
from tests.collecting import ROOT, collecting, stored

TOKEN = Token(name="api", token="t" * 16, source="server")
ANSWERED = [
    ("GET", "/v1/me", 200),
    ("POST", "/v1/songs/7/remix", 201),
    ("GET", "/v1/broken", 500),
    ("GET", "/v1/nowhere", 404),
]


def ask(port: int, method: str, path: str) -> int:
    """The status of an answer; the query is nobody's business."""
    try:
        with urlopen(Request(f"http://127.0.0.1:{port}{path}?planted=query", method=method)) as got:
            status: int = got.status
            return status
    except HTTPError as refusal:
        return refusal.code


def told(root: Path) -> Counter[tuple[Any, ...]]:
    """What the tables hold of the requests; each has a duration and is of the last minute."""
    rows = stored(root)
    assert all(0 < row["duration_ms"] < 60_000 for row in rows)
    return Counter(
        (row["journey"], row["source"], row["method"], row["endpoint"], row["status"])
        for row in rows
    )


def expected(*times: int) -> Counter[tuple[Any, ...]]:
    return Counter({("api", "server", *each): n for each, n in zip(ANSWERED, times, strict=True)})


def test_asgi_middleware_in_a_real_server(tmp_path: Path, port: int) -> None:
    """The collector is away at first; what was recorded then arrives later, once."""

    async def me(request: Asked) -> PlainTextResponse:
        return PlainTextResponse("Ada")

    async def remix(request: Asked) -> PlainTextResponse:
        return PlainTextResponse("", 201)

    async def broken(request: Asked) -> PlainTextResponse:
        raise ValueError("broken on purpose")

    app = Starlette(
        routes=[
            Route("/v1/me", me),
            Route("/v1/songs/{id}/remix", remix, methods=["POST"]),
            Route("/v1/broken", broken),
        ]
    )
    slo = StudioSlo(app, f"http://127.0.0.1:{port}{EVENTS}", token=TOKEN.token, every=0.05)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(slo, log_level="critical", access_log=False)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        asked = listener.getsockname()[1]
        for method, path, status in ANSWERED:
            assert ask(asked, method, path) == status
        time.sleep(0.2)
        with collecting(tmp_path, tokens=(TOKEN,), port=port):
            assert ask(asked, "GET", "/v1/me") == 200
            slo.flush()
        server.should_exit = True
        thread.join()
    assert told(tmp_path) == expected(2, 1, 1, 1)
    assert {row["error"] for row in stored(tmp_path)} == {None, "exception"}


def test_asgi_middleware_passes_on_what_is_no_request() -> None:
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    asyncio.run(StudioSlo(app, "http://127.0.0.1:9")({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    assert seen == ["lifespan"]


def test_the_browsers_script_is_small_and_stands_alone() -> None:
    script = (ROOT / "clients" / "browser" / "studio-slo.js").read_bytes()
    assert len(script) < 3000
    assert b"import" not in script
    assert b"require" not in script


@pytest.mark.long
def test_express_middleware_in_a_real_server(tmp_path: Path, port: int) -> None:
    npm = shutil.which("npm")
    assert npm, "this test needs Node 18 or newer with npm: install it ('apt-get install npm')"
    app = tmp_path / "express"
    shutil.copytree(ROOT / "clients" / "express", app)
    options = ["--no-package-lock", "--no-audit", "--no-fund"]
    subprocess.run([npm, "install", *options], cwd=app, check=True, capture_output=True)
    with collecting(tmp_path / "data", tokens=(TOKEN,)) as client:
        address = f"http://127.0.0.1:{client.port}{EVENTS}"
        environment = os.environ | {
            "COLLECTOR": address,
            "TOKEN": TOKEN.token,
            "PORT": str(port),
        }
        server = subprocess.Popen(
            ["node", "server.js"], cwd=app, env=environment, stdout=subprocess.PIPE
        )
        try:
            assert server.stdout is not None
            assert server.stdout.readline() == b"listening\n"
            for method, path, status in [*ANSWERED, *ANSWERED]:
                assert ask(port, method, path) == status
        finally:
            server.terminate()
            server.communicate(timeout=20)
    assert server.returncode == 0
    assert told(tmp_path / "data") == expected(2, 2, 2, 2)
