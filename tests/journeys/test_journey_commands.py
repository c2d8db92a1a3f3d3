"""Setting the bot up, and how commands behave."""

import pytest

from tests.discord_server import NotAllowed, Permission
from tests.journeys.stage import INSULT, Stage, new_stage


@pytest.fixture
def newcomer(stage: Stage) -> Stage:
    """A second guild, where nothing is set up."""
    return new_stage(stage.discord, stage.bot, "Newcomers")


async def setup(stage: Stage, **options: object) -> str:
    reply = await stage.guild.slash(stage.guild.owner, stage.general, "safeguild setup", **options)
    assert reply.public_text == ""
    return reply.ephemeral_text


async def test_setup_refuses_a_review_channel_that_everyone_can_read_and_sets_nothing(newcomer: Stage):
    told = await setup(newcomer, review_channel=newcomer.general, moderator_role=newcomer.moderators)
    assert "Nothing was set" in told
    assert f"Everyone can read {newcomer.general.mention}" in told
    assert not newcomer.policy_file("harassment").exists()
    assert "No review channel is set" in await status(newcomer)
    assert newcomer.cards == []


async def test_setup_refuses_a_review_channel_that_the_bot_cannot_write_in_and_takes_it_once_it_can(
    newcomer: Stage,
):
    bot = newcomer.guild.bot_member
    assert bot is not None
    await newcomer.review.allow(bot, Permission.VIEW_CHANNEL, deny=Permission.SEND_MESSAGES)
    told = await setup(newcomer, review_channel=newcomer.review, moderator_role=newcomer.moderators)
    assert f"I lack Send Messages and Embed Links in {newcomer.review.mention}" in told
    assert "Edit Channel, Permissions" in told
    await newcomer.review.allow(bot, Permission.VIEW_CHANNEL | Permission.SEND_MESSAGES)
    told = await setup(newcomer, review_channel=newcomer.review, moderator_role=newcomer.moderators)
    assert "Safeguild is set up" in told
    assert "Policies added: Harassment" in told
    await newcomer.flagged()


async def test_setup_refuses_everyone_as_moderators(newcomer: Stage):
    told = await setup(newcomer, review_channel=newcomer.review, moderator_role=newcomer.guild.everyone)
    assert "@everyone cannot be a moderator role" in told
    assert "No review channel is set" in await status(newcomer)


async def test_cards_of_cases_from_before_a_review_channel_was_set_appear_once_it_is(newcomer: Stage):
    await newcomer.guild.slash(
        newcomer.guild.owner, newcomer.general, "policy add", starter="harassment", mode="live"
    )
    message = await newcomer.general.say(newcomer.mallory, INSULT)
    await newcomer.bot.until(lambda: case_is(newcomer, message.id, "open"), 40, "the verdict")
    assert "No review channel is set" in await status(newcomer)
    await newcomer.set_up("none")
    card = await newcomer.card_about(message, within=5)
    assert newcomer.cards == [card]


def case_is(stage: Stage, message_id: int, state: str) -> bool:
    case = stage.memory.case(message_id)
    return case is not None and case.state == state


async def test_cards_move_to_another_review_channel_with_the_next_case(stage: Stage):
    _, first = await stage.flagged()
    stage.review = stage.guild.add_channel("review-2", private_to=[stage.moderators])
    assert f"Cards appear in {stage.review.mention}" in await setup(stage, review_channel=stage.review)
    _, second = await stage.flagged()
    assert (first.channel.name, second.channel.name) == ("review", "review-2")
    await first.click(stage.ada, "Dismiss")
    await first.wait_until(lambda shown: "**Dismissed** by" in shown.embed_text)


async def status(stage: Stage) -> str:
    reply = await stage.guild.slash(stage.guild.owner, stage.general, "safeguild status")
    assert reply.public_text == ""
    return reply.ephemeral_text


async def test_status_tells_of_the_engine_the_queue_the_cards_and_what_is_missing(stage: Stage):
    await stage.flagged()
    told = await status(stage)
    assert "Ready. Model: safeguild\\-standin." in told
    assert "The stand-in judges" in told
    assert "0 wait for a verdict" in told
    assert "Up to date" in told
    assert f"They appear in {stage.review.mention}." in told
    assert "5 live, 0 shadow, 0 off" in told
    assert "To look at" not in told
    bot = stage.guild.bot_member
    assert bot is not None
    await bot.roles[0].edit(permissions=bot.roles[0].permissions & ~Permission.MODERATE_MEMBERS)
    assert "My role lacks Timeout Members" in await status(stage)


async def test_a_member_without_permission_does_not_even_see_the_commands(stage: Stage):
    for words in ("safeguild status", "policy list"):
        with pytest.raises(NotAllowed, match="hidden from mallory"):
            await stage.guild.slash(stage.mallory, stage.general, words)


@pytest.mark.parametrize(
    ("words", "options", "needed"),
    [
        ("safeguild setup", {"starter_policies": "none"}, "You need the permission Manage Server"),
        ("safeguild status", {}, "Only moderators can do this"),
        ("policy list", {}, "Only moderators can do this"),
        ("policy show", {"policy": "harassment"}, "Only moderators can do this"),
        ("policy add", {"starter": "doxxing"}, "You need the permission Manage Server"),
        ("policy mode", {"policy": "harassment", "mode": "off"}, "You need the permission Manage Server"),
    ],
)
async def test_a_command_that_was_opened_to_everyone_still_asks_for_permission(
    stage: Stage, words: str, options: dict[str, str], needed: str
):
    reply = await stage.slash_unhidden(stage.mallory, words, **options)
    assert needed in reply.ephemeral_text
    assert reply.public_text == ""
    assert "mode: live" in stage.policy_file("harassment").read_text()
    assert not stage.policy_file("doxxing").exists()


async def test_the_commands_are_synced_once_over_a_restart(rough_stage: Stage):
    await rough_stage.bot.restart()
    assert "Safeguild's status" in await status(rough_stage)
    assert len(rough_stage.discord.requests_to("PUT /applications/{}/commands")) == 1
    known = {each.name for each in rough_stage.discord.world.commands.of(None)}
    assert known >= {"policy", "safeguild", "stats", "Why flagged?"}
