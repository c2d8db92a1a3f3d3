"""Writes to the review channel that a policy's file has errors."""

from collections.abc import Callable

import discord

from bot.cogs.client import SafeguildBot
from bot.cogs.failures import translated
from bot.cogs.replies import page, problem_line
from bot.language import Language, speaking, tr
from policies.problems import Problem

_MOST = 5
"""Errors that are listed; `/policy list` has them all."""


class DiscordPolicyNews:
    """A `Teller` on Discord, in the guild's language."""

    def __init__(self, bot: SafeguildBot, language: Callable[[int], Language]) -> None:
        self._bot = bot
        self._language = language

    async def tell(self, guild_id: int, channel_id: int, problems: tuple[Problem, ...]) -> None:
        """See `Teller`."""
        with speaking(self._language(guild_id)):
            embed = news_embed(problems)
        place = self._bot.get_partial_messageable(channel_id, guild_id=guild_id)
        with translated():
            await place.send(embed=embed, allowed_mentions=discord.AllowedMentions.none())


def news_embed(problems: tuple[Problem, ...]) -> discord.Embed:
    """What is wrong with one file, and what holds until it is put right."""
    lines = [
        tr("A policy's file was changed, and has errors. The version before them holds until they are gone."),
        *map(problem_line, problems[:_MOST]),
    ]
    if len(problems) > _MOST:
        lines.append(tr("… and {count} more; `/policy list` shows them all.", count=len(problems) - _MOST))
    return page("", lines, discord.Colour.orange()).embed
