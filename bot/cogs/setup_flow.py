"""`/safeguild setup` without options: five pages for one person, and nothing is set before the last."""

from typing import Any

import discord
import structlog
from discord.ui import Button, Item, View

from bot.cogs.client import SORRY, answer
from bot.cogs.replies import Reply, about_administrators, page
from bot.cogs.rooms import Rooms
from bot.cogs.setting_up import Draft, set_up
from bot.cogs.setup_pages import PAGES, Menu
from bot.cogs.setup_sample import recent_messages, sample_page
from bot.guilds.errors import GuildFileError
from bot.language import said, tr
from bot.standing import invite_link

_log = structlog.get_logger(__name__)

Press = discord.Interaction[Any]

LIFE_SECONDS = 14 * 60.0
"""A minute less than Discord lets a bot change its answer."""


class SetupFlow(View):
    """One person's way through the setup. It lives in memory: after a restart it is begun anew."""

    def __init__(self, rooms: Rooms, draft: Draft) -> None:
        super().__init__(timeout=LIFE_SECONDS)
        self._rooms = rooms
        self._draft = draft
        self._at = 0
        self._opened: Press | None = None
        self._furnish()

    async def open(self, command: Press) -> None:
        """Show the first page to the person who asked."""
        self._opened = command
        await command.response.send_message(embed=self._embed(), view=self, ephemeral=True)

    async def interaction_check(self, press: Press, /) -> bool:
        """The page is one person's, and their permissions may have changed since it was opened."""
        if objection := about_administrators(press):
            await answer(press, objection)
            return False
        return True

    async def on_timeout(self) -> None:
        """Nothing was set; the page says so."""
        if self._opened is not None:
            text = tr("This setup was not finished, and nothing was set. `/safeguild setup` begins anew.")
            try:
                await self._opened.edit_original_response(content=text, embed=None, view=None)
            except discord.HTTPException as gone:
                _log.info("an unfinished setup could not be closed", reason=type(gone).__name__)

    async def on_error(self, press: Press, error: Exception, _: Item[Any], /) -> None:
        """Whatever happens, the person is told."""
        _log.error("the setup failed", guild=press.guild_id, exc_info=error)
        await answer(press, said(error.message) if isinstance(error, GuildFileError) else tr(SORRY))

    def _embed(self) -> discord.Embed:
        shown = PAGES[self._at]
        return page(
            tr(shown.title), [tr(shown.asks), "", *shown.remarks(self._draft)], discord.Colour.blurple()
        ).embed

    def _furnish(self) -> None:
        """The menus of the page, and the buttons below."""
        self.clear_items()
        for row, menu in enumerate(PAGES[self._at].menus(self._draft)):
            menu.control.row = row
            menu.control.callback = self._chooser(menu)  # type: ignore[method-assign]
            self.add_item(menu.control)
        self._button(tr("Back"), self._turner(self._at - 1), disabled=self._at == 0)
        if self._at < len(PAGES) - 1:
            self._button(tr("Next"), self._turner(self._at + 1), discord.ButtonStyle.primary)
        else:
            self._button(
                tr("Set up"), self._finish, discord.ButtonStyle.success, disabled=not self._draft.is_whole
            )
            if self._draft.lacks:
                self.add_item(Button(label=tr("Grant permissions"), url=self._grant_link(), row=4))
        if PAGES[self._at].can_be_tried:
            self._button(tr("Try them"), self._try, disabled=not self._draft.starters)

    def _grant_link(self) -> str:
        return invite_link(self._draft.guild.me.id, guild_id=self._draft.guild.id)

    def _button(
        self,
        label: str,
        act: Any,
        style: discord.ButtonStyle = discord.ButtonStyle.secondary,
        *,
        disabled: bool = False,
    ) -> None:
        button: Button[Any] = Button(label=label, style=style, row=4, disabled=disabled)
        button.callback = act  # type: ignore[method-assign]
        self.add_item(button)

    def _chooser(self, menu: Menu) -> Any:
        async def choose(press: Press) -> None:
            self._draft = menu.chosen(self._draft, menu.control.values)
            await self._show(press)

        return choose

    def _turner(self, page_index: int) -> Any:
        """Each button leads to one page, so that a second tap on the same button turns no further."""

        async def turn(press: Press) -> None:
            self._at = page_index
            await self._show(press)

        return turn

    async def _show(self, press: Press) -> None:
        self._furnish()
        await press.response.edit_message(embed=self._embed(), view=self)

    async def _try(self, press: Press) -> None:
        await press.response.defer(ephemeral=True, thinking=True)
        guild, member = press.guild, press.user
        assert guild is not None
        assert isinstance(member, discord.Member)
        messages = await recent_messages(guild, member)
        found = await self._rooms.rehearse(guild.id, self._draft.chosen, messages)
        await press.edit_original_response(embed=sample_page(found).embed)

    async def _finish(self, press: Press) -> None:
        await press.response.defer()
        result: Reply = await set_up(self._rooms, self._draft.guild, self._draft.wishes, press.user.id)
        self.stop()
        await press.edit_original_response(embed=result.embed, view=None)
