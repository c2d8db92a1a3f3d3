"""Takes what somebody sees in the loopback Discord."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tests.discord_server import Channel, Message, Reply
from tests.discord_server.interactions import InteractionKind
from tests.discord_server.world import World
from tools.pictures.shots import Form, Json, Pane, Said, Shot
from tools.pictures.steady import Steady

_USED = "{name} used {command}"


@dataclass(slots=True)
class Camera:
    """Keeps the shots of a play, in the order in which they were taken."""

    steady: Steady
    shots: dict[str, Shot] = field(default_factory=dict)
    """{scene: shot}."""

    def take(self, scene: str, *seen: Message | Reply | Pane, typed: Mapping[str, str] | None = None) -> None:
        """Take messages, answers and open modals, from top to bottom.

        `typed` is what somebody has typed into the modal so far.
        """
        if scene in self.shots:
            raise ValueError(f"the scene {scene!r} was taken already")
        panes = [pane for each in seen for pane in _panes(each, typed or {})]
        if not panes:
            raise ValueError(f"there is nothing to see in the scene {scene!r}")
        first = next(each for each in seen if isinstance(each, Message | Reply))
        channel = first.channel if isinstance(first, Message) else first.interaction.channel
        shot = Shot(
            scene=scene,
            place=_place(channel),
            taken_at=channel.world.clock.now(),
            panes=tuple(panes),
            names=_names(channel.world),
        )
        self.shots[scene] = self.steady.held(shot)


def _panes(seen: Message | Reply | Pane, typed: Mapping[str, str]) -> Iterator[Pane]:
    if isinstance(seen, Message):
        yield Said(message=_payload(seen))
    elif isinstance(seen, Reply):
        if seen.modal is not None:
            yield Form(modal=seen.modal, typed=dict(typed))
        yield from (Said(message=_payload(each), above=_above(seen)) for each in seen.messages)
    else:
        yield seen


def _payload(message: Message) -> Json:
    """As Discord answers with it; pictures come along."""
    payload = message.payload()
    for shown, file in zip(payload["attachments"], message.attachments, strict=True):
        if file.filename.endswith(".png"):
            shown["data"] = base64.b64encode(file.content).decode()
    return payload


def _above(reply: Reply) -> str:
    interaction = reply.interaction
    if interaction.kind is not InteractionKind.COMMAND or interaction.name is None:
        return ""
    command = interaction.name if interaction.name[0].isupper() else f"/{interaction.name}"
    return _USED.format(name=interaction.user.name, command=command)


def _place(channel: Channel) -> str:
    return f"# {channel.name}" if channel.guild is not None else f"@ {channel.world.application.bot.name}"


def _names(world: World) -> dict[int, str]:
    """What clients know: people, and the roles and channels of every guild."""
    names = {user.id: f"@{user.name}" for user in world.users.values()}
    for guild in world.guilds.values():
        names |= {role.id: f"@{role.name.removeprefix('@')}" for role in guild.roles.values()}
    return names | {channel.id: f"#{channel.name}" for channel in world.channels.values() if channel.guild}
