"""`/policy new | edit | remove | export | import`: for administrators who write policies."""

import asyncio
from dataclasses import replace
from io import BytesIO

import discord
from discord import app_commands
from discord.app_commands import Choice
from discord.ext import commands

from bot.cogs.client import SafeguildBot, answer
from bot.cogs.plainly import Declined
from bot.cogs.policy_attachments import fetched
from bot.cogs.policy_choices import policy_choices
from bot.cogs.policy_draft_pages import errors_page, file_errors_page
from bot.cogs.policy_drafts import hear_presses
from bot.cogs.policy_editor import follow_up, new_draft, open_editor, open_form, preview, respond
from bot.cogs.policy_group import join_policy_group
from bot.cogs.policy_pages import unknown_policy_page
from bot.cogs.policy_removal import removal_page
from bot.cogs.replies import Command, Reply, about_administrators, about_moderators, page, refused_for
from bot.cogs.rooms import Rooms
from bot.cogs.safe_text import escaped
from bot.guilds.drafting import id_from_title, typed_in, uploaded, with_form
from bot.guilds.drafts import Draft, DraftKind
from bot.guilds.errors import UnknownPolicy
from bot.guilds.form import FormError
from bot.guilds.packs import MOST_PACKED_BYTES, MOST_POLICIES, Packed, PackError, packed, unpacked
from bot.guilds.policy_files import file_name, in_mode, parse_file
from bot.language import marked, tr, tr_n
from policies.policy import Mode, is_policy_id
from policies.problems import PolicyError
from policies.yaml_tree import MAX_BYTES

_REASON = marked("Why; it is kept in the policy's history")
Reason = app_commands.Range[str, 0, 200]
_TOO_MANY = marked("These are {count} policies; import at most {most} at once.")


