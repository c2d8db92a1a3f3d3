"""Why a message was looked at, one line for each reason."""

from collections.abc import Callable, Iterator, Sequence

from bot.explaining.chance import rank
from bot.explaining.line import Line, Said, said
from bot.language import marked, number, tr
from inference.prefilter.suspicion import Evidence, EvidenceKind, Suspicion

TELLING = 1.0
"""A surprise from which on a score is told: the top 10% of ordinary messages."""
_LIKE = {
    EvidenceKind.EXAMPLE: marked("like the example {name}"),
    EvidenceKind.RULE: marked("like the wording of rule {name}"),
}
_MOST_LIKE = {
    EvidenceKind.EXAMPLE: marked("scores {rank}; most like the example {name}"),
    EvidenceKind.RULE: marked("scores {rank}; most like the wording of rule {name}"),
}


def reasons(suspicion: Suspicion, patterns: Sequence[str]) -> Iterator[Line]:
    """Why a message was looked at, with everything that led to it. `patterns`: the policy's, in its order."""
    for item in suspicion.evidence:
        told = _WITH_SCORE.get(item.kind)
        yield told(item, suspicion.score) if told else reason(item, patterns)


def in_short(suspicion: Suspicion, patterns: Sequence[str]) -> Iterator[Line]:
    """The same with the patterns' numbers in place of their expressions, which few people read."""
    for item, line in zip(suspicion.evidence, reasons(suspicion, patterns), strict=True):
        yield _pattern_in_short(item, patterns) if item.kind is EvidenceKind.PATTERN else line


def reason(item: Evidence, patterns: Sequence[str]) -> Line:
    """What an exact match found. `patterns`: those of the policy, in its order."""
    if item.kind is EvidenceKind.PATTERN:
        return _pattern(item, patterns)
    told = _EXACT.get(item.kind)
    return told(item) if told else _likeness(item, None)


def _keyword(item: Evidence) -> Line:
    return (*said(tr("keyword {word}"), word=Said(item.name)), *_written(item))


def _pattern(item: Evidence, patterns: Sequence[str]) -> Line:
    words = {"pattern": Said(item.name), "quote": Said(item.quote)}
    if item.name not in patterns:
        return said(tr("pattern {pattern}, which fits {quote}"), **words)
    return said(tr("pattern {number}, {pattern}, which fits {quote}"), number=_number(item, patterns), **words)


def _pattern_in_short(item: Evidence, patterns: Sequence[str]) -> Line:
    if item.name not in patterns:
        return said(tr("{quote} fits a pattern"), quote=Said(item.quote))
    return said(tr("{quote} fits pattern {number}"), quote=Said(item.quote), number=_number(item, patterns))


def _number(item: Evidence, patterns: Sequence[str]) -> str:
    """Which one of the policy's patterns it is, counted as in its file: many begin alike."""
    return str(patterns.index(item.name) + 1)


def _link(item: Evidence) -> Line:
    link = Said(item.name, quoted=False)
    if not item.quote or item.quote in item.name:
        return said(tr("link: {link}"), link=link)
    return said(tr("link: {link}, written {quote}"), link=link, quote=Said(item.quote))


def _mentions(item: Evidence) -> Line:
    return (Said(item.name, quoted=False),)


def _repeat(item: Evidence) -> Line:
    return said(tr("the same text was written {how_often}"), how_often=Said(item.name, quoted=False))


def _likeness(item: Evidence, surprise: float | None) -> Line:
    likeness = "" if item.score is None else f" ({number(item.score, 2)})"
    if surprise is None or surprise < TELLING:
        return (*said(tr(_LIKE[item.kind]), name=Said(item.name)), likeness)
    return (*said(tr(_MOST_LIKE[item.kind]), rank=rank(surprise), name=Said(item.name)), likeness)


def _score(item: Evidence, surprise: float | None) -> Line:
    if surprise is None:
        return said(tr("learned score {name}"), name=Said(item.name))
    return (tr("reads like what the policy forbids: scores {rank}", rank=rank(surprise)),)


def _audit(_: Evidence, surprise: float | None) -> Line:
    if surprise:
        return (tr("random check: nothing had suspected this message; it scores {rank}", rank=rank(surprise)),)
    return (tr("random check: nothing had suspected this message"),)


def _report(_: Evidence) -> Line:
    return (tr("reported by a member"),)


def _asked(_: Evidence) -> Line:
    return (tr("a moderator asked for it"),)


def _automod(item: Evidence) -> Line:
    if item.name:
        return said(tr("Discord's AutoMod raised an alert: {words}"), words=Said(item.name))
    return (tr("Discord's AutoMod raised an alert"),)


def _written(item: Evidence) -> Line:
    """How a disguised word is written, and how it reads where the keyword does not say so itself."""
    if item.reading is None:
        return ()
    if item.reading == item.name:
        return said(tr(", written {quote}"), quote=Said(item.quote))
    return said(tr(", written {quote}, read as {reading}"), quote=Said(item.quote), reading=Said(item.reading))


_EXACT: dict[EvidenceKind, Callable[[Evidence], Line]] = {
    EvidenceKind.KEYWORD: _keyword,
    EvidenceKind.LINK: _link,
    EvidenceKind.MENTIONS: _mentions,
    EvidenceKind.REPEAT: _repeat,
    EvidenceKind.REPORT: _report,
    EvidenceKind.ASKED: _asked,
    EvidenceKind.AUTOMOD: _automod,
}
_WITH_SCORE: dict[EvidenceKind, Callable[[Evidence, float | None], Line]] = {
    EvidenceKind.EXAMPLE: _likeness,
    EvidenceKind.RULE: _likeness,
    EvidenceKind.SCORE: _score,
    EvidenceKind.AUDIT: _audit,
}
