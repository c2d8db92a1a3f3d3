"""How slash commands answer: only to the person who asked, in time, within Discord's limits, in plain words."""

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import discord
import structlog

from bot.cogs.budget import DESCRIPTION, EMBED_TOTAL, FIELD_VALUE, TITLE, Part, fit, joined
from bot.cogs.client import answer
from bot.cogs.forms import with_words
from bot.cogs.people import person
from bot.cogs.rooms import Rooms
from bot.cogs.safe_text import escaped, shortened
from bot.guilds.errors import GuildFileError, NotWritten
from bot.language import marked, said, tr
from bot.ports import StoreError
from bot.review.access import Permission, Person, may_moderate
from policies.problems import PolicyError, Problem

_log = structlog.get_logger(__name__)

Command = discord.Interaction[Any]

NEEDS_MANAGE_SERVER = marked("You need the permission Manage Server for this. Ask an administrator of the server.")
NOT_READY = marked("Discord has not told me about this server yet. Try again in a minute.")
_NO_MEMORY = marked(
    "My memory does not answer. Whoever runs the bot finds the reason in its log; try again in a minute."
)
_FILE_HAS_ERRORS = marked(
    "This policy's file has errors. Put them right first; the version before them holds until then."
)
_LONGEST_PROBLEM = 600


@dataclass(frozen=True, slots=True)
class Reply:
    """What a command answers."""

    embed: discord.Embed
    file: discord.File | None = None
    view: discord.ui.View | None = None
    """What can be pressed below it."""
    done: bool = True
    """Whether it says what was asked for; False: why that was not done."""


async def reply(command: Command, work: Awaitable[Reply], words: str = "") -> None:
    """Acknowledge at once, then answer with what the work comes to, or with what is in its way.

    `words`: what the person has written for it. They get it back when it comes to nothing.
    """
    await command.response.defer(ephemeral=True, thinking=True)
    result = await _come_to(command, work)
    if not result.done:
        result = _giving_back(result, words)
    await _put_there(command, result)


async def reply_in_place(press: Command, work: Awaitable[Reply]) -> None:
    """Let the private page that was pressed say what the work comes to: what was confirmed asks no more.

    What is in its way is told beside the page, which stays as it is, to be pressed again. A page that others see
    is left alone.
    """
    if press.message is None or not press.message.flags.ephemeral:
        await reply(press, work)
        return
    await press.response.defer()
    result = await _come_to(press, work)
    if result.done:
        await _put_there(press, result)
    else:
        await press.followup.send(embed=result.embed, ephemeral=True)


async def _come_to(command: Command, work: Awaitable[Reply]) -> Reply:
    try:
        return await work
    except (PolicyError, StoreError, GuildFileError) as error:
        return not_done(_in_the_way(command, error))


async def _put_there(command: Command, result: Reply) -> None:
    files = [result.file] if result.file else []
    await command.edit_original_response(embed=result.embed, attachments=files, view=result.view)


def not_done(answer: Reply) -> Reply:
    """The same answer, as one that says why something was not done."""
    return replace(answer, done=False)


def _in_the_way(command: Command, error: PolicyError | StoreError | GuildFileError) -> Reply:
    if isinstance(error, PolicyError):
        return page("", [tr(_FILE_HAS_ERRORS), *map(problem_line, error.problems)])
    if isinstance(error, StoreError):
        _log.error("a command found the store away", guild=command.guild_id, reason=str(error))
        return page("", [tr(_NO_MEMORY)])
    if isinstance(error, NotWritten):
        _log.error("a guild's file cannot be written", guild=command.guild_id, reason=str(error))
    return page("", [escaped(said(error.message), DESCRIPTION)])


def _giving_back(answer: Reply, words: str) -> Reply:
    text, file = with_words(answer.embed.description or "", words, DESCRIPTION)
    answer.embed.description = text
    return replace(answer, file=answer.file or file)


def page(
    title: str,
    lines: Sequence[str],
    colour: discord.Colour | None = None,
    fields: Mapping[str, Sequence[str]] = MappingProxyType({}),
    file: discord.File | None = None,
) -> Reply:
    """Lines that are ready to be shown, above fields of such lines; as many as Discord takes.

    What is too much is cut from the last fields first, and said.
    """
    parts = [_part("", lines, importance=len(fields), most=DESCRIPTION)]
    parts += [
        _part(name, texts, importance=len(fields) - index, most=FIELD_VALUE)
        for index, (name, texts) in enumerate(fields.items(), start=1)
    ]
    embed = discord.Embed(title=shortened(title, TITLE) or None, colour=colour)
    for part in fit(parts, EMBED_TOTAL - TITLE):
        if part.name:
            embed.add_field(name=part.name, value=part.text, inline=False)
        else:
            embed.description = part.text
    return Reply(embed, file)


def _part(name: str, lines: Sequence[str], *, importance: int, most: int) -> Part:
    kept = [shortened(line, most) for line in lines]
    return Part(name, lambda room: joined(kept, room), importance, most)


def problem_line(problem: Problem) -> str:
    """What is wrong with a file, where, and what to do."""
    text = f"{said(problem.message)}; {said(problem.hint)}"
    file = problem.file.replace("`", "").encode("utf-8", "replace").decode()  # a name may be any bytes
    return tr("`{file}` line {line}: {text}", file=file, line=problem.line, text=escaped(text, _LONGEST_PROBLEM))


async def refused_for(command: Command, objection: str | None) -> bool:
    """Tell the person what is in the way of their command, if something is."""
    if objection:
        await answer(command, objection)
    return bool(objection)


def about_administrators(command: Command) -> str | None:
    """Why this person may not change the bot's settings; None if they may."""
    actor = _actor(command)
    if actor is None:
        return tr(NOT_READY)
    return None if actor.may(Permission.MANAGE_GUILD) else tr(NEEDS_MANAGE_SERVER)


def about_moderators(command: Command, rooms: Rooms) -> str | None:
    """Why this person may not see how the guild is moderated; None if they may."""
    actor = _actor(command)
    if actor is None or command.guild is None:
        return tr(NOT_READY)
    return may_moderate(rooms.guild_book.settings(command.guild.id), actor, command.guild.id)


def _actor(command: Command) -> Person | None:
    """The member who gave the command, as the interaction describes them; None in a guild nobody knows yet.

    What Discord shows of a command by default is only a default: the permission is looked at every time.
    """
    if command.guild is None or command.guild.unavailable or not isinstance(command.user, discord.Member):
        return None
    return person(command.user, None)
