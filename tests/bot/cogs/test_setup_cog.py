from pathlib import Path

import pytest

from bot.cogs.setting_up import ESSENTIAL
from bot.guilds.settings import GuildSettings
from policies.policy import Mode
from policies.starter import starter_policies
from tests.bot.cogs.command_stage import Stage, stage
from tests.discord_server.channels import ChannelKind
from tests.discord_server.errors import NotAllowed
from tests.discord_server.permissions import Overwrite, Permission


async def test_the_first_setup_sets_everything_and_says_what_comes_next(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        text = await made.set_up()
        assert made.settings == GuildSettings(review_channel=made.review.id, moderator_roles=(made.moderators.id,))
        assert set(made.policy_book.policies(made.guild.id)) == set(ESSENTIAL)
        assert made.outbox.stirred == [made.guild.id]
        for words in (made.review.mention, made.moderators.mention, "Harassment", "/policy list"):
            assert words in text
        assert "\N{WARNING SIGN}" not in text
        assert made.discord.pings == []


@pytest.mark.parametrize(
    ("choice", "wanted"), [("essential", set(ESSENTIAL)), ("all", set(starter_policies())), ("none", set())]
)
async def test_starter_policies_are_added_as_chosen(tmp_path: Path, choice: str, wanted: set[str]) -> None:
    async with stage(tmp_path) as made:
        await made.set_up(starter_policies=choice)
        assert set(made.policy_book.policies(made.guild.id)) == wanted


async def test_a_second_setup_changes_what_is_named_and_keeps_the_rest(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        helpers = made.guild.add_role("Helpers")
        await made.set_up(moderator_role_2=helpers, starter_policies="none")
        other = made.guild.add_channel("cards", private_to=[made.moderators, helpers])
        await made.slash("safeguild setup", review_channel=other)
        assert made.settings == GuildSettings(
            review_channel=other.id, moderator_roles=(made.moderators.id, helpers.id)
        )
        assert made.policy_book.policies(made.guild.id) == {}
        await made.slash("safeguild setup", moderator_role=helpers)
        assert made.settings == GuildSettings(review_channel=other.id, moderator_roles=(helpers.id,))
        await made.slash("safeguild setup", starter_policies="essential")
        assert set(made.policy_book.policies(made.guild.id)) == set(ESSENTIAL)


async def test_setup_leaves_policies_that_are_there_as_they_are(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        await made.policy_book.add(made.guild.id, "spam", Mode.OFF)
        text = await made.set_up()
        assert made.policy_book.policies(made.guild.id)["spam"].mode is Mode.OFF
        assert "was there before stays" in text


async def _nothing_was_set(made: Stage) -> None:
    assert made.settings == GuildSettings()
    assert made.policy_book.policies(made.guild.id) == {}
    assert made.outbox.stirred == []


async def test_the_first_setup_needs_a_channel_and_a_role(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        text = await made.slash("safeguild setup", starter_policies="all")
        assert "`review_channel`" in text
        assert "`moderator_role`" in text
        await _nothing_was_set(made)


async def test_a_review_channel_that_everyone_can_read_is_refused_with_what_to_take_away(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        text = await made.set_up(review_channel=made.general)
        assert f"Everyone can read {made.general.mention}" in text
        assert "take View Channel away from @everyone" in text
        await _nothing_was_set(made)
        assert made.discord.pings == []


@pytest.mark.parametrize(
    ("taken", "words"),
    [
        (Permission.SEND_MESSAGES, "I lack Send Messages and Embed Links"),
        (Permission.EMBED_LINKS, "I lack Embed Links in"),
        (Permission.READ_MESSAGE_HISTORY, "I lack Read Message History in"),
        (Permission.VIEW_CHANNEL, "I lack View Channel"),
    ],
)
async def test_a_review_channel_where_the_bot_lacks_something_is_refused_by_name(
    tmp_path: Path, taken: Permission, words: str
) -> None:
    async with stage(tmp_path) as made:
        made.problem_in_review(taken)
        text = await made.set_up()
        assert words.split(" and ")[0] in text
        assert "Edit Channel, Permissions" in text
        await _nothing_was_set(made)


async def test_everyone_and_bots_roles_cannot_be_moderators(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        text = await made.set_up(moderator_role=made.guild.everyone)
        assert "cannot be a moderator role" in text
        await _nothing_was_set(made)


async def test_other_roles_and_people_that_can_read_the_cards_are_named(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        friends = made.guild.add_role("Friends")
        bosses = made.guild.add_role("Bosses", Permission.ADMINISTRATOR)
        made.review.overwrites[friends.id] = Overwrite(friends.id, is_member=False, allow=Permission.VIEW_CHANNEL)
        made.review.overwrites[made.max.id] = Overwrite(made.max.id, is_member=True, allow=Permission.VIEW_CHANNEL)
        made.review.announce("CHANNEL_UPDATE")
        text = await made.set_up()
        assert friends.mention in text
        assert bosses.mention not in text
        assert "lets 1 person in by name, too." in text
        assert made.settings.review_channel == made.review.id


async def test_moderators_who_cannot_read_the_cards_are_told(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        helpers = made.guild.add_role("Helpers")
        assert f"{helpers.mention} cannot read {made.review.mention}" in await made.set_up(
            moderator_role_2=helpers
        )


async def test_channels_that_the_bot_cannot_read_and_permissions_it_lacks_are_named(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        hidden = made.guild.add_channel("attic", ChannelKind.FORUM, private_to=[])
        assert made.guild.bot_member is not None
        del hidden.overwrites[made.guild.bot_member.id]
        hidden.announce("CHANNEL_UPDATE")
        role = made.guild.bot_member.roles[0]
        await role.edit(permissions=role.permissions & ~Permission.MODERATE_MEMBERS)
        await made.discord.world.drain()
        text = await made.set_up()
        assert f"I cannot read {hidden.mention}" in text
        assert "My role lacks Timeout Members" in text


async def test_setup_is_hidden_from_members_and_refuses_those_who_lack_manage_server(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        with pytest.raises(NotAllowed, match="hidden"):
            await made.set_up(by=made.mia)
        for command in made.discord.world.commands.of(None):
            command.definition["default_member_permissions"] = None  # an administrator opened the commands to all
        for member in (made.mia, made.max):
            assert "You need the permission Manage Server" in await made.set_up(by=member)
        await _nothing_was_set(made)


async def test_a_setup_writes_a_bad_settings_file_anew(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        path = tmp_path / "guilds" / f"{made.guild.id}.yaml"
        path.write_text("review_channel: general\n")
        await made.set_up()
        assert made.guild_book.problems(made.guild.id) == ()
        assert made.settings.review_channel == made.review.id


async def test_a_disk_that_refuses_is_told_in_plain_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_path: Path, _data: bytes) -> None:
        raise OSError(28, "No space left on device", str(_path))

    async with stage(tmp_path) as made:
        monkeypatch.setattr("bot.guilds.files.write_private", full)
        text = await made.set_up()
        assert "No space left on device" in text
        assert str(tmp_path) not in text
        await _nothing_was_set(made)
