"""The loopback Discord: REST and gateway on one port of 127.0.0.1, driven by a test or a page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from tests.discord_server.changes import DEFAULT_TIMEOUT
from tests.discord_server.channels import Channel
from tests.discord_server.clock import Clock
from tests.discord_server.events import Event
from tests.discord_server.faults import Faults, Outage
from tests.discord_server.gateway import Gateway
from tests.discord_server.gateway_protocol import GatewayRules
from tests.discord_server.guild import Guild
from tests.discord_server.interactions import Interactions
from tests.discord_server.journal import Action, ActionKind, AuditEntry, Request
from tests.discord_server.messages import Attachment, Message
from tests.discord_server.openapi_check import find_description, make_check
from tests.discord_server.outage import OutageSwitch
from tests.discord_server.people import User
from tests.discord_server.permissions import Permission
from tests.discord_server.person import People
from tests.discord_server.rate_limits import RateLimits
from tests.discord_server.rest.endpoint import RestEndpoint
from tests.discord_server.world import BOT_PERMISSIONS, Application, World

LARGEST_UPLOAD = 30 * 2**20


class Deviation(AssertionError):
    """The bot's requests or this server's answers are not as Discord describes them."""


class DiscordServer:
    """A whole Discord for one bot.

    `async with DiscordServer() as discord:` serves it; the bot is pointed to `discord.api_url` and
    `discord.gateway_url` with `discord.token`. Leaving raises `Deviation` if anything was not as described.
    `routes` are served beside the API, and `listeners` hear every event, for a page on top of it.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        description: Path | None = None,
        gateway: GatewayRules | None = None,
        limits: RateLimits | None = None,
        bot_name: str = "Safeguild",
        routes: Sequence[web.AbstractRouteDef] = (),
    ) -> None:
        self.world = World(self._publish, self._drain, self._identifies_left, bot_name)
        self.interactions = Interactions(self.world)
        self.world.people = People(self.world, self.interactions)
        self.gateway = Gateway(self.world, gateway or GatewayRules())
        self.limits = limits or RateLimits()
        self.faults = Faults()
        self.check = make_check(description or find_description())
        self._outages = OutageSwitch()
        self._rest = RestEndpoint(
            self.world, self.interactions, self.limits, self.faults, self._outages, self.check
        )
        self.listeners: list[Callable[[Event], None]] = []
        self._routes = routes
        self._wanted_port = port
        self.port = 0
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None

    # Addresses

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/v10"

    @property
    def gateway_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/gateway"

    @property
    def token(self) -> str:
        return self.world.application.token

    # Life

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
        if kind is None:
            self.raise_deviations()

    async def start(self) -> None:
        """Listen."""
        application = web.Application(client_max_size=LARGEST_UPLOAD)
        application.router.add_get("/gateway", self.gateway.connect)
        application.router.add_get("/gateway/", self.gateway.connect)
        application.router.add_route("*", "/api/{version:v\\d+}/{path:.*}", self._rest.serve)
        application.router.add_get("/attachments/{channel}/{file}/{name}", self._serve_file)
        application.router.add_routes(self._routes)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.2, handler_cancellation=True)
        await self._runner.setup()
        self.port = self._wanted_port
        await self._listen()
        self.world.files_url = f"http://127.0.0.1:{self.port}/attachments"
        self.gateway.handshake.resume_url = self._rest.gateway_url = self.gateway_url

    async def _serve_file(self, request: web.Request) -> web.Response:
        """What somebody uploaded. Like Discord's, the address needs no authorisation."""
        number = request.match_info["file"]
        file = self.world.files.get(int(number)) if number.isdecimal() else None
        if file is None:
            raise web.HTTPNotFound
        return web.Response(body=file.content, content_type="application/octet-stream")

    async def _listen(self) -> None:
        if self._runner is None:
            raise RuntimeError("the server was not started")
        self._site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await self._site.start()
        if self.port == 0:
            self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Close everything."""
        self._outages.end()
        await self.gateway.drop(1001)
        if self._runner is not None:
            await self._runner.cleanup()

    def raise_deviations(self) -> None:
        """Raise what was not as described, and forget it."""
        found, self.check.deviations = list(dict.fromkeys(self.check.deviations)), []
        if found:
            raise Deviation("\n".join(found[:20]))

    # Setting the scene

    @property
    def clock(self) -> Clock:
        return self.world.clock

    @property
    def application(self) -> Application:
        return self.world.application

    @property
    def bot(self) -> User:
        return self.world.application.bot

    def add_guild(
        self, name: str, *, bot_permissions: Permission = BOT_PERMISSIONS, with_bot: bool = True
    ) -> Guild:
        """A guild, with the bot in it."""
        return self.world.add_guild(name, bot_permissions=bot_permissions, with_bot=with_bot)

    def add_user(self, name: str) -> User:
        """An account outside of any guild."""
        return self.world.add_user(name)

    def upload(self, filename: str, content: bytes, content_type: str | None = None) -> Attachment:
        """A file that a person gives to a command, or puts beside a message; the bot can fetch it."""
        return self.world.upload(filename, content, content_type)

    def direct_channel(self, user: User) -> Channel:
        """The direct messages between the bot and a person."""
        return self.world.direct_channel(user)

    # Faults

    async def drop_sessions(self, code: int = 1001, *, forget: bool = False) -> None:
        """Close the gateway connections (1006 cuts them); with `forget` the bot must identify anew."""
        await self.gateway.drop(code, forget=forget)

    @asynccontextmanager
    async def outage(self, kind: Outage = Outage.UNAVAILABLE) -> AsyncIterator[None]:
        """All of Discord is away inside the block: connections are cut, requests fail as `kind` says."""
        await self.begin_outage(kind)
        try:
            yield
        finally:
            await self.end_outage()

    async def begin_outage(self, kind: Outage = Outage.UNAVAILABLE) -> None:
        self._outages.begin(kind)
        self.gateway.rules.refused = 503
        if kind is Outage.REFUSED and self._site is not None:
            await self._site.stop()
        await self.gateway.drop(1006)
        self._abort_connections()

    async def end_outage(self) -> None:
        kind = self._outages.current
        self._outages.end()
        self.gateway.rules.refused = None
        if kind is Outage.REFUSED:
            await self._listen()

    def _abort_connections(self) -> None:
        server = None if self._runner is None else self._runner.server
        for handler in [] if server is None else server.connections:
            if handler.transport is not None:
                handler.transport.abort()

    # What happened

    @property
    def requests(self) -> list[Request]:
        return self.world.journal.requests

    @property
    def actions(self) -> list[Action]:
        return self.world.journal.actions

    @property
    def audit_log(self) -> list[AuditEntry]:
        return self.world.journal.audit_log

    def actions_of(self, kind: ActionKind) -> list[Action]:
        """The bot's effects of one kind."""
        return self.world.journal.of(kind)

    def requests_to(self, route: str) -> list[Request]:
        """The requests to a route, written as "DELETE /channels/{}/messages/{}"."""
        return self.world.journal.to(route)

    @property
    def bot_messages(self) -> list[Message]:
        """All messages of the bot that are left, in channels and as answers only one person sees."""
        posted = [each for channel in self.world.channels.values() for each in channel.messages]
        answers = [
            each
            for interaction in self.interactions.by_id.values()
            for each in (interaction.original, *interaction.followups)
            if each is not None and each.is_ephemeral
        ]
        return [each for each in (*posted, *answers) if each.author is self.bot]

    @property
    def pings(self) -> list[str]:
        """Every notification that the bot's messages caused."""
        return [ping for message in self.bot_messages for ping in sorted(message.pings)]

    @property
    def connected(self) -> bool:
        """Whether the bot has a gateway session that is connected."""
        return any(session.connection is not None for session in self.gateway.sessions.values())

    async def wait_connected(self, within: float = DEFAULT_TIMEOUT) -> None:
        """Wait for a connected session."""
        await self.wait_until(lambda: self.connected, within, "the bot's session")

    async def wait_until(
        self, look: Callable[[], object], within: float = DEFAULT_TIMEOUT, what: str = "what the test waits for"
    ) -> None:
        """Wait until `look()` is true; it is asked again after each change in this Discord."""
        await self.world.changes.until(lambda: bool(look()), within, what)

    def _publish(self, event: Event) -> None:
        self.gateway.publish(event)
        for listener in self.listeners:
            listener(event)

    async def _drain(self) -> None:
        await self.gateway.drain()

    def _identifies_left(self) -> int:
        return self.gateway.rules.identifies
