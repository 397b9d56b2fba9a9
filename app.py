"""The server: the dashboards under /dashboards, / that leads to them, and the collector.

    streamlit run app.py

The pages live in ``pages/main.py``. Were that script beside its own ``pages/`` folder, Streamlit
would start in its old multipage mode, in which a deep link skips the script; so it lies inside.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route

from pages.parts import collecting
from pages.parts.addresses import base_path
from pages.parts.head import Head
from pages.parts.warm import warm_up


def to_overview(request: Request) -> RedirectResponse:
    """Lead / to the overview, with whatever filters the address carries."""
    overview = f"{base_path()}/"
    return RedirectResponse(f"{overview}?{request.url.query}" if request.url.query else overview)


@asynccontextmanager
async def lifespan(app: object) -> AsyncIterator[None]:
    """Be warm before the first page is asked for, and collect until the server ends."""
    await run_in_threadpool(warm_up)
    async with collecting.lifespan(app):
        yield


app = st.App(
    Path(__file__).resolve().parent / "pages" / "main.py",
    routes=[Route("/", to_overview), *collecting.routes()],
    middleware=[Middleware(Head)],
    lifespan=lifespan,
)
