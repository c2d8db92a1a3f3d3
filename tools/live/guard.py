"""Keeps other sites away: a page elsewhere must neither read this one nor act in it.

A browser lets any site send requests to 127.0.0.1, and a site may make its own name point there (DNS rebinding).
So the name that was asked for must be this machine's, and what changes something must come from the page itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

_OUR_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


@web.middleware
async def guard(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Refuse what does not come from this page, and give every answer the headers that keep it to itself."""
    reason = _objection(request)
    if reason:
        raise web.HTTPForbidden(text=f"{reason}\n", headers=_HEADERS)
    return await handler(request)


async def keep_to_itself(_: web.Request, response: web.StreamResponse) -> None:
    """Add the headers before an answer goes out; streams send theirs before their handler ends."""
    response.headers.update(_HEADERS)


def _objection(request: web.Request) -> str | None:
    host = request.headers.get("Host", "")
    if _name(host) not in _OUR_NAMES:
        return "Open this page as http://127.0.0.1 or http://localhost, also through a tunnel."
    if request.method in {"GET", "HEAD"}:
        return None
    if urlsplit(request.headers.get("Origin", "")).netloc != host:
        return "Only the page itself may do this."
    return None if request.content_type == "application/json" else "Deeds are JSON."


def _name(host: str) -> str | None:
    """The name in a Host header, without its port: a tunnel may have another one than we have."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None
