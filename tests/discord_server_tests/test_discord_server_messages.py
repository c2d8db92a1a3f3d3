"""Messages over REST: history, limits, permissions, mentions, files."""

import io
from datetime import timedelta
from typing import Any

import discord
import pytest
from discord.http import Route

from tests.discord_server import AuditEvent, Permission, Poll
from tests.discord_server_tests.client import Client
from tests.discord_server_tests.conftest import Refusal, Scene


def _text(client: Client, channel_id: int) -> discord.TextChannel:
    channel = client.get_channel(channel_id)
    assert isinstance(channel, discord.TextChannel)
    return channel


async def _post(client: Client, scene: Scene, **body: Any) -> Any:
    route = Route("POST", "/channels/{channel_id}/messages", channel_id=scene.general.id)
    return await client.http.request(route, json=body)


async def test_history_is_paged_in_every_direction(scene: Scene, client: Client) -> None:
    said = await scene.general.say_many(scene.mallory, (str(number) for number in range(250)))
    channel = _text(client, scene.general.id)
    assert [int(each.content) async for each in channel.history(limit=None, oldest_first=True)] == list(range(250))
    after = [int(each.content) async for each in channel.history(after=discord.Object(said[99].id), limit=3)]
    assert after == [100, 101, 102]
    before = [int(each.content) async for each in channel.history(before=discord.Object(said[99].id), limit=3)]
    assert before == [98, 97, 96]
    around = [int(each.content) async for each in channel.history(around=discord.Object(said[99].id), limit=3)]
    assert around == [100, 99, 98]


