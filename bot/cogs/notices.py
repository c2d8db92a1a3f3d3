"""Direct messages to members about what was decided: sent at most once, and noted either way."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

import discord
from discord.ui import View

from bot.case import CaseFile, Decision
from bot.cogs.appeals_face import appeal_button
from bot.cogs.failures import translated
from bot.cogs.notices_text import is_told, notice
from bot.guilds.settings import GuildSettings
from bot.language import tr
from bot.ports import Refused, Store
from bot.records.events import CaseEvent, EventKind

_CLOCKS_APART: Final = timedelta(minutes=2)
"""Discord's clock, which dates messages, is not ours."""
_LOOKED_THROUGH: Final = 50


class MemberNotices:
    """Tells members what was decided about them, in their guild's words."""

    def __init__(self, client: discord.Client, store: Store, settings: Callable[[int], GuildSettings]) -> None:
        self._client = client
        self._store = store
        self._settings = settings

    async def tell(self, case: CaseFile, decision: Decision, *, again: bool) -> str:
        """Tell the author, unless the guild does not want that; what came of it as a sentence, "" if nothing.

        `again`: an earlier try may have arrived, so look first. A message that Discord refuses is no failure of
        the decision: it is noted, and said.

        Raises:
            DiscordAway: nobody knows whether it arrived. Look first the next time.
            StoreUnavailable, UnknownCase: it may have been sent, and could not be noted.
        """
        if not is_told(decision, case, self._settings(case.guild_id)):
            return ""
        try:
            if not (again and await self._was_told(case, decision)):
                await self._send(case, decision)
        except Refused as no:
            await self._note(decision, EventKind.NOTICE_FAILED, str(no))
            return tr("The member could not be told: {reason}", reason=str(no))
        await self._note(decision, EventKind.NOTICE_SENT)
        return tr("The member was told by direct message.")

    async def _was_told(self, case: CaseFile, decision: Decision) -> bool:
        """Look for the message in the conversation with the author."""
        channel = await self._conversation(case.message.author_id)
        since = decision.decided_at - _CLOCKS_APART
        with translated():
            async for message in channel.history(limit=_LOOKED_THROUGH, after=since, oldest_first=False):
                if any(_is_marked(embed, case) for embed in message.embeds):
                    return True
        return False

    async def _send(self, case: CaseFile, decision: Decision) -> None:
        server = self._client.get_guild(case.guild_id)
        told = notice(case, decision, self._settings(case.guild_id), server.name if server else tr("the server"))
        embed = discord.Embed(description=told.text).set_footer(text=_mark(case))
        view = View(timeout=None)
        if told.can_appeal:
            view.add_item(appeal_button(case.id))
        view.stop()
        channel = await self._conversation(case.message.author_id)
        with translated():
            await channel.send(
                embed=embed, view=view, nonce=_nonce(case), allowed_mentions=discord.AllowedMentions.none()
            )

    async def _conversation(self, user_id: int) -> discord.PartialMessageable:
        with translated():
            opened = await self._client.http.start_private_message(user_id)
        return self._client.get_partial_messageable(int(opened["id"]), type=discord.ChannelType.private)

    async def _note(self, decision: Decision, kind: EventKind, text: str = "") -> None:
        """Once for each decision, however often it is tried."""
        event = CaseEvent(decision.case_id, decision.decided_at, kind, text=text)
        if event not in await self._store.events(decision.case_id):
            await self._store.add_event(event)


def _mark(case: CaseFile) -> str:
    """What stands below a notice: the case, and which of its decisions it is about."""
    return tr("Case {number}", number=_numbered(case))


def _is_marked(embed: discord.Embed, case: CaseFile) -> bool:
    """Whether this is the notice. Only the number tells: the guild's language may have changed since."""
    return _numbered(case) in (embed.footer.text or "").split()


def _numbered(case: CaseFile) -> str:
    return f"{case.id}.{len(case.earlier_decisions) + 1}"


def _nonce(case: CaseFile) -> str:
    """Discord takes a second message with the same nonce, minutes later even, for the first one."""
    return f"told-{case.id:x}-{len(case.earlier_decisions):x}"[-25:]
