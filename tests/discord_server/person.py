"""What people's clients do: press buttons, use commands, fill in modals."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.discord_server import rendering
from tests.discord_server.command_call import read_call, read_menu_call
from tests.discord_server.commands import CHAT_INPUT, MESSAGE_MENU
from tests.discord_server.errors import NotAllowed
from tests.discord_server.interactions import Interaction, InteractionKind, Interactions
from tests.discord_server.people import Member, User
from tests.discord_server.permissions import NONE, Permission
from tests.discord_server.rendering import CHANNEL_SELECT, ROLE_SELECT
from tests.discord_server.replies import Choice, Reply

if TYPE_CHECKING:
    from tests.discord_server.channels import Channel
    from tests.discord_server.commands import Command
    from tests.discord_server.messages import Message
    from tests.discord_server.world import World


HANDS = 0.05
"""Seconds that the fastest person takes to fill in a form: by then whoever opened it has heard that it is open."""


@dataclass(slots=True)
class People:
    """Starts interactions for people, and waits for the bot's answers."""

    world: World
    interactions: Interactions

    async def press(
        self,
        who: Member | User,
        message: Message,
        control: dict[str, Any],
        *,
        values: Sequence[str] | None = None,
        wait: bool = True,
    ) -> Reply:
        """Use a component of a message."""
        _require_sight(who, message)
        data = {"component_type": control["type"], "custom_id": control["custom_id"], "id": control["id"]}
        if values is not None:
            data |= {"values": check_choice(control, values), **self._resolved(control, message, values)}
        interaction = self.interactions.start(
            InteractionKind.COMPONENT, who, message.channel, data, source=message, name=control["custom_id"]
        )
        return await self._answer(interaction, wait=wait)

    def _resolved(self, control: dict[str, Any], message: Message, values: Sequence[str]) -> dict[str, Any]:
        """The objects behind the ids that were chosen from a menu of channels or roles."""
        guild = message.channel.guild
        if guild is None or control["type"] not in (ROLE_SELECT, CHANNEL_SELECT):
            return {}
        if control["type"] == ROLE_SELECT:
            return {"resolved": {"roles": {each: guild.roles[int(each)].payload() for each in values}}}
        channels = {each: self.world.channels[int(each)].payload() | {"permissions": "0"} for each in values}
        return {"resolved": {"channels": channels}}

    async def use_command(
        self, member: Member, channel: Channel, words: str, options: Mapping[str, Any], *, wait: bool
    ) -> Reply:
        """Use a slash command with all its required options."""
        command = self._usable(member, channel, words)
        data = read_call(command, words, options, channel)
        interaction = self.interactions.start(InteractionKind.COMMAND, member, channel, data, name=words)
        return await self._answer(interaction, wait=wait)

    async def use_on_message(self, member: Member, message: Message, name: str, *, wait: bool = True) -> Reply:
        """Use a command of the message's menu (Apps)."""
        _require_sight(member, message)
        command = self._usable(member, message.channel, name, MESSAGE_MENU)
        data = read_menu_call(command, message)
        interaction = self.interactions.start(InteractionKind.COMMAND, member, message.channel, data, name=name)
        return await self._answer(interaction, wait=wait)

    async def complete(
        self, member: Member, channel: Channel, words: str, options: Mapping[str, Any]
    ) -> list[Choice]:
        """Ask for the choices of the last option."""
        command = self._usable(member, channel, words)
        data = read_call(command, words, options, channel, focused=list(options)[-1])
        interaction = self.interactions.start(InteractionKind.AUTOCOMPLETE, member, channel, data, name=words)
        return (await self._answer(interaction, wait=True)).choices

    async def submit(self, opened: Interaction, values: Mapping[str, str | Sequence[str]], *, wait: bool) -> Reply:
        """Send a modal off."""
        await asyncio.sleep(HANDS)
        return await self._answer(self.fill(opened, values), wait=wait)

    def fill(self, opened: Interaction, values: Mapping[str, str | Sequence[str]]) -> Interaction:
        """Send a modal off, and wait for nothing."""
        if opened.modal is None:
            raise NotAllowed("no modal is open")
        shape = rendering.components(opened.modal["components"])
        data = {"custom_id": opened.modal["custom_id"], "components": [_filled(each, values) for each in shape]}
        return self.interactions.start(
            InteractionKind.MODAL_SUBMIT, opened.who, opened.channel, data, source=opened.source
        )

    async def _answer(self, interaction: Interaction, *, wait: bool) -> Reply:
        reply = Reply(self.world, interaction)
        allowed = self.interactions.answer_within + 1
        await self.world.changes.until(
            lambda: interaction.acknowledged or interaction.expired, allowed, "the acknowledgement"
        )
        return await reply.settled() if wait else reply

    def _usable(self, member: Member, channel: Channel, words: str, kind: int = CHAT_INPUT) -> Command:
        name = words.split()[0] if kind == CHAT_INPUT else words
        usable = self.world.commands.usable_in(member.guild.id)
        commands = {each.name: each for each in usable if each.type == kind}
        if name not in commands:
            raise NotAllowed(f"there is no command /{name}; there are {sorted(commands)}")
        if not member.can(Permission.USE_APPLICATION_COMMANDS | Permission.VIEW_CHANNEL, channel):
            raise NotAllowed(f"{member.name} may not use commands in #{channel.name}")
        needed = commands[name].default_permissions
        administrators_only = needed == NONE and not member.can(Permission.ADMINISTRATOR)
        if administrators_only or (needed and not member.can(needed, channel)):
            raise NotAllowed(f"/{name} is hidden from {member.name}")
        return commands[name]


