"""The bot is away for a while: cut off, stopped or killed. What happened meanwhile is made up for, once."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from bot.errors import ExitCode
from tests.discord_server import DiscordServer, Message, Op
from tests.journeys.acting import time_out
from tests.journeys.books import Books
from tests.journeys.mishaps import (
    DELETE_MESSAGE,
    POST_MESSAGE,
    READ_MESSAGES,
    hold_next,
    ready_stage,
    until_asked,
    until_judging,
)
from tests.journeys.process import BotProcess
from tests.journeys.stage import HARMLESS, INSULT, SUSPICIOUS, Stage

CANARY = "zephyrine-4711"
"""A word that stands in no other text."""


def sent(discord: DiscordServer, op: Op) -> int:
    """How often the bot has sent this to the gateway."""
    return sum(each == op for each, _ in discord.gateway.received)


async def until_sent(stage: Stage, op: Op, number: int) -> None:
    await stage.discord.wait_until(lambda: sent(stage.discord, op) >= number, 30, f"{op.name} from the bot")
    await stage.discord.wait_connected(30)


def files_with(folder: Path, word: str) -> list[str]:
    """The files below a folder that hold a word, in any of the ways in which text is stored."""
    kinds = {word.encode(), word.encode("utf-16-le")}
    files = [file for file in folder.rglob("*") if file.is_file() and file.suffix != ".gguf"]
    return [file.name for file in files if any(kind in file.read_bytes() for kind in kinds)]


# The connection is lost; the process lives


async def test_what_happens_while_the_connection_is_cut_is_made_up_for_by_a_resume(rough_stage: Stage):
    stage, discord = rough_stage, rough_stage.discord
    first, card = await stage.flagged()
    resumed, identified = sent(discord, Op.RESUME), sent(discord, Op.IDENTIFY)
    await discord.drop_sessions(1006)
    missed = await stage.general.say(stage.mallory, f"{INSULT}, missed")
    await first.delete()
    await until_sent(stage, Op.RESUME, resumed + 1)
    discord.gateway.ask_to_reconnect()
    asked = await stage.general.say(stage.mallory, f"{INSULT}, while reconnecting")
    await until_sent(stage, Op.RESUME, resumed + 2)
    await stage.quiet()
    assert sent(discord, Op.IDENTIFY) == identified, "no new session was begun"
    assert Books(stage, frozenset({first.id})).errors([first, missed, asked]) == []
    await card.wait_until(lambda card: "The message is gone" in card.all_text)


async def test_after_an_invalid_session_history_tells_what_was_written_meanwhile(rough_stage: Stage):
    stage, discord = rough_stage, rough_stage.discord
    side, quiet_place = stage.guild.add_channel("side"), stage.guild.add_channel("quiet")
    await side.say(stage.mallory, HARMLESS)
    known = await quiet_place.say(stage.mallory, f"{INSULT}, before")
    await stage.card_about(known)
    await stage.quiet()
    read = {request.path for request in discord.requests_to(READ_MESSAGES)}
    identified = sent(discord, Op.IDENTIFY)
    discord.gateway.rules.refused = 503
    await discord.drop_sessions(1006, forget=True)
    missed = await stage.general.say(stage.mallory, f"{INSULT}, missed")
    gone = await stage.general.say(stage.mallory, f"{INSULT}, taken back")
    await gone.delete()
    edited = await side.say(stage.mallory, HARMLESS)
    await edited.edit(f"{INSULT}, edited")
    thread = await stage.general.start_thread(stage.mallory, "a thread")
    in_thread = await thread.say(stage.mallory, f"{INSULT}, in a thread")
    discord.gateway.rules.refused = None
    discord.faults.answer_next(READ_MESSAGES, 503, times=3)
    await until_sent(stage, Op.IDENTIFY, identified + 1)
    for message in (missed, edited, in_thread):
        await stage.card_about(message)
    await stage.quiet()
    assert Books(stage).errors([known, missed, edited, in_thread]) == []
    assert stage.memory.case(gone.id) is None
    newly_read = {request.path for request in discord.requests_to(READ_MESSAGES)} - read
    assert f"/channels/{quiet_place.id}/messages" not in newly_read, "nothing was said there"


# The process is killed, and started again much later


@dataclass(frozen=True, slots=True)
class Downtime:
    """What happened before the bot was killed and while it was away; it is back now, and all is quiet."""

    stage: Stage
    left: Stage
    """A guild that the bot was removed from meanwhile."""
    unavailable: Stage
    """A guild that Discord could not show at the start."""
    open: Message
    decided: Message
    """A moderator has decided, and the bot was killed before it could do it."""
    without_card: Message
    flagged: tuple[Message, ...]
    innocent: tuple[Message, ...]


async def test_what_happened_while_the_bot_was_dead_is_made_up_for_once(
    rough: DiscordServer, rough_bot: BotProcess
):
    """One kill, one start, and all that is to be seen after it: each of the functions below is a part."""
    downtime = await _downtime(rough, rough_bot)
    what_was_written_meanwhile_is_judged_once(downtime)
    what_was_taken_back_or_softened_in_time_or_said_by_bots_is_not_judged(downtime)
    a_decision_that_an_earlier_process_stored_is_carried_out(downtime)
    a_case_that_an_earlier_process_opened_and_did_not_show_gets_its_card(downtime)
    await the_buttons_of_an_earlier_processs_card_work(downtime)
    await a_guild_that_was_left_meanwhile_is_purged(downtime)
    await a_guild_that_is_only_unavailable_is_kept_and_caught_up_with(downtime)
    rough.raise_deviations()
    assert rough.pings == []


async def _downtime(rough: DiscordServer, rough_bot: BotProcess) -> Downtime:
    stage = await ready_stage(rough, rough_bot, "Bramble")
    left = await ready_stage(rough, rough_bot, "Left")
    unavailable = await ready_stage(rough, rough_bot, "Unavailable")
    await left.flagged(f"{INSULT} {CANARY}")
    await unavailable.flagged()
    open_one, _ = await stage.flagged()
    decided, card = await stage.flagged()
    side = stage.guild.add_channel("side")
    await side.say(stage.mallory, HARMLESS)
    await stage.quiet()
    held = hold_next(rough, DELETE_MESSAGE, after_effect=False)
    await card.click(stage.ada, "Delete", wait=False)
    await until_asked(stage, held)
    held = hold_next(rough, POST_MESSAGE, after_effect=False)
    without_card = await stage.general.say(stage.mallory, f"{INSULT}, no card yet")
    await until_asked(stage, held)
    await rough_bot.kill()
    flagged, innocent = await _meanwhile(stage)
    await left.guild.remove_bot()
    await unavailable.guild.become_unavailable()
    await rough_bot.start()
    for message in flagged:
        await stage.card_about(message)
    await stage.quiet()
    return Downtime(stage, left, unavailable, open_one, decided, without_card, flagged, innocent)


async def _meanwhile(stage: Stage) -> tuple[tuple[Message, ...], tuple[Message, ...]]:
    """What people write while the bot is away: more than a page of history in one of the channels."""
    general, side, mallory = stage.general, stage.guild.channel("side"), stage.mallory
    helper = stage.guild.add_member("helper", bot=True)
    chat = [f"{INSULT}, {each}" if each in (3, 140) else f"{HARMLESS} {each}" for each in range(150)]
    said = await general.say_many(mallory, chat)
    edited = await side.say(mallory, HARMLESS)
    await edited.edit(f"{INSULT}, edited")
    softened = await side.say(mallory, f"{INSULT}, softened")
    await softened.edit(HARMLESS)
    taken_back = await side.say(mallory, f"{INSULT}, taken back")
    await taken_back.delete()
    by_bot = await side.say(helper, f"{INSULT}, says a bot")
    by_webhook = await side.say_by_webhook("news", f"{INSULT}, says a webhook")
    thread = await general.start_thread(mallory, "a thread")
    in_thread = await thread.say(mallory, f"{INSULT}, in a thread")
    return (said[3], said[140], edited, in_thread), (softened, taken_back, by_bot, by_webhook, said[4])


def what_was_written_meanwhile_is_judged_once(downtime: Downtime) -> None:
    assert Books(downtime.stage).errors(downtime.flagged) == []


def what_was_taken_back_or_softened_in_time_or_said_by_bots_is_not_judged(downtime: Downtime) -> None:
    suspected = downtime.stage.memory.messages_with_cases()
    assert [message.content for message in downtime.innocent if message.id in suspected] == []


def a_decision_that_an_earlier_process_stored_is_carried_out(downtime: Downtime) -> None:
    case = downtime.stage.case(downtime.decided)
    assert (case.state, case.decision.enforced) == ("enforced", True)
    assert downtime.decided.deleted
    assert [deed.target_id for deed in downtime.stage.deeds].count(downtime.decided.id) == 1


def a_case_that_an_earlier_process_opened_and_did_not_show_gets_its_card(downtime: Downtime) -> None:
    assert len(downtime.stage.cards_about(downtime.without_card)) == 1


async def the_buttons_of_an_earlier_processs_card_work(downtime: Downtime) -> None:
    stage = downtime.stage
    (card,) = stage.cards_about(downtime.open)
    reply = await time_out(card, stage.bob)
    assert not reply.failed
    await stage.discord.wait_until(lambda: stage.mallory.is_timed_out, 20)
    await stage.bot.until(lambda: stage.case(downtime.open).state == "enforced", 20, "the timeout")
    await card.wait_until(lambda card: stage.bob.mention in card.all_text)


async def a_guild_that_was_left_meanwhile_is_purged(downtime: Downtime) -> None:
    await downtime.left.bot.wait_for_log("purged a server that was left", 20)
    assert files_with(downtime.left.bot.folder, CANARY) == []
    assert not downtime.left.policy_file("harassment").exists()


async def a_guild_that_is_only_unavailable_is_kept_and_caught_up_with(downtime: Downtime) -> None:
    stage = downtime.unavailable
    (card,) = stage.cards
    missed = await stage.general.say(stage.mallory, f"{INSULT}, unseen")
    assert stage.memory.messages_with_cases()
    await stage.guild.become_available()
    await stage.card_about(missed)
    assert not (await card.click(stage.ada, "Dismiss")).failed
    await card.wait_until(lambda card: stage.ada.mention in card.all_text)
    await stage.guild.become_unavailable()
    await asyncio.sleep(0.5)
    await stage.guild.become_available()
    await stage.quiet()
    assert Books(stage).errors([missed]) == []
    assert len(stage.cards) == 2, "nothing was forgotten in the outage"


# The bot is removed, or stopped


async def test_a_guild_that_removes_the_bot_is_purged_at_once_and_starts_clean_when_it_comes_back(
    rough_stage: Stage,
):
    stage = rough_stage
    message, _ = await stage.flagged(f"{INSULT} {CANARY}")
    waiting = await stage.general.say(stage.mallory, f"{SUSPICIOUS} {CANARY}")
    ((sealed,),) = stage.bot.query("SELECT message FROM revision WHERE case_id = ?", stage.case(message).id)
    assert files_with(stage.bot.folder, sealed[:100]), "the words themselves are in no file"
    purged = [line.get("event") for line in stage.bot.events].count("purged a server that was left")
    await stage.guild.remove_bot()
    await stage.bot.wait_for_log("purged a server that was left", 20, purged + 1)
    assert files_with(stage.bot.folder, CANARY) == []
    assert files_with(stage.bot.folder, sealed[:100]) == []
    assert stage.memory.messages_with_cases() == set()
    await stage.guild.add_bot()
    stage.review = stage.guild.add_channel("review again", private_to=[stage.moderators])
    listed = await stage.guild.slash(stage.guild.owner, stage.review, "policy list")
    assert "Harassment" not in listed.text
    await stage.set_up()
    again, _ = await stage.flagged()
    await stage.quiet()
    assert stage.memory.case(message.id) is stage.memory.case(waiting.id) is None
    assert [len(stage.cards_about(each)) for each in (message, again)] == [0, 1]


async def test_sigterm_in_mid_verdict_ends_cleanly_and_the_next_start_goes_on(rough_stage: Stage):
    stage = rough_stage
    messages = [await stage.general.say(stage.mallory, f"{INSULT}, number {number}") for number in range(4)]
    await until_judging(stage)
    assert await stage.bot.stop() == ExitCode.OK
    assert stage.bot.query("SELECT count(*) FROM job WHERE state = 'judging'") == [(0,)]
    waiting = stage.memory.waiting()
    assert waiting, "it was stopped in the middle"
    late = await stage.general.say(stage.mallory, f"{INSULT}, too late")
    await stage.bot.start()
    await stage.card_about(late)
    await stage.quiet()
    assert Books(stage).errors([*messages, late]) == []


async def test_a_second_bot_on_the_same_data_folder_is_refused_and_told_what_to_do(rough_stage: Stage):
    second = BotProcess(rough_stage.discord, rough_stage.bot.folder)
    await second.start(wait=False)
    assert await second.ended() == ExitCode.ENVIRONMENT
    assert "another safeguild works in" in second.log
    assert "stop that one first" in second.log
    assert rough_stage.bot.is_running
    await rough_stage.flagged()
