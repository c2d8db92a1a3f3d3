"""Who may act on whom: refused with a sentence that says what to do, and nothing is done."""

import asyncio

from tests.discord_server import ActionKind, Member, Message, Permission
from tests.journeys.acting import more, time_out
from tests.journeys.stage import INSULT, Stage, new_stage

VIEW = Permission.VIEW_CHANNEL


async def refused(stage: Stage, message: Message, member: Member, label: str) -> str:
    """Press a button in vain: what the person is told. Nobody else sees it, and the case stays as it is."""
    card = await stage.card_about(message)
    before = card.all_text
    reply = await card.click(member, label)
    told = await reply.wait_for_text()
    assert reply.public_text == ""
    assert not message.deleted
    assert stage.deeds == []
    assert stage.audit_log == []
    assert (stage.case(message).state, stage.case(message).decisions) == ("open", ())
    assert card.all_text == before
    return told


async def test_who_is_no_moderator_gets_to_see_nothing_and_does_nothing(stage: Stage):
    message, _ = await stage.flagged()
    bystander = stage.guild.add_member("bystander")
    await stage.review.allow(bystander, VIEW)
    for label in ("Delete + warn", "Delete", "Dismiss", "Claim", "Reasoning", "More"):
        told = await refused(stage, message, bystander, label)
        assert (
            told.strip() == "Only moderators can do this. Ask an administrator of the server for a moderator role."
        )


async def test_a_moderator_role_that_was_taken_away_since_the_card_counts(stage: Stage):
    message, _ = await stage.flagged()
    await stage.review.allow(stage.ada, VIEW)
    await stage.ada.take(stage.moderators)
    assert "Only moderators can do this" in await refused(stage, message, stage.ada, "Delete")


async def test_a_moderator_without_the_permission_to_time_out_can_only_delete(stage: Stage):
    message, card = await stage.flagged()
    await stage.moderators.edit(permissions=VIEW | Permission.MANAGE_MESSAGES)
    told = (await more(card, stage.ada)).embed_text
    assert "**Not possible: warn, timeout.** You need the permission “Timeout Members”" in told
    assert "“Timeout Members”" in await refused(stage, message, stage.ada, "Delete + warn")
    await card.click(stage.ada, "Delete")
    await card.wait_until(lambda shown: "**Deleted** by" in shown.embed_text)
    assert [deed.kind for deed in stage.deeds] == [ActionKind.DELETE]


async def test_the_permission_counts_in_the_channel_of_the_message(stage: Stage):
    message, _ = await stage.flagged()
    await stage.general.allow(stage.moderators, deny=Permission.MANAGE_MESSAGES)
    told = await refused(stage, message, stage.ada, "Delete")
    assert "You need the permission “Manage Messages” in the message's channel" in told


async def test_what_the_bot_may_not_do_in_a_channel_is_said_with_what_to_do_and_works_once_it_may(stage: Stage):
    message, card = await stage.flagged()
    bot = stage.guild.bot_member
    assert bot is not None
    await stage.general.allow(bot, deny=Permission.MANAGE_MESSAGES)
    told = await refused(stage, message, stage.ada, "Delete")
    assert "I need the permission “Manage Messages” in the message's channel. Ask an administrator" in told
    await stage.general.allow(bot)
    await card.click(stage.ada, "Delete")
    await card.wait_until(lambda shown: "**Deleted** by" in shown.embed_text)
    assert message.deleted
    assert [deed.kind for deed in stage.deeds] == [ActionKind.DELETE]
    assert len(stage.case(message).decisions) == 1


async def test_an_author_who_has_left_cannot_be_timed_out_but_the_message_can_be_deleted(stage: Stage):
    _, card = await stage.flagged()
    await stage.mallory.leave()
    told = (await more(card, stage.ada)).embed_text
    assert "The author has left the server" in told
    assert "You can still delete the message" in told
    await card.click(stage.ada, "Delete")
    await card.wait_until(lambda shown: "**Deleted** by" in shown.embed_text)
    assert [deed.kind for deed in stage.deeds] == [ActionKind.DELETE]


