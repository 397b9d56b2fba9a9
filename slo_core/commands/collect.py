"""``collect``: a server of its own that takes events over HTTP."""

import ipaddress
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import click

from slo_core.catalog import load_catalog
from slo_core.commands.options import catalog_option, data_option
from slo_core.errors import SloError
from slo_core.rollup.follow import Follower

TOKENS = "SLO_COLLECT_TOKENS"


@click.command("collect")
@data_option
@catalog_option
@click.option("--host", default="127.0.0.1", help="Where to listen (default: this machine only).")
@click.option("--port", type=click.IntRange(0, 65535), default=4318, help="(default: 4318)")
@click.option(
    "--tokens",
    default=lambda: os.environ.get(TOKENS),
    metavar="FILE",
    help=f"Who may send, and from where (default: ${TOKENS}; none: this machine only).",
)
@click.option("--rollup/--no-rollup", default=True, help="Roll up what comes in, as it comes.")
def collect_command(
    data: str, catalog: str, host: str, port: int, tokens: str | None, rollup: bool
) -> None:
    """Take events over HTTP: the document's two shapes, rows of the log tables, and traces."""
    # Other commands need not wait for a server to be loaded.
    import uvicorn
    from starlette.applications import Starlette
    from starlette.concurrency import run_in_threadpool

    from slo_core.logs.collector import EVENTS, TRACES, Collector, collector_routes, read_tokens

    loaded = load_catalog(catalog)
    found = read_tokens(tokens) if tokens else ()
    if not found and not _local(host):
        raise SloError(
            f"--host is {host}, where others can reach it: say who may send with --tokens FILE "
            f"or ${TOKENS}, or listen on 127.0.0.1."
        )
    with _listener(host, port) as listener:
        root = Path(data)
        follower = Follower(root, lambda: loaded)
        collector = Collector(root, loaded, changed=follower.tell if rollup else None)

        @asynccontextmanager
        async def lifespan(app: Starlette) -> AsyncIterator[None]:
            # Told to end, the server lets nothing come after this.
            yield
            await run_in_threadpool(collector.stop)
            await run_in_threadpool(follower.stop)

        app = Starlette(routes=collector_routes(lambda: collector, found), lifespan=lifespan)
        where = f"http://{host}:{listener.getsockname()[1]}"
        click.echo(f"{data}: takes events at {where}{EVENTS} and {TRACES}")
        config = uvicorn.Config(app, log_level="warning", access_log=False)
        uvicorn.Server(config).run(sockets=[listener])


def _listener(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family)
        # An answer of two parts waits 40 ms for the second otherwise; connections inherit it.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener
    except OSError as error:
        number = error.errno or 0
        why = os.strerror(number) if number > 0 else error.strerror
        raise SloError(
            f"--host {host} --port {port} cannot be listened at ({why}): name others."
        ) from None


def _local(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
