"""Application commands: the rules for their definitions, and the registry."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.discord_server.clock import Snowflakes
from tests.discord_server.errors import TOO_MANY_COMMANDS, UNKNOWN_COMMAND, Form, refuse
from tests.discord_server.permissions import Permission

CHAT_INPUT, USER_MENU, MESSAGE_MENU = 1, 2, 3
SUB_COMMAND, SUB_COMMAND_GROUP = 1, 2
STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT = range(3, 12)
NAME = re.compile(r"^[-_'\w]{1,32}$", re.UNICODE)
MOST_OPTIONS = MOST_CHOICES = 25
MOST_IN_MENU = 5
LONGEST_NAME = 32
LONGEST_COMMAND = 8000


@dataclass(frozen=True, slots=True)
class Command:
    """A registered command; `definition` is what the API answers with."""

    id: int
    guild_id: int | None
    definition: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.definition["name"])

    @property
    def type(self) -> int:
        return _type(self.definition)

    @property
    def default_permissions(self) -> Permission | None:
        given = self.definition["default_member_permissions"]
        return None if given is None else Permission(int(given))


@dataclass(slots=True)
class CommandBook:
    """The application's commands: global ones (guild None) and those of each guild."""

    application_id: int
    snowflakes: Snowflakes
    scopes: dict[int | None, dict[int, Command]] = field(default_factory=dict)

    def of(self, guild_id: int | None) -> list[Command]:
        """The commands of exactly this scope."""
        return list(self.scopes.get(guild_id, {}).values())

    def usable_in(self, guild_id: int) -> list[Command]:
        """What members of the guild see; a guild's command hides a global one of the same name."""
        known = {_identity(command.definition): command for command in (*self.of(None), *self.of(guild_id))}
        return list(known.values())

    def get(self, guild_id: int | None, command_id: int) -> Command:
        return self.scopes.get(guild_id, {}).get(command_id) or refuse(UNKNOWN_COMMAND)

    def overwrite(self, guild_id: int | None, given: list[dict[str, Any]]) -> list[Command]:
        """Replace the scope; a command that kept its name and type keeps its id."""
        self._check(given)
        known = {_identity(command.definition): command.id for command in self.of(guild_id)}
        commands = [self._make(guild_id, each, known.get(_identity(each))) for each in given]
        self.scopes[guild_id] = {command.id: command for command in commands}
        return commands

    def put(self, guild_id: int | None, given: dict[str, Any]) -> tuple[Command, bool]:
        """Create the command, or replace the one of its name. The flag says whether it is new."""
        known = {_identity(command.definition): command.id for command in self.of(guild_id)}
        others = [
            command.definition
            for command in self.of(guild_id)
            if _identity(command.definition) != _identity(given)
        ]
        self._check([*others, given])
        command = self._make(guild_id, given, known.get(_identity(given)))
        self.scopes.setdefault(guild_id, {})[command.id] = command
        return command, _identity(given) not in known

    def remove(self, guild_id: int | None, command_id: int) -> None:
        del self.scopes[guild_id][self.get(guild_id, command_id).id]

    def _check(self, given: list[dict[str, Any]]) -> None:
        if sum(_type(each) == CHAT_INPUT for each in given) > 100:
            refuse(TOO_MANY_COMMANDS)
        if any(sum(_type(each) == menu for each in given) > MOST_IN_MENU for menu in (USER_MENU, MESSAGE_MENU)):
            refuse(TOO_MANY_COMMANDS)
        form = Form()
        for index, each in enumerate(given):
            check = _check_named if _type(each) == CHAT_INPUT else _check_menu
            check(form, f"{index}", each)
            if _size(each) > LONGEST_COMMAND:
                form.reject(f"{index}", "APPLICATION_COMMAND_TOO_LARGE", "Command exceeds maximum size (8000)")
        _check_unique(form, [_identity(each) for each in given])
        form.finish()

    def _make(self, guild_id: int | None, given: dict[str, Any], command_id: int | None) -> Command:
        command_id = command_id or self.snowflakes.mint()
        definition = {
            "id": str(command_id),
            "application_id": str(self.application_id),
            "version": str(self.snowflakes.mint()),
            "type": _type(given),
            "name": given["name"],
            "name_localizations": given.get("name_localizations"),
            "description": given.get("description") or "",
            "description_localizations": given.get("description_localizations"),
            "default_member_permissions": _permissions(given),
            "nsfw": bool(given.get("nsfw")),
            "options": [_stored_option(each) for each in given.get("options") or ()],
            "integration_types": given.get("integration_types") or [0],
            "contexts": given.get("contexts"),
        }
        extra = (
            {"dm_permission": given.get("dm_permission", True)}
            if guild_id is None
            else {"guild_id": str(guild_id)}
        )
        return Command(command_id, guild_id, definition | extra)


