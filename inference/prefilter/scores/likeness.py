"""How near a text is to what policies' rules and examples say, by the cosine of their meanings."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inference.prefilter.embedding import Vectors
from inference.prefilter.suspicion import EvidenceKind
from policies.policy import Policy, Rule

SHARPNESS = np.array(3, np.float32)
"""Of the soft maximum over a policy's rules. Large: the nearest rule alone decides; 0: the mean of all of them."""

Row = npt.NDArray[np.float32]
Places = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Anchor:
    """A text of a policy that others may be near to: a rule's own words, or an example."""

    kind: EvidenceKind
    name: str
    """What evidence calls it: the rule's id or the example's text."""
    violates: bool


@dataclass(frozen=True, slots=True)
class Anchors:
    """A policy's anchors, its rules first, of which it has one at least."""

    items: tuple[Anchor, ...]
    meaning: Vectors
    """(anchors, dimensions)"""
    rules: int
    """How many of them are rules."""

    @classmethod
    def of(cls, policy: Policy, meaning: Vectors) -> "Anchors":
        """All rules and examples of a policy. `meaning` (rules + examples, dimensions): of the texts of its rules
        (`rule_text`), then of its examples."""
        rules = [Anchor(EvidenceKind.RULE, rule.id, True) for rule in policy.rules]
        examples = [Anchor(EvidenceKind.EXAMPLE, it.text, it.violates) for it in policy.examples]
        return cls((*rules, *examples), meaning, len(rules))

    def nearness_to_rules(self, meaning: Vectors) -> Vectors:
        """Texts (n, dimensions) -> a soft maximum of each one's cosines to the rules (n,)."""
        return _soft_maximum(self.meaning[: self.rules] @ meaning.T)

    def places(self, *, violating: bool) -> Places:
        """Where the forbidden or the allowed ones are."""
        return np.flatnonzero([anchor.violates is violating for anchor in self.items])


class AnchorTable:
    """The anchors of all policies of a guild, held against one text at a time. Immutable."""

    def __init__(self, policies: Sequence[Anchors]) -> None:
        """At least one policy. Cosines are to the first policy's anchors, then to the second's, and so on."""
        self._items = [anchor for policy in policies for anchor in policy.items]
        self._meaning = np.ascontiguousarray(np.concatenate([policy.meaning for policy in policies]))
        starts = np.cumsum([0, *(len(policy.items) for policy in policies)])[:-1]
        self._allowed = _shifted(starts, [policy.places(violating=False) for policy in policies])
        self._violating = _shifted(starts, [policy.places(violating=True) for policy in policies])
        self._all_violating, self._violating_starts = _in_a_row(self._violating)
        rules = _shifted(starts, [np.arange(policy.rules) for policy in policies])
        self._all_rules, self._rule_starts = _in_a_row(rules)
        self.usual_heat = np.log(np.array([policy.rules for policy in policies], np.float32))
        """The `heat` of a text whose cosines to a policy's rules are 0 (policies,)."""

    def cosines(self, meaning: Row) -> Row:
        """A text's meaning (dimensions,) -> its cosines to all anchors."""
        return np.asarray(self._meaning.dot(meaning))

    def nearness_to_rules(self, cosines: Row) -> Row:
        """What `Anchors.nearness_to_rules` says of one text under each policy -> (policies,)."""
        return np.asarray((self.heat(cosines) - self.usual_heat) / SHARPNESS)

    def heat(self, cosines: Row) -> Row:
        """The logarithm of the sum of the exponentials of a text's sharpened cosines to each policy's rules ->
        (policies,): what is left of the nearness without its constants."""
        heat = cosines.take(self._all_rules)
        heat *= SHARPNESS
        heat = np.add.reduceat(np.exp(heat, out=heat), self._rule_starts)
        return np.log(heat, out=heat)

    def nearest_cosines(self, cosines: Row) -> Row:
        """The cosine to what is nearest of each policy's rules and violating examples -> (policies,)."""
        return np.asarray(np.maximum.reduceat(cosines.take(self._all_violating), self._violating_starts))

    def nearest(self, number: int, cosines: Row, *, violating: bool) -> tuple[Anchor, float] | None:
        """The nearest forbidden or allowed anchor of one policy, and its cosine."""
        places = self._violating[number] if violating else self._allowed[number]
        if not len(places):
            return None
        best = places[cosines.take(places).argmax()]
        return self._items[best], float(cosines[best])


def rule_text(rule: Rule) -> str:
    """A rule says what it means in the words of a rule book; its terms are the words of a chat."""
    return " ".join((rule.text, *rule.terms))


def _soft_maximum(cosines: Vectors) -> Row:
    """(rules, texts) -> (texts,): the logarithm of the mean exponential."""
    return np.asarray(np.log(np.exp(SHARPNESS * cosines).mean(axis=0)) / SHARPNESS, np.float32)


def _shifted(starts: Places, places: Iterable[Places]) -> list[Places]:
    """Places among a policy's anchors -> places among the anchors of all."""
    return [start + own for start, own in zip(starts, places, strict=True)]


def _in_a_row(places: Sequence[Places]) -> tuple[Places, Places]:
    """Places of all policies, and where each policy's begin among them; each has one at least."""
    return np.concatenate(places), np.cumsum([0, *map(len, places)])[:-1]
