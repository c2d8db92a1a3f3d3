"""What reports, questions and alerts about a message have in common: reading it, with what came before it."""

from collections.abc import Sequence

import discord
import structlog

from bot.case import Earlier, Message
from bot.cogs.history import DiscordHistory
from bot.cogs.reading import read
from bot.cogs.replies import Command
from bot.cogs.rooms import Rooms
from bot.language import marked, tr
from bot.ports import DiscordError

_log = structlog.get_logger(__name__)

NOT_A_MEMBERS = marked(
    "This was not written by a member. I do not look at messages of bots and webhooks, nor at notices of Discord."
)
REVIEW_PLACE = marked("What is said in the review channel is never looked at.")


def objection(rooms: Rooms, message: Message | None) -> str | None:
    """Why a message is no business of the bot's, in the language that is spoken; None if it is."""
    if message is None:
        return tr(NOT_A_MEMBERS)
    if rooms.is_review_place(message.guild_id, message.channel_id, message.parent_id):
        return tr(REVIEW_PLACE)
    return None


def read_pointed_at(command: Command, message: discord.Message) -> Message | None:
    """The message that a command of the message's menu was used on; None if no member wrote it."""
    if isinstance(message.channel, discord.PartialMessageable) and isinstance(command.channel, discord.Thread):
        message.channel = command.channel  # an archived thread: only here it is told which channel has it
    return read(message)


async def with_author(history: DiscordHistory, message: Message) -> Message:
    """The message with its author's roles. A message is looked at without them rather than not at all."""
    try:
        return await history.completed(message)
    except DiscordError as error:
        _log.warning("looked at without the author's roles", guild=message.guild_id, reason=str(error))
        return message


async def before(history: DiscordHistory, message: Message, wanted: int) -> Sequence[Earlier]:
    """What was said before it, as much as is wanted and can be had."""
    if wanted <= 0:
        return ()
    try:
        return await history.before(message, wanted)
    except DiscordError as error:
        _log.warning("looked at without what came before", guild=message.guild_id, reason=str(error))
        return ()
