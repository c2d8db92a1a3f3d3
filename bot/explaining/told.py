"""An explanation as lines for people: how the text was read, then each policy's verdict, steps and advice."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bot.explaining.advice import advice
from bot.explaining.chance import percent, rank, top
from bot.explaining.evidence import reason
from bot.explaining.line import Line, Said, said
from bot.language import marked, number, tr
from inference.prefilter.explanation import (
    Explanation,
    Nearest,
    PolicyExplanation,
    Readings,
    ScoreExplanation,
    Weight,
)
from inference.prefilter.suspicion import Evidence, EvidenceKind
from policies.policy import Policy
from policies.signals import SignalKind

_LIGHT = marked("in plain letters: {text}")
_COARSE = marked("without gaps, links and look-alike letters: {text}")
_BEFORE_DIFFERENCE = 30
"""Characters of a reading that are shown before the first one that reads otherwise."""
_ALIKE = 0.1
"""Cosine. What is less alike has nothing in common with the text."""
_HARDLY = 0.05
"""Logits: what adds less is not told."""


@dataclass(frozen=True, slots=True)
class PolicyTold:
    """What a policy makes of the text."""

    policy_id: str
    title: str
    flagged: bool
    surprise: float
    reason: Line
    """The one reason that matters most, to stand behind "flagged" or "not flagged"."""
    level: str
    """ "97.7%, takes 99.7%": how many ordinary messages score lower, and how many have to."""
    steps: tuple[Line, ...]
    advice: tuple[Line, ...]
    """What the policy's author can do if this is wrong."""


@dataclass(frozen=True, slots=True)
class Told:
    """An explanation, ready to be shown."""

    readings: tuple[Line, ...]
    """How the text was read, where that is not how it is written."""
    policies: tuple[PolicyTold, ...]
    """In the order in which people want them: what flags first, the highest scores first."""

    @property
    def flagged(self) -> tuple[PolicyTold, ...]:
        """The policies that flag the text."""
        return tuple(policy for policy in self.policies if policy.flagged)


def told(explanation: Explanation, policies: Mapping[str, Policy]) -> Told:
    """An explanation in plain words. `policies`: those that it is about, by id; others are passed over."""
    known = (each for each in explanation.policies if each.policy_id in policies)
    found = (_policy(each, policies[each.policy_id]) for each in known)
    ordered = sorted(found, key=lambda policy: (not policy.flagged, -policy.surprise))
    return Told(tuple(_readings(explanation.readings)), tuple(ordered))


def _readings(readings: Readings) -> Iterator[Line]:
    """The views that say something else than the one before them, letter case and blanks apart."""
    shown = [_levelled(readings.written)]
    undisguised = readings.coarse[-1] if readings.coarse else ""  # of several, the last one is read the furthest
    for title, text in ((_LIGHT, readings.light), (_COARSE, undisguised)):
        levelled = _levelled(text)
        if not any(known.startswith(levelled) for known in shown):  # of long texts, some views read less
            yield said(tr(title), text=Said(_from_difference(levelled, shown[0])))
            shown.append(levelled)


def _levelled(text: str) -> str:
    return " ".join(text.lower().split())


def _from_difference(text: str, written: str) -> str:
    """A long text from shortly before the place where it reads otherwise."""
    pairs = enumerate(zip(text, written, strict=False))
    same = next((place for place, (one, other) in pairs if one != other), min(len(text), len(written)))
    start = same - _BEFORE_DIFFERENCE
    return f"…{text[start:]}" if start > 0 else text


def _policy(found: PolicyExplanation, policy: Policy) -> PolicyTold:
    return PolicyTold(
        policy_id=policy.id,
        title=policy.title,
        flagged=found.flagged,
        surprise=found.score.surprise,
        reason=_forced(found.forced[0], policy) if found.forced else _compared(found),
        level=tr(
            "{score}, takes {threshold}",
            score=percent(found.score.surprise),
            threshold=percent(found.score.threshold),
        ),
        steps=tuple(_steps(found, policy)),
        advice=tuple(advice(found)),
    )


def _forced(item: Evidence, policy: Policy) -> Line:
    if item.kind is EvidenceKind.EXAMPLE:
        return said(tr("nearly the same as the example {example}"), example=Said(item.name))
    return reason(item, policy.prefilter.patterns)


