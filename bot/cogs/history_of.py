"""`/history`: what moderators know of a member, also of one who has left."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.cases_pages_view import HISTORY_PAGES, Leaf, Turn, leaf, show, turn
from bot.cogs.history_of_page import MOST_CASES, history_pages
from bot.cogs.plainly import Declined
from bot.cogs.replies import Command, about_moderators, refused_for
from bot.cogs.rooms import Rooms
from bot.cogs.words_form import Click
from bot.language import tr


class HistoryCog(commands.Cog):
    """For moderators."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    @property
    def turns(self) -> dict[str, Turn]:
        """What its pages' buttons do."""
        return {HISTORY_PAGES: self._turned}

    @app_commands.command(name="history", description="A member's cases, what was done, and their appeals")
    @app_commands.describe(member="Who; of somebody who has left, write the user id")
    @app_commands.guild_only()
    @app_commands.default_permissions(moderate_members=True)
    async def history(self, command: Command, member: discord.User) -> None:
        """Show what is known of a member."""
        if not await refused_for(command, about_moderators(command, self._rooms)):
            await show(command, self._leaf(command, member.id, 0))

    async def _turned(self, click: Click, member_id: int, index: int) -> None:
        await turn(click, self._leaf(click, member_id, index))

    async def _leaf(self, click: Click, member_id: int, index: int) -> Leaf:
        if objection := about_moderators(click, self._rooms):
            raise Declined(objection)
        if click.guild_id is None or not self._rooms.allows(click.guild_id):
            raise Declined(tr("This works in a server only."))
        record = await self._rooms.store.member_record(click.guild_id, member_id)
        cases = await self._rooms.store.member_cases(click.guild_id, member_id, MOST_CASES)
        texts = history_pages(record, cases, member_id)
        return leaf(texts, index, tr("History of a member"), (HISTORY_PAGES, member_id))
