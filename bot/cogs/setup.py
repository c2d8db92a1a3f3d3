"""`/safeguild`: setting the bot up, and seeing how it is."""

import discord
from discord import app_commands
from discord.app_commands import Choice
from discord.ext import commands

from bot.cogs.client import SafeguildBot
from bot.cogs.guild_settings import SERVER_LANGUAGE, language_choice, settings_reply
from bot.cogs.guild_texts import FORM_ID, TextsDesk, TextsForm
from bot.cogs.replies import Command, about_administrators, about_moderators, refused_for, reply
from bot.cogs.rooms import Rooms
from bot.cogs.setting_up import Draft, Wishes, set_up, starters_of
from bot.cogs.setup_flow import SetupFlow
from bot.cogs.status import status_reply
from bot.language import LANGUAGES


@app_commands.guild_only()
@app_commands.default_permissions(manage_guild=True)
class SafeguildCog(
    commands.GroupCog, group_name="safeguild", group_description="Set Safeguild up, and see how it is"
):
    """The commands of administrators."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    @app_commands.command(description="Set Safeguild up, step by step or with these options; again to change it")
    @app_commands.describe(
        review_channel="Where cards appear: a channel that only moderators can read",
        moderator_role="Who may decide on cases",
        moderator_role_2="Another role that may decide",
        starter_policies="Policies to begin with; the essential ones if you say nothing the first time",
    )
    @app_commands.choices(
        starter_policies=[
            Choice(name="essential: harassment, hate, threats, scams, spam", value="essential"),
            Choice(name="all", value="all"),
            Choice(name="none", value="none"),
        ]
    )
    async def setup(
        self,
        command: Command,
        review_channel: discord.TextChannel | None = None,
        moderator_role: discord.Role | None = None,
        moderator_role_2: discord.Role | None = None,
        starter_policies: str | None = None,
    ) -> None:
        """Set what is named; what is not named stays as it is. Without a name, go through it page by page."""
        if await refused_for(command, about_administrators(command)) or command.guild is None:
            return
        if not any((review_channel, moderator_role, moderator_role_2, starter_policies)):
            await SetupFlow(self._rooms, Draft.of(self._rooms, command.guild)).open(command)
            return
        roles = tuple(role for role in (moderator_role, moderator_role_2) if role)
        wishes = Wishes(review_channel, roles, starters_of(starter_policies))
        await reply(command, set_up(self._rooms, command.guild, wishes, command.user.id))

    @app_commands.command(description="What else can be set here; without options it shows how everything stands")
    @app_commands.describe(
        language="Of cards, notices and the weekly summary",
        keep_days="How long cases keep what members wrote, in days",
        cards_per_minute="How many cards appear at most; the others wait in the queue",
        blur="Hide what members wrote behind a spoiler",
        escalation_role="Who is called when a moderator escalates a case",
        notices="Tell members by direct message what was decided",
        appeals="Let members ask for another look",
        reports="Let members report messages",
        digest="A summary of the week on Mondays",
    )
    @app_commands.choices(
        language=[
            Choice(name="the server's own", value=SERVER_LANGUAGE),
            *(Choice(name=name, value=language.value) for language, name in LANGUAGES.items()),
        ]
    )
    async def settings(
        self,
        command: Command,
        language: str | None = None,
        keep_days: app_commands.Range[int, 1, 365] | None = None,
        cards_per_minute: app_commands.Range[int, 1, 60] | None = None,
        blur: bool | None = None,
        escalation_role: discord.Role | None = None,
        notices: bool | None = None,
        appeals: bool | None = None,
        reports: bool | None = None,
        digest: bool | None = None,
    ) -> None:
        """Set what is named; what is not named stays as it is."""
        if await refused_for(command, about_administrators(command)) or command.guild_id is None:
            return
        said = {
            "keep_days": keep_days,
            "cards_per_minute": cards_per_minute,
            "blur": blur,
            "escalation_role": escalation_role.id if escalation_role else None,
            "notices": notices,
            "appeals": appeals,
            "reports": reports,
            "digest": digest,
        }
        changes: dict[str, object] = {name: value for name, value in said.items() if value is not None}
        if language is not None:
            changes["language"] = language_choice(language)
        await reply(command, settings_reply(self._rooms, command.guild_id, changes))

    @app_commands.command(description="What members are told of decisions, in your own words, with a preview")
    async def texts(self, command: Command) -> None:
        """Open the form."""
        if await refused_for(command, about_administrators(command)) or command.guild is None:
            return
        await command.response.send_modal(
            TextsForm(self._rooms.guild_book.settings(command.guild.id), self._rooms.language(command.guild.id))
        )

    @app_commands.command(description="How the bot is doing: engine, queue, cards, policies, permissions")
    async def status(self, command: Command) -> None:
        """Tell how the bot is doing."""
        if await refused_for(command, about_moderators(command, self._rooms)) or command.guild is None:
            return
        await reply(command, status_reply(self._rooms, command.guild))


async def setup_cog(bot: SafeguildBot, rooms: Rooms) -> None:
    """Bring the cog in."""
    await bot.add_cog(SafeguildCog(rooms))
    bot.forms.hear(FORM_ID, TextsDesk(rooms).sent)