def _compared(found: PolicyExplanation) -> Line:
    """The score beside what it takes."""
    score = found.score
    if found.copied is not None:
        return said(tr("nearly the same as the allowed example {example}"), example=Said(found.copied))
    if not score.surprise:
        return (tr("nothing matches, and the score cannot tell the text from ordinary messages"),)
    looks_enough = percent(score.surprise) == percent(score.threshold) and not _reaches(score)
    values = {"rank": rank(score.surprise), "threshold": percent(score.threshold)}
    if looks_enough:
        return (tr("scores {rank}; it takes {threshold}, which is just missed", **values),)
    return (tr("scores {rank}; it takes {threshold}", **values),)


def _reaches(score: ScoreExplanation) -> bool:
    return score.surprise >= score.threshold


def _steps(found: PolicyExplanation, policy: Policy) -> Iterator[Line]:
    yield from _matches(found, policy)
    yield from _score(found)
    yield from _nearest(found.score, policy)
    if any(signal.kind is SignalKind.REPEAT for signal in policy.prefilter.parsed_signals):
        yield (tr("Repeats are not looked at here: one message alone does not show them."),)


def _matches(found: PolicyExplanation, policy: Policy) -> Iterator[Line]:
    if not found.forced:
        yield (tr("Exact matches: none. No keyword, pattern or signal fits, no example is nearly the same."),)
    for item in found.forced:
        yield (tr("Exact match, enough alone: "), *_forced(item, policy))
    if found.patterns_reach is not None:
        told = tr(
            "Patterns were looked for in the first {count} characters only: all patterns together are too large "
            "for "
            "more.",
            count=number(found.patterns_reach),
        )
        yield (told,)


def _score(found: PolicyExplanation) -> Iterator[Line]:
    score = found.score
    if found.copied is not None:
        yield said(
            tr("Score: not asked. The text is nearly the same as the allowed example {example}"),
            example=Said(found.copied),
        )
        return
    if not score.surprise:
        yield (tr("Score: it cannot tell this text from ordinary messages."),)
        return
    values = {"rank": rank(score.surprise), "top": top(score.threshold)}
    if _reaches(score):
        yield (tr("Score: {rank}. The policy flags {top}: enough to flag it.", **values),)
    else:
        yield (tr("Score: {rank}. The policy flags {top}: not enough by itself.", **values),)
    if parts := [part for part in score.parts if abs(part.logit) >= _HARDLY]:
        yield (tr("Made of: "), *_listed(parts, quoted=False))
    if raising := [word for word in score.words if word.logit >= _HARDLY]:
        yield (tr("Words that raise it: "), *_listed(raising))
    if lowering := [word for word in score.words if word.logit <= -_HARDLY]:
        yield (tr("Words that lower it: "), *_listed(lowering))


def _listed(weights: Iterable[Weight], *, quoted: bool = True) -> Iterator[str | Said]:
    """Each name once, with its strongest weight: the same word may stand in a text many times."""
    strongest: dict[str, Weight] = {}
    for weight in weights:
        strongest.setdefault(weight.name, weight)
    for place, weight in enumerate(strongest.values()):
        yield from (", ",) if place else ()
        yield Said(weight.name, quoted=quoted)
        yield f" ({weight.logit:+.1f})"


def _nearest(score: ScoreExplanation, policy: Policy) -> Iterator[Line]:
    if score.forbidden is not None and score.forbidden.cosine >= _ALIKE:
        yield _shown(_nearest_forbidden(score.forbidden, policy), score.forbidden)
    if score.allowed is not None and score.allowed.cosine >= _ALIKE:
        yield _shown(tr("Nearest of what is allowed: {name} (likeness {likeness})"), score.allowed)


def _nearest_forbidden(nearest: Nearest, policy: Policy) -> str:
    is_example = any(example.violates and example.text == nearest.name for example in policy.examples)
    if not is_example and nearest.name in policy.rule_ids:
        return tr("Nearest of what is forbidden: rule {name} (likeness {likeness})")
    return tr("Nearest of what is forbidden: {name} (likeness {likeness})")


def _shown(text: str, nearest: Nearest) -> Line:
    return said(text, name=Said(nearest.name), likeness=number(nearest.cosine, 2))
