"""What the bot asks of Discord, and what it says and logs when something goes wrong."""

import asyncio
import gc
import logging
from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest
from discord import app_commands
from discord.http import Route
from structlog.testing import capture_logs
from yarl import URL

from bot.cogs import intake
from bot.cogs.client import NOT_HERE, SORRY, BotOptions, SafeguildBot, create_bot, explanation
from bot.ports import Refused
from tests.bot.cogs import payloads
from tests.bot.cogs.housemates import Household, tell, unconnected_bot
from tests.bot.cogs.payloads import FIRST, GENERAL, GUILD
from tests.bot.cogs.test_failures import WHAT_A_MEMBER_WROTE, answered


class Person:
    """Somebody who used a command, and what they were told."""

    def __init__(self, bot: SafeguildBot, guild_id: int | None = GUILD, *, done: bool = False) -> None:
        self.told: list[tuple[str, bool]] = []
        self.fails: Exception | None = None
        tell_them = SimpleNamespace(is_done=lambda: done, send_message=self._hear, send=self._hear)
        self.interaction: Any = SimpleNamespace(
            client=bot, guild_id=guild_id, command=None, response=tell_them, followup=tell_them, type=2
        )

    async def _hear(self, text: str, *, ephemeral: bool) -> None:
        if self.fails:
            raise self.fails
        self.told.append((text, ephemeral))


def test_the_bot_asks_for_as_little_as_it_needs_and_remembers_nothing() -> None:
    bot = create_bot(BotOptions())
    wanted = {"guilds": True, "guild_messages": True, "message_content": True, "auto_moderation_execution": True}
    assert bot.intents == discord.Intents(**wanted)
    assert bot._connection.member_cache_flags == discord.MemberCacheFlags.none()
    assert bot._connection._messages is None
    assert bot.help_command is None
    assert bot.allowed_mentions is not None
    assert bot.allowed_mentions.to_dict() == {"parse": []}


def test_it_talks_to_the_addresses_that_are_set() -> None:
    create_bot(BotOptions(api="http://127.0.0.1:9/api/v10/", gateway="ws://127.0.0.1:9/"))
    assert Route("GET", "/users/@me").url == "http://127.0.0.1:9/api/v10/users/@me"
    assert URL("ws://127.0.0.1:9/") == discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY
    assert discord.asset.Asset.BASE == "http://127.0.0.1:9"
    create_bot(BotOptions())
    assert Route("GET", "/users/@me").url == "https://discord.com/api/v10/users/@me"
    assert discord.asset.Asset.BASE == "https://cdn.discordapp.com"


async def test_members_are_not_kept_in_memory() -> None:
    bot = unconnected_bot(Household(), intake.setup_cog)
    await bot._async_setup_hook()
    await bot.setup_hook()
    tell(bot, "READY", payloads.ready(GUILD))
    tell(bot, "GUILD_CREATE", payloads.guild())
    tell(bot, "MESSAGE_CREATE", payloads.message())
    await asyncio.sleep(0)
    guild = bot.get_guild(GUILD)
    assert guild is not None
    assert [member.id for member in guild.members] == [payloads.BOT]
    assert len(bot._connection._users) == 1
    await bot.close()


async def test_a_listener_that_fails_is_logged_by_kind_and_ids_only(caplog: pytest.LogCaptureFixture) -> None:
    household = Household()
    bot = unconnected_bot(household, intake.setup_cog)
    await bot._async_setup_hook()
    await bot.setup_hook()

    def broken(_: Any) -> None:
        raise ValueError(WHAT_A_MEMBER_WROTE)

    household.intake.created = broken
    tell(bot, "READY", payloads.ready(GUILD))
    with capture_logs() as logs, caplog.at_level(logging.WARNING):
        tell(bot, "MESSAGE_CREATE", payloads.message(content=WHAT_A_MEMBER_WROTE))
        await asyncio.sleep(0.01)
    assert logs == [
        {
            "event": "a listener failed",
            "event_method": "on_message",
            "Message": FIRST,
            "exc_info": True,
            "log_level": "error",
        }
    ]
    assert WHAT_A_MEMBER_WROTE not in caplog.text
    await bot.close()


