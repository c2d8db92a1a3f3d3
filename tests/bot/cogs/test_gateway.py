"""The connection, tried on a small gateway on this machine that breaks in every way it is told to."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import discord
import pytest
from aiohttp import WSMsgType, web
from structlog.testing import capture_logs

from bot.cogs import gateway, guilds, intake
from bot.cogs.client import SafeguildBot
from tests.bot.cogs import payloads
from tests.bot.cogs.housemates import Household, tell, unconnected_bot, until
from tests.bot.cogs.payloads import FIRST, GUILD

Scene = Callable[["Gateway", web.WebSocketResponse, dict[str, Any]], Coroutine[Any, Any, None]]


class Gateway:
    """Plays one scene after the other, one for each connection; the last one again and again."""

    def __init__(self, *scenes: Scene) -> None:
        self.scenes = list(scenes)
        self.greeted: list[dict[str, Any]] = []
        """IDENTIFY and RESUME, in order."""
        self.connections = 0
        self.url = ""
        self.sequence = 0
        self.sockets: list[web.WebSocketResponse] = []

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.connections += 1
        if not self.scenes:
            raise web.HTTPServiceUnavailable
        scene = self.scenes.pop(0) if len(self.scenes) > 1 else self.scenes[0]
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.append(socket)
        await socket.send_json({"op": 10, "d": {"heartbeat_interval": 40_000}, "s": None, "t": None})
        async for message in socket:
            if message.type is WSMsgType.TEXT and (told := json.loads(message.data))["op"] in (2, 6):
                self.greeted.append(told)
                await scene(self, socket, told)
        return socket

    async def send(self, socket: web.WebSocketResponse, event: str, data: Any) -> None:
        self.sequence += 1
        await socket.send_json({"op": 0, "t": event, "s": self.sequence, "d": data})

    @property
    def ops(self) -> list[int]:
        return [told["op"] for told in self.greeted]


async def begin(server: Gateway, socket: web.WebSocketResponse, _: dict[str, Any]) -> None:
    """A session that begins well."""
    ready = {**payloads.ready(GUILD), "resume_gateway_url": server.url}
    await server.send(socket, "READY", ready)
    await server.send(socket, "GUILD_CREATE", payloads.guild())


async def go_on(server: Gateway, socket: web.WebSocketResponse, _: dict[str, Any]) -> None:
    """A session that is resumed."""
    await server.send(socket, "RESUMED", {})


async def begin_and_break(server: Gateway, socket: web.WebSocketResponse, told: dict[str, Any]) -> None:
    await begin(server, socket, told)
    await socket.close(code=4000)


async def invalid(server: Gateway, socket: web.WebSocketResponse, _: dict[str, Any]) -> None:
    await socket.send_json({"op": 9, "d": False, "s": None, "t": None})


def closes(code: int) -> Scene:
    async def scene(_: Gateway, socket: web.WebSocketResponse, __: dict[str, Any]) -> None:
        await socket.close(code=code)

    return scene


@asynccontextmanager
async def serving(*scenes: Scene) -> AsyncIterator[Gateway]:
    server = Gateway(*scenes)
    app = web.Application()
    app.router.add_get("/", server.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"ws://127.0.0.1:{runner.addresses[0][1]}/"
    try:
        yield server
    finally:
        for socket in server.sockets:
            await socket.close()
        await runner.cleanup()


@asynccontextmanager
async def bot_at(url: str, household: Household | None = None) -> AsyncIterator[SafeguildBot]:
    """A bot that counts as logged in, and connects to this gateway."""
    household = household or Household()
    bot = unconnected_bot(household, intake.setup_cog, guilds.setup_cog, gateway=url)
    async with bot:
        await bot.setup_hook()
        session = aiohttp.ClientSession(ws_response_class=discord.gateway.DiscordClientWebSocketResponse)
        bot.http._HTTPClient__session = session  # what `login` would have made
        bot.http.token = "token"
        yield bot


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses are counted in milliseconds."""
    monkeypatch.setattr(gateway, "LONGEST_PAUSE", 0.02)
    monkeypatch.setattr(random, "uniform", lambda _, __: 0.01)
    monkeypatch.setattr(SafeguildBot, "before_identify_hook", _at_once)


