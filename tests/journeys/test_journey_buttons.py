"""From a flagged message to a card to a person's decision."""

from tests.discord_server import ActionKind
from tests.journeys.stage import INSULT, Stage


async def test_a_card_says_what_was_written_by_whom_where_and_why_it_is_shown(stage: Stage):
    before = await stage.general.say(stage.ada, "does anyone have the patch notes?")
    message, card = await stage.flagged()
    for told in (INSULT, before.content, "Harassment", "mallory", "stand-in", "loser", message.channel.mention):
        assert told in card.all_text, told
    assert card.button_labels[0] == "Delete"
    assert card.button_labels[2:] == ["Dismiss", "Reasoning"]


async def test_delete_removes_the_message_once_with_a_reason_in_the_audit_log(stage: Stage):
    message, card = await stage.flagged()
    reply = await card.click(stage.ada, "Delete")
    await stage.discord.wait_until(lambda: message.deleted)
    await card.wait_until(lambda card: "Delete" not in card.button_labels)
    assert not reply.failed
    deletions = [each for each in stage.discord.actions_of(ActionKind.DELETE) if each.guild_id == stage.guild.id]
    assert [each.target_id for each in deletions] == [message.id]
    assert "case" in (deletions[0].reason or "")
    assert stage.ada.mention in card.all_text
