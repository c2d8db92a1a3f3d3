"""The life of an interaction: three seconds to answer, fifteen minutes of a token, one acknowledgement."""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from tests.discord_server.errors import (
    ALREADY_ACKNOWLEDGED,
    INVALID_WEBHOOK_TOKEN,
    UNKNOWN_INTERACTION,
    UNKNOWN_WEBHOOK,
    refuse,
)
from tests.discord_server.events import Event
from tests.discord_server.messages import LOADING, Message
from tests.discord_server.people import Member, User
from tests.discord_server.permissions import Permission, in_channel

if TYPE_CHECKING:
    from tests.discord_server.channels import Channel
    from tests.discord_server.guild import Guild
    from tests.discord_server.world import World

TOKEN_LIFE = timedelta(minutes=15)
ANSWER_WITHIN_SECONDS = 3.0
_IN_DIRECT_MESSAGES = (
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
)


class InteractionKind(IntEnum):
    """What the person did."""

    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL_SUBMIT = 5


class CallbackKind(IntEnum):
    """How the bot acknowledged."""

    MESSAGE = 4
    DEFERRED_MESSAGE = 5
    DEFERRED_UPDATE = 6
    UPDATE_MESSAGE = 7
    CHOICES = 8
    MODAL = 9


@dataclass(slots=True, eq=False)
class Interaction:
    """One press, command or modal. `original` is the message that `@original` means."""

    id: int
    token: str
    kind: InteractionKind
    who: Member | User
    """A member in a guild; in direct messages the account."""
    channel: Channel
    created_at: datetime
    source: Message | None = None
    name: str | None = None
    acknowledged: CallbackKind | None = None
    expired: bool = False
    original: Message | None = None
    followups: list[Message] = field(default_factory=list)
    choices: list[dict[str, Any]] = field(default_factory=list)
    modal: dict[str, Any] | None = None
    latency: float | None = None
    _started: float = field(default_factory=time.perf_counter)

    @property
    def user(self) -> User:
        return self.who.user if isinstance(self.who, Member) else self.who

    @property
    def is_settled(self) -> bool:
        """Whether nothing more is promised: failed, or acknowledged and not "thinking" any more."""
        if self.acknowledged is None:
            return self.expired
        return self.original is None or not self.original.flags & LOADING

    def acknowledge(self, kind: CallbackKind) -> None:
        """The first callback within the time; later ones are refused as Discord does."""
        if self.acknowledged is not None:
            refuse(ALREADY_ACKNOWLEDGED)
        if self.expired:
            refuse(UNKNOWN_INTERACTION)
        self.acknowledged = kind
        self.latency = time.perf_counter() - self._started

    def metadata(self) -> dict[str, Any]:
        """The `interaction_metadata` of messages that answer it."""
        data: dict[str, Any] = {
            "id": str(self.id),
            "type": int(self.kind),
            "user": self.user.payload(),
            "authorizing_integration_owners": _owners(self.channel.guild),
        }
        if self.kind is InteractionKind.COMPONENT and self.source is not None:
            data["interacted_message_id"] = str(self.source.id)
        if self.kind is InteractionKind.MODAL_SUBMIT:
            data["triggering_interaction_metadata"] = data | {"type": 2}
        return data


@dataclass(slots=True)
class Interactions:
    """All interactions of the run, by id and by token, and how long their answers took."""

    world: World
    answer_within: float = ANSWER_WITHIN_SECONDS
    by_id: dict[int, Interaction] = field(default_factory=dict)
    _by_token: dict[str, Interaction] = field(default_factory=dict)

    def start(
        self,
        kind: InteractionKind,
        who: Member | User,
        channel: Channel,
        data: dict[str, Any],
        *,
        source: Message | None = None,
        name: str | None = None,
    ) -> Interaction:
        """Send INTERACTION_CREATE and start the three seconds."""
        snowflake, token = self.world.snowflakes.mint(), secrets.token_urlsafe(48)
        now = self.world.clock.now()
        interaction = Interaction(snowflake, token, kind, who, channel, now, source, name)
        self.by_id[snowflake] = self._by_token[token] = interaction
        payload = self._payload(interaction, data)
        self.world.publish(Event("INTERACTION_CREATE", payload, channel.guild, always=True))
        asyncio.get_running_loop().call_later(self.answer_within, self._expire, interaction)
        return interaction

    def _expire(self, interaction: Interaction) -> None:
        interaction.expired = True
        self.world.changes.touch()

    def to_answer(self, interaction_id: int, token: str) -> Interaction:
        """The interaction a callback means."""
        interaction = self.by_id.get(interaction_id)
        if interaction is None or interaction.token != token:
            refuse(UNKNOWN_INTERACTION)
        return interaction

    def by_token(self, application_id: int, token: str) -> Interaction:
        """The interaction whose token is used as a webhook: 50027 after 15 minutes, 10015 unacknowledged."""
        interaction = self._by_token.get(token)
        if interaction is None or application_id != self.world.application.id:
            refuse(UNKNOWN_WEBHOOK)
        if self.world.clock.now() - interaction.created_at > TOKEN_LIFE:
            refuse(INVALID_WEBHOOK_TOKEN)
        if interaction.acknowledged is None:
            refuse(UNKNOWN_WEBHOOK)
        return interaction

    @property
    def latencies(self) -> list[float]:
        """Seconds from sending the interaction to its acknowledgement, shortest first."""
        return sorted(each.latency for each in self.by_id.values() if each.latency is not None)

    def latency(self, share: float) -> float:
        """The latency that this share of interactions kept to: `latency(0.999)` is the p99.9 (nearest rank)."""
        latencies = self.latencies
        return latencies[min(len(latencies) - 1, int(share * len(latencies)))]

    def _payload(self, interaction: Interaction, data: dict[str, Any]) -> dict[str, Any]:
        payload: dict[str, Any] = {
            "id": str(interaction.id),
            "application_id": str(self.world.application.id),
            "type": int(interaction.kind),
            "token": interaction.token,
            "version": 1,
            "data": data,
            "channel_id": str(interaction.channel.id),
            "channel": interaction.channel.payload(),
            "locale": interaction.user.locale,
            "entitlements": [],
            "authorizing_integration_owners": _owners(interaction.channel.guild),
            "attachment_size_limit": 10_485_760,
        }
        place = _in_guild if interaction.channel.guild is not None else _in_direct_messages
        payload |= place(interaction)
        source = interaction.source
        return payload if source is None else payload | {"message": source.gateway_payload()}


def _owners(guild: Guild | None) -> dict[str, str]:
    """Where the application is installed; direct messages come from an installation in guilds, too."""
    return {"0": "0" if guild is None else str(guild.id)}


def _in_guild(interaction: Interaction) -> dict[str, Any]:
    member, channel = interaction.who, interaction.channel
    assert isinstance(member, Member)
    guild = member.guild
    may = 0 if guild.bot_member is None else int(in_channel(guild.bot_member, channel))
    held = str(int(in_channel(member, channel)))
    return {
        "guild_id": str(guild.id),
        "guild": {"id": str(guild.id), "features": [], "locale": guild.locale},
        "channel": channel.payload() | {"permissions": held},
        "member": member.payload() | {"permissions": held},
        "app_permissions": str(may),
        "guild_locale": guild.locale,
        "context": 0,
    }


def _in_direct_messages(interaction: Interaction) -> dict[str, Any]:
    """No guild and no member: whoever has left the guild can press a button there, too."""
    return {"user": interaction.user.payload(), "app_permissions": str(int(_IN_DIRECT_MESSAGES)), "context": 1}
