"""A moderator asks why a message was flagged, or why not."""

import pytest

from bot.cogs.explain import NAME
from tests.discord_server import NotAllowed
from tests.journeys.stage import HARMLESS, INSULT, Stage


async def test_a_moderator_learns_why_a_message_was_flagged_and_why_another_was_not(stage: Stage):
    message, card = await stage.flagged(INSULT)
    asked = await message.use(stage.ada, NAME)
    assert asked.public_text == ""
    assert asked.latency is not None
    assert asked.latency < 1.5
    assert "- **Harassment: flagged**, keyword “loser”" in asked.ephemeral_text
    assert "Take “loser” out of `keywords`" in asked.ephemeral_text
    assert f"Case {stage.case(message).id}: Harassment" in asked.ephemeral_text
    harmless = await stage.general.say(stage.mallory, HARMLESS)
    assert "Flagged by none of 5 policies" in (await harmless.use(stage.ada, NAME)).ephemeral_text
    await stage.quiet()
    assert stage.cards_about(message) == [card]
    assert stage.memory.messages_with_cases() == {message.id}


async def test_an_explanation_is_dry_and_for_moderators_only(stage: Stage):
    unseen = await stage.review.say(stage.ada, INSULT)
    assert "never looked at" in (await unseen.use(stage.ada, NAME)).ephemeral_text
    message = await stage.general.say(stage.mallory, HARMLESS)
    with pytest.raises(NotAllowed, match="hidden from mallory"):
        await message.use(stage.mallory, NAME)
    await stage.assert_nothing_came_of(message, unseen)
