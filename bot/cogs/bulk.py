"""Deciding about many cases at once: counted and confirmed before, watched meanwhile, undone where possible."""

import asyncio
import re
from typing import Final

import discord
import structlog
from discord.ext import commands

from bot.case import CaseFile
from bot.cogs.bulk_page import Click, Wish, bulk_items, confirm_page, panel_page, progress_page
from bot.cogs.cases_sight import sighted
from bot.cogs.client import SafeguildBot
from bot.cogs.failures import FAILURES, translation
from bot.cogs.people import hidden_places, person, place_of
from bot.cogs.plainly import Declined, plainly, said
from bot.cogs.replies import NOT_READY, Reply, about_moderators, refused_for, reply, reply_in_place
from bot.cogs.rooms import Rooms
from bot.language import marked, tr
from bot.ports import StoreError
from bot.records.reports import Alike, Bulk, BulkExtent
from bot.review.access import refusal_without_target
from bot.review.bulk import BulkWork

_log = structlog.get_logger(__name__)

_WATCH_SECONDS: Final = 2.0
_WATCHED_FOR: Final = 13 * 60.0
"""Seconds: Discord takes edits of an answer for 15 minutes."""
_NOTHING_LEFT: Final = marked("There is no such open case left.")
_CANCELLED: Final = marked("Cancelled: nothing was done.")
_NOT_YOURS: Final = marked("I do not know this bulk decision, or it is somebody else's.")
_NOT_UNDONE: Final = marked("There is nothing in it that can be undone.")


async def bulk_panel(interaction: Click, case: CaseFile) -> None:
    """Answer a press with what could be decided together with this case. For a card's "More"."""
    await BulkDesk(interaction.client.rooms).look(interaction, case.id)


class BulkDesk:
    """Takes the presses."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    async def pressed(self, click: Click, match: re.Match[str]) -> None:
        """Answer a press, whatever it was."""
        if match["press"] == "look":
            await self.look(click, int(match["id"]))
        elif match["press"] == "undo":
            await self.take_back(click, int(match["id"]))
        elif match["press"] == "cancel":
            await click.response.edit_message(embed=said(tr(_CANCELLED)).embed, view=None)
        else:
            await self.wish(click, Wish.of(match))

    async def look(self, click: Click, case_id: int) -> None:
        """Show what is like this case."""
        if not await refused_for(click, about_moderators(click, self._rooms)):
            await reply(click, plainly(self._panel(click, case_id)))

    async def wish(self, click: Click, wish: Wish) -> None:
        """Ask whether it is meant, or do what was confirmed."""
        if await refused_for(click, about_moderators(click, self._rooms)):
            return
        begun: list[Bulk] = []
        answering = reply if wish.confirmed is None else reply_in_place
        await answering(click, plainly(self._asked_or_begun(click, wish, begun)))
        for bulk in begun:
            await self._watch(click, bulk)

    async def take_back(self, click: Click, bulk_id: int) -> None:
        """Open again what a bulk has dismissed."""
        if await refused_for(click, about_moderators(click, self._rooms)):
            return
        begun: list[Bulk] = []
        await reply_in_place(click, plainly(self._taken_back(click, bulk_id, begun)))
        for bulk in begun:
            await self._watch(click, bulk)

    async def _panel(self, click: Click, case_id: int) -> Reply:
        seen = await sighted(self._rooms, click, case_id)
        return panel_page(seen.case, {by: await self._extent(click, case_id, by) for by in Alike})

    async def _extent(self, click: Click, case_id: int, by: Alike) -> BulkExtent:
        assert isinstance(click.user, discord.Member)
        return await self._rooms.store.alike(case_id, by, hidden_places(click.user))

    async def _asked_or_begun(self, click: Click, wish: Wish, begun: list[Bulk]) -> Reply:
        """When it grew since it was counted, the person is asked again: they decide about what they were told."""
        seen = await sighted(self._rooms, click, wish.case_id)
        extent = await self._extent(click, wish.case_id, wish.by)
        if not extent.case_ids:
            raise Declined(tr(_NOTHING_LEFT))
        await self._check(click, seen.case, wish)
        if wish.confirmed != len(extent.case_ids):
            return confirm_page(wish, extent)
        bulk = await self._bulks.begin(seen.case.guild_id, click.user.id, wish.action, extent.case_ids)
        begun.append(bulk)
        return progress_page(bulk)

    @property
    def _bulks(self) -> BulkWork:
        if self._rooms.bulks is None:
            raise RuntimeError("the rooms have nobody who decides about many cases")
        return self._rooms.bulks

    async def _check(self, click: Click, case: CaseFile, wish: Wish) -> None:
        """What can be told about permissions before anything is begun."""
        if click.guild is None or not isinstance(click.user, discord.Member):
            raise Declined(tr(NOT_READY))
        place = await place_of(click.guild, case.message.channel_id)
        actor, us = person(click.user, place), person(click.guild.me, place)
        settings = self._rooms.guild_book.settings(case.guild_id)
        if reason := refusal_without_target(wish.action, case, click.guild.id, settings, actor, us):
            raise Declined(reason)

    async def _taken_back(self, click: Click, bulk_id: int, begun: list[Bulk]) -> Reply:
        bulk = await self._rooms.store.bulk(bulk_id)
        if bulk is None or bulk.guild_id != click.guild_id or bulk.moderator_id != click.user.id:
            raise Declined(tr(_NOT_YOURS))
        undoing = await self._bulks.take_back(bulk, click.user.id)
        if undoing is None:
            raise Declined(tr(_NOT_UNDONE))
        begun.append(undoing)
        return progress_page(undoing)

    async def _watch(self, click: Click, bulk: Bulk) -> None:
        """Bring the answer up to date until it is done, or nobody may edit it any more."""
        try:
            async with asyncio.timeout(_WATCHED_FOR):
                while bulk.waiting:
                    await asyncio.sleep(_WATCH_SECONDS)
                    bulk = await self._rooms.store.bulk(bulk.id) or bulk
                    shown = progress_page(bulk)
                    await click.edit_original_response(embed=shown.embed, view=shown.view)
        except TimeoutError:
            return  # it goes on all the same, and /queue says how far it is
        except (StoreError, *FAILURES) as error:
            reason = str(error) if isinstance(error, StoreError) else str(translation(error))
            _log.warning("a bulk decision is not watched any more", guild=bulk.guild_id, reason=reason)


class BulkCog(commands.Cog):
    """Lets presses come here, also those on panels of an earlier process."""

    def __init__(self, bot: SafeguildBot, rooms: Rooms) -> None:
        self._bot = bot
        self._desk = BulkDesk(rooms)

    async def cog_load(self) -> None:
        """Begin."""
        self._bot.add_dynamic_items(bulk_items(self._desk.pressed))


async def setup_cog(bot: SafeguildBot, rooms: Rooms) -> None:
    """Bring the cog in."""
    await bot.add_cog(BulkCog(bot, rooms))
