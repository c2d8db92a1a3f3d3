import pytest
from discord import app_commands
from discord.app_commands import Choice
from discord.ext import commands

from bot.cogs import policy
from bot.cogs.policy_group import join_policy_group
from bot.cogs.replies import Command
from tests.bot.cogs.housemates import Household, unconnected_bot


class Guest(commands.Cog):
    @app_commands.command(description="A command of another cog")
    async def guess(self, command: Command, what: str) -> None:
        raise NotImplementedError

    @guess.autocomplete("what")
    async def complete(self, _: Command, typed: str) -> list[Choice[str]]:
        return [Choice(name=typed, value=typed)]


async def test_another_cog_puts_its_commands_under_the_same_group() -> None:
    bot = unconnected_bot(Household())
    await policy.setup_cog(bot, bot.rooms)
    guest = Guest()
    join_policy_group(bot, guest)
    group = bot.tree.get_command("policy")
    assert isinstance(group, app_commands.Group)
    joined = group.get_command("guess")
    assert isinstance(joined, app_commands.Command)
    assert (joined.qualified_name, joined.binding) == ("policy guess", guest)
    options = group.to_dict(bot.tree)["options"]
    assert {"list", "show", "guess"} <= {each["name"] for each in options}


async def test_the_group_has_to_be_there_first() -> None:
    with pytest.raises(RuntimeError, match="before"):
        join_policy_group(unconnected_bot(Household()), Guest())
