"""`/policy` is one group of commands that several cogs share."""

from discord import app_commands
from discord.ext import commands

GROUP = "policy"


def join_policy_group(bot: commands.Bot, cog: commands.Cog) -> None:
    """Put a cog's slash commands under `/policy`, and tell people of its errors as of any command's.

    The cog itself is not added to the bot: it may have commands with autocomplete, and no listeners. Its commands
    are for people whom they check themselves (`about_moderators`, `about_administrators`).

    Raises:
        RuntimeError: `bot.cogs.policy` was not set up before.
    """
    match bot.tree.get_command(GROUP):
        case app_commands.Group() as group:
            for command in cog.get_app_commands():
                group.add_command(command)
        case _:
            raise RuntimeError("set the cog `policy` up before those that add commands to its group")
