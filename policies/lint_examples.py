"""What is weak in a policy's examples."""

from collections import Counter
from collections.abc import Iterator

from policies.likeness import plain
from policies.policy import ALLOWED, Example, Policy
from policies.remarks import Concern, Remark

MOST_OF_ONE = 3
"""So many examples of one verdict in the prompt are plenty: one or two of each side are best (OpenAI's guide)."""
_MAX_TERMS_COMPARED = 400
"""Terms that are looked for in each example: more would take too long."""


def remarks_on_examples(policy: Policy) -> Iterator[Remark]:
    """Everything about examples, in no particular order."""
    if not policy.examples:
        yield Remark(Concern.NO_EXAMPLES)
        return
    yield from _sides(policy)
    yield from _same_texts(policy)
    yield from _in_two_rules(policy)
    yield from _shown(policy)


def _sides(policy: Policy) -> Iterator[Remark]:
    cited = {example.verdict for example in policy.examples}
    if ALLOWED not in cited:
        yield Remark(Concern.NO_ALLOWED_EXAMPLE)
    for rule_id in policy.rule_ids:
        if rule_id not in cited:
            yield Remark(Concern.RULE_WITHOUT_EXAMPLE, {"rule": rule_id})


def _same_texts(policy: Policy) -> Iterator[Remark]:
    first: dict[str, Example] = {}
    for example in policy.examples:
        earlier = first.setdefault(plain(example.text) or example.text, example)
        if earlier is example:
            continue
        if earlier.verdict == example.verdict:
            yield Remark(Concern.REPETITION, {"example": example.text})
        else:
            values = {"example": example.text, "verdict": earlier.verdict, "other": example.verdict}
            yield Remark(Concern.CONTRADICTION, values)


def _in_two_rules(policy: Policy) -> Iterator[Remark]:
    """A text that cites one rule and holds a term of another, but none of its own."""
    terms = [(rule.id, term, f" {plain(term)} ") for rule in policy.rules for term in rule.terms if plain(term)]
    for example in filter(lambda each: each.violates, policy.examples):
        words = f" {plain(example.text)} "
        held = {rule_id: term for rule_id, term, sought in terms[:_MAX_TERMS_COMPARED] if sought in words}
        if held and example.verdict not in held:
            other, term = next(iter(held.items()))
            values = {"example": example.text, "verdict": example.verdict, "other": other, "term": term}
            yield Remark(Concern.FITS_ANOTHER, values)


def _shown(policy: Policy) -> Iterator[Remark]:
    shown = policy.shown_examples
    if not shown:
        yield Remark(Concern.NONE_SHOWN)
    elif len(shown) > 1 and len({example.violates for example in shown}) == 1:
        yield Remark(Concern.ONE_SIDE_SHOWN)
    for verdict, count in Counter(example.verdict for example in shown).items():
        if count > MOST_OF_ONE:
            yield Remark(Concern.MANY_OF_ONE, {"verdict": verdict, "count": count})
