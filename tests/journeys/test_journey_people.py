"""Appeals, cases and histories with the real bot: from the notice to the letter, and over a kill."""

from tests.discord_server import ActionKind, Message
from tests.journeys.stage import Stage, case_of


async def punished(stage: Stage) -> tuple[Message, Message]:
    """Ada warns Mallory, who is told by direct message: the card and the notice."""
    reply = await stage.guild.slash(stage.guild.owner, stage.review, "safeguild settings", notices=True)
    assert not reply.failed
    _, card = await stage.flagged()
    await decide(stage, card, "Delete + warn")
    letters = stage.discord.direct_channel(stage.mallory.user)
    return card, await letters.wait_for_message(lambda letter: "Appeal" in letter.button_labels)


async def decide(stage: Stage, card: Message, button: str) -> None:
    """Ada presses it, and gives a reason if one is asked for."""
    reply = await card.click(stage.ada, button)
    if reply.modal is not None:
        await reply.submit({})


async def appeal_card(stage: Stage) -> Message:
    return await stage.review.wait_for_message(lambda card: "Grant" in card.button_labels)


async def test_an_appeal_goes_from_the_notice_to_another_moderator_and_back(stage: Stage) -> None:
    card, notice = await punished(stage)
    form = await notice.click(stage.mallory.user, "Appeal")
    told = await form.submit({"words": "It was a joke between friends."})
    assert "with the moderators of" in told.ephemeral_text
    appeal = await appeal_card(stage)
    assert "It was a joke between friends" in appeal.all_text
    refused = await appeal.click(stage.ada, "Grant")
    assert "You made the decision" in refused.ephemeral_text
    form = await appeal.click(stage.bob, "Grant")
    await form.submit({"words": "Fair enough."})
    await appeal.wait_until(lambda shown: "The member was told" in shown.all_text, within=20)
    assert [deed.kind for deed in stage.deeds] == [ActionKind.DELETE], "a message cannot be put back"
    assert "Granted" in appeal.all_text
    _, letter = stage.discord.direct_channel(stage.mallory.user).messages
    assert "was taken back" in letter.all_text
    assert "Fair enough" in letter.all_text
    reply = await stage.guild.slash(stage.bob, stage.general, "case show", case=case_of(card))
    assert "appealed" in reply.ephemeral_text


async def test_a_case_is_shown_noted_and_opened_again(stage: Stage) -> None:
    _, card = await stage.flagged()
    number = case_of(card)
    await stage.guild.slash(stage.bob, stage.general, "case note", case=number, text="Keep an eye on this.")
    await decide(stage, card, "Dismiss")
    await card.wait_until(lambda shown: "ismissed" in shown.all_text)
    reply = await stage.guild.slash(stage.bob, stage.general, "case reopen", case=number, reason="A second look.")
    assert "open again" in reply.ephemeral_text
    await card.wait_until(lambda shown: "Delete" in shown.button_labels)
    told = (await stage.guild.slash(stage.bob, stage.general, "case show", case=number)).ephemeral_text
    assert "Keep an eye on this" in told
    assert "A second look" in told
    await decide(stage, card, "Delete")
    await card.wait_until(lambda shown: "Delete" not in shown.button_labels)
