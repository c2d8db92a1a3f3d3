"""Holds starter policies against what was written lately, for the person who sets the bot up."""

from collections.abc import AsyncIterator, Sequence
from typing import Final

import discord

from bot.case import Message
from bot.cogs.budget import DESCRIPTION
from bot.cogs.failures import FAILURES
from bot.cogs.places import shows_history
from bot.cogs.reading import read
from bot.cogs.replies import Reply, page
from bot.cogs.safe_text import code_block, escaped
from bot.cogs.words import place, sure
from bot.language import tr, tr_n
from bot.rehearsal import Rehearsal, Scene

CHANNELS: Final = 5
PER_CHANNEL: Final = 40
_SHOWN: Final = 6
_LONGEST_QUOTE: Final = 300


async def recent_messages(guild: discord.Guild, reader: discord.Member) -> list[Message]:
    """What members wrote last in the channels where most happens and that this person can read, too."""
    found: list[Message] = []
    for channel in _liveliest(guild, reader):
        found += [message async for message in _last_in(channel)]
    return found


def _liveliest(guild: discord.Guild, reader: discord.Member) -> list[discord.TextChannel]:
    """By their newest message; Discord tells no more than that."""
    open_to_both = [
        channel
        for channel in guild.text_channels
        if channel.last_message_id and channel.permissions_for(reader).read_messages and shows_history(channel)
    ]
    return sorted(open_to_both, key=lambda channel: -(channel.last_message_id or 0))[:CHANNELS]


async def _last_in(channel: discord.TextChannel) -> AsyncIterator[Message]:
    try:
        async for message in channel.history(limit=PER_CHANNEL):
            if (written := read(message)) is not None and written.text:
                yield written
    except FAILURES:
        return  # the sample is smaller then


def sample_page(rehearsal: Rehearsal) -> Reply:
    """What the policies made of the sample."""
    violations = rehearsal.violations
    return page(
        tr("Tried on what was written here lately"),
        [*_counts(rehearsal, len(violations)), *_scenes(violations or rehearsal.scenes)],
        discord.Colour.blurple(),
    )


def _counts(rehearsal: Rehearsal, violations: int) -> list[str]:
    if not rehearsal.looked_at:
        return [tr("I found no messages here that we can both read.")]
    lines = [
        tr_n("{count} message was looked at.", "{count} messages were looked at.", rehearsal.looked_at),
        tr_n(
            "{count} check found something suspicious.",
            "{count} checks found something suspicious.",
            len(rehearsal.scenes),
        ),
    ]
    if rehearsal.judge_away:
        return [*lines, tr("The model is not there yet, so nobody knows which of them would become cards.")]
    return [*lines, tr_n("{count} would be a card.", "{count} would be cards.", violations)]


def _scenes(scenes: Sequence[Scene]) -> list[str]:
    return [_scene(scene) for scene in scenes[:_SHOWN]]


def _scene(scene: Scene) -> str:
    verdict, policy = scene.verdict, scene.policy
    if verdict is None or verdict.probability is None:
        told = tr("**{policy}**: not judged", policy=escaped(policy.title, 60))
    else:
        rules = ", ".join(escaped(rule_id, 16) for rule_id in verdict.rule_ids) or "?"
        chance = sure(verdict.probability)
        told = tr(
            "**{policy}** {rules}, {chance} likely", policy=escaped(policy.title, 60), rules=rules, chance=chance
        )
    quote, _ = code_block(scene.message.text, min(_LONGEST_QUOTE, DESCRIPTION))
    return f"{told} · {place(scene.message.channel_id)}\n{quote}"
