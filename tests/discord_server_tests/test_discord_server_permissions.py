"""Permissions and hierarchy, computed in the documented order."""

from datetime import timedelta

import pytest

from tests.discord_server import DiscordServer, Guild, Permission

VIEW, SEND, EMBED = Permission.VIEW_CHANNEL, Permission.SEND_MESSAGES, Permission.EMBED_LINKS
NONE = Permission(0)


@pytest.fixture
def guild() -> Guild:
    """A guild of a Discord that nobody connects to."""
    return DiscordServer().add_guild("Bramble")


async def test_a_role_that_is_denied_takes_away_and_one_that_is_allowed_gives_back(guild: Guild) -> None:
    muted, trusted = guild.add_role("muted"), guild.add_role("trusted")
    channel = guild.add_channel("general")
    await channel.allow(muted, deny=SEND)
    assert not guild.add_member("one", [muted]).can(SEND, channel)
    await channel.allow(trusted, SEND)
    assert guild.add_member("two", [muted, trusted]).can(SEND, channel)


async def test_the_members_own_overwrite_has_the_last_word(guild: Guild) -> None:
    trusted, channel = guild.add_role("trusted"), guild.add_channel("general")
    member = guild.add_member("one", [trusted])
    await channel.allow(trusted, SEND)
    await channel.allow(member, deny=SEND)
    assert not member.can(SEND, channel)


async def test_who_cannot_view_can_do_nothing_and_who_cannot_send_cannot_embed(guild: Guild) -> None:
    channel, member = guild.add_channel("general"), guild.add_member("one")
    await channel.allow(guild.everyone, deny=SEND)
    assert member.can(VIEW, channel)
    assert not member.can(EMBED, channel)
    await channel.allow(guild.everyone, deny=VIEW)
    assert not member.can(SEND, channel)
    assert guild.owner.can(SEND, channel)


async def test_an_administrator_passes_every_overwrite(guild: Guild) -> None:
    administrators, channel = guild.add_role("a", Permission.ADMINISTRATOR), guild.add_channel("general")
    await channel.allow(guild.everyone, deny=VIEW)
    assert guild.add_member("one", [administrators]).can(VIEW | SEND, channel)


async def test_a_timeout_leaves_only_reading(guild: Guild) -> None:
    role, channel = guild.add_role("m", Permission.MANAGE_MESSAGES), guild.add_channel("general")
    member = guild.add_member("one", [role])
    await channel.allow(member, SEND)
    member.timed_out_until = guild.world.clock.now() + timedelta(minutes=1)
    assert member.can(VIEW | Permission.READ_MESSAGE_HISTORY, channel)
    assert not member.can(SEND, channel)
    assert not member.can(Permission.MANAGE_MESSAGES)
    guild.world.clock.shift(timedelta(minutes=2))
    assert member.can(SEND, channel)


async def test_a_thread_has_its_parents_permissions_and_its_own_for_sending(guild: Guild) -> None:
    channel, member = guild.add_channel("general"), guild.add_member("one")
    thread = await channel.start_thread(guild.owner, "aside")
    await channel.allow(guild.everyone, deny=Permission.SEND_MESSAGES_IN_THREADS)
    assert member.can(SEND, channel)
    assert not member.can(thread.sending, thread)


async def test_a_private_thread_is_seen_by_its_members_and_thread_managers(guild: Guild) -> None:
    channel, member = guild.add_channel("general"), guild.add_member("one")
    manager = guild.add_member("two", [guild.add_role("m", Permission.MANAGE_THREADS)])
    thread = await channel.start_thread(guild.owner, "secret", private=True)
    assert not thread.visible_to(member)
    assert thread.visible_to(manager)
    assert thread.thread is not None
    thread.thread.members.add(member.id)
    assert thread.visible_to(member)


async def test_hierarchy_wants_a_higher_role_and_spares_the_owner(guild: Guild) -> None:
    high, low = guild.add_role("high", position=5), guild.add_role("low", position=4)
    one, other, below = (guild.add_member(str(n), [role]) for n, role in enumerate((high, high, low)))
    assert one.outranks(below)
    assert not one.outranks(other)
    assert not below.outranks(one)
    assert not one.outranks(guild.owner)
    assert guild.owner.outranks(one)
    assert not guild.owner.outranks(guild.owner)


async def test_bots_roles_stay_above_roles_that_come_later(guild: Guild) -> None:
    role = guild.add_role("late")
    bot = guild.bot_member
    assert bot is not None
    assert bot.top_position > role.position
