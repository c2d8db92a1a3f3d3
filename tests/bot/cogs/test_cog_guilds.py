"""Guilds that come, change and go."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import discord
import pytest

from bot.cogs import guilds
from bot.cogs.client import SafeguildBot
from bot.cogs.guilds import GuildsCog
from bot.guilds.settings import GuildSettings
from bot.ports import StoreUnavailable
from tests.bot.cogs import payloads
from tests.bot.cogs.housemates import Household, tell, unconnected_bot, until
from tests.bot.cogs.payloads import BOT, FIRST, FORUM, GENERAL, GUILD, READ, STAFF, VOICE
from tests.bot.cogs.test_failures import answered


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.fixture
def household(monkeypatch: pytest.MonkeyPatch) -> Household:
    monkeypatch.setattr(guilds, "SETTLING_SECONDS", 0.01)
    return Household()


async def quick_purges(bot: Any, rooms: Any) -> None:
    await bot.add_cog(GuildsCog(bot, rooms, purge_pauses=(0.01, 0.01)))


@pytest.fixture
async def bot(household: Household) -> AsyncIterator[SafeguildBot]:
    """A bot that is in one guild, and has been for a while."""
    bot = unconnected_bot(household, quick_purges)
    await bot._async_setup_hook()
    await bot.setup_hook()
    tell(bot, "READY", payloads.ready(GUILD))
    tell(bot, "GUILD_CREATE", payloads.guild())
    await asyncio.sleep(0.1)
    household.intake.heard.clear()
    yield bot
    await bot.close()


async def test_a_channel_that_is_made_is_seen_and_one_that_is_deleted_is_gone(
    bot: SafeguildBot, household: Household
) -> None:
    tell(bot, "CHANNEL_CREATE", payloads.channel(2_010, last=FIRST + 7))
    await settle()
    tell(bot, "CHANNEL_DELETE", payloads.channel(2_010))
    await settle()
    assert household.intake.heard == [("channel_seen", GUILD, 2_010, FIRST + 7), ("channel_gone", GUILD, 2_010)]
    assert household.intake.stale == []


async def test_a_channel_that_is_hidden_is_gone_and_seen_when_it_is_shown_again(
    bot: SafeguildBot, household: Household
) -> None:
    tell(bot, "CHANNEL_UPDATE", payloads.channel(GENERAL, hidden=True))
    await asyncio.sleep(0.05)
    tell(bot, "CHANNEL_UPDATE", payloads.channel(GENERAL, last=FIRST + 9))
    await asyncio.sleep(0.05)
    assert household.intake.heard == [
        ("channel_gone", GUILD, GENERAL),
        ("channel_seen", GUILD, GENERAL, FIRST + 9),
    ]
    assert household.intake.stale == [GENERAL]


async def test_threads_are_hidden_and_shown_with_their_channel(bot: SafeguildBot, household: Household) -> None:
    for thread_id, parent_id in ((FIRST, FORUM), (FIRST + 1, GENERAL)):
        tell(bot, "THREAD_CREATE", payloads.thread(thread_id, parent_id, last=thread_id))
    await settle()
    household.intake.heard.clear()
    for permissions in (0, READ):
        tell(bot, "GUILD_ROLE_UPDATE", {"guild_id": str(GUILD), "role": payloads.role(GUILD, permissions)})
        await asyncio.sleep(0.05)
    places = {GENERAL, STAFF, VOICE, FIRST, FIRST + 1}
    assert {heard[2] for heard in household.intake.named("channel_gone") if heard[2] != FORUM} == places
    assert {heard[2] for heard in household.intake.named("channel_seen")} == places == set(household.intake.stale)


async def test_cards_are_not_tried_again_because_a_role_has_another_colour(
    bot: SafeguildBot, household: Household
) -> None:
    household.guild_book.kept[GUILD] = GuildSettings(review_channel=STAFF)
    tell(bot, "GUILD_ROLE_UPDATE", {"guild_id": str(GUILD), "role": payloads.role(GUILD, READ | 1 << 11)})
    await asyncio.sleep(0.05)
    assert household.outbox.stirred.pop() == GUILD
    household.outbox.stirred.clear()
    for colour in (1, 2):
        role = {**payloads.role(payloads.MODERATORS), "color": colour}
        tell(bot, "GUILD_ROLE_UPDATE", {"guild_id": str(GUILD), "role": role})
        await asyncio.sleep(0.05)
    assert household.outbox.stirred == []


async def test_a_role_that_loses_its_permissions_takes_all_channels_with_it(
    bot: SafeguildBot, household: Household
) -> None:
    household.guild_book.kept[GUILD] = GuildSettings(review_channel=STAFF)
    for _ in range(3):
        tell(bot, "GUILD_ROLE_UPDATE", {"guild_id": str(GUILD), "role": payloads.role(GUILD, 0)})
    household.outbox.stirred.clear()
    await asyncio.sleep(0.05)
    assert {heard[2] for heard in household.intake.named("channel_gone")} == {GENERAL, STAFF, VOICE, FORUM}
    assert household.outbox.stirred == [GUILD]  # once, not three times


async def test_voice_channels_need_the_permission_to_connect(bot: SafeguildBot, household: Household) -> None:
    without_connect = payloads.role(GUILD, READ & ~(1 << 20))
    tell(bot, "GUILD_ROLE_UPDATE", {"guild_id": str(GUILD), "role": without_connect})
    await asyncio.sleep(0.05)
    assert household.intake.heard == [("channel_gone", GUILD, VOICE)]


async def test_a_role_that_is_given_to_the_bot_opens_channels(bot: SafeguildBot, household: Household) -> None:
    hidden = payloads.channel(2_020, hidden=True)
    hidden["permission_overwrites"].append({"id": "1001", "type": 0, "allow": str(1 << 10), "deny": "0"})
    tell(bot, "CHANNEL_CREATE", hidden)
    await settle()
    assert household.intake.heard == []
    updated = {**payloads.member(1001), "user": payloads.user(BOT, bot=True), "guild_id": str(GUILD)}
    tell(bot, "GUILD_MEMBER_UPDATE", updated)
    await asyncio.sleep(0.05)
    assert household.intake.heard == [("channel_seen", GUILD, 2_020, None)]


async def test_threads_come_and_go(bot: SafeguildBot, household: Household) -> None:
    post = payloads.thread(FIRST, FORUM, last=FIRST)
    tell(bot, "THREAD_CREATE", {**post, "newly_created": True})
    tell(bot, "THREAD_UPDATE", {**post, "thread_metadata": {**post["thread_metadata"], "archived": True}})
    tell(bot, "THREAD_UPDATE", {**post, "last_message_id": str(FIRST + 3)})
    tell(bot, "THREAD_DELETE", {"id": str(FIRST), "guild_id": str(GUILD), "parent_id": str(FORUM), "type": 11})
    await settle()
    assert household.intake.heard == [
        ("channel_seen", GUILD, FIRST, FIRST),
        ("channel_seen", GUILD, FIRST, FIRST + 3),
        ("channel_gone", GUILD, FIRST),
    ]


async def test_a_guild_that_is_left_is_purged_and_one_that_is_away_is_not(
    bot: SafeguildBot, household: Household
) -> None:
    tell(bot, "GUILD_DELETE", {"id": str(GUILD), "unavailable": True})
    await settle()
    assert household.purged == []
    tell(bot, "GUILD_DELETE", {"id": str(GUILD)})
    await settle()
    assert household.purged == [GUILD]


async def test_a_purge_that_fails_is_tried_again(bot: SafeguildBot, household: Household) -> None:
    household.purge_fails = [StoreUnavailable("disk full")]
    tell(bot, "GUILD_DELETE", {"id": str(GUILD)})
    await until(lambda: household.purged)
    assert household.purged == [GUILD]


async def test_a_guild_that_invites_the_bot_again_is_not_purged_by_a_late_try(
    bot: SafeguildBot, household: Household
) -> None:
    household.purge_fails = [StoreUnavailable("disk full")]
    tell(bot, "GUILD_DELETE", {"id": str(GUILD)})
    await settle()
    tell(bot, "GUILD_CREATE", payloads.guild())
    await asyncio.sleep(0.05)
    assert household.purged == []
    assert household.intake.kinds[-1] == "guild_seen"


LEFT = GUILD + 5


@pytest.mark.parametrize(
    ("answer", "purged"),
    [
        (answered(404, 10004), [LEFT]),
        (answered(403, 50001), [LEFT]),
        (answered(403, 0), []),  # a proxy's or a firewall's word, not Discord's
        (answered(404, 0), []),
        (answered(502), []),
        (answered(401), []),
        (OSError(), []),
        (discord.RateLimited(60), []),
        (None, []),
    ],
)
async def test_a_guild_that_was_left_while_the_bot_was_away_is_purged_on_discords_word_only(
    household: Household, answer: Exception | None, purged: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    household.store.known = [GUILD, LEFT, GUILD + 6]
    bot = unconnected_bot(household, quick_purges)
    asked: list[int] = []

    async def fetch_guild(guild_id: int, **_: Any) -> discord.Guild:
        asked.append(guild_id)
        if answer is not None:
            raise answer
        return cast("Any", None)

    monkeypatch.setattr(bot, "fetch_guild", fetch_guild)
    await bot._async_setup_hook()
    await bot.setup_hook()
    tell(bot, "READY", payloads.ready(GUILD, GUILD + 6))  # the second stays unavailable
    tell(bot, "GUILD_CREATE", payloads.guild())
    await asyncio.sleep(0.15)
    assert asked == [LEFT]
    assert household.purged == purged
    await bot.close()
