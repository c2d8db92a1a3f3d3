"""DiscordChatExporter's JSON: the keys that say something about a message.

Source: DiscordChatExporter.Core/Exporting/JsonMessageWriter.cs (Tyrrrz/DiscordChatExporter, commit 08524e9).
"""

from collections.abc import Iterable

from pydantic import ValidationError

from bot.case import Message
from bot.scan.entry import Entry, Lenient, Skip, clean, cut_to_size, id_of, made_up_id, time_of, why_invalid
from bot.scan.errors import Place, Problem

SYSTEM_TYPES = frozenset(
    {
        "RecipientAdd",
        "RecipientRemove",
        "Call",
        "ChannelNameChange",
        "ChannelIconChange",
        "ChannelPinnedMessage",
        "GuildMemberJoin",
        "ThreadCreated",
    }
)
"""`MessageKind` names that are notices by Discord. Kinds that the exporter has no name for are numbers."""
WRITTEN_BY_MEMBERS = frozenset({"0", "19", "20", "21", "23"})
"""Numbers of message types with text of a member (Discord's reference, "Message Types")."""


class Guild(Lenient):
    """The server."""

    id: str = ""
    name: str | None = ""


class Channel(Lenient):
    """The channel, or the thread, that the file holds."""

    id: str = ""
    name: str | None = ""
    category: str | None = None
    """The parent channel's name where this is a thread."""


class Role(Lenient):
    """A role of an author."""

    id: str = ""


class Author(Lenient):
    """Who wrote a message."""

    id: str = ""
    name: str | None = ""
    nickname: str | None = None
    isBot: bool = False  # noqa: N815 - the exporter's key
    roles: tuple[Role, ...] = ()


class Attachment(Lenient):
    """A file; only its name can be read."""

    fileName: str | None = ""  # noqa: N815 - the exporter's key


class EmbedField(Lenient):
    """A titled piece of an embed."""

    name: str | None = ""
    value: str | None = ""


class EmbedAuthor(Lenient):
    """The line above an embed's title."""

    name: str | None = ""


class EmbedFooter(Lenient):
    """The line at an embed's end."""

    text: str | None = ""


class Embed(Lenient):
    """A link preview or a bot's box."""

    title: str | None = ""
    url: str | None = None
    description: str | None = ""
    author: EmbedAuthor | None = None
    fields: tuple[EmbedField, ...] = ()
    footer: EmbedFooter | None = None

    def readable(self) -> str:
        """What a member sees of it, top to bottom."""
        author = self.author.name if self.author else ""
        footer = self.footer.text if self.footer else ""
        pairs = (part for field in self.fields for part in (field.name, field.value))
        return _joined((author, self.title, self.url, self.description, *pairs, footer))


class Sticker(Lenient):
    """A picture with a name."""

    name: str | None = ""


class Forward(Lenient):
    """Somebody else's message, sent on."""

    content: str | None = ""
    attachments: tuple[Attachment, ...] = ()
    embeds: tuple[Embed, ...] = ()
    stickers: tuple[Sticker, ...] = ()


class Reference(Lenient):
    """What a reply or a forward points to."""

    messageId: str | None = None  # noqa: N815 - the exporter's key


class Exported(Forward):
    """One element of `messages`."""

    id: str = ""
    type: str = "Default"
    timestamp: str | None = None
    timestampEdited: str | None = None  # noqa: N815 - the exporter's key
    author: Author = Author()
    reference: Reference | None = None
    forwardedMessage: Forward | None = None  # noqa: N815 - the exporter's key

    @property
    def is_notice(self) -> bool:
        """Whether Discord wrote it. An unknown name is taken for a member's: better scanned than missed."""
        return self.type not in WRITTEN_BY_MEMBERS if self.type.isdecimal() else self.type in SYSTEM_TYPES


class Origin(Lenient):
    """Where a file's messages are from. What the file does not say is made up out of its number."""

    guild_id: int
    channel_id: int
    channel_name: str
    file_number: int


def origin(guild: Guild, channel: Channel, file_number: int) -> Origin:
    """The origin that a file's head states. Direct messages have the guild 0, which stands for none."""
    return Origin(
        guild_id=id_of(guild.id if guild.id != "0" else "", 1),
        channel_id=id_of(channel.id, made_up_id(file_number, 0)),
        channel_name=clean(channel.name),
        file_number=file_number,
    )


def read_message(raw: bytes, origin: Origin, place: Place) -> Entry:
    """One element of `messages` as a message, or why it is none."""
    try:
        exported = Exported.model_validate_json(raw)
    except ValidationError as error:
        return Entry(place, problem=Problem(place, why_invalid(error)))
    if exported.author.isBot:
        return Entry(place, skip=Skip.BOT)
    if exported.is_notice:
        return Entry(place, skip=Skip.SYSTEM)
    return cut_to_size(_message(exported, origin, place.record), place)


def _message(exported: Exported, origin: Origin, row: int) -> Message:
    message_id = id_of(exported.id, made_up_id(origin.file_number, row))
    author, reference = exported.author, exported.reference
    return Message(
        id=message_id,
        guild_id=origin.guild_id,
        channel_id=origin.channel_id,
        channel_name=origin.channel_name,
        author_id=id_of(author.id, made_up_id(origin.file_number, row)),
        author_name=clean(author.nickname or author.name),
        role_ids=tuple(id_of(role.id, 1) for role in author.roles),
        created_at=time_of(exported.timestamp, message_id, row),
        edited_at=time_of(exported.timestampEdited, message_id, row) if exported.timestampEdited else None,
        content=clean(exported.content),
        embeds=_embeds(exported),
        attachments=_attachments(exported),
        reply_to=id_of(reference.messageId, 1) if reference and reference.messageId else None,
    )


def _embeds(exported: Exported) -> tuple[str, ...]:
    forward = exported.forwardedMessage or Forward()
    readable = (
        *(embed.readable() for embed in exported.embeds),
        *(f"sticker: {clean(sticker.name)}" for sticker in exported.stickers),
        clean(forward.content),
        *(embed.readable() for embed in forward.embeds),
        *(f"sticker: {clean(sticker.name)}" for sticker in forward.stickers),
    )
    return tuple(text for text in readable if text)


def _attachments(exported: Exported) -> tuple[str, ...]:
    forward = exported.forwardedMessage or Forward()
    names = (clean(file.fileName) for file in (*exported.attachments, *forward.attachments))
    return tuple(name for name in names if name)


def _joined(parts: Iterable[str | None]) -> str:
    return "\n".join(clean(part) for part in parts if part)
