"""Reads a discord.Message into a Message of the house: all that members can read in it, and nothing else."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain

import discord

from bot.case import Message

LONGEST_EXTRAS = 12_000
"""Characters of embeds, polls, stickers, forwards and attachments that are read. Discord allows 6,000 in a
message's embeds and 4,000 in a forwarded text; what goes beyond is cut."""

_WRITTEN_BY_MEMBERS = frozenset(
    {
        discord.MessageType.default,
        discord.MessageType.reply,
        discord.MessageType.thread_created,  # its content is the title, which the member chose
    }
)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def read(message: discord.Message) -> Message | None:
    """What a member wrote; None for bots, webhooks, notices by Discord and direct messages.

    The author's roles and time of joining are known in messages that the gateway brings, and in no others.
    """
    author = message.author
    if author.bot or message.webhook_id is not None or message.type not in _WRITTEN_BY_MEMBERS:
        return None
    guild_id = message.guild.id if message.guild else getattr(message.channel, "guild_id", None)
    if guild_id is None:
        return None
    room = LONGEST_EXTRAS
    embeds, room = _within(room, _extras(message))
    attachments, room = _within(room, _attachments(message))
    member = author if isinstance(author, discord.Member) else None
    return Message(
        id=message.id,
        guild_id=guild_id,
        channel_id=message.channel.id,
        parent_id=getattr(message.channel, "parent_id", None),
        channel_name=storable(getattr(message.channel, "name", "")),
        author_id=author.id,
        author_name=storable(author.name),
        joined_at=_in_utc(member.joined_at) if member else None,
        role_ids=roles_of(member) if member else (),
        created_at=message.created_at,
        edited_at=_in_utc(message.edited_at),
        content=storable(message.content),
        embeds=embeds,
        attachments=attachments,
        reply_to=_replied_to(message),
    )


def roles_of(member: discord.Member) -> tuple[int, ...]:
    """The ids of a member's roles, without the one that everyone has; also of those that are not in the cache."""
    # `Member.roles` looks each role up, drops those it does not know and sorts them: ten times slower.
    return tuple(member._roles)  # noqa: SLF001


def _extras(message: discord.Message) -> Iterator[str]:
    """The readable text of everything but the content and the attachments, piece by piece."""
    channel = message.channel
    if channel.id == message.id and isinstance(channel, discord.Thread):
        yield channel.name  # the title of a forum post
    yield from _shown_with(message)
    if message.poll is not None:
        yield _lines([message.poll.question, *(answer.text for answer in message.poll.answers)])
    for forwarded in message.message_snapshots:
        yield forwarded.content
        yield from _shown_with(forwarded)
        yield _lines(_texts_of(forwarded.components))


def _shown_with(message: discord.Message | discord.MessageSnapshot) -> Iterator[str]:
    for embed in message.embeds:
        yield _lines(_texts_of_embed(embed))
    for sticker in message.stickers:
        yield sticker.name


def _texts_of_embed(embed: discord.Embed) -> Iterator[str | None]:
    yield embed.author.name
    yield embed.title
    yield embed.description
    for field in embed.fields:
        yield field.name
        yield field.value
    yield embed.footer.text


def _texts_of(components: Iterable[object]) -> Iterator[str | None]:
    """What components say: those of bots, which members can forward."""
    for component in components:
        for said in ("content", "label", "placeholder", "description"):
            text = getattr(component, said, None)
            if isinstance(text, str):
                yield text
        yield from _texts_of(getattr(component, "children", ()))


def _attachments(message: discord.Message) -> Iterator[str]:
    """Names and descriptions, the forwarded message's too."""
    forwarded = (attachment for snapshot in message.message_snapshots for attachment in snapshot.attachments)
    for attachment in chain(message.attachments, forwarded):
        # Discord replaces what it does not like in file names; the title keeps it.
        yield ": ".join(filter(None, (attachment.title, attachment.filename, attachment.description)))


def _replied_to(message: discord.Message) -> int | None:
    if message.type is not discord.MessageType.reply or message.reference is None:
        return None
    return message.reference.message_id


def _in_utc(moment: datetime | None) -> datetime | None:
    """A moment with its time zone: not every server names it, and Discord's is UTC."""
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


def _lines(texts: Iterable[str | None]) -> str:
    return "\n".join(filter(None, texts))


def _within(room: int, texts: Iterator[str]) -> tuple[tuple[str, ...], int]:
    """The texts, cleaned and cut to so many characters together, and how many characters are left."""
    kept: list[str] = []
    for text in texts:
        if room <= 0:
            break
        if text:
            kept.append(storable(text[:room]))
            room -= len(kept[-1])
    return tuple(kept), room


def storable(text: str | None) -> str:
    """Text that can be stored: NUL bytes and halves of surrogate pairs become the replacement character."""
    return _UNSTORABLE.sub("\ufffd", text or "")