async def _at_once(*_: Any, **__: Any) -> None:
    """Discord wants 5 seconds between two IDENTIFYs."""


@asynccontextmanager
async def connected(bot: SafeguildBot) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(bot.connect())
    try:
        yield task
    finally:
        await bot.close()
        async with asyncio.timeout(5):
            await task


async def test_a_session_that_breaks_is_resumed_and_its_channels_are_not_held() -> None:
    household = Household()
    async with serving(begin_and_break, go_on) as server, bot_at(server.url, household) as bot:
        async with connected(bot):
            await until(lambda: server.ops == [2, 6])
            await until(lambda: household.intake.named("guild_seen"))
        resumed = server.greeted[1]["d"]
        assert (resumed["session_id"], resumed["seq"]) == ("s", 2)
        assert household.intake.kinds.count("session_lost") == 1


async def test_an_invalid_session_begins_anew_and_is_told() -> None:
    household = Household()
    async with serving(begin_and_break, invalid, begin) as server, bot_at(server.url, household) as bot:
        async with connected(bot):
            await until(lambda: household.intake.kinds.count("session_lost") == 2)
        assert server.ops == [2, 6, 2]


async def test_a_gateway_that_is_away_at_first_is_waited_for(unused_tcp_port_factory: Any) -> None:
    port = unused_tcp_port_factory()
    async with bot_at(f"ws://127.0.0.1:{port}/") as bot, connected(bot) as task:
        await asyncio.sleep(0.1)
        assert not task.done()


async def test_a_gateway_that_answers_with_errors_is_waited_for() -> None:
    async with serving() as server, bot_at(server.url) as bot, connected(bot) as staying:
        await until(lambda: server.connections >= 3)
        server.scenes = [begin]
        await until(bot.is_ready)
        assert not staying.done()


async def test_a_session_that_cannot_be_resumed_is_given_up() -> None:
    async with serving(begin_and_break, closes(4000)) as server, bot_at(server.url) as bot, connected(bot):
        await until(lambda: server.ops.count(2) >= 2)
        assert server.ops.count(6) == gateway.TRIES_TO_RESUME


