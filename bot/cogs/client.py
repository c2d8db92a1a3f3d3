"""The bot as discord.py sees it: what it asks of Discord, and what it does when something goes wrong."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import discord
import orjson
import structlog
from discord import app_commands
from discord.ext import commands
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

from bot.cogs.budget import CONTENT
from bot.cogs.failures import FAILURES, translation
from bot.cogs.forms import FormBook, Typed, with_words
from bot.cogs.gateway import session_bucket, stay_connected
from bot.cogs.gateway_events import LeftToHistory, SteadyState
from bot.cogs.languages import CatalogueTranslator
from bot.cogs.rooms import Rooms
from bot.cogs.trace import RequestGate
from bot.discord_traffic import DiscordTraffic
from bot.language import load_all, marked, tr
from bot.pace import InvalidRequests, discord_bucket
from bot.ports import DiscordError

_log = structlog.get_logger(__name__)
DISCORD_PICTURES = "https://cdn.discordapp.com"
PATIENCE_WITH_LIMITS = 30.0
"""Seconds that a request waits for its rate limit before the caller hears of it: the least discord.py allows."""
SORRY = marked("Something went wrong on the bot's side. It is in the bot's log; please try again.")
STALE = marked(
    "This is from before my last start, or older than a quarter of an hour. "
    "Nothing was done: use the command again."
)
_TURNS = {"ready": True, "resumed": True, "disconnect": False}
"""Events that tell whether the connection to the gateway is up."""
NOT_HERE = marked(
    "This bot is not set up to work in this server. Ask whoever runs the bot to add it to its list of servers."
)

Tree: TypeAlias = "app_commands.CommandTree[SafeguildBot]"
Interaction: TypeAlias = "discord.Interaction[SafeguildBot]"
SetUpCog: TypeAlias = "Callable[[SafeguildBot, Rooms], Awaitable[None]]"


@dataclass(frozen=True, slots=True)
class BotOptions:
    """Where Discord is, and how fast it is asked."""

    api: str = "https://discord.com/api/v10"
    gateway: str = "wss://gateway.discord.gg/"
    requests_per_second: float = 40.0
    guild_ready_seconds: float = 2.0
    """How long after the last guild of a new session the bot counts as ready."""


def point_at(api: str, gateway: str) -> None:
    """Let discord.py of this process talk to this API and this gateway. It keeps both in its classes."""
    Route.BASE = api.rstrip("/")
    DiscordWebSocket.DEFAULT_GATEWAY = URL(gateway)
    # Pictures are never fetched; a bot that talks to another server shall not name Discord's for them either.
    discord.asset.Asset.BASE = DISCORD_PICTURES if URL(api).host == "discord.com" else str(URL(api).origin())


def create_bot(options: BotOptions) -> "SafeguildBot":
    """A bot that is pointed at Discord and not furnished yet: `furnish` it, then `start` it with the token.

    The ports (`bot.cogs.history`, `board`, `enforcement`) are built on the bot, the rooms are built on the ports,
    and the cogs need the rooms: hence the two steps.
    """
    point_at(options.api, options.gateway)
    # orjson, which discord.py takes when it is there, refuses what json takes: half of a surrogate pair.
    discord.utils._from_json = _read_json  # type: ignore[assignment]  # noqa: SLF001
    # It does not speak: spare the operator the warnings that libraries for it are missing.
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
    return SafeguildBot(options)


class SafeguildBot(commands.Bot):
    """The connection to Discord and the cogs on it.

    `start(token)` ends only by `close()` or with one of these, which a person has to look at:

        discord.LoginFailure                the token is wrong (HTTP 401)
        discord.PrivilegedIntentsRequired   Message Content Intent is off in the developer portal (close code 4014)
        discord.ConnectionClosed            closed for good; `code` 4004: the token was changed while running
        failures.FAILURES                   login only: Discord could not be reached or answered with an error

    Once connected it reconnects by itself for as long as it takes.
    """

    def __init__(self, options: BotOptions) -> None:
        bucket = discord_bucket(options.requests_per_second, time.monotonic)
        self.refusals = InvalidRequests(time.monotonic)
        """Requests that Discord refused lately, and whether the bot pauses because of them."""
        self.traffic = DiscordTraffic(time.monotonic)
        """What was asked of Discord, and how soon people were answered."""
        super().__init__(
            command_prefix=(),
            help_command=None,
            tree_cls=PlainSpokenTree,
            intents=discord.Intents(
                guilds=True, guild_messages=True, message_content=True, auto_moderation_execution=True
            ),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            allowed_mentions=discord.AllowedMentions.none(),
            http_trace=RequestGate(options.api, bucket, self.refusals, self.traffic).trace(),
            max_ratelimit_timeout=PATIENCE_WITH_LIMITS,
            guild_ready_timeout=options.guild_ready_seconds,
        )
        self._new_sessions = session_bucket()
        self._closing = asyncio.Event()
        self._rooms: Rooms | None = None
        self._at_once: dict[str, Callable[..., None]] = {}
        self._cogs_to_set_up: tuple[SetUpCog, ...] = ()
        self.forms = FormBook()
        """Who works on the forms that people send off."""

    def furnish(self, rooms: Rooms, *cogs: SetUpCog) -> None:
        """Say which cogs the bot has and which rooms they talk to. Before `start`."""
        self._rooms = rooms
        self._cogs_to_set_up = cogs

    @property
    def rooms(self) -> Rooms:
        """The rooms that the cogs talk to.

        Raises:
            RuntimeError: the bot was not furnished.
        """
        if self._rooms is None:
            raise RuntimeError("furnish the bot before it is started")
        return self._rooms

    def hear_at_once(self, event: str, handler: Callable[..., None]) -> None:
        """Hand an event to a function that waits for nothing, instead of to listeners.

        discord.py makes tasks of an event, one for each listener. In a flood they cost more than the message, and
        a click that comes after it waits for all of them.
        """
        self._at_once[event] = handler

    def leave_to_history(self, asked: LeftToHistory) -> None:
        """Ask this function before a member's new message is read."""
        self._connection.left_to_history = asked

    def dispatch(self, event_name: str, /, *args: Any, **kwargs: Any) -> None:
        """Hand an event on."""
        if event_name == "interaction":
            self.traffic.received(args[0].id)
        elif event_name in _TURNS:
            self.traffic.connected = _TURNS[event_name]
        handler = self._at_once.get(event_name)
        if handler is None:
            super().dispatch(event_name, *args, **kwargs)
            return
        try:
            handler(*args)
        except Exception:  # noqa: BLE001 - as with listeners: one event's trouble is not the connection's
            _log.exception("a listener failed", event_method=f"on_{event_name}", **_ids(args))

    async def setup_hook(self) -> None:
        """Logged in, not connected yet: bring the cogs in."""
        asyncio.get_running_loop().set_exception_handler(_log_by_kind)
        await asyncio.to_thread(load_all)
        await self.tree.set_translator(CatalogueTranslator())
        for set_up in self._cogs_to_set_up:
            await set_up(self, self.rooms)

    async def connect(self, *, reconnect: bool = True) -> None:
        """Stay connected until closed; see `bot.cogs.gateway`."""
        await stay_connected(self, self._new_sessions, self._closing, reconnect=reconnect)

    async def close(self) -> None:
        """Leave Discord. What waits to reconnect stops waiting."""
        self._closing.set()
        await super().close()

    async def on_message(self, message: discord.Message, /) -> None:
        """Look for no commands in messages: there are slash commands only."""

    async def on_stale_interaction(self, interaction: Interaction) -> None:
        """Something was pressed that nobody is there for any more."""
        await answer(interaction, tr(STALE))

    async def on_form_sent(self, interaction: Interaction) -> None:
        """A form was sent off. Whatever becomes of it, nobody has to write it again."""
        try:
            if not await self.forms.sent(interaction):
                await answer(interaction, tr(STALE), Typed.of(interaction).words)
        except Exception as defect:  # noqa: BLE001 - whatever happens, the person is told
            _log.error("a form could not be worked on", guild=interaction.guild_id, exc_info=defect)
            await answer(interaction, tr(SORRY), Typed.of(interaction).words)

    async def on_error(self, event_method: str, /, *args: Any, **_: Any) -> None:
        """Log what kind of error a listener had, and ids. What it was about may quote a member."""
        _log.exception("a listener failed", event_method=event_method, **_ids(args))

    _connection: SteadyState

    def _get_state(self, **options: Any) -> SteadyState:
        return SteadyState(
            dispatch=self.dispatch, handlers=self._handlers, hooks=self._hooks, http=self.http, **options
        )


