"""Every command that people find in Discord has a picture in the tour of the desk."""

from collections.abc import Iterator
from typing import Any

from tests.discord_server.commands import SUB_COMMAND, SUB_COMMAND_GROUP
from tests.journeys.stage import Stage
from tools.pictures.scenes import scenes


def words(definition: dict[str, Any], before: str = "") -> Iterator[str]:
    """The command, or its subcommands: "policy new"."""
    name = f"{before} {definition['name']}".strip()
    below = [each for each in definition.get("options") or () if each["type"] in {SUB_COMMAND, SUB_COMMAND_GROUP}]
    if not below:
        yield name
    for each in below:
        yield from words(each, name)


async def test_every_registered_command_is_in_a_picture_and_no_picture_shows_one_that_is_gone(stage: Stage):
    registered = stage.discord.world.commands.usable_in(stage.guild.id)
    known = {name for command in registered for name in words(command.definition)}
    assert known == {command for scene in scenes() for command in scene.commands}
