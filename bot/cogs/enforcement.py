"""Carries decisions out: deletes messages and times members out."""

from collections.abc import Callable
from datetime import datetime, timedelta

import discord

from bot.case import Action, CaseFile, Decision
from bot.cogs.failures import translated
from bot.cogs.people import acting_moderator
from bot.cogs.safe_text import one_line, shortened
from bot.ports import Gone, Refused

_LONGEST_NAME = 100
"""Characters of a name in the audit log, which takes reasons of 512."""
_DELETE_NEEDS = "Manage Messages"
_TIMEOUT_NEEDS = "Timeout Members"
_OPEN_NEEDS = "Manage Threads"
_THREAD_IS_ARCHIVED = 50083
_SAME = timedelta(seconds=1)
"""Discord may round the end of a timeout."""


class DiscordEnforcer:
    """`Enforcer` over Discord's REST interface. It asks no cache, so it works before the gateway is ready, too."""

    def __init__(self, client: discord.Client, clock: Callable[[], datetime]) -> None:
        self._http = client.http
        self._clock = clock

    async def carry_out(self, case: CaseFile, decision: Decision, *, again: bool) -> str:
        """Do what was decided, and say in a few words what came of it. See `bot.ports.Enforcer`."""
        if decision.action is Action.DISMISS:
            return "Nothing was done to the message or its author."
        if decision.action is Action.DELETE:
            return await self._delete(case, decision, again=again)
        if decision.action is Action.TIMEOUT and decision.ends_at is not None:
            return await self._time_out(case, decision, decision.ends_at)
        raise Refused(f"Safeguild cannot carry out “{decision.action}”. Decide for delete, timeout or dismiss.")

    async def _delete(self, case: CaseFile, decision: Decision, *, again: bool) -> str:
        """Deleting twice changes nothing; looking first keeps the audit log free of a second try."""
        if again and await self._is_gone(case):
            return "The message is deleted."
        try:
            await self._delete_once(case, decision)
        except Gone:
            return "The message was gone already."
        except Refused as no:
            if not _is_about_archived_thread(no):
                raise
            await self._open_thread_and_delete(case, decision)
        return "The message is deleted."

    async def _delete_once(self, case: CaseFile, decision: Decision) -> None:
        message = case.message
        with translated(_DELETE_NEEDS):
            await self._http.delete_message(message.channel_id, message.id, reason=_reason(decision))

    async def _open_thread_and_delete(self, case: CaseFile, decision: Decision) -> None:
        """Do as Discord's own client does. Without it, who starts a thread could put it away, insults and all.

        Discord archives the thread again when nobody writes in it.
        """
        with translated(_OPEN_NEEDS):
            await self._http.edit_channel(case.message.channel_id, archived=False, reason=_reason(decision))
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

    async def _time_out(self, case: CaseFile, decision: Decision, ends_at: datetime) -> str:
        """Look first, always: a second try changes nothing, and no timeout is made shorter than it is."""
        if ends_at <= self._clock():
            raise Refused("Discord was away for longer than the timeout. Decide again if it is still needed.")
        standing = await self._timed_out_until(case)
        if standing is None or standing < ends_at - _SAME:
            with translated(_TIMEOUT_NEEDS):
                await self._http.edit_member(
                    case.guild_id,
                    case.message.author_id,
                    reason=_reason(decision),
                    communication_disabled_until=ends_at.isoformat(),
                )
            return f"The timeout ends on {_moment(ends_at)}."
        if standing <= ends_at + _SAME:
            return f"The timeout ends on {_moment(ends_at)}."
        return f"A longer timeout was there already; it stays. It ends on {_moment(standing)}."

    async def _timed_out_until(self, case: CaseFile) -> datetime | None:
        with translated():
            member = await self._http.get_member(case.guild_id, case.message.author_id)
        return discord.utils.parse_time(member.get("communication_disabled_until"))


def _is_about_archived_thread(no: Refused) -> bool:
    return isinstance(no.__cause__, discord.HTTPException) and no.__cause__.code == _THREAD_IS_ARCHIVED


def _reason(decision: Decision) -> str:
    """What the audit log shows beside the bot's action."""
    name = shortened(one_line(acting_moderator.get()), _LONGEST_NAME)
    who = f"{name} ({decision.moderator_id})" if name else str(decision.moderator_id)
    return f"case {decision.case_id}, decided by {who}"


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d at %H:%M} UTC"
