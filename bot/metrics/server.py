"""Serves metrics and health by HTTP, on threads of its own: a slow reader holds nothing up but itself.

Every request asks the event loop for one look at the bot. When the loop does not answer, neither does the bot:
that is what /healthz tells.
"""

import asyncio
import concurrent.futures
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from http import HTTPStatus
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import structlog

from bot.errors import EnvironmentProblem
from bot.metrics.collector import exposition
from bot.metrics.readings import Readings
from bot.metrics_settings import split_address

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

_log = structlog.get_logger(__name__)

ANSWER_SECONDS: Final = 5.0
"""How long the event loop may take; Prometheus asks every 15 seconds or so and waits 10."""
_TEXT: Final = "text/plain; charset=utf-8"

Gather = Callable[[], Awaitable[Readings]]
"""One look at the bot, in the event loop. Raises nothing."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Server6(_Server):
    address_family = socket.AF_INET6


class _Handler(WSGIRequestHandler):
    timeout = 10.0
    """Seconds that a client may take for each line."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Requests of a monitor every few seconds are no news."""


@asynccontextmanager
async def serving(address: str, gather: Gather) -> AsyncIterator[int]:
    """Serve while the block runs; gives the port, which is another one where 0 was asked for.

    Raises:
        EnvironmentProblem: the address cannot be used.
    """
    host, port = split_address(address)
    app = _App(gather, asyncio.get_running_loop())
    try:
        kind = _Server6 if ":" in host else _Server
        server = make_server(host, port, app, server_class=kind, handler_class=_Handler)
    except OSError as error:
        raise EnvironmentProblem(
            f"metrics cannot be served at {address}: {error.strerror}", "set `metrics.address` to a free address"
        ) from error
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), name="metrics", daemon=True)
    thread.start()
    _log.info("metrics are served", address=f"{host}:{server.server_port}")
    try:
        yield server.server_port
    finally:
        await asyncio.shield(asyncio.to_thread(_stop, server, thread))


async def serve(address: str, gather: Gather) -> None:
    """Serve until cancelled. Raises what `serving` raises."""
    async with serving(address, gather):
        await asyncio.get_running_loop().create_future()


def _stop(server: WSGIServer, thread: threading.Thread) -> None:
    server.shutdown()
    thread.join()
    server.server_close()


class _App:
    """The WSGI application."""

    def __init__(self, gather: Gather, loop: asyncio.AbstractEventLoop) -> None:
        self._gather = gather
        self._loop = loop
        self._pages: dict[str, Callable[[Readings, str], tuple[HTTPStatus, str, bytes]]] = {
            "/metrics": _metrics,
            "/healthz": _alive,
            "/readyz": _ready,
        }

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        status, kind, body = self._answer(environ)
        length = ("Content-Length", str(len(body)))
        start_response(f"{status.value} {status.phrase}", [("Content-Type", kind), length])
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]

    def _answer(self, environ: "WSGIEnvironment") -> tuple[HTTPStatus, str, bytes]:
        page = self._pages.get(environ.get("PATH_INFO", ""))
        if page is None:
            return _said(HTTPStatus.NOT_FOUND, f"There are only {', '.join(self._pages)}.")
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return _said(HTTPStatus.METHOD_NOT_ALLOWED, "This can only be read.")
        try:
            readings = self._ask()
        except (TimeoutError, concurrent.futures.CancelledError, RuntimeError):
            return _said(
                HTTPStatus.SERVICE_UNAVAILABLE, "The bot does not answer: it is stuck, or ends right now."
            )
        return page(readings, environ.get("HTTP_ACCEPT", ""))

    def _ask(self) -> Readings:
        """Raises TimeoutError, CancelledError, or RuntimeError when the loop has ended."""

        async def gathered() -> Readings:
            return await self._gather()

        asked = gathered()
        try:
            return asyncio.run_coroutine_threadsafe(asked, self._loop).result(ANSWER_SECONDS)
        except RuntimeError:
            asked.close()
            raise


def _metrics(readings: Readings, accept: str) -> tuple[HTTPStatus, str, bytes]:
    kind, body = exposition(readings, accept)
    return HTTPStatus.OK, kind, body


def _alive(_: Readings, __: str) -> tuple[HTTPStatus, str, bytes]:
    return _said(HTTPStatus.OK, "alive")


def _ready(readings: Readings, _: str) -> tuple[HTTPStatus, str, bytes]:
    obstacles = list(readings.obstacles())
    if obstacles:
        return _said(HTTPStatus.SERVICE_UNAVAILABLE, "\n".join(obstacles))
    return _said(HTTPStatus.OK, "ready")


def _said(status: HTTPStatus, text: str) -> tuple[HTTPStatus, str, bytes]:
    return status, _TEXT, f"{text}\n".encode()
