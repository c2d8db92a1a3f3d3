"""What `/policy history` and `/policy diff` show."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from io import BytesIO
from types import MappingProxyType

import discord
from discord.ui import View

from bot.cogs.policy_draft_pages import quoted, unified
from bot.cogs.policy_pages import mode_name
from bot.cogs.replies import Reply, page
from bot.cogs.safe_text import code_block, escaped
from bot.cogs.words import at, person
from bot.guilds.change_words import change_line
from bot.guilds.drafting import policy_in
from bot.language import in_quotes, marked, tr
from bot.records.histories import AuthorKind, Version
from policies.changes import changes

_REASON = 220
_MOST_CHANGES = 25
_DIFF_SHOWN, _DIFF_ROWS = 1000, 30
"""Units and rows of a diff that are shown beside its file."""
_KINDS: Mapping[AuthorKind, str] = MappingProxyType(
    {
        AuthorKind.COMMAND: marked("by {who}"),
        AuthorKind.FILE: marked("its file was changed by hand"),
        AuthorKind.START: marked("found when I was started"),
        AuthorKind.RESTORE: marked("an older version brought back by {who}"),
        AuthorKind.IMPORT: marked("imported by {who}"),
    }
)


def history_page(policy_id: str, versions: Sequence[Version], view: View | None) -> Reply:
    """Some versions, the newest first."""
    lines = [_line(version) for version in versions]
    hint = tr("`/policy diff` compares two, `/policy restore` brings one back.")
    made = page(tr("Versions of {id}", id=policy_id), [*lines, "", hint])
    return replace(made, view=view)


def _line(version: Version) -> str:
    author = version.author
    who = person(author.id) if author.id else tr("somebody")
    what = tr("removed") if version.mode is None else mode_name(version.mode)
    how = tr(_KINDS[author.kind], who=who)
    reason = f"\n  {in_quotes(escaped(author.reason, _REASON))}" if author.reason else ""
    return f"**#{version.number}** {at(version.at)}, {how} ({what}){reason}"


def diff_page(policy_id: str, older: bytes, newer: bytes, names: tuple[str, str]) -> Reply:
    """What changed, in words and line by line; the whole comparison is attached."""
    before, after = policy_in(policy_id, older), policy_in(policy_id, newer)
    found = changes(before, after) if before and after else ()
    lines = [f"- {change_line(change, quoted)}" for change in found[:_MOST_CHANGES]]
    if len(found) > _MOST_CHANGES:
        lines.append(tr("… and {count} more", count=len(found) - _MOST_CHANGES))
    if not found:
        same = older == newer
        lines.append(tr("Both are the same.") if same else tr("They say the same; only their files differ."))
    text = "".join(unified(older, newer, *names))
    block, _ = code_block(text, _DIFF_SHOWN, rows=_DIFF_ROWS) if text else ("", False)
    file = discord.File(BytesIO(text.encode()), filename=f"{policy_id}.diff.txt") if text else None
    title = tr("{id}: from {old} to {new}", id=policy_id, old=names[0], new=names[1])
    return page(title, lines, fields={tr("Line by line"): [block] if block else []}, file=file)
