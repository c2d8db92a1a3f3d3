"""What becomes of a message after it was written: edits, previews, deletions. One card, and it tells the truth."""

from tests.discord_server import Message
from tests.journeys.stage import HARMLESS, INSULT, SUSPICIOUS, Stage

WORSE = "you loser, such a clown"
PREVIEW = {
    "type": "article",
    "url": "https://news.example/1",
    "title": "Patch notes",
    "description": "All is well.",
}
UGLY_PREVIEW = PREVIEW | {"title": "Why Mika is an absolute loser"}


async def the_only_card(stage: Stage, message: Message) -> Message:
    """The message's one card, when nothing more is to come; posted once and never again."""
    await stage.quiet()
    (card,) = stage.cards_about(message)
    return card


async def test_an_insult_that_is_edited_away_before_the_verdict_is_judged_all_the_same(stage: Stage):
    message = await stage.general.say(stage.mallory, INSULT)
    await message.edit(HARMLESS)
    card = await the_only_card(stage, message)
    assert INSULT in card.embed_text
    assert f"Now it says (nothing suspects this):\n```\n{HARMLESS}" in card.embed_text
    assert stage.case(message).questions == (("harassment", 1),)
    assert "Delete" in card.button_labels


async def test_another_insult_before_the_verdict_makes_one_card_with_both_versions(stage: Stage):
    message = await stage.general.say(stage.mallory, INSULT)
    await message.edit(WORSE)
    card = await the_only_card(stage, message)
    assert card.embed_text.index(WORSE) < card.embed_text.index(INSULT)
    assert f"Before the edit (version 1 of 2)\n```\n{INSULT}" in card.embed_text
    assert stage.case(message).revisions == (INSULT, WORSE)


async def test_an_insult_that_is_edited_away_after_the_verdict_is_still_shown_beside_what_it_says_now(
    stage: Stage,
):
    message, card = await stage.flagged()
    await message.edit(HARMLESS)
    await card.wait_until(lambda shown: "Edited since." in shown.embed_text)
    assert await the_only_card(stage, message) is card
    assert INSULT in card.embed_text
    assert HARMLESS in card.embed_text
    await card.click(stage.ada, "Delete")
    await card.wait_until(lambda shown: "**Deleted** by" in shown.embed_text)
    assert [deed.target_id for deed in stage.deeds] == [message.id]


async def test_an_edit_back_to_the_insult_is_nothing_new(stage: Stage):
    message, card = await stage.flagged()
    await message.edit(HARMLESS)
    await card.wait_until(lambda shown: "Edited since." in shown.embed_text)
    await message.edit(INSULT)
    await card.wait_until(lambda shown: "Edited since." not in shown.embed_text)
    assert await the_only_card(stage, message) is card
    assert stage.case(message).questions == (("harassment", 1),)


async def test_an_edit_back_to_the_first_of_two_insults_is_told(stage: Stage):
    message, card = await stage.flagged()
    await message.edit(WORSE)
    await card.wait_until(lambda shown: "version 1 of 2" in shown.embed_text)
    await message.edit(INSULT)
    await card.wait_until(lambda shown: "Now it says" in shown.embed_text)
    assert await the_only_card(stage, message) is card
    assert stage.case(message).revisions == (INSULT, WORSE)
    assert stage.case(message).current == INSULT


async def test_an_insult_that_is_added_later_makes_the_card_that_was_not_there(stage: Stage):
    message = await stage.general.say(stage.mallory, HARMLESS)
    await stage.assert_nothing_came_of(message)
    await message.edit(f"{HARMLESS} Not you, loser.")
    card = await stage.card_about(message)
    assert await the_only_card(stage, message) is card
    assert "Not you, loser." in card.embed_text
    assert ", edited" in card.embed_text


async def test_an_insult_that_is_added_to_what_was_cleared_makes_a_card(stage: Stage):
    message = await stage.general.say(stage.mallory, SUSPICIOUS)
    await stage.quiet()
    assert stage.case(message).state == "cleared"
    assert stage.cards_about(message) == []
    await message.edit(f"{SUSPICIOUS}, you loser")
    card = await stage.card_about(message)
    assert await the_only_card(stage, message) is card
    assert stage.case(message).questions == (("harassment", 1), ("harassment", 2))


async def test_a_new_insult_after_the_verdict_is_judged_and_shown_on_the_same_card(stage: Stage):
    message, card = await stage.flagged()
    await message.edit(WORSE)
    await card.wait_until(lambda shown: WORSE in shown.embed_text)
    assert await the_only_card(stage, message) is card
    assert "is being judged" not in card.embed_text
    assert f"Case {stage.case(message).id} · version 2" in card.embed_text
    assert f"Before the edit (version 1 of 2)\n```\n{INSULT}" in card.embed_text


async def test_a_decided_case_whose_message_becomes_a_new_insult_is_to_be_decided_again(stage: Stage):
    message, card = await stage.flagged()
    await card.click(stage.ada, "Dismiss")
    await card.wait_until(lambda shown: "**Dismissed** by" in shown.embed_text)
    await message.edit(WORSE)
    await card.wait_until(lambda shown: "Delete" in shown.button_labels)
    assert await the_only_card(stage, message) is card
    assert f"Decided before: dismiss, by {stage.ada.mention}" in card.embed_text
    assert "is to be decided again" in card.embed_text
    await card.click(stage.bob, "Delete")
    await card.wait_until(lambda shown: "**Deleted** by" in shown.embed_text)
    assert [each.action for each in stage.case(message).decisions] == ["dismiss", "delete"]
    assert [deed.target_id for deed in stage.deeds] == [message.id]


