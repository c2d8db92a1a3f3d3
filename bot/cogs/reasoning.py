"""What stands behind a card, for moderators who ask: the model's own words, and what it was asked with."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import discord

from bot.cards import UNDECIDED, VIOLATION, Card, Opinion, card
from bot.case import CaseFile
from bot.cogs.budget import DESCRIPTION, EMBED_TOTAL, EMBEDS, Part, Writer, fit, joined
from bot.cogs.card_parts import WORDS
from bot.cogs.safe_text import code_block, escaped, readable, units
from bot.cogs.words import sure
from bot.language import marked, tr
from bot.review.care import Hidden

WHOLE_MESSAGE = 1800
"""A message with more units than this is cut on its card, so the file has to have it."""
_UNBOUNDED = 10**6
_IN_FILE = marked("It is too long for Discord. All of it is in the file.")
_MAY_BE_WRONG = marked("The model's own words, as they came. They can be wrong.")
_DIGEST = 12


@dataclass(frozen=True, slots=True)
class Reasoning:
    """A private answer."""

    embeds: tuple[discord.Embed, ...]
    file_text: str | None
    """Everything, as plain text, when the embeds cannot hold it."""
    file_name: str

    @property
    def files(self) -> list[discord.File]:
        """The attachments; new ones at every call, for each can be sent once."""
        if self.file_text is None:
            return []
        return [discord.File(BytesIO(self.file_text.encode()), self.file_name)]


def reasoning(case: CaseFile, reason: Hidden | None = None) -> Reasoning:
    """One page per policy, what has to be looked at first; and a file if something had to be shortened.

    `reason`: why whoever asks is shown no words of members, nor a model's words about them.
    """
    shown = card(case, reason)
    asked = shown.opinions[:EMBEDS]
    if not asked:
        return Reasoning((_nothing_yet(),), None, "")
    room = EMBED_TOTAL // len(asked)
    made_with = _all_made_with(asked)
    pages = [_page(*each, room, shown.hidden) for each in zip(asked, made_with, strict=True)]
    whole = len(asked) == len(shown.opinions) and all(complete for _, complete in pages)
    embeds = tuple(embed for embed, _ in pages)
    if shown.hidden or (whole and _shown_on_card(shown)):
        text = None
    else:
        text = full_text(case.id, shown)
        embeds[0].set_footer(text=tr(_IN_FILE))
    return Reasoning(embeds, text, f"case-{case.id}-reasoning.txt")


def full_text(case_id: int, shown: Card) -> str:
    """Everything, as plain text. What is hidden is written out, and nothing is shortened."""
    said = "\n".join(f"{line.speaker}: {line.text}" for line in shown.earlier)
    parts = [
        f"{tr('Case {number}', number=case_id)}: {shown.title}",
        *(f"{tr('Said before')}:\n{said}" for _ in shown.earlier[:1]),
        *(f"{tr('The message before an edit')}:\n{text}" for text in shown.older_texts),
        f"{tr('The message')}:\n{shown.text}",
        *(f"{tr('What it says now')}:\n{text}" for text in (shown.since.current_text,) if text is not None),
        *map(_as_text, shown.opinions),
    ]
    return readable("\n\n".join(parts)) + "\n"


def _shown_on_card(shown: Card) -> bool:
    texts = (shown.text, shown.since.current_text or "", *shown.older_texts)
    return not any(
        code_block(text, room)[1] for text, room in zip(texts, (WHOLE_MESSAGE, 600, 500, 500), strict=False)
    )


def _as_text(opinion: Opinion) -> str:
    lines = [
        f"--- {_heading(opinion)} ---",
        *(f"{tr('Rule')} {rule.id} ({tr(rule.severity.value)}): {rule.text}" for rule in opinion.rules),
        *(f"{tr('Quoted')}: {quote}" for quote in opinion.quotes),
        *(f"{tr('Why')}: {text}" for text in (opinion.rationale,) if text),
        *(f"{tr('Note')}: {note}" for note in opinion.notes),
        *(f"{tr('Looked at because of')}: {line}" for line in opinion.evidence),
        *_made_with(opinion),
        *(f"{tr('The words of the model')}:\n{text}" for text in (opinion.reasoning,) if text),
    ]
    return "\n".join(lines)


def _nothing_yet() -> discord.Embed:
    return discord.Embed(description=tr("No policy has been asked about this message yet."))


def _page(
    opinion: Opinion, made_with: Sequence[str], room: int, hidden: Hidden | None
) -> tuple[discord.Embed, bool]:
    """An opinion in so many units, and whether all of it is there."""
    title = escaped(_heading(opinion), 250)
    parts = list(_parts(opinion, made_with, hidden))
    fitted = fit(parts, room - units(title) - units(tr(_IN_FILE)))
    embed = discord.Embed(title=title)
    for part in fitted:
        if part.name:
            embed.add_field(name=part.name, value=part.text, inline=False)
        else:
            embed.description = part.text
    return embed, [part.text for part in fitted] == [part.write(_UNBOUNDED) for part in parts]


def _heading(opinion: Opinion) -> str:
    heading = {"policy": opinion.policy_title, "word": tr(WORDS[opinion.word])}
    if opinion.probability is None:
        return tr("{policy}: {word}", **heading)
    share = sure(opinion.probability)
    if opinion.word == VIOLATION:
        return tr("{policy}: {word}, {share} likely", **heading, share=share)
    return tr("{policy}: {word}, {share} likely a violation", **heading, share=share)


def _parts(opinion: Opinion, made_with: Sequence[str], hidden: Hidden | None) -> Sequence[Part]:
    parts = [Part("", _own_words(opinion, hidden), 60, DESCRIPTION)]
    if opinion.rationale:
        parts.append(Part(tr("Why"), lambda room: escaped(opinion.rationale, room), 90))
    if opinion.notes:
        parts.append(Part(tr("Notes"), _list(opinion.notes), 80))
    if opinion.evidence:
        parts.append(Part(tr("Looked at because of"), _list(opinion.evidence), 50))
    if made_with:
        parts.append(Part(tr("Made with"), _list(made_with), 70))
    return parts


def _own_words(opinion: Opinion, hidden: Hidden | None) -> Writer:
    if hidden or not opinion.reasoning:
        told = tr(_silence(opinion, hidden))
        return lambda _: told

    above = tr(_MAY_BE_WRONG)

    def write(room: int) -> str:
        block, _ = code_block(opinion.reasoning, room - units(above) - 1, rows=_UNBOUNDED)
        return f"{above}\n{block}"

    return write


def _silence(opinion: Opinion, hidden: Hidden | None) -> str:
    """Why there are no words of the model."""
    if hidden is Hidden.PRIVATE:
        return marked(
            "You cannot read the channel that this was written in, so what quotes it is not shown to you."
        )
    if hidden:
        return marked("What was written is not repeated, nor what the model said of it.")
    if opinion.word == UNDECIDED:
        return marked("The model's answer could not be read.")
    return marked("There is no reasoning.")


def _all_made_with(opinions: Sequence[Opinion]) -> list[list[str]]:
    """What each page says of it. Where one model has judged all, the first page tells of all policies."""
    judged = [opinion for opinion in opinions if opinion.model_name]
    if len({(opinion.model_name, opinion.model_digest) for opinion in judged}) != 1:
        return [_made_with(opinion) for opinion in opinions]
    looks = [list(opinion.look.lines) if opinion.look and opinion.model_name else [] for opinion in opinions]
    first, *others = looks
    return [[*first, _model_line(judged[0]), *map(_policy_line, judged)], *others]


def _made_with(opinion: Opinion) -> list[str]:
    if not opinion.model_name:
        return []
    return [*(opinion.look.lines if opinion.look else ()), _model_line(opinion), _policy_line(opinion)]


def _model_line(opinion: Opinion) -> str:
    return tr("model {name}, digest {digest}", name=opinion.model_name, digest=opinion.model_digest[:_DIGEST])


def _policy_line(opinion: Opinion) -> str:
    return tr("policy {name}, digest {digest}", name=opinion.policy_id, digest=opinion.policy_digest[:_DIGEST])


def _list(lines: Sequence[str]) -> Writer:
    """What is longer than the room is cut, and stands whole in the file."""
    return lambda room: joined([f"- {escaped(line, room - 2)}" for line in lines], room)