@pytest.mark.parametrize(
    "body",
    [
        {"content": "x" * 2001},
        {"embeds": [{"title": "x" * 257}]},
        {"embeds": [{"description": "x" * 4000}, {"description": "x" * 2001}]},
        {"embeds": [{"fields": [{"name": "n", "value": "x" * 1025}]}]},
        {"content": "x", "components": [{"type": 1, "components": [{"type": 2, "style": 1, "label": "l"}]}]},
        {
            "content": "x",
            "components": [
                {
                    "type": 1,
                    "components": [{"type": 2, "style": 1, "label": "l", "custom_id": str(n)} for n in range(6)],
                }
            ],
        },
        {
            "content": "x",
            "components": [
                {"type": 1, "components": [{"type": 2, "style": 1, "label": "l", "custom_id": "same"}] * 2}
            ],
        },
        {"content": "x", "nonce": "x" * 26},
        {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
    ],
)
async def test_what_is_too_much_is_an_invalid_form(
    scene: Scene, client: Client, refusal: Refusal, body: dict[str, Any]
) -> None:
    assert await refusal(_post(client, scene, **body)) == (400, 50035)
    scene.server.check.deviations.clear()


async def test_an_empty_message_is_refused(scene: Scene, client: Client, refusal: Refusal) -> None:
    assert await refusal(_post(client, scene, content="")) == (400, 50006)


async def test_an_enforced_nonce_posts_once(scene: Scene, client: Client) -> None:
    channel = _text(client, scene.general.id)
    first = await channel.send("card", nonce="case-1")
    second = await channel.send("card", nonce="case-1")
    assert first.id == second.id
    assert len(scene.general.messages) == 1


async def test_mentions_ping_only_where_they_are_allowed(scene: Scene, client: Client) -> None:
    text = f"{scene.mallory.mention} {scene.moderators.mention} @everyone"
    channel = _text(client, scene.general.id)
    await channel.send(text, allowed_mentions=discord.AllowedMentions.none())
    assert scene.server.pings == []
    await channel.send(text)
    assert scene.server.pings == [scene.mallory.mention]
    bot = scene.guild.bot_member
    assert bot is not None
    await scene.general.allow(bot, Permission.MENTION_EVERYONE)
    await channel.send(text, allowed_mentions=discord.AllowedMentions.none())
    assert len(scene.server.pings) == 1
    await channel.send(text)
    assert scene.server.pings[1:] == sorted([scene.mallory.mention, scene.moderators.mention, "@everyone"])


async def test_a_reply_pings_whom_it_answers_unless_told_otherwise(scene: Scene, client: Client) -> None:
    said = await scene.general.say(scene.mallory, "hello")
    message = await _text(client, scene.general.id).fetch_message(said.id)
    await message.reply("quiet", mention_author=False)
    assert scene.server.pings == []
    await message.reply("loud")
    assert scene.server.pings == [scene.mallory.mention]


@pytest.mark.parametrize(
    ("missing", "answer"),
    [
        (Permission.VIEW_CHANNEL, (403, 50001)),
        (Permission.SEND_MESSAGES, (403, 50013)),
        (Permission.EMBED_LINKS, (403, 50013)),
    ],
)
async def test_posting_takes_permissions_in_the_channel(
    scene: Scene, client: Client, refusal: Refusal, missing: Permission, answer: tuple[int, int]
) -> None:
    assert scene.guild.bot_member is not None
    await scene.general.allow(scene.guild.bot_member, deny=missing)
    embed = discord.Embed(title="card")
    assert await refusal(_text(client, scene.general.id).send(embed=embed)) == answer
    assert scene.general.messages == []


async def test_history_without_permission_is_empty(scene: Scene, client: Client) -> None:
    await scene.general.say(scene.mallory, "hello")
    assert scene.guild.bot_member is not None
    await scene.general.allow(scene.guild.bot_member, deny=Permission.READ_MESSAGE_HISTORY)
    assert [each async for each in _text(client, scene.general.id).history()] == []


async def test_deleting_others_messages_takes_manage_messages(
    scene: Scene, client: Client, refusal: Refusal
) -> None:
    said = await scene.general.say(scene.mallory, "hello")
    message = _text(client, scene.general.id).get_partial_message(said.id)
    assert scene.guild.bot_member is not None
    await scene.general.allow(scene.guild.bot_member, deny=Permission.MANAGE_MESSAGES)
    assert await refusal(message.delete()) == (403, 50013)
    await scene.general.allow(scene.guild.bot_member)
    await message.delete()
    assert await refusal(message.delete()) == (404, 10008)
    assert [each.event for each in scene.server.audit_log] == [AuditEvent.MESSAGE_DELETE]


async def test_others_messages_are_not_edited(scene: Scene, client: Client, refusal: Refusal) -> None:
    said = await scene.general.say(scene.mallory, "hello")
    message = _text(client, scene.general.id).get_partial_message(said.id)
    assert await refusal(message.edit(content="bye")) == (403, 50005)


async def test_bulk_deletion_stops_at_two_weeks(scene: Scene, client: Client, refusal: Refusal) -> None:
    channel = _text(client, scene.general.id)
    recent = await scene.general.say_many(scene.mallory, ["a", "b"])
    old = await scene.general.say(scene.mallory, "old", at=scene.server.clock.now() - timedelta(days=15))
    objects = [discord.Object(each.id) for each in (*recent, old)]
    assert await refusal(channel.delete_messages(objects)) == (400, 50034)
    await channel.delete_messages(objects[:2])
    assert scene.general.messages == [old]
    await client.until(lambda: client.heard["MESSAGE_DELETE_BULK"])


async def test_files_and_their_descriptions_arrive(scene: Scene, client: Client) -> None:
    file = discord.File(io.BytesIO(b"picture"), "cat.png", description="a cat")
    await _text(client, scene.general.id).send(file=file)
    attachment = scene.general.latest.attachments[0]
    assert (attachment.filename, attachment.description, attachment.size) == ("cat.png", "a cat", 7)


async def test_people_send_polls_stickers_replies_and_forwards(scene: Scene, client: Client) -> None:
    first = await scene.general.say(scene.mallory, "first", stickers=["wave"], files=["evidence.png"])
    await scene.general.say(scene.mallory, poll=Poll("best?", ("cats", "dogs")))
    await scene.general.say(scene.mallory, "an answer", reply_to=first)
    await scene.general.forward(scene.mallory, first)
    await client.until(lambda: len(client.messages) == 4)
    heard = client.messages
    assert (heard[0].stickers[0].name, heard[0].attachments[0].filename) == ("wave", "evidence.png")
    assert heard[1].poll is not None
    assert [answer.text for answer in heard[1].poll.answers] == ["cats", "dogs"]
    assert heard[2].reference is not None
    assert heard[2].reference.message_id == first.id
    assert heard[3].message_snapshots[0].content == "first"
    newest = await anext(_text(client, scene.general.id).history())
    assert newest.message_snapshots


async def test_direct_messages_reach_who_takes_them(scene: Scene, client: Client, refusal: Refusal) -> None:
    user = await client.fetch_user(scene.mallory.id)
    await user.send("about your message")
    assert scene.server.direct_channel(scene.mallory.user).latest.content == "about your message"
    scene.mallory.user.accepts_dms = False
    assert await refusal(user.send("more")) == (403, 50007)
