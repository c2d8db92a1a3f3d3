"""`/safeguild settings`: what a server can set beside its setup, and what each of it means."""

from collections.abc import Iterator, Mapping

import discord

from bot.cogs.replies import Reply, page
from bot.cogs.rooms import Rooms
from bot.guilds.settings import GuildSettings
from bot.language import LANGUAGES, Language, marked, tr, tr_n

SERVER_LANGUAGE = "server"
"""The choice that follows what the server has set at Discord."""
_ON, _OFF = marked("on"), marked("off")
_EXPLAINED: Mapping[str, str] = {
    "language": marked("Language of cards, notices and the weekly summary. Answers to you follow your own."),
    "keep_days": marked("How long cases keep what members wrote. Then the text is erased, and figures stay."),
    "cards_per_minute": marked("What comes beyond that waits in `/queue`, behind one line that says so."),
    "blur": marked("Cards show the reason first, and what the member wrote behind a spoiler."),
    "escalation_role": marked("Who is called when a moderator escalates a case."),
    "notices": marked("Members are told by direct message what was decided, and under which rule."),
    "appeals": marked("A notice has a button for asking another moderator to look again."),
    "reports": marked("Members may report messages: hold a message, Apps, Report to moderators."),
    "digest": marked("A summary of the week in the review channel, on Mondays."),
}
"""What is set, in the order in which it is shown, with what it means."""


def language_choice(choice: str) -> Language | None:
    """What a choice of the command stands for."""
    return None if choice == SERVER_LANGUAGE else Language(choice)


async def settings_reply(rooms: Rooms, guild_id: int, changes: Mapping[str, object]) -> Reply:
    """Set what is named, and show how everything stands. Raises GuildFileError if it cannot be kept."""
    before = rooms.guild_book.settings(guild_id)
    after = before.model_copy(update=dict(changes))
    if after != before:
        await rooms.guild_book.save(guild_id, after)
        rooms.stir(guild_id)
    title = tr("The settings were changed") if changes else tr("This server's settings")
    return page(title, [*_lines(after, changes), tr(_WHERE_ELSE)], discord.Colour.blurple())


_WHERE_ELSE = marked(
    "`/safeguild setup` sets the review channel, the moderators and what is left out. `/safeguild texts` sets "
    "what members are told."
)


def _lines(settings: GuildSettings, changed: Mapping[str, object]) -> Iterator[str]:
    for name, meaning in _EXPLAINED.items():
        mark = "\N{BLACK RIGHT-POINTING TRIANGLE} " if name in changed else ""
        yield f"{mark}`{name}`: **{_value(settings, name)}**\n{tr(meaning)}\n"


def _value(settings: GuildSettings, name: str) -> str:
    value = getattr(settings, name)
    if name == "language":
        return LANGUAGES[value] if value else tr("the server's own")
    if name == "keep_days":
        return tr_n("{count} day", "{count} days", value)
    if name == "escalation_role":
        return f"<@&{value}>" if value else tr("nobody")
    if isinstance(value, bool):
        return tr(_ON) if value else tr(_OFF)
    return str(value)