async def test_a_gateway_that_closes_at_once_is_not_rushed(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    slept = gateway._pause

    async def noting(seconds: float, closing: asyncio.Event) -> None:
        pauses.append(seconds)
        await slept(0, closing)

    monkeypatch.undo()
    monkeypatch.setattr(SafeguildBot, "before_identify_hook", _at_once)
    monkeypatch.setattr(gateway, "_pause", noting)
    async with serving(closes(4000)) as server, bot_at(server.url) as bot, connected(bot):
        await until(lambda: len(pauses) >= 10)
    assert pauses[0] == 0
    assert all(0.5 * 2**n <= pause <= 2**n for n, pause in enumerate(pauses[1:7]))
    assert max(pauses) <= 60


async def test_a_connection_that_is_closed_within_the_handshake_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """aiohttp asserts that the connection is still there; under load it sometimes is not."""
    tries: list[object] = []

    async def gone(*_: object, **__: object) -> None:
        tries.append(1)
        raise AssertionError

    monkeypatch.setattr(gateway.SteadySocket, "from_client", gone)
    monkeypatch.setattr(gateway, "_pause", lambda _seconds, _closing: asyncio.sleep(0.01))
    async with serving(closes(4000)) as server, bot_at(server.url) as bot, connected(bot) as staying:
        await until(lambda: len(tries) >= 3)
        assert not staying.done()


@pytest.mark.parametrize(
    ("code", "error"), [(4014, discord.PrivilegedIntentsRequired), (4004, discord.ConnectionClosed)]
)
async def test_what_only_a_person_can_put_right_ends_the_connection(code: int, error: type[Exception]) -> None:
    async with serving(closes(code)) as server, bot_at(server.url) as bot:
        with pytest.raises(error):
            await bot.connect()
        assert server.connections == 1


async def test_closing_ends_a_long_pause(monkeypatch: pytest.MonkeyPatch, unused_tcp_port_factory: Any) -> None:
    monkeypatch.setattr(random, "uniform", lambda _, __: 60.0)
    async with bot_at(f"ws://127.0.0.1:{unused_tcp_port_factory()}/") as bot:
        async with connected(bot) as connecting:
            await asyncio.sleep(0.05)
            assert not connecting.done(), "it is in its pause"
        assert connecting.done()


@pytest.mark.parametrize(
    ("event", "data"),
    [
        ("GUILD_ROLE_UPDATE", {"guild_id": "no number"}),
        ("GUILD_CREATE", {"id": "no number"}),
        ("MESSAGE_CREATE", {}),
        ("MESSAGE_CREATE", payloads.message(author={})),
        ("MESSAGE_UPDATE", {"id": "1"}),
        ("INTERACTION_CREATE", {}),
        ("THREAD_LIST_SYNC", {"guild_id": str(GUILD), "threads": [{"id": "1"}]}),
    ],
)
async def test_an_event_that_cannot_be_read_is_dropped_and_the_next_one_is_heard(
    event: str, data: dict[str, Any]
) -> None:
    household = Household()
    bot = unconnected_bot(household, intake.setup_cog)
    await bot._async_setup_hook()
    await bot.setup_hook()
    tell(bot, "READY", payloads.ready(GUILD))
    tell(bot, "GUILD_CREATE", payloads.guild())
    with capture_logs() as logs:
        tell(bot, event, data)
    tell(bot, "MESSAGE_CREATE", payloads.message())
    await asyncio.sleep(0.01)
    assert [entry["gateway_event"] for entry in logs] == [event]
    assert household.intake.named("created")
    await bot.close()


async def test_half_a_surrogate_pair_in_the_gateways_json_is_read() -> None:
    async def odd(server: Gateway, socket: web.WebSocketResponse, told: dict[str, Any]) -> None:
        await begin(server, socket, told)
        text = json.dumps({"op": 0, "t": "MESSAGE_CREATE", "s": 9, "d": payloads.message(FIRST, "x\ud800")})
        await socket.send_str(text)

    household = Household()
    async with serving(odd) as server, bot_at(server.url, household) as bot, connected(bot):
        await until(lambda: household.intake.named("created"))
        assert household.intake.named("created")[0][1].content == "x\ufffd"
        assert server.connections == 1


async def test_json_that_is_none_breaks_the_connection_and_no_more() -> None:
    async def odd(server: Gateway, socket: web.WebSocketResponse, told: dict[str, Any]) -> None:
        await begin(server, socket, told)
        await socket.send_str("{")

    async with serving(odd, go_on) as server, bot_at(server.url) as bot, connected(bot) as staying:
        await until(lambda: server.ops == [2, 6])
        assert not staying.done()


async def test_a_ready_without_an_address_to_resume_at_begins_a_session_that_is_resumed_here() -> None:
    async def begin_and_break_barely(server: Gateway, socket: web.WebSocketResponse, _: dict[str, Any]) -> None:
        await server.send(socket, "READY", _without_address(payloads.ready(GUILD)))
        await server.send(socket, "GUILD_CREATE", payloads.guild())
        await socket.close(code=4000)

    async def resume_silently(_: Gateway, socket: web.WebSocketResponse, __: dict[str, Any]) -> None:
        await socket.send_json({"op": 0, "t": "RESUMED", "s": 9, "d": None})

    scenes = (begin_and_break_barely, resume_silently)
    async with serving(*scenes) as server, bot_at(server.url) as bot, connected(bot) as staying:
        await until(lambda: server.ops == [2, 6])
        await asyncio.sleep(0.05)
        assert not staying.done()
        assert server.connections == 2


async def test_what_is_no_event_at_all_breaks_the_connection_and_no_more() -> None:
    async def odd(server: Gateway, socket: web.WebSocketResponse, told: dict[str, Any]) -> None:
        await begin(server, socket, told)
        await socket.send_json([1])

    async with serving(odd, go_on) as server, bot_at(server.url) as bot, connected(bot) as staying:
        await until(lambda: server.ops == [2, 6])
        assert not staying.done()


def _without_address(ready: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in ready.items() if key != "resume_gateway_url"}
