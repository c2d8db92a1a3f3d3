"""Takes decisions back, as far as they can be: what is still ours is lifted, the rest is said."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from discord.http import HTTPClient

from bot.case import Action, CaseFile, Decision
from bot.cogs.enforcement_deeds import (
    BAN_NEEDS,
    SAME,
    TIMEOUT_NEEDS,
    audit_reason,
    ban_reason,
    is_ours,
    timed_out_until,
)
from bot.cogs.failures import translated
from bot.language import marked, tr
from bot.ports import Gone, Refused
from bot.review.access import taken

STAYS: Final[Mapping[Action, str]] = {
    Action.DELETE: marked("A deleted message cannot be brought back."),
    Action.KICK: marked("Who was kicked has to be invited again."),
    Action.WARN: marked("A warning cannot be unsaid."),
    Action.HELP: marked("What the author was sent cannot be taken back."),
}
"""What an undo cannot change."""


class Undoing:
    """Lifts timeouts and bans that were given for a case. Doing it twice changes nothing."""

    def __init__(self, http: HTTPClient, clock: Callable[[], datetime]) -> None:
        self._http = http
        self._clock = clock

    async def undo(self, case: CaseFile, undo: Decision) -> str:
        """Take back what was decided, and say what came of each part of it.

        Raises:
            DiscordAway, Refused, Gone: something was not lifted.
        """
        parts = dict(taken(case))
        said = [await self._lift_ban(case, undo)] if Action.BAN in parts else []
        if Action.TIMEOUT in parts:
            said.append(await self._lift_timeout(case, undo, banned=Action.BAN in parts))
        said += [tr(STAYS[action]) for action in parts if action in STAYS]
        return " ".join(filter(None, said)) or tr("Nothing had to be taken back.")

    async def _lift_timeout(self, case: CaseFile, undo: Decision, *, banned: bool) -> str:
        try:
            standing = await timed_out_until(self._http, case)
        except Gone:
            if banned:
                return ""  # who was banned is no member: nothing is left to be lifted
            raise Refused(tr("The author has left the server, so their timeout cannot be lifted.")) from None
        if standing is None or standing <= self._clock():
            return tr("The timeout is over already.")
        if not any(_is_end_of(decision, standing) for decision in case.answers):
            return tr("The author's timeout is another one by now; it stays.")
        with translated(TIMEOUT_NEEDS):
            await self._http.edit_member(
                case.guild_id,
                case.message.author_id,
                reason=audit_reason(undo),
                communication_disabled_until=None,
            )
        return tr("The timeout is lifted.")

    async def _lift_ban(self, case: CaseFile, undo: Decision) -> str:
        standing = await ban_reason(self._http, case)
        if standing is None:
            return tr("The ban is lifted.")
        if not is_ours(standing, case):
            return tr("The author's ban is another one by now; it stays.")
        with translated(BAN_NEEDS):
            await self._http.unban(case.message.author_id, case.guild_id, reason=audit_reason(undo))
        return tr("The ban is lifted.")


def _is_end_of(decision: Decision, moment: datetime) -> bool:
    return decision.ends_at is not None and abs(decision.ends_at - moment) <= SAME
