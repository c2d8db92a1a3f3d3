"""What becomes of a draft when a button below it is pressed."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import discord

from bot.cogs.client import SafeguildBot, answer
from bot.cogs.policy_draft_buttons import Press, handled_by
from bot.cogs.policy_draft_pages import (
    both_page,
    cancelled_page,
    forgotten_page,
    meanwhile_page,
    saved_page,
    taken_page,
)
from bot.cogs.policy_editor import open_form, respond, rooms_of, submitted
from bot.cogs.policy_form import FORM_ID
from bot.cogs.policy_pages import mode_page
from bot.cogs.policy_removal import removed_page
from bot.cogs.replies import Reply, about_administrators, page
from bot.cogs.rooms import Rooms
from bot.cogs.words import person, place
from bot.guilds.drafting import live, policy_in
from bot.guilds.drafts import Draft, DraftKind
from bot.guilds.errors import ChangedMeanwhile, UnknownPolicy
from bot.language import tr
from bot.records.histories import Author, AuthorKind, file_hash
from policies.changes import changes
from policies.phrases import phrase
from policies.policy import Mode

Interaction = discord.Interaction[Any]
Work = Callable[[Rooms, Draft], Awaitable[Reply]]


async def pressed(interaction: Interaction, draft_id: str, press: Press) -> None:
    """A button below a draft was pressed. Who may not change policies, or whose draft is forgotten, is told."""
    if objection := about_administrators(interaction):
        await answer(interaction, objection)
        return
    assert interaction.guild_id is not None
    rooms = rooms_of(interaction)
    draft = rooms.writing.drafts.get(draft_id, interaction.guild_id, interaction.user.id)
    if draft is None or not _fits(draft, press):
        await interaction.response.send_message(embed=forgotten_page().embed, ephemeral=True)
    elif press in _OPENING:
        await open_form(interaction, await _OPENING[press](rooms, draft))
    elif press is Press.BOTH:
        await _show_both(interaction, draft)
    else:
        await respond(interaction, _WORK[press](rooms, draft))


def _fits(draft: Draft, press: Press) -> bool:
    """Whether a draft has what this is pressed for: an older page may offer more than there is by now."""
    if press in (Press.SAVE, Press.LIVE, Press.MINE):
        return draft.source is not None
    return press not in _OPENING or draft.form is not None


async def _save(rooms: Rooms, draft: Draft) -> Reply:
    return await _written(rooms, draft, draft.source or b"")


async def _save_live(rooms: Rooms, draft: Draft) -> Reply:
    return await _written(rooms, draft, live(draft))


async def _save_mine(rooms: Rooms, draft: Draft) -> Reply:
    """Over what the person was shown as the other one's, and over nothing that came later."""
    return await _written(rooms, replace(draft, base=draft.theirs), draft.source or b"")


async def _written(rooms: Rooms, draft: Draft, source: bytes) -> Reply:
    author = Author(draft.kind.author_kind, draft.author_id, draft.reason)
    expected = file_hash(draft.base) if draft.base is not None else None
    try:
        policy = await rooms.policy_book.save(draft.guild_id, draft.policy_id, source, expected, author)
    except ChangedMeanwhile as error:
        return await _overtaken(rooms, draft.anew(source=source), error.current)
    rooms.writing.drafts.drop(draft.id)
    review = rooms.guild_book.settings(draft.guild_id).review_channel
    return saved_page(policy, place(review) if review else None)


async def _overtaken(rooms: Rooms, draft: Draft, current: bytes | None) -> Reply:
    """Somebody else was faster. The draft is kept, with what stands there now beside it."""
    kept = rooms.writing.drafts.put(draft.anew(theirs=current))
    if draft.kind in (DraftKind.NEW, DraftKind.IMPORT) and draft.base is None:
        return taken_page(kept)
    before, now = policy_in(draft.policy_id, draft.base), policy_in(draft.policy_id, current)
    changed = changes(before, now) if before and now else ()
    return meanwhile_page(kept, changed, await _who(rooms, draft, current))


async def _who(rooms: Rooms, draft: Draft, current: bytes | None) -> str:
    """Who made the version that stands there now."""
    if current is None:
        return tr("It was removed.")
    found = await rooms.store.versions(draft.guild_id, draft.policy_id, limit=1)
    if not found or found[0].file_hash != file_hash(current):
        return ""
    author = found[0].author
    if author.kind is AuthorKind.FILE:
        return tr("Its file was changed by hand.")
    return tr("It was saved by {who}.", who=person(author.id)) if author.id else ""


async def _as_typed(_: Rooms, draft: Draft) -> Draft:
    return draft


async def _on_top(_: Rooms, draft: Draft) -> Draft:
    """One's own text again, on top of what somebody else has saved: what the form does not show is theirs."""
    return replace(draft, base=draft.theirs, theirs=None)


async def _show_both(interaction: Interaction, draft: Draft) -> None:
    made = both_page(draft, draft.theirs or b"")
    files = [made.file] if made.file else []
    await interaction.response.send_message(embed=made.embed, files=files, ephemeral=True)


async def _cancel(rooms: Rooms, draft: Draft) -> Reply:
    rooms.writing.drafts.drop(draft.id)
    return cancelled_page()


async def _remove(rooms: Rooms, draft: Draft) -> Reply:
    policy = rooms.policy_book.policies(draft.guild_id).get(draft.policy_id)
    if policy is None:
        raise UnknownPolicy(phrase("This policy is not there any more."))
    author = Author(AuthorKind.COMMAND, draft.author_id, draft.reason)
    await rooms.policy_book.remove(draft.guild_id, draft.policy_id, author)
    rooms.writing.drafts.drop(draft.id)
    return removed_page(policy)


async def _start(rooms: Rooms, draft: Draft) -> Reply:
    """Go live with what was shown; a policy that says something else by now is not what was confirmed."""
    known = rooms.policy_book.policies(draft.guild_id).get(draft.policy_id)
    if known is None or known != policy_in(draft.policy_id, draft.base):
        return page("", [tr("The policy has changed meanwhile. Use `/policy mode` again to see how it is now.")])
    author = Author(AuthorKind.COMMAND, draft.author_id, draft.reason)
    policy = await rooms.policy_book.set_mode(draft.guild_id, draft.policy_id, Mode.LIVE, author)
    rooms.writing.drafts.drop(draft.id)
    return mode_page(policy, rooms.guild_book.settings(draft.guild_id).review_channel)


_OPENING: Mapping[Press, Callable[[Rooms, Draft], Awaitable[Draft]]] = MappingProxyType(
    {Press.FIX: _as_typed, Press.CHANGE: _as_typed, Press.AGAIN: _on_top}
)
_WORK: Mapping[Press, Work] = MappingProxyType(
    {
        Press.SAVE: _save,
        Press.LIVE: _save_live,
        Press.MINE: _save_mine,
        Press.CANCEL: _cancel,
        Press.REMOVE: _remove,
        Press.START: _start,
    }
)


def hear_presses(bot: SafeguildBot) -> None:
    """Let the buttons and the forms of drafts find their way."""
    bot.add_dynamic_items(handled_by(pressed))
    bot.forms.hear(FORM_ID, submitted)
