"""The gateway's protocol, frame by frame: what a client library would hide."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import orjson
import pytest

from tests.discord_server import Close, Intent, Op
from tests.discord_server_tests.conftest import Scene

ALL = int(Intent.GUILDS | Intent.GUILD_MESSAGES | Intent.MESSAGE_CONTENT)


class Wire:
    """A bare gateway connection without compression."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def send(self, op: Op, data: Any) -> None:
        await self.socket.send_str(orjson.dumps({"op": int(op), "d": data}).decode())

    async def receive(self) -> dict[str, Any]:
        frame: dict[str, Any] = orjson.loads(await self.socket.receive_str(timeout=5))
        return frame

    async def identify(self, token: str, **changed: Any) -> dict[str, Any]:
        """Identify and read READY and the GUILD_CREATE after it."""
        await self.send(Op.IDENTIFY, {"token": token, "intents": ALL, "properties": {}} | changed)
        ready = await self.receive()
        assert ready["t"] == "READY"
        assert (await self.receive())["t"] == "GUILD_CREATE"
        data: dict[str, Any] = ready["d"]
        return data

    async def closing_code(self) -> int | None:
        """Read until the server closes."""
        async with asyncio.timeout(5):
            async for _ in self.socket:
                pass
        return self.socket.close_code


@asynccontextmanager
async def wired(scene: Scene) -> AsyncIterator[Wire]:
    async with aiohttp.ClientSession() as session, session.ws_connect(scene.server.gateway_url) as socket:
        wire = Wire(socket)
        assert (await wire.receive())["op"] == Op.HELLO
        yield wire


@pytest.mark.parametrize(
    ("op", "data", "code"),
    [
        (Op.IDENTIFY, {"token": "wrong", "intents": 1}, Close.AUTHENTICATION_FAILED),
        (Op.IDENTIFY, {"token": None, "intents": 1 << 40}, Close.INVALID_INTENTS),
        (Op.IDENTIFY, {"token": None, "intents": 1, "shard": [2, 2]}, Close.INVALID_SHARD),
        (Op.IDENTIFY, "not an object", Close.DECODE_ERROR),
        (Op.PRESENCE, {}, Close.NOT_AUTHENTICATED),
        (Op.RESUME, {"token": "wrong", "session_id": "x", "seq": 0}, Close.AUTHENTICATION_FAILED),
    ],
)
async def test_what_breaks_the_protocol_is_closed_with_its_code(
    scene: Scene, op: Op, data: Any, code: Close
) -> None:
    if isinstance(data, dict) and data.get("token", "") is None:
        data = data | {"token": scene.server.token}
    async with wired(scene) as wire:
        await wire.send(op, data)
        assert await wire.closing_code() == code


async def test_a_payload_that_is_no_json_is_closed(scene: Scene) -> None:
    async with wired(scene) as wire:
        await wire.socket.send_str("{")
        assert await wire.closing_code() == Close.DECODE_ERROR


async def test_too_many_payloads_in_a_minute_are_closed(scene: Scene) -> None:
    async with wired(scene) as wire:
        for _ in range(121):
            await wire.send(Op.HEARTBEAT, None)
        assert await wire.closing_code() == Close.RATE_LIMITED


async def test_who_does_not_beat_is_closed(scene: Scene) -> None:
    scene.server.gateway.rules.heartbeat_interval = 0.1
    async with wired(scene) as wire:
        assert await wire.closing_code() == Close.SESSION_TIMED_OUT


async def test_a_heartbeat_is_acknowledged(scene: Scene) -> None:
    async with wired(scene) as wire:
        await wire.send(Op.HEARTBEAT, 7)
        assert (await wire.receive())["op"] == Op.HEARTBEAT_ACK


async def test_a_resume_replays_exactly_what_came_after(scene: Scene) -> None:
    async with wired(scene) as wire:
        session = (await wire.identify(scene.server.token))["session_id"]
        await scene.general.say(scene.mallory, "one")
        seen = await wire.receive()
    await scene.general.say(scene.mallory, "two")
    async with wired(scene) as wire:
        await wire.send(Op.RESUME, {"token": scene.server.token, "session_id": session, "seq": seen["s"]})
        missed, resumed = await wire.receive(), await wire.receive()
    assert (missed["d"]["content"], missed["s"]) == ("two", seen["s"] + 1)
    assert resumed["t"] == "RESUMED"


async def test_a_buffer_that_is_too_short_makes_a_resume_invalid(scene: Scene) -> None:
    scene.server.gateway.rules.replay_limit = 1
    async with wired(scene) as wire:
        session = (await wire.identify(scene.server.token))["session_id"]
    await scene.general.say_many(scene.mallory, ["one", "two"])
    async with wired(scene) as wire:
        await wire.send(Op.RESUME, {"token": scene.server.token, "session_id": session, "seq": 2})
        assert await wire.receive() == {"op": Op.INVALID_SESSION, "d": False, "s": None, "t": None}


async def test_an_invalidated_session_is_gone(scene: Scene) -> None:
    async with wired(scene) as wire:
        session = (await wire.identify(scene.server.token))["session_id"]
        scene.server.gateway.invalidate()
        assert (await wire.receive())["op"] == Op.INVALID_SESSION
    async with wired(scene) as wire:
        await wire.send(Op.RESUME, {"token": scene.server.token, "session_id": session, "seq": 1})
        assert (await wire.receive())["op"] == Op.INVALID_SESSION


async def test_identifies_are_counted_and_run_out(scene: Scene) -> None:
    scene.server.gateway.rules.identifies = 1
    async with wired(scene) as wire:
        await wire.identify(scene.server.token)
    async with wired(scene) as wire:
        await wire.send(Op.IDENTIFY, {"token": scene.server.token, "intents": ALL})
        assert (await wire.receive())["op"] == Op.INVALID_SESSION


async def test_a_shard_gets_only_its_guilds(scene: Scene) -> None:
    index = (scene.guild.id >> 22) % 2
    async with wired(scene) as wire:
        ready = await wire.identify(scene.server.token, shard=[index, 2])
        assert [each["id"] for each in ready["guilds"]] == [str(scene.guild.id)]
    async with wired(scene) as wire:
        await wire.send(Op.IDENTIFY, {"token": scene.server.token, "intents": ALL, "shard": [1 - index, 2]})
        assert (await wire.receive())["d"]["guilds"] == []


async def test_events_have_the_shapes_that_the_api_describes(scene: Scene) -> None:
    """What goes over the gateway is read by the same schemas as what goes over HTTP."""
    check = scene.server.check
    async with wired(scene) as wire:
        await wire.identify(scene.server.token)
        said = await scene.general.say(scene.mallory, f"hello {scene.ada.mention}", files=["a.png"])
        created = (await wire.receive())["d"]
        thread = await scene.general.start_thread(scene.mallory, "aside", on=said)
        opened = (await wire.receive())["d"]
    check.response("GET", f"/channels/1/messages/{said.id}", 200, created)
    check.response("GET", f"/channels/{thread.id}", 200, opened)
    assert check.deviations == []


async def test_a_member_without_the_intent_is_not_announced_but_a_role_is(scene: Scene) -> None:
    async with wired(scene) as wire:
        await wire.identify(scene.server.token)
        scene.guild.add_member("newcomer")
        scene.guild.add_role("helpers")
        assert (await wire.receive())["t"] == "GUILD_ROLE_CREATE"