class PolicyWritingCog(commands.Cog):
    """Administrators write policies; moderators may take copies."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._book = rooms.policy_book

    @app_commands.command(
        description="Write a policy in a form, or hand in a file; nothing is saved before you have seen it"
    )
    @app_commands.describe(
        name="A short name: small letters, digits, hyphens; made from the title if you say nothing",
        file="A policy as a YAML file, for long ones",
        reason=_REASON,
    )
    async def new(
        self, command: Command, name: str = "", file: discord.Attachment | None = None, reason: Reason = ""
    ) -> None:
        """Write a new policy."""
        if await refused_for(command, about_administrators(command)):
            return
        name = name.strip().lower()  # a phone begins every field with a capital letter
        if objection := self._about_name(_guild(command), name):
            await answer(command, objection)
            return
        draft = new_draft(command, DraftKind.NEW, name, None, reason)
        if file is None:
            await open_form(command, draft)
        else:
            await respond(command, self._handed_in(draft, file))

    @app_commands.command(description="Change a policy in a form, or hand in its changed file")
    @app_commands.describe(policy="Which policy", file="The changed file", reason=_REASON)
    async def edit(
        self, command: Command, policy: str, file: discord.Attachment | None = None, reason: Reason = ""
    ) -> None:
        """Change a policy."""
        if file is None:
            await open_editor(command, policy, reason=reason)
        elif not await refused_for(command, about_administrators(command)):
            await respond(command, self._changed(command, policy, file, reason))

    @app_commands.command(description="Remove a policy; its versions are kept")
    @app_commands.describe(policy="Which policy", reason=_REASON)
    async def remove(self, command: Command, policy: str, reason: Reason = "") -> None:
        """Remove a policy, after one more question."""
        if not await refused_for(command, about_administrators(command)):
            await respond(command, self._asked(command, policy, reason))

    @app_commands.command(description="A policy's file as it stands, or all of them as a zip")
    @app_commands.describe(policy="Which policy; all if you say nothing")
    async def export(self, command: Command, policy: str = "") -> None:
        """Give out policies' files."""
        if not await refused_for(command, about_moderators(command, self._rooms)):
            await respond(command, self._exported(_guild(command), policy))

    @app_commands.command(
        name="import", description="Take in policies: YAML files or zips; you see each one before it is saved"
    )
    @app_commands.describe(file="A YAML file or a zip", file_2="Another one", file_3="Another one", reason=_REASON)
    async def import_(
        self,
        command: Command,
        file: discord.Attachment,
        file_2: discord.Attachment | None = None,
        file_3: discord.Attachment | None = None,
        reason: Reason = "",
    ) -> None:
        """Take in policies."""
        if not await refused_for(command, about_administrators(command)):
            files = [each for each in (file, file_2, file_3) if each]
            await self._import(command, files, reason)

    @edit.autocomplete("policy")
    @remove.autocomplete("policy")
    @export.autocomplete("policy")
    async def complete_policy(self, command: Command, typed: str) -> list[Choice[str]]:
        """The guild's policies."""
        if about_moderators(command, self._rooms):
            return []
        return policy_choices(self._book.policies(_guild(command)), typed)

    def _about_name(self, guild_id: int, name: str) -> str | None:
        if name and not is_policy_id(name):
            return tr(
                "“{name}” cannot be a policy's name: use up to 40 small letters, digits and hyphens.",
                name=escaped(name, 60),
            )
        if name in self._book.policies(guild_id):
            return tr("There is a policy `{name}` already. Change it with `/policy edit`.", name=name)
        return None

    async def _changed(self, command: Command, policy_id: str, file: discord.Attachment, reason: str) -> Reply:
        known = self._book.policies(_guild(command))
        try:
            base = await self._book.text(_guild(command), policy_id)
        except UnknownPolicy:
            return unknown_policy_page(policy_id, known)
        draft = new_draft(command, DraftKind.EDIT, policy_id, base, reason, file.filename)
        return await self._handed_in(draft, file)

    async def _handed_in(self, draft: Draft, file: discord.Attachment) -> Reply:
        """The preview of a file, or what is wrong with it."""
        source = await fetched(file, MAX_BYTES)
        known = self._book.policies(draft.guild_id)
        if not draft.policy_id:
            draft = replace(draft, policy_id=_free_id(file.filename, source, frozenset(known)))
        try:
            made = await asyncio.to_thread(uploaded, draft, source, known.get(draft.policy_id))
        except FormError as error:
            kept = draft.anew(form=typed_in(source), source=None)
            return errors_page(self._rooms.writing.drafts.put(kept), error.problems)
        except PolicyError as error:
            return file_errors_page(file.filename, error.problems)
        if draft.kind is DraftKind.NEW and made.source is not None:
            made = replace(made, source=in_mode(made.source, Mode.SHADOW, made.policy_id))
        return await preview(self._rooms, made)

    async def _asked(self, command: Command, policy_id: str, reason: str) -> Reply:
        known = self._book.policies(_guild(command))
        if policy_id not in known:
            return unknown_policy_page(policy_id, known)
        draft = new_draft(command, DraftKind.EDIT, policy_id, None, reason)
        return removal_page(known[policy_id], self._rooms.writing.drafts.put(draft))

    async def _exported(self, guild_id: int, policy_id: str) -> Reply:
        known = self._book.policies(guild_id)
        if policy_id and policy_id not in known:
            return unknown_policy_page(policy_id, known)
        wanted = [policy_id] if policy_id else sorted(known)
        if not wanted:
            return page("", [tr("This server has no policy. Add one with `/policy add`.")])
        sources = {each: await self._book.text(guild_id, each) for each in wanted}
        if policy_id:
            name, data = file_name(policy_id), sources[policy_id]
        else:
            name, data = "policies.zip", await asyncio.to_thread(packed, sources)
        text = tr_n("{count} policy, as its file stands.", "{count} policies, as their files stand.", len(wanted))
        return page("", [text], file=discord.File(BytesIO(data), filename=name))

    async def _import(self, command: Command, files: list[discord.Attachment], reason: str) -> None:
        """The first policy is the answer to the command; the others follow below it."""
        others: list[Packed] = []

        async def first() -> Reply:
            found = [each for file in files for each in await self._unpacked(file)]
            if len(found) > MOST_POLICIES:
                said = tr(
                    "These are {count} policies; import at most {most} at once.",
                    count=len(found),
                    most=MOST_POLICIES,
                )
                raise Declined(said)
            others.extend(found[1:])
            return await self._import_preview(command, found[0], reason)

        await respond(command, first())
        for each in others:
            await follow_up(command, self._import_preview(command, each, reason))

    async def _unpacked(self, file: discord.Attachment) -> list[Packed]:
        data = await fetched(file, max(MOST_PACKED_BYTES, MAX_BYTES))
        try:
            return await asyncio.to_thread(unpacked, file.filename, data)
        except PackError as error:
            raise Declined(escaped(str(error), 500)) from error

    async def _import_preview(self, command: Command, item: Packed, reason: str) -> Reply:
        """What is new starts in shadow; what is there keeps its mode."""
        guild_id = _guild(command)
        known = self._book.policies(guild_id)
        policy_id = item.policy_id or _free_id("", item.source, frozenset(known))
        base = await self._on_disk(guild_id, policy_id)
        try:
            parse_file(file_name(policy_id), item.source)
            mode = known[policy_id].mode if base is not None and policy_id in known else Mode.SHADOW
            source = in_mode(item.source, mode, policy_id)
        except PolicyError as error:
            return file_errors_page(item.name, error.problems)
        draft = new_draft(command, DraftKind.IMPORT, policy_id, base, reason, item.name)
        policy = parse_file(file_name(policy_id), source)
        return await preview(self._rooms, with_form(draft.anew(source=source), policy))

    async def _on_disk(self, guild_id: int, policy_id: str) -> bytes | None:
        """A policy's file as it stands; None if there is none."""
        try:
            return await self._book.text(guild_id, policy_id)
        except UnknownPolicy:
            return None


def _free_id(filename: str, source: bytes, taken: frozenset[str]) -> str:
    """A policy's name for a file: the file's own if it is one and free, else one that looks like the title."""
    stem = filename.rsplit(".", 1)[0].lower()
    if is_policy_id(stem) and stem not in taken and stem != "policy":
        return stem
    form = typed_in(source)
    if form is not None:
        return id_from_title(form.title, taken)
    try:
        return id_from_title(parse_file("new.yaml", source).title, taken)
    except PolicyError:  # it is told with the file's errors
        return "new"


def _guild(command: Command) -> int:
    """The guild's id; the commands exist in guilds only."""
    assert command.guild_id is not None
    return command.guild_id


async def setup_cog(bot: SafeguildBot, rooms: Rooms) -> None:
    """Bring the commands in."""
    join_policy_group(bot, PolicyWritingCog(rooms))
    hear_presses(bot)
