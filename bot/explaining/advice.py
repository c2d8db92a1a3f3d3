"""What the author of a policy can do if a text should not be flagged, or should."""

from collections.abc import Callable, Iterator

from bot.explaining.line import Line, Said
from inference.prefilter.explanation import PolicyExplanation
from inference.prefilter.suspicion import Evidence, EvidenceKind

_WRITE = "Write it, and others like it, into `examples` with"
_NEAR = 1.0
"""Surprises: a score that is short by less may be reached with another `flag_rate`."""


def advice(found: PolicyExplanation) -> Iterator[Line]:
    """What helps, the most fitting first."""
    return _against_flagging(found) if found.flagged else _for_flagging(found)


def _against_flagging(found: PolicyExplanation) -> Iterator[Line]:
    yield from dict.fromkeys(_ADVICE[item.kind](item) for item in found.forced if item.kind in _ADVICE)
    if found.score.surprise >= found.score.threshold:
        yield (f"{_WRITE} `verdict: allowed`. The score learns from them.",)
        yield ("A lower `flag_rate` flags less of everything.",)
    elif found.forced:
        yield ("An allowed example does not help here: an exact match flags whatever the score is.",)


def _for_flagging(found: PolicyExplanation) -> Iterator[Line]:
    if found.copied is not None:
        yield ("Change the allowed example ", Said(found.copied), ": the text is nearly the same.")
    yield (f"{_WRITE} the rule that it breaks. The score learns from them.",)
    yield ("Or put the word that gives it away into `keywords`: a keyword always forces a look.",)
    if 0 < found.score.threshold - found.score.surprise < _NEAR:
        yield ("A higher `flag_rate` would reach it, and flag more of everything.",)


def _keyword(item: Evidence) -> Line:
    return ("Take ", Said(item.name), " out of `keywords`, or write a phrase there that says more.")


def _pattern(item: Evidence) -> Line:
    return ("Make the pattern ", Said(item.name), " in `patterns` narrower.")


def _example(item: Evidence) -> Line:
    return ("Change the example ", Said(item.name), ": the text is nearly the same.")


def _link(_: Evidence) -> Line:
    return ("The line about such links in `signals` has them looked at. Take it out if you do not want that.",)


def _mentions(_: Evidence) -> Line:
    return ("Raise the number behind `mass-mention` in `signals`.",)


def _repeat(_: Evidence) -> Line:
    return ("Raise the number behind `repeat` in `signals`, or shorten its time.",)


_ADVICE: dict[EvidenceKind, Callable[[Evidence], Line]] = {
    EvidenceKind.KEYWORD: _keyword,
    EvidenceKind.PATTERN: _pattern,
    EvidenceKind.EXAMPLE: _example,
    EvidenceKind.LINK: _link,
    EvidenceKind.MENTIONS: _mentions,
    EvidenceKind.REPEAT: _repeat,
}