class PlainSpokenTree(app_commands.CommandTree["SafeguildBot"]):
    """Slash commands that answer in plain words whatever goes wrong."""

    async def interaction_check(self, interaction: Interaction, /) -> bool:
        """Commands work in the servers that the operator allows."""
        if interaction.client.rooms.allows(interaction.guild_id):
            return True
        if interaction.type is not discord.InteractionType.autocomplete:
            await answer(interaction, tr(NOT_HERE))
        return False

    async def on_error(self, interaction: Interaction, error: app_commands.AppCommandError, /) -> None:
        """Log the kind of error, and tell the person one plain sentence."""
        cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
        _log.error(
            "a command failed",
            command=interaction.command.qualified_name if interaction.command else None,
            guild_id=interaction.guild_id,
            exc_info=cause,
        )
        await answer(interaction, explanation(cause))


def explanation(error: Exception) -> str:
    """One plain sentence about an error, for the person whose command or click it was."""
    if isinstance(error, DiscordError):
        return str(error)
    if isinstance(error, FAILURES):
        return str(translation(error))
    if isinstance(error, app_commands.MissingPermissions):
        missing = ", ".join(name.replace("_", " ").title() for name in error.missing_permissions)
        return tr("You need the permission {permissions} for this.", permissions=missing)
    if isinstance(error, app_commands.CheckFailure):
        return tr("You may not do this here.")
    if isinstance(error, app_commands.CommandNotFound | app_commands.CommandSignatureMismatch):
        return tr("This command has changed. Reload Discord (Ctrl+R), wait a minute and try again.")
    return tr(SORRY)


async def answer(interaction: Interaction, text: str, words: str = "") -> None:
    """Tell only the person who asked, whether or not the interaction was answered before.

    `words`: what they wrote in vain; they get it back.
    Never raises because the answer cannot be given any more: that is logged.
    """
    said, file = with_words(text, words, CONTENT)
    more: dict[str, Any] = {"file": file} if file else {}
    try:
        if interaction.response.is_done():
            await interaction.followup.send(said, ephemeral=True, **more)
        else:
            await interaction.response.send_message(said, ephemeral=True, **more)
    except FAILURES as error:
        _log.warning("an answer could not be given", guild_id=interaction.guild_id, exc_info=error)


def _log_by_kind(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What a task died of that nobody waited for. asyncio's own line quotes the error: a member, perhaps."""
    _log.error("something failed in the background", what=context["message"], exc_info=context.get("exception"))


def _ids(values: tuple[Any, ...]) -> dict[str, int]:
    """The ids of what an event was about: {"Message": 123}."""
    found = {type(value).__name__: getattr(value, "id", getattr(value, "message_id", None)) for value in values}
    return {kind: number for kind, number in found.items() if isinstance(number, int)}


def _read_json(text: str | bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)
