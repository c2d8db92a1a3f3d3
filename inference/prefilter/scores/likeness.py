"""How near a text is to what a policy's rules and examples say, by the cosine of their meanings."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from inference.prefilter.embedding import Embedder, Vectors
from inference.prefilter.normalise import Normaliser
from inference.prefilter.prose import prose
from inference.prefilter.suspicion import EvidenceKind
from policies.policy import Policy, Rule

SHARPNESS = 3.0
"""Of the soft maximum over a policy's rules. Large: the nearest rule alone decides; 0: the mean of all of them."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A text of a policy that others may be near to: a rule's own words, or an example."""

    kind: EvidenceKind
    name: str
    """What evidence calls it: the rule's id or the example's text."""
    violates: bool


@dataclass(frozen=True, slots=True)
class Anchors:
    """A policy's anchors, its rules first."""

    items: tuple[Anchor, ...]
    meaning: Vectors
    """(anchors, dimensions)"""
    rules: int
    """How many of them are rules."""

    @classmethod
    def of(cls, policy: Policy, embedder: Embedder, normaliser: Normaliser) -> "Anchors":
        """All rules and examples of a policy."""
        rules = [Anchor(EvidenceKind.RULE, rule.id, True) for rule in policy.rules]
        examples = [Anchor(EvidenceKind.EXAMPLE, it.text, it.violates) for it in policy.examples]
        texts = [*map(rule_text, policy.rules), *(it.text for it in policy.examples)]
        meaning = embedder.embed([prose(normaliser.folded(text)) for text in texts])
        return cls((*rules, *examples), meaning, len(rules))

    def nearness_to_rules(self, meaning: Vectors) -> Vectors:
        """Texts (n, dimensions) -> a soft maximum of each one's cosines to the rules (n,)."""
        return soft_maximum(meaning @ self.meaning[: self.rules].T)

    def nearest(self, cosines: Vectors, *, violating: bool) -> tuple[Anchor, float] | None:
        """The nearest forbidden or allowed anchor, given the cosines to all of them (anchors,)."""
        fitting = [number for number, anchor in enumerate(self.items) if anchor.violates is violating]
        if not fitting:
            return None
        best = max(fitting, key=cosines.__getitem__)
        return self.items[best], float(cosines[best])


def rule_text(rule: Rule) -> str:
    """A rule says what it means in the words of a rule book; its terms are the words of a chat."""
    return " ".join((rule.text, *rule.terms))


def soft_maximum(cosines: Vectors) -> Vectors:
    """(texts, rules) -> (texts,): the logarithm of the mean exponential."""
    return np.asarray(np.log(np.exp(SHARPNESS * cosines).mean(axis=1)) / SHARPNESS, np.float32)


def violating_texts(policy: Policy) -> Sequence[str]:
    """The examples that break a rule."""
    return [example.text for example in policy.examples if example.violates]


def allowed_texts(policy: Policy) -> Sequence[str]:
    """The examples that break none."""
    return [example.text for example in policy.examples if not example.violates]
