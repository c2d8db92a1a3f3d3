"""From a flagged message to a card to a person's decision."""

import asyncio
from datetime import timedelta

import pytest

from tests.discord_server import ActionKind, AuditEvent, Member, Message, Reply
from tests.journeys.acting import time_out
from tests.journeys.stage import INSULT, Stage


def shown_as(moment_of: Message | Member) -> str:
    """A moment as cards show it."""
    moment = moment_of.created_at if isinstance(moment_of, Message) else moment_of.joined_at
    return f"<t:{int(moment.timestamp())}:R>"


async def decided(card: Message, word: str) -> Message:
    return await card.wait_until(lambda shown: f"**{word}** by" in shown.embed_text)


async def test_a_card_says_what_was_written_by_whom_where_and_why_it_is_shown(stage: Stage):
    before = await stage.general.say(stage.ada, "does anyone have the patch notes?")
    message, card = await stage.flagged()
    (embed,) = card.embeds
    fields = {field["name"]: field["value"] for field in embed["fields"]}
    link = f"https://discord.com/channels/{stage.guild.id}/{stage.general.id}/{message.id}"
    assert embed["title"] == "Medium · Harassment: H1"
    assert embed["url"] == link
    assert embed["description"] == (
        f"```\n{INSULT}\n```\n**mallory** in {stage.general.mention}, {shown_as(message)} · [Jump to it]({link})"
    )
    assert fields["Harassment: violation, 99% likely"].startswith("**H1** (medium) An insult aimed at a member")
    assert fields["Why"] == "The message contains loser\\, a listed term of rule H1\\.\nQuoted: “loser”"
    assert before.content in fields["Said before"]
    assert fields["Author"].splitlines() == [
        f"{stage.mallory.mention} · id `{stage.mallory.id}`",
        f"Account made <t:{int(stage.mallory.user.created_at.timestamp())}:R> · joined {shown_as(stage.mallory)}",
        "No other cases",
    ]
    assert "stand-in" in fields["Judged by"]
    assert "keyword “loser”" in fields["Looked at because of"]
    assert embed["footer"]["text"] == f"Case {stage.case(message).id} · version 1"
    assert card.button_labels == ["Delete + warn", "Delete", "Dismiss", "Claim", "Reasoning", "More"]


async def test_delete_removes_the_message_once_with_a_reason_in_the_audit_log(stage: Stage):
    message, card = await stage.flagged()
    reply = await card.click(stage.ada, "Delete")
    await decided(card, "Deleted")
    assert not reply.failed
    assert reply.messages == []
    assert message.deleted
    assert [(deed.kind, deed.target_id) for deed in stage.deeds] == [(ActionKind.DELETE, message.id)]
    (entry,) = stage.audit_log
    assert entry.event is AuditEvent.MESSAGE_DELETE
    assert entry.reason == f"case {stage.case(message).id}, decided by ada ({stage.ada.id})"
    assert f"**Deleted** by {stage.ada.mention}" in card.embed_text
    assert card.button_labels == ["Reopen", "Reasoning", "More"]
    await stage.quiet()
    assert "Jump to it" not in card.embed_text
    assert "gone" not in card.embed_text
    case = stage.case(message)
    assert (case.state, case.decision.action, case.decision.moderator_id) == ("enforced", "delete", stage.ada.id)


async def test_timeout_ends_exactly_as_long_after_the_decision_as_was_chosen_and_delete_is_still_offered(
    stage: Stage,
):
    message, card = await stage.flagged()
    await time_out(card, stage.ada)
    await decided(card, "Timed out for 1 h")
    decision = stage.case(message).decision
    assert decision.timeout == timedelta(hours=1)
    assert stage.mallory.timed_out_until == decision.decided_at + timedelta(hours=1)
    assert stage.discord.clock.now() - decision.decided_at < timedelta(seconds=20)
    assert card.button_labels == ["Delete", "Undo", "Reasoning", "More"]
    assert not message.deleted
    await card.click(stage.bob, "Delete")
    await decided(card, "Deleted")
    assert message.deleted
    assert [(deed.kind, deed.target_id) for deed in stage.deeds] == [
        (ActionKind.TIMEOUT, stage.mallory.id),
        (ActionKind.DELETE, message.id),
    ]
    assert f"Decided before: timeout of 1 h, by {stage.ada.mention}" in card.embed_text
    assert [each.moderator_id for each in stage.case(message).decisions] == [stage.ada.id, stage.bob.id]
    assert stage.mallory.timed_out_until == decision.decided_at + timedelta(hours=1)


async def test_dismiss_touches_nobody_and_the_card_says_who_decided(stage: Stage):
    message, card = await stage.flagged()
    await card.click(stage.bob, "Dismiss")
    await decided(card, "Dismissed")
    assert f"**Dismissed** by {stage.bob.mention}" in card.embed_text
    assert card.button_labels == ["Undo", "Reasoning", "More"]
    assert not message.deleted
    assert stage.deeds == []
    assert (stage.case(message).state, stage.case(message).decision.action) == ("enforced", "dismiss")


