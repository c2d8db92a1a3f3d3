"""Discord's own AutoMod: what it tells applications when one of its rules is triggered.

Source: Discord's documentation of the gateway event AUTO_MODERATION_ACTION_EXECUTION (intent
AUTO_MODERATION_EXECUTION; bots with Manage Server only; `content` and `matched_content` need Message Content) and
of the message type 24.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any

from tests.discord_server.events import Event
from tests.discord_server.messages import Message
from tests.discord_server.permissions import Permission

if TYPE_CHECKING:
    from tests.discord_server.channels import Channel
    from tests.discord_server.people import Member

KEYWORD_TRIGGER = 1
ALERT_TYPE = 24


class AutoModAction(IntEnum):
    """What a rule of AutoMod does."""

    BLOCK_MESSAGE = 1
    SEND_ALERT = 2
    TIMEOUT = 3


def block(channel: Channel, author: Member, content: str, keyword: str, *, alerts: Channel | None = None) -> None:
    """A message is blocked before anybody reads it: it has no id. With `alerts` it is shown there, too."""
    _tell(channel, author, AutoModAction.BLOCK_MESSAGE, content, keyword)
    if alerts is not None:
        alert = _alert(alerts, author, content)
        _tell(channel, author, AutoModAction.SEND_ALERT, content, keyword, alert=alert)


def flag(message: Message, author: Member, keyword: str, alerts: Channel) -> Message:
    """A message that stands is shown in the channel of alerts; the alert."""
    alert = _alert(alerts, author, message.content)
    action = AutoModAction.SEND_ALERT
    _tell(message.channel, author, action, message.content, keyword, message=message, alert=alert)
    return alert


def _alert(alerts: Channel, author: Member, content: str) -> Message:
    embeds = [{"type": "auto_moderation_message", "description": content}]
    return alerts.add(Message(alerts.world.snowflakes.mint(), alerts, author.user, embeds=embeds, type=ALERT_TYPE))


def _tell(
    channel: Channel,
    author: Member,
    action: AutoModAction,
    content: str,
    keyword: str,
    *,
    message: Message | None = None,
    alert: Message | None = None,
) -> None:
    guild = author.guild
    metadata = {} if alert is None else {"channel_id": str(alert.channel.id)}
    data: dict[str, Any] = {
        "action": {"type": int(action), "metadata": metadata},
        "rule_id": str(guild.id + 1),
        "rule_trigger_type": KEYWORD_TRIGGER,
        "user_id": str(author.id),
        "channel_id": str(channel.id),
        "content": content,
        "matched_keyword": keyword,
        "matched_content": keyword,
        "guild_id": str(guild.id),
    }
    about = {"message_id": message, "alert_system_message_id": alert}
    data |= {key: str(each.id) for key, each in about.items() if each is not None}
    hidden = ("content", "matched_content")
    channel.world.publish(
        Event("AUTO_MODERATION_ACTION_EXECUTION", data, guild, needs=Permission.MANAGE_GUILD, hidden=hidden)
    )
    channel.world.changes.touch()
