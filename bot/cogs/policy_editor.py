"""Writing a policy: the form, the preview, and what becomes of it. `open_editor*` are for other cogs, too."""

import asyncio
import re
from collections.abc import Awaitable
from dataclasses import replace
from typing import Any

import discord
import structlog

from bot.cogs.client import SORRY, answer
from bot.cogs.forms import Typed
from bot.cogs.plainly import Declined
from bot.cogs.policy_draft_pages import (
    errors_page,
    kept_page,
    misfit_page,
    preview_page,
    stranded_page,
)
from bot.cogs.policy_form import PolicyForm, filled_in
from bot.cogs.policy_pages import unknown_policy_page
from bot.cogs.replies import Reply, about_administrators, page, problem_line
from bot.cogs.rooms import Rooms
from bot.cogs.safe_text import escaped
from bot.guilds.drafting import id_from_title, look_at, policy_in, with_form, written
from bot.guilds.drafts import Draft, DraftKind
from bot.guilds.errors import GuildFileError, NotWritten, UnknownPolicy
from bot.guilds.form import Form, FormError
from bot.guilds.form_writing import example_line
from bot.language import said, tr
from bot.ports import DiscordError, StoreError
from policies.patterns import PatternError
from policies.policy import Example, Policy
from policies.problems import PolicyError
from policies.rewriting import rewritten

_log = structlog.get_logger(__name__)

Interaction = discord.Interaction[Any]
_LONGEST = 4000


async def open_editor(interaction: Interaction, policy_id: str, *, reason: str = "") -> None:
    """Open the form with a policy of this guild. The interaction must not be answered yet.

    Whoever may not change policies is told; so is who asks for a policy that does not fit the form.
    """
    if (found := await _editable(interaction, policy_id)) is None:
        return
    policy, source = found
    draft = with_form(new_draft(interaction, DraftKind.EDIT, policy_id, source, reason), policy)
    if draft.form is None:
        await _tell(interaction, misfit_page(policy, source))
    else:
        await open_form(interaction, draft)


async def open_editor_with_example(
    interaction: Interaction, guild_id: int, policy_id: str, text: str, verdict: str
) -> None:
    """Open the form with a message's text as one more example, for its author to reword. Nothing is saved yet.

    The interaction must not be answered yet. `verdict`: a rule's id, or `allowed`; where the rule is not there any
    more, the form says so when it is sent off.
    """
    assert guild_id == interaction.guild_id, "a policy is edited in its own server"
    if (found := await _editable(interaction, policy_id)) is None:
        return
    policy, source = found
    draft = with_form(new_draft(interaction, DraftKind.EDIT, policy_id, source), policy)
    example = Example.model_construct(text=text.strip(), verdict=verdict, note=None, show=False)
    if draft.form is not None:
        draft = draft.anew(form=_with_example(draft.form, example))
    if draft.form is None or len(draft.form.examples) > _LONGEST:
        longer = policy.model_copy(update={"examples": (*policy.examples, example)})
        await _tell(interaction, misfit_page(policy, rewritten(source, longer).source, added=text))
    else:
        await open_form(interaction, draft)


def _with_example(form: Form, example: Example) -> Form:
    lines = [form.examples.rstrip("\n"), example_line(example)]
    return form.model_copy(update={"examples": "\n".join(filter(None, lines))})


async def _editable(interaction: Interaction, policy_id: str) -> tuple[Policy, bytes] | None:
    """A policy and its file; None if the person was told why they cannot edit it."""
    if objection := about_administrators(interaction):
        await answer(interaction, objection)
        return None
    assert interaction.guild_id is not None
    book = rooms_of(interaction).policy_book
    known = book.policies(interaction.guild_id)
    try:
        source = await book.text(interaction.guild_id, policy_id)
        return policy_in(policy_id, source) or known[policy_id], source
    except UnknownPolicy:
        await _tell(interaction, unknown_policy_page(policy_id, known))
    except GuildFileError as error:
        await answer(interaction, escaped(said(error.message), _LONGEST))
    return None


def new_draft(
    interaction: Interaction,
    kind: DraftKind,
    policy_id: str,
    base: bytes | None,
    reason: str = "",
    origin: str = "",
) -> Draft:
    """A draft of the person whose interaction it is, with nothing in it yet."""
    assert interaction.guild_id is not None
    return Draft(interaction.guild_id, interaction.user.id, kind, policy_id, base, reason=reason, origin=origin)


async def open_form(interaction: Interaction, draft: Draft) -> None:
    """Open the form with what stands in a draft, and keep the draft."""
    rooms_of(interaction).writing.drafts.put(draft)
    title = tr("New policy") if draft.kind is DraftKind.NEW else tr("Policy: {name}", name=draft.policy_id)
    await interaction.response.send_modal(PolicyForm(draft, title))