def _identity(definition: dict[str, Any]) -> tuple[str, int]:
    return definition["name"], _type(definition)


def _type(definition: dict[str, Any]) -> int:
    return int(definition.get("type") or CHAT_INPUT)


def _permissions(given: dict[str, Any]) -> str | None:
    value = given.get("default_member_permissions")
    return None if value is None else str(value)


def _stored_option(given: dict[str, Any]) -> dict[str, Any]:
    """An option as it is answered: without what was null."""
    kept = {key: value for key, value in given.items() if value is not None}
    if "options" in kept:
        kept["options"] = [_stored_option(each) for each in kept["options"]]
    return kept


def _check_unique(form: Form, names: list[Any]) -> None:
    if len(set(names)) < len(names):
        form.reject("name", "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique")


def _check_named(form: Form, path: str, given: dict[str, Any]) -> None:
    """Rules that commands and their options share, and the options below."""
    _check_name(form, f"{path}.name", str(given.get("name", "")))
    form.require(f"{path}.description", given.get("description"), 100)
    options = given.get("options") or []
    if len(options) > MOST_OPTIONS:
        form.reject(f"{path}.options", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    _check_unique(form, [each.get("name") for each in options])
    _check_required_first(form, path, options)
    for index, each in enumerate(options):
        _check_named(form, f"{path}.options.{index}", each)
        _check_choices(form, f"{path}.options.{index}.choices", each)


def _check_menu(form: Form, path: str, given: dict[str, Any]) -> None:
    """A command of a user's or message's menu: any letters and blanks, no description, no options."""
    form.require(f"{path}.name", given.get("name"), LONGEST_NAME)
    if given.get("description") or given.get("options"):
        message = "Context menu commands have neither description nor options"
        form.reject(f"{path}.description", "APPLICATION_COMMAND_INVALID_CONTEXT_MENU", message)


def _check_name(form: Form, path: str, name: str) -> None:
    if not NAME.fullmatch(name) or name != name.lower():
        form.reject(path, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")


def _check_required_first(form: Form, path: str, options: list[dict[str, Any]]) -> None:
    required = [bool(each.get("required")) for each in options]
    if required != sorted(required, reverse=True):
        message = "Required options must be placed before non-required options"
        form.reject(f"{path}.options", "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", message)


def _check_choices(form: Form, path: str, option: dict[str, Any]) -> None:
    choices = option.get("choices") or []
    if len(choices) > MOST_CHOICES:
        form.reject(path, "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    for index, choice in enumerate(choices):
        form.require(f"{path}.{index}.name", choice.get("name"), 100)


def _size(given: dict[str, Any]) -> int:
    own = len(given.get("name") or "") + len(given.get("description") or "")
    choices: Iterable[dict[str, Any]] = given.get("choices") or ()
    of_choices = sum(len(str(each["name"])) + len(str(each["value"])) for each in choices)
    return own + of_choices + sum(_size(each) for each in given.get("options") or ())
