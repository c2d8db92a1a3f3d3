"""Why a message was looked at, one line for each reason."""

from collections.abc import Callable, Iterator

from bot.explaining.chance import rank
from bot.explaining.line import Line, Said
from bot.language import tr
from inference.prefilter.suspicion import Evidence, EvidenceKind, Suspicion

TELLING = 1.0
"""A surprise from which on a score is told: the top 10% of ordinary messages."""
_LIKE = {EvidenceKind.EXAMPLE: "like the example ", EvidenceKind.RULE: "like the wording of rule "}


def reasons(suspicion: Suspicion) -> Iterator[Line]:
    """Why a message was looked at, as cards tell it."""
    for item in suspicion.evidence:
        told = _WITH_SCORE.get(item.kind)
        yield told(item, suspicion.score) if told else reason(item)


def reason(item: Evidence) -> Line:
    """What an exact match found."""
    told = _EXACT.get(item.kind)
    return told(item) if told else _likeness(item, None)


def _keyword(item: Evidence) -> Line:
    return ("keyword ", Said(item.name), *_written(item))


def _pattern(item: Evidence) -> Line:
    return ("pattern ", Said(item.name), ", which fits ", Said(item.quote))


def _link(item: Evidence) -> Line:
    shown = () if not item.quote or item.quote in item.name else (", written ", Said(item.quote))
    return ("link: ", Said(item.name, quoted=False), *shown)


def _mentions(item: Evidence) -> Line:
    return (Said(item.name, quoted=False),)


def _repeat(item: Evidence) -> Line:
    return ("the same text was written ", Said(item.name, quoted=False))


def _likeness(item: Evidence, surprise: float | None) -> Line:
    likeness = "" if item.score is None else f" ({item.score:.2f})"
    like = f"{_LIKE[item.kind]}"
    if surprise is None or surprise < TELLING:
        return (like, Said(item.name), likeness)
    return (f"scores {rank(surprise)}; most {like}", Said(item.name), likeness)


def _score(item: Evidence, surprise: float | None) -> Line:
    if surprise is None:
        return ("learned score ", Said(item.name))
    return (f"reads like what the policy forbids: scores {rank(surprise)}",)


def _audit(_: Evidence, surprise: float | None) -> Line:
    scored = f"; it scores {rank(surprise)}" if surprise else ""
    return (f"random check: nothing had suspected this message{scored}",)


def _report(_: Evidence) -> Line:
    return (tr("reported by a member"),)


def _asked(_: Evidence) -> Line:
    return (tr("a moderator asked for it"),)


def _automod(item: Evidence) -> Line:
    return (
        ("Discord's AutoMod raised an alert: ", Said(item.name))
        if item.name
        else ("Discord's AutoMod raised an alert",)
    )


def _written(item: Evidence) -> Line:
    """How a disguised word is written, and how it reads where the keyword does not say so itself."""
    if item.reading is None:
        return ()
    read = () if item.reading == item.name else (", read as ", Said(item.reading))
    return (", written ", Said(item.quote), *read)


_EXACT: dict[EvidenceKind, Callable[[Evidence], Line]] = {
    EvidenceKind.KEYWORD: _keyword,
    EvidenceKind.PATTERN: _pattern,
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
