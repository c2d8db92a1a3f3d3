"""Alerts of Discord's own AutoMod join the case of their message, or open one.

Discord tells them only to bots that may manage the server (its documentation of AUTO_MODERATION_ACTION_EXECUTION).

Discord tells of each action of a rule: that it blocked, that it raised an alert, that it timed the member out. The
same text of the same member in the same channel is one case, however many rules and actions it met: see
`bot.kept_back`.
"""

import asyncio
from collections import OrderedDict
from contextlib import suppress
from typing import Final

import discord
import structlog
from discord.ext import commands

from bot.case import Message, Report, ReportKind
from bot.cogs.client import SafeguildBot
from bot.cogs.history import DiscordHistory
from bot.cogs.people import member_of
from bot.cogs.pointing import before
from bot.cogs.reading import roles_of
from bot.cogs.rooms import Rooms
from bot.kept_back import stand_in_id
from bot.language import tr
from bot.ports import DiscordError, Gone, StoreError

_log = structlog.get_logger(__name__)

WAITING: Final = 1_000
"""Alerts that wait to be looked at. What comes beyond is left to the channel where Discord shows it."""
_REMEMBERED: Final = 5_000


class AutoModCog(commands.Cog):
    """Takes the alerts in and works them off one by one: a raid asks Discord for no more than that."""

    def __init__(self, bot: SafeguildBot, rooms: Rooms) -> None:
        self._bot = bot
        self._rooms = rooms
        self._history = DiscordHistory(bot)
        self._alerts: asyncio.Queue[discord.AutoModAction] = asyncio.Queue(WAITING)
        self._seen: OrderedDict[tuple[int, int], None] = OrderedDict()
        self._work: asyncio.Task[None] | None = None
        self._left_out = 0

    async def cog_load(self) -> None:
        """Begin."""
        self._work = asyncio.create_task(self._work_off())

    async def cog_unload(self) -> None:
        """Stop."""
        if self._work is not None:
            self._work.cancel()

    @commands.Cog.listener()
    async def on_automod_action(self, alert: discord.AutoModAction) -> None:
        """A rule of AutoMod did something."""
        if alert.channel_id is None or not self._rooms.allows(alert.guild_id) or not self._is_news(alert):
            return
        try:
            self._alerts.put_nowait(alert)
        except asyncio.QueueFull:
            if not self._left_out:
                _log.warning("too many alerts of AutoMod at once, some are left out", guild=alert.guild_id)
            self._left_out += 1

    def _is_news(self, alert: discord.AutoModAction) -> bool:
        """Whether this rule has not spoken about this message yet."""
        key = (alert.rule_id, _id_of(alert))
        if key in self._seen:
            return False
        self._seen[key] = None
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return True

    async def _work_off(self) -> None:
        while True:
            alert = await self._alerts.get()
            try:
                await self._take(alert)
            except (DiscordError, StoreError) as error:
                _log.warning("an alert of AutoMod is left out", guild=alert.guild_id, reason=str(error))
            except Exception as defect:  # noqa: BLE001 - one alert's trouble is not the next one's
                _log.error("an alert of AutoMod could not be read", guild=alert.guild_id, exc_info=defect)

    async def _take(self, alert: discord.AutoModAction) -> None:
        message = await self._message(alert)
        if message is None or self._rooms.is_review_place(message.guild_id, message.channel_id, message.parent_id):
            return
        earlier = await before(self._history, message, self._rooms.asking.context_wanted(message))
        keyword = alert.matched_keyword or ""
        made = Report(ReportKind.AUTOMOD, alert.rule_id, keyword, self._rooms.clock())
        await self._rooms.report(message, earlier, made)
        if alert.message_id is None:  # nobody ever saw it: it is as good as deleted
            await self._rooms.store.note_deletion(message.guild_id, [message.id], self._rooms.clock())

    async def _message(self, alert: discord.AutoModAction) -> Message | None:
        """What the alert is about; None if it was not a member's, or says nothing that can be read."""
        if alert.message_id is not None:
            with suppress(Gone):  # deleted since: the alert has its words
                return await self._standing(alert, alert.message_id)
        return await self._from_alert(alert) if alert.content else None

    async def _standing(self, alert: discord.AutoModAction, message_id: int) -> Message | None:
        assert alert.channel_id is not None
        written = await self._history.current(alert.guild_id, alert.channel_id, message_id)
        return await self._history.completed(written) if written else None

    async def _from_alert(self, alert: discord.AutoModAction) -> Message | None:
        member = await member_of(alert.guild, alert.user_id)
        if member is not None and member.bot:
            return None
        channel = alert.guild.get_channel_or_thread(alert.channel_id or 0)
        number = _id_of(alert)
        return Message(
            id=number,
            guild_id=alert.guild_id,
            channel_id=alert.channel_id or 0,
            parent_id=channel.parent_id if isinstance(channel, discord.Thread) else None,
            channel_name=channel.name if channel else "",
            author_id=alert.user_id,
            author_name=member.name if member else "",
            joined_at=member.joined_at if member else None,
            role_ids=roles_of(member) if member else (),
            created_at=discord.utils.snowflake_time(number) if alert.message_id else self._rooms.clock(),
            content=alert.content,
        )


def advice(guild: discord.Guild) -> str | None:
    """What to do so that alerts of AutoMod join cases; None if they do. They are a gift, not a need."""
    if guild.me.guild_permissions.manage_guild:
        return None
    return tr(
        "Alerts of Discord's own AutoMod do not join my cases: Discord tells them only to those who may manage "
        "the server. Give my role Manage Server if you want them in one place."
    )


def _id_of(alert: discord.AutoModAction) -> int:
    """The message's id; one that stands for it if AutoMod kept the message back."""
    now = discord.utils.time_snowflake(discord.utils.utcnow())
    return alert.message_id or stand_in_id(alert.user_id, alert.channel_id, alert.content, now)


async def setup_cog(bot: SafeguildBot, rooms: Rooms) -> None:
    """Bring the cog in."""
    await bot.add_cog(AutoModCog(bot, rooms))
