"""People are answered in time, however much there is to judge."""

import asyncio
import re
from collections.abc import Awaitable

from tests.discord_server import Message, Reply
from tests.journeys.acting import time_out
from tests.journeys.stage import INSULT, Stage

CROWD = 40
ACKNOWLEDGED_WITHIN = 1.5
"""Seconds. Discord gives up after 3."""


async def test_clicks_and_commands_are_answered_in_time_while_the_engine_is_saturated(stage: Stage):
    cards = [(await stage.flagged(f"{INSULT}, number {number}"))[1] for number in range(3)]
    await stage.general.say_many(stage.mallory, [f"{INSULT}, again {number}" for number in range(CROWD)])
    await stage.bot.until(lambda: stage.memory.waiting() > CROWD / 2, 20, "a long queue")
    status, *replies = await asyncio.gather(*everything_at_once(stage, *cards))
    assert stage.memory.waiting() > 0
    assert waiting_by(status) > CROWD / 4
    assert [reply.failed for reply in (status, *replies)] == [False] * (len(replies) + 1)
    latencies = [reply.latency or 0.0 for reply in (status, *replies)]
    assert max(latencies) < ACKNOWLEDGED_WITHIN, latencies
    for card, word in zip(cards, ("Deleted", "Timed out for 1 h", "Dismissed"), strict=True):
        await card.wait_until(lambda shown, word=word: f"**{word}** by" in shown.embed_text)
    await stage.guild.remove_bot()  # nobody after this has to wait for the rest
    await stage.bot.until(lambda: not stage.memory.messages_with_cases(), 20, "the purge")


def everything_at_once(
    stage: Stage, delete: Message, timeout: Message, dismiss: Message
) -> list[Awaitable[Reply]]:
    owner = stage.guild.owner
    return [
        stage.guild.slash(owner, stage.review, "safeguild status"),
        delete.click(stage.ada, "Delete"),
        time_out(timeout, stage.ada),
        dismiss.click(stage.bob, "Dismiss"),
        *(card.click(stage.bob, "Reasoning") for card in (delete, timeout, dismiss)),
        stage.guild.slash(owner, stage.review, "policy list"),
        stage.guild.slash(owner, stage.review, "policy mode", policy="spam", mode="off"),
    ]


def waiting_by(status: Reply) -> int:
    """How many messages wait for a verdict, as moderators are told."""
    told = re.search(r"(\d+) wait for a verdict", status.ephemeral_text)
    assert told is not None, status.text
    return int(told[1])
