"""Discord says no, says nothing, or is not there: cards and decisions wait, and nothing happens twice."""

import asyncio
import logging

import pytest

from tests.discord_server import Message, Outage, Permission, Reply
from tests.journeys.books import Books
from tests.journeys.mishaps import (
    DELETE_MESSAGE,
    POST_MESSAGE,
    hold_next,
    resident_bytes,
    until_asked,
)
from tests.journeys.stage import HARMLESS, INSULT, Stage

_log = logging.getLogger(__name__)
KEPT = "Your decision is kept."


async def status(stage: Stage) -> str:
    """What `/safeguild status` says."""
    reply = await stage.guild.slash(stage.guild.owner, stage.review, "safeguild status")
    assert not reply.failed
    return reply.text


def is_deleted(card: Message) -> bool:
    """Whether a card says that its message was deleted."""
    return "**Deleted** by" in card.embed_text


async def judged(stage: Stage, messages: list[Message]) -> None:
    """Until there is a verdict about each."""
    for message in messages:
        await stage.case_about(message)
    await stage.bot.until(lambda: not stage.memory.waiting(), 40, "the verdicts")


async def insults(stage: Stage, number: int) -> list[Message]:
    return [await stage.general.say(stage.mallory, f"{INSULT}, number {each}") for each in range(number)]


async def test_answers_that_are_limited_wrong_or_lost_make_no_second_card_and_no_second_deletion(
    rough_stage: Stage,
):
    """Rate limits of every scope, a 502 and a 503 after the effect, and a connection cut after it."""
    stage, discord, faults = rough_stage, rough_stage.discord, rough_stage.discord.faults
    for scope in ("user", "shared", "global"):
        faults.answer_next(POST_MESSAGE, 429, retry_after=0.1, scope=scope)
    first, first_card = await stage.flagged()
    faults.answer_next(POST_MESSAGE, 502, after_effect=True)
    second, second_card = await stage.flagged()
    await stage.bot.until(lambda: stage.case(second).card_id, 30, "the second card's answer")
    faults.cut_next(POST_MESSAGE, after_effect=True)
    third, _ = await stage.flagged()

    faults.answer_next(DELETE_MESSAGE, 429, retry_after=0.1, scope="shared")
    faults.answer_next(DELETE_MESSAGE, 502, after_effect=True)
    reply = await first_card.click(stage.ada, "Delete")
    await first_card.wait_until(is_deleted)
    assert (reply.failed, reply.text) == (False, "")
    faults.answer_next(DELETE_MESSAGE, 503, after_effect=True)
    reply = await second_card.click(stage.ada, "Delete")
    assert KEPT in await reply.wait_for_text()
    await second_card.wait_until(is_deleted, 20)
    await stage.quiet()
    assert not any(fault.times for fault in faults.planned), "each of them has happened"
    assert Books(stage).errors([first, second, third]) == []
    assert len(stage.deeds) == 2
    assert discord.limits.invalid_requests <= 5


async def test_a_decision_that_discord_does_not_take_is_kept_told_and_carried_out_later(rough_stage: Stage):
    stage, discord = rough_stage, rough_stage.discord
    message, card = await stage.flagged()
    discord.faults.answer_next(DELETE_MESSAGE, 503, times=2)
    reply = await card.click(stage.ada, "Delete")
    assert KEPT in await reply.wait_for_text()
    assert not message.deleted
    await discord.wait_until(lambda: message.deleted, 30)
    await stage.quiet()
    assert Books(stage).errors([message]) == []
    assert stage.case(message).decision.moderator_id == stage.ada.id


async def test_through_outages_of_every_kind_cards_and_a_click_wait_and_then_appear_once(rough_stage: Stage):
    """The connection is cut each time, in the middle of a deletion once; people go on writing."""
    stage, discord = rough_stage, rough_stage.discord
    first, card = await stage.flagged()
    messages = [first]
    held = hold_next(discord, DELETE_MESSAGE, after_effect=False)
    await card.click(stage.ada, "Delete", wait=False)
    await until_asked(stage, held)
    for kind in (Outage.REFUSED, Outage.HANGING, Outage.BAD_GATEWAY):
        said_before = await stage.general.say(stage.mallory, f"{INSULT}, before {kind.value}")
        async with discord.outage(kind):
            said_within = await stage.general.say(stage.mallory, f"{INSULT}, within {kind.value}")
            await asyncio.sleep(1.2)
            assert not first.deleted or kind is not Outage.REFUSED
        messages += [said_before, said_within]
        await discord.wait_connected(30)
    await stage.quiet()
    assert Books(stage).errors(messages) == []
    assert first.deleted
    assert stage.case(first).state == "enforced"


