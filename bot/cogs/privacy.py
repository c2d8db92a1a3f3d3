"""`/privacy`: what is kept about the member who asks, as a file if they like, and its erasure. For everyone."""

import asyncio
import io
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Self

import discord
from discord import app_commands
from discord.ext import commands
from discord.ui import Button, DynamicItem, Item

from bot.cogs.client import SafeguildBot, answer
from bot.cogs.plainly import plainly, said
from bot.cogs.privacy_page import (
    CANCEL,
    COLOUR,
    DELETE,
    Terms,
    delete_lines,
    delete_view,
    exported,
    kept_lines,
    request_line,
    rule_lines,
)
from bot.cogs.replies import NOT_READY, Command, Reply, page, reply, reply_in_place
from bot.cogs.rooms import Rooms
from bot.language import current_language, marked, tr, tr_n
from bot.retention.pace import Pace

_TOO_OFTEN = marked("You have asked for this often lately. Try again later.")
_CANCELLED = marked("Cancelled: nothing was done.")
_NOTHING = marked("Nothing that you wrote is kept here, so there is nothing to export.")


class PrivacyCog(commands.Cog):
    """What members can ask for about themselves."""

    def __init__(self, bot: SafeguildBot, rooms: Rooms) -> None:
        self._bot = bot
        self._rooms = rooms
        self._looks = Pace(10, timedelta(minutes=1), rooms.clock)
        self._exports = Pace(3, timedelta(hours=1), rooms.clock)
        self._wishes = Pace(5, timedelta(hours=1), rooms.clock)
        self._button = _handled_by(self)

    privacy = app_commands.Group(
        name="privacy", description="What is kept about you in this server.", guild_only=True
    )

    async def cog_load(self) -> None:
        """Listen for the button."""
        self._bot.add_dynamic_items(self._button)

    async def cog_unload(self) -> None:
        """Listen no more."""
        self._bot.remove_dynamic_items(self._button)

    @privacy.command()
    async def show(self, command: Command) -> None:
        """Shows what is kept about you here, for how long, and who can see it."""
        await self._answer(command, self._looks, self._shown)

    @privacy.command()
    async def delete(self, command: Command) -> None:
        """Erases what is kept of what you wrote here. It asks you once more."""
        await self._answer(command, self._looks, self._asked_once_more)

    @privacy.command()
    async def export(self, command: Command) -> None:
        """Gives you what is kept of what you wrote here, as a file."""
        await self._answer(command, self._exports, self._exported)

    async def confirmed(self, press: Command) -> None:
        """The member wants it."""
        await self._answer(press, self._wishes, self._wish, reply_in_place)

    async def _answer(
        self,
        command: Command,
        pace: Pace,
        work: Callable[[Command], Awaitable[Reply]],
        answering: Callable[[Command, Awaitable[Reply]], Awaitable[None]] = reply,
    ) -> None:
        if not self._rooms.allows(command.guild_id):
            await answer(command, tr(NOT_READY))
        elif not pace.takes((command.guild_id, command.user.id)):
            await answer(command, tr(_TOO_OFTEN))
        else:
            await answering(command, plainly(work(command)))

    async def _shown(self, command: Command) -> Reply:
        guild_id = command.guild_id or 0
        kept = await self._rooms.store.kept_of(guild_id, command.user.id)
        terms = self._terms(guild_id)
        asked = request_line(kept)
        lines = [*kept_lines(kept, terms), *([asked] if asked else [])]
        if kept.request and kept.request.done_at:
            await self._rooms.store.told_of_erasure(kept.request)
        return page(
            tr("What is kept about you in this server"),
            lines,
            COLOUR,
            {tr("How it is kept"): [*rule_lines(terms)]},
        )

    async def _asked_once_more(self, command: Command) -> Reply:
        kept = await self._rooms.store.kept_of(command.guild_id or 0, command.user.id)
        asked = request_line(kept)
        if asked and kept.request and kept.request.done_at is None:
            return said(asked)
        asking = page(tr("Erase what is kept of what you wrote?"), [*delete_lines()], COLOUR)
        return Reply(asking.embed, view=delete_view())

    async def _wish(self, press: Command) -> Reply:
        store, guild_id = self._rooms.store, press.guild_id or 0
        await store.ask_for_erasure(guild_id, press.user.id, current_language())
        self._rooms.sweep_now()
        kept = await store.kept_of(guild_id, press.user.id)
        return said(
            "\n".join([request_line(kept) or "", tr("I send you a message when all of it is done, if I may.")])
        )

    async def _exported(self, command: Command) -> Reply:
        guild_id = command.guild_id or 0
        texts = await self._rooms.store.texts_of(guild_id, command.user.id)
        if not texts:
            return said(tr(_NOTHING))
        now, terms = self._rooms.clock(), self._terms(guild_id)
        document, left_out = await asyncio.to_thread(exported, texts, guild_id, now, terms)
        lines = [tr_n("{count} text is in the file.", "{count} texts are in the file.", len(texts) - left_out)]
        if left_out:
            lines.append(
                tr_n(
                    "{count} older one did not fit into what Discord takes. Ask whoever runs the bot for it.",
                    "{count} older ones did not fit into what Discord takes. Ask whoever runs the bot for them.",
                    left_out,
                )
            )
        file = discord.File(io.BytesIO(document), f"safeguild-{guild_id}.json")
        return Reply(page(tr("What is kept of what you wrote"), lines, COLOUR).embed, file)

    def _terms(self, guild_id: int) -> Terms:
        times = self._rooms.times
        return Terms(times.days(guild_id), times.forget_days)


def _handled_by(cog: PrivacyCog) -> type[DynamicItem[Button[Any]]]:
    """The class that discord.py makes of the pressed button, whenever it was shown."""

    class ConfirmButton(DynamicItem[Button[Any]], template=f"(?P<press>{DELETE}|{CANCEL})"):
        def __init__(self, press: str) -> None:
            super().__init__(Button(custom_id=press))
            self.press = press

        @classmethod
        async def from_custom_id(cls, _: discord.Interaction[Any], __: Item[Any], match: re.Match[str], /) -> Self:
            return cls(match["press"])

        async def callback(self, interaction: discord.Interaction[Any]) -> None:
            if self.press == CANCEL:
                await interaction.response.edit_message(embed=said(tr(_CANCELLED)).embed, view=None)
            else:
                await cog.confirmed(interaction)

    return ConfirmButton


async def setup_cog(bot: SafeguildBot, rooms: Rooms) -> None:
    """Bring the cog in."""
    await bot.add_cog(PrivacyCog(bot, rooms))
