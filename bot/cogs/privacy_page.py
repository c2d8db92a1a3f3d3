"""What `/privacy` says: what is kept about a member, what goes when they ask, and their texts as a file."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import discord
from discord.ui import Button, View

from bot.cogs.words import at
from bot.language import tr, tr_n
from bot.missing_words import told
from bot.records.retention import ERASED_AT_LATEST, Kept, KeptText

CANCEL: Final = "privacy:cancel"
DELETE: Final = "privacy:delete"
"""What the button that confirms sends back. It holds nobody's id: whoever presses it deletes their own texts."""
COLOUR: Final = discord.Colour.blurple()
MOST_BYTES: Final = 8_000_000
"""Of an exported file: Discord takes 10 MB."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How long a guild keeps things, in days."""

    words: int
    cases: int


def kept_lines(kept: Kept, terms: Terms) -> Iterator[str]:
    """What is kept about a member."""
    if kept.is_nothing:
        yield tr("Nothing that you wrote is kept here, and there is no case about you.")
    yield from _own_lines(kept, terms)
    if kept.context:
        yield tr_n(
            "With {count} case about somebody else's message, something is kept that you wrote just before it.",
            "With {count} cases about other people's messages, something is kept that you wrote just before them.",
            kept.context,
        )
    if kept.reports:
        yield tr_n(
            "{count} report of yours is kept, with the reason that you gave.",
            "{count} reports of yours are kept, with the reasons that you gave.",
            kept.reports,
        )


def _own_lines(kept: Kept, terms: Terms) -> Iterator[str]:
    if kept.since:
        yield tr_n(
            "**{count} case about what you wrote** is kept, with its texts: the message was flagged, reported, or "
            "looked at as a random sample.",
            "**{count} cases about what you wrote** are kept, with their texts: the messages were flagged, "
            "reported, or looked at as random samples.",
            kept.cases,
        )
        oldest, newest = kept.since
        yield tr("The oldest was stored {when}.", when=at(oldest))
        until = at(newest + timedelta(days=terms.words))
        yield tr("All of these texts are erased by {when} at the latest.", when=until)
    if kept.waiting:
        yield tr_n("{count} of them is not decided yet.", "{count} of them are not decided yet.", kept.waiting)
    if kept.records:
        yield tr_n(
            "Of {count} older case only who, where, when and what was decided is left.",
            "Of {count} older cases only who, where, when and what was decided is left.",
            kept.records,
        )


def rule_lines(terms: Terms) -> Iterator[str]:
    """What holds for everybody."""
    yield tr_n(
        "Texts are erased after {count} day. So is everything that quotes them.",
        "Texts are erased after {count} days. So is everything that quotes them.",
        terms.words,
    )
    yield tr_n(
        "What is left of a case is deleted after {count} day.",
        "What is left of a case is deleted after {count} days.",
        terms.cases,
    )
    yield tr(
        "The moderators of this server can see cases, and whoever runs this bot can. Nothing is sent to anybody "
        "else: the model that reads messages runs on the operator's own machines."
    )
    yield tr("Texts are encrypted on the disk. What nobody suspects is not stored at all.")
    yield tr("`/privacy export` gives you your texts, `/privacy delete` erases them.")


def request_line(kept: Kept) -> str | None:
    """How a member's wish stands."""
    if kept.request is None:
        return None
    asked = at(kept.request.asked_at)
    if kept.request.done_at:
        return tr(
            "You asked on {asked} that your texts are erased. That was done {done}.",
            asked=asked,
            done=at(kept.request.done_at),
        )
    return tr(
        "You asked on {asked} that your texts are erased. What is settled is erased within minutes; what is not "
        "decided yet follows as soon as it is, by {latest} at the latest.",
        asked=asked,
        latest=at(kept.request.asked_at + ERASED_AT_LATEST),
    )


def delete_lines() -> Iterator[str]:
    """What goes and what stays."""
    yield tr(
        "**What goes:** everything that is kept of what you wrote in this server until now. Your messages, edits "
        "and attachments' names in cases, what you wrote before other people's messages, what the model and "
        "moderators wrote about your messages, the reasons of your reports, and your appeals."
    )
    yield tr(
        "**What stays:** who, where, when, what was decided and by whom, and counts. Messages that hang in "
        "channels are yours to delete."
    )
    yield tr(
        "**When:** within minutes. What a moderator still has to decide, or an appeal is about, goes as soon as "
        "that is done, {days} days from now at the latest.",
        days=ERASED_AT_LATEST.days,
    )
    yield tr("It cannot be undone. You cannot appeal any more where nothing is left to look at.")


def delete_view() -> View:
    """The button that confirms, and the one that does not. They work after a restart."""
    view = View(timeout=None)
    view.add_item(Button(label=tr("Erase what I wrote"), style=discord.ButtonStyle.danger, custom_id=DELETE))
    view.add_item(Button(label=tr("Cancel"), custom_id=CANCEL))
    view.stop()
    return view


def exported(texts: Sequence[KeptText], guild_id: int, made_at: datetime, terms: Terms) -> tuple[bytes, int]:
    """The texts as a JSON file, the newest first, and how many did not fit."""
    size, taken = 0, []
    for text in sorted(texts, key=lambda text: text.kept_since, reverse=True):
        entry = _entry(text, terms)
        size += len(json.dumps(entry, ensure_ascii=False).encode("utf-8", "replace")) + 100  # with indentation
        if size > MOST_BYTES:
            break
        taken.append(entry)
    left_out = len(texts) - len(taken)
    document = {
        "server": str(guild_id),
        "made_at": made_at.isoformat(timespec="seconds"),
        "left_out": left_out,
        "texts": taken,
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode("utf-8", "replace"), left_out


def _entry(text: KeptText, terms: Terms) -> dict[str, Any]:
    """Ids as texts: many programs cannot hold such numbers."""
    return {
        "kind": text.source.value,
        "case": text.case_id,
        "message": None if text.message_id is None else str(text.message_id),
        "channel": None if text.channel_id is None else str(text.channel_id),
        "written_at": text.written_at.isoformat(timespec="seconds") if text.written_at else None,
        "kept_since": text.kept_since.isoformat(timespec="seconds"),
        "kept_until": (text.kept_since + timedelta(days=terms.words)).isoformat(timespec="seconds"),
        "text": told(text.content),
        "attachments": list(text.attachments),
        "embeds": list(text.embeds),
    }
