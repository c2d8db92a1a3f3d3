"""The world as the page gets it: people and what they may, channels, messages, commands, answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.discord_server import Channel, ChannelKind, Member, Message, Permission, Role
from tests.discord_server.commands import CHAT_INPUT, MESSAGE_MENU, SUB_COMMAND, SUB_COMMAND_GROUP, Command
from tests.discord_server.interactions import Interaction, InteractionKind
from tests.discord_server.messages import Attachment
from tests.discord_server.permissions import NONE
from tests.discord_server.rendering import components
from tools.live.scene import Player, Scene

Json = dict[str, Any]
MOST_MESSAGES = 120
"""Of a channel, when the page is opened."""
MOST_ANSWERS = 40


def people(scene: Scene) -> list[Json]:
    """Whom the page can play, with the channels that each one sees and may write in."""
    return [_person(scene, player) for player in scene.players]


def _person(scene: Scene, player: Player) -> Json:
    member = player.member
    seen = [channel for channel in scene.guild.channels if channel.visible_to(member)]
    letters = [channel for channel in letter_boxes(scene) if channel.recipient is member.user]
    until = member.timed_out_until if member.is_timed_out else None
    return {
        "id": str(member.id),
        "name": member.name,
        "part": player.part,
        "timed_out_until": None if until is None else until.isoformat(),
        "sees": _ids([*seen, *letters]),
        "writes": _ids(channel for channel in seen if _may_write(member, channel)),
        "clears": _ids(channel for channel in seen if member.can(Permission.MANAGE_MESSAGES, channel)),
        "commands": _offered_to(member, scene, CHAT_INPUT),
        "apps": _offered_to(member, scene, MESSAGE_MENU),
    }


def _offered_to(member: Member, scene: Scene, kind: int) -> list[str]:
    return [each.name for each in _commands(scene) if each.type == kind and _offered(each, member)]


def letter_boxes(scene: Scene) -> list[Channel]:
    """The direct messages between the bot and the people who can be played, as soon as one was written."""
    players = {player.member.user for player in scene.players}
    known = scene.discord.world.channels.values()
    return [each for each in known if each.recipient in players and each.messages]


def _may_write(member: Member, channel: Channel) -> bool:
    """Whether the member may write there; in a forum, open a post."""
    return channel.kind is not ChannelKind.CATEGORY and member.can(channel.sending, channel)


def _ids(channels: Iterator[Channel] | list[Channel]) -> list[str]:
    return [str(channel.id) for channel in channels]


def names(scene: Scene) -> Json:
    """What ids in texts stand for: {id: name} of everybody who is or was here, and of roles."""
    users = {str(user.id): {"name": user.name, "bot": user.bot} for user in scene.discord.world.users.values()}
    return {"users": users, "roles": {str(role.id): role.name for role in scene.guild.roles.values()}}


def roles(scene: Scene) -> list[Role]:
    """The roles in the order that people see them."""
    return sorted(scene.guild.roles.values(), key=lambda role: -role.position)


def place(scene: Scene) -> Json:
    """The guild with its channels."""
    guild = scene.guild
    return {
        "id": str(guild.id),
        "name": guild.name,
        "channels": [_channel(each) for each in (*guild.channels, *letter_boxes(scene))],
        "roles": [{"id": str(role.id), "name": role.name} for role in roles(scene)],
        "members": [{"id": str(each.id), "name": each.name} for each in guild.members.values()],
    }


def _channel(channel: Channel) -> Json:
    return {
        "id": str(channel.id),
        "name": channel.name if channel.recipient is None else "Direct messages",
        "kind": channel.kind.name.lower(),
        "type": int(channel.kind),
        "parent": None if channel.parent is None else str(channel.parent.id),
    }


def messages(scene: Scene) -> dict[str, list[Json]]:
    """The newest messages of every channel, oldest first."""
    return {
        str(each.id): [_shown(message) for message in each.messages[-MOST_MESSAGES:]]
        for each in (*scene.guild.channels, *letter_boxes(scene))
    }


def _shown(message: Message) -> Json:
    return message.payload()


def attached(scene: Scene, message_id: int, file_id: int) -> Attachment | None:
    """A file that the bot attached, with its bytes."""
    files = (file for each in scene.discord.bot_messages if each.id == message_id for file in each.attachments)
    return next((file for file in files if file.id == file_id), None)


# Commands


def _commands(scene: Scene) -> list[Command]:
    return scene.discord.world.commands.usable_in(scene.guild.id)


def _offered(command: Command, member: Member) -> bool:
    """Whether Discord's client would list the command for the member."""
    needed = command.default_permissions
    if needed is None:
        return True
    return member.can(Permission.ADMINISTRATOR) if needed == NONE else member.can(needed)


def commands(scene: Scene) -> list[Json]:
    """All slash commands, one entry for each that can be used: subcommands are words behind the first one."""
    slash = [command for command in _commands(scene) if command.type == CHAT_INPUT]
    return [each for command in slash for each in _leaves(command.definition, command.name)]


def _leaves(level: Json, words: str) -> Iterator[Json]:
    options = level.get("options") or []
    below = [each for each in options if each["type"] in {SUB_COMMAND, SUB_COMMAND_GROUP}]
    if below:
        for each in below:
            yield from _leaves(each, f"{words} {each['name']}")
    else:
        yield {"words": words, "description": level["description"], "options": options}


# Answers to commands and buttons


def answers(scene: Scene) -> dict[str, Json]:
    """{interaction id: what only the person who began it sees}, the newest ones."""
    begun = [
        each for each in scene.discord.interactions.by_id.values() if each.kind is not InteractionKind.AUTOCOMPLETE
    ]
    return {str(each.id): _answer(each) for each in begun[-MOST_ANSWERS:]}


def _answer(interaction: Interaction) -> Json:
    source = interaction.source
    return {
        "id": str(interaction.id),
        "person": str(interaction.user.id),
        "channel": str(interaction.channel.id),
        "command": interaction.name if interaction.kind is InteractionKind.COMMAND else None,
        "source": None if source is None else str(source.id),
        "state": _state(interaction),
        "messages": [each.payload() for each in private_messages(interaction)],
    }


def opened(interaction: Interaction) -> Json:
    """The form (modal) that the bot opened in answer, if it did."""
    if interaction.modal is None:
        return {}
    parts = components(interaction.modal["components"])
    return {"form": {"interaction": str(interaction.id), "title": interaction.modal["title"], "parts": parts}}


def _state(interaction: Interaction) -> str:
    if interaction.acknowledged is None:
        return "failed" if interaction.expired else "sent"
    return "done" if interaction.is_settled else "thinking"


def private_messages(interaction: Interaction) -> list[Message]:
    """The messages of an answer that only one person sees, oldest first; not the one that was pressed."""
    all_of_it = [interaction.original, *interaction.followups]
    return [
        each
        for each in all_of_it
        if each is not None and each is not interaction.source and each.is_ephemeral and not each.deleted
    ]
