"""The gate in front of HTTP requests, tried with real requests to a small server on this machine."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from bot.cogs.failures import RequestsHalted, translation
from bot.cogs.trace import RequestGate
from bot.pace import InvalidRequests, TokenBucket
from bot.ports import DiscordAway

ANSWERS = ("/api/v10/interactions/1/token/callback", "/api/v10/webhooks/1/token/messages/@original")


class Server:
    """Answers every request with the status and the headers it is set to, and counts them."""

    def __init__(self) -> None:
        self.status = 200
        self.headers: dict[str, str] = {}
        self.asked: list[str] = []
        self.origin = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        return web.Response(status=self.status, headers=self.headers)


@asynccontextmanager
async def serving() -> AsyncIterator[Server]:
    server = Server()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.origin = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()


Ask = Callable[[str], Awaitable[int]]


@asynccontextmanager
async def asking(
    *, rate: float = 10_000, burst: int = 100, limit: int = 3
) -> AsyncIterator[tuple[Server, InvalidRequests, Ask]]:
    refusals = InvalidRequests(time.monotonic, limit=limit)
    bucket = TokenBucket(rate, burst, time.monotonic)
    async with serving() as server:
        gate = RequestGate(f"{server.origin}/api/v10", bucket, refusals)
        async with aiohttp.ClientSession(trace_configs=[gate.trace()]) as session:

            async def ask(path: str) -> int:
                async with session.get(server.origin + path) as response:
                    return response.status

            yield server, refusals, ask


async def test_requests_to_the_api_keep_to_the_pace() -> None:
    async with asking(rate=50, burst=1) as (server, _, ask):
        began = time.monotonic()
        await asyncio.gather(*(ask("/api/v10/channels/1") for _ in range(11)))
        assert time.monotonic() - began >= 0.19
        assert len(server.asked) == 11


@pytest.mark.parametrize("path", [*ANSWERS, "/images/1.png", "/api/v9/channels/1"])
async def test_answers_to_people_and_what_is_not_of_the_api_never_wait(path: str) -> None:
    async with asking(rate=0.01, burst=1) as (_, __, ask):
        async with asyncio.timeout(5):
            answers = await asyncio.gather(*(ask(path) for _ in range(20)))
    assert len(answers) == 20


@pytest.mark.parametrize(
    ("status", "scope", "counts"),
    [
        (200, None, False),
        (404, None, False),
        (500, None, False),
        (401, None, True),
        (403, None, True),
        (429, "user", True),
        (429, "global", True),
        (429, None, True),
        (429, "shared", False),
    ],
)
async def test_refusals_are_counted_as_discord_counts_them(status: int, scope: str | None, counts: bool) -> None:
    async with asking() as (server, refusals, ask):
        server.status = status
        server.headers = {"X-RateLimit-Scope": scope} if scope else {}
        for path in ("/api/v10/channels/1", ANSWERS[0], "/images/1.png"):
            await ask(path)
        assert refusals.count == (2 if counts else 0)


async def test_after_many_refusals_nothing_is_sent_but_answers_to_people() -> None:
    async with asking(limit=3) as (server, _, ask):
        server.status = 403
        for _ in range(3):
            await ask("/api/v10/channels/1")
        with pytest.raises(RequestsHalted) as caught:
            await ask("/api/v10/channels/1")
        assert 0 < caught.value.retry_after <= 600
        assert isinstance(translation(caught.value), DiscordAway)
        assert await ask(ANSWERS[0]) == 403
        assert len(server.asked) == 4


async def test_a_refusal_is_logged_with_its_path_but_never_with_a_token() -> None:
    async with asking(limit=100) as (server, _, ask):
        server.status = 403
        with capture_logs() as logs:
            for path in ("/api/v10/channels/7/messages", *ANSWERS):
                await ask(path)
        assert [entry["path"] for entry in logs] == ["channels/7/messages", "interactions", "webhooks"]
