"""What stands on a card, part by part, each with its importance: what matters least gives way first."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from bot.cards import UNDECIDED, VIOLATION, Card, CitedRule, Opinion
from bot.case import Action, AuthorRecord, CaseFile, CaseState, Decision
from bot.cogs.budget import Part, Writer, joined
from bot.cogs.safe_text import code_block, escaped, one_line, shortened, units
from bot.cogs.words import ago, by, done, message_link, order, person, place, sure
from inference.standin.notice import STANDIN_NAME

MAX_FULL_OPINIONS = 4
"""Opinions with their rules and reasons; further ones get a line."""
MAX_VERSIONS = 2
MAX_EVIDENCE = 4
NEW_ACCOUNT = timedelta(days=7)
"""An author whose account was younger than this when they wrote is called new."""
UNREADABLE = (
    "**The model's answer could not be read.** It neither accuses nor clears anyone: "
    "please read the message and judge for yourself."
)


def paragraphs(case: CaseFile, card: Card) -> list[Part]:
    """The description: what was decided, the message, and whose it is."""
    return [
        Part("", _lines(list(_standing(case, card))), 100, 900),
        Part("", _message(card), 95, 1900),
        Part("", _lines([_byline(case, card)]), 90, 500),
    ]


def fields(case: CaseFile, card: Card) -> list[Part]:
    """The fields below it."""
    return [
        *_since(card),
        *_opinions(card),
        *_earlier(card),
        Part("Author", _lines(_author(case, card)), 93, 400),
        *_versions(card),
        *_evidence(card),
        *_other_opinions(card),
        *_judged_by(card),
    ]


def _standing(case: CaseFile, card: Card) -> Iterator[str]:
    """Where the case is, when it is not simply open."""
    if case.decision:
        yield from _decided(case, case.decision)
    yield from _earlier_decisions(case)
    if card.since.deleted_at and not _deleted_by_us(case):
        yield f"**The message is gone**, deleted since ({ago(card.since.deleted_at)})."
    if card.since.being_judged:
        yield "**The message was edited.** Its newest version is being judged."


def _decided(case: CaseFile, decision: Decision) -> Iterator[str]:
    told = case.outcome if decision.action is not Action.DISMISS else None
    outcome = escaped(told or "", 400)
    if case.state is CaseState.DECIDED:
        yield f"**Decided: {order(decision)}**, {by(decision)}. It is being carried out."
    elif case.state is CaseState.FAILED:
        yield f"**Not done: {order(decision)}**, decided {by(decision)}. {outcome}"
        yield "Press a button to try again, or decide otherwise."
    else:
        yield f"**{done(decision).capitalize()}** {by(decision)}. {outcome}".rstrip()


def _earlier_decisions(case: CaseFile) -> Iterator[str]:
    for decision in case.earlier_decisions[-2:]:
        yield f"Decided before: {order(decision)}, {by(decision)}."
    if case.earlier_decisions and case.state is CaseState.OPEN:
        yield "The message was edited after that, and is to be decided again."


def _deleted_by_us(case: CaseFile) -> bool:
    return case.state is CaseState.ENFORCED and case.decision is not None and case.decision.action is Action.DELETE


def _message(card: Card) -> Writer:
    length = units(card.text)
    note = f"\n*Cut: the message has {length:,} characters. All of it is behind “Reasoning”.*"

    def write(room: int) -> str:
        block, cut = code_block(card.text, room)
        return code_block(card.text, room - units(note))[0] + note if cut and room > 2 * units(note) else block

    return write


def _byline(case: CaseFile, card: Card) -> str:
    name = escaped(card.writer.name, 80)
    written = f", {ago(card.when)}" if card.when else ""
    edited = ", edited" if card.edited else ""
    link = "" if card.since.deleted_at else f" · [Jump to it]({message_link(case)})"
    return f"**{name or 'unknown'}** in {place(case.message.channel_id)}{written}{edited}{link}"


def _since(card: Card) -> Iterator[Part]:
    if card.since.current_text is not None:
        yield Part("Edited since. Now it says (nothing suspects this):", _block(card.since.current_text), 70, 600)


def _opinions(card: Card) -> Iterator[Part]:
    """The first one is what the card is about; the others give way before the message's surroundings do."""
    for number, opinion in enumerate(_to_look_at(card)[:MAX_FULL_OPINIONS]):
        rules = [_rule(rule) for rule in opinion.rules] or [_no_rule(opinion)]
        yield Part(_heading(opinion), _lines(rules), 92 if number == 0 else 74 - number)
        yield Part("Why", _why(opinion), 91 if number == 0 else 58 - number, 900)


def _to_look_at(card: Card) -> list[Opinion]:
    return [opinion for opinion in card.opinions if opinion.word in (VIOLATION, UNDECIDED)]


def _heading(opinion: Opinion) -> str:
    return f"{escaped(opinion.policy_title, 120)}: {_word(opinion)}"