async def test_reasoning_is_for_the_eyes_of_the_moderator_alone_before_and_after_the_decision(stage: Stage):
    message, card = await stage.flagged()
    await tells_its_reasons(await card.click(stage.ada, "Reasoning"))
    assert stage.case(message).state == "open"
    await card.click(stage.ada, "Dismiss")
    await decided(card, "Dismissed")
    await tells_its_reasons(await card.click(stage.bob, "Reasoning"))
    assert stage.case(message).decision.action == "dismiss"
    assert [each for each in stage.cards if each is not card] == []


async def tells_its_reasons(reply: Reply) -> None:
    told = reply.ephemeral_text
    for reason in (
        "The model's own words",
        "a listed term of rule H1",
        "stand\\-in\\: term matching only",
        "digest",
    ):
        assert reason in told, reason
    assert reply.public_text == ""


async def test_the_next_card_of_an_author_tells_what_became_of_the_one_before(stage: Stage):
    _, card = await stage.flagged()
    await card.click(stage.ada, "Delete")
    await decided(card, "Deleted")
    _, card = await stage.flagged()
    assert "1 other case: 1 acted on" in card.embed_text
    await card.click(stage.ada, "Dismiss")
    await decided(card, "Dismissed")
    _, card = await stage.flagged("such a loser, again")
    assert "2 other cases: 1 acted on, 1 dismissed" in card.embed_text


async def test_a_message_that_is_deleted_just_before_the_click_counts_as_deleted_and_nothing_is_done(stage: Stage):
    message, card = await stage.flagged()
    await message.delete()
    await card.click(stage.ada, "Delete")
    await decided(card, "Deleted")
    assert "The message was gone already" in card.embed_text
    assert stage.deeds == []
    assert stage.audit_log == []


async def test_once_a_message_is_gone_the_card_says_so_and_does_not_offer_to_delete_it(stage: Stage):
    message, card = await stage.flagged()
    await message.delete()
    await card.wait_until(lambda shown: "Delete" not in shown.button_labels)
    assert "**The message is gone:** it was deleted" in card.embed_text
    assert "Jump to it" not in card.embed_text
    assert card.button_labels == ["Warn", "Dismiss", "Claim", "Reasoning", "More"]
    assert stage.cards == [card]


async def test_the_author_of_a_message_that_is_gone_can_still_be_timed_out(stage: Stage):
    message, card = await stage.flagged()
    await message.delete()
    await card.wait_until(lambda shown: "Delete" not in shown.button_labels)
    await time_out(card, stage.ada)
    await decided(card, "Timed out for 1 h")
    assert [deed.kind for deed in stage.deeds] == [ActionKind.TIMEOUT]
    assert card.button_labels == ["Undo", "Reasoning", "More"]
    assert "**The message is gone:**" in card.embed_text


@pytest.mark.parametrize(("adas", "bobs"), [("Delete", "Delete"), ("Delete", "Dismiss"), ("Timeout", "Dismiss")])
async def test_of_two_moderators_who_click_at_once_one_decides_and_the_other_is_told_who(
    stage: Stage, adas: str, bobs: str
):
    message, card = await stage.flagged()
    first = time_out(card, stage.ada) if adas == "Timeout" else card.click(stage.ada, adas)
    replies = await asyncio.gather(first, card.click(stage.bob, bobs))
    decision = await settled(stage, message)
    winner, late = (stage.ada, replies[1]) if decision.moderator_id == stage.ada.id else (stage.bob, replies[0])
    told = await late.wait_for_text()
    assert f"{winner.mention} has decided this already: {decision.action}" in told
    assert late.public_text == ""
    assert [deed.kind for deed in stage.deeds] == DEEDS[decision.action]
    assert len(stage.audit_log) == len(stage.deeds)
    assert sum(winner.mention in text for text in card.embed_text.splitlines()) == 1


DEEDS = {"delete": [ActionKind.DELETE], "timeout": [ActionKind.TIMEOUT], "dismiss": []}


async def settled(stage: Stage, message: Message):
    """The one decision, carried out and on the card."""
    await stage.bot.until(lambda: stage.case(message).state == "enforced", 10, "the end of the decision")
    await stage.quiet()
    return stage.case(message).decision


async def test_a_moderator_who_clicks_twice_decides_once(stage: Stage):
    message, card = await stage.flagged()
    replies = await asyncio.gather(*(card.click(stage.ada, "Delete") for _ in range(3)))
    await settled(stage, message)
    assert [deed.kind for deed in stage.deeds] == [ActionKind.DELETE]
    assert len(stage.audit_log) == 1
    assert not any(reply.failed for reply in replies)
    notes = [reply.ephemeral_text for reply in replies if reply.messages]
    assert len(notes) == 2
    assert all("You have decided this already: delete" in note for note in notes)
