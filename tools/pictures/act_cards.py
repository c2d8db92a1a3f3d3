"""Cards, and what moderators do with them."""

from tests.discord_server import Message, Reply
from tests.journeys.acting import more
from tests.journeys.stage import Stage, case_of
from tools.pictures.company import Company, some_time_ago

INSULT = "@kara you pathetic loser, nobody wants you in our raid"


async def play(company: Company) -> None:
    """One case from its card to its appeal, then the special ones."""
    stage = await company.stage()
    owner = stage.guild.owner
    await stage.guild.slash(owner, stage.review, "safeguild settings", notices=True)
    await _from_card_to_appeal(company, stage)
    await _decided_and_undone(company, stage)
    await _right_to_left(company, stage)
    careful = await company.stage(starters="all")
    await _distress(company, careful)
    await _with_care(company, careful)
    await _not_for_everyone(company, stage)
    await _blurred(company, stage)


async def _from_card_to_appeal(company: Company, stage: Stage) -> None:
    take = company.camera.take
    await some_time_ago(stage, "kara", "gg everyone, that last boss was tough")
    await stage.general.say(stage.mallory, "tough? you died four times")
    message, card = await stage.flagged(INSULT)
    await stage.quiet()
    take("open-card", card)
    take("reasoning", await card.click(stage.ada, "Reasoning"))
    take("why-flagged", await message.use(stage.ada, "Why flagged?"))
    panel = await card.click(stage.ada, "More")
    take("more", panel)
    take("notice-preview", await panel.message.click(stage.ada, "Preview notice"))
    take("precedents", await panel.message.click(stage.ada, "Precedents"))
    await card.click(stage.ada, "Claim")
    await card.wait_until(lambda shown: "Claimed" in shown.embed_text)
    take("claimed-card", card)
    form = await panel.message.select(stage.ada, f"case:{case_of(card)}:act", "timeout")
    take("timeout-form", form, typed={"reason": "third time this week"})
    await form.submit({"amount": "1440", "delete": "delete", "reason": "third time this week"})
    await card.wait_until(lambda shown: "Deleted and timed out" in shown.embed_text and "told" in shown.embed_text)
    await stage.quiet()
    take("decided-card", card)
    await _appealed(company, stage)


async def _appealed(company: Company, stage: Stage) -> None:
    take, letters, rex = company.camera.take, stage.discord.direct_channel(stage.mallory.user), stage.mallory.user
    letter = await letters.wait_for_message(lambda each: "Appeal" in each.button_labels)
    take("notice", letter)
    words = "We were joking. Kara and I are friends, you can ask her."
    form = await letter.click(rex, "Appeal")
    take("appeal-form", letter, form, typed=_typed(form, words))
    await form.submit(_typed(form, words))
    card = await stage.review.wait_for_message(lambda each: "We were joking" in each.all_text)
    take("appeal-card", card)
    answer = await card.click(stage.bob, "Grant")
    take("appeal-answer-form", answer, typed=_typed(answer, "Kara says the same"))
    await answer.submit(_typed(answer, "Kara says the same"))
    await letters.wait_for_message(lambda each: "Kara says the same" in each.all_text)
    await stage.quiet()
    take("appeal-decided", card)
    told = await letters.wait_for_message(lambda each: "Kara says the same" in each.all_text)
    take("appeal-letter", told)


async def _decided_and_undone(company: Company, stage: Stage) -> None:
    _, card = await stage.flagged("you are such a clown")
    await card.click(stage.ada, "Dismiss")
    await card.wait_until(lambda shown: "**Dismissed** by" in shown.embed_text)
    await card.click(stage.ada, "Undo")
    await card.wait_until(lambda shown: "taken back" in shown.embed_text)
    await stage.quiet()
    company.camera.take("undone-card", card)
    await _escalated(company, stage, card)


async def _escalated(company: Company, stage: Stage, card: Message) -> None:
    panel = await more(card, stage.ada)
    reply = await panel.click(stage.ada, "Escalate")
    await card.wait_until(lambda shown: "Escalated" in shown.embed_text)
    company.camera.take("escalated-card", card, reply)


async def _distress(company: Company, stage: Stage) -> None:
    _, card = await stage.flagged("goodbye everyone, lethal overdose tonight", stage.guild.add_member("nils"))
    company.camera.take("support-card", card)
    company.camera.take("support-more", await card.click(stage.ada, "More"))


async def _right_to_left(company: Company, stage: Stage) -> None:
    samira = stage.guild.add_member("سميرة")
    _, card = await stage.flagged("أنت لا شيء، you loser، لا أحد يريدك هنا", samira)
    company.camera.take("right-to-left", card)


async def _with_care(company: Company, stage: Stage) -> None:
    text = "so mature for your age. this stays our secret, send a selfie"
    _, card = await stage.flagged(text, stage.guild.add_member("otto"))
    company.camera.take("withheld-card", card)


async def _not_for_everyone(company: Company, stage: Stage) -> None:
    """The message's channel is not for everybody who reads the review channel; later its author erases it."""
    private = stage.guild.add_channel("raid-leads", private_to=[stage.bob, stage.mallory])
    message = await private.say(stage.mallory, "kick that worthless clown")
    card = await stage.card_about(message)
    company.camera.take("private-card", card)


async def _blurred(company: Company, stage: Stage) -> None:
    await stage.guild.slash(stage.guild.owner, stage.review, "safeguild settings", blur=True)
    _, card = await stage.flagged("what an idiot, uninstall already")
    company.camera.take("blurred-card", card)
    await card.click(stage.ada, "Delete")
    await stage.quiet()
    asked = await stage.guild.slash(stage.mallory, stage.general, "privacy delete")
    await asked.message.click(stage.mallory, "Erase what I wrote")
    await card.wait_until(lambda shown: "erased" in shown.all_text, 30)
    company.camera.take("erased-card", card)


def _typed(form: Reply, words: str) -> dict[str, str]:
    """The words, in a form's one input."""
    assert form.modal is not None
    (label,) = form.modal["components"]
    return {label["component"]["custom_id"]: words}
