"""What the author of a policy can do if a text should not be flagged, or should."""

from collections.abc import Callable, Iterator

from bot.explaining.line import Line, Said, said
from bot.language import tr
from inference.prefilter.explanation import PolicyExplanation
from inference.prefilter.suspicion import Evidence, EvidenceKind

_NEAR = 1.0
"""Surprises: a score that is short by less may be reached with another `flag_rate`."""


def advice(found: PolicyExplanation) -> Iterator[Line]:
    """What helps, the most fitting first."""
    return _against_flagging(found) if found.flagged else _for_flagging(found)


def _against_flagging(found: PolicyExplanation) -> Iterator[Line]:
    yield from dict.fromkeys(_ADVICE[item.kind](item) for item in found.forced if item.kind in _ADVICE)
    if found.score.surprise >= found.score.threshold:
        yield (tr("Write it into `examples` with `verdict: allowed`, and others like it: the score learns."),)
        yield (tr("A lower `flag_rate` flags less of everything."),)
    elif found.forced:
        yield (tr("An allowed example does not help here: an exact match flags anyway."),)


def _for_flagging(found: PolicyExplanation) -> Iterator[Line]:
    if found.copied is not None:
        yield said(
            tr("Change the allowed example {example}: the text is nearly the same."), example=Said(found.copied)
        )
    yield (tr("Write it into `examples` with the rule that it breaks, and others like it: the score learns."),)
    yield (tr("Or put the word that gives it away into `keywords`: a keyword always forces a look."),)
    if 0 < found.score.threshold - found.score.surprise < _NEAR:
        yield (tr("A higher `flag_rate` would reach it, and flag more of everything."),)


def _keyword(item: Evidence) -> Line:
    return said(tr("Take {word} out of `keywords`, or write a phrase there that says more."), word=Said(item.name))


def _pattern(item: Evidence) -> Line:
    return said(tr("Make the pattern {pattern} in `patterns` narrower."), pattern=Said(item.name))


def _example(item: Evidence) -> Line:
    return said(tr("Change the example {example}: the text is nearly the same."), example=Said(item.name))


def _link(_: Evidence) -> Line:
    return (tr("The line about such links in `signals` has them looked at. Take it out if it should not."),)


def _mentions(_: Evidence) -> Line:
    return (tr("Raise the number behind `mass-mention` in `signals`."),)


def _repeat(_: Evidence) -> Line:
    return (tr("Raise the number behind `repeat` in `signals`, or shorten its time."),)


_ADVICE: dict[EvidenceKind, Callable[[Evidence], Line]] = {
    EvidenceKind.KEYWORD: _keyword,
    EvidenceKind.PATTERN: _pattern,
    EvidenceKind.EXAMPLE: _example,
    EvidenceKind.LINK: _link,
    EvidenceKind.MENTIONS: _mentions,
    EvidenceKind.REPEAT: _repeat,
}
