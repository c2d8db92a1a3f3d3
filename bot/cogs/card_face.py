"""A case as the embed that moderators read, mostly on a phone."""

import re
from collections.abc import Sequence
from typing import Final

import discord

from bot.cards import UNDECIDED, VIOLATION, Card, Opinion, card
from bot.case import CaseFile, CaseState
from bot.cogs.budget import EMBED_TOTAL, TITLE, Fitted, fit, joined
from bot.cogs.card_parts import WORDS, Sight, fields, paragraphs
from bot.cogs.safe_text import escaped, units
from bot.cogs.words import message_link
from bot.language import marked, tr
from policies.policy import Severity

__all__ = ["Sight", "face", "version_seen"]

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
_FOOTER: Final = re.compile(r"\D*\d+ · \D*(\d*)")
"""In every language the case's number comes first, then that of the version, if there is one."""
_GRAVITY: Final = {
    Severity.LOW: marked("Low"),
    Severity.MEDIUM: marked("Medium"),
    Severity.HIGH: marked("High"),
    Severity.CRITICAL: marked("Critical"),
}


def face(case: CaseFile, sight: Sight | None = None) -> discord.Embed:
    """The card of a case. Whatever its texts say, it is within Discord's limits and nothing in it is markup."""
    sight = sight or Sight()
    shown = card(case, sight.hidden)
    title, footer = _title(case, shown), footer_of(case.id, shown.revision)
    parts = [*paragraphs(case, shown, sight), *fields(case, shown, sight)]
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


def footer_of(case_id: int, revision: int) -> str:
    """By which a card tells what it shows: which version of which case. 0: nothing was found in any."""
    if not revision:
        return tr("Case {case} · no finding", case=case_id)
    return tr("Case {case} · version {version}", case=case_id, version=revision)


def version_seen(message: discord.Message | None) -> int | None:
    """The version of the case that a card shows; None if it does not say."""
    footers = (embed.footer.text or "" for embed in message.embeds) if message else ()
    found = next(filter(None, map(_FOOTER.fullmatch, footers)), None)
    return int(found[1] or 0) if found else None


def _add_fields(embed: discord.Embed, fitted: Sequence[Fitted]) -> None:
    for part in fitted:
        embed.add_field(name=part.name, value=part.text, inline=False)


def _title(case: CaseFile, shown: Card) -> str:
    """ "High · Harassment: H1; Spam: S2"."""
    gravity = tr(WORDS[UNDECIDED]).capitalize() if shown.undecided else tr(_GRAVITY[shown.severity])
    told = dict.fromkeys(_charge(opinion) for opinion in shown.opinions if opinion.word in (VIOLATION, UNDECIDED))
    nothing = tr("reported") if case.reports else tr("nothing found")
    title = f"{gravity} · "
    return title + joined([*told] or [nothing], TITLE - units(title), "; ")


def _charge(opinion: Opinion) -> str:
    rules = ", ".join(escaped(rule.id, 40) for rule in opinion.rules[:3])
    return f"{escaped(opinion.policy_title, 90)}: {rules or tr(WORDS[opinion.word])}"


def _colour(case: CaseFile, shown: Card) -> discord.Colour:
    if case.state not in _WAITING:
        return _SETTLED
    return _UNDECIDED if shown.undecided else _COLOURS[shown.severity]
