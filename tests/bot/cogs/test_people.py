from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.cogs.people import member_of, person, place_of
from bot.review.access import Permission as Held
from tests.bot.cogs.review_scene import ReviewScene, review_scene
from tests.discord_server import Permission


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[ReviewScene]:
    async with review_scene(tmp_path) as scene:
        yield scene


async def test_of_two_roles_in_one_position_the_older_one_is_higher(scene: ReviewScene) -> None:
    guild = scene.bot.guilds[0]
    elder = scene.guild.add_role("elder", position=7)
    younger = scene.guild.add_role("younger", position=7)
    scene.guild.add_member("eve", [elder])
    scene.guild.add_member("finn", [younger])
    await scene.until(lambda: guild.get_role(younger.id))
    ranks = {}
    for member in scene.guild.members.values():
        seen = await member_of(guild, member.id)
        assert seen is not None
        ranks[member.name] = person(seen, None).top_role
    assert ranks["eve"] > ranks["finn"] > ranks["ada"] > ranks["mallory"] == 0


async def test_a_channel_takes_manage_messages_away_and_grants_nothing_that_holds_for_the_guild(
    scene: ReviewScene,
) -> None:
    guild = scene.bot.guilds[0]
    await scene.general.allow(scene.ada, deny=Permission.MANAGE_MESSAGES)
    await scene.general.allow(scene.mallory, Permission.MANAGE_MESSAGES | Permission.MANAGE_GUILD)
    await scene.until(
        lambda: len(guild.get_channel(scene.general.id).overwrites) == 2  # type: ignore[union-attr]
    )
    place = await place_of(guild, scene.general.id)
    ada, mallory = await member_of(guild, scene.ada.id), await member_of(guild, scene.mallory.id)
    assert ada is not None
    assert mallory is not None
    assert Held.MANAGE_MESSAGES in person(ada, None).permissions
    assert Held.MANAGE_MESSAGES not in person(ada, place).permissions
    assert Held.MODERATE_MEMBERS in person(ada, place).permissions
    assert person(mallory, place).permissions == {Held.MANAGE_MESSAGES}


async def test_who_cannot_see_the_channel_may_delete_nothing_in_it(scene: ReviewScene) -> None:
    guild = scene.bot.guilds[0]
    secret = scene.guild.add_channel("secret", private_to=[])
    await scene.until(lambda: guild.get_channel(secret.id))
    ada = await member_of(guild, scene.ada.id)
    assert ada is not None
    assert Held.MANAGE_MESSAGES not in person(ada, await place_of(guild, secret.id)).permissions


async def test_an_archived_thread_is_fetched_and_has_the_permissions_of_its_channel(scene: ReviewScene) -> None:
    guild = scene.bot.guilds[0]
    await scene.general.allow(scene.ada, deny=Permission.MANAGE_MESSAGES)
    thread = await scene.general.start_thread(scene.mallory, "aside")
    await thread.archive()
    await scene.until(lambda: guild.get_channel(scene.general.id).overwrites)  # type: ignore[union-attr]
    guild._threads.clear()
    place, ada = await place_of(guild, thread.id), await member_of(guild, scene.ada.id)
    assert ada is not None
    assert place is not None
    assert place.id == thread.id
    assert Held.MANAGE_MESSAGES not in person(ada, place).permissions


async def test_who_left_and_what_is_gone_are_none(scene: ReviewScene) -> None:
    guild = scene.bot.guilds[0]
    await scene.mallory.leave()
    assert await member_of(guild, scene.mallory.id) is None
    assert await place_of(guild, 5) is None


async def test_the_owner_is_one(scene: ReviewScene) -> None:
    guild = scene.bot.guilds[0]
    owner = await member_of(guild, scene.guild.owner.id)
    assert owner is not None
    assert person(owner, None).is_owner
