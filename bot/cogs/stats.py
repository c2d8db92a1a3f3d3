"""`/stats`: how moderation goes in a guild, in pictures."""

from typing import Any

import discord
import structlog
from discord import app_commands
from discord.app_commands import Choice
from discord.ext import commands

from bot.cogs.client import answer
from bot.cogs.failures import FAILURES, translation
from bot.cogs.replies import Command, Reply, about_moderators, page, refused_for, reply
from bot.cogs.rooms import Rooms
from bot.cogs.safe_text import one_line, shortened
from bot.cogs.stats_page import RULES, files, handled_by, overview_embeds, panel_buttons, rules_page
from bot.figures.painting import Painter
from bot.figures.span import Period
from bot.figures.statistics import Overview, Question, Statistics
from bot.language import marked, speaking, tr
from bot.ports import StoreError
from policies.policy import Policy

_log = structlog.get_logger(__name__)

_PERIODS = [
    Choice(name="the last 7 days", value=int(Period.WEEK)),
    Choice(name="the last 30 days", value=int(Period.MONTH)),
    Choice(name="the last 90 days", value=int(Period.QUARTER)),
]
_CHARTS, _RULES = "charts", "rules"
_PAGES = [Choice(name="charts", value=_CHARTS), Choice(name="rules: cited, confirmed, overturned", value=_RULES)]
_MOST_CHOICES, _LONGEST_CHOICE = 25, 100
_NO_POLICY = marked("There is no policy with this name. `/policy list` shows those that there are.")
_WHICH_POLICY = marked("Say whose rules you want to see: choose a `policy`.")
_AWAY = marked("My memory does not answer. Try again in a minute.")
_MAY_NOT_SHARE = marked("You may not send messages with files in this channel, so I do not either.")
_CANNOT_SHARE = marked(
    "I may not post pictures here. My role needs View Channel, Send Messages, Embed Links and Attach Files."
)
_SHARED = marked("Posted in this channel.")
_SENDING = discord.Permissions(view_channel=True, send_messages=True, embed_links=True, attach_files=True)
_SENDING_IN_THREADS = discord.Permissions(
    view_channel=True, send_messages_in_threads=True, embed_links=True, attach_files=True
)


class StatsCog(commands.Cog):
    """Moderators see figures; none of them is about a member."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        painter = Painter(rooms.kept / "cache" / "charts")
        self._statistics = Statistics(rooms.store, painter.paint, rooms.policy_book.policies, rooms.clock)

    @app_commands.command(description="How moderation goes: what was flagged, decided, and what waits")
    @app_commands.describe(
        period="How many days; 30 if you say nothing",
        policy="Of one policy only",
        page="Charts, or what became of each rule",
    )
    @app_commands.choices(period=_PERIODS)
    @app_commands.choices(page=_PAGES)
    @app_commands.guild_only()
    @app_commands.default_permissions(moderate_members=True)
    async def stats(
        self, command: Command, period: int = Period.MONTH, policy: str | None = None, page: str = _CHARTS
    ) -> None:
        """Show figures."""
        if await refused_for(command, about_moderators(command, self._rooms)):
            return
        question = Question(command.guild_id or 0, Period(period), policy)
        objection = self._objection(question, page)
        if objection or page == _RULES:
            await reply(command, self._rules(question, objection))
        else:
            await self._show(command, question)

    @stats.autocomplete("policy")
    async def complete_policy(self, command: Command, typed: str) -> list[Choice[str]]:
        """The guild's policies whose name or title holds what was typed."""
        if about_moderators(command, self._rooms):
            return []
        wanted = typed.strip().casefold()
        found = [
            Choice(name=shortened(one_line(f"{policy.title} ({policy_id})"), _LONGEST_CHOICE), value=policy_id)
            for policy_id, policy in sorted(self._rooms.policy_book.policies(command.guild_id or 0).items())
            if wanted in policy_id or wanted in policy.title.casefold()
        ]
        return found[:_MOST_CHOICES]

    async def pressed(self, click: discord.Interaction[Any], press: str, question: Question) -> None:
        """A button of a panel. The panel may be older than the process, and its policy gone."""
        objection = about_moderators(click, self._rooms) or self._objection(question, press)
        if objection:
            await answer(click, objection)
        elif press == RULES:
            await reply(click, self._rules(question, None))
        else:
            await self._share(click, question)

    def _objection(self, question: Question, page: str) -> str | None:
        if question.policy_id is None:
            return tr(_WHICH_POLICY) if page == _RULES else None
        return None if self._policy(question) else tr(_NO_POLICY)

    def _policy(self, question: Question) -> Policy | None:
        return self._rooms.policy_book.policies(question.guild_id).get(question.policy_id or "")

    async def _rules(self, question: Question, objection: str | None) -> Reply:
        policy = self._policy(question)
        if objection or policy is None:
            return page("", [objection or tr(_NO_POLICY)])
        return rules_page(await self._statistics.rules(question, policy), policy)

    async def _show(self, command: Command, question: Question) -> None:
        await command.response.defer(ephemeral=True, thinking=True)
        told = await self._told(command, question)
        if told:
            await command.edit_original_response(
                embeds=overview_embeds(told, self._policy(question)),
                attachments=files(told.pictures),
                view=panel_buttons(question, may_share=_objection_to_sharing(command) is None),
            )

    async def _share(self, click: discord.Interaction[Any], question: Question) -> None:
        """Post the figures as they are now, in the guild's language, where the panel is."""
        objection = _objection_to_sharing(click)
        if objection or click.channel_id is None:
            await answer(click, objection or tr(_CANNOT_SHARE))
            return
        try:
            await click.response.defer(ephemeral=True, thinking=True)
            with speaking(self._rooms.language(question.guild_id)):
                told = await self._told(click, question)
                if told:
                    await self._post(click, click.channel_id, told, question)
            if told:
                await click.edit_original_response(content=tr(_SHARED))
        except FAILURES as error:
            _log.warning("figures could not be shared", guild=click.guild_id, reason=str(translation(error)))
            await answer(click, str(translation(error)))

    async def _post(
        self, click: discord.Interaction[Any], channel_id: int, told: Overview, question: Question
    ) -> None:
        channel = click.client.get_partial_messageable(channel_id, guild_id=click.guild_id)
        await channel.send(
            embeds=overview_embeds(told, self._policy(question)),
            files=files(told.pictures),
            allowed_mentions=discord.AllowedMentions.none(),
        )

    async def _told(self, command: Command, question: Question) -> Overview | None:
        try:
            return await self._statistics.overview(question)
        except StoreError as error:
            _log.error("a command found the store away", guild=command.guild_id, reason=str(error))
            await command.edit_original_response(content=tr(_AWAY))
            return None


def _objection_to_sharing(command: Command) -> str | None:
    """Why the figures are not posted where they were asked for; None if they may be."""
    needed = _SENDING_IN_THREADS if isinstance(command.channel, discord.Thread) else _SENDING
    if not command.permissions >= needed:
        return tr(_MAY_NOT_SHARE)
    return None if command.app_permissions >= needed else tr(_CANNOT_SHARE)


async def setup_cog(bot: commands.Bot, rooms: Rooms) -> None:
    """Bring the cog in."""
    cog = StatsCog(rooms)
    await bot.add_cog(cog)
    bot.add_dynamic_items(handled_by(cog.pressed))
