"""`/policy list | show | add | mode`: what a guild's policies say, and how much they do.

The group's other commands are in `policy_writing`, `policy_versions` and `policy_trial*`.
"""

from discord import app_commands
from discord.app_commands import Choice
from discord.ext import commands

from bot.cogs import policy_versions, policy_writing
from bot.cogs.client import SafeguildBot
from bot.cogs.policy_choices import LANGUAGE_CHOICES, policy_choices, starter_choices
from bot.cogs.policy_going_live import asked_to_go_live
from bot.cogs.policy_pages import (
    added_page,
    already_page,
    list_page,
    mode_page,
    show_page,
    unknown_policy_page,
    unknown_starter_page,
)
from bot.cogs.replies import Command, Reply, about_administrators, about_moderators, refused_for, reply
from bot.cogs.rooms import Rooms
from bot.guilds.drafting import policy_in
from bot.guilds.errors import AlreadyThere, UnknownPolicy
from bot.language import Language, marked
from bot.records.histories import Author, AuthorKind
from policies.policy import Mode, Policy
from policies.starter import starter_policies

_MODES = [
    Choice(name="off: messages are not looked at for it", value=Mode.OFF.value),
    Choice(name="shadow: messages are judged and counted, no card appears", value=Mode.SHADOW.value),
    Choice(name="live: violations appear as cards", value=Mode.LIVE.value),
]
_REASON = marked("Why; it is kept in the policy's history")
Reason = app_commands.Range[str, 0, 200]


@app_commands.guild_only()
@app_commands.default_permissions(manage_messages=True)
class PolicyCog(
    commands.GroupCog, group_name="policy", group_description="What is forbidden here, and how it is looked at"
):
    """Moderators look at policies; administrators change them."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._book = rooms.policy_book
        for language in Language:
            starter_policies(language)  # read now: nobody is to wait for it

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
    @app_commands.describe(
        starter="Which starter policy",
        mode="How much it does; shadow if you say nothing",
        language="The language that it is written in; this server's if you say nothing",
    )
    @app_commands.choices(mode=_MODES, language=LANGUAGE_CHOICES)
    async def add(
        self, command: Command, starter: str, mode: str = Mode.SHADOW.value, language: str | None = None
    ) -> None:
        """Add a starter policy."""
        if not await refused_for(command, about_administrators(command)):
            await reply(command, self._added(command, starter, Mode(mode), self._spoken(command, language)))

    @app_commands.command(description="Set how much a policy does")
    @app_commands.describe(policy="Which policy", mode="How much it does", reason=_REASON)
    @app_commands.choices(mode=_MODES)
    async def mode(self, command: Command, policy: str, mode: str, reason: Reason = "") -> None:
        """Set a policy's mode."""
        if not await refused_for(command, about_administrators(command)):
            await reply(command, self._set(command, policy, Mode(mode), reason))

    @show.autocomplete("policy")
    @mode.autocomplete("policy")
    async def complete_policy(self, command: Command, typed: str) -> list[Choice[str]]:
        """The guild's policies whose name or title holds what was typed."""
        if about_moderators(command, self._rooms):
            return []
        return policy_choices(self._book.policies(_guild(command)), typed)

    @add.autocomplete("starter")
    async def complete_starter(self, command: Command, typed: str) -> list[Choice[str]]:
        """The starter policies that the guild does not have, in the language that was chosen so far."""
        if about_moderators(command, self._rooms):
            return []
        language = self._spoken(command, command.namespace.language)
        return starter_choices(language, self._book.policies(_guild(command)), typed)

    async def _listed(self, guild_id: int) -> Reply:
        return list_page(self._book.policies(guild_id), self._book.problems(guild_id))

    async def _shown(self, guild_id: int, policy_id: str) -> Reply:
        known = self._book.policies(guild_id)
        try:
            source = await self._book.text(guild_id, policy_id)
        except UnknownPolicy:
            return unknown_policy_page(policy_id, known)
        outlook = await self._rooms.outlook(guild_id, policy_id)
        return show_page(known[policy_id], source, self._book.problems(guild_id), outlook)

    def _spoken(self, command: Command, wished: str | None) -> Language:
        """The language that was wished for; the guild's if none was."""
        return Language(wished) if wished in set(Language) else self._rooms.language(_guild(command))

    async def _added(self, command: Command, starter_id: str, mode: Mode, language: Language) -> Reply:
        guild_id = _guild(command)
        try:
            return added_page(await self._book.add(guild_id, starter_id, mode, _author(command), language))
        except UnknownPolicy:
            return unknown_starter_page(starter_id, starter_policies())
        except AlreadyThere:
            return already_page(starter_id, self._book.policies(guild_id).get(starter_id))

    async def _set(self, command: Command, policy_id: str, mode: Mode, reason: str) -> Reply:
        """A policy goes live only after somebody has seen what that means."""
        guild_id = _guild(command)
        try:
            known = await self._known(guild_id, policy_id)
            if known is not None and mode is Mode.LIVE and known.mode is not Mode.LIVE:
                return await asked_to_go_live(self._rooms, command, known, reason)
            policy = await self._book.set_mode(guild_id, policy_id, mode, _author(command, reason))
        except UnknownPolicy:
            return unknown_policy_page(policy_id, self._book.policies(guild_id))
        return mode_page(policy, self._rooms.guild_book.settings(guild_id).review_channel)

    async def _known(self, guild_id: int, policy_id: str) -> Policy | None:
        """The policy in force; while one that was just saved is being prepared, what its file says."""
        in_force = self._book.policies(guild_id).get(policy_id)
        return in_force or policy_in(policy_id, await self._book.text(guild_id, policy_id))


def _guild(command: Command) -> int:
    """The guild's id; the commands exist in guilds only."""
    assert command.guild_id is not None
    return command.guild_id


def _author(command: Command, reason: str = "") -> Author:
    return Author(AuthorKind.COMMAND, command.user.id, reason)


async def setup_cog(bot: SafeguildBot, rooms: Rooms) -> None:
    """Bring the cog in, and the commands that join its group."""
    await bot.add_cog(PolicyCog(rooms))
    await policy_writing.setup_cog(bot, rooms)
    await policy_versions.setup_cog(bot, rooms)
