"""Labels and verdicts into figures. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.records.labels import Stratum
from bot.trials.estimates import estimates
from bot.trials.items import Group, Item
from bot.trials.result import Figures, Flip, Flips, RuleFigures, gravest, reaches_people
from bot.trials.strata import EVERYTHING, SUSPECTED, Population, Samples
from policies.policy import Policy, Severity
from policies.score import Judged, Rate, Score, per_rule, score, upheld
from policies.verdict import Verdict

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
    labelled = [each for each in answered if each.item.violates is not None]
    judged = [_judged(each) for each in labelled]

    def of(group: Group) -> Score:
        return score(one for one in judged if one.group == group)

    strata = {  # a card that came up for another reason says nothing of what this policy opens
        Stratum.OPENED: of(Group.DECIDED),
        Stratum.CLEARED: of(Group.CLEARED),
        Stratum.UNFLAGGED: of(Group.UNFLAGGED),
    }
    samples = Samples(strata, population)
    return Figures(
        examples=of(Group.EXAMPLE),
        shown=of(Group.SHOWN),
        decided=strata[Stratum.OPENED],
        alone=score(_judged(each) for each in labelled if each.item.group is Group.DECIDED and not _shared(each)),
        beside=of(Group.BESIDE),
        cleared=strata[Stratum.CLEARED],
        unflagged=strata[Stratum.UNFLAGGED],
        as_it_runs=estimates(samples, SUSPECTED),
        if_asked=estimates(samples, EVERYTHING),
        unsampled=samples.lacking(),
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


def _shared(each: Answered) -> bool:
    return each.item.known is not None and each.item.known.shared


def _rules(judged: Collection[Judged]) -> Mapping[str, RuleFigures]:
    scores = per_rule(one for one in judged if one.group in _NAMED)
    rates = upheld(one for one in judged if one.group == Group.DECIDED)
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
