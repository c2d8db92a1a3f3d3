"""Languages as Discord knows them: of a guild, and of the commands in everybody's menus."""

from collections.abc import Callable
from typing import Any

import discord
from discord import app_commands
from discord.app_commands import TranslationContextLocation

from bot.guilds.settings import GuildSettings
from bot.language import Language, language_of, speaking, tr

_STAY_ENGLISH = frozenset(
    {
        TranslationContextLocation.command_name,
        TranslationContextLocation.group_name,
        TranslationContextLocation.parameter_name,
    }
)
"""Names are what people write down for each other and read in the documentation."""


def guild_language(client: discord.Client, settings: Callable[[int], GuildSettings]) -> Callable[[int], Language]:
    """{guild id: the language of its cards}: the one that was set, else the guild's own at Discord."""

    def look_up(guild_id: int) -> Language:
        chosen, guild = settings(guild_id).language, client.get_guild(guild_id)
        return chosen or language_of(str(guild.preferred_locale) if guild else None)

    return look_up


class CatalogueTranslator(app_commands.Translator):
    """Gives Discord the commands' descriptions in every language that there is a catalogue for."""

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """The text in the language of this locale; None where it stays English."""
        language = language_of(locale.value)
        if language is Language.ENGLISH or (context.location in _STAY_ENGLISH and not _is_menu(context.data)):
            return None
        with speaking(language):
            said = tr(string.message)
        return said if said != string.message else None


def _is_menu(command: Any) -> bool:
    """Commands of a message's menu are read there, and written nowhere."""
    return isinstance(command, app_commands.ContextMenu)
