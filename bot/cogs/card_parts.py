"""What stands on a card, part by part, each with its importance: what matters least gives way first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bot.cards import ALLOWED, UNDECIDED, VIOLATION, WAITING, Card, CitedRule, Opinion
from bot.case import AuthorRecord, CaseFile
from bot.cogs.budget import Part, Writer, joined
from bot.cogs.card_standing import standing, told_hidden
from bot.cogs.safe_text import code_block, escaped, one_line, shortened, spoiler_block, spoiler_line, units
from bot.cogs.words import ago, message_link, person, place, suggested, sure
from bot.explaining.line import isolated
from bot.language import in_quotes, marked, number, tr, tr_in, tr_n
from bot.review.care import Hidden
from bot.severities import severity_word
from inference.standin.notice import STANDIN_NAME

MAX_FULL_OPINIONS = 4
"""Opinions with their rules and reasons; further ones get a line."""
MAX_VERSIONS = 2
MAX_EVIDENCE = 4
NEW_ACCOUNT = timedelta(days=7)
"""An author whose account was younger than this when they wrote is called new."""
UNREADABLE: Final = marked(
    "**The model's answer could not be read.** It neither accuses nor clears anyone: "
    "please read the message and judge for yourself."
)
WORDS: Final[Mapping[str, str]] = {
    VIOLATION: marked("violation"),
    UNDECIDED: marked("undecided"),
    ALLOWED: marked("allowed"),
    WAITING: marked("waiting"),
}


@dataclass(frozen=True, slots=True)
class Sight:
    """What the readers of a card get to see."""

    hidden: Hidden | None = None
    """Why they are shown no words of members, beside the case's own reasons."""
    kept_out: str = ""
    """Which of them may not read the message's channel."""
    blurred: bool = False
    """Reasons come first, and words of members stand behind spoilers."""


def paragraphs(case: CaseFile, card: Card, sight: Sight) -> list[Part]:
    """The description: what was decided, the message, and whose it is."""
    reasons = list(_blurred_reasons(card)) if sight.blurred else []
    return [
        Part("", _lines(list(standing(case, card))), 100, 1100),
        *reasons,
        Part("", _message(card, sight), 95, 1900),
        Part("", _lines([_byline(case, card)]), 90, 500),
    ]


def fields(case: CaseFile, card: Card, sight: Sight) -> list[Part]:
    """The fields below it."""
    return [
        *_since(card, sight),
        *_opinions(card, sight),
        *_earlier(card, sight),
        Part(tr("Author"), _lines(_author(case, card)), 93, 400),
        *_versions(card, sight),
        *_evidence(card, sight),
        *_other_opinions(card),
        *_judged_by(card),
    ]


def _message(card: Card, sight: Sight) -> Writer:
    if card.hidden:
        told = told_hidden(card.hidden, sight.kept_out)
        return lambda room: told if units(told) <= room else ""
    length = number(units(card.text))
    note = "\n" + tr("*Cut: the message has {length} characters. All of it is behind “Reasoning”.*", length=length)
    block = spoiler_block if sight.blurred else code_block

    def write(room: int) -> str:
        whole, cut = block(card.text, room)
        return block(card.text, room - units(note))[0] + note if cut and room > 2 * units(note) else whole

    return write


def _blurred_reasons(card: Card) -> Iterator[Part]:
    """Why it was found, before what was written: whoever has read enough for today can stop there."""
    for opinion in _to_look_at(card)[:1]:
        if opinion.rationale:
            yield Part("", _escaped(opinion.rationale), 94, 600)


def _byline(case: CaseFile, card: Card) -> str:
    name = isolated(escaped(card.writer.name, 80)) or tr_in("name", "unknown")
    where = {"name": f"**{name}**", "place": place(case.message.channel_id)}
    if card.when:
        written = tr("{name} in {place}, {when}", **where, when=ago(card.when))
    else:
        written = tr("{name} in {place}", **where)
    edited = tr(", edited") if card.edited else ""
    link = "" if card.since.deleted_at else " · " + tr("[Jump to it]({link})", link=message_link(case))
    return f"{written}{edited}{link}"


def _since(card: Card, sight: Sight) -> Iterator[Part]:
    if card.since.current_text is not None and not card.hidden:
        name = tr("Edited since. Now it says (nothing suspects this):")
        yield Part(name, _block(card.since.current_text, sight), 70, 600)


def _opinions(card: Card, sight: Sight) -> Iterator[Part]:
    """The first one is what the card is about; the others give way before the message's surroundings do."""
    for position, opinion in enumerate(_to_look_at(card)[:MAX_FULL_OPINIONS]):
        rules = [_rule(rule) for rule in opinion.rules] or [_no_rule(opinion)]
        yield Part(_heading(opinion), _lines(rules), 92 if position == 0 else 74 - position)
        yield Part(tr("Why"), _why(opinion, sight), 91 if position == 0 else 58 - position, 900)


def _to_look_at(card: Card) -> list[Opinion]:
    return [opinion for opinion in card.opinions if opinion.word in (VIOLATION, UNDECIDED)]


def _heading(opinion: Opinion) -> str:
    return f"{escaped(opinion.policy_title, 120)}: {_word(opinion)}"


def _word(opinion: Opinion) -> str:
    word = tr(WORDS[opinion.word])
    if opinion.word == VIOLATION and opinion.probability is not None:
        word = tr("{word}, {share} likely", word=word, share=sure(opinion.probability))
    shadow = " " + tr("(shadow: counted only)") if opinion.shadow else ""
    outdated = " " + tr("(before the edit)") if opinion.outdated else ""
    return f"{word}{shadow}{outdated}"


