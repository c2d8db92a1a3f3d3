"""Members over REST: permissions, hierarchy, reasons, unknown things."""

from datetime import timedelta

import discord
import pytest

from tests.discord_server import MODERATOR, ActionKind, Member, NotAllowed, Permission
from tests.discord_server_tests.client import Client
from tests.discord_server_tests.conftest import Refusal, Scene


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