async def test_a_task_that_nobody_waits_for_dies_without_quoting_a_member(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bot = unconnected_bot(Household())
    await bot._async_setup_hook()
    await bot.setup_hook()

    async def broken() -> None:
        raise ValueError(WHAT_A_MEMBER_WROTE)

    with capture_logs() as logs:
        task = asyncio.create_task(broken())
        await asyncio.sleep(0)
        del task
        gc.collect()
    assert [(entry["what"], type(entry["exc_info"])) for entry in logs] == [
        ("Task exception was never retrieved", ValueError)
    ]
    assert WHAT_A_MEMBER_WROTE not in caplog.text
    await bot.close()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Refused("The channel is full."), "The channel is full."),
        (answered(403, 50013), "permission"),
        (OSError(WHAT_A_MEMBER_WROTE), "cannot be reached"),
        (app_commands.MissingPermissions(["manage_guild"]), "Manage Guild"),
        (app_commands.CheckFailure(WHAT_A_MEMBER_WROTE), "may not"),
        (app_commands.CommandNotFound("x", []), "Reload"),
        (ValueError(WHAT_A_MEMBER_WROTE), SORRY),
    ],
)
@pytest.mark.parametrize("done", [True, False])
async def test_a_command_that_fails_tells_the_person_why_in_plain_words(
    error: Exception, said: str, done: bool
) -> None:
    bot = unconnected_bot(Household())
    person = Person(bot, done=done)
    command: Any = SimpleNamespace(name="x", qualified_name="x")
    raised = (
        error
        if isinstance(error, app_commands.AppCommandError)
        else app_commands.CommandInvokeError(command, error)
    )
    with capture_logs() as logs:
        await bot.tree.on_error(person.interaction, raised)
    ((text, ephemeral),) = person.told
    assert said in text
    assert WHAT_A_MEMBER_WROTE not in text
    assert ephemeral
    assert logs[0]["exc_info"] is error


async def test_an_answer_that_comes_too_late_is_logged_and_nothing_else_happens() -> None:
    bot = unconnected_bot(Household())
    person = Person(bot)
    person.fails = answered(404, 10062)
    with capture_logs() as logs:
        await bot.tree.on_error(person.interaction, app_commands.CheckFailure())
    assert [entry["event"] for entry in logs] == ["a command failed", "an answer could not be given"]


@pytest.mark.parametrize(("guild_id", "allowed"), [(GUILD, True), (GUILD + 1, False), (None, False)])
async def test_commands_work_only_in_servers_that_are_allowed(guild_id: int | None, allowed: bool) -> None:
    bot = unconnected_bot(Household(allowed=frozenset({GUILD})))
    person = Person(bot, guild_id)
    assert await bot.tree.interaction_check(cast("Any", person.interaction)) is allowed
    assert person.told == ([] if allowed else [(NOT_HERE, True)])


def test_an_unknown_error_says_where_to_look() -> None:
    assert "log" in explanation(RuntimeError())


def test_rooms_are_asked_for_before_there_are_any() -> None:
    with pytest.raises(RuntimeError, match="furnish"):
        _ = create_bot(BotOptions()).rooms


def test_only_guilds_are_ever_allowed() -> None:
    assert Household().rooms.allows(GUILD)
    assert not Household().rooms.allows(None)
    assert not Household(allowed=frozenset()).rooms.allows(GUILD)


def test_a_thread_in_the_review_channel_belongs_to_it() -> None:
    household = Household()
    assert not household.rooms.is_review_place(GUILD, GENERAL, None)
    household.guild_book.kept[GUILD] = household.guild_book.settings(GUILD).model_copy(
        update={"review_channel": GENERAL}
    )
    assert household.rooms.is_review_place(GUILD, GENERAL, None)
    assert household.rooms.is_review_place(GUILD, FIRST, GENERAL)
    assert not household.rooms.is_review_place(GUILD, FIRST, None)