def _rule(rule: CitedRule) -> str:
    named = ", ".join(map(suggested, rule.suggest))
    below = "\n" + tr("Suggested: {actions}", actions=named) if named else ""
    return f"**{escaped(rule.id, 40)}** ({severity_word(rule.severity)}) {escaped(rule.text, 400)}{below}"


def _no_rule(opinion: Opinion) -> str:
    return tr(UNREADABLE) if opinion.word == UNDECIDED else tr("The model names no rule.")


def _why(opinion: Opinion, sight: Sight) -> Writer:
    shown = [in_quotes(escaped(quote, 120)) for quote in opinion.quotes[:4]]
    if sight.blurred:
        shown = [spoiler_line(quote, 120) for quote in opinion.quotes[:4]]
    quotes = tr("Quoted: {quotes}", quotes=" · ".join(shown))

    def write(room: int) -> str:
        told = escaped(opinion.rationale, room)
        return joined([line for line in (told, quotes if opinion.quotes else "") if line], room) or told

    return write


def _earlier(card: Card, sight: Sight) -> Iterator[Part]:
    if card.earlier:
        said = "\n".join(f"{line.speaker}: {shortened(one_line(line.text), 160)}" for line in card.earlier)
        yield Part(tr("Said before"), _block(said, sight), 60, 800)


def _author(case: CaseFile, card: Card) -> list[str]:
    writer, written = card.writer, case.message.created_at
    new = " " + tr("**(new account)**") if timedelta() <= written - writer.account_made < NEW_ACCOUNT else ""
    joined_at = " · " + tr("joined {when}", when=ago(writer.joined)) if writer.joined else ""
    return [
        f"{person(writer.id)} · id `{writer.id}`",
        f"{tr('Account made {when}', when=ago(writer.account_made))}{new}{joined_at}",
        _record(writer.record),
    ]


def _record(record: AuthorRecord) -> str:
    if not record.cases:
        return tr("No other cases")
    unsettled = record.cases - record.acted_on - record.dismissed - record.taken_back
    ends = (
        (record.acted_on, tr_n("{count} acted on", "{count} acted on", record.acted_on)),
        (record.dismissed, tr_n("{count} dismissed", "{count} dismissed", record.dismissed)),
        (record.taken_back, tr_n("{count} taken back", "{count} taken back", record.taken_back)),
        (unsettled, tr_n("{count} not settled", "{count} not settled", unsettled)),
    )
    told = ", ".join(end for count, end in ends if count > 0)
    return tr_n("{count} other case: {ends}", "{count} other cases: {ends}", record.cases, ends=told)


def _versions(card: Card, sight: Sight) -> Iterator[Part]:
    total = card.older_count + 1
    texts = () if card.hidden else card.older_texts[-MAX_VERSIONS:]
    for version, text in enumerate(texts, start=total - len(texts)):
        name = tr("Before the edit (version {version} of {total})", version=version, total=total)
        yield Part(name, _block(text, sight), 50, 500)


def _evidence(card: Card, sight: Sight) -> Iterator[Part]:
    found = dict.fromkeys(line for opinion in card.opinions for line in opinion.found)
    if found:
        lines = [f"- {spoiler_line(line, 160) if sight.blurred else escaped(line, 160)}" for line in found]
        yield Part(tr("Looked at because of"), _lines(_few(lines, MAX_EVIDENCE)), 40, 700)


def _other_opinions(card: Card) -> Iterator[Part]:
    full = _to_look_at(card)[:MAX_FULL_OPINIONS]
    lines = [
        f"- {escaped(opinion.policy_title, 120)}: {_word(opinion)}{_probability(opinion)}"
        for opinion in card.opinions
        if opinion not in full
    ]
    if lines:
        yield Part(tr("Other policies"), _lines(_few(lines, 8)), 30, 700)


def _probability(opinion: Opinion) -> str:
    if opinion.probability is None or opinion.word == VIOLATION:
        return ""
    return " " + tr("({share} likely a violation)", share=sure(opinion.probability))


def _judged_by(card: Card) -> Iterator[Part]:
    names = dict.fromkeys(opinion.model_name for opinion in card.opinions if opinion.model_name)
    if names:
        lines = [*(_model(name) for name in names), *_second_looks(card)]
        yield Part(tr("Judged by"), _lines(lines), 45, 300)


def _model(name: str) -> str:
    if name == STANDIN_NAME:
        return tr("The **stand-in**: it only matches terms. No language model has read this.")
    return escaped(name, 120)


def _second_looks(card: Card) -> Iterator[str]:
    """Where one look was not enough, of what people have to look at."""
    for opinion in _to_look_at(card)[:MAX_FULL_OPINIONS]:
        if opinion.look and opinion.look.first:
            yield escaped(f"{opinion.policy_title}: {opinion.look.second}", 200)


def _few(lines: Sequence[str], most: int) -> list[str]:
    more = [tr("… and {count} more", count=len(lines) - most)] if len(lines) > most else []
    return [*lines[:most], *more]


def _lines(lines: Sequence[str]) -> Writer:
    return lambda room: joined(lines, room)


def _escaped(text: str) -> Writer:
    return lambda room: escaped(text, room)


def _block(text: str, sight: Sight) -> Writer:
    block = spoiler_block if sight.blurred else code_block
    return lambda room: block(text, room)[0]
