"""The REST API: history, limits, permissions, hierarchy, interaction life, rate limits, faults."""

import io
from datetime import timedelta
from typing import Any

import aiohttp
import discord
import pytest
from discord.http import Route

from tests.discord_server import MODERATOR, ActionKind, AuditEvent, Member, NotAllowed, Permission, Poll
from tests.discord_server_tests.client import Client
from tests.discord_server_tests.conftest import Refusal, Scene

POST = "POST /channels/{}/messages"
DELETE = "DELETE /channels/{}/messages/{}"


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


async def _time_out(client: Client, member: Member, by: timedelta = timedelta(hours=1)) -> None:
    until = discord.utils.utcnow() + by
    await client.http.edit_member(
        member.guild.id, member.id, communication_disabled_until=until.isoformat(), reason="case 7: ünkind"
    )


async def test_a_timeout_is_kept_with_its_reason_and_silences(scene: Scene, client: Client) -> None:
    await _time_out(client, scene.mallory)
    with pytest.raises(NotAllowed):
        await scene.general.say(scene.mallory, "more")
    entry = scene.server.audit_log[-1]
    assert (entry.event, entry.target_id, entry.reason) == (24, scene.mallory.id, "case 7: ünkind")
    assert [each.target_id for each in scene.server.actions_of(ActionKind.TIMEOUT)] == [scene.mallory.id]
    scene.server.clock.shift(timedelta(hours=2))
    await scene.general.say(scene.mallory, "sorry")


async def test_a_reason_has_an_end(scene: Scene, client: Client, refusal: Refusal) -> None:
    member = (scene.guild.id, scene.mallory.id)
    assert await refusal(client.http.edit_member(*member, reason="x" * 513, nick=None)) == (400, 50035)
    assert scene.server.audit_log == []


async def test_hierarchy_protects_owner_equals_administrators(
    scene: Scene, client: Client, refusal: Refusal
) -> None:
    guild = scene.guild
    high = guild.add_role("high", MODERATOR, position=50)
    administrators = guild.add_role("administrators", Permission.ADMINISTRATOR, position=1)
    above = guild.add_member("above", [high])
    administrator = guild.add_member("administrator", [administrators])
    for member in (guild.owner, above, administrator):
        assert await refusal(_time_out(client, member)) == (403, 50013)
    await _time_out(client, scene.ada)
    assert await refusal(_time_out(client, scene.mallory, timedelta(days=29))) == (400, 50035)
    await scene.mallory.leave()
    assert await refusal(_time_out(client, scene.mallory)) == (404, 10007)


@pytest.mark.parametrize("permission", [Permission.KICK_MEMBERS, Permission.BAN_MEMBERS])
async def test_kick_and_ban_take_their_permissions(
    scene: Scene, client: Client, refusal: Refusal, permission: Permission
) -> None:
    verb = client.http.kick if permission is Permission.KICK_MEMBERS else client.http.ban
    assert await refusal(verb(scene.mallory.id, scene.guild.id, reason="r")) == (403, 50013)
    bot = scene.guild.bot_member
    assert bot is not None
    await bot.roles[0].edit(permissions=bot.roles[0].permissions | permission)
    await verb(scene.mallory.id, scene.guild.id, reason="r")
    assert scene.mallory.id not in scene.guild.members


async def test_unknown_things_have_their_codes(scene: Scene, client: Client, refusal: Refusal) -> None:
    assert await refusal(client.fetch_channel(1)) == (404, 10003)
    assert await refusal(client.fetch_guild(1)) == (404, 10004)
    assert await refusal(client.fetch_user(1)) == (404, 10013)
    assert await refusal(client.http.get_member(scene.guild.id, 1)) == (404, 10007)
    assert await refusal(client.http.get_message(scene.general.id, 1)) == (404, 10008)


async def test_a_late_or_second_answer_is_refused(scene: Scene, client: Client) -> None:
    scene.server.interactions.answer_within = 0.2
    outcome: list[discord.HTTPException] = []

    async def late(interaction: discord.Interaction) -> None:
        await client.until(lambda: scene.server.interactions.by_id[interaction.id].expired)
        try:
            await interaction.response.send_message("too late")
        except discord.HTTPException as error:
            outcome.append(error)

    client.tree.command(name="late", description="late")(late)
    await client.tree.sync()
    reply = await scene.guild.slash(scene.ada, scene.general, "late")
    assert reply.failed
    await client.until(lambda: outcome)
    assert (outcome[0].status, outcome[0].code) == (404, 10062)


