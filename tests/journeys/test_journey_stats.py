"""Figures, as moderators see them: the real bot counts, draws and posts."""

import pytest

from tests.discord_server import Message, NotAllowed, Permission
from tests.journeys.stage import SUSPICIOUS, Stage

PNG = b"\x89PNG\r\n\x1a\n"
PICTURES = ["safeguild-flagged.png", "safeguild-decided.png", "safeguild-waiting.png"]


def has_pictures(message: Message) -> bool:
    """The charts are there, each in an embed of its own, with words for whoever does not see them."""
    assert [each.filename for each in message.attachments] == PICTURES
    assert all(each.content.startswith(PNG) for each in message.attachments)
    assert all(each.description and "Nov" not in each.filename for each in message.attachments)
    assert [each["image"]["url"] for each in message.embeds] == [f"attachment://{name}" for name in PICTURES]
    return True


async def test_stats_tells_what_happened_in_pictures_and_is_shared_by_those_who_may(stage: Stage):
    _, card = await stage.flagged()
    await card.click(stage.ada, "Dismiss")
    await stage.general.say(stage.mallory, SUSPICIOUS)
    await stage.quiet()
    reply = await stage.guild.slash(stage.ada, stage.review, "stats", period=7, policy="harassment")
    assert "2. Violations: 1. Undecided: 0." in reply.ephemeral_text
    assert "Decisions: 1 dismissed." in reply.ephemeral_text
    assert "Too few decisions yet to say how often people agree: 1 of at least 10" in reply.ephemeral_text
    assert "Nothing waits for people" in reply.ephemeral_text
    assert reply.public_text == ""
    assert has_pictures(reply.message)
    assert "Harassment: 1 violation of 2" in (reply.message.attachments[0].description or "")
    before = len(stage.cards)
    shared = await reply.message.click(stage.ada, "Share in this channel")
    assert shared.ephemeral_text.strip() == "Posted in this channel."
    (posted,) = stage.cards[before:]
    assert has_pictures(posted)
    assert not posted.is_ephemeral
    rules = await reply.message.click(stage.ada, "Rules")
    assert "**H1**: cited 1 time. Confirmed 0, overturned 1" in rules.ephemeral_text
    assert "Not used in this time" in rules.ephemeral_text or "were not used" in rules.ephemeral_text


async def test_who_may_not_write_in_a_channel_is_not_offered_to_share_there(stage: Stage):
    quiet = stage.guild.add_channel("announcements")
    await quiet.allow(stage.guild.everyone, deny=Permission.SEND_MESSAGES)
    reply = await stage.guild.slash(stage.ada, quiet, "stats")
    assert [button["label"] for button in reply.message.buttons] == []


async def test_stats_are_for_moderators(stage: Stage):
    with pytest.raises(NotAllowed, match="hidden from mallory"):
        await stage.guild.slash(stage.mallory, stage.general, "stats")
    reply = await stage.slash_unhidden(stage.mallory, "stats")
    assert "Only moderators can do this" in reply.ephemeral_text
    forged = await stage.forged("stats:share:30:")
    stage.review.overwrites.clear()
    pressed = await forged.click(stage.mallory, "Forged")
    assert "Only moderators can do this" in pressed.ephemeral_text
