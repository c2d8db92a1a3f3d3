"""Carries decisions out: deletes messages, acts on their authors, and tells them.

A decision may have several parts. Each is done at most once: what an earlier try may have done is looked for.
Deleting, timing out and banning change nothing when they are done twice; of a kick it is told by when its member
joined whether it was done; a direct message is looked for in the conversation.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final

import discord

from bot.case import Action, CaseFile, Decision
from bot.cogs.enforcement_deeds import Deeds
from bot.cogs.enforcement_undo import Undoing
from bot.cogs.notices import MemberNotices
from bot.language import Language, speaking, tr
from bot.ports import Refused

Deed = Callable[[], Awaitable[str]]
"""Does one thing, and says what came of it; "" if there is nothing to say. Raises DiscordAway, Refused or Gone."""
_TOLD_BEFORE: Final = frozenset({Action.KICK, Action.BAN})
"""Who is gone cannot be written to any more."""


def _english(_: int) -> Language:
    return Language.ENGLISH


class DiscordEnforcer:
    """`Enforcer` over Discord's REST interface. It asks no cache, so it works before the gateway is ready, too."""

    def __init__(
        self,
        client: discord.Client,
        clock: Callable[[], datetime],
        notices: MemberNotices | None = None,
        language: Callable[[int], Language] = _english,
    ) -> None:
        """Without `notices` nobody is told anything. `language`: of a guild, for what is said of the outcome."""
        self._deeds = Deeds(client.http, clock)
        self._undoing = Undoing(client.http, clock)
        self._notices = notices
        self._language = language

    async def carry_out(self, case: CaseFile, decision: Decision, *, again: bool) -> str:
        """Do what was decided, and say in a few words what came of it. See `bot.ports.Enforcer`.

        Of two parts each is tried; a refusal tells what was done in spite of it. Nobody is told of what was
        refused, but for kicks and bans, before which they are told.
        """
        with speaking(self._language(case.guild_id)):
            told = await self._tell(case, decision, again=again) if decision.action in _TOLD_BEFORE else ""
            said = await _each(self._deeds_of(case, decision, again=again), told)
            if decision.action not in _TOLD_BEFORE:
                said.append(await self._tell(case, decision, again=again))
            return " ".join(filter(None, said))

    async def _tell(self, case: CaseFile, decision: Decision, *, again: bool) -> str:
        return await self._notices.tell(case, decision, again=again) if self._notices else ""

    def _deeds_of(self, case: CaseFile, decision: Decision, *, again: bool) -> list[Deed]:
        """What is to be done, in its order."""
        deeds = self._deeds
        to_author: dict[Action, Deed] = {
            Action.TIMEOUT: lambda: deeds.time_out(case, decision),
            Action.KICK: lambda: deeds.kick(case, decision, again=again),
            Action.BAN: lambda: deeds.ban(case, decision),
            Action.UNDO: lambda: self._undoing.undo(case, decision),
        }
        found: list[Deed] = [lambda: deeds.delete(case, decision, again=again)] if decision.deletes else []
        return [*found, *(to_author[action] for action in (decision.action,) if action in to_author)]


async def _each(deeds: Sequence[Deed], told: str) -> list[str]:
    """Try every deed; the sentences that tell of what was done, `told` before them.

    Raises:
        Refused: one of them was refused.
    """
    said, refusals = [told] if told else [], []
    for deed in deeds:
        try:
            said.append(await deed())
        except Refused as no:
            refusals.append(no)
    if not refusals:
        return said
    if not said and len(refusals) == 1:
        raise refusals[0]
    reasons = " ".join(dict.fromkeys(map(str, refusals)))
    raise Refused(tr("{done} Not everything was done: {reason}", done=" ".join(said), reason=reasons).strip())
