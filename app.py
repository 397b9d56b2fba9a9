"""The server: the dashboards under /dashboards, / that leads to them, and the collector.

    streamlit run app.py

The pages live in ``pages/main.py``. Were that script beside its own ``pages/`` folder, Streamlit
would start in its old multipage mode, in which a deep link skips the script; so it lies inside.
"""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route

from pages.parts import collecting
from pages.parts.addresses import base_path
from pages.parts.head import Head


def to_overview(request: Request) -> RedirectResponse:
    """Lead / to the overview, with whatever filters the address carries."""
    overview = f"{base_path()}/"
    return RedirectResponse(f"{overview}?{request.url.query}" if request.url.query else overview)


app = st.App(
    Path(__file__).resolve().parent / "pages" / "main.py",
    routes=[Route("/", to_overview), *collecting.routes()],
    middleware=[Middleware(Head)],
    lifespan=collecting.lifespan,
)
