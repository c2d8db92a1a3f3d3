"""Messages, and what people do with them in their client."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.discord_server import rendering
from tests.discord_server.changes import DEFAULT_TIMEOUT
from tests.discord_server.clock import created_at
from tests.discord_server.errors import NotAllowed
from tests.discord_server.events import Event
from tests.discord_server.mentions import NOBODY, AllowedMentions, Mentions, find
from tests.discord_server.permissions import Permission

if TYPE_CHECKING:
    from tests.discord_server.channels import Channel
    from tests.discord_server.people import Member, User
    from tests.discord_server.replies import Reply

EPHEMERAL = 1 << 6
LOADING = 1 << 7
HAS_THREAD = 1 << 5
SUPPRESS_EMBEDS = 1 << 2
COMPONENTS_V2 = 1 << 15
DEFAULT, PIN_NOTICE, JOIN_NOTICE, THREAD_NOTICE, REPLY, SLASH_COMMAND = 0, 6, 7, 18, 19, 20
_ORDINARY = frozenset({DEFAULT, REPLY, SLASH_COMMAND, 23})
BULK_DELETE_AGE = timedelta(weeks=2)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file beside a message. The bytes of what the bot uploaded are kept; people's files are only names."""

    id: int
    filename: str
    size: int = 1
    description: str | None = None
    content_type: str | None = None
    content: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Poll:
    """A poll's question and answers."""

    question: str
    answers: tuple[str, ...]
    hours: int = 24


@dataclass(slots=True, eq=False)
class Message:
    """A message as the server keeps it; `revisions` holds its contents before each edit."""

    id: int
    channel: Channel
    author: User
    content: str = ""
    embeds: list[dict[str, Any]] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    components: list[dict[str, Any]] = field(default_factory=list)
    stickers: tuple[str, ...] = ()
    poll: Poll | None = None
    type: int = DEFAULT
    flags: int = 0
    nonce: str | int | None = None
    reference: dict[str, Any] | None = None
    referenced: Message | None = None
    forwarded: Message | None = None
    webhook_id: int | None = None
    application_id: int | None = None
    interaction: dict[str, Any] | None = None
    mentions: Mentions = NOBODY
    edited_at: datetime | None = None
    pinned: bool = False
    deleted: bool = False
    thread: Channel | None = None
    revisions: list[str] = field(default_factory=list)

    @property
    def created_at(self) -> datetime:
        return created_at(self.id)

    @property
    def is_ephemeral(self) -> bool:
        return bool(self.flags & EPHEMERAL)

    @property
    def is_notice(self) -> bool:
        return self.type not in _ORDINARY

    @property
    def pings(self) -> frozenset[str]:
        """Mentions in this message that notified somebody; edits notify nobody."""
        return self.mentions.pings

    @property
    def embed_text(self) -> str:
        """All words of the embeds, one line each."""
        return "\n".join(rendering.embed_words(self.embeds))

    @property
    def all_text(self) -> str:
        """Content, embeds and component texts together: what a reader sees."""
        return "\n".join([self.content, self.embed_text, *rendering.component_words(self.components)])

    @property
    def buttons(self) -> list[dict[str, Any]]:
        """All buttons, in order."""
        return [each for each in rendering.flat(self.components) if each["type"] == rendering.BUTTON]

    @property
    def button_labels(self) -> list[str]:
        """Labels of the buttons that can be pressed."""
        return [each.get("label") or "" for each in self.buttons if not each.get("disabled")]

    # What people do

    async def edit(self, content: str, *, embeds: list[dict[str, Any]] | None = None) -> None:
        """The author edits the message."""
        self.revise(content=content, embeds=embeds)

    async def delete(self) -> None:
        """The author, or a moderator, deletes the message."""
        self.channel.remove(self)

    async def unfurl(self, *embeds: dict[str, Any]) -> None:
        """Discord adds a link preview: an update without an edit."""
        self.embeds = [*self.embeds, *embeds]
        self.announce_update()

    async def suppress_embeds(self) -> None:
        """The author removes the link previews."""
        self.embeds, self.flags = [], self.flags | SUPPRESS_EMBEDS
        self.announce_update()

    async def pin(self) -> None:
        """A moderator pins the message: an update without an edit."""
        self.pinned = True
        self.announce_update()

    async def click(self, member: Member | User, label_or_id: str, *, wait: bool = True) -> Reply:
        """The member presses a button, found by its label or custom id.

        In direct messages it is an account (`member.user`) that presses. Returns when the bot's answer is there,
        or has failed; with `wait=False` at the acknowledgement.
        """
        button = self._button(label_or_id)
        return await self.channel.world.people.press(member, self, button, wait=wait)

    async def use(self, member: Member, command: str, *, wait: bool = True) -> Reply:
        """The member uses a command out of the message's menu (Apps). Returns as `click` does."""
        return await self.channel.world.people.use_on_message(member, self, command, wait=wait)

    async def select(self, member: Member | User, custom_id: str, *values: str, wait: bool = True) -> Reply:
        """The member chooses from a select menu: values, or ids of channels or roles."""
        menus = [each for each in rendering.flat(self.components) if each.get("custom_id") == custom_id]
        if not menus:
            raise NotAllowed(f"there is no menu {custom_id!r}")
        return await self.channel.world.people.press(member, self, menus[0], values=values, wait=wait)

    async def wait_until(self, look: Callable[[Message], object], within: float = DEFAULT_TIMEOUT) -> Message:
        """Wait until `look(message)` is true."""
        await self.channel.world.changes.until(lambda: bool(look(self)), within, "the message's change")
        return self

    def _button(self, label_or_id: str) -> dict[str, Any]:
        fitting = [each for each in self.buttons if label_or_id in {each.get("label"), each.get("custom_id")}]
        if self.deleted or not fitting:
            raise NotAllowed(f"there is no button {label_or_id!r}; there are {self.button_labels}")
        if fitting[0].get("disabled"):
            raise NotAllowed(f"the button {label_or_id!r} is disabled")
        return fitting[0]

    # What the server does

    def revise(self, **changed: Any) -> None:
        """Change the fields that are given and not None, and tell the sessions."""
        self.revisions.append(self.content)
        for name, value in changed.items():
            if value is not None:
                setattr(self, name, value)
        mentions = find(self.content, self.channel, self.author, AllowedMentions())
        self.mentions = Mentions(mentions.users, mentions.roles, mentions.everyone, self.mentions.pings)
        self.edited_at = self.channel.world.clock.now()
        self.announce_update()

    def announce(self, event: str) -> None:
        """Tell the sessions; an ephemeral message is only its reader's."""
        if not self.is_ephemeral:
            self.channel.world.publish(
                Event(event, self.gateway_payload(), self.channel.guild, self.channel, message=self)
            )
        self.channel.world.changes.touch()

    def announce_update(self) -> None:
        self.announce("MESSAGE_UPDATE")

    def gateway_payload(self) -> dict[str, Any]:
        """As in MESSAGE_CREATE and MESSAGE_UPDATE: with the guild and the author's member."""
        payload = self.payload()
        guild = self.channel.guild
        if guild is None:
            return payload
        payload["guild_id"] = str(guild.id)
        member = guild.members.get(self.author.id)
        if member is not None and self.webhook_id is None:
            payload["member"] = member.payload_without_user()
        return payload

    def payload(self) -> dict[str, Any]:
        return rendering.message(self)

    def may_be_deleted_by(self, member: Member) -> bool:
        return self.author is member.user or member.can(Permission.MANAGE_MESSAGES, self.channel)
