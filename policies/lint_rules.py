"""What is weak in a policy's rules and allowed cases."""

from collections.abc import Iterator
from itertools import combinations
from types import MappingProxyType

from policies.likeness import likeness
from policies.policy import Care, Policy, Rule
from policies.remarks import Concern, Remark
from policies.vague_words import Vagueness, vague_words

ALIKE = 0.5
"""From this likeness on two lines say nearly the same. No two lines of a starter policy reach 0.3."""
_CONCERNS = MappingProxyType(
    {
        Vagueness.FEELING: Concern.FEELING,
        Vagueness.DEGREE: Concern.DEGREE,
        Vagueness.HEDGE: Concern.HEDGE,
        Vagueness.OPEN_END: Concern.OPEN_END,
    }
)


def remarks_on_rules(policy: Policy) -> Iterator[Remark]:
    """Everything about rules and allowed cases, in no particular order."""
    yield from _vague(policy)
    yield from _alike(policy)
    yield from _shared_terms(policy)
    if policy.care is not Care.SUPPORT:  # help is offered there, instead of what a rule would suggest
        for rule in policy.rules:
            yield from _unrated(rule)
    if not policy.allowed:
        yield Remark(Concern.NOTHING_ALLOWED)


def _vague(policy: Policy) -> Iterator[Remark]:
    """Words that the policy defines are as clear as their definition. What is allowed may be told more freely."""
    defined = {word.casefold() for word in policy.definitions}
    for rule in policy.rules:
        for word, kind in vague_words(rule.text):
            if word not in defined:
                yield Remark(_CONCERNS[kind], {"rule": rule.id, "word": word})


def _alike(policy: Policy) -> Iterator[Remark]:
    for rule, other in combinations(policy.rules, 2):
        if likeness(rule.text, other.text) >= ALIKE:
            yield Remark(Concern.RULES_ALIKE, {"rule": rule.id, "other": other.id})
    for rule in policy.rules:
        for number, case in enumerate(policy.allowed, start=1):
            if likeness(rule.text, case) >= ALIKE:
                yield Remark(Concern.RULE_ALLOWED, {"rule": rule.id, "case": number})


def _shared_terms(policy: Policy) -> Iterator[Remark]:
    owner: dict[str, str] = {}
    for rule in policy.rules:
        for term in rule.terms:
            first = owner.setdefault(term.casefold(), rule.id)
            if first != rule.id:
                yield Remark(Concern.TERM_TWICE, {"term": term, "rule": first, "other": rule.id})


def _unrated(rule: Rule) -> Iterator[Remark]:
    """A severity that nobody wrote down is medium: only what the file says is known to be meant."""
    if not rule.suggest:
        rated = "severity" in rule.model_fields_set
        yield Remark(Concern.NO_SUGGESTION if rated else Concern.UNRATED, {"rule": rule.id})
