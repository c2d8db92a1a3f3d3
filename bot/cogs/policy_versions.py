"""`/policy history | diff | restore`: what a policy said before, who changed it, and how to bring it back."""

import re
from typing import Any, Final, Self

import discord
from discord import app_commands
from discord.app_commands import Choice
from discord.ext import commands
from discord.ui import Button, DynamicItem, Item, View

from bot.cogs.client import SafeguildBot, answer
from bot.cogs.plainly import Declined
from bot.cogs.policy_choices import past_choices
from bot.cogs.policy_editor import new_draft, preview, respond, rooms_of
from bot.cogs.policy_group import join_policy_group
from bot.cogs.policy_trial_versions import version_choices
from bot.cogs.policy_version_pages import diff_page, history_page
from bot.cogs.replies import Command, Reply, about_administrators, about_moderators, refused_for
from bot.cogs.rooms import Rooms
from bot.cogs.safe_text import escaped
from bot.guilds.drafting import with_form
from bot.guilds.drafts import DraftKind
from bot.guilds.errors import UnknownPolicy
from bot.guilds.policy_files import file_name, parse_file
from bot.language import marked, tr
from policies.phrases import phrase
from policies.policy import is_policy_id

_REASON = marked("Why; it is kept in the policy's history")
Reason = app_commands.Range[str, 0, 200]
PAGE: Final = 8
_TURN: Final = re.compile(r"policy-history:(?P<policy>[a-z0-9-]{1,40}):(?P<before>[0-9]{1,9})")
_FIRST_PAGE: Final = 0


class PolicyVersionsCog(commands.Cog):
    """Moderators look at versions; administrators bring them back."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    @app_commands.command(description="Every version of a policy: who changed it, when and why")
    @app_commands.describe(policy="Which policy; removed ones, too")
    async def history(self, command: Command, policy: str) -> None:
        """Page through a policy's versions."""
        if not await refused_for(command, about_moderators(command, self._rooms)):
            await respond(command, _page(self._rooms, _guild(command), policy, _FIRST_PAGE))

    @app_commands.command(description="What changed between two versions of a policy")
    @app_commands.describe(
        policy="Which policy",
        old="The older version; the one before the newest if you say nothing",
        new="The newer version; the one that stands now if you say nothing",
    )
    async def diff(self, command: Command, policy: str, old: str = "", new: str = "") -> None:
        """Compare two versions."""
        if not await refused_for(command, about_moderators(command, self._rooms)):
            await respond(command, self._compared(_guild(command), policy, old, new))

    @app_commands.command(description="Bring a version of a policy back; you see what changes before it is saved")
    @app_commands.describe(policy="Which policy; removed ones, too", version="Which version", reason=_REASON)
    async def restore(self, command: Command, policy: str, version: str, reason: Reason = "") -> None:
        """Bring a version back."""
        if not await refused_for(command, about_administrators(command)):
            await respond(command, self._restored(command, policy, version, reason))

    @history.autocomplete("policy")
    @diff.autocomplete("policy")
    @restore.autocomplete("policy")
    async def complete_policy(self, command: Command, typed: str) -> list[Choice[str]]:
        """The guild's policies and those that were removed."""
        if about_moderators(command, self._rooms):
            return []
        return await past_choices(self._rooms, _guild(command), typed)

    @diff.autocomplete("old")
    @diff.autocomplete("new")
    @restore.autocomplete("version")
    async def complete_version(self, command: Command, typed: str) -> list[Choice[str]]:
        """The versions of the policy that was chosen."""
        policy_id = str(getattr(command.namespace, "policy", ""))
        if about_moderators(command, self._rooms) or not is_policy_id(policy_id):
            return []
        return await version_choices(self._rooms, _guild(command), policy_id, typed)

    async def _compared(self, guild_id: int, policy_id: str, old: str, new: str) -> Reply:
        newer = (
            await self._current(guild_id, policy_id)
            if not _number(new)
            else await self._source(guild_id, policy_id, new)
        )
        older_number = old or await self._before_newest(guild_id, policy_id)
        older = await self._source(guild_id, policy_id, older_number)
        return diff_page(
            policy_id,
            older,
            newer,
            (f"#{_number(older_number)}", f"#{_number(new)}" if _number(new) else tr("as it stands")),
        )

    async def _restored(self, command: Command, policy_id: str, version: str, reason: str) -> Reply:
        guild_id = _guild(command)
        source = await self._source(guild_id, policy_id, version)
        policy = parse_file(file_name(policy_id), source)
        base = await self._on_disk(guild_id, policy_id)
        draft = new_draft(command, DraftKind.RESTORE, policy_id, base, reason, f"#{_number(version)}")
        return await preview(self._rooms, with_form(draft.anew(source=source), policy))

    async def _source(self, guild_id: int, policy_id: str, wanted: str) -> bytes:
        number = _number(wanted)
        source = await self._rooms.store.version_source(guild_id, policy_id, number) if number else None
        if source is None:
            name = escaped(wanted, 60)
            raise Declined(tr("There is no version “{name}”. `/policy history` shows them all.", name=name))
        return source

    async def _current(self, guild_id: int, policy_id: str) -> bytes:
        source = await self._on_disk(guild_id, policy_id)
        if source is None:
            raise UnknownPolicy(phrase("This server has no policy “{name}” now.", name=policy_id))
        return source

    async def _on_disk(self, guild_id: int, policy_id: str) -> bytes | None:
        try:
            return await self._rooms.policy_book.text(guild_id, policy_id)
        except UnknownPolicy:
            return None

    async def _before_newest(self, guild_id: int, policy_id: str) -> str:
        found = await self._rooms.store.versions(guild_id, policy_id, limit=PAGE)
        numbers = [each.number for each in found[1:] if each.mode is not None]
        if not numbers:
            raise Declined(tr("There is no older version to compare with."))
        return str(numbers[0])


