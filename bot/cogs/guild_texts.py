"""`/safeguild texts`: what members are told, in the server's own words, shown before anybody gets it."""

import re
from typing import Any, Final

import discord
import structlog

from bot.cogs.client import SORRY, answer
from bot.cogs.notices_text import HELP, NOTICE, PLACEHOLDERS, sample
from bot.cogs.replies import Reply, about_administrators, page, reply
from bot.cogs.rooms import Rooms
from bot.cogs.safe_text import escaped, shortened
from bot.guilds.settings import LONGEST_TEMPLATE, GuildSettings
from bot.language import Language, marked, speaking, tr

_log = structlog.get_logger(__name__)

Press = discord.Interaction[Any]

LIFE_SECONDS: Final = 3600.0
"""How long the form may be open."""
_IN_BRACES: Final = re.compile(r"\{([^{}\n]{1,40})\}")
_OFF = marked("Notices are off, so nobody gets this yet. `/safeguild settings notices:True` turns them on.")
_PLACES = marked("These are filled in: {placeholders}. A line that has nothing else and stays empty is left out.")


class TextsForm(discord.ui.Modal):
    """Both texts as they are now. What is emptied goes back to the words that come with Safeguild."""

    def __init__(self, rooms: Rooms, guild: discord.Guild) -> None:
        super().__init__(title=shortened(tr("What members are told"), 45), timeout=LIFE_SECONDS)
        self._rooms = rooms
        self._guild = guild
        self._settings = rooms.guild_book.settings(guild.id)
        with speaking(rooms.language(guild.id)):
            self._shipped = {"notice": tr(NOTICE), "help_text": tr(HELP)}
        self.notice = _field(tr("About a decision"), self._settings.notice or self._shipped["notice"])
        self.help_text = _field(tr("When help is offered"), self._settings.help_text or self._shipped["help_text"])
        self.add_item(self.notice)
        self.add_item(self.help_text)

    async def on_submit(self, press: Press, /) -> None:
        """Keep them, and show what members would get."""
        if objection := about_administrators(press):
            await answer(press, objection)
            return
        try:
            await reply(press, self._kept())
        except Exception as defect:  # noqa: BLE001 - whatever happens, the person is told
            _log.error("texts could not be set", guild=press.guild_id, exc_info=defect)
            await answer(press, tr(SORRY))

    async def _kept(self) -> Reply:
        after = self._rooms.guild_book.settings(self._guild.id).model_copy(update=self._chosen())
        await self._rooms.guild_book.save(self._guild.id, after)
        return preview(after, self._guild.name, self._rooms.language(self._guild.id))

    def _chosen(self) -> dict[str, str | None]:
        """What differs from the shipped words: those change with the language, and with a newer version."""
        written = {"notice": self.notice.value.strip(), "help_text": self.help_text.value.strip()}
        return {
            name: text if text and text != self._shipped[name].strip() else None for name, text in written.items()
        }


def preview(settings: GuildSettings, server: str, language: Language) -> Reply:
    """What members would get, with an invented decision."""
    with speaking(language):
        told, offered = sample(settings, server)
    unknown = sorted({name for text in (settings.notice, settings.help_text) for name in _unknown(text or "")})
    placeholders = ", ".join(f"`{{{name}}}`" for name in PLACEHOLDERS)
    remarks = [
        *([] if settings.notices else [tr(_OFF)]),
        *(tr("`{name}` is no placeholder, so it stays as it is.", name=escaped(name, 60)) for name in unknown),
        tr(_PLACES, placeholders=placeholders),
    ]
    fields = {tr("About a decision"): told.split("\n"), tr("When help is offered"): offered.split("\n")}
    return page(tr("Members will get this"), remarks, discord.Colour.green(), fields)


def _unknown(text: str) -> set[str]:
    return set(_IN_BRACES.findall(text)) - set(PLACEHOLDERS)


def _field(label: str, text: str) -> discord.ui.TextInput["TextsForm"]:
    return discord.ui.TextInput(
        label=shortened(label, 45),
        style=discord.TextStyle.paragraph,
        default=text,
        required=False,
        max_length=LONGEST_TEMPLATE,
    )