async def test_a_decided_case_whose_message_becomes_harmless_stays_decided(stage: Stage):
    message, card = await stage.flagged()
    await card.click(stage.ada, "Dismiss")
    await card.wait_until(lambda shown: "**Dismissed** by" in shown.embed_text)
    await message.edit(HARMLESS)
    await card.wait_until(lambda shown: "Edited since." in shown.embed_text)
    assert await the_only_card(stage, message) is card
    assert card.button_labels == ["Undo", "Reasoning", "More"]
    assert stage.case(message).state == "enforced"


async def test_who_dismisses_what_was_just_edited_into_something_worse_is_asked_to_look_again(stage: Stage):
    """The card that was pressed showed the first version; nothing is dismissed that nobody has read."""
    message, card = await stage.flagged()
    as_pressed = list(card.embeds)
    await message.edit(WORSE)
    await card.wait_until(lambda shown: "· version 2" in shown.embed_text)
    card.embeds = as_pressed
    reply = await card.click(stage.ada, "Dismiss")
    assert "please look again" in await reply.wait_for_text()
    assert WORSE in card.embed_text
    assert stage.case(message).decisions == ()


async def test_a_dismissal_while_an_edit_is_being_judged_is_no_answer_to_the_edit(stage: Stage):
    message, card = await stage.flagged()
    await message.edit(WORSE)
    reply = await card.click(stage.ada, "Dismiss")
    await stage.bot.until(lambda: stage.case(message).decisions or reply.messages, 10, "the click's effect")
    assert await the_only_card(stage, message) is card
    assert stage.case(message).state == "open"
    assert f"```\n{WORSE}" in card.embed_text
    assert "Delete" in card.button_labels


async def test_an_insult_that_is_deleted_before_the_verdict_is_judged_all_the_same(stage: Stage):
    message = await stage.general.say(stage.mallory, INSULT)
    await message.delete()
    card = await the_only_card(stage, message)
    assert "**The message is gone:** it was deleted" in card.embed_text
    assert INSULT in card.embed_text
    assert card.button_labels == ["Warn", "Dismiss", "Claim", "Reasoning", "More"]
    assert card.revisions == []
    assert stage.case(message).deleted


async def test_deleting_what_was_never_suspected_leaves_no_trace(stage: Stage):
    message = await stage.general.say(stage.mallory, HARMLESS)
    await message.delete()
    await stage.assert_nothing_came_of(message)


async def test_bulk_deletion_reaches_every_card(stage: Stage):
    messages = [await stage.general.say(stage.mallory, f"{INSULT} {each}") for each in ("one", "two", "three")]
    cards = [await stage.card_about(message) for message in messages]
    harmless = await stage.general.say(stage.mallory, HARMLESS)
    await stage.general.bulk_delete([*messages, harmless])
    for card in cards:
        await card.wait_until(lambda shown: "**The message is gone:**" in shown.embed_text)
        assert "Delete" not in card.button_labels
    assert [await the_only_card(stage, message) for message in messages] == cards


async def test_a_harmless_preview_of_a_link_is_nothing_new(stage: Stage):
    plain = await stage.general.say(stage.mallory, "news: https://news.example/1")
    insult, card = await stage.flagged(f"{INSULT} https://news.example/1")
    before = card.all_text
    await plain.unfurl(PREVIEW)
    await insult.unfurl(PREVIEW)
    await stage.assert_nothing_came_of(plain)
    assert await the_only_card(stage, insult) is card
    assert card.all_text == before
    assert stage.case(insult).questions == (("harassment", 1),)


async def test_a_preview_is_flagged_by_what_it_adds(stage: Stage):
    message = await stage.general.say(stage.mallory, "news: https://news.example/1")
    await stage.assert_nothing_came_of(message)
    await message.unfurl(UGLY_PREVIEW)
    card = await stage.card_about(message)
    assert await the_only_card(stage, message) is card
    assert "Why Mika is an absolute loser" in card.embed_text


async def test_a_preview_below_a_known_insult_is_flagged_by_what_it_adds_on_the_same_card(stage: Stage):
    message, card = await stage.flagged(f"{INSULT} https://news.example/1")
    await message.unfurl(PREVIEW | {"title": "I will stab you"})
    await card.wait_until(lambda shown: "Threats: T1" in shown.embeds[0]["title"])
    assert await the_only_card(stage, message) is card
    assert stage.case(message).questions == (("harassment", 1), ("threats", 2))


async def test_pins_threads_and_hidden_previews_are_nothing_new(stage: Stage):
    plain = await stage.general.say(stage.mallory, HARMLESS)
    insult, card = await stage.flagged()
    before = card.all_text
    for message in (plain, insult):
        await message.pin()
        await message.suppress_embeds()
        await stage.general.start_thread(stage.ada, "about this", on=message)
    await stage.assert_nothing_came_of(plain)
    assert await the_only_card(stage, insult) is card
    assert card.all_text == before
    assert card.revisions == []
    assert stage.case(insult).questions == (("harassment", 1),)
