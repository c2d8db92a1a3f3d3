"""`/queue`: what waits for people, page by page, for the moderator who asks."""

from dataclasses import replace
from typing import Final

import discord
import structlog
from discord import app_commands
from discord.ext import commands

from bot.case import CaseFile
from bot.cogs.bulk_page import alike_button
from bot.cogs.buttons import buttons
from bot.cogs.card_face import Sight, face
from bot.cogs.cases_sight import sighted
from bot.cogs.client import SafeguildBot
from bot.cogs.failures import FAILURES, translation
from bot.cogs.people import hidden_places, person, place_of
from bot.cogs.plainly import plainly, said
from bot.cogs.queue_page import queue_page
from bot.cogs.queue_state import PAGE, Click, QueuePress, QueueState, queue_items
from bot.cogs.replies import Command, Reply, about_moderators, page, refused_for, reply
from bot.cogs.rooms import Rooms
from bot.language import marked, tr
from bot.records.reports import QueueClaims, QueuePage, QueueView
from bot.review.access import Handling, handling_refusal

_log = structlog.get_logger(__name__)

_NOTHING_LEFT: Final = marked("Nothing waits that nobody has claimed.")
_MENUS: Final = (QueuePress.BACK, QueuePress.ON, QueuePress.ORDER, QueuePress.CLAIMS, QueuePress.POLICY)


class QueueCog(commands.Cog):
    """Shows the queue and hands out cases."""

    def __init__(self, bot: SafeguildBot, rooms: Rooms) -> None:
        self._bot = bot
        self._rooms = rooms

    async def cog_load(self) -> None:
        """Let presses on pages, also of those sent by an earlier process, come here."""
        self._bot.add_dynamic_items(*queue_items(self.pressed))

    @app_commands.command(description="What waits for moderators, the gravest first")
    @app_commands.guild_only()
    @app_commands.default_permissions(moderate_members=True)
    async def queue(self, command: Command) -> None:
        """Show the first page."""
        if not await refused_for(command, about_moderators(command, self._rooms)):
            await reply(command, plainly(self._page(command, QueueState())))

    async def pressed(self, click: Click, state: QueueState, press: QueuePress, value: str) -> None:
        """Answer a press on a page."""
        if await refused_for(click, about_moderators(click, self._rooms)):
            return
        if press is QueuePress.NEXT:
            await reply(click, plainly(self._next(click, state)))
        elif press is QueuePress.CASE:
            await reply(click, plainly(self._opened(click, int(value or 0))))
        elif press in _MENUS:
            await self._turn(click, state.after(press, value))
        else:
            await reply(click, plainly(self._page(click, QueueState())))

    async def _turn(self, click: Click, state: QueueState) -> None:
        """Let the page that was pressed show another stretch."""
        await click.response.defer()
        shown = await plainly(self._page(click, state))
        try:
            await click.edit_original_response(embed=shown.embed, view=shown.view)
        except FAILURES as error:
            _log.warning("a page could not be turned", guild=click.guild_id, reason=str(translation(error)))

    async def _page(self, click: Click, state: QueueState) -> Reply:
        assert isinstance(click.user, discord.Member)
        view, store = self._view(click.user, state), self._rooms.store
        found = await store.queue_page(view, state.offset, PAGE)
        if not found.cases and state.offset:
            state = replace(state, offset=0)
            found = await store.queue_page(view, 0, PAGE)
        seen = [case for case in found.cases if await self._may_see(click.user, case)]
        last = await store.last_bulk(view.guild_id, click.user.id)
        policies = self._rooms.policy_book.policies(view.guild_id)
        return queue_page(state, QueuePage(tuple(seen), found.waiting), policies, last)

    def _view(self, member: discord.Member, state: QueueState) -> QueueView:
        return QueueView(
            guild_id=member.guild.id,
            viewer_id=member.id,
            hidden=hidden_places(member),
            order=state.order,
            claims=state.claims,
            policy_id=state.policy_id,
        )

    async def _may_see(self, member: discord.Member, case: CaseFile) -> bool:
        """What the store was not told: threads that are archived, and channels that are gone."""
        actor = person(member, await place_of(member.guild, case.message.channel_id))
        settings = self._rooms.guild_book.settings(case.guild_id)
        return handling_refusal(Handling.EVIDENCE, case, member.guild.id, settings, actor) is None

    async def _next(self, click: Click, state: QueueState) -> Reply:
        """Claim the first case of this order that nobody has claimed, and show it."""
        assert isinstance(click.user, discord.Member)
        view = replace(self._view(click.user, state), claims=QueueClaims.UNCLAIMED)
        offset = 0
        while True:
            found = await self._rooms.store.queue_page(view, offset, 1)
            if not found.cases:
                return said(tr(_NOTHING_LEFT))
            case = found.cases[0]
            if case.message.author_id == click.user.id or not await self._may_see(click.user, case):
                offset += 1
            elif await self._rooms.store.take_free(case.id, click.user.id, self._rooms.clock()):
                return await self._opened(click, case.id)

    async def _opened(self, click: Click, case_id: int) -> Reply:
        """The case for the one who asked, with its buttons; its card goes up if it did not yet."""
        seen = await sighted(self._rooms, click, case_id)
        if seen.case.card is None:
            await self._rooms.outbox.want(seen.case)
        view = buttons(seen.case, seen.hidden, click.user.id)
        view.add_item(alike_button(case_id))
        sight = Sight(seen.hidden, blurred=self._rooms.guild_book.settings(seen.case.guild_id).blur)
        return replace(page("", []), embed=face(seen.case, sight), view=view)


async def setup_cog(bot: SafeguildBot, rooms: Rooms) -> None:
    """Bring the cog in."""
    await bot.add_cog(QueueCog(bot, rooms))
