"""The message command "Why flagged?": what the prefilter makes of any message in the server, step by step."""

import asyncio
from collections.abc import Iterable, Mapping

import discord
from discord import app_commands
from discord.ext import commands

from bot.cards import card
from bot.case import CaseFile, Message
from bot.cogs.explain_page import Found, explained_page, nothing_page
from bot.cogs.people import member_of
from bot.cogs.reading import read, roles_of
from bot.cogs.replies import Command, Reply, about_moderators, refused_for, reply
from bot.cogs.rooms import Rooms
from bot.explaining.told import told
from bot.language import marked, tr
from inference.prefilter.explanation import Explanation
from policies.policy import Mode, Policy, Scope

NAME = marked("Why flagged?")
_NEVER_READ = marked(
    "Not flagged: messages of bots and webhooks, and Discord's own notices, are never looked at. Nor is anything "
    "outside of servers."
)
_NO_TEXT = marked("Not flagged: there are no words in this message. Pictures are not looked at.")
_REVIEW_PLACE = marked("Not flagged: what is said in the review channel is never looked at.")
_NO_POLICY = marked("Not flagged: no policy of this server holds for this message. `/policy list` shows them.")
_NOT_YET = marked("The policies are being prepared. Try again in a minute.")


class ExplainCog(commands.Cog):
    """Explains to moderators. Dry: nothing is recorded, judged or learned."""

    def __init__(self, bot: commands.Bot, rooms: Rooms) -> None:
        self._bot = bot
        self._rooms = rooms
        menu = app_commands.ContextMenu(name=NAME, callback=self.why_flagged)
        menu.guild_only = True
        menu.default_permissions = discord.Permissions(manage_messages=True)
        self._menu = menu

    async def cog_load(self) -> None:
        """Offer the command."""
        self._bot.tree.add_command(self._menu)

    async def cog_unload(self) -> None:
        """Take it back."""
        self._bot.tree.remove_command(NAME, type=self._menu.type)

    async def why_flagged(self, command: Command, message: discord.Message) -> None:
        """Explain a message to the moderator who asks."""
        if await refused_for(command, about_moderators(command, self._rooms)) or command.guild is None:
            return
        if isinstance(message.channel, discord.PartialMessageable) and isinstance(command.channel, discord.Thread):
            message.channel = command.channel  # an archived thread: only here it is told which channel has it
        await reply(command, self._explained(command.guild, message))

    async def _explained(self, guild: discord.Guild, shown: discord.Message) -> Reply:
        message = read(shown)
        if objection := self._objection(guild.id, message):
            return nothing_page(objection)
        assert message is not None
        policies = self._rooms.policy_book.policies(guild.id)
        everywhere = self._rooms.guild_book.settings(guild.id).scope
        roles = await _roles(guild, message, policies.values(), everywhere)
        holding = {name: policy for name, policy in policies.items() if _holds(policy, everywhere, message, roles)}
        if not holding:
            return nothing_page(tr(_NO_POLICY))
        explanation = await self._rooms.explain(guild.id, message.text, tuple(holding))
        if explanation is None:
            return nothing_page(tr(_NOT_YET))
        case = await self._rooms.store.find(guild.id, message.id)
        others = tuple(policy.title for name, policy in policies.items() if name not in holding)
        return await asyncio.to_thread(_page, explanation, holding, others, case)

    def _objection(self, guild_id: int, message: Message | None) -> str | None:
        """Why a message is not looked at at all."""
        if message is None:
            return tr(_NEVER_READ)
        if self._rooms.is_review_place(guild_id, message.channel_id, message.parent_id):
            return tr(_REVIEW_PLACE)
        return None if message.text else tr(_NO_TEXT)


def _page(
    explanation: Explanation, policies: Mapping[str, Policy], others: tuple[str, ...], case: CaseFile | None
) -> Reply:
    """Called in a thread: long texts under many policies take a while."""
    return explained_page(Found(told(explanation, policies), others, card(case) if case else None))


async def _roles(
    guild: discord.Guild, message: Message, policies: Iterable[Policy], everywhere: Scope
) -> frozenset[int]:
    """The author's roles. Discord does not tell them here, so it is asked if a policy wants to know.

    Raises DiscordError.
    """
    scopes = (everywhere, *(policy.scope for policy in policies))
    if not any(scope.except_roles for scope in scopes):
        return frozenset(message.role_ids)
    author = await member_of(guild, message.author_id)
    return frozenset(roles_of(author)) if author else frozenset()


def _holds(policy: Policy, everywhere: Scope, message: Message, roles: frozenset[int]) -> bool:
    channels = frozenset(filter(None, (message.channel_id, message.parent_id)))
    scopes = (everywhere, policy.scope)
    return policy.mode is not Mode.OFF and all(scope.covers(channels, roles) for scope in scopes)


async def setup_cog(bot: commands.Bot, rooms: Rooms) -> None:
    """Bring the cog in."""
    await bot.add_cog(ExplainCog(bot, rooms))