def _word(opinion: Opinion) -> str:
    likely = f", {sure(opinion.probability)} likely" if opinion.probability is not None else ""
    shadow = " (shadow: counted only)" if opinion.shadow else ""
    outdated = " (before the edit)" if opinion.outdated else ""
    return f"{opinion.word}{likely if opinion.word == VIOLATION else ''}{shadow}{outdated}"


def _rule(rule: CitedRule) -> str:
    suggested = f"\nSuggested: {', '.join(rule.suggest)}" if rule.suggest else ""
    return f"**{escaped(rule.id, 40)}** ({rule.severity}) {escaped(rule.text, 400)}{suggested}"


def _no_rule(opinion: Opinion) -> str:
    return UNREADABLE if opinion.word == UNDECIDED else "The model names no rule."


def _why(opinion: Opinion) -> Writer:
    quotes = "Quoted: " + " · ".join(f"“{escaped(quote, 120)}”" for quote in opinion.quotes[:4])

    def write(room: int) -> str:
        told = escaped(opinion.rationale, room)
        return joined([line for line in (told, quotes if opinion.quotes else "") if line], room) or told

    return write


def _earlier(card: Card) -> Iterator[Part]:
    if card.earlier:
        said = "\n".join(f"{line.speaker}: {shortened(one_line(line.text), 160)}" for line in card.earlier)
        yield Part("Said before", _block(said), 60, 800)


def _author(case: CaseFile, card: Card) -> list[str]:
    writer, written = card.writer, case.message.created_at
    new = " **(new account)**" if timedelta() <= written - writer.account_made < NEW_ACCOUNT else ""
    joined_at = f" · joined {ago(writer.joined)}" if writer.joined else ""
    return [
        f"{person(writer.id)} · id `{writer.id}`",
        f"Account made {ago(writer.account_made)}{new}{joined_at}",
        _record(writer.record),
    ]


def _record(record: AuthorRecord) -> str:
    if not record.cases:
        return "No other cases"
    unsettled = record.cases - record.acted_on - record.dismissed
    ends = ((record.acted_on, "acted on"), (record.dismissed, "dismissed"), (unsettled, "not settled"))
    ended = [(count, end) for count, end in ends if count > 0]
    told = ended[0][1] if len(ended) == 1 else ", ".join(f"{count} {end}" for count, end in ended)
    return f"{record.cases} other case{'s' if record.cases > 1 else ''}: {told}"


def _versions(card: Card) -> Iterator[Part]:
    total = card.older_count + 1
    texts = card.older_texts[-MAX_VERSIONS:]
    for number, text in enumerate(texts, start=total - len(texts)):
        yield Part(f"Before the edit (version {number} of {total})", _block(text), 50, 500)


def _evidence(card: Card) -> Iterator[Part]:
    found = dict.fromkeys(line for opinion in card.opinions for line in opinion.evidence)
    if found:
        lines = [f"- {escaped(line, 160)}" for line in found]
        yield Part("Looked at because of", _lines(_few(lines, MAX_EVIDENCE)), 40, 700)


def _other_opinions(card: Card) -> Iterator[Part]:
    full = _to_look_at(card)[:MAX_FULL_OPINIONS]
    lines = [
        f"- {escaped(opinion.policy_title, 120)}: {_word(opinion)}{_probability(opinion)}"
        for opinion in card.opinions
        if opinion not in full
    ]
    if lines:
        yield Part("Other policies", _lines(_few(lines, 8)), 30, 700)


def _probability(opinion: Opinion) -> str:
    if opinion.probability is None or opinion.word == VIOLATION:
        return ""
    return f" ({sure(opinion.probability)} likely a violation)"


def _judged_by(card: Card) -> Iterator[Part]:
    names = dict.fromkeys(opinion.model_name for opinion in card.opinions if opinion.model_name)
    if names:
        lines = [*(_model(name) for name in names), *_second_looks(card)]
        yield Part("Judged by", _lines(lines), 45, 300)


def _model(name: str) -> str:
    if name == STANDIN_NAME:
        return "The **stand-in**: it only matches terms. No language model has read this."
    return escaped(name, 120)


def _second_looks(card: Card) -> Iterator[str]:
    """Where one look was not enough, of what people have to look at."""
    for opinion in _to_look_at(card)[:MAX_FULL_OPINIONS]:
        if opinion.look and opinion.look.first:
            yield escaped(f"{opinion.policy_title}: {opinion.look.second}", 200)


def _few(lines: Sequence[str], most: int) -> list[str]:
    return [*lines[:most], *([f"… and {len(lines) - most} more"] if len(lines) > most else [])]


def _lines(lines: Sequence[str]) -> Writer:
    return lambda room: joined(lines, room)


def _block(text: str) -> Writer:
    return lambda room: code_block(text, room)[0]
