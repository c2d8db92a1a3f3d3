"""The intake's cogs in a running bot, connected to the loopback Discord."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import discord
import pytest

from bot.case import Message as Read
from bot.cogs import guilds, intake
from bot.cogs.client import BotOptions, SafeguildBot, create_bot
from bot.cogs.history import DiscordHistory
from bot.ports import Refused
from tests.bot.cogs.housemates import Household, until
from tests.discord_server import (
    Channel,
    ChannelKind,
    Close,
    DiscordServer,
    Guild,
    Intent,
    Member,
    Outage,
    Permission,
    Poll,
    RateLimits,
)


class Scene:
    """A guild with members and channels, a bot, and what its intake hears."""

    def __init__(self, server: DiscordServer, household: Household) -> None:
        self.server = server
        self.household = household
        self.guild: Guild = server.add_guild("Bramble")
        self.ada: Member = self.guild.add_member("ada")
        self.general: Channel = self.guild.add_channel("general")
        self.forum: Channel = self.guild.add_channel("posts", kind=ChannelKind.FORUM)

    def heard(self, kind: str) -> list[Any]:
        return [heard[1] for heard in self.household.intake.named(kind)]

    async def heard_text(self, kind: str, text: str) -> Read:
        """Wait until the intake was handed a message that says this."""
        await until(lambda: any(message.text == text for message in self.heard(kind)))
        return next(message for message in self.heard(kind) if message.text == text)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Discord wants 5 seconds between two IDENTIFYs; the loopback does not."""

    async def at_once(*_: Any, **__: Any) -> None:
        return

    monkeypatch.setattr(SafeguildBot, "before_identify_hook", at_once)


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with DiscordServer(limits=RateLimits(enforce_routes=False)) as server:
        yield Scene(server, Household())


@asynccontextmanager
async def running(scene: Scene) -> AsyncIterator[SafeguildBot]:
    """The bot, as soon as it is ready."""
    options = BotOptions(api=scene.server.api_url, gateway=scene.server.gateway_url, guild_ready_seconds=0.05)
    bot = create_bot(options)
    bot.furnish(scene.household.rooms, intake.setup_cog, guilds.setup_cog)
    async with bot:
        task = asyncio.create_task(bot.start(scene.server.token))
        await until(lambda: task.done() or scene.household.intake.named("guild_seen"))
        if task.done():
            task.result()
        try:
            yield bot
        finally:
            await bot.close()
            async with asyncio.timeout(5):
                await task


async def test_everything_members_can_write_reaches_the_intake(scene: Scene) -> None:
    async with running(scene):
        said = await scene.general.say(scene.ada, "hello there", files=["cat.png"])
        read = await scene.heard_text("created", "hello there\ncat.png")
        assert (read.id, read.author_id, read.author_name) == (said.id, scene.ada.id, "ada")
        assert read.joined_at is not None
        await scene.general.say(scene.ada, "answer", reply_to=said)
        assert (await scene.heard_text("created", "answer")).reply_to == said.id
        await scene.general.say(scene.ada, poll=Poll("Who?", ("Ann", "Bob")))
        await scene.heard_text("created", "Who?\nAnn\nBob")
        await scene.general.say(scene.ada, stickers=["wave"])
        await scene.heard_text("created", "wave")
        await scene.general.forward(scene.ada, said)
        await until(lambda: any("hello there" in message.embeds for message in scene.heard("created")))
        post = await scene.forum.post(scene.ada, "A title", "a post")
        read = await scene.heard_text("created", "a post\nA title")
        assert (read.channel_id, read.parent_id) == (post.id, scene.forum.id)
        thread = await scene.general.start_thread(scene.ada, "a thread", on=said)
        await thread.say(scene.ada, "in the thread")
        assert (await scene.heard_text("created", "in the thread")).parent_id == scene.general.id


async def test_edits_previews_and_deletions_reach_the_intake(scene: Scene) -> None:
    async with running(scene):
        said = await scene.general.say(scene.ada, "first words")
        await said.edit("second words")
        await scene.heard_text("edited", "second words")
        await said.unfurl({"type": "link", "title": "a preview"})
        await scene.heard_text("edited", "second words\na preview")
        others = [await scene.general.say(scene.ada, f"{n}") for n in range(3)]
        await said.delete()
        await scene.general.bulk_delete(others)
        await until(lambda: len(scene.household.intake.named("deleted")) == 2)
        assert [heard[3] for heard in scene.household.intake.named("deleted")] == [
            frozenset({said.id}),
            frozenset(other.id for other in others),
        ]


async def test_what_bots_webhooks_and_discord_write_does_not(scene: Scene) -> None:
    async with running(scene):
        await scene.general.say_by_webhook("hook", "by a webhook")
        await scene.general.notice(7, scene.ada)
        await scene.general.say(scene.ada, "the last one")
        await scene.heard_text("created", "the last one")
        assert len(scene.heard("created")) == 1