async def test_a_token_lives_fifteen_minutes_and_is_acknowledged_once(
    scene: Scene, client: Client, refusal: Refusal
) -> None:
    seen: list[discord.Interaction] = []

    async def note(interaction: discord.Interaction) -> None:
        seen.append(interaction)
        await interaction.response.defer(ephemeral=True, thinking=True)

    client.tree.command(name="note", description="note")(note)
    await client.tree.sync()
    reply = await scene.guild.slash(scene.ada, scene.general, "note", wait=False)
    assert reply.thinking
    again = Route(
        "POST",
        "/interactions/{webhook_id}/{webhook_token}/callback",
        webhook_id=seen[0].id,
        webhook_token=seen[0].token,
    )
    assert await refusal(client.http.request(again, json={"type": 5})) == (400, 40060)
    await seen[0].followup.send("first")
    assert reply.ephemeral_text.strip() == "first"
    scene.server.clock.shift(timedelta(minutes=16))
    assert await refusal(seen[0].followup.send("later")) == (401, 50027)


async def test_commands_are_hidden_from_those_without_the_default_permission(scene: Scene, client: Client) -> None:
    async def setup(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("ok")

    hidden = discord.app_commands.default_permissions(manage_guild=True)(setup)
    client.tree.command(name="setup", description="Set up")(hidden)
    await client.tree.sync()
    with pytest.raises(NotAllowed):
        await scene.guild.slash(scene.mallory, scene.general, "setup")
    assert (await scene.guild.slash(scene.guild.owner, scene.general, "setup")).public_text.strip() == "ok"


async def test_a_bad_command_name_is_refused(scene: Scene, client: Client, refusal: Refusal) -> None:
    command = {"name": "Not Valid", "description": "d", "type": 1}
    put = client.http.bulk_upsert_global_commands(scene.server.application.id, [command])
    assert await refusal(put) == (400, 50035)
    scene.server.check.deviations.clear()


async def test_a_bucket_is_exhausted_and_refills(scene: Scene, client: Client) -> None:
    limits = scene.server.limits
    limits.enforce_routes, limits.by_route[POST] = True, (2, 0.3)
    for number in range(5):
        await _text(client, scene.general.id).send(str(number))
    assert len(scene.general.messages) == 5
    assert limits.invalid_requests == 0, "the headers are enough for a client to wait"


async def test_a_planned_429_is_waited_out_and_counted(scene: Scene, client: Client) -> None:
    scene.server.faults.answer_next(POST, 429, retry_after=0.2)
    scene.server.faults.answer_next(POST, 429, retry_after=0.1, scope="shared")
    await _text(client, scene.general.id).send("patience")
    assert [each.status for each in scene.server.requests_to(POST)] == [429, 429, 200]
    assert scene.server.limits.invalid_requests == 1


async def test_the_global_limit_is_counted_and_enforced(scene: Scene, client: Client) -> None:
    scene.server.limits.global_per_second = 5
    for _ in range(8):
        await client.fetch_user(scene.mallory.id)
    assert scene.server.limits.peak == 5
    assert scene.server.limits.invalid_requests > 0


async def test_an_answer_lost_after_the_effect_is_retried_by_the_client(scene: Scene, client: Client) -> None:
    said = await scene.general.say(scene.mallory, "bad")
    scene.server.faults.answer_next(DELETE, 502, after_effect=True)
    with pytest.raises(discord.NotFound):
        await _text(client, scene.general.id).get_partial_message(said.id).delete()
    assert [each.status for each in scene.server.requests_to(DELETE)] == [502, 404]
    assert len(scene.server.actions_of(ActionKind.DELETE)) == 1


async def test_a_cut_connection_is_an_error_and_the_effect_stands(scene: Scene, client: Client) -> None:
    scene.server.faults.cut_next(POST, after_effect=True)
    with pytest.raises((aiohttp.ClientError, OSError)):
        await _text(client, scene.general.id).send("posted")
    assert [each.content for each in scene.general.messages] == ["posted"]


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


async def test_the_application_and_its_guilds_can_be_read(scene: Scene, client: Client) -> None:
    info = await client.application_info()
    assert info.flags.gateway_message_content_limited
    assert [guild.id async for guild in client.fetch_guilds()] == [scene.guild.id]
    guild = await client.fetch_guild(scene.guild.id)
    assert {role.name for role in await guild.fetch_roles()} == {"@everyone", "moderators", "Safeguild"}
    assert len(await guild.fetch_channels()) == 2
    assert (await guild.fetch_member(scene.ada.id)).roles[1].name == "moderators"
    await guild.leave()
    assert scene.guild.bot_member is None
