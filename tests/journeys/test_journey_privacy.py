"""What members can ask for about themselves: the real bot shows it, hands it over and erases it."""

import json

from tests.discord_server import Message
from tests.journeys.stage import INSULT, Stage

ERASE = "Erase what I wrote"
ERASED = "SELECT 1 FROM case_file WHERE message_id = ? AND erased_at IS NOT NULL"


async def confirmation(stage: Stage) -> Message:
    """What Mallory gets by direct message."""
    letters = stage.discord.direct_channel(stage.mallory.user)
    return await letters.wait_for_message(lambda letter: "is erased, as you asked" in letter.all_text)


async def test_a_member_sees_takes_along_and_erases_what_is_kept(stage: Stage):
    before = await stage.guild.slash(stage.mallory, stage.general, "privacy show")
    assert "Nothing that you wrote is kept here" in before.ephemeral_text
    message, card = await stage.flagged()
    await card.click(stage.ada, "Dismiss")
    await stage.quiet()

    shown = await stage.guild.slash(stage.mallory, stage.general, "privacy show")
    assert "1 case about what you wrote" in shown.ephemeral_text
    assert "Texts are erased after 30 days" in shown.ephemeral_text
    assert shown.public_text == ""
    export = await stage.guild.slash(stage.mallory, stage.general, "privacy export")
    (file,) = export.message.attachments
    (text,) = json.loads(file.content)["texts"]
    assert (text["kind"], text["text"], text["message"]) == ("message", INSULT, str(message.id))

    asked = await stage.guild.slash(stage.mallory, stage.general, "privacy delete")
    assert "What goes:" in asked.ephemeral_text
    await asked.message.click(stage.mallory, ERASE)
    page = await asked.message.wait_until(lambda page: "You asked on" in page.all_text)
    assert page.buttons == [], "what was confirmed asks no more"
    await stage.bot.until_stored(ERASED, message.id)
    await confirmation(stage)
    await card.wait_until(lambda card: INSULT not in card.all_text and "erased" in card.all_text)
    assert stage.case(message).revisions == ("",)
    after = await stage.guild.slash(stage.mallory, stage.general, "privacy show")
    assert "only who, where, when and what was decided is left" in after.ephemeral_text
    empty = await stage.guild.slash(stage.mallory, stage.general, "privacy export")
    assert "nothing to export" in empty.ephemeral_text


async def test_what_a_moderator_still_has_to_decide_is_erased_when_it_is_decided(stage: Stage):
    message, card = await stage.flagged()
    asked, twice = [await stage.guild.slash(stage.mallory, stage.general, "privacy delete") for _ in range(2)]
    await asked.message.click(stage.mallory, ERASE)
    await asked.message.wait_until(lambda page: "You asked on" in page.all_text)
    again = await stage.guild.slash(stage.mallory, stage.general, "privacy delete")
    assert "What is settled is erased within minutes" in again.ephemeral_text
    assert again.message.buttons == []
    assert stage.case(message).revisions == (INSULT,)
    await card.click(stage.ada, "Delete")
    await stage.quiet()
    await twice.message.click(stage.mallory, ERASE)  # nothing new is asked for, and it is looked at at once
    await stage.bot.until_stored(ERASED, message.id)
    assert stage.case(message).decision.action == "delete"


async def test_a_member_s_words_are_in_no_file_of_the_bot(stage: Stage):
    word = "canary-of-the-vault"
    message, card = await stage.flagged(f"{word}, you loser")
    await card.click(stage.ada, "Dismiss")
    await stage.quiet()
    assert word in stage.case(message).revisions[0]
    for file in stage.bot.folder.rglob("*"):
        if file.is_file():
            assert word.encode() not in file.read_bytes(), file