async def test_what_was_said_during_a_short_gap_arrives_when_the_session_is_resumed(scene: Scene) -> None:
    async with running(scene):
        await scene.server.drop_sessions(1006)
        await scene.general.say(scene.ada, "said in the gap")
        await scene.heard_text("created", "said in the gap")
        assert scene.household.intake.kinds.count("session_lost") == 1


async def test_a_lost_session_is_told_and_history_has_what_was_missed(scene: Scene) -> None:
    async with running(scene) as bot:
        before = await scene.general.say(scene.ada, "before")
        await scene.heard_text("created", "before")
        scene.household.intake.heard.clear()
        await scene.server.drop_sessions(1006, forget=True)
        missed = await scene.general.say(scene.ada, "missed")
        await until(lambda: scene.household.intake.named("guild_seen"))
        assert scene.household.intake.kinds[:2] == ["session_lost", "guild_seen"]
        assert scene.household.intake.named("guild_seen")[0][2][scene.general.id] == missed.id
        page = await DiscordHistory(bot).after(scene.guild.id, scene.general.id, before.id)
        assert [(message.text, message.joined_at) for message in page.messages] == [("missed", None)]
        completed = await DiscordHistory(bot).completed(page.messages[0])
        assert completed.joined_at is not None


@pytest.mark.parametrize("kind", list(Outage))
async def test_the_bot_is_back_after_an_outage(scene: Scene, kind: Outage) -> None:
    async with running(scene):
        async with scene.server.outage(kind):
            await asyncio.sleep(0.1)
        await scene.server.wait_connected()
        await scene.general.say(scene.ada, "after the outage")
        await scene.heard_text("created", "after the outage")
        assert scene.server.connected


async def test_history_that_may_not_be_read_is_refused_with_words(scene: Scene) -> None:
    me = scene.guild.bot_member
    assert me is not None
    said = await scene.general.say(scene.ada, "x")
    async with running(scene) as bot:
        await scene.general.allow(me, deny=Permission.READ_MESSAGE_HISTORY | Permission.VIEW_CHANNEL)
        with pytest.raises(Refused, match="View Channel"):
            await DiscordHistory(bot).after(scene.guild.id, scene.general.id, said.id - 1)
        await until(lambda: scene.household.intake.named("channel_gone"))


async def test_removing_the_bot_purges_and_an_unavailable_guild_does_not(scene: Scene) -> None:
    async with running(scene):
        await scene.guild.become_unavailable()
        await asyncio.sleep(0.05)
        assert scene.household.purged == []
        scene.household.intake.heard.clear()
        await scene.guild.become_available()
        await until(lambda: scene.household.intake.named("guild_seen"))
        await scene.guild.remove_bot()
        await until(lambda: scene.household.purged)
        assert scene.household.purged == [scene.guild.id]


async def test_a_guild_that_was_left_while_the_bot_was_away_is_purged(scene: Scene) -> None:
    other = scene.server.add_guild("Other")
    scene.household.store.known = [scene.guild.id, other.id]
    await other.remove_bot()
    async with running(scene):
        await until(lambda: scene.household.purged)
    assert scene.household.purged == [other.id]


async def test_a_wrong_token_and_a_missing_intent_end_the_start_with_their_own_errors(scene: Scene) -> None:
    options = BotOptions(api=scene.server.api_url, gateway=scene.server.gateway_url)
    bot = create_bot(options)
    bot.furnish(scene.household.rooms)
    async with bot:
        with pytest.raises(discord.LoginFailure):
            await bot.start("wrong")
    scene.server.application.privileged = Intent(0)
    bot = create_bot(options)
    bot.furnish(scene.household.rooms)
    async with bot:
        with pytest.raises(discord.PrivilegedIntentsRequired):
            await bot.start(scene.server.token)


async def test_a_token_that_is_taken_away_while_running_ends_the_bot(scene: Scene) -> None:
    bot = create_bot(BotOptions(api=scene.server.api_url, gateway=scene.server.gateway_url))
    bot.furnish(scene.household.rooms, intake.setup_cog, guilds.setup_cog)
    async with bot:
        task = asyncio.create_task(bot.start(scene.server.token))
        await scene.server.wait_connected()
        await scene.server.drop_sessions(Close.AUTHENTICATION_FAILED)
        with pytest.raises(discord.ConnectionClosed) as caught:
            await asyncio.wait_for(task, 10)
        assert caught.value.code == 4004
    with suppress(asyncio.CancelledError):
        task.cancel()


async def test_a_burst_arrives_whole_and_in_order(scene: Scene) -> None:
    async with running(scene):
        await scene.general.say_many(scene.ada, (f"message {n}" for n in range(1_000)))
        await scene.heard_text("created", "message 999")
        assert [message.content for message in scene.heard("created")] == [f"message {n}" for n in range(1_000)]
