"""Labels and verdicts into figures. Pure."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.records.labels import Stratum
from bot.trials.items import Group, Item
from bot.trials.recall import Population, Recall, missing_samples, recall
from bot.trials.result import Figures, Flip, Flips, RuleFigures, gravest, reaches_people
from inference.prefilter.budget.audit import Interval
from policies.policy import Policy, Severity
from policies.score import CONFIDENCE, Judged, Rate, Score, per_rule, score, upheld
from policies.verdict import Verdict

_BOTH: Final = 1 - (1 - CONFIDENCE) / 2
"""Two intervals of this confidence hold together with `CONFIDENCE`."""
_DECIDED: Final = (Group.DECIDED, Group.BESIDE)
_NAMED: Final = frozenset({Group.EXAMPLE, Group.CLEARED, Group.UNFLAGGED})
"""Where people name the rule that is violated."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A text with the verdicts on it; None where an answer could not be read."""

    item: Item
    after: Verdict | None
    before: Verdict | None = None


def figures(answered: Sequence[Answered], population: Population) -> Figures:
    """The figures of the tried version."""
    judged = [_judged(each) for each in answered if each.item.violates is not None]

    def of(*groups: Group) -> Score:
        return score(one for one in judged if one.group in groups)

    strata = {  # a card that came up for another reason says nothing of what this policy opens
        Stratum.OPENED: of(Group.DECIDED),
        Stratum.CLEARED: of(Group.CLEARED),
        Stratum.UNFLAGGED: of(Group.UNFLAGGED),
    }
    return Figures(
        examples=of(Group.EXAMPLE),
        shown=of(Group.SHOWN),
        decided=of(*_DECIDED),
        cleared=strata[Stratum.CLEARED],
        unflagged=strata[Stratum.UNFLAGGED],
        recall=_if_sampled(strata, population, recall),
        unsampled=_unsampled(strata, population),
        f1=_f1(strata, population),
        rules=_rules(judged),
    )


def flips(answered: Sequence[Answered], policy: Policy, against: Policy) -> Flips:
    """The texts whose verdict flips, the gravest first. What stands in a prompt is left out."""
    compared = [each for each in answered if each.item.group is not Group.SHOWN]
    found = [
        Flip(each.item, each.after, each.before, _severity(each, policy, against))
        for each in compared
        if reaches_people(each.after) != reaches_people(each.before)
    ]
    return Flips(tuple(sorted(found, key=_gravity, reverse=True)), len(compared))


def _judged(each: Answered) -> Judged:
    item, verdict = each.item, each.after
    return Judged(
        violates=bool(item.violates),
        verdict=verdict.violation if verdict else None,
        probability=verdict.probability if verdict else None,
        rule_id=item.rule_id,
        rule_ids=verdict.rule_ids if verdict else (),
        group=item.group,
    )


def _unsampled(strata: Mapping[Stratum, Score], population: Population) -> tuple[Stratum, ...]:
    """Without a sample of what nothing suspected recall is unknown, even where no message was counted."""
    missing = missing_samples(strata, population)
    if strata[Stratum.UNFLAGGED].decided or Stratum.UNFLAGGED in missing:
        return missing
    return (*missing, Stratum.UNFLAGGED)


_Estimate = Callable[[Mapping[Stratum, Score], Population], Recall | None]


def _if_sampled(strata: Mapping[Stratum, Score], population: Population, estimate: _Estimate) -> Recall | None:
    return None if _unsampled(strata, population) else estimate(strata, population)


def _f1(strata: Mapping[Stratum, Score], population: Population) -> Interval | None:
    """It rises with precision and with recall: the ends of both intervals give its ends."""
    found = _if_sampled(strata, population, recall)
    wider = _if_sampled(strata, population, lambda scores, sizes: recall(scores, sizes, _BOTH))
    precision = strata[Stratum.OPENED].precision
    if found is None or wider is None or precision.value is None:
        return None
    low, high = precision.interval(_BOTH)
    return Interval(
        estimate=_harmonic(precision.value, found.in_all.estimate),
        low=_harmonic(low, wider.in_all.low),
        high=_harmonic(high, wider.in_all.high),
    )


def _harmonic(one: float, other: float) -> float:
    return 2 * one * other / (one + other) if one + other else 0.0


def _rules(judged: Collection[Judged]) -> Mapping[str, RuleFigures]:
    scores = per_rule(one for one in judged if one.group in _NAMED)
    rates = upheld(one for one in judged if one.group in _DECIDED)
    return {
        rule: RuleFigures(scores.get(rule, Score()), rates.get(rule, Rate(0, 0)))
        for rule in sorted({*scores, *rates})
    }


def _severity(each: Answered, policy: Policy, against: Policy) -> Severity:
    sides = ((policy, each.after), (against, each.before))
    cited = [gravest(version, verdict.rule_ids) for version, verdict in sides if verdict and verdict.rule_ids]
    return max(cited, key=tuple(Severity).index, default=Severity.MEDIUM)


def _gravity(flip: Flip) -> tuple[int, float]:
    """Among those that are as grave, those of which the versions are surest in their disagreement."""
    sure = [
        verdict.probability for verdict in (flip.after, flip.before) if verdict and verdict.probability is not None
    ]
    return tuple(Severity).index(flip.severity), max(sure) - min(sure) if sure else 0.0
