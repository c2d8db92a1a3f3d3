"""The state of this Discord: accounts, guilds, channels, the bot's application. No network here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tests.discord_server.changes import Changes
from tests.discord_server.channels import Channel, ChannelKind
from tests.discord_server.clock import Clock, Snowflakes
from tests.discord_server.commands import CommandBook
from tests.discord_server.events import PRIVILEGED, Event, Intent
from tests.discord_server.guild import Guild
from tests.discord_server.journal import Action, ActionKind, AuditEntry, AuditEvent, Journal
from tests.discord_server.messages import Attachment, Message
from tests.discord_server.people import Member, Role, User
from tests.discord_server.permissions import Permission

if TYPE_CHECKING:
    from tests.discord_server.person import People


BOT_PERMISSIONS = (
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.SEND_MESSAGES_IN_THREADS
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.MANAGE_MESSAGES
    | Permission.MODERATE_MEMBERS
)
_FLAGS_OF_INTENTS = {
    Intent.GUILD_PRESENCES: 1 << 13,
    Intent.GUILD_MEMBERS: 1 << 15,
    Intent.MESSAGE_CONTENT: 1 << 19,
}


@dataclass(slots=True)
class Application:
    """The bot's application. `privileged` are the intents switched on for it in the developer portal."""

    bot: User
    owner: User
    token: str
    privileged: Intent = PRIVILEGED

    @property
    def id(self) -> int:
        return self.bot.id

    @property
    def flags(self) -> int:
        return sum(flag for intent, flag in _FLAGS_OF_INTENTS.items() if self.privileged & intent)


@dataclass(slots=True)
class World:
    """All that exists. `publish` brings events to the gateway, `drain` waits until they are sent."""

    publish: Callable[[Event], None]
    drain: Callable[[], Awaitable[None]]
    identifies_left: Callable[[], int]
    bot_name: str = "Safeguild"
    clock: Clock = field(default_factory=Clock)
    changes: Changes = field(default_factory=Changes)
    journal: Journal = field(default_factory=Journal)
    snowflakes: Snowflakes = field(init=False)
    application: Application = field(init=False)
    commands: CommandBook = field(init=False)
    people: People = field(init=False)
    users: dict[int, User] = field(default_factory=dict)
    guilds: dict[int, Guild] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)
    files: dict[int, Attachment] = field(default_factory=dict)
    files_url: str = "https://cdn.discordapp.com/attachments"
    """Where files seem to be; once the server listens, they are there."""

    def __post_init__(self) -> None:
        self.snowflakes = Snowflakes(self.clock)
        bot = self.add_user(self.bot_name, bot=True)
        self.application = Application(bot, self.add_user("operator"), f"{bot.id}.loopback.token")
        self.commands = CommandBook(self.application.id, self.snowflakes)

    def add_user(self, name: str, *, bot: bool = False, created_at: datetime | None = None) -> User:
        user = User(self.snowflakes.mint(created_at), name, bot)
        self.users[user.id] = user
        return user

    def add_guild(
        self, name: str, *, bot_permissions: Permission = BOT_PERMISSIONS, with_bot: bool = True
    ) -> Guild:
        """A guild with an owner and, unless told otherwise, the bot in it; the bot's role is then the highest."""
        owner = self.add_user(f"{name} owner")
        guild = Guild(self.snowflakes.mint(), self, name, owner.id)
        self.guilds[guild.id] = guild
        guild.add_member(owner)
        if with_bot:
            self.install_bot(guild, bot_permissions)
            self.publish(Event("GUILD_CREATE", guild.create_payload(), guild))
        return guild

    def install_bot(self, guild: Guild, permissions: Permission | None) -> Member:
        """Put the bot into the guild with its managed role."""
        bot = self.application.bot
        position = 1 if len(guild.roles) == 1 else max(role.position for role in guild.roles.values()) + 1
        role = Role(
            self.snowflakes.mint(), guild, bot.name, permissions or BOT_PERMISSIONS, position, managed=True
        )
        guild.roles[role.id] = role
        member = Member(guild, bot, self.clock.now(), [role])
        guild.members[bot.id] = member
        return member

    def attachment(self, given: str | Attachment) -> Attachment:
        """A file by its name, or as it is."""
        return given if isinstance(given, Attachment) else Attachment(self.snowflakes.mint(), given)

    def upload(self, filename: str, content: bytes, content_type: str | None = None) -> Attachment:
        """A person's file with its bytes, which the bot can fetch from its address."""
        file_id = self.snowflakes.mint()
        file = self.files[file_id] = Attachment(file_id, filename, len(content), None, content_type, content)
        return file

    def direct_channel(self, user: User) -> Channel:
        """The direct messages between the bot and this person."""
        known = (each for each in self.channels.values() if each.recipient is user)
        channel = next(known, None)
        if channel is None:
            channel = Channel(self.snowflakes.mint(), self, ChannelKind.DM, recipient=user)
            self.channels[channel.id] = channel
        return channel

    def remove_channel(self, channel: Channel) -> None:
        """Delete a channel with its threads."""
        self.channels.pop(channel.id, None)
        for thread in [each for each in self.channels.values() if each.parent is channel and each.is_thread]:
            self.remove_channel(thread)
        channel.announce("THREAD_DELETE" if channel.is_thread else "CHANNEL_DELETE")

    def bot_sees(self, channel: Channel) -> bool:
        """Whether the bot may view the channel now."""
        if channel.guild is None:
            return True
        member = channel.guild.bot_member
        return member is not None and channel.visible_to(member)

    def find_message(self, message_id: int) -> Message | None:
        """A message by its id, wherever it is."""
        found = (channel.message(message_id) for channel in self.channels.values())
        return next((message for message in found if message is not None), None)

    def did(
        self, kind: ActionKind, target_id: int, channel: Channel | Guild, reason: str | None = None, **detail: Any
    ) -> None:
        """Note an effect of the bot."""
        guild = channel if isinstance(channel, Guild) else channel.guild
        channel_id = None if isinstance(channel, Guild) else channel.id
        guild_id = None if guild is None else guild.id
        action = Action(kind, target_id, guild_id, channel_id, self.clock.now(), reason, detail)
        self.journal.actions.append(action)
        self.changes.touch()

    def audit(
        self,
        guild: Guild,
        event: AuditEvent,
        target_id: int,
        reason: str | None,
        options: dict[str, str] | None = None,
    ) -> None:
        """Write the guild's audit log and tell sessions that may read it."""
        entry = AuditEntry(
            self.snowflakes.mint(), guild.id, event, self.application.bot.id, target_id, reason, options
        )
        self.journal.audit_log.append(entry)
        guild.announce("GUILD_AUDIT_LOG_ENTRY_CREATE", entry.payload(), needs=Permission.VIEW_AUDIT_LOG)
