"""The guided setup, as an administrator goes through it on a phone."""

import asyncio
from pathlib import Path

from bot.cogs.setting_up import ESSENTIAL
from bot.guilds.settings import GuildSettings
from bot.language import Language
from policies.policy import Mode
from tests.bot.cogs.command_stage import Stage, stage
from tests.discord_server import Message


async def begun(made: Stage) -> Message:
    reply = await made.guild.slash(made.ada, made.general, "safeguild setup")
    assert reply.message.is_ephemeral
    return reply.message


async def chosen(made: Stage, flow: Message, menu: str, *values: object) -> None:
    await flow.select(made.ada, f"setup:{menu}", *map(str, values))


async def next_page(made: Stage, flow: Message) -> None:
    await flow.click(made.ada, "Next")


async def to_the_end(made: Stage, flow: Message) -> None:
    await chosen(made, flow, "review", made.review.id)
    await next_page(made, flow)
    await chosen(made, flow, "roles", made.moderators.id)
    for _ in range(3):
        await next_page(made, flow)


async def finished(made: Stage, flow: Message) -> None:
    await flow.click(made.ada, "Set up")
    await flow.wait_until(lambda shown: "Safeguild is set up" in shown.all_text)


async def test_five_pages_lead_to_a_bot_that_is_set_up(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        flow = await begun(made)
        await chosen(made, flow, "review", made.review.id)
        assert "only moderators read" in flow.all_text
        await next_page(made, flow)
        await chosen(made, flow, "roles", made.moderators.id)
        await next_page(made, flow)
        await chosen(made, flow, "except_channels", made.general.id)
        await next_page(made, flow)
        await chosen(made, flow, "starters", "spam", "scams")
        await next_page(made, flow)
        for words in (made.review.mention, made.moderators.mention, made.general.mention, "Spam", "Scams"):
            assert words in flow.all_text
        assert made.settings == GuildSettings(), "nothing is set before the last press"
        await finished(made, flow)
        assert made.settings == GuildSettings(
            review_channel=made.review.id,
            moderator_roles=(made.moderators.id,),
            except_channels=(made.general.id,),
        )
        policies = made.policy_book.policies(made.guild.id)
        assert {name: policy.mode for name, policy in policies.items()} == {"spam": Mode.LIVE, "scams": Mode.LIVE}
        assert "Safeguild is set up" in flow.all_text
        assert flow.buttons == []


async def test_the_essential_policies_are_chosen_unless_one_says_otherwise(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        flow = await begun(made)
        await to_the_end(made, flow)
        await finished(made, flow)
        assert set(made.policy_book.policies(made.guild.id)) == set(ESSENTIAL)


async def test_it_cannot_be_ended_while_something_is_missing_or_unsafe(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        flow = await begun(made)
        await chosen(made, flow, "review", made.general.id)
        assert f"Everyone can read {made.general.mention}" in flow.all_text
        for _ in range(4):
            await next_page(made, flow)
        assert "Set up" not in flow.button_labels
        for _ in range(4):
            await flow.click(made.ada, "Back")
        await to_the_end(made, flow)
        assert "Set up" in flow.button_labels


async def test_again_it_begins_with_what_is_set_and_keeps_what_it_does_not_show(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        await made.set_up(starter_policies="none")
        before = made.settings.model_copy(update={"language": Language.GERMAN, "blur": True})
        await made.guild_book.save(made.guild.id, before)
        flow = await begun(made)
        for _ in range(4):
            await next_page(made, flow)
        await finished(made, flow)
        assert made.settings == before
        assert made.policy_book.policies(made.guild.id) == {}


async def test_who_is_no_administrator_any_more_is_refused_at_the_next_press(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        boss = made.guild.add_role("Boss", made.ada.permissions)
        await made.max.give(boss)
        reply = await made.guild.slash(made.max, made.general, "safeguild setup")
        await made.max.take(boss)
        refused = await reply.message.click(made.max, "Next")
        assert "Manage Server" in refused.ephemeral_text


async def test_policies_are_tried_on_what_was_written_before_they_hold(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        await made.general.say(made.max, "hello")
        flow = await begun(made)
        for _ in range(3):
            await next_page(made, flow)
        reply = await flow.click(made.ada, "Try them")
        assert "I found no messages here" in reply.ephemeral_text, "this stage has nobody who tries"
        assert made.settings == GuildSettings()


async def test_a_button_that_is_tapped_twice_turns_one_page(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        flow = await begun(made)
        (tapped,) = [each["custom_id"] for each in flow.buttons if each["label"] == "Next"]
        await asyncio.gather(flow.click(made.ada, tapped, wait=False), flow.click(made.ada, tapped, wait=False))
        await flow.wait_until(lambda shown: "2 of 5" in shown.all_text)
        await asyncio.sleep(0.1)
        assert "2 of 5" in flow.all_text
