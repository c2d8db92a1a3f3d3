"""A loopback Discord with one guild, and an unmodified discord.py client that talks to it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import discord
import pytest
import yarl

from tests.discord_server import MODERATOR, Channel, DiscordServer, Guild, Member, RateLimits
from tests.discord_server_tests.client import Client


class Scene:
    """A guild with a moderator, an ordinary member, an open and a private channel."""

    def __init__(self, server: DiscordServer) -> None:
        self.server = server
        self.guild: Guild = server.add_guild("Bramble")
        self.moderators = self.guild.add_role("moderators", MODERATOR)
        self.ada: Member = self.guild.add_member("ada", [self.moderators])
        self.mallory: Member = self.guild.add_member("mallory")
        self.general: Channel = self.guild.add_channel("general")
        self.review: Channel = self.guild.add_channel("review", private_to=[self.moderators])

    @asynccontextmanager
    async def client(self, wants: discord.Intents | None = None) -> AsyncIterator[Client]:
        """A client that is logged in and ready."""
        client = Client(wants=wants)
        async with client.running(self.server.token):
            yield client


@pytest.fixture
async def scene(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    """The scene, served; discord.py is pointed to it. Deviations from Discord's description fail the test."""
    server = DiscordServer(limits=RateLimits(enforce_routes=False))
    async with server:
        monkeypatch.setattr(discord.http.Route, "BASE", server.api_url)
        gateway = yarl.URL(server.gateway_url)
        monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", gateway)
        yield Scene(server)


@pytest.fixture
async def client(scene: Scene) -> AsyncIterator[Client]:
    """A ready client with message content."""
    async with scene.client() as client:
        yield client


Refusal = Callable[[Awaitable[object]], Awaitable[tuple[int, int]]]


@pytest.fixture
def refusal() -> Refusal:
    """Awaits a call that must be refused: (status, code)."""

    async def run(call: Awaitable[object]) -> tuple[int, int]:
        with pytest.raises(discord.HTTPException) as caught:
            await call
        return caught.value.status, caught.value.code

    return run
