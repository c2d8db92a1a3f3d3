"""kill -9 in the worst moments, of the bot and of its engine: nothing is lost, nothing is there twice."""

from tests.discord_server import ActionKind, AuditEvent
from tests.journeys.acting import time_out
from tests.journeys.books import Books
from tests.journeys.mishaps import (
    DELETE_MESSAGE,
    EDIT_MEMBER,
    POST_MESSAGE,
    engine_process,
    hold_next,
    kill_engine,
    stopped_engine,
    until_asked,
    until_done,
    until_judging,
)
from tests.journeys.stage import INSULT, Stage


async def status(stage: Stage) -> str:
    """What `/safeguild status` says."""
    reply = await stage.guild.slash(stage.guild.owner, stage.review, "safeguild status")
    assert not reply.failed
    return reply.text


async def test_killed_between_doing_and_noting_it_down_the_bot_does_nothing_a_second_time(rough_stage: Stage):
    """Five moments at once: a decision is stored and not carried out; a deletion and a timeout are carried out and
    not noted; a card hangs and is not noted; a verdict is being made. All are held, so that the kill hits there.
    """
    stage, discord = rough_stage, rough_stage.discord
    await stage.without("spam")
    side, trudy = stage.guild.add_channel("side"), stage.guild.add_member("trudy")
    undone, undone_card = await stage.flagged()
    done = await side.say(stage.mallory, INSULT)
    done_card = await stage.card_about(done)
    timed_out, timeout_card = await stage.flagged(by=trudy)

    held = hold_next(discord, DELETE_MESSAGE, after_effect=False)
    await undone_card.click(stage.ada, "Delete", wait=False)
    await until_asked(stage, held)
    hold_next(discord, DELETE_MESSAGE, after_effect=True)
    await done_card.click(stage.bob, "Delete", wait=False)
    await until_done(stage, ActionKind.DELETE)
    hold_next(discord, EDIT_MEMBER, after_effect=True)
    await time_out(timeout_card, stage.ada, wait=False)
    await until_done(stage, ActionKind.TIMEOUT)
    hold_next(discord, POST_MESSAGE, after_effect=True)
    posted = await stage.general.say(stage.mallory, INSULT)
    await until_done(stage, ActionKind.POST, 4)
    with stopped_engine(stage.bot):
        unjudged = await stage.general.say(stage.mallory, INSULT)
        await until_judging(stage)
        await stage.bot.kill()

    lease = "SELECT state, token FROM job WHERE state = 'judging'"
    held = stage.bot.query(lease)
    assert len(held) == 1
    for message in (undone, done, timed_out):
        assert stage.case(message).decision.enforced is None
    assert stage.case(posted).card_id is None
    assert (undone.deleted, done.deleted, trudy.is_timed_out) == (False, True, True)
    await stage.bot.start()
    assert not set(held) & set(stage.bot.query(lease)), "nobody waits for the lease of a dead process to end"
    await stage.quiet()
    assert Books(stage).errors([undone, done, timed_out, posted, unjudged]) == []
    for message in (undone, done, timed_out):
        assert stage.case(message).state == "enforced"
    assert undone.deleted
    assert [entry.event for entry in stage.audit_log].count(AuditEvent.MESSAGE_DELETE) == 2
    assert stage.ada.mention in undone_card.all_text
    assert stage.case(posted).card_id == stage.cards_about(posted)[0].id


async def test_an_engine_that_is_killed_in_mid_verdict_is_started_again_and_every_message_is_judged(
    rough_stage: Stage,
):
    """The second kill hits the new process while it loads: only then is nobody judged, and the status says so."""
    stage = rough_stage
    messages = [await stage.general.say(stage.mallory, f"{INSULT}, number {number}") for number in range(4)]
    await until_judging(stage)
    before = [line.get("event") for line in stage.bot.events].count("the judge is away")
    first = await kill_engine(stage.bot)
    second = await kill_engine(stage.bot, after=first)
    await stage.bot.wait_for_log("the judge is away", 30, before + 1)
    assert "Away" in await status(stage)
    assert stage.memory.waiting()
    await stage.quiet()
    assert Books(stage).errors(messages) == []
    assert engine_process(stage.bot) not in (None, first, second)
    assert "Ready" in await status(stage)


async def test_while_the_model_is_loading_messages_wait_and_the_status_says_so(rough_stage: Stage):
    stage = rough_stage
    await stage.bot.kill()
    started = len(stage.bot.events)
    await stage.bot.start(wait=False)
    await stage.bot.until(lambda: engine_process(stage.bot), 60, "the engine's process")
    with stopped_engine(stage.bot):
        await stage.discord.wait_connected(60)
        message = await stage.general.say(stage.mallory, INSULT)
        case = await stage.case_about(message)
        assert "Loading the model" in await status(stage)
        assert case.state == "queued"
    await stage.card_about(message)
    since = [line.get("event") for line in stage.bot.events[started:]]
    assert "the judge is away" not in since, "it was not asked before it was there"
    await stage.quiet()
    assert Books(stage).errors([message]) == []