async def submitted(interaction: Interaction, match: re.Match[str], typed: Typed) -> None:
    """A form was sent off: show what would be saved, or what is wrong with it."""
    if objection := about_administrators(interaction):
        await answer(interaction, objection, typed.words)
        return
    assert interaction.guild_id is not None
    form = filled_in(typed)
    draft = rooms_of(interaction).writing.drafts.get(match["draft"], interaction.guild_id, interaction.user.id)
    if draft is None:
        stranded = new_draft(interaction, DraftKind.NEW, "", None).anew(form=form)
        await respond(interaction, _ready(stranded_page(stranded)))
    else:
        await respond(interaction, _drafted_or_kept(interaction, draft, form))


async def _drafted_or_kept(interaction: Interaction, draft: Draft, form: Form) -> Reply:
    """The form is closed by now: whatever is in the way of its preview, what was typed is kept."""
    try:
        return await drafted(interaction, draft, form)
    except Exception as error:  # noqa: BLE001 - whoever wrote it is told, and has it still
        kept = rooms_of(interaction).writing.drafts.put(draft.anew(form=form, source=None))
        return kept_page(kept, trouble_page(interaction, error))


async def drafted(interaction: Interaction, draft: Draft, form: Form) -> Reply:
    """The preview of what was typed, or what is wrong with it."""
    rooms = rooms_of(interaction)
    known = rooms.policy_book.policies(draft.guild_id)
    base = policy_in(draft.policy_id, draft.base) or (known.get(draft.policy_id) if draft.base else None)
    if not draft.policy_id:
        draft = replace(draft, policy_id=id_from_title(form.title, frozenset(known)))
    try:
        made = await asyncio.to_thread(written, draft, form, base)
    except FormError as error:
        kept = rooms.writing.drafts.put(draft.anew(form=form, source=None))
        return errors_page(kept, error.problems)
    return await preview(rooms, made)


async def preview(rooms: Rooms, draft: Draft) -> Reply:
    """What would be saved, with its buttons. Keeps the draft. Raises PolicyError if its file has errors."""
    policy = (await asyncio.to_thread(look_at, draft, None)).after
    tokens, spotted = await asyncio.gather(rooms.writing.tokens(policy), rooms.writing.spotted(policy))
    look = await asyncio.to_thread(look_at, draft, tokens)
    rooms.writing.drafts.put(draft)
    return preview_page(look, spotted)


def rooms_of(interaction: Interaction) -> Rooms:
    """The rooms that the bot has."""
    rooms: Rooms = interaction.client.rooms
    return rooms


async def respond(interaction: Interaction, work: Awaitable[Reply]) -> None:
    """Acknowledge at once, then answer: a press below a private answer changes it, all else gets a new one.

    What goes wrong is told beside it: the message and its buttons stay, so that nothing is lost.
    """
    in_place = interaction.message is not None and interaction.message.flags.ephemeral  # never a card
    if in_place:
        await interaction.response.defer()
    else:
        await interaction.response.defer(ephemeral=True, thinking=True)
    try:
        made = await work
    except Exception as error:  # noqa: BLE001 - whoever pressed is told, whatever happens
        await _told_beside(interaction, trouble_page(interaction, error), in_place=in_place)
        return
    files = [made.file] if made.file else []
    await interaction.edit_original_response(embed=made.embed, attachments=files, view=made.view)


async def follow_up(interaction: Interaction, work: Awaitable[Reply]) -> None:
    """One more message below an answer that was given, for this person alone."""
    try:
        made = await work
    except Exception as error:  # noqa: BLE001 - as above
        made = trouble_page(interaction, error)
    view = discord.utils.MISSING if made.view is None else made.view
    file = discord.utils.MISSING if made.file is None else made.file
    await interaction.followup.send(embed=made.embed, file=file, view=view, ephemeral=True)


def trouble_page(interaction: Interaction, error: Exception) -> Reply:
    """What is in the way, in plain words."""
    if isinstance(error, PolicyError):
        head = tr("Nothing was saved: there are errors.")
        return page("", [head, *map(problem_line, error.problems)], discord.Colour.red())
    if isinstance(error, StoreError):
        _log.error("a command found the store away", guild=interaction.guild_id, reason=str(error))
        return page("", [tr("My memory does not answer. Nothing was changed; try again in a minute.")])
    if isinstance(error, Declined | DiscordError):
        return page("", [str(error)], discord.Colour.red())
    if isinstance(error, NotWritten):
        _log.error("a guild's file cannot be written", guild=interaction.guild_id, reason=str(error))
    if isinstance(error, GuildFileError | PatternError):
        return page("", [escaped(said(error.message), _LONGEST)], discord.Colour.red())
    _log.error("what was asked about a policy could not be done", guild=interaction.guild_id, exc_info=error)
    return page("", [tr(SORRY)], discord.Colour.red())


async def _told_beside(interaction: Interaction, made: Reply, *, in_place: bool) -> None:
    if in_place:
        await interaction.followup.send(embed=made.embed, ephemeral=True)
    else:
        await interaction.edit_original_response(embed=made.embed)


async def _tell(interaction: Interaction, made: Reply) -> None:
    """Answer at once, to this person alone."""
    files = [made.file] if made.file else []
    await interaction.response.send_message(embed=made.embed, files=files, ephemeral=True)


async def _ready(made: Reply) -> Reply:
    return made
