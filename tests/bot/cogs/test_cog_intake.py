"""From what the gateway says to what the intake hears, through discord.py's own parsers and dispatch."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.cogs import guilds, intake
from bot.cogs.client import SafeguildBot
from bot.guilds.settings import GuildSettings
from tests.bot.cogs import payloads
from tests.bot.cogs.housemates import Household, tell, unconnected_bot
from tests.bot.cogs.payloads import BOT, FIRST, FORUM, GENERAL, GUILD, STAFF, VOICE


async def settle() -> None:
    """Let every listener that was started run."""
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.fixture
def household() -> Household:
    return Household()


@pytest.fixture
async def bot(household: Household) -> AsyncIterator[SafeguildBot]:
    """A bot that is in one guild and has just heard of it."""
    bot = unconnected_bot(household, intake.setup_cog, guilds.setup_cog)
    await bot._async_setup_hook()
    await bot.setup_hook()
    tell(bot, "READY", payloads.ready(GUILD))
    tell(bot, "GUILD_CREATE", payloads.guild())
    await asyncio.sleep(0.02)
    yield bot
    await bot.close()


async def test_a_new_session_is_told_before_any_message_of_it(household: Household) -> None:
    bot = unconnected_bot(household, intake.setup_cog, guilds.setup_cog)
    await bot._async_setup_hook()
    await bot.setup_hook()
    tell(bot, "READY", payloads.ready(GUILD))
    tell(bot, "MESSAGE_CREATE", payloads.message(FIRST))
    tell(bot, "GUILD_CREATE", payloads.guild())
    tell(bot, "MESSAGE_CREATE", payloads.message(FIRST + 1))
    tell(bot, "READY", payloads.ready(GUILD))
    tell(bot, "MESSAGE_CREATE", payloads.message(FIRST + 2))
    await settle()
    told = [kind for kind in household.intake.kinds if kind != "guild_seen"]
    assert told == ["session_lost", "created", "created", "session_lost", "created"]
    await bot.close()


async def test_a_resumed_session_is_no_new_one(bot: SafeguildBot, household: Household) -> None:
    household.intake.heard.clear()
    tell(bot, "RESUMED", {})
    await settle()
    assert household.intake.heard == []


async def test_a_guild_is_seen_with_the_last_message_of_every_channel_that_holds_some(
    bot: SafeguildBot, household: Household
) -> None:
    assert household.intake.named("guild_seen") == [
        ("guild_seen", GUILD, {GENERAL: FIRST, STAFF: FIRST + 1, VOICE: None})
    ]
    assert FORUM not in household.intake.named("guild_seen")[0][2]
    assert household.outbox.stirred == [GUILD]


async def test_a_message_its_edit_and_its_deletion_reach_the_intake(
    bot: SafeguildBot, household: Household
) -> None:
    household.intake.heard.clear()
    tell(bot, "MESSAGE_CREATE", payloads.message(content="one"))
    tell(bot, "MESSAGE_UPDATE", payloads.message(content="two"))
    tell(bot, "MESSAGE_DELETE", {"id": "5", "channel_id": str(GENERAL), "guild_id": str(GUILD)})
    tell(bot, "MESSAGE_DELETE_BULK", {"ids": ["6", "7"], "channel_id": str(GENERAL), "guild_id": str(GUILD)})
    await settle()
    created, edited, deleted, deleted_many = household.intake.heard
    assert (created[0], created[1].text) == ("created", "one")
    assert (edited[0], edited[1].text) == ("edited", "two")
    assert deleted == ("deleted", GUILD, GENERAL, frozenset({5}))
    assert deleted_many == ("deleted", GUILD, GENERAL, frozenset({6, 7}))


@pytest.mark.parametrize("event", ["MESSAGE_CREATE", "MESSAGE_UPDATE"])
async def test_what_bots_write_does_not_reach_the_intake(
    bot: SafeguildBot, household: Household, event: str
) -> None:
    household.intake.heard.clear()
    tell(bot, event, payloads.message(author=payloads.user(BOT, bot=True)))
    await settle()
    assert household.intake.heard == []


async def test_direct_messages_are_left_alone(bot: SafeguildBot, household: Household) -> None:
    household.intake.heard.clear()
    direct = {key: value for key, value in payloads.message().items() if key not in ("guild_id", "member")}
    tell(bot, "MESSAGE_CREATE", direct)
    tell(bot, "MESSAGE_DELETE", {"id": "5", "channel_id": "6"})
    await settle()
    assert household.intake.heard == []


async def test_the_review_channel_and_its_threads_are_not_moderated(
    bot: SafeguildBot, household: Household
) -> None:
    household.guild_book.kept[GUILD] = GuildSettings(review_channel=STAFF)
    household.intake.heard.clear()
    below = payloads.thread(FIRST + 3, STAFF)
    tell(bot, "THREAD_CREATE", {**below, "newly_created": True})
    tell(bot, "MESSAGE_CREATE", payloads.message(FIRST + 4, channel_id=str(STAFF)))
    tell(bot, "MESSAGE_UPDATE", payloads.message(FIRST + 5, channel_id=str(FIRST + 3)))
    tell(bot, "GUILD_CREATE", payloads.guild(threads=[below]))
    await asyncio.sleep(0.02)
    assert household.intake.heard == [("guild_seen", GUILD, {GENERAL: FIRST, VOICE: None})]


async def test_what_there_is_no_room_for_is_not_even_read(bot: SafeguildBot, household: Household) -> None:
    household.intake.heard.clear()
    household.intake.full = True
    tell(bot, "MESSAGE_CREATE", payloads.message(FIRST + 4))
    await settle()
    assert household.intake.heard == [("left to history", GUILD, GENERAL, FIRST + 4)]


async def test_what_is_not_moderated_is_never_left_to_history(bot: SafeguildBot, household: Household) -> None:
    household.guild_book.kept[GUILD] = GuildSettings(review_channel=STAFF)
    household.intake.heard.clear()
    household.intake.full = True
    tell(bot, "MESSAGE_CREATE", payloads.message(FIRST + 4, channel_id=str(STAFF)))
    tell(bot, "MESSAGE_CREATE", payloads.message(FIRST + 5, author=payloads.user(9, bot=True)))
    await settle()
    assert household.intake.heard == []


async def test_a_handler_that_fails_at_once_ends_nothing(bot: SafeguildBot) -> None:
    def fail(_: object) -> None:
        raise ZeroDivisionError

    bot.hear_at_once("message", fail)
    with capture_logs() as logs:
        tell(bot, "MESSAGE_CREATE", payloads.message(FIRST + 4))
    assert [(line["event"], line["event_method"]) for line in logs] == [("a listener failed", "on_message")]


async def test_a_guild_that_is_not_on_the_list_is_ignored() -> None:
    household = Household(allowed=frozenset({GUILD + 1}))
    bot = unconnected_bot(household, intake.setup_cog, guilds.setup_cog)
    await bot._async_setup_hook()
    await bot.setup_hook()
    tell(bot, "READY", payloads.ready(GUILD))
    tell(bot, "GUILD_CREATE", payloads.guild())
    tell(bot, "MESSAGE_CREATE", payloads.message())
    tell(bot, "MESSAGE_UPDATE", payloads.message())
    tell(bot, "MESSAGE_DELETE", {"id": "5", "channel_id": str(GENERAL), "guild_id": str(GUILD)})
    tell(bot, "THREAD_CREATE", {**payloads.thread(FIRST, GENERAL), "newly_created": True})
    tell(bot, "CHANNEL_CREATE", payloads.channel(2_010))
    await asyncio.sleep(0.02)
    assert household.intake.heard == [("session_lost",)]
    await bot.close()


@pytest.mark.parametrize("missing", [{"type"}, {"content"}, {"author", "member", "type", "content"}])
async def test_an_update_that_tells_only_what_changed_is_asked_for(
    bot: SafeguildBot, household: Household, missing: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    household.intake.heard.clear()

    async def stored(channel_id: int, message_id: int) -> dict[str, Any]:
        return payloads.message(message_id, "the whole text", channel_id=str(channel_id))

    monkeypatch.setattr(bot.http, "get_message", stored)
    tell(bot, "MESSAGE_UPDATE", {key: value for key, value in payloads.message().items() if key not in missing})
    await settle()
    assert [(kind, message.text) for kind, message in household.intake.heard] == [("edited", "the whole text")]


async def test_a_new_title_of_a_forum_post_is_an_edit_of_its_first_message(
    bot: SafeguildBot, household: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stored(channel_id: int, message_id: int) -> dict[str, Any]:
        return payloads.message(message_id, "the post", channel_id=str(channel_id))

    monkeypatch.setattr(bot.http, "get_message", stored)
    tell(bot, "THREAD_CREATE", {**payloads.thread(FIRST, FORUM, "old"), "newly_created": True})
    tell(bot, "THREAD_CREATE", {**payloads.thread(FIRST + 1, GENERAL, "old"), "newly_created": True})
    await settle()
    household.intake.heard.clear()
    tell(bot, "THREAD_UPDATE", payloads.thread(FIRST, FORUM, "new"))
    tell(bot, "THREAD_UPDATE", payloads.thread(FIRST + 1, GENERAL, "new"))
    await settle()
    assert [(kind, message.text) for kind, message in household.intake.heard] == [("edited", "the post\nnew")]


async def test_a_burst_is_taken_in_without_waiting_for_anything(bot: SafeguildBot, household: Household) -> None:
    household.intake.heard.clear()
    burst = [payloads.message(FIRST + n, f"message {n}") for n in range(2_000)]
    for message in burst:
        tell(bot, "MESSAGE_CREATE", message)
    assert len(household.intake.heard) == 2_000
