"""Guilds: members, roles, channels, bans; and what a person starts there with the bot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.discord_server.channels import Channel, ChannelKind
from tests.discord_server.events import Event
from tests.discord_server.people import Member, Role, User
from tests.discord_server.permissions import DEFAULT_EVERYONE, NONE, Overwrite, Permission

if TYPE_CHECKING:
    from tests.discord_server.replies import Choice, Reply
    from tests.discord_server.world import World

ORDINARY_ACCOUNT_AGE = timedelta(days=400)


@dataclass(slots=True, eq=False)
class Guild:
    """A server on Discord. `bot_member` is None until the bot was added and after it left."""

    id: int
    world: World
    name: str
    owner_id: int
    everyone: Role = field(init=False)
    roles: dict[int, Role] = field(default_factory=dict)
    members: dict[int, Member] = field(default_factory=dict)
    bans: dict[int, str | None] = field(default_factory=dict)
    available: bool = True
    locale: str = "en-US"
    """Preferred by the guild."""

    def __post_init__(self) -> None:
        self.everyone = Role(self.id, self, "@everyone", DEFAULT_EVERYONE, 0)
        self.roles[self.id] = self.everyone

    @property
    def owner(self) -> Member:
        return self.members[self.owner_id]

    @property
    def bot_member(self) -> Member | None:
        return self.members.get(self.world.application.bot.id)

    @property
    def channels(self) -> list[Channel]:
        """Channels and threads."""
        return [each for each in self.world.channels.values() if each.guild is self]

    def channel(self, name: str) -> Channel:
        """The channel or thread with this name."""
        return next(each for each in self.channels if each.name == name)

    # Setting the scene

    def add_role(
        self, name: str, permissions: Permission = NONE, *, position: int | None = None, mentionable: bool = False
    ) -> Role:
        """A new role; without a position it is above all others but those of bots."""
        place = self._free_position() if position is None else position
        role = Role(self.world.snowflakes.mint(), self, name, permissions, place, mentionable)
        self.roles[role.id] = role
        self.announce("GUILD_ROLE_CREATE", {"role": role.payload()})
        if position is None:
            self._move_bots_above(place)
        return role

    def _free_position(self) -> int:
        """The place above all ordinary roles."""
        return max(role.position for role in self.roles.values() if not role.managed) + 1

    def _move_bots_above(self, place: int) -> None:
        for role in self.roles.values():
            if role.managed and role.position <= place:
                role.position = place + 1
                self.announce("GUILD_ROLE_UPDATE", {"role": role.payload()})

    def add_member(
        self,
        who: str | User,
        roles: Sequence[Role] = (),
        *,
        bot: bool = False,
        created_at: datetime | None = None,
        joined_at: datetime | None = None,
    ) -> Member:
        """A person joins; a name makes a new account (400 days old unless said otherwise)."""
        now = self.world.clock.now()
        if isinstance(who, str):
            who = self.world.add_user(who, bot=bot, created_at=created_at or now - ORDINARY_ACCOUNT_AGE)
        member = Member(self, who, joined_at or now, list(roles))
        self.members[who.id] = member
        self.announce("GUILD_MEMBER_ADD", member.payload())
        return member

    def add_channel(
        self,
        name: str,
        kind: ChannelKind = ChannelKind.TEXT,
        *,
        parent: Channel | None = None,
        private_to: Sequence[Role | Member] | None = None,
    ) -> Channel:
        """A new channel; `private_to` hides it from @everyone and shows it to these and the bot."""
        channel = Channel(self.world.snowflakes.mint(), self.world, kind, name, self, parent=parent)
        channel.position = len(self.channels)
        if private_to is not None:
            channel.overwrites = _private_to(self, private_to)
        self.world.channels[channel.id] = channel
        channel.announce("CHANNEL_CREATE")
        return channel

    # What people do

    async def slash(
        self, member: Member, channel: Channel, command: str, /, *, wait: bool = True, **options: Any
    ) -> Reply:
        """The member uses a slash command, as in `slash(ada, general, "policy mode", policy="harassment")`.

        Options take channels, roles, members, texts, numbers and booleans. Returns when the answer is there or has
        failed; with `wait=False` at the acknowledgement.
        """
        return await self.world.people.use_command(member, channel, command, options, wait=wait)

    async def autocomplete(
        self, member: Member, channel: Channel, command: str, /, **options: Any
    ) -> list[Choice]:
        """What the bot offers while the member types the last of `options`."""
        return await self.world.people.complete(member, channel, command, options)

    async def become_unavailable(self) -> None:
        """An outage of this guild: the bot is still in it."""
        self.available = False
        self._publish("GUILD_DELETE", {"id": str(self.id), "unavailable": True})

    async def become_available(self) -> None:
        """The outage is over."""
        self.available = True
        self._publish("GUILD_CREATE", self.create_payload())

    async def remove_bot(self) -> None:
        """An administrator removes the bot."""
        self.lose_bot()

    async def add_bot(self, permissions: Permission | None = None) -> Member:
        """An administrator adds the bot, with a managed role of these permissions."""
        member = self.world.install_bot(self, permissions)
        self._publish("GUILD_CREATE", self.create_payload())
        return member

    # What the server does

    def announce(
        self, event: str, data: dict[str, Any], *, always: bool = False, needs: Permission = NONE
    ) -> None:
        """Tell the sessions that are in the guild."""
        if self.available and self.bot_member is not None:
            self._publish(event, data | {"guild_id": str(self.id)}, always=always, needs=needs)

    def _publish(
        self, event: str, data: dict[str, Any], *, always: bool = False, needs: Permission = NONE
    ) -> None:
        self.world.publish(Event(event, data, self, needs=needs, always=always))
        self.world.changes.touch()

    def lose_bot(self) -> None:
        """The bot is not in the guild any more."""
        self.members.pop(self.world.application.bot.id)
        self._publish("GUILD_DELETE", {"id": str(self.id)})

    def announce_threads_of(self, channel: Channel) -> None:
        """The bot gained access to a channel: its active threads."""
        threads = [each for each in self.visible_threads() if each.parent is channel]
        data = {"channel_ids": [str(channel.id)], "threads": [each.payload() for each in threads], "members": []}
        self.announce("THREAD_LIST_SYNC", data)

    def remove_member(self, member: Member) -> None:
        self.members.pop(member.id, None)
        self.announce("GUILD_MEMBER_REMOVE", {"user": member.user.payload()})

    def visible_threads(self) -> list[Channel]:
        """Active threads that the bot can see."""
        threads = [each for each in self.channels if each.thread is not None and not each.thread.archived]
        return [each for each in threads if self.world.bot_sees(each)]

    def payload(self) -> dict[str, Any]:
        """As `GET /guilds/{}` answers."""
        return {
            "id": str(self.id),
            "name": self.name,
            "owner_id": str(self.owner_id),
            "roles": [role.payload() for role in self.roles.values()],
            "nsfw": False,
            "home_header": None,
            "widget_enabled": False,
            "widget_channel_id": None,
            "safety_alerts_channel_id": None,
            "premium_subscription_count": 0,
            "incidents_data": None,
            "preferred_locale": self.locale,
            **_NOTHING_SPECIAL,
        }

    def create_payload(self) -> dict[str, Any]:
        """As in GUILD_CREATE: of the members only the bot, as without the presences intent."""
        bot = self.bot_member
        channels = [each.payload() for each in self.channels if not each.is_thread]
        return self.payload() | {
            "joined_at": None if bot is None else bot.joined_at.isoformat(),
            "large": len(self.members) > 250,
            "unavailable": False,
            "member_count": len(self.members),
            "members": [] if bot is None else [bot.payload()],
            "channels": channels,
            "threads": [each.payload() for each in self.visible_threads()],
            **dict.fromkeys(("voice_states", "presences", "stage_instances", "guild_scheduled_events"), ()),
            "soundboard_sounds": [],
        }


def _private_to(guild: Guild, shown_to: Sequence[Role | Member]) -> dict[int, Overwrite]:
    hidden = Overwrite(guild.id, is_member=False, deny=Permission.VIEW_CHANNEL)
    seen = Permission.VIEW_CHANNEL | Permission.SEND_MESSAGES
    bot = [] if guild.bot_member is None else [guild.bot_member]
    shown = [Overwrite(each.id, isinstance(each, Member), allow=seen) for each in (*shown_to, *bot)]
    return {each.target_id: each for each in (hidden, *shown)}


_NOTHING_SPECIAL: dict[str, Any] = {
    "icon": None,
    "description": None,
    "splash": None,
    "discovery_splash": None,
    "banner": None,
    "features": [],
    "application_id": None,
    "region": "deprecated",
    "afk_channel_id": None,
    "afk_timeout": 300,
    "system_channel_id": None,
    "system_channel_flags": 0,
    "verification_level": 1,
    "default_message_notifications": 1,
    "mfa_level": 0,
    "explicit_content_filter": 0,
    "max_presences": None,
    "max_members": 500_000,
    "max_stage_video_channel_users": 50,
    "max_video_channel_users": 25,
    "vanity_url_code": None,
    "premium_tier": 0,
    "rules_channel_id": None,
    "public_updates_channel_id": None,
    "premium_progress_bar_enabled": False,
    "nsfw_level": 0,
    "emojis": [],
    "stickers": [],
}
