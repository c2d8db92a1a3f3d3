"""Application commands, global and of a guild."""

from __future__ import annotations

from typing import Any

from tests.discord_server import errors
from tests.discord_server.errors import refuse
from tests.discord_server.rest.call import Answer, Call, Routes

routes = Routes()
GLOBAL, OF_GUILD = "/applications/{application}/commands", "/applications/{application}/guilds/{guild}/commands"


def _scope(call: Call) -> int | None:
    """The guild, or None for global commands; only the bot's own application is known."""
    if call.id("application") != call.world.application.id:
        refuse(errors.UNKNOWN_APPLICATION)
    return call.guild().id if "guild" in call.params else None


def list_commands(call: Call) -> Any:
    return [command.definition for command in call.world.commands.of(_scope(call))]


def overwrite_commands(call: Call) -> Any:
    if not isinstance(call.body, list):
        refuse(errors.INVALID_JSON)
    return [command.definition for command in call.world.commands.overwrite(_scope(call), call.body)]


def create_command(call: Call) -> Any:
    command, is_new = call.world.commands.put(_scope(call), call.data)
    return Answer(201 if is_new else 200, command.definition)


def get_command(call: Call) -> Any:
    return call.world.commands.get(_scope(call), call.id("command")).definition


def edit_command(call: Call) -> Any:
    scope = _scope(call)
    known = call.world.commands.get(scope, call.id("command"))
    return call.world.commands.put(scope, known.definition | call.data)[0].definition


def delete_command(call: Call) -> Any:
    call.world.commands.remove(_scope(call), call.id("command"))


for _base in (GLOBAL, OF_GUILD):
    routes.on(f"GET {_base}")(list_commands)
    routes.on(f"PUT {_base}")(overwrite_commands)
    routes.on(f"POST {_base}")(create_command)
    routes.on(f"GET {_base}/{{command}}")(get_command)
    routes.on(f"PATCH {_base}/{{command}}")(edit_command)
    routes.on(f"DELETE {_base}/{{command}}")(delete_command)
