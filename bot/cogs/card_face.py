"""A case as the embed that moderators read, mostly on a phone."""

import re
from collections.abc import Sequence

import discord

from bot.cards import UNDECIDED, VIOLATION, Card, Opinion, card
from bot.case import CaseFile, CaseState
from bot.cogs.budget import EMBED_TOTAL, TITLE, Fitted, fit, joined
from bot.cogs.card_parts import fields, paragraphs
from bot.cogs.safe_text import escaped, units
from bot.cogs.words import message_link
from policies.policy import Severity

_COLOURS = {
    Severity.LOW: discord.Colour(0xF1C40F),
    Severity.MEDIUM: discord.Colour(0xE67E22),
    Severity.HIGH: discord.Colour(0xED4245),
    Severity.CRITICAL: discord.Colour(0xC2185B),
}
_UNDECIDED = discord.Colour(0x9B59B6)
_SETTLED = discord.Colour(0x80848E)
"""What is done is grey, so that what waits stands out."""
_WAITING = (CaseState.OPEN, CaseState.FAILED)
_FOOTER = re.compile(r"Case \d+ · version (\d+)")


def face(case: CaseFile) -> discord.Embed:
    """The card of a case. Whatever its texts say, it is within Discord's limits and nothing in it is markup."""
    shown = card(case)
    title, footer = _title(shown), f"Case {case.id} · version {shown.revision}"
    parts = [*paragraphs(case, shown), *fields(case, shown)]
    fitted = fit(parts, EMBED_TOTAL - units(title) - units(footer))
    embed = discord.Embed(
        title=title,
        colour=_colour(case, shown),
        description="\n".join(part.text for part in fitted if not part.name),
        timestamp=shown.when,
        url=None if shown.since.deleted_at else message_link(case),
    )
    _add_fields(embed, [part for part in fitted if part.name])
    return embed.set_footer(text=footer)


def version_seen(message: discord.Message | None) -> int | None:
    """The version of the case that a card shows; None if it does not say."""
    footers = (embed.footer.text or "" for embed in message.embeds) if message else ()
    found = next(filter(None, map(_FOOTER.fullmatch, footers)), None)
    return int(found[1]) if found else None


def _add_fields(embed: discord.Embed, fitted: Sequence[Fitted]) -> None:
    for part in fitted:
        embed.add_field(name=part.name, value=part.text, inline=False)


def _title(shown: Card) -> str:
    """ "High · Harassment: H1; Spam: S2"."""
    gravity = UNDECIDED if shown.undecided else shown.severity
    told = dict.fromkeys(_charge(opinion) for opinion in shown.opinions if opinion.word in (VIOLATION, UNDECIDED))
    title = f"{gravity.capitalize()} · "
    return title + joined([*told] or ["nothing found"], TITLE - units(title), "; ")


def _charge(opinion: Opinion) -> str:
    rules = ", ".join(escaped(rule.id, 40) for rule in opinion.rules[:3])
    return f"{escaped(opinion.policy_title, 90)}: {rules or opinion.word}"


def _colour(case: CaseFile, shown: Card) -> discord.Colour:
    if case.state not in _WAITING:
        return _SETTLED
    return _UNDECIDED if shown.undecided else _COLOURS[shown.severity]
