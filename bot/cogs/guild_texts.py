"""`/safeguild texts`: what members are told, in the server's own words, shown before anybody gets it."""

import re
from typing import Any, Final

import discord

from bot.cogs.forms import LONGEST_TITLE, StandingForm, Typed
from bot.cogs.notices_text import HELP, NOTICE, PLACEHOLDERS, sample
from bot.cogs.plainly import Declined, plainly
from bot.cogs.replies import NOT_READY, Reply, about_administrators, page, reply
from bot.cogs.rooms import Rooms
from bot.cogs.safe_text import escaped, shortened
from bot.guilds.settings import LONGEST_TEMPLATE, GuildSettings
from bot.language import Language, marked, speaking, tr

Press = discord.Interaction[Any]

FORM_ID: Final = re.compile("texts-form")
_NOTICE, _HELP_TEXT = "notice", "help_text"
"""The fields' ids, and the settings that they are for."""
_IN_BRACES: Final = re.compile(r"\{([^{}\n]{1,40})\}")
_OFF = marked("Notices are off, so nobody gets this yet. `/safeguild settings notices:True` turns them on.")
_PLACES = marked("These are filled in: {placeholders}. A line that has nothing else and stays empty is left out.")


class TextsForm(StandingForm):
    """Both texts as they are now. What is emptied goes back to the words that come with Safeguild."""

    def __init__(self, settings: GuildSettings, language: Language) -> None:
        super().__init__(tr("What members are told"), FORM_ID.pattern)
        shipped = _shipped(language)
        self.add_item(_field(tr("About a decision"), _NOTICE, settings.notice or shipped[_NOTICE]))
        self.add_item(_field(tr("When help is offered"), _HELP_TEXT, settings.help_text or shipped[_HELP_TEXT]))


class TextsDesk:
    """Takes what was written."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    async def sent(self, press: Press, _: re.Match[str], typed: Typed) -> None:
        """Keep the texts, and show what members would get."""
        await reply(press, plainly(self._kept(press, typed)), typed.words)

    async def _kept(self, press: Press, typed: Typed) -> Reply:
        if objection := about_administrators(press):
            raise Declined(objection)
        if press.guild is None or not self._rooms.allows(press.guild.id):
            raise Declined(tr(NOT_READY))
        book, guild = self._rooms.guild_book, press.guild
        language = self._rooms.language(guild.id)
        after = book.settings(guild.id).model_copy(update=_chosen(typed, language))
        await book.save(guild.id, after)
        return preview(after, guild.name, language)


def _shipped(language: Language) -> dict[str, str]:
    """The words that come with Safeguild."""
    with speaking(language):
        return {_NOTICE: tr(NOTICE), _HELP_TEXT: tr(HELP)}


def _chosen(typed: Typed, language: Language) -> dict[str, str | None]:
    """What differs from the shipped words: those change with the language, and with a newer version."""
    shipped = _shipped(language)
    written = {name: typed.text(name, LONGEST_TEMPLATE) for name in shipped}
    return {name: text if text and text != shipped[name].strip() else None for name, text in written.items()}


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


def _field(label: str, name: str, text: str) -> discord.ui.TextInput["TextsForm"]:
    return discord.ui.TextInput(
        label=shortened(label, LONGEST_TITLE),
        custom_id=name,
        style=discord.TextStyle.paragraph,
        default=text,
        required=False,
        max_length=LONGEST_TEMPLATE,
    )