def _require_sight(who: Member | User, message: Message) -> None:
    """Members see what their roles let them; direct messages are seen by their recipient, as an account."""
    channel = message.channel
    if isinstance(who, User):
        sees = channel.recipient is who
    else:
        sees = channel.guild is not None and channel.visible_to(who)
    if not sees:
        raise NotAllowed(f"{who.name} does not see #{channel.name}")


def _filled(shown: dict[str, Any], values: Mapping[str, str | Sequence[str]]) -> dict[str, Any]:
    """A modal's component as it comes back: ids and values, without labels."""
    sent: dict[str, Any] = {"type": shown["type"], "id": shown["id"]}
    if shown.get("components"):
        sent["components"] = [_filled(each, values) for each in shown["components"]]
    if shown.get("component"):
        sent["component"] = _filled(shown["component"], values)
    custom_id = shown.get("custom_id")
    if custom_id is None:
        return sent
    if shown["type"] in rendering.SELECTS:
        chosen = values.get(custom_id, _preselected(shown))
        chosen = check_choice(shown, [chosen] if isinstance(chosen, str) else chosen)
        return sent | {"custom_id": custom_id, "values": chosen}
    text = values.get(custom_id, shown.get("value") or "")
    assert isinstance(text, str), f"the field {custom_id!r} takes a text"
    _check_length(shown, text)
    return sent | {"custom_id": custom_id, "value": text}


def _preselected(menu: dict[str, Any]) -> list[str]:
    return [each["value"] for each in menu.get("options") or () if each.get("default")]


def check_choice(menu: dict[str, Any], chosen: Sequence[str]) -> list[str]:
    """What a person can choose in this menu."""
    offered = {each["value"] for each in menu.get("options") or ()}
    strange = set(chosen) - offered if menu["type"] == rendering.STRING_SELECT else set()
    fewest = menu.get("min_values", 1) if menu.get("required", True) else 0
    if strange or not fewest <= len(chosen) <= menu.get("max_values", 1):
        raise NotAllowed(f"the menu {menu['custom_id']!r} does not take {chosen!r}; it has {sorted(offered)}")
    return list(chosen)


def _check_length(shown: dict[str, Any], value: str) -> None:
    longest, shortest = shown.get("max_length") or 4000, shown.get("min_length") or 0
    if not shortest <= len(value) <= longest or (shown.get("required", True) and not value):
        raise NotAllowed(f"the field {shown['custom_id']!r} takes {shortest} to {longest} characters")
