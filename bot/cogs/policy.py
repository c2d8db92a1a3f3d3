"""`/policy`: what a guild's policies say, and how much they do."""

from collections.abc import Mapping

from discord import app_commands
from discord.app_commands import Choice
from discord.ext import commands

from bot.cogs.policy_pages import (
    MEANINGS,
    added_page,
    already_page,
    list_page,
    mode_page,
    show_page,
    unknown_page,
)
from bot.cogs.replies import Command, Reply, about_administrators, about_moderators, refused_for, reply
from bot.cogs.rooms import Rooms
from bot.cogs.safe_text import one_line, shortened
from bot.guilds.errors import AlreadyThere, UnknownPolicy
from policies.policy import Mode, Policy
from policies.starter import starter_policies

_MODES = [Choice(name=f"{mode.value}: {meaning}", value=mode.value) for mode, meaning in MEANINGS.items()]
_MOST_CHOICES, _LONGEST_CHOICE = 25, 100


@app_commands.guild_only()
@app_commands.default_permissions(manage_messages=True)
class PolicyCog(
    commands.GroupCog, group_name="policy", group_description="What is forbidden here, and how it is looked at"
):
    """Moderators look at policies; administrators change them."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._book = rooms.policy_book
        self._starters = starter_policies()

    @app_commands.command(name="list", description="This server's policies, and errors in their files")
    async def list_policies(self, command: Command) -> None:
        """List the guild's policies."""
        if not await refused_for(command, about_moderators(command, self._rooms)):
            await reply(command, self._listed(_guild(command)))

    @app_commands.command(description="What a policy says; its whole file is attached")
    @app_commands.describe(policy="Which policy")
    async def show(self, command: Command, policy: str) -> None:
        """Show a policy."""
        if not await refused_for(command, about_moderators(command, self._rooms)):
            await reply(command, self._shown(_guild(command), policy))

    @app_commands.command(description="Give this server a copy of a starter policy")
    @app_commands.describe(starter="Which starter policy", mode="How much it does; live if you say nothing")
    @app_commands.choices(mode=_MODES)
    async def add(self, command: Command, starter: str, mode: str | None = None) -> None:
        """Add a starter policy."""
        if not await refused_for(command, about_administrators(command)):
            await reply(command, self._added(_guild(command), starter, Mode(mode) if mode else None))

    @app_commands.command(description="Set how much a policy does")
    @app_commands.describe(policy="Which policy", mode="How much it does")
    @app_commands.choices(mode=_MODES)
    async def mode(self, command: Command, policy: str, mode: str) -> None:
        """Set a policy's mode."""
        if not await refused_for(command, about_administrators(command)):
            await reply(command, self._set(_guild(command), policy, Mode(mode)))

    @show.autocomplete("policy")
    @mode.autocomplete("policy")
    async def complete_policy(self, command: Command, typed: str) -> list[Choice[str]]:
        """The guild's policies whose name or title holds what was typed."""
        if about_moderators(command, self._rooms):
            return []
        return _choices(self._book.policies(_guild(command)), typed)

    @add.autocomplete("starter")
    async def complete_starter(self, command: Command, typed: str) -> list[Choice[str]]:
        """The starter policies that the guild does not have."""
        if about_moderators(command, self._rooms):
            return []
        there = self._book.policies(_guild(command))
        return _choices({name: each for name, each in self._starters.items() if name not in there}, typed)

    async def _listed(self, guild_id: int) -> Reply:
        return list_page(self._book.policies(guild_id), self._book.problems(guild_id))

    async def _shown(self, guild_id: int, policy_id: str) -> Reply:
        known = self._book.policies(guild_id)
        try:
            source = await self._book.text(guild_id, policy_id)
        except UnknownPolicy:
            return unknown_page(policy_id, known, "policy")
        outlook = await self._rooms.outlook(guild_id, policy_id)
        return show_page(known[policy_id], source, self._book.problems(guild_id), outlook)

    async def _added(self, guild_id: int, starter_id: str, mode: Mode | None) -> Reply:
        try:
            return added_page(await self._book.add(guild_id, starter_id, mode))
        except UnknownPolicy:
            return unknown_page(starter_id, self._starters, "starter policy")
        except AlreadyThere:
            return already_page(starter_id, self._book.policies(guild_id).get(starter_id))

    async def _set(self, guild_id: int, policy_id: str, mode: Mode) -> Reply:
        try:
            policy = await self._book.set_mode(guild_id, policy_id, mode)
        except UnknownPolicy:
            return unknown_page(policy_id, self._book.policies(guild_id), "policy")
        return mode_page(policy, self._rooms.guild_book.settings(guild_id).review_channel)


def _guild(command: Command) -> int:
    """The guild's id; the commands exist in guilds only."""
    assert command.guild_id is not None
    return command.guild_id


def _choices(policies: Mapping[str, Policy], typed: str) -> list[Choice[str]]:
    wanted = typed.strip().casefold()
    found = [
        Choice(name=shortened(one_line(f"{policy.title} ({policy_id})"), _LONGEST_CHOICE), value=policy_id)
        for policy_id, policy in sorted(policies.items())
        if wanted in policy_id or wanted in policy.title.casefold()
    ]
    return found[:_MOST_CHOICES]


async def setup_cog(bot: commands.Bot, rooms: Rooms) -> None:
    """Bring the cog in."""
    await bot.add_cog(PolicyCog(rooms))
