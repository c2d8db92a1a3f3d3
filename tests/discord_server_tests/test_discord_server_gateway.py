"""The gateway: intents, resume, invalid sessions, close codes, guild availability."""

import discord
import pytest

from tests.discord_server import ChannelKind, Intent, Op, Outage, Permission
from tests.discord_server_tests.client import Client, intents
from tests.discord_server_tests.conftest import Scene


def _opcodes(scene: Scene, op: Op) -> int:
    return sum(code == op for code, _ in scene.server.gateway.received)


async def test_a_dropped_session_is_resumed_and_replays_what_was_missed(scene: Scene, client: Client) -> None:
    await scene.server.drop_sessions(1001)
    await scene.general.say(scene.mallory, "said while away")
    await client.until(lambda: client.messages)
    assert client.messages[0].content == "said while away"
    await client.until(lambda: client.heard["RESUMED"])
    assert _opcodes(scene, Op.IDENTIFY) == 1
    assert _opcodes(scene, Op.RESUME) == 1


async def test_a_forgotten_session_is_identified_anew_and_misses_events(scene: Scene, client: Client) -> None:
    await scene.server.drop_sessions(1001, forget=True)
    missed = await scene.general.say(scene.mallory, "said while away")
    await client.until(lambda: client.heard["READY"] == 2)
    await client.until(lambda: client.heard["GUILD_CREATE"] == 2)
    assert not client.messages
    channel = client.get_channel(scene.general.id)
    assert isinstance(channel, discord.TextChannel)
    assert channel.last_message_id == missed.id


async def test_reconnect_is_asked_for_and_obeyed(scene: Scene, client: Client) -> None:
    scene.server.gateway.ask_to_reconnect()
    await client.until(lambda: client.heard["RESUMED"])
    assert client.heard["READY"] == 1, "no new session was begun"


async def test_a_wrong_token_is_refused(scene: Scene) -> None:
    client = Client()
    with pytest.raises(discord.LoginFailure):
        async with client.running("wrong"):
            pass
    scene.server.check.deviations.clear()


async def test_a_privileged_intent_that_is_switched_off_is_refused(scene: Scene) -> None:
    scene.server.application.privileged &= ~Intent.MESSAGE_CONTENT
    with pytest.raises(discord.PrivilegedIntentsRequired):
        async with Client().running(scene.server.token):
            pass


async def test_without_message_content_others_words_are_blank(scene: Scene) -> None:
    async with scene.client(intents(message_content=False)) as client:
        await scene.general.say(scene.mallory, "secret", embeds=[{"title": "secret"}])
        await scene.general.say(scene.mallory, f"to you {scene.server.bot.mention}")
        await client.until(lambda: len(client.messages) == 2)
        assert client.messages[0].content == ""
        assert client.messages[0].embeds == []
        assert client.messages[1].content.startswith("to you")


async def test_without_the_guild_messages_intent_nothing_is_heard(scene: Scene) -> None:
    async with scene.client(intents(guild_messages=False)) as client:
        await scene.general.say(scene.mallory, "hello")
        await scene.guild.channel("general").rename("lounge")
        await client.until(lambda: client.heard["CHANNEL_UPDATE"])
        assert client.heard["MESSAGE_CREATE"] == 0


async def test_a_channel_the_bot_cannot_see_is_silent(scene: Scene, client: Client) -> None:
    await scene.general.allow(scene.guild.everyone, deny=Permission.VIEW_CHANNEL)
    await scene.general.say(scene.guild.owner, "only for the owner")
    await scene.review.say(scene.ada, "for moderators")
    await client.until(lambda: client.messages)
    assert [message.content for message in client.messages] == ["for moderators"]


async def test_an_unavailable_guild_is_not_left(scene: Scene, client: Client) -> None:
    await scene.guild.become_unavailable()
    await client.until(lambda: client.heard["GUILD_DELETE"])
    assert client.get_guild(scene.guild.id) is not None
    await scene.guild.become_available()
    await client.until(lambda: client.heard["GUILD_CREATE"] == 2)
    await scene.guild.remove_bot()
    await client.until(lambda: client.get_guild(scene.guild.id) is None)


async def test_members_are_requested_with_the_intent(scene: Scene) -> None:
    async with scene.client(intents(members=True)) as client:
        guild = client.get_guild(scene.guild.id)
        assert guild is not None
        names = {member.name for member in await guild.chunk()}
        assert {"ada", "mallory", "Safeguild"} <= names


async def test_a_thread_and_a_forum_post_are_heard(scene: Scene, client: Client) -> None:
    forum = scene.guild.add_channel("help", ChannelKind.FORUM)
    post = await forum.post(scene.mallory, "a title", "first words")
    thread = await scene.general.start_thread(scene.mallory, "aside")
    await thread.say(scene.mallory, "in the thread")
    await client.until(lambda: len(client.messages) == 2)
    assert client.messages[0].id == client.messages[0].channel.id == post.id
    assert client.heard["THREAD_CREATE"] == 2
    guild = client.get_guild(scene.guild.id)
    assert guild is not None
    assert {each.name for each in await guild.active_threads()} == {"a title", "aside"}


async def test_an_outage_refuses_everything_and_ends(scene: Scene, client: Client) -> None:
    async with scene.server.outage(Outage.REFUSED):
        await client.until(lambda: not scene.server.connected)
        await scene.general.say(scene.mallory, "said in the dark")
        with pytest.raises((OSError, discord.HTTPException)):
            await client.fetch_user(scene.mallory.id)
    await client.until(lambda: client.messages, within=20)
    assert client.messages[0].content == "said in the dark"


async def test_a_link_preview_and_a_pin_are_updates_without_an_edit(scene: Scene, client: Client) -> None:
    said = await scene.general.say(scene.mallory, "https://example.com")
    await said.unfurl({"type": "link", "title": "Example", "url": "https://example.com"})
    await said.pin()
    await client.until(lambda: len(client.edits) == 2)
    assert client.edits[0].message.embeds[0].title == "Example"
    assert client.edits[1].message.edited_at is None


async def test_a_burst_of_messages_is_heard_in_order(scene: Scene, client: Client) -> None:
    await scene.general.say_many(scene.mallory, (str(number) for number in range(2000)))
    await client.until(lambda: len(client.messages) == 2000)
    assert [int(message.content) for message in client.messages] == list(range(2000))
