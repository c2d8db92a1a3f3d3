"""Moderators try policies: on what they decided, against another version, on one message, and with blind samples."""

import re

from tests.discord_server import Reply
from tests.journeys.stage import HARMLESS, INSULT, SUSPICIOUS, Stage

TRIED_WITHIN = 60.0


async def tried(stage: Stage, **options: object) -> str:
    """Use `/policy test` and wait for its end: all that the answer says."""
    reply: Reply = await stage.guild.slash(stage.ada, stage.review, "policy test", **options)
    assert not reply.failed, stage.bot.log[-3000:]
    assert reply.public_text == ""
    await reply.message.wait_until(lambda message: "The file has everything" in message.all_text, TRIED_WITHIN)
    return reply.ephemeral_text


async def test_a_policy_is_tried_on_its_examples_and_on_what_moderators_decided(stage: Stage):
    _, card = await stage.flagged(INSULT)
    await card.click(stage.ada, "Dismiss")
    await stage.quiet()
    told = await tried(stage, policy="harassment")
    assert "Precision: 0 of 1, 0%" in told
    assert "Recall" not in told.split("How much is found")[0]
    assert "Unknown. Nobody knows what slips through" in told
    assert "/policy sample policy:harassment" in told
    assert "Not in the prompt: precision" in told
    again = await tried(stage, policy="harassment")
    assert "0 answers by the model" in again


async def test_against_another_version_the_verdicts_that_flip_are_shown(stage: Stage):
    message, card = await stage.flagged(INSULT)
    await card.click(stage.ada, "Delete")
    await stage.quiet()
    source = stage.policy_file("harassment").read_text()
    await stage.put_policy("harassment", re.sub(r"\bloser\b", "blorp", source))
    told = await tried(stage, policy="harassment", against="1")
    assert "1 flip: 0 better, 1 worse, 0 nobody decided." in told
    assert "worse (" in told
    assert INSULT in told
    assert str(message.id) in told


async def test_one_message_is_tried_dry(stage: Stage):
    told = await one(stage, "you loser")
    assert "Harassment: violation" in told
    assert "Flagged by 1 of 1 policy" in told
    message = await stage.general.say(stage.mallory, HARMLESS)
    link = f"https://discord.com/channels/{stage.guild.id}/{stage.general.id}/{message.id}"
    assert "Harassment: allowed" in await one(stage, link)
    assert HARMLESS in await one(stage, link)
    elsewhere = f"https://discord.com/channels/1/{stage.general.id}/{message.id}"
    assert "leads to another server" in await one(stage, elsewhere)
    await stage.nothing_came_of(message)


async def one(stage: Stage, message: str) -> str:
    reply = await stage.guild.slash(stage.ada, stage.review, "policy test", policy="harassment", message=message)
    assert reply.latency is not None
    assert reply.latency < 1.5
    assert reply.public_text == ""
    return reply.ephemeral_text