async def test_a_review_channel_that_is_closed_to_the_bot_is_left_alone_until_it_is_opened(rough_stage: Stage):
    stage, discord = rough_stage, rough_stage.discord
    bot = stage.guild.bot_member
    assert bot is not None
    await stage.review.allow(bot, Permission.VIEW_CHANNEL, deny=Permission.SEND_MESSAGES)
    await asyncio.sleep(1.2)  # the bot looks at changed permissions when things have settled
    before = len(discord.requests_to(POST_MESSAGE)), discord.limits.invalid_requests
    messages = await insults(stage, 6)
    await judged(stage, messages)
    await asyncio.sleep(1.5)
    assert len(discord.requests_to(POST_MESSAGE)) - before[0] == 2, "after two refusals it waits"
    assert stage.cards == []
    assert "Send Messages" in await status(stage)
    await stage.review.allow(bot, Permission.VIEW_CHANNEL | Permission.SEND_MESSAGES)
    await stage.card_about(messages[-1])
    await stage.quiet()
    assert Books(stage).errors(messages) == []
    assert discord.limits.invalid_requests - before[1] <= 4


async def test_when_the_review_channel_is_deleted_cases_wait_for_a_new_one(rough_stage: Stage):
    stage, discord = rough_stage, rough_stage.discord
    shown_before, _ = await stage.flagged()
    await stage.review.delete()
    before = len(discord.requests_to(POST_MESSAGE))
    messages = await insults(stage, 4)
    await judged(stage, messages)
    await asyncio.sleep(0.5)
    assert len(discord.requests_to(POST_MESSAGE)) - before <= 3
    assert "does not exist any more" in await status(stage)
    stage.review = stage.guild.add_channel("review again", private_to=[stage.moderators])
    await stage.set_up()
    for message in (shown_before, *messages):
        await stage.card_about(message)
    await stage.quiet()
    assert [len(stage.cards_about(message)) for message in (shown_before, *messages)] == [1, 1, 1, 1, 1]


FLOOD = 5000
FLAGGED = 5
MOST_MEMORY = 300 * 2**20


@pytest.mark.slow
async def test_in_a_burst_of_five_thousand_messages_every_flagged_one_becomes_one_card(rough_stage: Stage):
    """Meanwhile moderators click and ask, and get an answer in time; the bot's memory stays bounded."""
    stage = rough_stage
    await stage.without("spam")
    cards = [(await stage.flagged())[1] for _ in range(2)]
    before = resident_bytes(stage.bot.pid)
    burst = asyncio.create_task(stage.general.say_many(stage.mallory, burst_of(FLOOD, FLAGGED)))
    replies = await answers_meanwhile(stage, cards, burst)
    said = await burst
    flagged = [message for message in said if INSULT in message.content]
    assert len(flagged) == FLAGGED
    for message in flagged:
        await stage.case_about(message)
    grown = resident_bytes(stage.bot.pid) - before
    await stage.quiet()
    assert Books(stage).errors(flagged) == []
    latencies = sorted(reply.latency for reply in replies if reply.latency is not None)
    _log.info("%d answers, p50 %.3f s", len(latencies), latencies[len(latencies) // 2])
    _log.info("longest %.3f s, memory grew by %.0f MiB", latencies[-1], grown / 2**20)
    assert not any(reply.failed for reply in replies)
    assert len(latencies) == len(replies) > 5
    assert grown < MOST_MEMORY


def burst_of(number: int, flagged: int) -> list[str]:
    """Chat, with an insult now and then."""
    every = number // flagged
    return [f"{INSULT}, {each}" if each % every == every - 1 else f"{HARMLESS} {each}" for each in range(number)]


async def answers_meanwhile(stage: Stage, cards: list[Message], burst: asyncio.Task[list[Message]]) -> list[Reply]:
    """What moderators are answered who click and ask until the burst is through the prefilter."""
    replies = [await card.click(stage.ada, "Dismiss", wait=False) for card in cards]
    while not burst.done() or stage.memory.case(burst.result()[-1].id) is None:  # the last one is flagged
        owner = stage.guild.owner
        replies.append(await stage.guild.slash(owner, stage.review, "safeguild status", wait=False))
        await asyncio.sleep(0.1)
    return replies
