"""Gateway events: which intent each belongs to, and what is blanked without Message Content."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import TYPE_CHECKING, Any

from tests.discord_server.permissions import NONE, Permission

if TYPE_CHECKING:
    from tests.discord_server.channels import Channel
    from tests.discord_server.guild import Guild
    from tests.discord_server.messages import Message


class Intent(IntFlag):
    """Gateway intents, as documented."""

    GUILDS = 1 << 0
    GUILD_MEMBERS = 1 << 1
    GUILD_MODERATION = 1 << 2
    GUILD_PRESENCES = 1 << 8
    GUILD_MESSAGES = 1 << 9
    GUILD_MESSAGE_REACTIONS = 1 << 10
    DIRECT_MESSAGES = 1 << 12
    DIRECT_MESSAGE_REACTIONS = 1 << 13
    MESSAGE_CONTENT = 1 << 15
    AUTO_MODERATION_EXECUTION = 1 << 21


PRIVILEGED = Intent.GUILD_MEMBERS | Intent.GUILD_PRESENCES | Intent.MESSAGE_CONTENT
HIGHEST_BIT = 25
_IN_GUILDS = {
    "GUILD_CREATE": Intent.GUILDS,
    "GUILD_UPDATE": Intent.GUILDS,
    "GUILD_DELETE": Intent.GUILDS,
    "GUILD_ROLE_CREATE": Intent.GUILDS,
    "GUILD_ROLE_UPDATE": Intent.GUILDS,
    "GUILD_ROLE_DELETE": Intent.GUILDS,
    "CHANNEL_CREATE": Intent.GUILDS,
    "CHANNEL_UPDATE": Intent.GUILDS,
    "CHANNEL_DELETE": Intent.GUILDS,
    "CHANNEL_PINS_UPDATE": Intent.GUILDS,
    "THREAD_CREATE": Intent.GUILDS,
    "THREAD_UPDATE": Intent.GUILDS,
    "THREAD_DELETE": Intent.GUILDS,
    "THREAD_LIST_SYNC": Intent.GUILDS,
    "GUILD_MEMBER_ADD": Intent.GUILD_MEMBERS,
    "GUILD_MEMBER_UPDATE": Intent.GUILD_MEMBERS,
    "GUILD_MEMBER_REMOVE": Intent.GUILD_MEMBERS,
    "GUILD_AUDIT_LOG_ENTRY_CREATE": Intent.GUILD_MODERATION,
    "GUILD_BAN_ADD": Intent.GUILD_MODERATION,
    "GUILD_BAN_REMOVE": Intent.GUILD_MODERATION,
    "AUTO_MODERATION_ACTION_EXECUTION": Intent.AUTO_MODERATION_EXECUTION,
    "MESSAGE_CREATE": Intent.GUILD_MESSAGES,
    "MESSAGE_UPDATE": Intent.GUILD_MESSAGES,
    "MESSAGE_DELETE": Intent.GUILD_MESSAGES,
    "MESSAGE_DELETE_BULK": Intent.GUILD_MESSAGES,
}
_IN_DIRECT_MESSAGES = {
    "MESSAGE_CREATE": Intent.DIRECT_MESSAGES,
    "MESSAGE_UPDATE": Intent.DIRECT_MESSAGES,
    "MESSAGE_DELETE": Intent.DIRECT_MESSAGES,
    "CHANNEL_PINS_UPDATE": Intent.DIRECT_MESSAGES,
}
_BLANKED: dict[str, Any] = {"content": "", "embeds": [], "attachments": [], "components": []}


@dataclass(frozen=True, slots=True)
class Event:
    """One dispatch: its data, and what a session must have to get it.

    `channel` limits it to who can view that channel, `needs` to who has that permission in the guild; `always`
    lifts the limit by intents (interactions, the bot's own member). With `message` its content is blanked where it
    must be; `hidden` names fields of other events that are then left empty.
    """

    name: str
    data: dict[str, Any]
    guild: Guild | None = None
    channel: Channel | None = None
    message: Message | None = None
    needs: Permission = NONE
    always: bool = False
    hidden: tuple[str, ...] = ()

    def wanted_by(self, intents: Intent) -> bool:
        """Whether a session with these intents gets this kind of event."""
        if self.always:
            return True
        known = _IN_DIRECT_MESSAGES if self.guild is None else _IN_GUILDS
        return bool(known.get(self.name, Intent(0)) & intents)

    def hides_content_from(self, intents: Intent, bot_id: int) -> bool:
        """Whether a session with these intents gets the message without its content."""
        if intents & Intent.MESSAGE_CONTENT:
            return False
        if self.message is None:
            return bool(self.hidden)
        return not may_read_without_intent(self.message, bot_id)

    def without_content(self) -> dict[str, Any]:
        """The data as an application without Message Content gets it."""
        return self.data | dict.fromkeys(self.hidden, "") if self.hidden else blanked(self.data)


def may_read_without_intent(message: Message, bot_id: int) -> bool:
    """Own messages, direct messages, and those that mention the bot keep their content."""
    if message.channel.guild is None or message.author.id == bot_id:
        return True
    return any(user.id == bot_id for user in message.mentions.users)


def blanked(payload: dict[str, Any]) -> dict[str, Any]:
    """A message's payload as an application without Message Content gets it."""
    kept = {key: value for key, value in payload.items() if key not in {"poll", "message_snapshots"}} | _BLANKED
    if kept.get("referenced_message"):
        kept["referenced_message"] = blanked(kept["referenced_message"])
    return kept
