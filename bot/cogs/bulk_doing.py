"""What decisions about many cases ask of Discord: whether their maker still may, and to delete many messages."""

from collections import OrderedDict
from collections.abc import Callable, Collection
from time import monotonic
from typing import Final

import discord

from bot.case import Action, CaseFile, Decision
from bot.cogs.failures import translated
from bot.cogs.people import member_of, person, place_of
from bot.guilds.settings import GuildSettings
from bot.language import Language, marked, speaking, tr
from bot.ports import DiscordAway
from bot.review.access import Handling, handling_refusal, refusal

_TRUSTED: Final = 15.0
"""Seconds for which what Discord said of a member holds: a bulk asks about the same few again and again."""
_REMEMBERED: Final = 200
_NEEDS: Final = marked("Manage Messages")


class DiscordPermits:
    """`Permits` over discord.py: the rules that a press on a card meets, for the person who confirmed the bulk."""

    def __init__(self, client: discord.Client, settings: Callable[[int], GuildSettings]) -> None:
        self._client = client
        self._settings = settings
        self._members: OrderedDict[tuple[int, int], tuple[float, discord.Member | None]] = OrderedDict()

    async def objection(self, case: CaseFile, moderator_id: int, action: Action) -> str | None:
        """See `Permits`."""
        guild = self._client.get_guild(case.guild_id)
        if guild is None or guild.unavailable:
            raise DiscordAway(tr("Discord has not told me about this server yet. Try again in a minute."))
        moderator = await self._member(guild, moderator_id)
        if moderator is None:
            return tr("Whoever confirmed this is not a member of the server any more.")
        place = await place_of(guild, case.message.channel_id)
        actor, settings = person(moderator, place), self._settings(guild.id)
        if unseen := handling_refusal(Handling.EVIDENCE, case, guild.id, settings, actor):
            return unseen
        target = await self._member(guild, case.message.author_id) if action is Action.DELETE else None
        them = person(target, place) if target else None
        return refusal(action, case, guild.id, settings, actor, person(guild.me, place), them)

    async def _member(self, guild: discord.Guild, user_id: int) -> discord.Member | None:
        key, now = (guild.id, user_id), monotonic()
        known = self._members.get(key)
        if known is None or now - known[0] > _TRUSTED:
            known = self._members[key] = now, await member_of(guild, user_id)
            self._members.move_to_end(key)
        if len(self._members) > _REMEMBERED:
            self._members.popitem(last=False)
        return known[1]


class DiscordManyDeleter:
    """`ManyDeleter` over Discord's REST interface."""

    def __init__(self, client: discord.Client, language: Callable[[int], Language]) -> None:
        """`language`: of a guild, for its audit log."""
        self._http = client.http
        self._language = language

    async def delete_many(
        self, guild_id: int, channel_id: int, message_ids: Collection[int], decision: Decision
    ) -> None:
        """See `ManyDeleter`."""
        with speaking(self._language(guild_id)), translated(_NEEDS):
            await self._http.delete_messages(channel_id, list(message_ids), reason=_reason(decision))


def _reason(decision: Decision) -> str:
    """What the audit log shows beside the bot's action."""
    return tr("many cases at once, decided by {who}", who=decision.moderator_id)
