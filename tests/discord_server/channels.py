"""Channels, threads and direct messages, and what people write in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from tests.discord_server import channel_rendering
from tests.discord_server.changes import DEFAULT_TIMEOUT
from tests.discord_server.errors import NotAllowed
from tests.discord_server.events import Event
from tests.discord_server.mentions import AllowedMentions, find_all
from tests.discord_server.message_log import MessageLog
from tests.discord_server.messages import HAS_THREAD, REPLY, Attachment, Message, Poll
from tests.discord_server.people import Member, Role, User
from tests.discord_server.permissions import NONE, Overwrite, Permission

if TYPE_CHECKING:
    from tests.discord_server.guild import Guild
    from tests.discord_server.world import World


class ChannelKind(IntEnum):
    """The channel types this server knows."""

    TEXT = 0
    DM = 1
    VOICE = 2
    CATEGORY = 4
    ANNOUNCEMENT = 5
    PUBLIC_THREAD = 11
    PRIVATE_THREAD = 12
    FORUM = 15


THREADS = frozenset({ChannelKind.PUBLIC_THREAD, ChannelKind.PRIVATE_THREAD})
SILENT = frozenset({ChannelKind.CATEGORY, ChannelKind.FORUM})


@dataclass(slots=True)
class ThreadState:
    """What only threads have."""

    owner: User
    created_at: datetime
    archived: bool = False
    locked: bool = False
    archived_at: datetime | None = None
    members: set[int] = field(default_factory=set)


@dataclass(slots=True, eq=False)
class Channel:
    """A channel of a guild, a thread of a channel, or a direct message with `recipient`."""

    id: int
    world: World
    kind: ChannelKind
    name: str = ""
    guild: Guild | None = None
    parent: Channel | None = None
    position: int = 0
    overwrites: dict[int, Overwrite] = field(default_factory=dict)
    recipient: User | None = None
    thread: ThreadState | None = None
    log: MessageLog = field(default_factory=MessageLog)

    @property
    def mention(self) -> str:
        return f"<#{self.id}>"

    @property
    def is_thread(self) -> bool:
        return self.kind in THREADS

    @property
    def home(self) -> Channel:
        """The channel whose overwrites count here."""
        return self.parent if self.is_thread and self.parent is not None else self

    @property
    def messages(self) -> list[Message]:
        """All messages that exist, oldest first."""
        return self.log.all

    @property
    def latest(self) -> Message:
        """The newest message."""
        return self.log.all[-1]

    def message(self, message_id: int) -> Message | None:
        return self.log.get(message_id)

    def visible_to(self, member: Member) -> bool:
        """Whether the member can see the channel; a private thread also wants membership or Manage Threads."""
        if not member.can(Permission.VIEW_CHANNEL, self):
            return False
        if self.kind is not ChannelKind.PRIVATE_THREAD or self.thread is None:
            return True
        return member.id in self.thread.members or member.can(Permission.MANAGE_THREADS, self)

    # What people do

    async def say(
        self,
        author: Member | User,
        content: str = "",
        *,
        embeds: Sequence[dict[str, Any]] = (),
        files: Sequence[str | Attachment] = (),
        stickers: Sequence[str] = (),
        poll: Poll | None = None,
        reply_to: Message | None = None,
        at: datetime | None = None,
    ) -> Message:
        """Somebody writes a message. `at` gives it an id of the past, as if it had been there all along."""
        self._require_voice(author)
        message = Message(
            id=self.world.snowflakes.mint(at),
            channel=self,
            author=_user(author),
            content=content,
            embeds=list(embeds),
            attachments=[self.world.attachment(each) for each in files],
            stickers=tuple(stickers),
            poll=poll,
        )
        if reply_to is not None:
            reply(message, reply_to)
        return self.add(message, quietly=at is not None)

    async def say_many(
        self, author: Member | User, texts: Iterable[str], *, pause_every: int = 100
    ) -> list[Message]:
        """Somebody writes fast; between `pause_every` messages the sending may catch up."""
        said = []
        for index, text in enumerate(texts, 1):
            said.append(await self.say(author, text))
            if index % pause_every == 0:
                await self.world.drain()
        return said

    async def forward(self, author: Member | User, original: Message) -> Message:
        """Somebody forwards a message into this channel."""
        self._require_voice(author)
        copy = Message(self.world.snowflakes.mint(), self, _user(author), forwarded=original, flags=1 << 14)
        copy.reference = reference_to(original, kind=1)
        return self.add(copy)

    async def notice(self, kind: int, author: Member | User, content: str = "") -> Message:
        """Discord itself writes, for example that somebody joined (type 7)."""
        return self.add(Message(self.world.snowflakes.mint(), self, _user(author), content, type=kind))

    async def say_by_webhook(self, name: str, content: str) -> Message:
        """A webhook that is not the bot's writes."""
        face = User(self.world.snowflakes.mint(), name, bot=True)
        return self.add(Message(self.world.snowflakes.mint(), self, face, content, webhook_id=face.id))

    async def start_thread(
        self, author: Member, name: str, *, on: Message | None = None, private: bool = False
    ) -> Channel:
        """Somebody starts a thread, on a message or free."""
        kind = ChannelKind.PRIVATE_THREAD if private else ChannelKind.PUBLIC_THREAD
        return self.open_thread(author.user, name, kind, on=on)

    async def post(self, author: Member, title: str, content: str, *, files: Sequence[str] = ()) -> Message:
        """Somebody opens a post in this forum; its first message has the thread's id."""
        if self.kind is not ChannelKind.FORUM:
            raise NotAllowed("posts are made in forums")
        thread = self.open_thread(author.user, title, ChannelKind.PUBLIC_THREAD)
        first = Message(thread.id, thread, author.user, content)
        first.attachments = [self.world.attachment(each) for each in files]
        return thread.add(first)

    async def bulk_delete(self, messages: Iterable[Message]) -> None:
        """A moderation tool deletes many messages at once."""
        self.remove_many([each.id for each in messages])

    async def allow(self, whom: Role | Member, allow: Permission = NONE, *, deny: Permission = NONE) -> None:
        """An administrator sets the overwrite of a role or a member."""
        self.set_overwrite(Overwrite(whom.id, isinstance(whom, Member), allow, deny))

    async def archive(self, *, locked: bool = False) -> None:
        """The thread is archived."""
        self.set_archived(True, locked=locked)

    async def delete(self) -> None:
        """An administrator deletes the channel."""
        self.world.remove_channel(self)

    async def rename(self, name: str) -> None:
        """An administrator renames the channel; a thread's title changes."""
        self.name = name
        self.announce("THREAD_UPDATE" if self.is_thread else "CHANNEL_UPDATE")

    async def wait_for_message(
        self, where: Callable[[Message], object] = lambda _: True, *, within: float = DEFAULT_TIMEOUT
    ) -> Message:
        """The first message of the bot here for which `where` is true; waits until there is one."""
        bot = self.world.application.bot

        def look() -> Message | None:
            return next((each for each in self.messages if each.author is bot and where(each)), None)

        return await self.world.changes.until(look, within, f"a message of the bot in #{self.name}")

    def _require_voice(self, author: Member | User) -> None:
        if self.kind in SILENT:
            raise NotAllowed(f"#{self.name} takes no messages")
        member = self.guild.members.get(author.id) if self.guild else None
        if self.guild is not None and (member is None or not member.can(self.sending, self)):
            raise NotAllowed(f"{author.name} may not write in #{self.name}")

    # What the server does

    @property
    def sending(self) -> Permission:
        """The permission that writing here takes."""
        return Permission.SEND_MESSAGES_IN_THREADS if self.is_thread else Permission.SEND_MESSAGES

    def add(self, message: Message, allowed: AllowedMentions | None = None, *, quietly: bool = False) -> Message:
        """Keep a new message and, unless `quietly`, tell the sessions."""
        message.mentions = find_all(message, allowed or AllowedMentions())
        self.log.add(message)
        if self.thread is not None and self.thread.archived:
            self.set_archived(False)
        if not quietly:
            message.announce("MESSAGE_CREATE")
        return message

    def remove(self, message: Message) -> None:
        """Delete one message."""
        if self.log.remove([message.id]):
            self._announce_deletion("MESSAGE_DELETE", {"id": str(message.id)})

    def remove_many(self, message_ids: Iterable[int]) -> None:
        """Delete what exists of these, as one bulk event."""
        gone = self.log.remove(message_ids)
        if gone:
            self._announce_deletion("MESSAGE_DELETE_BULK", {"ids": [str(each.id) for each in gone]})

    def _announce_deletion(self, event: str, data: dict[str, Any]) -> None:
        data["channel_id"] = str(self.id)
        if self.guild is not None:
            data["guild_id"] = str(self.guild.id)
        self.world.publish(Event(event, data, self.guild, self))
        self.world.changes.touch()

    def open_thread(self, owner: User, name: str, kind: ChannelKind, *, on: Message | None = None) -> Channel:
        """Make a thread below this channel; one on a message has that message's id."""
        state = ThreadState(owner, self.world.clock.now(), members={owner.id})
        thread_id = self.world.snowflakes.mint() if on is None else on.id
        thread = Channel(thread_id, self.world, kind, name, self.guild, parent=self, thread=state)
        self.world.channels[thread.id] = thread
        if self.kind is ChannelKind.FORUM:
            self.log.last_id = thread.id
        thread.announce("THREAD_CREATE", newly_created=True)
        if on is not None:
            on.thread, on.flags = thread, on.flags | HAS_THREAD
            on.announce_update()
        return thread

    def set_archived(self, archived: bool, *, locked: bool | None = None) -> None:
        if self.thread is None:
            raise NotAllowed("only threads are archived")
        self.thread.archived = archived
        self.thread.archived_at = self.world.clock.now()
        self.thread.locked = self.thread.locked if locked is None else locked
        self.announce("THREAD_UPDATE")

    def set_overwrite(self, overwrite: Overwrite) -> None:
        """Change permissions; threads that the bot sees only now are told to it."""
        seen = self.world.bot_sees(self)
        self.overwrites[overwrite.target_id] = overwrite
        self.announce("CHANNEL_UPDATE")
        if not seen and self.world.bot_sees(self) and self.guild is not None:
            self.guild.announce_threads_of(self)

    def announce(self, event: str, **extra: Any) -> None:
        """Tell the sessions about the channel; about a thread only those who can see it."""
        limited_to = self if self.is_thread else None
        self.world.publish(Event(event, self.payload() | extra, self.guild, limited_to))
        self.world.changes.touch()

    def payload(self) -> dict[str, Any]:
        return channel_rendering.channel(self)


def _user(author: Member | User) -> User:
    return author.user if isinstance(author, Member) else author


def reference_to(message: Message, kind: int = 0) -> dict[str, Any]:
    """The `message_reference` of a reply (0) or a forward (1)."""
    reference = {"type": kind, "message_id": str(message.id), "channel_id": str(message.channel.id)}
    guild = message.channel.guild
    return reference if guild is None else reference | {"guild_id": str(guild.id)}


def reply(message: Message, to: Message) -> None:
    """Make the message a reply."""
    message.type, message.referenced, message.reference = REPLY, to, reference_to(to)