async def test_nobody_acts_on_the_owner(stage: Stage):
    message, card = await stage.flagged(by=stage.guild.owner)
    assert "nobody can act on the owner" in await refused(stage, message, stage.ada, "Delete")
    assert "nobody can act on the owner" in (await more(card, stage.ada)).embed_text


async def test_nobody_acts_on_an_author_above_them(stage: Stage):
    chief = stage.guild.add_member("chief", [stage.guild.add_role("chiefs")])
    message, card = await stage.flagged(by=chief)
    assert "The author's highest role is not below yours" in await refused(stage, message, stage.ada, "Delete")
    assert "The author's highest role is not below yours" in (await more(card, stage.ada)).embed_text
    await time_out(card, stage.guild.owner)
    await card.wait_until(lambda shown: "**Timed out for 1 h** by" in shown.embed_text)
    assert [deed.target_id for deed in stage.deeds] == [chief.id]


async def test_the_bot_does_not_act_on_an_author_above_it(stage: Stage):
    bot = stage.guild.bot_member
    assert bot is not None
    champions = stage.guild.add_role("champions", position=bot.top_position + 1)
    _, card = await stage.flagged(by=stage.guild.add_member("champion", [champions]))
    told = (await more(card, stage.guild.owner)).embed_text
    assert "The author's highest role is not below mine. An administrator can move my role up" in told


async def test_an_administrator_cannot_be_timed_out(stage: Stage):
    role = stage.guild.add_role("admins", Permission.ADMINISTRATOR, position=1)
    _, card = await stage.flagged(by=stage.guild.add_member("admin", [role]))
    told = (await more(card, stage.guild.owner)).embed_text
    assert "Discord lets nobody time out administrators" in told


async def test_moderators_do_not_decide_on_what_they_wrote_themselves(stage: Stage):
    message, card = await stage.flagged(by=stage.ada)
    assert "Let another moderator decide" in await refused(stage, message, stage.ada, "Delete")
    await card.click(stage.guild.owner, "Dismiss")
    await card.wait_until(lambda shown: "**Dismissed** by" in shown.embed_text)


async def test_a_case_of_another_server_is_not_even_known_to_exist(stage: Stage):
    message, _ = await stage.flagged()
    elsewhere = new_stage(stage.discord, stage.bot, "Elsewhere")
    await elsewhere.set_up("none")
    for press in ("delete", "timeout", "dismiss", "reasoning"):
        card = await elsewhere.forged(f"case:{stage.case(message).id}:{press}")
        reply = await card.click(elsewhere.guild.owner, "Forged")
        assert "I do not know this case" in await reply.wait_for_text()
        assert INSULT not in reply.text
        assert reply.public_text == ""
    assert stage.case(message).decisions == ()
    assert stage.deeds + elsewhere.deeds == []


async def test_a_case_that_never_was_is_unknown(stage: Stage):
    card = await stage.forged(f"case:{2**62}:delete")
    reply = await card.click(stage.ada, "Forged")
    assert "I do not know this case" in await reply.wait_for_text()
    assert stage.deeds == []


async def test_a_forged_button_does_nothing_but_being_answered(stage: Stage):
    message, card = await stage.flagged()
    case_id = stage.case(message).id
    presses = (f"case:{case_id}:erase", f"case:{case_id}:delete:now", f"case:0{case_id}:delete", "case:-1:delete")
    forged = [await stage.forged(custom_id) for custom_id in (*presses, f"case:{10**19}:delete")]
    replies = await asyncio.gather(*(each.click(stage.ada, "Forged") for each in forged))
    told = {reply.ephemeral_text for reply in replies}
    assert len(told) == 1
    assert told != {""}
    assert stage.case(message).decisions == ()
    await card.click(stage.ada, "Dismiss")
    await card.wait_until(lambda shown: "**Dismissed** by" in shown.embed_text)
    assert stage.deeds == []
