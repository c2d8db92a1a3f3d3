"""What "Why flagged?" shows: one line for each policy, the steps of those that matter, everything in a file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO

import discord

from bot.cards import Card
from bot.cogs.replies import Reply, page
from bot.cogs.safe_text import escaped, readable
from bot.explaining.line import Line, framed
from bot.explaining.text import MEANING, full_text, headline, if_wrong
from bot.explaining.told import PolicyTold, Told
from bot.language import marked, tr

FILE = "why-flagged.txt"
_TITLE = marked("Why flagged?")
_MOST_LINES = 15
"""Policies that get a line."""
_MOST_IN_STEPS = 1
"""Policies whose steps are shown, one that flags if there is any: no more than a phone's reader goes through."""
_MOST_NAMED = 10
_NAME, _WORDS = 60, 120
"""The most units of a title, and of anybody's words."""
_BLANKS = 4
"""Of so many characters, one at least is expected to be no blank."""
_NOT_FLAGGED = marked("**Not flagged.** How many ordinary messages score lower, and what it takes:")
_IN_FILE = marked("The file has all steps of all policies.")


@dataclass(frozen=True, slots=True)
class Found:
    """What there is to tell about a message."""

    told: Told
    others: tuple[str, ...]
    """The titles of policies that are off, or do not hold for the message."""
    card: Card | None
    """The message's case, if it became one."""


def nothing_page(reason: str) -> Reply:
    """There is nothing to explain."""
    return page(tr(_TITLE), [reason])


def explained_page(found: Found) -> Reply:
    """The explanation of a message."""
    told = found.told
    lines = [f"**{headline(told)}** {tr(MEANING)} {tr(_IN_FILE)}", *_lines(told.policies), *_others(found.others)]
    colour = discord.Colour.orange() if told.flagged else discord.Colour.green()
    fields = {
        **{_heading(each): _steps(each) for each in (told.flagged or told.policies)[:_MOST_IN_STEPS]},
        tr("Read, besides as written"): [_shown(line, 4 * _WORDS) for line in told.readings],
        tr("What was found when it came in"): _case(found.card) if found.card else [],
    }
    file = discord.File(BytesIO(f"{readable(full_text(told))}\n".encode()), filename=FILE)
    return page(tr(_TITLE), lines, colour, fields, file)


def _lines(policies: Sequence[PolicyTold]) -> Iterator[str]:
    """Those that flag come first. Of the others a number says enough: there is no exact match."""
    shown = policies[:_MOST_LINES]
    for policy in shown:
        if policy.flagged:
            told = tr(
                "**{policy}: flagged**, {reason}",
                policy=escaped(policy.title, _NAME),
                reason=_shown(policy.reason),
            )
            yield f"- {told}"
    if not all(policy.flagged for policy in shown):
        yield tr(_NOT_FLAGGED)
    for policy in shown:
        if not policy.flagged:
            yield f"- {escaped(policy.title, _NAME)}: {policy.level}"
    if len(policies) > _MOST_LINES:
        yield "- " + tr("… and {count} more", count=len(policies) - _MOST_LINES)


def _others(titles: Sequence[str]) -> Iterator[str]:
    if titles:
        named = ", ".join(escaped(title, _NAME) for title in titles[:_MOST_NAMED])
        if len(titles) > _MOST_NAMED:
            named = tr("{named} and {count} more", named=named, count=len(titles) - _MOST_NAMED)
        yield tr("Not asked, since they are off or do not hold here: {policies}.", policies=named)


def _heading(policy: PolicyTold) -> str:
    """Two policies may have one title."""
    return tr("{policy} ({id}), step by step", policy=escaped(policy.title, _NAME), id=policy.policy_id)


def _steps(policy: PolicyTold) -> list[str]:
    advice = [f"**{if_wrong(policy)}**", *(f"- {_shown(line)}" for line in policy.advice)]
    return [*map(_shown, policy.steps), *advice]


def _case(card: Card) -> list[str]:
    """It may differ: thresholds move, texts are edited, and only then was known who else wrote the same."""
    return [
        tr("Case {id}: {title}", id=card.case_id, title=escaped(card.title, 2 * _NAME)),
        *(
            f"- {escaped(opinion.policy_title, _NAME)}: {escaped(line, _WORDS)}"
            for opinion in card.opinions
            for line in opinion.evidence
        ),
    ]


def _shown(line: Line, most: int = _WORDS) -> str:
    """The line as Discord may have it. Of a long text the beginning is enough, blanks and all."""
    return "".join(part if isinstance(part, str) else framed(part, _begun(part.text, most)) for part in line)


def _begun(text: str, most: int) -> str:
    return escaped(text[: _BLANKS * most], most)
