"""Reports of members, questions of moderators, alerts of AutoMod, and the queue."""

from tests.discord_server import Permission, automod
from tests.journeys.stage import HARMLESS, INSULT, Stage


async def test_a_reported_message_becomes_a_card_that_names_nobody(stage: Stage):
    trudy = stage.guild.add_member("trudy")
    said = await stage.general.say(stage.mallory, HARMLESS)
    asked = await said.use(trudy, "Report to moderators")
    assert asked.modal is not None
    sent = await asked.submit({"reason": "he means me"})
    assert "Thank you" in sent.ephemeral_text
    card = await stage.card_about(said)
    await card.wait_until(lambda each: "he means me" in each.all_text)
    assert "trudy" not in card.all_text
    assert str(trudy.id) not in card.all_text
    again = await (await said.use(trudy, "Report to moderators")).submit({"reason": ""})
    assert "already" in again.ephemeral_text
    assert len(stage.cards_about(said)) == 1
    assert str(trudy.id) not in stage.bot.log


async def test_a_moderator_asks_about_a_message_and_opens_a_case_of_it(stage: Stage):
    said = await stage.general.say(stage.mallory, HARMLESS)
    reply = await said.use(stage.ada, "Judge this message")
    assert "No violation found" in reply.ephemeral_text
    assert stage.memory.case(said.id) is None
    opened = await reply.message.click(stage.ada, "Open a case")
    assert "open for people" in opened.ephemeral_text
    await stage.card_about(said)
    again = await said.use(stage.ada, "Judge this message")
    assert "has a case already" in again.ephemeral_text
    assert again.message.button_labels == [], "it is open already"


async def test_automod_and_the_judge_make_one_card(stage: Stage):
    stage.guild.bot_member.roles[0].permissions |= Permission.MANAGE_GUILD
    said, card = await stage.flagged(INSULT)
    automod.flag(said, stage.mallory, "loser", stage.review)
    await card.wait_until(lambda each: "AutoMod" in each.all_text, 20)
    assert len(stage.cards_about(said)) == 1
    automod.block(stage.general, stage.mallory, "you utter blorp", "blorp", alerts=stage.review)
    card = await stage.review.wait_for_message(lambda each: "utter blorp" in each.all_text and each.buttons)
    await card.wait_until(lambda each: "AutoMod kept the message back" in each.all_text)
    assert "was deleted" not in card.all_text
    assert "Delete" not in card.button_labels
    assert len([each for each in stage.cards if "utter blorp" in each.all_text]) == 1


async def test_the_queue_hands_out_cases(stage: Stage):
    await stage.flagged()
    reply = await stage.guild.slash(stage.ada, stage.review, "queue")
    assert "1 case waits" in reply.ephemeral_text
    taken = await reply.message.click(stage.ada, "Take the next one")
    assert "Harassment" in taken.ephemeral_text
    assert "Release" in taken.message.button_labels, "Ada has it already"
    assert "Take over" not in taken.message.button_labels
    nothing = await reply.message.click(stage.bob, "Take the next one")
    assert "Nothing waits" in nothing.ephemeral_text


async def test_what_one_author_wrote_is_dismissed_together_and_undone(stage: Stage):
    _, card = await stage.flagged(INSULT)
    await stage.flagged("you loser again")
    more = await card.click(stage.ada, "More")
    panel = await more.message.click(stage.ada, "Cases like this")
    assert "2 cases, 2 messages in 1 channel" in panel.ephemeral_text
    asked, late = [await panel.message.click(stage.ada, "Dismiss all of this author…") for _ in range(2)]
    assert "This touches 2 cases" in asked.ephemeral_text
    await asked.message.click(stage.ada, "Dismiss 2 cases")
    done = await asked.message.wait_until(lambda each: "Decided: 2" in each.all_text, 20)
    assert done.button_labels == ["Undo: open them again"], "what was confirmed asks no more"
    refused = await late.message.click(stage.ada, "Dismiss 2 cases")
    assert "no such open case left" in await refused.wait_for_text()
    assert "Dismiss 2 cases" in late.message.button_labels, "what is in the way stands beside the page"
    await card.wait_until(lambda each: "Dismissed" in each.all_text, 20)
    await done.click(stage.ada, "Undo: open them again")
    await done.wait_until(lambda each: "Opened again: 2" in each.all_text, 20)
    assert done.button_labels == []
    await card.wait_until(lambda each: "Dismiss" in each.button_labels, 20)
    assert stage.deeds == []
