"""Forms that stand open while the bot is started again are taken as if it had not been."""

from dataclasses import dataclass

from tests.discord_server import ActionKind, Message, Reply
from tests.journeys.mishaps import until_done
from tests.journeys.stage import INSULT, Stage, case_of
from tests.journeys.test_journey_people import appeal_card, punished

PLEA = "It was a joke between friends."


@dataclass(frozen=True, slots=True)
class Opened:
    """What people are writing when the bot stops."""

    appeal: Reply
    note: Reply
    action: Reply
    report: Reply
    texts: Reply
    card: Message
    """Of the case that is noted and acted on."""
    reported: Message


async def opened(stage: Stage) -> Opened:
    _, notice = await punished(stage)
    _, card = await stage.flagged(f"{INSULT}, again")
    reported = await stage.general.say(stage.mallory, "good morning")
    more = await card.click(stage.ada, "More")
    owner, trudy = stage.guild.owner, stage.guild.add_member("trudy")
    return Opened(
        appeal=await notice.click(stage.mallory.user, "Appeal"),
        note=await stage.guild.slash(stage.bob, stage.general, "case note", case=case_of(card)),
        action=await more.message.select(stage.ada, f"case:{case_of(card)}:act", "timeout"),
        report=await reported.use(trudy, "Report to moderators"),
        texts=await stage.guild.slash(owner, stage.general, "safeguild texts"),
        card=card,
        reported=reported,
    )


async def test_forms_that_were_open_over_a_restart_are_taken_as_before_it(rough_stage: Stage) -> None:
    stage = rough_stage
    forms = await opened(stage)
    await stage.bot.restart()
    await stage.discord.wait_connected(60)
    await the_appeal_is_there(stage, forms)
    await the_note_is_there(stage, forms)
    await the_member_is_timed_out(stage, forms)
    await the_report_is_a_case(stage, forms)
    told = (await forms.texts.submit({"notice": "Hello from {server}."})).ephemeral_text
    assert "Members will get this" in told
    assert "Hello from test" in told


async def the_appeal_is_there(stage: Stage, forms: Opened) -> None:
    told = await forms.appeal.submit({"words": PLEA})
    assert "with the moderators of" in told.ephemeral_text
    assert PLEA in (await appeal_card(stage)).all_text


async def the_note_is_there(stage: Stage, forms: Opened) -> None:
    assert "Noted" in (await forms.note.submit({"words": "Keep an eye on this."})).ephemeral_text
    number = case_of(forms.card)
    shown = await stage.guild.slash(stage.bob, stage.general, "case show", case=number)
    assert "Keep an eye on this" in shown.ephemeral_text


async def the_member_is_timed_out(stage: Stage, forms: Opened) -> None:
    await forms.action.submit({"reason": "Twice in a row."})
    await until_done(stage, ActionKind.TIMEOUT)
    await forms.card.wait_until(lambda card: "imed out for" in card.embed_text)
    assert stage.audit_log[-1].reason.endswith(": Twice in a row.")


async def the_report_is_a_case(stage: Stage, forms: Opened) -> None:
    assert "Thank you" in (await forms.report.submit({"reason": "he means me"})).ephemeral_text
    card = await stage.card_about(forms.reported)
    await card.wait_until(lambda each: "he means me" in each.all_text)
