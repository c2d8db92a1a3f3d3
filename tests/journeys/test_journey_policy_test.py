"""Moderators try policies: on what they decided, against another version, on one message, and by blind samples."""

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
    return reply.message.all_text


async def test_a_policy_is_tried_on_its_examples_and_on_what_moderators_decided(stage: Stage):
    _, card = await stage.flagged(INSULT)
    await card.click(stage.ada, "Dismiss")
    await stage.quiet()
    told = await tried(stage, policy="harassment")
    assert "Precision on cards that came up: 0 of 1, 0%" in told
    assert "Recall" not in told.split("How much is found")[0]
    assert "Unknown. Nobody knows what slips through" in told
    assert "/policy sample policy:harassment" in told
    assert "Not in the prompt: precision" in told
    again = await tried(stage, policy="harassment")
    assert "Answers by the model: 0." in again


async def test_of_a_draft_against_what_is_in_force_the_verdicts_that_flip_are_shown(stage: Stage):
    message, card = await stage.flagged(INSULT)
    await card.click(stage.ada, "Delete")
    await stage.quiet()
    source = stage.policy_file("harassment").read_text()
    draft = stage.discord.upload("draft.yaml", re.sub(r"\bloser\b", "blorp", source).encode())
    told = await tried(stage, policy="harassment", draft=draft, against="in force")
    assert "1 worse" in told
    assert "worse (" in told
    assert INSULT in told
    assert str(message.id) in told
    assert stage.policy_file("harassment").read_text() == source


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
    await stage.assert_nothing_came_of(message)


async def one(stage: Stage, message: str) -> str:
    reply = await stage.guild.slash(stage.ada, stage.review, "policy test", policy="harassment", message=message)
    assert reply.latency is not None
    assert reply.latency < 1.5
    assert reply.public_text == ""
    return reply.ephemeral_text


async def test_a_moderator_labels_a_sample_blindly_and_then_recall_is_known(stage: Stage):
    await stage.general.say(stage.mallory, HARMLESS)
    cleared = await stage.general.say(stage.mallory, SUSPICIOUS)
    await stage.case_about(cleared)
    _, card = await stage.flagged(INSULT)
    await card.click(stage.ada, "Delete")
    await stage.quiet()
    reply = await stage.guild.slash(stage.ada, stage.review, "policy sample", policy="harassment")
    seen = [reply.ephemeral_text]
    assert "message 1 of 2" in seen[0]
    assert INSULT not in seen[0]
    await press(reply, stage, "Allowed")
    assert "message 2 of 2" in reply.message.all_text
    again = await stage.guild.slash(stage.ada, stage.review, "policy sample", policy="harassment")
    assert "message 2 of 2" in again.ephemeral_text
    seen.append(again.ephemeral_text)
    assert {HARMLESS, SUSPICIOUS} <= {text for text in (HARMLESS, SUSPICIOUS) if text in "".join(seen)}
    assert "likely" not in "".join(seen)
    await press(again, stage, "Violates")
    assert "Which rule does it violate?" in again.message.all_text
    (menu,) = [each for each in again.message.components if "select" in str(each) or each["type"] == 1][:1]
    await again.message.select(stage.ada, menu["components"][0]["custom_id"], "H1")
    await again.message.wait_until(lambda message: "Sample labelled" in message.all_text)
    assert "1 violates the policy." in again.message.all_text
    assert "1 is allowed." in again.message.all_text
    told = await tried(stage, policy="harassment")
    assert "Recall: " in told
    assert "Cleared by the model: 1 labelled" in told
    assert "Suspected by nothing: 1 labelled" in told


async def press(reply: Reply, stage: Stage, label: str) -> None:
    before = reply.message.all_text
    await reply.message.click(stage.ada, label)
    await reply.message.wait_until(lambda message: message.all_text != before)
