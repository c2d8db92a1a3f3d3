"""What is done to a message and to its author, one thing at a time. All raise DiscordAway, Refused or Gone."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

import discord
from discord.http import HTTPClient, Route

from bot.case import CaseFile, Decision
from bot.cogs.failures import translated
from bot.cogs.people import acting_moderator
from bot.cogs.safe_text import one_line, shortened
from bot.cogs.words import at
from bot.language import Language, marked, speaking, tr
from bot.ports import Gone, Refused

_LONGEST_NAME: Final = 100
"""Characters of a name in the audit log."""
_LONGEST_REASON: Final = 512
"""What the audit log takes."""
_DECIDED: Final = marked("case {case}, decided by {who}")
_DECIDED_BECAUSE: Final = marked("case {case}, decided by {who}: {reason}")
"""Both begin with the case, in every language: it is how a ban is known to be ours."""
_CUT: Final = "\0"
_DELETE_NEEDS = marked("Manage Messages")
TIMEOUT_NEEDS: Final = "Timeout Members"
_KICK_NEEDS = marked("Kick Members")
BAN_NEEDS: Final = "Ban Members"
_OPEN_NEEDS = marked("Manage Threads")
_THREAD_IS_ARCHIVED: Final = 50083
SAME: Final = timedelta(seconds=1)
"""Discord may round the end of a timeout."""


class Deeds:
    """Deletes, times out, kicks and bans."""

    def __init__(self, http: HTTPClient, clock: Callable[[], datetime]) -> None:
        self._http = http
        self._clock = clock

    async def delete(self, case: CaseFile, decision: Decision, *, again: bool) -> str:
        """Deleting twice changes nothing; looking first keeps the audit log free of a second try."""
        if again and await self._is_gone(case):
            return tr("The message is deleted.")
        try:
            await self._delete_once(case, decision)
        except Gone:
            return tr("The message was gone already.")
        except Refused as no:
            if not _is_about_archived_thread(no):
                raise
            await self._open_thread_and_delete(case, decision)
        return tr("The message is deleted.")

    async def time_out(self, case: CaseFile, decision: Decision) -> str:
        """Look first, always: a second try changes nothing, and no timeout is made shorter than it is."""
        ends_at = decision.ends_at
        if ends_at is None or ends_at <= self._clock():
            raise Refused(tr("Discord was away for longer than the timeout. Decide again if it is still needed."))
        standing = await timed_out_until(self._http, case)
        if standing is None or standing < ends_at - SAME:
            with translated(TIMEOUT_NEEDS):
                await self._http.edit_member(
                    case.guild_id,
                    case.message.author_id,
                    reason=audit_reason(decision),
                    communication_disabled_until=ends_at.isoformat(),
                )
        elif standing > ends_at + SAME:
            return tr("A longer timeout was there already; it stays. It ends on {moment}.", moment=at(standing))
        return tr("The timeout ends on {moment}.", moment=at(ends_at))

    async def kick(self, case: CaseFile, decision: Decision, *, again: bool) -> str:
        """A second kick would hit somebody who was let in again: who has joined since is left to a person."""
        if again and await self._has_gone(case, decision):
            return tr("The member is not in the server any more.")
        with translated(_KICK_NEEDS):
            await self._http.kick(case.message.author_id, case.guild_id, reason=audit_reason(decision))
        return tr("The member is kicked.")

    async def ban(self, case: CaseFile, decision: Decision) -> str:
        """Look first, always: a ban that stands is left as it is, with its reason."""
        standing = await ban_reason(self._http, case)
        if standing is not None and not is_ours(standing, case):
            return tr("The member was banned already; that ban stays.")
        if standing is None:
            await self._ban_once(case, decision)
        return tr("The member is banned.")

    async def _ban_once(self, case: CaseFile, decision: Decision) -> None:
        """discord.py 2.7.1 puts what is to be deleted into the address; Discord's reference has it in the body."""
        seconds = round(decision.delete_history.total_seconds())
        route = "/guilds/{guild_id}/bans/{user_id}"
        with translated(BAN_NEEDS):
            await self._http.request(
                Route("PUT", route, guild_id=case.guild_id, user_id=case.message.author_id),
                json={"delete_message_seconds": seconds},
                reason=audit_reason(decision),
            )

    async def _delete_once(self, case: CaseFile, decision: Decision) -> None:
        message = case.message
        with translated(_DELETE_NEEDS):
            await self._http.delete_message(message.channel_id, message.id, reason=audit_reason(decision))

    async def _open_thread_and_delete(self, case: CaseFile, decision: Decision) -> None:
        """Do as Discord's own client does. Without it, who starts a thread could put it away, insults and all.

        Discord archives the thread again when nobody writes in it.
        """
        with translated(_OPEN_NEEDS):
            await self._http.edit_channel(case.message.channel_id, archived=False, reason=audit_reason(decision))
        await self._delete_once(case, decision)

    async def _is_gone(self, case: CaseFile) -> bool:
        """Whether the message is known to be gone. Not being allowed to look is no answer."""
        try:
            with translated():
                await self._http.get_message(case.message.channel_id, case.message.id)
        except Gone:
            return True
        except Refused:
            return False
        return False

    async def _has_gone(self, case: CaseFile, decision: Decision) -> bool:
        try:
            with translated():
                member = await self._http.get_member(case.guild_id, case.message.author_id)
        except Gone:
            return True
        joined = discord.utils.parse_time(member.get("joined_at"))
        if joined is not None and joined > decision.decided_at:
            raise Refused(
                tr(
                    "The author has left and come back since this was decided, kicked perhaps. "
                    "Decide again if they have to leave."
                )
            )
        return False


async def timed_out_until(http: HTTPClient, case: CaseFile) -> datetime | None:
    """When the author's timeout ends; None if there is none. It may be over."""
    with translated():
        member = await http.get_member(case.guild_id, case.message.author_id)
    return discord.utils.parse_time(member.get("communication_disabled_until"))


async def ban_reason(http: HTTPClient, case: CaseFile) -> str | None:
    """The reason of the author's ban, "" if it has none; None if they are not banned."""
    try:
        with translated(BAN_NEEDS):
            ban = await http.get_ban(case.message.author_id, case.guild_id)
    except Gone:
        return None
    return ban["reason"] or ""


def audit_reason(decision: Decision) -> str:
    """What the audit log shows beside the bot's action, in the language that is spoken: the guild's."""
    name = shortened(one_line(acting_moderator.get()), _LONGEST_NAME)
    who = f"{name} ({decision.moderator_id})" if name else str(decision.moderator_id)
    told = {"case": str(decision.case_id), "who": who}
    if decision.reason.strip():
        text = tr(_DECIDED_BECAUSE, **told, reason=one_line(decision.reason))
    else:
        text = tr(_DECIDED, **told)
    return shortened(text, _LONGEST_REASON)


def is_ours(reason: str, case: CaseFile) -> bool:
    """Whether something with this reason in the audit log was done for the case.

    In whichever language: the guild may have chosen another one since.
    """
    return reason.startswith(tuple(_openings(case.id)))


def _openings(case_id: int) -> Iterator[str]:
    """How reasons of a case begin, up to who decided, in every language."""
    for language in Language:
        with speaking(language):
            for text in (_DECIDED, _DECIDED_BECAUSE):
                yield tr(text, case=str(case_id), who=_CUT, reason="").partition(_CUT)[0]


def _is_about_archived_thread(no: Refused) -> bool:
    return isinstance(no.__cause__, discord.HTTPException) and no.__cause__.code == _THREAD_IS_ARCHIVED