def _number(wanted: str) -> int | None:
    digits = wanted.strip().removeprefix("#")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else None


async def _page(rooms: Rooms, guild_id: int, policy_id: str, before: int) -> Reply:
    """The versions with numbers below `before`; the newest ones if it is 0."""
    found = await rooms.store.versions(guild_id, policy_id, before=before or None, limit=PAGE + 1)
    if not found:
        raise Declined(tr("Nothing is known of a policy “{name}”.", name=escaped(policy_id, 60)))
    shown = found[:PAGE]
    older = shown[-1].number if len(found) > PAGE else None
    newer = shown[0].number + PAGE + 1 if before else None
    return history_page(policy_id, shown, _turning(policy_id, older, newer))


def _turning(policy_id: str, older: int | None, newer: int | None) -> View | None:
    if older is None and newer is None:
        return None
    view = View(timeout=None)
    for label, before in ((tr("Newer"), newer), (tr("Older"), older)):
        # a button that leads nowhere needs an id of its own, too
        custom_id = f"policy-history:{policy_id}:{before if before is not None else 999_999_999}"
        view.add_item(Button(label=label, disabled=before is None, custom_id=custom_id))
    view.stop()  # a press finds its handler by its custom id alone
    return view


class TurningButton(DynamicItem[Button[Any]], template=_TURN):
    """A button that turns the pages of a history."""

    def __init__(self, policy_id: str, before: int) -> None:
        super().__init__(Button(custom_id=f"policy-history:{policy_id}:{before}"))
        self._policy_id = policy_id
        self._before = before

    @classmethod
    async def from_custom_id(cls, _: discord.Interaction[Any], __: Item[Any], match: re.Match[str], /) -> Self:
        """The button that was pressed."""
        return cls(match["policy"], int(match["before"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Show that page, to those who may still see it."""
        rooms = rooms_of(interaction)
        if objection := about_moderators(interaction, rooms):
            await answer(interaction, objection)
            return
        assert interaction.guild_id is not None
        await respond(interaction, _page(rooms, interaction.guild_id, self._policy_id, self._before))


def _guild(command: Command) -> int:
    """The guild's id; the commands exist in guilds only."""
    assert command.guild_id is not None
    return command.guild_id


async def setup_cog(bot: SafeguildBot, rooms: Rooms) -> None:
    """Bring the commands in."""
    join_policy_group(bot, PolicyVersionsCog(rooms))
    bot.add_dynamic_items(TurningButton)
