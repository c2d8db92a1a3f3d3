"""Turns `slash(ada, general, "policy mode", policy="x")` into the data a client sends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from tests.discord_server.channels import Channel
from tests.discord_server.commands import (
    ATTACHMENT,
    BOOLEAN,
    CHANNEL,
    INTEGER,
    MENTIONABLE,
    NUMBER,
    ROLE,
    STRING,
    SUB_COMMAND,
    SUB_COMMAND_GROUP,
    USER,
    Command,
)
from tests.discord_server.errors import NotAllowed
from tests.discord_server.messages import Attachment
from tests.discord_server.people import Member, Role
from tests.discord_server.rendering import file

if TYPE_CHECKING:
    from tests.discord_server.messages import Message

_FITS: dict[int, Callable[[Any], bool]] = {
    STRING: lambda value: isinstance(value, str),
    INTEGER: lambda value: isinstance(value, int) and not isinstance(value, bool),
    NUMBER: lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    BOOLEAN: lambda value: isinstance(value, bool),
    USER: lambda value: isinstance(value, Member),
    ROLE: lambda value: isinstance(value, Role),
    CHANNEL: lambda value: isinstance(value, Channel),
    MENTIONABLE: lambda value: isinstance(value, Member | Role),
    ATTACHMENT: lambda value: isinstance(value, Attachment),
}


def read_call(
    command: Command, words: str, options: Mapping[str, Any], channel: Channel, *, focused: str | None = None
) -> dict[str, Any]:
    """The interaction's data. With `focused` it is an autocomplete: required options may be missing."""
    path = words.split()[1:]
    level = _descend(command.definition, path)
    given = [_option(level, name, value, focused) for name, value in options.items()]
    if focused is None:
        _require_all(level, options)
    for depth, name in enumerate(reversed(path)):
        kind = SUB_COMMAND if depth == 0 else SUB_COMMAND_GROUP
        given = [{"name": name, "type": kind, "options": given}]
    data: dict[str, Any] = {"id": str(command.id), "name": command.name, "type": 1, "options": given}
    if command.guild_id is not None:
        data["guild_id"] = str(command.guild_id)
    resolved = _resolved(options, channel)
    return data | {"resolved": resolved} if resolved else data


def read_menu_call(command: Command, message: Message) -> dict[str, Any]:
    """The interaction's data of a message command: the message as it stands, without its author's membership."""
    data: dict[str, Any] = {"id": str(command.id), "name": command.name, "type": command.type}
    if command.guild_id is not None:
        data["guild_id"] = str(command.guild_id)
    resolved = {"messages": {str(message.id): message.payload()}}
    return data | {"target_id": str(message.id), "resolved": resolved}


def _descend(definition: dict[str, Any], path: list[str]) -> dict[str, Any]:
    level = definition
    for name in path:
        level = next((each for each in level.get("options") or () if each["name"] == name), {})
        if not level:
            raise NotAllowed(f"/{definition['name']} has no {name!r}")
    if any(each["type"] in {SUB_COMMAND, SUB_COMMAND_GROUP} for each in level.get("options") or ()):
        raise NotAllowed(f"/{definition['name']} wants a subcommand")
    return level


def _option(level: dict[str, Any], name: str, value: Any, focused: str | None) -> dict[str, Any]:
    known = {each["name"]: each for each in level.get("options") or ()}
    if name not in known:
        raise NotAllowed(f"{level['name']} has no option {name!r}; it has {sorted(known)}")
    option = known[name]
    sent: dict[str, Any] = {"name": name, "type": option["type"], "value": _sent(value)}
    if focused == name:
        if not option.get("autocomplete"):
            raise NotAllowed(f"the option {name!r} offers no autocomplete")
        return sent | {"focused": True}
    _check_value(option, value)
    return sent


def _check_value(option: dict[str, Any], value: Any) -> None:
    if not _FITS[option["type"]](value):
        raise NotAllowed(f"the option {option['name']!r} does not take {value!r}")
    choices = [each["value"] for each in option.get("choices") or ()]
    if choices and value not in choices:
        raise NotAllowed(f"the option {option['name']!r} takes one of {choices}")
    kinds = option.get("channel_types")
    if kinds and isinstance(value, Channel) and value.kind not in kinds:
        raise NotAllowed(f"the option {option['name']!r} takes channels of the types {kinds}")
    _check_bounds(option, value)


def _check_bounds(option: dict[str, Any], value: Any) -> None:
    measured = len(value) if isinstance(value, str) else value
    low = option.get("min_length" if isinstance(value, str) else "min_value")
    high = option.get("max_length" if isinstance(value, str) else "max_value")
    if (low is not None and measured < low) or (high is not None and measured > high):
        raise NotAllowed(f"the option {option['name']!r} takes {low} to {high}")


def _require_all(level: dict[str, Any], options: Mapping[str, Any]) -> None:
    required = {each["name"] for each in level.get("options") or () if each.get("required")}
    if required - set(options):
        raise NotAllowed(f"{level['name']} wants {sorted(required - set(options))}")


def _sent(value: Any) -> Any:
    return str(value.id) if isinstance(value, Member | Role | Channel | Attachment) else value


def _resolved(options: Mapping[str, Any], used_in: Channel) -> dict[str, dict[str, Any]]:
    """The objects behind the ids."""
    resolved: dict[str, dict[str, Any]] = {}
    for value in options.values():
        if isinstance(value, Member):
            resolved.setdefault("users", {})[str(value.id)] = value.user.payload()
            member = value.payload_without_user() | {"permissions": str(int(value.permissions))}
            resolved.setdefault("members", {})[str(value.id)] = member
        elif isinstance(value, Role):
            resolved.setdefault("roles", {})[str(value.id)] = value.payload()
        elif isinstance(value, Channel):
            resolved.setdefault("channels", {})[str(value.id)] = value.payload() | {"permissions": "0"}
        elif isinstance(value, Attachment):
            resolved.setdefault("attachments", {})[str(value.id)] = file(value, used_in) | {"ephemeral": True}
    return resolved
