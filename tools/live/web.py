"""The page's server: files, the stream of changes, and deeds. For this machine only."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiohttp import web
from pydantic import ValidationError

from tests.discord_server import NotAllowed
from tools.live import views
from tools.live.deeds import Deeds, table
from tools.live.feed import Feed
from tools.live.guard import guard
from tools.live.scene import Scene
from tools.live.troubles import Troubles

PAGE = Path(__file__).with_name("page")
_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_PICTURES = ".png"
_LARGEST_BODY = 1024 * 1024
"""A policy's file, or a zip of all of them, as base64."""
_STILL_HERE = b": still here\n\n"
_QUIET_SECONDS = 15.0
"""After so long without news a page is told that the stream still lives."""


def application(scene: Scene, feed: Feed, troubles: Troubles) -> web.Application:
    """The whole of it. Nothing in it reaches beyond this process."""
    app = web.Application(middlewares=[guard], client_max_size=_LARGEST_BODY)
    app.router.add_get("/", _file_handler(PAGE / "index.html"))
    for path in sorted(PAGE.iterdir()):
        app.router.add_get(f"/{path.name}", _file_handler(path))
    app.router.add_get("/stream", _stream_handler(feed))
    app.router.add_get("/files/{message:\\d+}/{file:\\d+}", _attachment_handler(scene))
    for name, (takes, does) in table(Deeds(scene)).items():
        app.router.add_post(f"/do/{name}", _deed_handler(takes.model_validate_json, does))
    app.router.add_post("/do/trouble/{name}", _trouble_handler(troubles))
    return app


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _file_handler(path: Path) -> Handler:
    async def serve(_: web.Request) -> web.StreamResponse:
        body = await asyncio.to_thread(path.read_bytes)
        return web.Response(body=body, content_type=_TYPES[path.suffix], charset="utf-8")

    return serve


def _stream_handler(feed: Feed) -> Handler:
    async def serve(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b"retry: 500\n\n")
        with feed.reader() as reader:
            while True:
                try:
                    news = await asyncio.wait_for(reader.next(), _QUIET_SECONDS)
                except TimeoutError:
                    news = _STILL_HERE
                await response.write(news)

    return serve


def _attachment_handler(scene: Scene) -> Handler:
    """What the bot attached: pictures as such, anything else as text for saving. Never a page."""

    async def serve(request: web.Request) -> web.StreamResponse:
        message, file = request.match_info["message"], request.match_info["file"]
        found = views.attached(scene, int(message), int(file))
        if found is None:
            raise web.HTTPNotFound
        if found.filename.endswith(_PICTURES):
            return web.Response(body=found.content, content_type="image/png")
        return web.Response(body=found.content, content_type="text/plain", charset="utf-8")

    return serve


def _deed_handler(read: Callable[[bytes], Any], does: Callable[[Any], Awaitable[dict[str, Any]]]) -> Handler:
    async def serve(request: web.Request) -> web.StreamResponse:
        try:
            return web.json_response(await does(read(await request.read())))
        except ValidationError:
            return _problem(400, "the page sent something that makes no sense; load it again")
        except NotAllowed as reason:
            return _problem(409, str(reason))

    return serve


def _trouble_handler(troubles: Troubles) -> Handler:
    async def serve(request: web.Request) -> web.StreamResponse:
        try:
            troubles.begin(request.match_info["name"])
        except NotAllowed as reason:
            return _problem(409, str(reason))
        return web.json_response({})

    return serve


def _problem(status: int, text: str) -> web.Response:
    return web.json_response({"problem": text}, status=status)
